// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestAcknowledge(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		d := w.draft(map[string]int{"a": 2})
		_, err := w.s.Acknowledge(ctx, engineer("a"), d.ID, warning.AnswerInput{Answer: warning.Checking})
		w.want(err, fault.NotFound) // not released
		w.release(d.ID)
		released := w.clock.Now()

		read := w.clock.Advance(time.Minute)
		for range 2 {
			w.ok(w.s.Read(ctx, engineer("a"), d.ID))
			w.clock.Advance(time.Minute)
		}
		acked := w.clock.Now()
		for range 2 { // sent twice
			_, err = w.s.Acknowledge(ctx, engineer("a"), d.ID, warning.AnswerInput{Answer: warning.AffectedYes, Comment: " 三台 ", Assets: 3})
			w.ok(err)
		}
		fixed := w.clock.Advance(time.Hour)
		got, err := w.s.Acknowledge(ctx, engineer("a"), d.ID, warning.AnswerInput{Answer: warning.FixedAll})
		w.ok(err)
		want := warning.Recipient{WarningID: d.ID, Revision: 1, OrgID: "a", Wave: 1, Products: 2, At: released, ReadAt: read, AckedAt: acked,
			Answer: warning.FixedAll, AnsweredBy: "e-a", AnsweredVia: "web", FixedAt: fixed, SaidIn: 1}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Error(diff)
		}
		_, stored, err := w.s.Get(ctx, engineer("a"), d.ID)
		w.ok(err)
		if diff := cmp.Diff(&want, stored); diff != "" {
			w.Error(diff)
		}
		if got, err = w.s.Acknowledge(ctx, engineer("a"), d.ID, warning.AnswerInput{Answer: warning.AffectedYes}); err != nil || !got.FixedAt.IsZero() {
			w.Errorf("no longer fixed: %+v, %v", got, err)
		}
		if n := w.number(`SELECT count(*) FROM event e JOIN event_subject s ON s.event_id = e.id WHERE e.kind = 'warning.answered' AND s.subject = 'org/a'`); n != 3 {
			w.Errorf("%d events, want 3", n)
		}
		if _, b, err := w.s.Get(ctx, engineer("b"), d.ID); err != nil || b.Answer != warning.Unanswered {
			w.Errorf("another unit's copy: %+v, %v", b, err)
		}
	})
}

func TestAnswerBadInput(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(nil)
		w.release(d.ID)
		for name, c := range map[string]struct {
			in   warning.AnswerInput
			want []string
		}{
			"no answer":      {warning.AnswerInput{}, []string{"answer"}},
			"unknown answer": {warning.AnswerInput{Answer: "maybe"}, []string{"answer"}},
			"no reason":      {warning.AnswerInput{Answer: warning.AffectedNo}, []string{"justification"}},
			"no VEX reason":  {warning.AnswerInput{Answer: warning.AffectedNo, Justification: "trust_me"}, []string{"justification"}},
			"needless":       {warning.AnswerInput{Answer: warning.FixedAll, Justification: openvex.ComponentNotPresent}, []string{"justification"}},
			"long comment":   {warning.AnswerInput{Answer: warning.Checking, Comment: strings.Repeat("长", 5001)}, []string{"comment"}},
			"no text":        {warning.AnswerInput{Answer: warning.Checking, Comment: "a\x00b"}, []string{"comment"}},
			"broken text":    {warning.AnswerInput{Answer: warning.Checking, Comment: "a\xff"}, []string{"comment"}},
			"less than none": {warning.AnswerInput{Answer: warning.Checking, Assets: -1}, []string{"assets"}},
			"too many":       {warning.AnswerInput{Assets: 1 << 40}, []string{"answer", "assets"}},
		} {
			_, err := w.s.Acknowledge(ctx, engineer("a"), d.ID, c.in)
			w.want(err, fault.Invalid)
			if diff := cmp.Diff(c.want, fields(w.T, err)); diff != "" {
				w.Errorf("%s: %s", name, diff)
			}
			_, err = w.s.AcknowledgeByLink(ctx, w.s.Link(d.ID, 1, "a"), c.in)
			w.want(err, fault.Invalid)
		}
		if n := w.number(`SELECT count(*) FROM warning_recipient WHERE acked_at IS NOT NULL`); n != 0 {
			w.Error("a refused answer was recorded")
		}
	})
}

func TestLink(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		d := w.draft(map[string]int{"a": 1})
		before := w.s.Link(d.ID, 1, "a")
		_, _, err := w.s.ByLink(ctx, before)
		w.want(err, fault.NotFound) // not released
		w.release(d.ID)

		token := w.s.Link(d.ID, 1, "a")
		for range 2 {
			got, r, err := w.s.ByLink(ctx, token)
			w.ok(err)
			if got.Number != d.Number || r.OrgID != "a" || got.Content.Title != "" || got.Content.Summary != "" || got.Content.Phone == "" {
				w.Errorf("by link: %+v, %+v", got, r)
			}
		}
		if n := w.number(`SELECT count(*) FROM warning_recipient WHERE read_at IS NOT NULL OR acked_at IS NOT NULL`); n != 0 {
			w.Error("opening a link changed something")
		}
		got, err := w.s.AcknowledgeByLink(ctx, token, warning.AnswerInput{Answer: warning.AffectedNo, Justification: openvex.ComponentNotPresent, Comment: "未使用"})
		w.ok(err)
		if got.Answer != warning.AffectedNo || got.AnsweredVia != "link" || got.AnsweredBy != "" || got.AckedAt.IsZero() {
			w.Errorf("%+v", got)
		}

		parts := strings.Split(token, ".")
		for name, forged := range map[string]string{
			"empty": "", "dots": "...", "no signature": strings.Join(parts[:3], "."), "empty signature": strings.Join(parts[:3], ".") + ".",
			"another unit":     strings.Join([]string{parts[0], parts[1], "b", parts[3]}, "."),
			"another revision": strings.Join([]string{parts[0], "2", parts[2], parts[3]}, "."),
			"same revision":    strings.Join([]string{parts[0], "01", parts[2], parts[3]}, "."),
			"no number":        strings.Join([]string{parts[0], "x", parts[2], parts[3]}, "."),
			"longer":           token + "A", "shorter": token[:len(token)-1], "NUL": token + "\x00",
			"not a recipient": w.s.Link(d.ID, 1, "platform"), "not a revision": w.s.Link(d.ID, 7, "a"),
		} {
			if _, _, err := w.s.ByLink(ctx, forged); !fault.Is(err, fault.NotFound) {
				w.Errorf("%s opens: %v", name, err)
			}
			if _, err := w.s.AcknowledgeByLink(ctx, forged, warning.AnswerInput{Answer: warning.FixedAll}); !fault.Is(err, fault.NotFound) && name != "not a revision" {
				w.Errorf("%s answers: %v", name, err)
			}
		}
	})
}

// A fix that a newer revision calls incomplete must not be reported by the old mail's link.
func TestLinkOfAnOldRevisionDoesNotAnswer(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		old := w.s.Link(d.ID, 1, "a")
		_, err := w.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		w.ok(err)
		_, err = w.s.AcknowledgeByLink(ctx, old, warning.AnswerInput{Answer: warning.Checking})
		w.ok(err) // the revision is not out yet
		w.release(d.ID)
		_, err = w.s.AcknowledgeByLink(ctx, old, warning.AnswerInput{Answer: warning.FixedAll})
		w.want(err, fault.Conflict)
		got, err := w.s.AcknowledgeByLink(ctx, w.s.Link(d.ID, 2, "a"), warning.AnswerInput{Answer: warning.FixedAll})
		w.ok(err)
		if got.Revision != 2 {
			w.Errorf("%+v", got)
		}
	})
}

func TestOpenWarningShowsItsTextsByLink(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(nil)
		in := edit(d)
		in.TLP = "GREEN"
		_, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		w.release(d.ID)
		got, _, err := w.s.ByLink(ctx, w.s.Link(d.ID, 1, "a"))
		w.ok(err)
		if got.Content.Title != d.Content.Title || got.Content.Measures != d.Content.Measures {
			w.Errorf("%+v", got.Content)
		}
	})
}
