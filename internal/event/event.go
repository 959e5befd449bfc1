// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package event records what happened, once, for three uses: the row is the evidence-log entry, the trigger of what
// follows (app/flow.go), and a line on the time line of everything it is about.
package event

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/job"
)

// An Event is a fact: something that has happened and cannot be undone. Its JSON form is stored and holds ids,
// times and digests, never undisclosed details.
type Event interface {
	Kind() string // stable name, stored: "report.submitted"
	About() About
}

// About says what an event concerns.
type About struct {
	Number   string   // public number, shown in the evidence log: "FS-R-2021-000001", or ""
	Subjects []string // "report/ID", "case/ID", "warning/ID", "org/ID" …: on whose time lines it stands
}

// By says who did it.
type By struct{ Account, Org, Via string }

// A Log records events. Follow must be called before the first Record.
type Log struct {
	DB       *db.DB
	Evidence *evidence.Log
	Jobs     *job.Queue
	Checks   []func(context.Context, *db.Tx, *evidence.Findings) error // more that Audit looks at
	rules    map[string][]Rule
}

// A Rule says that one step follows one kind of event.
type Rule struct {
	Kind string
	Name string // stable and stored: "report.submitted: open the case"
	run  func(context.Context, []byte) error
}

// On returns the rule that do follows every E. what names the step in words; it is stored with the job.
func On[E Event](what string, do func(context.Context, E) error) Rule {
	var zero E
	name := zero.Kind() + ": " + what
	return Rule{Kind: zero.Kind(), Name: name, run: func(ctx context.Context, payload []byte) error {
		var e E
		if err := json.Unmarshal(payload, &e); err != nil {
			return fmt.Errorf("decode %s: %w", zero.Kind(), err)
		}
		if err := do(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}}
}

// Follow sets the rules.
func (l *Log) Follow(rules []Rule) {
	l.rules = map[string][]Rule{}
	for _, r := range rules {
		l.rules[r.Kind] = append(l.rules[r.Kind], r)
	}
}

// Record records e in tx: the event, its evidence entry, its place on time lines, and the steps that follow.
// It returns the event's id, which is also the handle of its receipt.
func (l *Log) Record(ctx context.Context, tx *db.Tx, by By, e Event) (id string, err error) {
	ids, err := l.RecordAll(ctx, tx, []Act{{by, e}})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// An Act is an event and who did it.
type Act struct {
	By    By
	Event Event
}

// RecordAll records acts as Record does, with as many statements as for one of them, and returns the events' ids.
func (l *Log) RecordAll(ctx context.Context, tx *db.Tx, acts []Act) (ids []string, err error) {
	var rows, subjects [][]any
	var entries []evidence.Entry
	var steps []job.Step
	for _, a := range acts {
		kind, about := a.Event.Kind(), a.Event.About()
		payload, err := json.Marshal(a.Event)
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", kind, err)
		}
		u, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		id, salt := u.String(), make([]byte, 16)
		rand.Read(salt) //nolint:errcheck // never fails
		ids = append(ids, id)
		rows = append(rows, []any{id, kind, db.At(tx.Now), a.By.Account, a.By.Org, a.By.Via, string(payload), salt})
		slices.Sort(about.Subjects)
		about.Subjects = slices.Compact(about.Subjects)
		for _, s := range about.Subjects {
			subjects = append(subjects, []any{s, id})
		}
		entries = append(entries, evidence.Entry{ID: id, Kind: kind, At: tx.Now, Subject: about.Number, Context: contextOf(salt, a.By, about.Subjects)}.Sealed(salt, payload))
		for _, r := range l.rules[kind] {
			steps = append(steps, job.Step{Rule: r.Name, Event: id})
		}
	}
	if err := db.Bulk(ctx, tx, "event (id, kind, at, by_user, by_org, via, payload, salt)", "", rows); err != nil {
		return nil, fmt.Errorf("record events: %w", err)
	}
	if err := db.Bulk(ctx, tx, "event_subject (subject, event_id)", "", subjects); err != nil {
		return nil, fmt.Errorf("record subjects of events: %w", err)
	}
	if err := l.Evidence.Append(ctx, tx, entries...); err != nil {
		return nil, err
	}
	return ids, l.Jobs.Enqueue(ctx, tx, steps...)
}

// Work does one queued step.
func (l *Log) Work(ctx context.Context, s job.Step) error {
	var e Line
	err := l.DB.View(ctx, func(tx *db.Tx) (err error) {
		e, err = Get(ctx, tx, s.Event)
		return err
	})
	if err != nil {
		return fmt.Errorf("event %s: %w", s.Event, err)
	}
	for _, r := range l.rules[e.Kind] {
		if r.Name == s.Rule {
			return r.run(ctx, []byte(e.Payload))
		}
	}
	return fmt.Errorf("no rule is named %q: the flow has changed since the step was queued", s.Rule)
}

// A Line is one event as it stands on a time line.
type Line struct {
	ID, Kind string
	At       time.Time
	By       By
	Payload  string // JSON
	Salt     []byte
}

func scanLine(r db.Row) (l Line, err error) {
	var at db.Time
	err = r.Scan(&l.ID, &l.Kind, &at, &l.By.Account, &l.By.Org, &l.By.Via, &l.Payload, &l.Salt)
	l.At = at.Time
	return l, err
}

const lineColumns = `e.id, e.kind, e.at, e.by_user, e.by_org, e.via, e.payload, e.salt`

// Get returns one event.
func Get(ctx context.Context, tx *db.Tx, id string) (Line, error) {
	return db.Get(ctx, tx, scanLine, `SELECT `+lineColumns+` FROM event e WHERE e.id = $1`, id)
}

// TimeLine returns the events about a subject, oldest first.
func TimeLine(ctx context.Context, tx *db.Tx, subject string) ([]Line, error) {
	return db.List(ctx, tx, scanLine, `SELECT `+lineColumns+` FROM event_subject s JOIN event e ON e.id = s.event_id
		WHERE s.subject = $1 ORDER BY e.at, e.id`, subject)
}

// Journal returns a page of all events, newest first, before the event with id before ("" for the first page).
func Journal(ctx context.Context, tx *db.Tx, before string, limit int) ([]Line, error) {
	if before == "" {
		before = "g" // above every hexadecimal id
	}
	return db.List(ctx, tx, scanLine, `SELECT `+lineColumns+` FROM event e WHERE e.id < $1 ORDER BY e.id DESC LIMIT $2`, before, limit)
}
