// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// board is all pages of a board, as names of units.
func (w *world) board(id string, q warning.BoardQuery) (out []string) {
	w.Helper()
	for {
		rows, next, err := w.s.Board(ctx, watch, id, q)
		w.ok(err)
		for _, r := range rows {
			out = append(out, r.Org.ID)
		}
		if next == "" {
			return out
		}
		if q.Limit > 0 && len(rows) != q.Limit {
			w.Fatalf("a page of %d rows that is not the last", len(rows))
		}
		q.After = next
	}
}

func TestBoard(t *testing.T) {
	each(t, func(w *world) {
		for i := range 4 {
			w.partner(fmt.Sprintf("t%d", i), "telecom")
			w.partner(fmt.Sprintf("e%d", i), "energy")
		}
		w.org(member.Org{Slug: "bare", Partner: true, NameZH: "星海 50%_电力", Phone: "010-1"})
		w.org(member.Org{Slug: "hook", Partner: true, Email: "hook@member.example", WebhookURL: "https://hook.example/in"})
		d := w.draft(map[string]int{"t0": 1, "t1": 2, "bare": 1})
		w.release(d.ID)
		w.clock.Advance(time.Hour)
		for org, a := range map[string]warning.Answer{"t1": warning.FixedAll, "t2": warning.Checking, "e1": warning.AffectedNo, "e2": warning.AffectedYes} {
			_, err := w.s.Acknowledge(ctx, engineer(org), d.ID, says(a))
			w.ok(err)
		}
		w.exec(`UPDATE delivery SET state = 'delivered', next_at = NULL, done_at = created_at WHERE org_id = 't0'`)
		w.exec(`UPDATE delivery SET state = 'failed', next_at = NULL WHERE org_id = 'hook' AND channel = 'webhook'`)

		all := []string{"bare", "t0", "t3", "e0", "e3", "hook", "e2", "t2", "e1", "t1"}
		for _, limit := range []int{0, 1, 3, 4} {
			if diff := cmp.Diff(all, w.board(d.ID, warning.BoardQuery{Limit: limit})); diff != "" {
				w.Errorf("in pages of %d: %s", limit, diff)
			}
		}
		for _, x := range []struct {
			q    warning.BoardQuery
			want string
		}{
			{warning.BoardQuery{Answer: warning.NoAnswer}, "bare t0 t3 e0 e3 hook"},
			{warning.BoardQuery{Answer: "checking", Limit: 1}, "t2"},
			{warning.BoardQuery{Wave: 1, Limit: 1}, "bare t0 t1"},
			{warning.BoardQuery{Wave: 2}, "t3 t2"},
			{warning.BoardQuery{Sector: "energy", Limit: 2}, "e0 e3 e2 e1"},
			{warning.BoardQuery{Sector: warning.NoSector}, "bare hook"},
			{warning.BoardQuery{Delivery: "failed"}, "hook"},
			{warning.BoardQuery{Delivery: "delivered", Answer: warning.NoAnswer}, "t0"},
			{warning.BoardQuery{Delivery: "failed", Channel: delivery.Email}, ""},
			{warning.BoardQuery{Channel: delivery.Webhook}, "hook"},
			{warning.BoardQuery{Delivery: warning.InboxOnly}, "bare"},
			{warning.BoardQuery{Search: "星海"}, "bare"},
			{warning.BoardQuery{Search: "50%_电"}, "bare"},
			{warning.BoardQuery{Search: "%"}, "bare"},
			{warning.BoardQuery{Search: "单位 T", Wave: 1}, "t0 t1"},
			{warning.BoardQuery{Search: "nowhere"}, ""},
			{warning.BoardQuery{Revision: 1, Wave: 2}, "t3 t2"},
		} {
			if got := strings.Join(w.board(d.ID, x.q), " "); got != x.want {
				w.Errorf("%+v: %s, want %s", x.q, got, x.want)
			}
		}
		rows, _, err := w.s.Board(ctx, watch, d.ID, warning.BoardQuery{Limit: 10})
		w.ok(err)
		if l := rows[0].Lines; len(l) != 1 || l[0].Phone != "010-1" {
			w.Errorf("whom to call: %+v", l)
		}
		if rows[9].Lines != nil {
			w.Errorf("%+v is not silent", rows[9])
		}
		for _, q := range []warning.BoardQuery{{Answer: "maybe"}, {Wave: 4}, {Wave: -1}, {Limit: 2001}, {Limit: -1}, {Delivery: "lost"}, {Search: "\x00"}, {Sector: strings.Repeat("x", 101)},
			{After: "x"}, {After: "9.1.a"}, {After: "0.0.a"}, {After: "0.1.\x00"}, {Revision: -1}} {
			_, _, err := w.s.Board(ctx, watch, d.ID, q)
			w.want(err, fault.Invalid)
		}
		_, _, err = w.s.Board(ctx, watch, d.ID, warning.BoardQuery{Revision: 2})
		w.want(err, fault.NotFound)
		_, err = w.s.CoverageOf(ctx, watch, d.ID, 2)
		w.want(err, fault.NotFound)
		for _, a := range []member.Actor{engineer("t0"), member.Anonymous("web")} {
			if _, _, err := w.s.Board(ctx, a, d.ID, warning.BoardQuery{}); err == nil {
				w.Errorf("%+v sees the board", a)
			}
		}
		c, err := w.s.Coverage(ctx, watch, d.ID)
		w.ok(err)
		if c.Reached.N != 1 || c.Waves[0].Reached != 1 || c.Waves[0].Recipients != 3 {
			w.Errorf("%+v", c)
		}
	})
}

// Of a release to many, deliveries stand in batches: the board tells the same of them as of rows. Its figures are kept,
// and pages of it hold every unit exactly once.
func TestBoardOfMany(t *testing.T) {
	eachMany(t, 6000, func(w *many) {
		c, err := w.s.Coverage(ctx, watch, w.id)
		w.ok(err)
		if c.Recipients != 6000 || c.Waves[0].Recipients != 600 || len(c.BySector) != 20 || c.Deliveries[delivery.Email][delivery.Queued] != 6000 {
			w.Errorf("%+v", c)
		}
		seen := map[string]bool{}
		for q := (warning.BoardQuery{Limit: 1000}); ; {
			rows, next, err := w.s.Board(ctx, watch, w.id, q)
			w.ok(err)
			for _, r := range rows {
				if seen[r.Org.ID] || len(r.Deliveries) == 0 {
					w.Fatalf("%s stands twice, or nothing goes to it", r.Org.ID)
				}
				seen[r.Org.ID] = true
			}
			if q.After = next; next == "" {
				break
			}
		}
		if len(seen) != 6000 {
			w.Errorf("%d units on the board", len(seen))
		}
		for q, want := range map[warning.BoardQuery]int{{Delivery: "queued", Channel: delivery.Webhook}: 3000, {Delivery: "delivered"}: 0, {Delivery: warning.InboxOnly}: 0, {Channel: delivery.Email, Sector: "sector-7"}: 300} {
			q.Limit = 1000
			n := 0
			for {
				rows, next, err := w.s.Board(ctx, watch, w.id, q)
				w.ok(err)
				n += len(rows)
				if q.After = next; next == "" {
					break
				}
			}
			if n != want {
				w.Errorf("%+v: %d rows, want %d", q, n, want)
			}
		}
		if !slices.ContainsFunc(c.BySector, func(s warning.Sector) bool { return s.Name == "sector-7" && s.Recipients == 300 }) {
			w.Errorf("%+v", c.BySector)
		}
	})
}
