// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/fengsui/fengsui/internal/spec/openvex"
)

// MaxInbound bounds a mail that is taken in, in bytes.
const MaxInbound = 1 << 20

// Bounds of what is looked at in a mail.
const (
	inboundParts = 20
	inboundDepth = 4
	inboundText  = 64 << 10 // bytes of its text
	inboundLine  = 2000     // characters of the line that answers
)

// Untaken says why a mail was not taken as an answer. It names neither an address nor what was written.
type Untaken string

// The reasons.
const (
	InboundForm      Untaken = "no-mail"          // it cannot be read as a mail
	InboundAutomatic Untaken = "automatic"        // a machine wrote it: vacation, bounce, list (RFC 3834)
	InboundNoText    Untaken = "no-plain-text"    // it has no part of plain text
	InboundNoAddress Untaken = "no-reply-address" // it goes to none, or to one that stands for nothing
	InboundUnclear   Untaken = "unclear"          // its first line is no answer
	InboundNoReason  Untaken = "no-reason"        // "not affected" without one of the reasons
	InboundNoDate    Untaken = "no-date"
	InboundOld       Untaken = "old"     // written before the answer that stands
	InboundExpired   Untaken = "expired" // the time for answers without signing in is over
	InboundReplaced  Untaken = "replaced"
	InboundClosed    Untaken = "closed"
)

// An inbound is a mail as far as it answers.
type inbound struct {
	To   []string // addresses that it went to, as the mail says
	Date time.Time
	In   AnswerInput
}

// readInbound reads a mail. why is "" when it answers without doubt.
func readInbound(raw []byte) (x inbound, why Untaken) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || len(raw) > MaxInbound {
		return x, InboundForm
	}
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"} {
		for _, v := range m.Header[name] {
			as, err := mail.ParseAddressList(v)
			for _, a := range as {
				if err == nil && len(x.To) < 50 {
					x.To = append(x.To, a.Address)
				}
			}
		}
	}
	if automatic(m.Header) {
		return x, InboundAutomatic
	}
	text, ok := plainText(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, 0, new(int))
	if !ok {
		return x, InboundNoText
	}
	if x.In, why = readAnswer(text); why != "" {
		return x, why
	}
	if x.Date, err = m.Header.Date(); err != nil {
		return x, InboundNoDate
	}
	return x, ""
}

// automatic reports whether a machine wrote a mail (RFC 3834, section 2, and what programs have sent before it).
func automatic(h mail.Header) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	submitted, _, _ := strings.Cut(strings.ToLower(h.Get("Auto-Submitted")), ";")
	from := strings.ToLower(h.Get("From"))
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	if r := h["Return-Path"]; len(r) > 0 && strings.TrimSpace(r[0]) == "<>" {
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id", "List-Unsubscribe", "X-Failed-Recipients"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return strings.TrimSpace(submitted) != "" && strings.TrimSpace(submitted) != "no" || kind == "multipart/report" || strings.HasPrefix(kind, "message/") ||
		strings.Contains(from, "mailer-daemon") || strings.Contains(from, "postmaster@") || strings.Contains(from, "noreply") || strings.Contains(from, "no-reply")
}

// plainText is the first part of plain text, the mail's own or inside.
func plainText(contentType, coding string, body io.Reader, depth int, parts *int) (string, bool) {
	if *parts++; *parts > inboundParts || depth > inboundDepth {
		return "", false
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if contentType == "" {
		kind, err = "text/plain", nil
	}
	switch {
	case err != nil:
		return "", false
	case strings.HasPrefix(kind, "multipart/"):
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if err != nil {
				return "", false
			}
			if disposition, _, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition")); disposition == "attachment" {
				continue
			}
			if text, ok := plainText(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, depth+1, parts); ok {
				return text, true
			}
		}
	case kind != "text/plain":
		return "", false
	}
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "", "7bit", "8bit", "binary":
	default:
		return "", false
	}
	b, err := io.ReadAll(io.LimitReader(body, inboundText))
	if err != nil && len(b) == 0 {
		return "", false
	}
	switch strings.ToLower(params["charset"]) {
	case "gbk", "gb2312", "gb18030", "x-gbk", "cp936":
		if b, err = simplifiedchinese.GB18030.NewDecoder().Bytes(b); err != nil {
			return "", false
		}
	case "", "utf-8", "us-ascii", "iso-8859-1", "utf8":
	default:
		return "", false
	}
	return strings.ToValidUTF8(string(b), "�"), true
}

// inboundWords are the answers as they are written in mails.
var inboundWords = map[string]Answer{"affected": AffectedYes, "checking": Checking, "fixed": FixedAll, "受影响": AffectedYes, "正在核查": Checking, "核查中": Checking, "已修复": FixedAll}

// inboundReasons are the reasons of "not affected" as people write them, beside the names that VEX gives them.
var inboundReasons = map[string]openvex.Justification{
	"component not present": openvex.ComponentNotPresent, "不含该组件": openvex.ComponentNotPresent,
	"vulnerable code not present": "vulnerable_code_not_present", "不含漏洞代码": "vulnerable_code_not_present",
	"vulnerable code not in execute path": "vulnerable_code_not_in_execute_path", "漏洞代码不会执行": "vulnerable_code_not_in_execute_path",
	"vulnerable code cannot be controlled by adversary": "vulnerable_code_cannot_be_controlled_by_adversary", "攻击者无法控制": "vulnerable_code_cannot_be_controlled_by_adversary",
	"inline mitigations already exist": "inline_mitigations_already_exist", "已有缓解措施": "inline_mitigations_already_exist",
}

// readAnswer reads the first line that is not blank, which must be an answer and nothing else. What stands below it, quoted
// or signed, is not looked at.
func readAnswer(text string) (in AnswerInput, why Untaken) {
	line := ""
	for l := range strings.Lines(text) {
		if line = strings.TrimSpace(strings.TrimLeft(l, "\ufeff\u200b")); line != "" {
			break
		}
	}
	if utf8.RuneCountInString(line) > inboundLine || strings.ContainsFunc(line, unicode.IsControl) {
		return in, InboundUnclear
	}
	plain := strings.ToLower(strings.TrimRight(line, ".!。！ "))
	if a, ok := inboundWords[plain]; ok {
		return AnswerInput{Answer: a}, ""
	}
	for _, head := range []string{"not affected", "不受影响"} {
		rest, ok := strings.CutPrefix(plain, head)
		if !ok {
			continue
		}
		rest = strings.TrimSpace(rest)
		colon := strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "：")
		if rest != "" && !colon {
			return in, InboundUnclear
		}
		reason := strings.TrimSpace(strings.TrimLeft(rest, ":： "))
		j, known := inboundReasons[strings.ReplaceAll(reason, "_", " ")]
		if !known {
			return in, InboundNoReason
		}
		return AnswerInput{Answer: AffectedNo, Justification: j}, ""
	}
	return in, InboundUnclear
}
