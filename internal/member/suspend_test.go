// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func TestSuspendRefuses(t *testing.T) {
	each(t, func(b bench) {
		ctx, supervisor := context.Background(), staff(member.Supervisor)
		platform, authority := b.org("platform", member.Platform), b.org("authority", member.Authority)
		waiting, _, err := b.Join(ctx, member.Anonymous("web"), application())
		b.want("join", err, "", "")
		later := b.clock.Now().Add(time.Hour)
		for _, c := range []struct {
			name  string
			by    member.Actor
			id    string
			until time.Time
			why   string
			want  fault.Kind
			about string
		}{
			{"nobody", member.Anonymous("web"), b.own.ID, later, "w", fault.Unauthenticated, ""},
			{"duty officer", staff(member.DutyOfficer, member.Analyst, member.Administrator), b.own.ID, later, "w", fault.Forbidden, "fault.role"},
			{"organisation's administrator", b.as(member.OrgAdmin), b.other.ID, later, "w", fault.Forbidden, "fault.role"},
			{"token without scope", scoped(supervisor, member.ScopeCase), b.own.ID, later, "w", fault.Forbidden, "fault.scope"},
			{"no reason", supervisor, b.own.ID, later, " ", fault.Invalid, "why"},
			{"no end", supervisor, b.own.ID, time.Time{}, "w", fault.Invalid, "until"},
			{"an end that is now", supervisor, b.own.ID, b.clock.Now(), "w", fault.Invalid, "until"},
			{"no such organisation", supervisor, "none", later, "w", fault.NotFound, ""},
			{"applicant", supervisor, waiting.ID, later, "w", fault.Conflict, "member.not-member"},
			{"the platform", supervisor, platform.ID, later, "w", fault.Conflict, "member.not-suspendable"},
			{"an authority", supervisor, authority.ID, later, "w", fault.Conflict, "member.not-suspendable"},
		} {
			b.want(c.name, b.Suspend(ctx, c.by, c.id, c.until, c.why), c.want, c.about)
			if c.about != "until" {
				want, about := c.want, c.about
				if want == fault.Conflict {
					about = "member.not-suspended"
				}
				b.want("reinstate: "+c.name, b.Reinstate(ctx, c.by, c.id, c.why), want, about)
			}
		}
		if n := b.count("org WHERE status = 'suspended'") + b.count("event WHERE kind IN ('member.suspended', 'member.reinstated')"); n != 0 {
			b.Errorf("%d traces of refused suspensions", n)
		}
	})
}

func TestSuspendAndReinstate(t *testing.T) {
	each(t, func(b bench) {
		ctx, supervisor := context.Background(), staff(member.Supervisor)
		until := b.clock.Now().Add(182 * 24 * time.Hour)
		b.want("suspend", b.Suspend(ctx, supervisor, b.own.ID, until, "没有及时报送"), "", "")
		b.want("again", b.Suspend(ctx, supervisor, b.own.ID, until, "没有及时报送"), fault.Conflict, "member.already-suspended")
		got := b.whole(b.own.ID)
		if got.Status != member.Suspended || !got.SuspendedUntil.Equal(until) || got.SuspendedWhy != "没有及时报送" {
			b.Errorf("%+v", got)
		}
		b.want("reinstate", b.Reinstate(ctx, supervisor, b.own.ID, "整改完成"), "", "")
		b.want("again", b.Reinstate(ctx, supervisor, b.own.ID, "整改完成"), fault.Conflict, "member.not-suspended")
		got = b.whole(b.own.ID)
		if got.Status != member.Active || !got.SuspendedUntil.IsZero() || got.SuspendedWhy != "" {
			b.Errorf("%+v", got)
		}
		want := []string{"member.added", "member.account-added", "member.account-added", "member.suspended", "member.reinstated"}
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

func TestSuspendInAnothersTransaction(t *testing.T) {
	each(t, func(b bench) {
		ctx, until := context.Background(), b.clock.Now().Add(time.Hour)
		err := b.db.Tx(ctx, func(tx *db.Tx) error {
			if err := b.SuspendTx(ctx, tx, staff(member.Supervisor), b.own.ID, until, "w"); err != nil {
				return err
			}
			return b.SuspendTx(ctx, tx, staff(member.Analyst), b.other.ID, until, "w")
		})
		b.want("the second is not allowed", err, fault.Forbidden, "fault.role")
		if b.whole(b.own.ID).Status != member.Active {
			b.Error("the first outlived the transaction")
		}
	})
}
