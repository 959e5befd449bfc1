// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/warning"
)

// written is a mail that a person sent to an address now, with more header lines.
func (w *world) written(to, text string, header ...string) []byte {
	return fmt.Appendf(nil, "From: someone@elsewhere.example\r\nTo: %s\r\nDate: %s\r\n%s\r\n%s", to, w.clock.Now().Format(time.RFC1123Z), strings.Join(append(header, ""), "\r\n"), text)
}

// confirmed are the confirmations in the queue: "unit outcome", sorted.
func (w *world) confirmed() (out []string) {
	w.Helper()
	w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
		out, err = db.List(ctx, tx, db.Value[string], `SELECT org_id || ' ' || subject FROM delivery WHERE purpose = 'warning-reply' ORDER BY 1`)
		return err
	}))
	return out
}

// A mail answers by the address that it goes to and by its first line, and by nothing else: whoever forges, repeats, answers
// for another unit, or is a machine, changes nothing; and machines get no answer that they could answer.
func TestAnswersByMail(t *testing.T) {
	each(t, func(w *world) {
		a, b := uuid.NewString(), uuid.NewString()
		w.partner(a, "cloud")
		w.partner(b, "cloud")
		id := w.release(w.draft(map[string]int{a: 1}).ID).ID
		if got := w.s.ReplyAddress(id, 1, a); got != "" {
			t.Errorf("without a domain: %q", got)
		}
		w.s.ReplyDomain = "reply.example"
		mine, theirs := w.s.ReplyAddress(id, 1, a), w.s.ReplyAddress(id, 1, b)
		if local, _, _ := strings.Cut(mine, "@"); len(local) > 64 || mine == theirs || strings.ToLower(mine) != mine {
			t.Fatalf("addresses %q, %q", mine, theirs)
		}
		if m, err := (warning.Purpose{Service: w.s}).Render(ctx, delivery.Delivery{Purpose: "warning", Subject: id + ":1", OrgID: a, Channel: delivery.Email}); err != nil || m.ReplyTo != mine || !strings.Contains(m.Text, "受影响") {
			t.Errorf("the mail replies to %q, %v", m.ReplyTo, err)
		}
		take := func(what string, raw []byte, want warning.Untaken) {
			t.Helper()
			why, err := w.s.AcknowledgeMail(ctx, raw)
			w.ok(err)
			if why != want {
				t.Errorf("%s: %q, want %q", what, why, want)
			}
		}
		answer := func(org, want string) {
			t.Helper()
			_, r, err := w.s.Get(ctx, engineer(org), id)
			w.ok(err)
			if got := strings.TrimSpace(string(r.Answer) + " " + r.AnsweredVia); got != want {
				t.Errorf("%s answers %q, want %q", org, got, want)
			}
		}
		w.clock.Advance(time.Hour)

		// machines, and what is no answer
		for _, header := range []string{"Auto-Submitted: auto-replied", "Precedence: bulk", "Return-Path: <>", "X-Autoreply: yes", "List-Id: <x.example>", "Content-Type: multipart/report; boundary=x"} {
			take(header, w.written(mine, "AFFECTED", header), warning.InboundAutomatic)
		}
		take("no mail", []byte("\x00"), warning.InboundForm)
		if got := w.confirmed(); len(got) != 0 {
			t.Errorf("machines are answered: %q", got)
		}
		take("unclear", w.written(mine, "We may be AFFECTED\r\n"), warning.InboundUnclear)
		take("quoted only", w.written(mine, "> AFFECTED\r\n"), warning.InboundUnclear)
		take("no reason", w.written(mine, "NOT AFFECTED\r\n"), warning.InboundNoReason)
		take("HTML only", w.written(mine, "<b>AFFECTED</b>", "Content-Type: text/html"), warning.InboundNoText)
		answer(a, "")
		// forged addresses: another unit's, another revision's, a changed code
		swapped := []byte(mine)
		if swapped[len("answer+")+45]++; swapped[len("answer+")+45] > 'z' {
			swapped[len("answer+")+45] = 'a'
		}
		for what, to := range map[string]string{"changed": string(swapped), "of nobody": "answer+aaaa@reply.example", "another domain": strings.Replace(mine, "reply.", "other.", 1), "mixed": mine[:len("answer+")+30] + theirs[len("answer+")+30:]} {
			take(what, w.written(to, "FIXED\r\n"), warning.InboundNoAddress)
		}
		answer(a, "")
		answer(b, "")

		gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte("受影响\r\n\r\n> 原文"))
		w.ok(err)
		first := w.written(strings.ToUpper(mine), base64.StdEncoding.EncodeToString(gbk), "Content-Type: text/plain; charset=GBK", "Content-Transfer-Encoding: base64")
		take("in Chinese", first, "")
		answer(a, "affected mail")
		take("repeated", first, warning.InboundOld)
		w.clock.Advance(time.Hour)
		later := w.written(mine, "--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\r\nnot affected: component_not_present.\r\n-- \r\nSignature\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--x--\r\n", "Content-Type: multipart/alternative; boundary=x")
		w.clock.Advance(time.Hour)
		_, err = w.s.Acknowledge(ctx, engineer(a), id, says(warning.FixedAll))
		w.ok(err)
		take("written before the answer that stands", later, warning.InboundOld)
		answer(a, "fixed web")
		w.clock.Advance(time.Minute)
		take("written after it", w.written(mine, "CHECKING"), "")
		answer(a, "checking mail")
		take("from the future", fmt.Appendf(nil, "From: x@y.example\r\nTo: %s\r\nDate: %s\r\n\r\nFIXED", mine, w.clock.Now().Add(time.Hour).Format(time.RFC1123Z)), warning.InboundNoDate)
		answer(b, "")

		// each outcome once, to the unit itself, and nothing of what was warned of
		got := w.confirmed()
		seen := map[string]bool{}
		for _, line := range got {
			org, subject, _ := strings.Cut(line, " ")
			if org != a || seen[subject] {
				t.Errorf("confirmed %q", line)
			}
			seen[subject] = true
			m, err := warning.Replies{Service: w.s}.Render(ctx, delivery.Delivery{Purpose: warning.ReplyPurpose, Subject: subject, OrgID: org, Channel: delivery.Email})
			w.ok(err)
			if m.To.Email != a+"@member.example" || m.ReplyTo != "" || strings.Contains(m.Subject+m.Text, secret) || strings.Contains(m.Subject+m.Text, "warning.reply.") {
				t.Errorf("confirmation %+v", m)
			}
		}
		if len(got) != 7 { // unclear, no reason, no text, old, no date, and two answers
			t.Errorf("confirmations %q", got)
		}

		w.clock.Advance(400 * 24 * time.Hour)
		take("too late", w.written(mine, "FIXED"), warning.InboundExpired)
		answer(a, "checking mail")
	})
}

// A mail that was written before an answer loses against it, whichever of the two comes first, and however close.
func TestAnOlderMailLoses(t *testing.T) {
	each(t, func(w *world) {
		a := uuid.NewString()
		w.partner(a, "cloud")
		id := w.release(w.draft(map[string]int{a: 1}).ID).ID
		w.s.ReplyDomain = "reply.example"
		for round := range 20 {
			w.clock.Advance(time.Minute)
			raw := w.written(w.s.ReplyAddress(id, 1, a), "AFFECTED")
			w.clock.Advance(time.Minute)
			in := says(warning.FixedAll)
			in.Assets = round + 1
			var both sync.WaitGroup
			both.Go(func() {
				if _, err := w.s.AcknowledgeMail(ctx, raw); err != nil {
					t.Error(err)
				}
			})
			both.Go(func() {
				if _, err := w.s.Acknowledge(ctx, engineer(a), id, in); err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			if _, r, err := w.s.Get(ctx, engineer(a), id); err != nil || r.Answer != warning.FixedAll || r.Assets != round+1 {
				w.Fatalf("round %d: %+v, %v", round, r, err)
			}
		}
	})
}
