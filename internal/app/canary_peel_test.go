// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// How much of what is wrapped is unwrapped. What is larger than that is no answer of ours: more is an error in the test.
const (
	peelDepth = 6
	peelBytes = 64 << 20
	peelFiles = 5000
)

// peel returns what bytes hold, and what is in that when it is taken out of what wraps it: each layer once.
func peel(b []byte) [][]byte {
	p := peeler{seen: map[[32]byte]bool{}}
	p.add(b, 0)
	return p.out
}

type peeler struct {
	seen map[[32]byte]bool
	out  [][]byte
}

// coded may be base64, in one line or in many.
var coded = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]+)*={0,2}`)

// folded are lines that go on in the next one: heads of mails, and iCalendar, which folds within words (RFC 5545, section 3.1).
var folded = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "")

func (p *peeler) add(b []byte, depth int) {
	key := sha256.Sum256(b)
	if p.seen[key] || len(b) == 0 {
		return
	}
	p.seen[key] = true
	p.out = append(p.out, b)
	if depth == peelDepth {
		return
	}
	inner := func(b []byte) { p.add(b, depth+1) }
	text := string(b)
	if s := html.UnescapeString(text); s != text {
		inner([]byte(s))
	}
	if s, err := url.QueryUnescape(text); err == nil && s != text {
		inner([]byte(s))
	}
	if s := folded.Replace(text); s != text && !strings.HasPrefix(text, "<") {
		p.last([]byte(s))
	}
	p.archives(b, inner)
	p.json(b, inner)
	for _, run := range coded.FindAll(b, -1) {
		run = bytes.ReplaceAll(bytes.ReplaceAll(run, []byte("\r"), nil), []byte("\n"), nil)
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if text, err := e.DecodeString(string(run)); err == nil {
				inner(text)
				break
			}
		}
	}
	if s, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(b))); err == nil && !bytes.Equal(s, b) {
		p.last(s)
	}
	if s, err := new(mime.WordDecoder).DecodeHeader(text); err == nil && s != text {
		p.last([]byte(s))
	}
	p.mail(b, inner)
}

// last keeps a layer that wraps nothing further.
func (p *peeler) last(b []byte) { p.add(b, peelDepth) }

// archives opens gzip and ZIP.
func (p *peeler) archives(b []byte, inner func([]byte)) {
	if r, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		if text, err := io.ReadAll(io.LimitReader(r, peelBytes)); err == nil {
			inner(text)
		}
	}
	if !bytes.Contains(b, []byte("PK\x03\x04")) {
		return
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return
	}
	left := int64(peelBytes)
	inner([]byte(z.Comment))
	for _, f := range z.File[:min(len(z.File), peelFiles)] {
		inner([]byte(f.Name + "\n" + f.Comment + "\n" + string(f.Extra)))
		r, err := f.Open()
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(r, left))
		r.Close()
		left -= int64(len(text))
		inner(text)
	}
}

// json takes the texts out of a JSON document, of one a line, and of a stream of events (Server-Sent Events).
func (p *peeler) json(b []byte, inner func([]byte)) {
	if trimmed := bytes.TrimSpace(b); len(trimmed) > 0 && bytes.IndexByte([]byte(`{["`), trimmed[0]) >= 0 {
		d := json.NewDecoder(bytes.NewReader(b))
		for {
			var v any
			if d.Decode(&v) != nil {
				break
			}
			walk(v, inner)
		}
	}
	if !bytes.Contains(b, []byte("data:")) {
		return
	}
	var event []byte
	for line := range bytes.Lines(append(bytes.Clone(b), '\n')) {
		line = bytes.TrimRight(line, "\r\n")
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			event = append(append(event, bytes.TrimPrefix(data, []byte(" "))...), '\n')
		} else if len(line) == 0 && len(event) > 0 {
			inner(event)
			event = nil
		}
	}
	inner(event)
}

// walk gives the texts of a JSON value, names among them.
func walk(v any, text func([]byte)) {
	switch x := v.(type) {
	case string:
		text([]byte(x))
	case []any:
		for _, y := range x {
			walk(y, text)
		}
	case map[string]any:
		for k, y := range x {
			text([]byte(k))
			walk(y, text)
		}
	}
}

// mail reads a mail or a part of one: its head, its body and its parts.
func (p *peeler) mail(b []byte, inner func([]byte)) {
	m, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		return
	}
	for _, values := range m.Header {
		for _, v := range values {
			p.last([]byte(v)) // on one line
			if s, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
				p.last([]byte(s))
			}
		}
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(m.Body, params["boundary"])
		for x, err := parts.NextRawPart(); err == nil; x, err = parts.NextRawPart() {
			text, _ := io.ReadAll(x)
			var head strings.Builder
			for name, values := range x.Header {
				for _, v := range values {
					head.WriteString(name + ": " + v + "\r\n")
				}
			}
			inner([]byte(head.String() + "\r\n" + string(text)))
		}
		return
	}
	var body io.Reader
	switch strings.ToLower(strings.TrimSpace(m.Header.Get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		body = quotedprintable.NewReader(m.Body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, m.Body)
	default:
		return
	}
	text, _ := io.ReadAll(body)
	inner(text)
}

// The reader of what leaves sees through every wrapping that is in use here.
func TestPeelSeesThroughWrappings(t *testing.T) {
	const word = "Qz0123456789Zq"
	zipped := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, text) //nolint:errcheck // into memory
		z.Close()
		return b.String()
	}
	quoted := func(text string) string {
		var b bytes.Buffer
		q := quotedprintable.NewWriter(&b)
		io.WriteString(q, text) //nolint:errcheck // into memory
		q.Close()
		return b.String()
	}
	archive := func(method uint16, name, text string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text) //nolint:errcheck // into memory
		z.Close()
		return b.String()
	}
	const escaped = `{"a":"\u0051z0123456789Zq"}`
	b64 := base64.StdEncoding.EncodeToString([]byte("before " + word + "丝雀 after"))
	long := quoted(strings.Repeat("x", 70) + word) // its soft line end breaks the word
	for name, text := range map[string]string{
		"plain": word, "JSON": `{"a":["\u0051z0123456789Zq"]}`, "JSON in JSON": `{"a":"{\"b\":\"\\u0051z0123456789Zq\"}"}`, "JSON a line": "{\"a\":1}\n" + escaped + "\n", "HTML": "&#81;z0123456789Zq", "URL": "https://x/?a=%51z0123456789Zq", "gzip": zipped(escaped),
		"base64": `{"text":"` + b64 + `"}`, "base64 in lines": "Subject: x\r\n\r\n" + b64[:20] + "\r\n" + b64[20:], "quoted-printable": long, "subject": "Subject: " + mime.BEncoding.Encode("utf-8", word+"丝雀") + "\r\n\r\nx",
		"subject in two lines": "Subject: =?utf-8?q?Qz012345?=\r\n =?utf-8?q?6789Zq?=\r\n\r\nx", "mail of one part": "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nQz01234=\r\n56789Zq",
		"mail of one part in base64": "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64[:12] + "\r\n" + b64[12:] + "\r\n",
		"multipart":                  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=51z0123456789Zq\r\n--c--\r\n--b--\r\n",
		"name of a part":             "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; name=\"=?utf-8?q?=51z0123456789Zq?=\"\r\n\r\nx\r\n--b--\r\n",
		"archive":                    archive(zip.Deflate, "a/b.json", escaped), "archive as it is": archive(zip.Store, "a/b.json", escaped), "name in an archive": archive(zip.Deflate, word+".txt", "x"),
		"archive in base64": `{"file":"` + base64.StdEncoding.EncodeToString([]byte(archive(zip.Deflate, "a.xml", "<a>&#81;z0123456789Zq</a>"))) + `"}`,
		"events":            "id: 1\nevent: x\ndata: {\"a\":\ndata: \"\\u0051z0123456789Zq\"}\n\n", "events at the end": ": hello\n\ndata: " + escaped, "calendar": "SUMMARY:Something Qz01\r\n 23456789Zq\r\n", "calendar by tab": "SUMMARY:Qz0123456789\r\n\tZq\r\n",
		"CDATA": "<a><![CDATA[" + word + "]]></a>", "entities": "<a>&#x51;&#x7a;0123456789Zq</a>", "CSV": "a,\"x \"\"" + word + "\"\"\"\r\n", "small letters": "https://" + strings.ToLower(word) + ".example/",
	} {
		if (name == "quoted-printable" || strings.Contains(name, "archive") && !strings.Contains(name, "name")) && strings.Contains(text, word) {
			t.Fatalf("%s does not wrap it", name)
		}
		if !slices.Contains(words([]byte(text)), strings.ToLower(word)) {
			t.Errorf("%s hides it", name)
		}
	}
}
