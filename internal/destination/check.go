// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

const (
	// Beat is how often every target is tested.
	Beat = 30 * 24 * time.Hour
	// Patience is how long a person has to answer a test; a target that is silent for longer counts as not reached.
	Patience = 7 * 24 * time.Hour

	again   = time.Minute // between two tests of a target that people ask for
	perBeat = 200         // targets that one round tests, so that no month begins with a flood
)

// A Health is what is known of a target.
type Health struct {
	Target     string
	Test       string // id
	AskedAt    time.Time
	AskedBy    string // account; "" for the monthly test
	AnsweredAt time.Time
	FailedAt   time.Time
}

// State of a target's health.
type State string

// The states.
const (
	Untested State = "untested"
	Waiting  State = "waiting"
	Answered State = "answered"
	Silent   State = "silent"
	Dead     State = "failed"
)

// At is the state at a time. It is a question, not a flag: nothing has to run for a target to be silent.
func (h Health) At(now time.Time) State {
	switch {
	case h.AskedAt.IsZero():
		return Untested
	case !h.FailedAt.IsZero():
		return Dead
	case !h.AnsweredAt.Before(h.AskedAt):
		return Answered
	case now.Sub(h.AskedAt) >= Patience:
		return Silent
	}
	return Waiting
}

// Since is when the state began.
func (h Health) Since(now time.Time) time.Time {
	switch h.At(now) {
	case Dead:
		return h.FailedAt
	case Answered:
		return h.AnsweredAt
	}
	return h.AskedAt
}

const healthColumns = `h.target, h.test, h.asked_at, h.asked_by, h.answered_at, h.failed_at`

func healthInto(h *Health) (into []any, done func()) {
	var asked, answered, failed db.Time
	return []any{&h.Target, &h.Test, &asked, &h.AskedBy, &answered, &failed}, func() {
		h.AskedAt, h.AnsweredAt, h.FailedAt = asked.Time, answered.Time, failed.Time
	}
}

func scanHealth(r db.Row) (h Health, err error) {
	into, done := healthInto(&h)
	err = r.Scan(into...)
	done()
	return h, err
}

// healths are those of an organisation's targets.
func healths(ctx context.Context, tx *db.Tx, orgID string) (map[string]Health, error) {
	hs, err := db.List(ctx, tx, scanHealth, `SELECT `+healthColumns+` FROM destination_health h WHERE h.org_id = $1`, orgID)
	out := map[string]Health{}
	for _, h := range hs {
		out[h.Target] = h
	}
	return out, err
}

type tested struct {
	OrgID  string `json:"org"`
	Target string `json:"target"`
}

// About puts it on the organisation's time line.
func (e tested) About() event.About { return event.About{Subjects: []string{"org/" + e.OrgID}} }

// Events of tests.
type (
	// Verified: somebody or something answered at a destination for the first time; messages go there from now on.
	Verified struct{ tested }
	// Unreached: a test did not get through.
	Unreached struct{ tested }
)

// Kind is the stored name.
func (Verified) Kind() string { return "destination.verified" }

// Kind is the stored name.
func (Unreached) Kind() string { return "destination.unreached" }

// Test sends a test to a target of the actor's organisation: MainEmail, MainWebhook or a destination's id. People answer
// it by a link, machines with 2xx. For the organisation's administrator. Faults: NotFound, Limited within a minute.
func (s *Service) Test(ctx context.Context, by member.Actor, target string) (h Health, err error) {
	if err := own(by); err != nil {
		return Health{}, fmt.Errorf("test destination: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		org, err := lockOrg(ctx, tx, by.OrgID)
		if err != nil {
			return err
		}
		channel, err := channelOf(ctx, tx, by.OrgID, target)
		if err != nil {
			return err
		}
		if channel == "" || target == MainEmail && org.email == "" || target == MainWebhook && org.webhook == "" {
			return fault.Missing()
		}
		hs, err := healths(ctx, tx, by.OrgID)
		if err != nil {
			return err
		}
		if had, ok := hs[target]; ok && tx.Now.Sub(had.AskedAt) < again {
			return &fault.Error{Kind: fault.Limited, Key: "destination.too-soon"}
		}
		hs2, err := s.ask(ctx, tx, by.AccountID, []aim{{by.OrgID, target, channel}})
		if err == nil {
			h = hs2[0]
			h.AnsweredAt = hs[target].AnsweredAt
		}
		return err
	})
	if err != nil {
		return Health{}, fmt.Errorf("test destination: %w", err)
	}
	return h, nil
}

// An aim is a target with its channel.
type aim struct{ org, target, channel string }

// ask sends tests.
func (s *Service) ask(ctx context.Context, tx *db.Tx, by string, aims []aim) (hs []Health, err error) {
	var ds []delivery.Delivery
	var rows [][]any
	for _, a := range aims {
		h := Health{Target: a.target, Test: uuid.Must(uuid.NewV7()).String(), AskedAt: tx.Now, AskedBy: by}
		hs = append(hs, h)
		rows = append(rows, []any{a.org, a.target, h.Test, db.At(tx.Now), by})
		d := delivery.Delivery{Purpose: Purpose, Subject: h.Test, OrgID: a.org, Channel: a.channel}
		if a.target != MainEmail && a.target != MainWebhook {
			d.Destination = a.target
		}
		ds = append(ds, d)
	}
	if err := db.Bulk(ctx, tx, `destination_health (org_id, target, test, asked_at, asked_by)`, `ON CONFLICT (org_id, target) DO UPDATE
		SET test = excluded.test, asked_at = excluded.asked_at, asked_by = excluded.asked_by, failed_at = NULL`, rows); err != nil {
		return nil, err
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	return hs, delivery.Queue(ctx, tx, ds...)
}

// Heartbeat tests the targets whose newest test is a month old, some hundred at a time. A missed run is made up for once,
// and two nodes test nothing twice.
func (s *Service) Heartbeat(ctx context.Context) (n int, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		before := tx.Now.Add(-Beat)
		var a db.Args
		keeping := member.Keeping(member.ToOwnWarnings, "o", "")
		part := func(target, channel, join, live, born string) string {
			return `SELECT o.id AS org, ` + target + ` AS target, ` + channel + ` AS channel FROM org o` + join + ` LEFT JOIN destination_health h ON h.org_id = o.id AND h.target = ` + target + `
				WHERE ` + keeping + ` AND CAST(o.roles AS TEXT) NOT LIKE '%"authority"%' AND CAST(o.roles AS TEXT) NOT LIKE '%"platform"%' AND ` + live + `
				AND coalesce(h.asked_at, ` + born + `) <= ` + a.P(db.At(before))
		}
		aims, err := db.List(ctx, tx, func(r db.Row) (x aim, err error) { return x, r.Scan(&x.org, &x.target, &x.channel) }, `SELECT u.org, u.target, u.channel FROM (`+
			part(`'email'`, `'email'`, ``, `o.email <> ''`, `o.created_at`)+` UNION ALL `+
			part(`'webhook'`, `'webhook'`, ``, `o.webhook_url <> ''`, `o.created_at`)+` UNION ALL `+
			part(`x.id`, `x.channel`, ` JOIN destination x ON x.org_id = o.id`, `x.verified_at IS NOT NULL AND x.paused_at IS NULL`, `x.verified_at`)+`) u ORDER BY u.org, u.target LIMIT `+a.P(perBeat), a...)
		if err != nil || len(aims) == 0 {
			return err
		}
		// the counter's row is the lock: who comes second sees what the first has asked
		if _, err := db.Next(ctx, tx, "heartbeat"); err != nil {
			return err
		}
		fresh, err := stillDue(ctx, tx, aims, before)
		if err != nil || len(fresh) == 0 {
			return err
		}
		n = len(fresh)
		_, err = s.ask(ctx, tx, "", fresh)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("test what has not been tested for a month: %w", err)
	}
	return n, nil
}

// stillDue leaves out what another node has tested since it was found.
func stillDue(ctx context.Context, tx *db.Tx, aims []aim, before time.Time) (out []aim, err error) {
	var a db.Args
	orgs := make([]string, len(aims))
	for i, x := range aims {
		orgs[i] = x.org
	}
	asked, err := db.List(ctx, tx, func(r db.Row) (x aim, err error) { return x, r.Scan(&x.org, &x.target) },
		`SELECT org_id, target FROM destination_health WHERE asked_at > `+a.P(db.At(before))+` AND org_id IN `+db.In(&a, orgs), a...)
	done := map[aim]bool{}
	for _, x := range asked {
		done[x] = true
	}
	for _, x := range aims {
		if !done[aim{org: x.org, target: x.target}] {
			out = append(out, x)
		}
	}
	return out, err
}

// AnswerURL is where a person answers a test. Opening it changes nothing: mail scanners open links too.
func (s *Service) AnswerURL(test string) string {
	return s.BaseURL + "/reached/" + s.token("test", test)
}

func (s *Service) token(kind, what string) string {
	return what + "." + base64.RawURLEncoding.EncodeToString(s.Seal.MAC("destination/"+kind, what))
}

// open returns what a token stands for. A wrong one looks like something that does not exist.
func (s *Service) open(kind, token string) (string, error) {
	what, _, ok := cutLast(token, ".")
	if !ok || len(token) > 400 || subtle.ConstantTimeCompare([]byte(s.token(kind, what)), []byte(token)) != 1 {
		return "", fault.Missing()
	}
	return what, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// ByLink shows the test that a link stands for, with the organisation that it was sent to, and changes nothing.
func (s *Service) ByLink(ctx context.Context, token string) (h Health, orgID string, err error) {
	test, err := s.open("test", token)
	if err != nil {
		return Health{}, "", err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		h, orgID, err = testByID(ctx, tx, test, "")
		return err
	})
	if err != nil {
		return Health{}, "", fmt.Errorf("open test by link: %w", err)
	}
	return h, orgID, nil
}

func testByID(ctx context.Context, tx *db.Tx, test, lock string) (h Health, orgID string, err error) {
	h, err = db.Get(ctx, tx, func(r db.Row) (h Health, err error) {
		into, done := healthInto(&h)
		err = r.Scan(append(into, &orgID)...)
		done()
		return h, err
	}, `SELECT `+healthColumns+`, h.org_id FROM destination_health h WHERE h.test = $1`+lock, test)
	return h, orgID, err
}

// Answer answers a test by the link in it. A link to a test that a newer one has replaced is NotFound.
func (s *Service) Answer(ctx context.Context, token string) error {
	test, err := s.open("test", token)
	if err == nil {
		err = s.DB.Tx(ctx, func(tx *db.Tx) error { return s.answered(ctx, tx, event.By{Via: "link"}, test) })
	}
	if err != nil {
		return fmt.Errorf("answer test: %w", err)
	}
	return nil
}

// answered notes that a test came through.
func (s *Service) answered(ctx context.Context, tx *db.Tx, by event.By, test string) error {
	h, orgID, err := testByID(ctx, tx, test, tx.ForUpdate())
	if err != nil {
		return err
	}
	if h.At(tx.Now) == Answered {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE destination_health SET answered_at = $1, failed_at = NULL WHERE test = $2`, db.At(tx.Now), test); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE destination SET down_at = NULL WHERE id = $1 AND down_at IS NOT NULL`, h.Target); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE destination SET verified_at = $1 WHERE id = $2 AND verified_at IS NULL`, db.At(tx.Now), h.Target)
	if err != nil || n == 0 {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by, Verified{tested{orgID, h.Target}})
	return err
}
