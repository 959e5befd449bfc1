// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestInboxShowsWhatConcernsTheUnitFirst(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		var ids []string
		for i, hits := range []map[string]int{{"a": 1}, nil, {"a": 2}, {"b": 1}} {
			w.clock.Advance(time.Hour)
			d := w.draft(hits)
			ids = append(ids, d.ID)
			if i < 3 {
				w.release(d.ID)
			}
		}
		_, err := w.s.Revise(ctx, analyst, ids[1], warning.Supersede)
		w.ok(err)
		w.clock.Advance(time.Hour)
		w.release(ids[1])
		inbox := func(a member.Actor, f warning.Filter) (out []string) {
			w.Helper()
			items, _, err := w.s.Mine(ctx, a, f)
			w.ok(err)
			for _, x := range items {
				out = append(out, x.Warning.ID)
				if x.Warning.Content.Title == "" || x.Warning.Revision != x.Recipient.Revision || x.Recipient.OrgID != a.OrgID {
					w.Errorf("%+v", x)
				}
			}
			return out
		}
		if diff := cmp.Diff([]string{ids[2], ids[0], ids[1]}, inbox(engineer("a"), warning.Filter{})); diff != "" {
			w.Error(diff)
		}
		var paged []string
		for f := (warning.Filter{Limit: 1}); ; {
			page, next, err := w.s.Mine(ctx, engineer("a"), f)
			w.ok(err)
			paged = append(paged, page[0].Warning.ID)
			if f.After = next; next == "" || len(paged) > 3 {
				break
			}
		}
		if diff := cmp.Diff([]string{ids[2], ids[0], ids[1]}, paged); diff != "" {
			w.Errorf("page by page: %s", diff)
		}
		_, err = w.s.Acknowledge(ctx, engineer("a"), ids[2], warning.AnswerInput{Answer: warning.Checking})
		w.ok(err)
		if diff := cmp.Diff([]string{ids[0], ids[1]}, inbox(engineer("a"), warning.Filter{Open: true})); diff != "" {
			w.Error(diff)
		}
		if diff := cmp.Diff([]string{ids[2], ids[0]}, inbox(with(engineer("a"), func(a *member.Actor) { a.Suspended = true }), warning.Filter{})); diff != "" {
			w.Error(diff)
		}
		_, err = w.s.Acknowledge(ctx, engineer("a"), ids[0], says(warning.FixedAll))
		w.ok(err)
		for _, x := range []struct {
			f    warning.Filter
			want []string
		}{
			{warning.Filter{Part: warning.Owed}, []string{ids[2], ids[1]}},
			{warning.Filter{Part: warning.Done}, []string{ids[0]}},
			{warning.Filter{Part: warning.Owed, Own: true}, []string{ids[2]}},
			{warning.Filter{Level: warning.Blue}, nil},
		} {
			if diff := cmp.Diff(x.want, inbox(engineer("a"), x.f)); diff != "" {
				w.Errorf("%+v: %s", x.f, diff)
			}
		}
		for _, f := range []warning.Filter{{Part: "x"}, {Level: "green"}} {
			_, _, err = w.s.Mine(ctx, engineer("a"), f)
			w.want(err, fault.Invalid)
		}
		if got := inbox(officer, warning.Filter{}); got != nil {
			w.Errorf("the platform has an inbox: %v", got)
		}
		_, _, err = w.s.Mine(ctx, member.Anonymous("web"), warning.Filter{})
		w.want(err, fault.Unauthenticated)
		_, _, err = w.s.Mine(ctx, with(engineer("a"), func(a *member.Actor) { a.Scopes = []string{} }), warning.Filter{})
		w.want(err, fault.Forbidden)
	})
}

func TestListPages(t *testing.T) {
	each(t, func(w *world) {
		var want []string
		for i := range 7 {
			if i%2 == 0 { // some at the same moment
				w.clock.Advance(time.Second)
			}
			want = append([]string{w.draft(nil).ID}, want...)
		}
		var got []string
		f := warning.Filter{Limit: 3}
		for {
			page, next, err := w.s.List(ctx, watch, f)
			w.ok(err)
			for _, x := range page {
				got = append(got, x.ID)
			}
			if next == "" {
				break
			}
			f.After = next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Error(diff)
		}
		out := w.release(want[2])
		for _, f := range []warning.Filter{{States: []warning.State{warning.Out, warning.Pending}}, {CaseID: out.CaseID}} {
			page, next, err := w.s.List(ctx, watch, f)
			w.ok(err)
			if len(page) != 1 || page[0].ID != want[2] || next != "" {
				w.Errorf("%+v: %d warnings", f, len(page))
			}
		}
		if page, _, err := w.s.List(ctx, watch, warning.Filter{After: "no-such-id"}); err != nil || len(page) != 0 {
			w.Errorf("%d, %v", len(page), err)
		}
		_, _, err := w.s.List(ctx, watch, warning.Filter{After: "\x00"})
		w.want(err, fault.NotFound)
	})
}

func TestCoverageAndMatrix(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "telecom")
		w.partner("b", "telecom")
		w.partner("c", "energy")
		w.org(member.Org{Slug: "d", Partner: true})
		d := w.draft(map[string]int{"a": 1, "d": 2})
		for _, err := range []error{second2(w.s.Coverage(ctx, watch, d.ID)), second2(w.matrix(watch, d.ID))} {
			w.want(err, fault.Conflict) // not released
		}
		w.release(d.ID)
		start := w.clock.Now()
		w.clock.Advance(12 * time.Hour)
		w.ok(w.s.Read(ctx, engineer("c"), d.ID))
		for org, a := range map[string]warning.Answer{"a": warning.AffectedYes, "b": warning.AffectedNo} {
			_, err := w.s.Acknowledge(ctx, engineer(org), d.ID, says(a))
			w.ok(err)
		}
		w.clock.Advance(12 * time.Hour)
		_, err := w.s.Acknowledge(ctx, engineer("a"), d.ID, warning.AnswerInput{Answer: warning.FixedAll})
		w.ok(err)
		w.clock.Advance(24 * time.Hour)
		w.exec(`UPDATE delivery SET state = 'failed', next_at = NULL, last_error = 'x' WHERE org_id = 'c'`)

		got, err := w.s.Coverage(ctx, watch, d.ID)
		w.ok(err)
		curve := map[string]warning.Point{"release": got.OverTime[0], "noon": got.OverTime[12], "one day": got.OverTime[24], "now": got.OverTime[48]}
		wantCurve := map[string]warning.Point{
			"release": {At: start},
			"noon":    {At: start.Add(12 * time.Hour), Read: 3, Answered: 2},
			"one day": {At: start.Add(24 * time.Hour), Read: 3, Answered: 2, Fixed: 1},
			"now":     {At: start.Add(48 * time.Hour), Read: 3, Answered: 2, Fixed: 1},
		}
		if diff := cmp.Diff(wantCurve, curve); diff != "" {
			w.Error(diff)
		}
		got.OverTime = nil
		want := warning.Coverage{
			Revision: 1, Released: start, AsOf: w.clock.Now(), Recipients: 4, Affected: 2, Read: 3, Answered: map[warning.Answer]int{warning.FixedAll: 1, warning.AffectedNo: 1},
			Waves: [3]warning.Cell{{Recipients: 2, Read: 1, Answered: 1, Affected: 1, Fixed: 1}, {Recipients: 1, Read: 1, Answered: 1}, {Recipients: 1, Read: 1}},
			BySector: []warning.Sector{{Name: "", Cell: warning.Cell{Recipients: 1}}, {Name: "energy", Cell: warning.Cell{Recipients: 1, Read: 1}},
				{Name: "telecom", Cell: warning.Cell{Recipients: 2, Read: 2, Answered: 2, Affected: 1, Fixed: 1}, Within: [7]int{2: 2}}},
			Deliveries: map[string]map[delivery.State]int{
				delivery.Email: {delivery.Queued: 2, delivery.Failed: 1},
			},
			Replied: warning.Times{N: 2, P50: 12 * time.Hour, P90: 12 * time.Hour, Last: 12 * time.Hour},
			Fixed:   warning.Times{N: 1, P50: 24 * time.Hour, P90: 24 * time.Hour, Last: 24 * time.Hour},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Error(diff)
		}

		rows, err := w.matrix(watch, d.ID)
		w.ok(err)
		type line struct {
			Org, Answer string
			Wave, N     int
		}
		var lines []line
		for _, r := range rows {
			lines = append(lines, line{r.Org.ID, string(r.Recipient.Answer), r.Recipient.Wave, len(r.Deliveries)})
		}
		if diff := cmp.Diff([]line{{"d", "", 1, 0}, {"c", "", 3, 1}, {"b", "not-affected", 2, 1}, {"a", "fixed", 1, 1}}, lines); diff != "" {
			w.Error(diff)
		}
		if x := rows[1].Deliveries[0]; x.State != delivery.Failed || x.Why.Detail != "x" || x.ID != delivery.ID("warning", d.ID+":1", "c", "email") {
			w.Errorf("%+v", x)
		}
	})
}

func second2[T any](_ T, err error) error { return err }

// Texts of a warning are ciphertext in the database, and its events hold none of them.
func TestNothingUndisclosedInClear(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		_, err := w.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		w.ok(err)
		like := "%" + secret + "%"
		if n := w.number(`SELECT count(*) FROM event WHERE payload LIKE $1`, like); n != 0 {
			w.Errorf("%d events", n)
		}
		for _, table := range []string{"warning", "warning_revision"} {
			w.ok(w.d.View(ctx, func(tx *db.Tx) error {
				blobs, err := db.List(ctx, tx, db.Value[[]byte], `SELECT content_sealed FROM `+table)
				for _, b := range blobs {
					if len(b) < 100 || containsText(b) {
						w.Errorf("%s holds text in clear", table)
					}
				}
				return err
			}))
		}
	})
}
