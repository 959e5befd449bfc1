// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/ical"
)

// alarms are the reminders of a due time in a calendar, in percent of the time from the anchor on.
var alarms = []int{50, 75, 90}

const (
	calendarPrefix = "fsc_"
	// keptFor is how long a duty that is over stays in the calendar, cancelled, so that every subscriber learns of it.
	keptFor = 60 * 24 * time.Hour
	// maxEvents bounds a calendar.
	maxEvents = 2_000
	refresh   = time.Hour
)

// A Subscription is the private address at which a person's calendar program reads what the person's organisation owes.
// The address holds the secret; it is shown once and not kept.
type Subscription struct {
	CreatedAt time.Time
	UsedAt    time.Time // to the hour; zero: never
}

// CalendarOpened: a person has a private calendar address.
type CalendarOpened struct{ ofCalendar }

// CalendarClosed: it leads nowhere any more.
type CalendarClosed struct{ ofCalendar }

type ofCalendar struct {
	OrgID string `json:"org"`
}

// About puts it on the organisation's time line.
func (c ofCalendar) About() event.About { return event.About{Subjects: []string{"org/" + c.OrgID}} }

// Kind is the stored name.
func (CalendarOpened) Kind() string { return "duty.calendar-opened" }

// Kind is the stored name.
func (CalendarClosed) Kind() string { return "duty.calendar-closed" }

// Calendar returns what the actor's organisation owes as a calendar, in the printer's language. It says which duty, by which
// article, of which report's number, and by when: a calendar travels further than the platform, so nothing else is in it.
func (s *Service) Calendar(ctx context.Context, by member.Actor, p i18n.Printer) (c ical.Calendar, err error) {
	if err := mayAsk(by, by.OrgID); err != nil {
		return c, fmt.Errorf("calendar of duties: %w", err)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c, err = s.calendar(ctx, tx, by.OrgID, p)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("calendar of duties: %w", err)
	}
	return c, nil
}

// A dated duty is one with the number of times that it has come to something else.
type dated struct {
	Duty
	changes int
}

func (s *Service) calendar(ctx context.Context, tx *db.Tx, orgID string, p i18n.Printer) (c ical.Calendar, err error) {
	ds, err := db.List(ctx, tx, func(r db.Row) (d dated, err error) {
		d.Duty, err = scan(also{r, []any{&d.changes}})
		return d, err
	}, `SELECT `+columns+`, (SELECT count(*) FROM duty_past y WHERE y.duty_id = duty.id)
		FROM duty WHERE org_id = $1 AND owed_to = '' AND anchor_at < $2 AND (met_at IS NULL OR met_at > $3) AND (void_at IS NULL OR void_at > $3)
		ORDER BY due_at DESC, id LIMIT $4`, orgID, db.At(never), db.At(tx.Now.Add(-keptFor)), maxEvents)
	if err != nil {
		return c, err
	}
	c = ical.Calendar{Product: "-//Fengsui//Duties//" + strings.ToUpper(p.Lang()), Name: p.T("duty.calendar.name"), Refresh: refresh}
	for _, d := range ds {
		c.Events = append(c.Events, s.dated(d, tx.Now, p))
	}
	return c, nil
}

// dated is a duty as an event of a calendar.
func (s *Service) dated(d dated, now time.Time, p i18n.Printer) ical.Event {
	name := Label(p, d.Rule)
	if d.Number != "" {
		name += " · " + d.Number
	}
	e := ical.Event{UID: d.ID, Sequence: 2 * d.changes, Status: ical.Confirmed, At: d.DueAt, Changed: latest(d.CreatedAt, d.Since, d.MetAt, d.VoidAt), Summary: name,
		Categories: []string{d.Law}, URL: s.BaseURL + "/duties"}
	lines := []string{Source(p, d.Due)}
	if d.LatestAt.After(d.DueAt) {
		lines = append(lines, p.T("duty.calendar.both", p.DateTime(d.DueAt), closing(p, d.LatestAt), p.Zone()))
	}
	switch state := d.StateAt(now); state {
	case Met, MetLate, Waived, Void:
		e.Status, e.Sequence = ical.Cancelled, e.Sequence+1
		lines = append(lines, p.T("duty.state."+string(state)))
	case Paused:
		e.Status, e.At, e.Summary = ical.Tentative, d.PausedAt, p.T("duty.calendar.paused", name)
	}
	if e.At.IsZero() { // it ended while it had no due time
		e.At = e.Changed
	}
	e.Description = strings.Join(append(lines, e.URL), "\n")
	if e.Status == ical.Confirmed {
		for _, percent := range alarms {
			at := d.AnchorAt.Add(d.DueAt.Sub(d.AnchorAt) / 100 * time.Duration(percent)).Truncate(time.Second)
			e.Alarms = append(e.Alarms, ical.Alarm{At: at, Text: p.T("duty.calendar.alarm", name, percent, p.Span(d.DueAt.Sub(at)))})
		}
	}
	return e
}

// closing writes a time; midnight is the end of the day that it closes.
func closing(p i18n.Printer, t time.Time) string {
	s := p.DateTime(t)
	if strings.HasSuffix(s, " 00:00") {
		return p.Date(t.Add(-time.Minute)) + " 24:00"
	}
	return s
}

func latest(ts ...time.Time) (out time.Time) {
	for _, t := range ts {
		if t.After(out) {
			out = t
		}
	}
	return out
}

// mayHaveAddress: a person by itself. Whoever finds a token must not be able to outlive it.
func mayHaveAddress(by member.Actor) error {
	if err := mayAsk(by, by.OrgID); err != nil {
		return err
	}
	switch {
	case by.AccountID == "":
		return fault.SignIn()
	case by.Scopes != nil:
		return fault.Deny("member.token-by-token")
	case by.OrgID == "":
		return fault.Hidden()
	}
	return nil
}

// OpenCalendar gives the actor a private calendar address and returns its secret, this once. An older one ends with it.
func (s *Service) OpenCalendar(ctx context.Context, by member.Actor) (secret string, err error) {
	if err := mayHaveAddress(by); err != nil {
		return "", fmt.Errorf("open calendar address: %w", err)
	}
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // it never fails
	secret = calendarPrefix + base64.RawURLEncoding.EncodeToString(b)
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO duty_calendar (account_id, org_id, hash, lang, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account_id) DO UPDATE SET org_id = $2, hash = $3, lang = $4, created_at = $5, used_at = NULL`,
			by.AccountID, by.OrgID, secretHash(secret), by.Locale, db.At(tx.Now))
		if err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), CalendarOpened{ofCalendar{by.OrgID}})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("open calendar address: %w", err)
	}
	return secret, nil
}

// CloseCalendar ends the actor's private calendar address; without one nothing happens.
func (s *Service) CloseCalendar(ctx context.Context, by member.Actor) error {
	if err := mayHaveAddress(by); err != nil {
		return fmt.Errorf("close calendar address: %w", err)
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM duty_calendar WHERE account_id = $1`, by.AccountID)
		if err != nil || n == 0 {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), CalendarClosed{ofCalendar{by.OrgID}})
		return err
	})
	if err != nil {
		return fmt.Errorf("close calendar address: %w", err)
	}
	return nil
}

// CalendarAddress tells whether the actor has a private calendar address. Fault: NotFound.
func (s *Service) CalendarAddress(ctx context.Context, by member.Actor) (x Subscription, err error) {
	if err := mayHaveAddress(by); err != nil {
		return x, fmt.Errorf("calendar address: %w", err)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		x, err = db.Get(ctx, tx, func(r db.Row) (x Subscription, err error) {
			var created, used db.Time
			err = r.Scan(&created, &used)
			x.CreatedAt, x.UsedAt = created.Time, used.Time
			return x, err
		}, `SELECT created_at, used_at FROM duty_calendar WHERE account_id = $1`, by.AccountID)
		return err
	})
	if err != nil {
		return x, fmt.Errorf("calendar address: %w", err)
	}
	return x, nil
}

// CalendarBySecret is Calendar for whoever knows a private address. It leads nowhere (NotFound) once it was closed or replaced,
// the account was closed or moved to another organisation, or the organisation has left. It is found by the hash of its
// 256 random bits, so that no comparison gives a part of it away.
func (s *Service) CalendarBySecret(ctx context.Context, secret string) (c ical.Calendar, err error) {
	if len(secret) != len(calendarPrefix)+43 || !strings.HasPrefix(secret, calendarPrefix) {
		return c, fault.Missing()
	}
	hash := secretHash(secret)
	var now, used time.Time
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var org, lang string
		now = tx.Now
		if used, err = db.Get(ctx, tx, func(r db.Row) (time.Time, error) {
			var used db.Time
			err := r.Scan(&org, &lang, &used)
			return used.Time, err
		}, `SELECT x.org_id, x.lang, x.used_at FROM duty_calendar x JOIN account a ON a.id = x.account_id JOIN org o ON o.id = x.org_id
			WHERE x.hash = $1 AND a.status = $2 AND a.org_id = x.org_id AND o.status IN ($3, $4)`,
			hash, member.AccountActive, string(member.Active), string(member.Suspended)); err != nil {
			return err
		}
		c, err = s.calendar(ctx, tx, org, i18n.For(lang))
		return err
	})
	if err == nil && now.Sub(used) >= time.Hour {
		err = s.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE duty_calendar SET used_at = $1 WHERE hash = $2`, db.At(tx.Now), hash)
			return err
		})
	}
	if err != nil {
		return ical.Calendar{}, fmt.Errorf("calendar by its address: %w", err)
	}
	return c, nil
}

func secretHash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}
