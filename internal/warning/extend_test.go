// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// Units that turn out to be affected after the release are warned then, once.
func TestFoundLater(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "y")
		w.org(member.Org{Slug: "late", Email: "l@member.example"})
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		w.clock.Advance(time.Hour)
		w.hit(d.CaseID, "late", 2)
		w.hit(d.CaseID, "b", 1)
		w.exec(`DELETE FROM finding WHERE org_id = 'a'`)
		for range 2 {
			w.ok(w.s.OnFound(ctx, match.Found{CaseID: d.CaseID}))
		}
		if diff := cmp.Diff(map[string]int{"a": 1, "b": 1, "late": 1}, w.waves(d.ID, 1)); diff != "" {
			w.Error(diff)
		}
		for org, want := range map[string]int{"a": 0, "b": 1, "late": 2} {
			if n := w.number(`SELECT products FROM warning_recipient WHERE org_id = $1`, org); n != want {
				w.Errorf("%s: %d products, want %d", org, n, want)
			}
		}
		if n := w.number(`SELECT count(*) FROM delivery`); n != 3 { // the mail to b has not left yet, and will tell
			w.Errorf("%d deliveries", n)
		}
		if n := w.number(`SELECT count(*) FROM event WHERE kind = 'warning.extended'`); n != 1 {
			w.Errorf("%d events", n)
		}
	})
}

// A unit that was told that nothing of its own was affected hears of it when something is: once, and not when it has
// answered so already. A new revision takes the place of both messages.
func TestAffectedAfterAll(t *testing.T) {
	each(t, func(w *world) {
		for _, o := range []string{"a", "b", "c", "d"} {
			w.partner(o, o)
		}
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		w.exec(`UPDATE delivery SET state = 'delivered', next_at = NULL`)
		_, err := w.s.Acknowledge(ctx, engineer("c"), d.ID, warning.AnswerInput{Answer: warning.AffectedYes})
		w.ok(err)
		w.clock.Advance(time.Hour)
		w.hit(d.CaseID, "b", 2)
		w.hit(d.CaseID, "c", 1)
		for range 3 {
			w.ok(w.s.OnFound(ctx, match.Found{CaseID: d.CaseID}))
			w.clock.Advance(time.Minute)
		}
		if n, all := w.number(`SELECT count(*) FROM delivery WHERE state = 'queued' AND org_id = 'b'`), w.number(`SELECT count(*) FROM delivery`); n != 1 || all != 5 {
			w.Errorf("%d messages to the unit that is affected now, %d in all", n, all)
		}
		m, err := w.render(d.ID, "1+", "b", delivery.Email)
		w.ok(err)
		if !strings.Contains(m.Text, "经再次比对，贵单位产品受影响") || !strings.Contains(m.Text, "贵单位登记的 2 个产品") || strings.Contains(m.Subject+m.Text, secret) {
			w.Errorf("%s\n%s", m.Subject, m.Text)
		}
		rows, err := w.matrix(watch, d.ID)
		w.ok(err)
		for _, r := range rows {
			if want := map[string]int{"a": 1, "b": 2, "c": 1, "d": 1}[r.Org.ID]; len(r.Deliveries) != want {
				w.Errorf("%s: %d deliveries on the board, want %d", r.Org.ID, len(r.Deliveries), want)
			}
		}
		_, err = w.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		w.ok(err)
		w.release(d.ID)
		if n := w.number(`SELECT count(*) FROM delivery WHERE state = 'superseded' AND org_id = 'b'`); n != 1 {
			w.Errorf("%d superseded", n)
		}
	})
}
