// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
)

// contextOf binds an event to who did it and to the time lines it stands on; subjects are sorted and unique.
func contextOf(salt []byte, by By, subjects []string) string {
	b, err := json.Marshal(append([]string{by.Account, by.Org, by.Via}, subjects...))
	if err != nil {
		panic(err) // strings always marshal
	}
	return evidence.Digest(salt, b)
}

// Audit holds every event, every time line, every entry and every row of the watched tables against the signed evidence
// log, and the log against its own checkpoints and those that were kept elsewhere. It finds whatever was rewritten, deleted,
// added or back-dated.
func (l *Log) Audit(ctx context.Context, kept ...string) (f *evidence.Findings, err error) {
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		f, err = l.AuditTx(ctx, tx, kept...)
		return err
	})
	return f, err
}

// AuditTx is Audit of what tx sees.
func (l *Log) AuditTx(ctx context.Context, tx *db.Tx, kept ...string) (*evidence.Findings, error) {
	f, err := l.Evidence.Audit(ctx, tx, kept...)
	if err != nil {
		return nil, err
	}
	for after, more := "", true; more; {
		if after, more, err = auditPage(ctx, tx, f, after); err != nil {
			return nil, err
		}
	}
	for _, x := range []struct{ table, what, query string }{
		{"event", "it has no entry in the evidence log", `SELECT e.id FROM event e WHERE NOT EXISTS (SELECT 1 FROM evidence v WHERE v.id = e.id) ORDER BY e.id LIMIT 100`},
		{"event_subject", "it leads to no event", `SELECT s.event_id FROM event_subject s WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.id = s.event_id) ORDER BY s.event_id LIMIT 100`},
	} {
		rows, err := db.List(ctx, tx, db.Value[string], x.query)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			f.Note(x.table, row, x.what)
		}
	}
	if err := evidence.AuditRows(ctx, tx, f); err != nil {
		return nil, fmt.Errorf("audit the journal of rows: %w", err)
	}
	for _, check := range l.Checks {
		if err := check(ctx, tx, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// page bounds how many events are held against their entries at once.
const page = 300

// stored is an entry with the event that it is about, whose fields are empty when it is gone.
type stored struct {
	id   string
	leaf []byte
	head string
	line Line
}

func auditPage(ctx context.Context, tx *db.Tx, f *evidence.Findings, after string) (last string, more bool, err error) {
	rows, err := db.List(ctx, tx, func(r db.Row) (s stored, err error) {
		var at db.Time
		err = r.Scan(&s.id, &s.leaf, &s.head, db.Null(&s.line.ID), db.Null(&s.line.Kind), &at, db.Null(&s.line.By.Account), db.Null(&s.line.By.Org),
			db.Null(&s.line.By.Via), db.Null(&s.line.Payload), &s.line.Salt)
		s.line.At = at.Time
		return s, err
	}, `SELECT v.id, v.leaf, v.head, `+lineColumns+` FROM evidence v LEFT JOIN event e ON e.id = v.id WHERE v.id > $1 ORDER BY v.id LIMIT $2`, after, page)
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	var ids []string
	for _, s := range rows {
		ids = append(ids, s.id)
	}
	on, err := subjectsOf(ctx, tx, ids)
	if err != nil {
		return "", false, err
	}
	for _, s := range rows {
		if f.Own(s.id, s.head) && s.line.ID == "" {
			continue // other audits look at it
		}
		if what := s.compare(on[s.id]); what != "" {
			f.Note("event", s.id, what)
		}
	}
	return ids[len(ids)-1], true, nil
}

// compare says what of an event is not what its entry says, or "".
func (s stored) compare(subjects []string) string {
	entry, err := evidence.ParseEntry(s.leaf, s.head)
	switch {
	case err != nil:
		return "its entry cannot be read"
	case s.line.ID == "":
		return "it is in the evidence log, and the event is gone"
	case !bytes.Equal(entry.Leaf(), s.leaf) || entry.ID != s.id:
		return "its entry is that of another event"
	case entry.Kind != s.line.Kind:
		return "its kind was changed"
	case !entry.At.Equal(s.line.At):
		return "its time was moved"
	case entry.Context != contextOf(s.line.Salt, s.line.By, subjects):
		return "who did it, or what it is about, was changed"
	case entry.Sealed(s.line.Salt, []byte(s.line.Payload)).Digest != entry.Digest:
		return "what happened was changed"
	}
	return ""
}

func subjectsOf(ctx context.Context, tx *db.Tx, ids []string) (map[string][]string, error) {
	var a db.Args
	out := map[string][]string{}
	_, err := db.List(ctx, tx, func(r db.Row) (id string, err error) {
		var subject string
		err = r.Scan(&id, &subject)
		out[id] = append(out[id], subject)
		return id, err
	}, `SELECT event_id, subject FROM event_subject WHERE event_id IN `+db.In(&a, ids), a...)
	for _, s := range out {
		slices.Sort(s)
	}
	return out, err
}
