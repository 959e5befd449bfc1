// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// everybody adds one organisation of each sort and returns who must be warned, by wave, when "hit", "hit-outsider" and
// "hit-suspended" are affected.
func everybody(w *world) map[string]int {
	later, earlier := w.clock.Now().Add(time.Hour), w.clock.Now()
	w.partner("hit", "telecom")
	w.partner("same-sector", "telecom")
	w.partner("other-sector", "energy")
	w.partner("no-sector", "")
	for _, o := range []member.Org{
		{Slug: "hit-outsider", Sector: "finance"},                                             // a member, but no partner unit
		{Slug: "finance-partner", Sector: "finance", Partner: true, WebhookURL: "https://h/"}, // same sector as an affected outsider
		{Slug: "outsider", Sector: "telecom"},
		{Slug: "hit-suspended", Partner: true, Status: member.Suspended, SuspendedUntil: later, Email: "s@member.example"},
		{Slug: "suspended", Sector: "telecom", Partner: true, Status: member.Suspended, SuspendedUntil: later},
		{Slug: "suspended-for-good", Partner: true, Status: member.Suspended},
		{Slug: "was-suspended", Partner: true, Status: member.Suspended, SuspendedUntil: earlier},
		{Slug: "applicant", Partner: true, Status: member.Applicant},
		{Slug: "left", Partner: true, Status: member.Left},
		{Slug: "authority", Partner: true, Roles: []member.OrgRole{member.Operator, member.Authority}},
		{Slug: "silent", Partner: true}, // no channel: the inbox is enough
	} {
		w.org(o)
	}
	return map[string]int{"hit": 1, "hit-outsider": 1, "hit-suspended": 1, "same-sector": 2, "finance-partner": 2, "other-sector": 3, "no-sector": 3,
		"was-suspended": 3, "silent": 3}
}

func TestWhoIsWarned(t *testing.T) {
	each(t, func(w *world) {
		want := everybody(w)
		d := w.draft(map[string]int{"hit": 2, "hit-outsider": 1, "hit-suspended": 1, "applicant": 1, "left": 1, "authority": 1})
		targets, err := w.s.Preview(ctx, watch, d.ID)
		w.ok(err)
		preview, last := map[string]int{}, 0
		for _, x := range targets {
			preview[x.Org.ID] = x.Wave
			if x.Wave < last || (x.Wave == 1) != (len(x.Why) > 0) || x.Products != len(x.Why) {
				w.Errorf("%s: wave %d after %d, %d products, %d reasons", x.Org.ID, x.Wave, last, x.Products, len(x.Why))
			}
			last = x.Wave
		}
		if diff := cmp.Diff(want, preview); diff != "" {
			w.Errorf("preview: %s", diff)
		}
		if diff := cmp.Diff([]string{delivery.Webhook}, targets[find(targets, "finance-partner")].Channels); diff != "" {
			w.Error(diff)
		}
		out := w.release(d.ID)
		if diff := cmp.Diff(want, w.waves(d.ID, 1)); diff != "" {
			w.Errorf("release: %s", diff)
		}
		if out.State != warning.Out || out.ApprovedBy != "officer" || out.ReleasedBy != "second" || !out.ReleasedAt.Equal(w.clock.Now()) || w.kicks != 1 {
			w.Errorf("released as %+v, %d kicks", out, w.kicks)
		}
		if n := w.number(`SELECT count(*) FROM casefile WHERE id = $1 AND state = 'warned'`, d.CaseID); n != 1 {
			w.Error("the case has not moved to warned")
		}
		if n := w.number(`SELECT count(*) FROM event WHERE kind = 'warning.released' AND payload LIKE '%"recipients":9,"affected":3%'`); n != 1 {
			w.Error("no event, or with wrong numbers")
		}
	})
}

func find(ts []warning.Target, org string) int {
	for i, t := range ts {
		if t.Org.ID == org {
			return i
		}
	}
	return -1
}

// Every recipient has one delivery for each channel it has, under the id that package delivery would give it, and the
// affected are due first.
func TestDeliveriesOfARelease(t *testing.T) {
	each(t, func(w *world) {
		everybody(w)
		d := w.draft(map[string]int{"hit": 2})
		w.release(d.ID)
		want := []string{}
		for _, o := range []string{"hit", "same-sector", "no-sector", "other-sector"} {
			want = append(want, delivery.ID("warning", d.ID+":1", o, delivery.Email))
		}
		want = append(want, delivery.ID("warning", d.ID+":1", "finance-partner", delivery.Webhook))
		var got []delivery.Delivery
		w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
			got, err = delivery.Of(ctx, tx, "warning", d.ID+":1")
			return err
		}))
		ids := map[string]bool{}
		var hit, sector, other time.Time
		for _, x := range got {
			ids[x.ID] = true
			if x.State != delivery.Queued || x.NextAt.After(w.clock.Now()) || !x.CreatedAt.Equal(w.clock.Now()) {
				w.Errorf("%+v", x)
			}
			switch x.OrgID {
			case "hit":
				hit = x.NextAt
			case "same-sector":
				sector = x.NextAt
			case "other-sector":
				other = x.NextAt
			}
		}
		for _, id := range want {
			if !ids[id] {
				w.Errorf("%s is missing", id)
			}
		}
		if len(got) != len(want) || !hit.Before(sector) || !sector.Before(other) {
			w.Errorf("%d deliveries, want %d; due %v, %v, %v", len(got), len(want), hit, sector, other)
		}
	})
}

func TestTwoPersons(t *testing.T) {
	each(t, func(w *world) {
		for _, l := range warning.Levels {
			d := w.draft(nil)
			in := edit(d)
			in.Level, in.Content.Basis = l, "国家网络安全应急办公室决定"
			_, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.ok(err)
			if !l.TwoPersons() {
				w.want(w.s.Approve(ctx, officer, d.ID, w.rev(d.ID)), fault.Conflict)
				_, err = w.s.Release(ctx, officer, d.ID, w.rev(d.ID))
				w.ok(err)
				continue
			}
			_, err = w.s.Release(ctx, officer, d.ID, w.rev(d.ID))
			w.want(err, fault.Conflict)
			w.ok(w.s.Approve(ctx, officer, d.ID, w.rev(d.ID)))
			w.want(w.s.Approve(ctx, second, d.ID, w.rev(d.ID)), fault.Conflict)
			_, err = w.s.Release(ctx, officer, d.ID, w.rev(d.ID))
			w.want(err, fault.Forbidden)
			if n := len(w.waves(d.ID, 1)) + w.number(`SELECT count(*) FROM delivery`) + w.kicks; l == warning.Red && n != 0 {
				w.Errorf("%s: something went out before the second person", l)
			}
			_, err = w.s.Release(ctx, second, d.ID, w.rev(d.ID))
			w.ok(err)
			w.want(w.s.Approve(ctx, officer, d.ID, w.rev(d.ID)), fault.Conflict)
		}
	})
}

// Machines may hurry, people decide.
func TestThePlatformReleasesNothing(t *testing.T) {
	each(t, func(w *world) {
		d := w.draft(nil)
		w.want(w.s.Approve(ctx, member.System(), d.ID, w.rev(d.ID)), fault.Forbidden)
		_, err := w.s.Release(ctx, member.System(), d.ID, w.rev(d.ID))
		w.want(err, fault.Forbidden)
	})
}

func TestReleasedOnceHoweverManyPress(t *testing.T) {
	each(t, func(w *world) {
		for _, o := range []string{"a", "b", "c"} {
			w.partner(o, "x")
		}
		d := w.draft(map[string]int{"a": 1})
		w.ok(w.s.Approve(ctx, officer, d.ID, w.rev(d.ID)))
		var wg sync.WaitGroup
		var done atomic.Int64
		for range 8 {
			wg.Go(func() {
				_, err := w.s.Release(ctx, second, d.ID, w.rev(d.ID))
				if err == nil {
					done.Add(1)
				} else if !fault.Is(err, fault.Conflict) {
					w.Error(err)
				}
			})
		}
		wg.Wait()
		if n := w.number(`SELECT count(*) FROM warning_recipient`); done.Load() != 1 || n != 3 || w.number(`SELECT count(*) FROM delivery`) != 3 {
			w.Errorf("released %d times, to %d", done.Load(), n)
		}
	})
}

// A release that cannot end leaves nothing behind.
func TestReleaseIsAllOrNothing(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(nil)
		w.ok(w.s.Approve(ctx, officer, d.ID, w.rev(d.ID)))
		rev := w.rev(d.ID)
		w.exec(`ALTER TABLE event_subject RENAME TO event_subject_gone`) // what is written last
		_, err := w.s.Release(ctx, second, d.ID, rev)
		if err == nil || !strings.Contains(err.Error(), "event_subject") {
			w.Fatalf("without its event: %v", err)
		}
		w.exec(`ALTER TABLE event_subject_gone RENAME TO event_subject`)
		for _, table := range []string{"warning_recipient", "warning_revision", "delivery"} {
			if n := w.number(`SELECT count(*) FROM ` + table); n != 0 {
				w.Errorf("%d rows in %s", n, table)
			}
		}
		if got, _, err := w.s.Get(ctx, officer, d.ID); err != nil || got.State != warning.Pending || w.kicks != 0 {
			w.Errorf("%s, %v, %d kicks", got.State, err, w.kicks)
		}
	})
}

func TestPublishedCaseStaysPublished(t *testing.T) {
	each(t, func(w *world) {
		d, err := w.s.Draft(ctx, analyst, w.kase(casework.Published, "low", "no"))
		w.ok(err)
		w.release(d.ID)
		if n := w.number(`SELECT count(*) FROM casefile WHERE state = 'published'`); n != 1 {
			w.Error("a warning took a published case back")
		}
	})
}

func TestRevisionAsksAnewAndReplacesWhatWasOnItsWay(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		gone := w.org(member.Org{Slug: "gone", Email: "g@member.example"}) // affected by the first revision only, and no partner unit
		d := w.draft(map[string]int{"a": 1, gone: 1})
		_, err := w.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		w.want(err, fault.Conflict)
		w.release(d.ID)
		_, err = w.s.Acknowledge(ctx, engineer("a"), d.ID, warning.AnswerInput{Answer: warning.FixedAll})
		w.ok(err)
		w.exec(`UPDATE delivery SET state = 'delivered', next_at = NULL WHERE org_id = 'a'`)
		w.exec(`DELETE FROM finding WHERE org_id = 'gone'`)

		r, err := w.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		w.ok(err)
		if r.Revision != 2 || r.State != warning.Draft || r.ApprovedBy != "" || r.Products != 1 {
			w.Errorf("%+v", r)
		}
		in := edit(r)
		in.Content.Title = "修复不完整"
		_, err = w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		old, copy, err := w.s.Get(ctx, engineer("a"), d.ID)
		w.ok(err)
		if old.Revision != 1 || old.Content.Title == "修复不完整" || old.State != warning.Out || copy.Answer != warning.FixedAll {
			w.Errorf("while the revision is a draft, a unit sees %+v", old)
		}
		w.release(d.ID)
		if diff := cmp.Diff(map[string]int{"a": 1, "gone": 1, "b": 2}, w.waves(d.ID, 2)); diff != "" {
			w.Error(diff)
		}
		now, copy, err := w.s.Get(ctx, engineer("a"), d.ID)
		w.ok(err)
		if now.Revision != 2 || now.Content.Title != "修复不完整" || copy.Answer != warning.Unanswered {
			w.Errorf("after the revision a unit sees %+v, %+v", now, copy)
		}
		for state, want := range map[delivery.State]int{delivery.Delivered: 1, delivery.Superseded: 2} {
			if n := w.number(`SELECT count(*) FROM delivery WHERE subject = $1 AND state = $2`, d.ID+":1", state); n != want {
				w.Errorf("revision 1: %d %s, want %d", n, state, want)
			}
		}
		if n := w.number(`SELECT count(*) FROM delivery WHERE subject = $1 AND state = 'queued'`, d.ID+":2"); n != 3 {
			w.Errorf("revision 2: %d queued", n)
		}
		rs, err := w.s.Revisions(ctx, watch, d.ID)
		w.ok(err)
		if len(rs) != 2 || rs[0].Revision != 2 || rs[1].Content.Title == "修复不完整" {
			w.Errorf("revisions: %+v", rs)
		}
	})
}
