// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/ical"
)

// person adds an account of an organisation.
func person(t *testing.T, d *db.DB, id, org string) member.Actor {
	t.Helper()
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO account (id, org_id, email, name, roles, locale, status, password_hash, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
			id, org, id+"@example.org", "Li", db.ToJSON([]string{"engineer"}), "en", "active", "", db.At(tx.Now))
		return err
	})
	return member.Actor{AccountID: id, OrgID: org, Roles: []member.Role{member.Engineer}, Locale: "en", Via: "web"}
}

func calendarService(t *testing.T, d *db.DB) *duty.Service {
	log, err := evidence.Open(d, t.TempDir(), "test.example/log")
	if err != nil {
		t.Fatal(err)
	}
	return &duty.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, BaseURL: "https://fengsui.example"}
}

func eventOf(t *testing.T, c ical.Calendar, id string) ical.Event {
	t.Helper()
	for _, e := range c.Events {
		if e.UID == id {
			return e
		}
	}
	t.Fatalf("%s is not in the calendar %+v", id, c)
	return ical.Event{}
}

// The calendar names duty, article, number and time, and no more; what is met comes back cancelled under the same UID with
// a higher sequence, and leaves after a while.
func TestCalendarFollowsTheDuties(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx, s, own := t.Context(), calendarService(t, d), org(t, d)
		by, p := person(t, d, "a", own), i18n.For(i18n.English)
		clock.Set(learned)
		ds := start(t, d, "r1", facts(own))
		report := ds[2]
		c, err := s.Calendar(ctx, by, p)
		if err != nil || len(c.Events) != 3 {
			t.Fatal(c, err)
		}
		e := eventOf(t, c, report.ID)
		if e.Status != ical.Confirmed || !e.At.Equal(report.DueAt) || e.Sequence != 0 || len(e.Alarms) != 3 || e.URL != "https://fengsui.example/duties" ||
			!strings.Contains(e.Description, "art. 7(2)") || !strings.Contains(e.Description, "Strict reading: 2021-11-26 10:00; latest arguable: 2021-11-26 24:00") {
			t.Errorf("%+v", e)
		}
		for i, hours := range []float64{24, 36, 43.2} {
			if want := learned.Add(time.Duration(hours * float64(time.Hour))); !e.Alarms[i].At.Equal(want) {
				t.Errorf("alarm %d at %v, want %v", i, e.Alarms[i].At, want)
			}
		}
		clock.Advance(time.Hour)
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			// a correction: the engine keeps what the duty came to before
			if _, err := tx.Exec(ctx, `INSERT INTO duty_past (duty_id, n, from_at, until_at, anchor, anchor_at, due_at, latest_at, ended, event_id)
				SELECT id, 1, created_at, $1, anchor, anchor_at, due_at, latest_at, '', 'e' FROM duty WHERE id = $2`, db.At(tx.Now), report.ID); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE duty SET due_at = $1, since = $2 WHERE id = $3`, db.At(report.DueAt.Add(-6*time.Hour)), db.At(tx.Now), report.ID)
			return err
		})
		c, err = s.Calendar(ctx, by, p)
		corrected := eventOf(t, c, report.ID)
		if err != nil || corrected.Sequence <= e.Sequence || !corrected.At.Equal(report.DueAt.Add(-6*time.Hour)) || !corrected.Changed.After(e.Changed) {
			t.Errorf("corrected: %+v, %v", corrected, err)
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return s.Meet(ctx, tx, "r1", duty.RuleReport, tx.Now, "e1")
		})
		c, err = s.Calendar(ctx, by, p)
		met := eventOf(t, c, report.ID)
		if err != nil || met.Status != ical.Cancelled || met.Sequence <= corrected.Sequence || len(met.Alarms) != 0 {
			t.Errorf("met: %+v, %v", met, err)
		}
		clock.Advance(61 * 24 * time.Hour)
		if c, err = s.Calendar(ctx, by, p); err != nil || len(c.Events) != 2 {
			t.Errorf("long after: %d events, %v", len(c.Events), err)
		}
	})
}

// The private address opens the calendar to its holder until it is closed, replaced, or its person gone; nothing tells
// one wrong address from another.
func TestCalendarAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx, s, own, other := t.Context(), calendarService(t, d), org(t, d), org(t, d)
		by := person(t, d, "a", own)
		start(t, d, "r1", facts(own))
		start(t, d, "r2", facts(other))
		if _, err := s.CalendarAddress(ctx, by); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		first, err := s.OpenCalendar(ctx, by)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.CalendarBySecret(ctx, first)
		if err != nil || len(c.Events) != 3 {
			t.Fatal(c, err)
		}
		if x, err := s.CalendarAddress(ctx, by); err != nil || !x.CreatedAt.Equal(clock.Now()) || !x.UsedAt.Equal(clock.Now()) {
			t.Error(x, err)
		}
		second, err := s.OpenCalendar(ctx, by)
		if err != nil || second == first {
			t.Fatal(second, err)
		}
		gone := func(secret, why string) {
			t.Helper()
			if c, err := s.CalendarBySecret(ctx, secret); !fault.Is(err, fault.NotFound) || len(c.Events) > 0 {
				t.Errorf("%s: %d events, %v", why, len(c.Events), err)
			}
		}
		gone(first, "replaced")
		gone("", "nothing")
		gone(second[:len(second)-1]+"\x00", "altered")
		gone("fst_"+second[4:], "of another kind")
		set := func(query string, args ...any) {
			t.Helper()
			write(t, d, func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, query, args...); return err })
		}
		set(`UPDATE org SET status = 'suspended' WHERE id = $1`, own)
		if _, err := s.CalendarBySecret(ctx, second); err != nil {
			t.Errorf("a suspended member owes what it owed: %v", err)
		}
		set(`UPDATE org SET status = 'left' WHERE id = $1`, own)
		gone(second, "the organisation left")
		set(`UPDATE org SET status = 'active' WHERE id = $1`, own)
		set(`UPDATE account SET org_id = $1 WHERE id = 'a'`, other)
		gone(second, "the person moved")
		set(`UPDATE account SET org_id = $1, status = 'closed' WHERE id = 'a'`, own)
		gone(second, "the account was closed")
		set(`UPDATE account SET status = 'active' WHERE id = 'a'`)
		if err := s.CloseCalendar(ctx, by); err != nil {
			t.Fatal(err)
		}
		gone(second, "closed")
		if err := s.CloseCalendar(ctx, by); err != nil {
			t.Errorf("closed twice: %v", err)
		}
		token := by
		token.Scopes = []string{member.ScopeReport}
		for name, c := range map[string]struct {
			by   member.Actor
			want fault.Kind
		}{"token": {token, fault.Forbidden}, "nobody": {member.Anonymous("web"), fault.Unauthenticated}, "staff without an organisation": {supervisor, fault.Withheld}} {
			if _, err := s.OpenCalendar(ctx, c.by); fault.KindOf(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if f, err := s.Events.Audit(ctx); err != nil || f.Err() != nil {
			t.Error(f, err)
		}
	})
}
