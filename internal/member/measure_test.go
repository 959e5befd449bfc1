// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// enter brings a measure in, as compliance does.
func (b bench) enter(org string, m member.Measure) error {
	return b.db.Tx(context.Background(), func(tx *db.Tx) error { return b.Enter(context.Background(), tx, org, m) })
}

func (b bench) lift(org, number string) {
	b.Helper()
	b.want("lift", b.db.Tx(context.Background(), func(tx *db.Tx) error { return b.Lift(context.Background(), tx, org, number) }), "", "")
}

// actor is the organisation's engineer as it signs in now.
func (b bench) now(a member.Actor) member.Actor {
	b.Helper()
	s, err := b.LoginAs(context.Background(), a.AccountID, "test")
	b.want("sign in", err, "", "")
	out, err := b.ResolveSession(context.Background(), s.Token, "web")
	b.want("resolve", err, "", "")
	return out
}

func TestEnterRefuses(t *testing.T) {
	each(t, func(b bench) {
		platform, authority := b.org("platform", member.Platform), b.org("authority", member.Authority)
		waiting, _, err := b.Join(context.Background(), member.Anonymous("web"), application())
		b.want("join", err, "", "")
		at := b.clock.Now()
		m := member.Measure{Number: "Q-1", Kind: member.Suspended, From: at, Until: at.Add(time.Hour)}
		over, bare, loud, odd := m, m, m, m
		over.Until, bare.Number, odd.Kind = at, "", "banned"
		loud.Kind, loud.Without = member.Restricted, []member.Capability{member.ToReport}
		none := loud
		none.Without = nil
		for _, c := range []struct {
			name, id string
			m        member.Measure
			want     fault.Kind
			about    string
		}{
			{"no such organisation", "none", m, fault.NotFound, ""},
			{"applicant", waiting.ID, m, fault.Conflict, "member.not-member"},
			{"the platform", platform.ID, m, fault.Conflict, "member.not-suspendable"},
			{"an authority", authority.ID, m, fault.Conflict, "member.not-suspendable"},
			{"it is over", b.own.ID, over, fault.Internal, "over"}, {"no inquiry", b.own.ID, bare, fault.Internal, "no number"},
			{"the right to report", b.own.ID, loud, fault.Internal, "cannot be taken away"}, {"a restriction of nothing", b.own.ID, none, fault.Internal, "takes nothing"},
			{"a new kind", b.own.ID, odd, fault.Internal, "banned"},
		} {
			if err := b.enter(c.id, c.m); err == nil || fault.KindOf(err) != c.want && c.want != fault.Internal || !strings.Contains(err.Error(), c.about) {
				b.Errorf("%s: %v", c.name, err)
			}
		}
		if n := b.count("org WHERE status = 'suspended'") + b.count("org_measure") + b.count("event WHERE kind IN ('member.suspended', 'member.restricted')"); n != 0 {
			b.Errorf("%d traces of refused measures", n)
		}
	})
}

func TestEnterAndLift(t *testing.T) {
	each(t, func(b bench) {
		at := b.clock.Now()
		half := member.Measure{Number: "Q-1", Kind: member.Suspended, From: at, Until: at.Add(182 * 24 * time.Hour)}
		b.want("suspend", b.enter(b.own.ID, half), "", "")
		other := half
		other.Number = "Q-2"
		b.want("another", b.enter(b.own.ID, other), fault.Conflict, "member.already-suspended")
		half.Until = at.Add(91 * 24 * time.Hour)
		b.want("a revised end", b.enter(b.own.ID, half), "", "")
		if got := b.whole(b.own.ID); got.Status != member.Suspended || !got.SuspendedUntil.Equal(half.Until) || got.SuspendedWhy != "Q-1" {
			b.Errorf("%+v", got)
		}
		b.lift(b.own.ID, "Q-2")
		if a := b.now(b.as(member.Engineer)); !a.Suspended || a.Standing() != member.Suspended || a.May(member.ToWarnings) || !a.May(member.ToReport) {
			b.Errorf("lifted by another's number: %+v", a)
		}
		b.lift(b.own.ID, "Q-1")
		b.lift(b.own.ID, "Q-1")
		without := []member.Capability{member.ToDirectory, member.ToWarnings}
		b.want("restrict", b.enter(b.own.ID, member.Measure{Number: "Q-3", Kind: member.Restricted, Without: without, From: at.Add(time.Hour), Until: at.Add(3 * time.Hour)}), "", "")
		b.want("warn", b.enter(b.own.ID, member.Measure{Number: "Q-4", Kind: member.Warned, From: at, Until: at.Add(4 * time.Hour)}), "", "")
		for _, step := range []struct {
			hours time.Duration
			is    member.Status
		}{{0, member.Warned}, {1, member.Restricted}, {3, member.Warned}, {4, member.Active}} {
			b.clock.Set(at.Add(step.hours * time.Hour))
			a := b.now(b.as(member.Engineer))
			if a.Standing() != step.is || a.May(member.ToWarnings) == (step.is == member.Restricted) || !a.May(member.ToInvitedCases) {
				b.Errorf("after %d hours: %s, %v", step.hours, a.Standing(), a.Without)
			}
		}
		b.clock.Set(at.Add(2 * time.Hour))
		if got := b.whole(b.own.ID); len(got.Measures) != 2 || got.Status != member.Active {
			b.Errorf("measures: %+v", got.Measures)
		}
		b.lift(b.own.ID, "Q-3")
		if a := b.now(b.as(member.Engineer)); a.Standing() != member.Warned || len(a.Without) != 0 {
			b.Errorf("lifted: %+v", a)
		}
		want := []string{"member.added", "member.account-added", "member.account-added", "member.suspended", "member.suspended", "member.reinstated",
			"member.restricted", "member.warned", "member.measure-lifted"}
		if diff := cmp.Diff(want, b.events(b.own.ID)); diff != "" {
			b.Error(diff)
		}
	})
}

// A suspension is over at its end, whether or not the schedule has run; the record is made once, by two runs at once too.
func TestReinstateDue(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		b.suspend(b.own.ID)
		b.suspend(b.other.ID)
		b.clock.Advance(24*time.Hour - time.Microsecond)
		if n, err := b.ReinstateDue(ctx); n != 0 || err != nil || b.whole(b.own.ID).Status != member.Suspended {
			b.Errorf("before the end: %d, %v", n, err)
		}
		b.clock.Advance(time.Microsecond)
		if got := b.whole(b.own.ID); got.Status != member.Active || got.SuspendedWhy != "" {
			b.Errorf("at the end, before the schedule: %s", got.Status)
		}
		b.suspend(b.other.ID) // again: the old one is recorded as ended first
		var wg sync.WaitGroup
		var mu sync.Mutex
		sum := 0
		for range 4 {
			wg.Go(func() {
				n, err := b.ReinstateDue(ctx)
				if err != nil {
					b.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				sum += n
			})
		}
		wg.Wait()
		if sum != 1 || b.count("org WHERE status = 'suspended'") != 1 {
			b.Errorf("%d reinstated by four runs, want the one that is due", sum)
		}
		if diff := cmp.Diff([]string{"member.added", "member.suspended", "member.reinstated", "member.suspended"}, b.events(b.other.ID)); diff != "" {
			b.Error(diff)
		}
		if n := b.count("event WHERE kind = 'member.reinstated' AND via = 'system'"); n != 2 {
			b.Errorf("%d reinstatements by the calendar are recorded, want 2", n)
		}
	})
}

// Promise 7 as a property of the policy itself: no standing of a member takes away what makes it and others safe.
func TestPolicyMakesNobodyLessSafe(t *testing.T) {
	for _, c := range []member.Capability{member.ToSignIn, member.ToReport, member.ToSupplement, member.ToOwnCases, member.ToOwnDuties, member.ToProducts, member.ToOwnWarnings, member.ToDefend} {
		for _, s := range []member.Status{member.Active, member.Warned, member.Restricted, member.Suspended} {
			if c.In(s) != member.Keeps {
				t.Errorf("%s %s %s", s, c.In(s), c)
			}
		}
	}
	seen := map[member.Capability]bool{}
	for _, r := range member.Policy {
		if seen[r.Capability] {
			t.Errorf("%s has two rows", r.Capability)
		}
		seen[r.Capability] = true
		rank := map[member.Effect]int{member.Keeps: 0, member.Chosen: 1, member.Loses: 2}
		for i := 1; i < len(r.Effects); i++ {
			if rank[r.Effects[i]] < rank[r.Effects[i-1]] {
				t.Errorf("%s: %s is better off than %s", r.Capability, member.Columns[i], member.Columns[i-1])
			}
		}
	}
	if member.Capability("fly").In(member.Active) != member.Loses || member.ToReport.In(member.Applicant) != member.Loses {
		t.Error("what the policy does not know is allowed")
	}
}

// Actor.May and Keeping, its SQL, give the same answer for every member, capability and time.
func TestKeepingAgreesWithMay(t *testing.T) {
	each(t, func(b bench) {
		start, n := b.clock.Now(), 0
		rapid.Check(b.T, func(rt *rapid.T) {
			n++
			o := b.org(string(rune('a'+n%26))+time.Duration(n).String(), member.Operator)
			hour := func(name string) time.Time {
				return start.Add(time.Duration(rapid.IntRange(1, 6).Draw(rt, name)) * time.Hour)
			}
			b.clock.Set(start)
			if rapid.Bool().Draw(rt, "suspended") {
				b.want("suspend", b.enter(o.ID, member.Measure{Number: "Q-1", Kind: member.Suspended, From: start, Until: hour("until")}), "", "")
			}
			for _, number := range []string{"Q-2", "Q-3"} {
				if rapid.Bool().Draw(rt, "restricted "+number) {
					without := []member.Capability{rapid.SampledFrom(member.Restrictable()).Draw(rt, "without")}
					b.want("restrict", b.enter(o.ID, member.Measure{Number: number, Kind: member.Restricted, Without: without, From: hour("from"), Until: hour("end")}), "", "")
				}
			}
			b.clock.Set(hour("asked"))
			p, err := b.AddAccount(context.Background(), member.System(), member.AccountInput{OrgID: o.ID, Email: "e@" + o.Slug + ".example", Name: "E", Roles: []member.Role{member.Engineer}, Locale: "en"})
			b.want("person", err, "", "")
			by := b.now(member.Actor{AccountID: p.ID})
			for _, r := range member.Policy {
				var got int
				err := b.db.View(context.Background(), func(tx *db.Tx) (err error) {
					got, err = db.Get(context.Background(), tx, db.Value[int], `SELECT count(*) FROM org WHERE id = $1 AND `+member.Keeping(r.Capability, "org", "$2")+` AND CAST($2 AS TIMESTAMPTZ) IS NOT NULL`, o.ID, db.At(tx.Now))
					return err
				})
				b.want("ask", err, "", "")
				if (got == 1) != by.May(r.Capability) {
					rt.Fatalf("%s: the database says %d, the actor %+v", r.Capability, got, by)
				}
			}
		})
	})
}

// docs/due-process.md shows the policy as it is.
func TestPolicyIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/due-process.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range member.Policy {
		cells := make([]string, len(r.Effects))
		for i, e := range r.Effects {
			cells[i] = string(e)
		}
		found := false
		for line := range strings.Lines(string(b)) {
			found = found || strings.HasPrefix(line, "| `"+string(r.Capability)+"` |") && strings.HasSuffix(strings.TrimSpace(line), "| "+strings.Join(cells, " | ")+" |")
		}
		if !found {
			t.Errorf("the row of %s is missing or wrong: %v", r.Capability, cells)
		}
	}
}
