// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var ctx = context.Background()

// world is a platform with members, and nothing above it.
type world struct {
	testing.TB
	s     *destination.Service
	d     *db.DB
	clock *calendar.Driven
}

func newWorld(t testing.TB, d *db.DB, clock *calendar.Driven) *world {
	w := &world{TB: t, d: d, clock: clock}
	log, err := evidence.Open(d, t.TempDir(), "test.example/log")
	w.ok(err)
	w.ok(log.KeepRows(ctx))
	keys, err := seal.Load(t.TempDir())
	w.ok(err)
	w.s = &destination.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Seal: keys, BaseURL: "https://fengsui.example"}
	return w
}

func each(t *testing.T, test func(w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) { test(newWorld(t, d, clock)) })
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) want(err error, kind fault.Kind) {
	w.Helper()
	if !fault.Is(err, kind) {
		w.Errorf("got %v, want %s", err, kind)
	}
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

func (w *world) number(query string, args ...any) (n int) {
	w.Helper()
	w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
		n, err = db.Get(ctx, tx, db.Value[int], query, args...)
		return err
	}))
	return n
}

// org adds an organisation with a mailbox, and with a webhook where hook is not empty.
func (w *world) org(id, hook string) {
	w.Helper()
	w.exec(`INSERT INTO org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspension_reason, email, phone, webhook_url, domains, note, created_at)
		VALUES ($1,$2,$3,'','["operator"]',TRUE,0,'','','CN','active','',$4,'',$5,'[]','',$6)`, id, id, "单位 "+id, id+"@member.example", hook, db.At(w.clock.Now()))
}

// admin is an organisation's administrator.
func admin(org string) member.Actor {
	return member.Actor{AccountID: "a-" + org, OrgID: org, Roles: []member.Role{member.OrgAdmin}, Via: "web"}
}

// add adds a destination that answers.
func (w *world) add(org, channel, address string) destination.Destination {
	w.Helper()
	d, _, err := w.s.Add(ctx, admin(org), destination.Input{Channel: channel, Label: channel, Address: address})
	w.ok(err)
	w.verify(d.ID)
	return d
}

func (w *world) verify(id string) {
	w.Helper()
	w.exec(`UPDATE destination SET verified_at = $1 WHERE id = $2`, db.At(w.clock.Now()), id)
}

// queue sends a subject to every organisation; near names those whose products it concerns.
func (w *world) queue(subject, level string, near ...string) {
	w.Helper()
	w.queueTo(`o.status = 'active'`, subject, level, near...)
}

// queueTo sends a subject to the organisations of which a condition holds.
func (w *world) queueTo(where, subject, level string, near ...string) {
	w.Helper()
	w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
		b := destination.Batch{Purpose: "warning", Subject: subject, Class: destination.ClassOf(level, false), Level: level, Type: "warning.released", From: `FROM org o`, Where: where}
		b.Due = func(a *db.Args) string {
			return `CASE WHEN o.id = '' THEN o.created_at ELSE ` + a.P(db.At(tx.Now)) + ` END`
		}
		b.Near = `o.id IN ('` + strings.Join(near, `', '`) + `')`
		return destination.Queue(ctx, tx, b)
	}))
}

// told are the targets that a subject is on its way to, or waits for in a digest ("later email").
func (w *world) told(org, subject string) (out []string) {
	w.Helper()
	w.ok(w.d.View(ctx, func(tx *db.Tx) error {
		ds, err := delivery.Of(ctx, tx, "warning", subject)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if d.OrgID != org || d.State == delivery.Superseded {
				continue
			}
			if d.Destination == "" {
				out = append(out, d.Channel)
			} else {
				out = append(out, d.Destination)
			}
		}
		items, err := db.List(ctx, tx, db.Value[string], `SELECT target FROM digest_item WHERE org_id = $1 AND subject = $2`, org, subject)
		for _, t := range items {
			out = append(out, "later "+t)
		}
		return err
	}))
	slices.Sort(out)
	return out
}

func (w *world) at(text string) {
	w.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", text, calendar.Beijing())
	w.ok(err)
	w.clock.Set(t)
}
