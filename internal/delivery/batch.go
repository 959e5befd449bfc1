// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
)

const (
	batchSize = 256
	few       = 1000 // deliveries that get rows of their own at once
)

// A batch is a row of delivery_batch: deliveries that wait together for their first attempt.
type batch struct {
	id, purpose, subject, channel string
	state                         State
	items                         string
	waiting, claims               int
	next, created, done           time.Time
}

// A Place is where an organisation is told, and when: Destination is "" for its main address.
type Place struct {
	OrgID, Channel, Destination string
	Due                         time.Time
}

// QueueSet adds the deliveries of a subject that a query finds: its columns are the organisation, the channel, the
// destination ("" for the organisation's main address) and when the delivery is due. It is QueueAll otherwise.
func QueueSet(ctx context.Context, tx *db.Tx, purpose, subject, query string, args ...any) error {
	var last struct {
		text string
		t    time.Time
	}
	found, err := db.List(ctx, tx, func(r db.Row) (x Place, err error) {
		var due any
		if err := r.Scan(&x.OrgID, &x.Channel, &x.Destination, &due); err != nil {
			return x, err
		}
		if text, ok := due.(string); ok && text == last.text {
			x.Due = last.t
			return x, nil
		}
		var t db.Time
		err = t.Scan(due)
		x.Due = t.Time
		if text, ok := due.(string); ok {
			last.text, last.t = text, t.Time
		}
		return x, err
	}, query, args...)
	if err != nil {
		return err
	}
	return QueueAll(ctx, tx, purpose, subject, found)
}

// QueueAll adds the deliveries of a subject to many places. What exists already stays as it is. All are durable with the
// caller's transaction. Many become batches instead of rows of their own; to whoever asks this package they look the same.
func QueueAll(ctx context.Context, tx *db.Tx, purpose, subject string, found []Place) error {
	if len(found) == 0 {
		return nil
	}
	old, err := batches(ctx, tx, purpose, []string{subject}, nil)
	if err != nil {
		return err
	}
	if len(found) < few || len(old) > 0 {
		return queueRows(ctx, tx, purpose, subject, found, old)
	}
	had, err := db.List(ctx, tx, db.Value[int], `SELECT 1 FROM delivery WHERE purpose = $1 AND subject = $2 LIMIT 1`, purpose, subject)
	if err != nil {
		return err
	}
	if len(had) > 0 {
		return queueRows(ctx, tx, purpose, subject, found, nil)
	}
	return queueBatches(ctx, tx, purpose, subject, found)
}

// queueRows gives each delivery a row, unless it stands in a batch.
func queueRows(ctx context.Context, tx *db.Tx, purpose, subject string, found []Place, old []batch) error {
	in := map[Place]bool{}
	for _, b := range old {
		for p := range b.places() {
			in[p] = true
		}
	}
	var ds []Delivery
	for _, x := range found {
		if !in[Place{OrgID: x.OrgID, Channel: x.Channel, Destination: x.Destination}] {
			ds = append(ds, Delivery{Purpose: purpose, Subject: subject, OrgID: x.OrgID, Channel: x.Channel, Destination: x.Destination, NextAt: x.Due})
		}
	}
	return Queue(ctx, tx, ds...)
}

func queueBatches(ctx context.Context, tx *db.Tx, purpose, subject string, found []Place) error {
	type kind struct {
		channel string
		due     time.Time
	}
	sets, seen := map[kind][]Place{}, make(map[Place]bool, len(found))
	var order []kind
	for _, x := range found {
		k := kind{x.Channel, x.Due}
		if x.Due = (time.Time{}); seen[x] { // as rows, it would be one
			continue
		}
		seen[x] = true
		if sets[k] == nil {
			order = append(order, k)
		}
		sets[k] = append(sets[k], x)
	}
	slices.SortStableFunc(order, func(a, b kind) int { return a.due.Compare(b.due) })
	var rows [][]any
	for _, k := range order {
		set := sets[k]
		slices.SortFunc(set, func(a, b Place) int {
			if c := strings.Compare(a.OrgID, b.OrgID); c != 0 {
				return c
			}
			return strings.Compare(a.Destination, b.Destination)
		})
		for part := range slices.Chunk(set, batchSize) {
			var items strings.Builder
			for i, x := range part {
				if i > 0 {
					items.WriteByte('\n')
				}
				items.WriteString(x.OrgID)
				items.WriteByte('\t')
				items.WriteString(x.Destination)
			}
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			rows = append(rows, []any{id.String(), purpose, subject, k.channel, Queued, part[0].OrgID, part[len(part)-1].OrgID, items.String(), len(part), 0, db.At(k.due), db.At(tx.Now)})
		}
	}
	return db.Bulk(ctx, tx, `delivery_batch (id, purpose, subject, channel, state, first_org, last_org, items, waiting, claims, next_at, created_at)`, "", rows)
}

const batchColumns = `id, purpose, subject, channel, state, items, waiting, claims, next_at, created_at, done_at`

func scanBatch(r db.Row) (b batch, err error) {
	var next, created, done db.Time
	err = r.Scan(&b.id, &b.purpose, &b.subject, &b.channel, &b.state, &b.items, &b.waiting, &b.claims, &next, &created, &done)
	b.next, b.created, b.done = next.Time, created.Time, done.Time
	return b, err
}

// batches are those of some subjects; with orgs only those that may hold one of them, which must be in order.
func batches(ctx context.Context, tx *db.Tx, purpose string, subjects, orgs []string) ([]batch, error) {
	var a db.Args
	query := `SELECT ` + batchColumns + ` FROM delivery_batch WHERE purpose = ` + a.P(purpose) + ` AND subject IN ` + db.In(&a, subjects)
	if len(orgs) > 0 {
		query += ` AND first_org <= ` + a.P(orgs[len(orgs)-1]) + ` AND last_org >= ` + a.P(orgs[0])
	}
	return db.List(ctx, tx, scanBatch, query+` ORDER BY id`, a...)
}

// places are where the batch goes, without a time.
func (b batch) places() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		for line := range strings.SplitSeq(b.items, "\n") {
			org, destination, _ := strings.Cut(line, "\t")
			if !yield(Place{OrgID: org, Channel: b.channel, Destination: destination}) {
				return
			}
		}
	}
}

// deliveries are those that the batch was made of, as they stand while they have no rows of their own.
func (b batch) deliveries() (out []Delivery) {
	for p := range b.places() {
		d := Delivery{Purpose: b.purpose, Subject: b.subject, OrgID: p.OrgID, Channel: p.Channel, Destination: p.Destination, State: b.state, NextAt: b.next, CreatedAt: b.created, DoneAt: b.done}
		d.ID = d.key()
		out = append(out, d)
	}
	return out
}

// standing adds to rows the deliveries of batches that have no row, of some organisations or of all.
func standing(rows []Delivery, bs []batch, orgs []string) []Delivery {
	if len(bs) == 0 {
		return rows
	}
	have, wanted := make(map[string]bool, len(rows)), make(map[string]bool, len(orgs))
	for _, d := range rows {
		have[d.ID] = true
	}
	for _, o := range orgs {
		wanted[o] = true
	}
	for _, b := range bs {
		for _, d := range b.deliveries() {
			if !have[d.ID] && (len(orgs) == 0 || wanted[d.OrgID]) {
				rows = append(rows, d)
			}
		}
	}
	return rows
}

// To returns the deliveries of some subjects to some organisations, by organisation, channel and age. At most some hundred
// organisations are asked for at once.
func To(ctx context.Context, tx *db.Tx, purpose string, subjects, orgs []string) ([]Delivery, error) {
	if len(orgs) == 0 || len(subjects) == 0 {
		return nil, nil
	}
	var a db.Args
	rows, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM delivery WHERE purpose = `+a.P(purpose)+` AND subject IN `+db.In(&a, subjects)+` AND org_id IN `+db.In(&a, orgs), a...)
	if err != nil {
		return nil, err
	}
	bs, err := batches(ctx, tx, purpose, subjects, slices.Sorted(slices.Values(orgs)))
	rows = standing(rows, bs, orgs)
	slices.SortFunc(rows, func(x, y Delivery) int {
		if c := strings.Compare(x.OrgID, y.OrgID); c != 0 {
			return c
		}
		if c := strings.Compare(x.Channel, y.Channel); c != 0 {
			return c
		}
		if c := x.CreatedAt.Compare(y.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return rows, err
}

// ByChannel counts the deliveries of some subjects by channel and state.
func ByChannel(ctx context.Context, tx *db.Tx, purpose string, subjects ...string) (map[string]map[State]int64, error) {
	type row struct {
		channel string
		s       State
		n       int64
	}
	var a db.Args
	of := ` WHERE purpose = ` + a.P(purpose) + ` AND subject IN ` + db.In(&a, subjects) + ` GROUP BY channel, state`
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.channel, &x.s, &x.n) },
		`SELECT channel, state, count(*) FROM delivery`+of+` UNION ALL SELECT channel, state, CAST(coalesce(sum(waiting), 0) AS BIGINT) FROM delivery_batch`+of, a...)
	out := map[string]map[State]int64{}
	for _, x := range rows {
		if x.n == 0 {
			continue
		}
		if out[x.channel] == nil {
			out[x.channel] = map[State]int64{}
		}
		out[x.channel][x.s] += x.n
	}
	return out, err
}

// Places are where the deliveries of some subjects go, or went, that were not superseded, each once and without a time.
func Places(ctx context.Context, tx *db.Tx, purpose string, subjects ...string) ([]Place, error) {
	type row struct {
		subject string
		Place
		state State
	}
	var a db.Args
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) {
		return x, r.Scan(&x.subject, &x.OrgID, &x.Channel, &x.Destination, &x.state)
	}, `SELECT subject, org_id, channel, destination, state FROM delivery WHERE purpose = `+a.P(purpose)+` AND subject IN `+db.In(&a, subjects), a...)
	if err != nil {
		return nil, err
	}
	bs, err := batches(ctx, tx, purpose, subjects, nil)
	if err != nil {
		return nil, err
	}
	type key struct {
		subject string
		Place
	}
	own, seen := make(map[key]bool, len(rows)), make(map[Place]bool, len(rows)+len(bs)*batchSize)
	var out []Place
	add := func(p Place) {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, x := range rows {
		own[key{x.subject, x.Place}] = true
		if x.state != Superseded {
			add(x.Place)
		}
	}
	for _, b := range bs {
		if b.state == Superseded {
			continue
		}
		for p := range b.places() {
			if !own[key{b.subject, p}] {
				add(p)
			}
		}
	}
	return out, nil
}

// InLine is a condition of SQL: the organisation (an expression) stands in a batch of a subject (an expression) that no
// node has taken yet.
func InLine(purpose, subject, org string) string {
	return InBatch(purpose, subject, org, `b.state = 'queued' AND b.claims = 0`)
}

// InBatch is a condition of SQL: the organisation (an expression) stands in a batch b of one of the subjects (expressions
// with commas between), of which another condition holds.
func InBatch(purpose, subjects, org, condition string) string {
	return `EXISTS (SELECT 1 FROM delivery_batch b WHERE b.purpose = ` + purpose + ` AND b.subject IN (` + subjects + `) AND ` + condition + `
		AND b.first_org <= ` + org + ` AND b.last_org >= ` + org + " AND '\n' || b.items LIKE '%\n' || " + org + " || '\t%')"
}
