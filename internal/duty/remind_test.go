// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// remind sweeps once and checks how many reminders were noted.
func remind(t *testing.T, s *duty.Service, want int) {
	t.Helper()
	if n, err := s.Remind(t.Context()); err != nil || n != want {
		t.Errorf("%d reminders, want %d, %v", n, want, err)
	}
}

// reminders returns all of an organisation's reminders, the oldest first.
func reminders(t *testing.T, s *duty.Service, org string) (rs []duty.Reminder) {
	t.Helper()
	for f := (duty.ReminderFilter{OrgID: org, Limit: 200}); ; {
		page, next, err := s.Reminders(t.Context(), member.System(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			rs = append(rs, r.Reminder)
		}
		if f.After = next; next == "" {
			slices.Reverse(rs)
			return rs
		}
	}
}

// reminding returns a service that can send.
func reminding(t *testing.T, d *db.DB) *duty.Service {
	t.Helper()
	log, err := evidence.Open(d, t.TempDir(), "test.example/log")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &duty.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Seal: ring, BaseURL: "https://fengsui.example"}
}

func TestRemindersComeInTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		s, own := reminding(t, d), org(t, d)
		clock.Set(learned)
		start(t, d, "r1", duty.Facts{OrgID: own, Partner: true, Relation: duty.Found, LearnedAt: learned}) // 48 hours
		remind(t, s, 0)
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{24*time.Hour - time.Second, 0}, {24 * time.Hour, 1}, {24*time.Hour + time.Minute, 0}, {36 * time.Hour, 1}, {43*time.Hour + 12*time.Minute, 1}, {48 * time.Hour, 1}, {400 * time.Hour, 0}} {
			clock.Set(learned.Add(step.after))
			remind(t, s, step.want)
		}
		var got []string
		for _, r := range reminders(t, s, own) {
			got = append(got, fmt.Sprintf("%d %s %v", r.Step, r.FellAt.Sub(learned), r.Late))
			if !r.NotedAt.Equal(r.FellAt) {
				t.Errorf("fell %s, noted %s", r.FellAt, r.NotedAt)
			}
		}
		if want := []string{"50 24h0m0s false", "75 36h0m0s false", "90 43h12m0s false", "100 48h0m0s false"}; !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
	})
}

// Killed for two days and started again: every reminder that fell due is noted once, in order, and marked as late.
func TestRemindersCatchUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		s, own := reminding(t, d), org(t, d)
		clock.Set(learned)
		f := duty.Facts{OrgID: own, Relation: duty.MakesProduct, LearnedAt: learned} // verify in 4 hours, report in 48
		start(t, d, "r1", f)
		start(t, d, "r2", f)
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return s.Meet(ctx, tx, "r2", duty.RuleReport, learned, "e1")
		})
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			ds, err := s.ForReport(ctx, tx, "r2")
			if err != nil {
				return err
			}
			return s.Void(ctx, tx, ds[0].ID, "not our product")
		})
		clock.Set(learned.Add(2 * time.Hour))
		remind(t, s, 1) // half of 4 hours, in time

		clock.Set(learned.Add(50 * time.Hour))
		remind(t, s, 7) // 75, 90, 100 of verifying; 50, 75, 90, 100 of reporting
		remind(t, s, 0)
		clock.Advance(time.Hour)
		remind(t, s, 0)
		rs := reminders(t, s, own)
		if len(rs) != 8 || rs[0].Late {
			t.Fatalf("%+v", rs)
		}
		for i, r := range rs[1:] {
			if !r.Late || r.FellAt.Before(rs[i].FellAt) || !r.NotedAt.Equal(learned.Add(50*time.Hour)) {
				t.Errorf("%+v", r)
			}
		}
	})
}

// A duty that is recorded after its due time is reminded of once, at once; the steps that lay before are no news.
func TestRemindersOfWhatIsRecordedLate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		s, own := reminding(t, d), org(t, d)
		clock.Set(learned.Add(30 * time.Hour)) // 75, 90 and 100 % of reporting are still to come; verifying is over
		start(t, d, "r1", duty.Facts{OrgID: own, Relation: duty.MakesProduct, LearnedAt: learned})
		remind(t, s, 1)
		clock.Advance(100 * time.Hour)
		remind(t, s, 3)
		var steps []int
		for _, r := range reminders(t, s, own) {
			steps = append(steps, r.Step)
		}
		if !slices.Equal(steps, []int{100, 75, 90, 100}) {
			t.Errorf("steps %v", steps)
		}
	})
}

// Several nodes that sweep many duties at the same time note each reminder once, and what they note last fell due last.
func TestRemindersOfManyNodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		s, own := reminding(t, d), org(t, d)
		clock.Set(learned)
		var begins []duty.Begin
		for i := range 150 {
			begins = append(begins, duty.Begin{ReportID: fmt.Sprintf("r%d", i), Facts: duty.Facts{OrgID: own, Relation: duty.MakesProduct, LearnedAt: learned}})
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) error { _, err := s.StartAll(ctx, tx, begins); return err })
		clock.Set(learned.Add(49 * time.Hour))
		var nodes sync.WaitGroup
		var noted [3]int
		for i := range noted {
			nodes.Go(func() {
				n, err := s.Remind(context.Background())
				if err != nil {
					t.Error(err)
				}
				noted[i] = n
			})
		}
		nodes.Wait()
		if got := noted[0] + noted[1] + noted[2]; got != 1200 || len(reminders(t, s, own)) != 1200 {
			t.Errorf("%v noted, %d kept, want 1200", noted, len(reminders(t, s, own)))
		}
	})
}

func TestRemindersAreForTheirOrganisation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		s, own, other := reminding(t, d), org(t, d), org(t, d)
		stranger := member.Actor{AccountID: "a", OrgID: other, Roles: []member.Role{member.OrgAdmin}, Via: "web"}
		if _, _, err := s.Reminders(t.Context(), stranger, duty.ReminderFilter{OrgID: own}); fault.KindOf(err) != fault.Withheld {
			t.Errorf("another organisation: %v", err)
		}
	})
}
