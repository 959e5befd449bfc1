// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
)

// A Batch is one message to many organisations, each on every target that wants it.
type Batch struct {
	Purpose, Subject string // as of a delivery
	Class            Class
	Type             string   // event type on the wire, which webhooks may filter what is not mandatory by
	Also             []string // types that let it pass as well: whoever wants to hear of a release hears what becomes of it
	Level            string   // of the warning: what is grave comes first in digests

	// From is "FROM … JOIN org o …" and Where a condition, in SQL, with their parameters in Args: the organisations are the
	// rows of o, each once. Due is when they are told of what is told at once.
	From, Where string
	Args        db.Args
	Due         func(*db.Args) string
	Near        string      // condition without parameters under which what belongs into the digest is prompt: it concerns the recipient's own products; "" for none
	Few         bool        // goes to few, and does not count in anybody's noise budget
	Recipients  []Recipient // of what is mandatory, in the place of From, when the caller has found them (MainColumns)

	Without []string // of MainEmail and MainWebhook: those that the caller writes to itself, whatever was chosen

	of []string // see QueueOf
}

// Held is what stands on a delivery that waits for the end of quiet hours.
var Held = delivery.Reason{Code: delivery.QuietHours}.Stored()

// Queue makes the deliveries of a batch in the caller's transaction, and puts what is to be said later aside for
// digests. Every target of an organisation is told once, however often the batch is queued. What is mandatory goes out at
// once to every target that has not been relieved of it, and to the main e-mail address when no other takes it.
func Queue(ctx context.Context, tx *db.Tx, b Batch) error {
	q := queuing{Batch: b, tx: tx}
	var err error
	if b.Class == Mandatory {
		err = q.mandatory(ctx)
	} else {
		err = q.asChosen(ctx)
	}
	if err != nil {
		return fmt.Errorf("queue deliveries: %w", err)
	}
	if b.Few || b.Class == Mandatory { // in no budget
		return nil
	}
	return q.note(ctx)
}

// QueueOf is Queue for organisations that the caller can name: nobody else is told, or looked at. Of From, Where and Due what
// is empty is all organisations, no further condition, and at once.
func QueueOf(ctx context.Context, tx *db.Tx, b Batch, orgs []string) error {
	if len(orgs) == 0 {
		return nil
	}
	b.of, b.Args = orgs, slices.Clone(b.Args)
	if b.From == "" {
		b.From = `FROM org o`
	}
	if b.Where != "" {
		b.Where = `(` + b.Where + `) AND `
	}
	b.Where += `o.id ` + db.Among(tx, &b.Args, orgs)
	if b.Due == nil {
		b.Due = func(a *db.Args) string { return when(tx, a, tx.Now) }
	}
	return Queue(ctx, tx, b)
}

// asChosen makes the deliveries of what is not mandatory, each when its recipient wants it.
func (q *queuing) asChosen(ctx context.Context) (err error) {
	if q.rules, err = rules(ctx, q.tx); err != nil {
		return err
	}
	if err := q.budget(ctx); err != nil {
		return fmt.Errorf("keep to noise budgets: %w", err)
	}
	if err := q.now(ctx); err != nil {
		return err
	}
	for _, t := range q.targets() {
		if err := q.held(ctx, t); err != nil {
			return fmt.Errorf("hold deliveries: %w", err)
		}
		if err := q.later(ctx, t); err != nil {
			return fmt.Errorf("put aside for digests: %w", err)
		}
	}
	return nil
}

// A target is a kind of targets, in SQL.
type target struct{ id, channel, destination, join, live string }

var targets = []target{
	{`'email'`, `'email'`, `''`, ``, `o.email <> ''`},
	{`'webhook'`, `'webhook'`, `''`, ``, `o.webhook_url <> ''`},
	{`x.id`, `x.channel`, `x.id`, ` JOIN destination x ON x.org_id = o.id`, `x.verified_at IS NOT NULL AND x.paused_at IS NULL`},
}

// targets are the kinds that the batch is for.
func (q *queuing) targets() []target {
	return slices.DeleteFunc(slices.Clone(targets), func(t target) bool {
		return slices.Contains(q.Without, strings.Trim(t.id, `'`))
	})
}

type queuing struct {
	Batch
	tx    *db.Tx
	rules map[string]Pace // by rule, beside the usual one
	aside bool            // something of it waits for digests, or did
}

// rules returns the rules that members have, by their text.
func rules(ctx context.Context, tx *db.Tx) (map[string]Pace, error) {
	texts, err := db.List(ctx, tx, db.Value[string], `SELECT DISTINCT rule FROM destination_pace`)
	if err != nil {
		return nil, err
	}
	out := map[string]Pace{}
	for _, text := range texts {
		if out[text], err = parseRule(text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// class is the class of a row.
func (q *queuing) class() string {
	if q.Class == Digest && q.Near != "" {
		return `CASE WHEN ` + q.Near + ` THEN 'prompt' ELSE 'digest' END`
	}
	return `'` + string(q.Class) + `'`
}

// from joins what was chosen and the pace to the recipients that have the target.
func (q *queuing) from(a *db.Args, t target) (from, how string) {
	how = `coalesce(c.how, ` + usual(t.channel, q.class()) + `)`
	from = ` ` + q.From + t.join + ` LEFT JOIN destination_choice c ON c.org_id = o.id AND c.target = ` + t.id + ` AND c.class = ` + q.class() +
		` LEFT JOIN destination_pace p ON p.org_id = o.id WHERE ` + t.live + ` AND (` + q.Where + `)`
	if t.join != "" && q.Type != "" {
		from += ` AND (CAST(x.types AS TEXT) = '[]'`
		for _, t := range append([]string{q.Type}, q.Also...) {
			from += ` OR CAST(x.types AS TEXT) LIKE ` + a.P(`%"`+t+`"%`)
		}
		from += `)`
	}
	return from, how
}

// open is the condition that nothing of it waits for a digest on the target: "" when nothing of it waits anywhere.
func (q *queuing) open(a *db.Args, t target) string {
	if !q.aside {
		return ""
	}
	return ` AND NOT EXISTS (SELECT 1 FROM digest_item i WHERE i.org_id = o.id AND i.target = ` + t.id + ` AND i.purpose = ` + a.P(q.Purpose) + ` AND i.subject = ` + a.P(q.Subject) + `)`
}

// now makes the deliveries that go out at once, of all targets together.
func (q *queuing) now(ctx context.Context) error {
	a := slices.Clone(q.Args)
	var parts []string
	for _, t := range q.targets() {
		part := `SELECT o.id AS org, ` + t.channel + ` AS channel, ` + t.destination + ` AS destination, ` + q.Due(&a) + ` AS due`
		from, how := q.from(&a, t)
		part += from + ` AND ` + how + ` = 'now'` + q.open(&a, t)
		if asleep := q.asleep(&a, t); asleep != "" {
			part += ` AND NOT coalesce(` + asleep + `, FALSE)`
		}
		parts = append(parts, part)
	}
	err := delivery.QueueSet(ctx, q.tx, q.Purpose, q.Subject, strings.Join(parts, ` UNION ALL `), a...)
	return err
}

// held makes the deliveries that wait for the end of quiet hours, and says so on them.
func (q *queuing) held(ctx context.Context, t target) error {
	if t.id == `'webhook'` {
		return nil
	}
	for end, texts := range q.ends() {
		a := slices.Clone(q.Args)
		head, _, _ := strings.Cut(delivery.ID(q.Purpose, q.Subject, "\x00", ""), "\x00")
		query := `INSERT INTO delivery (id, purpose, subject, org_id, channel, destination, state, attempts, next_at, last_error, created_at)
			SELECT ` + a.P(head) + ` || o.id || ':' || ` + t.id + `, ` + a.P(q.Purpose) + `, ` + a.P(q.Subject) + `, o.id, ` + t.channel + `, ` + t.destination + `, 'queued', 0, ` +
			a.P(db.At(end)) + `, ` + a.P(Held) + `, ` + a.P(db.At(q.tx.Now))
		from, how := q.from(&a, t)
		query += from + ` AND ` + how + ` = 'now'` + q.open(&a, t) + ` AND p.rule IN ` + db.In(&a, texts)
		if t.join != "" {
			query += ` AND ` + t.channel + ` <> 'webhook'`
		}
		if _, err := q.tx.Exec(ctx, query+` ON CONFLICT (id) DO NOTHING`, a...); err != nil {
			return err
		}
	}
	return nil
}

// ends are the ends of the quiet hours that it is in now, with the rules that say so.
func (q *queuing) ends() map[time.Time][]string {
	by := map[time.Time][]string{}
	for text, p := range q.rules {
		if end := p.Awake(q.tx.Now); end.After(q.tx.Now) {
			by[end] = append(by[end], text)
		}
	}
	return by
}

// asleep is the condition that a row's target is in quiet hours; "" when none can be. It may be NULL.
func (q *queuing) asleep(a *db.Args, t target) string {
	var texts []string
	for _, part := range q.ends() {
		texts = append(texts, part...)
	}
	if len(texts) == 0 || t.id == `'webhook'` {
		return ""
	}
	out := `p.rule IN ` + db.In(a, texts)
	if t.join != "" {
		out += ` AND ` + t.channel + ` <> 'webhook'`
	}
	return `(` + out + `)`
}

// later puts aside what is chosen to come in digests.
func (q *queuing) later(ctx context.Context, t target) error {
	a := slices.Clone(q.Args)
	from, how := q.from(&a, t)
	due := `CASE WHEN ` + how + ` = 'daily' THEN ` + q.due(&a, Pace.NextDay) + ` ELSE ` + q.due(&a, Pace.NextHour) + ` END`
	query := putAside + q.item(&a, t, "chosen", due) + from + ` AND ` + how + ` IN ('hourly', 'daily')` + onceAside
	_, err := q.tx.Exec(ctx, query, a...)
	return err
}

// What is put aside, and that it is so once.
const (
	putAside  = `INSERT INTO digest_item (org_id, target, purpose, subject, gravity, why, at, due_at) `
	onceAside = ` ON CONFLICT (org_id, target, purpose, subject) DO NOTHING`
)

// item is what is put aside for a row.
func (q *queuing) item(a *db.Args, t target, why, due string) string {
	return `SELECT o.id, ` + t.id + `, CAST(` + a.P(q.Purpose) + ` AS TEXT), CAST(` + a.P(q.Subject) + ` AS TEXT), CAST(` + a.P(gravity(q.Level)) + ` AS BIGINT), '` + why + `', ` +
		q.when(a, q.tx.Now) + `, ` + due
}

// due is a time that follows from a row's pace.
func (q *queuing) due(a *db.Args, next func(Pace, time.Time) time.Time) string {
	usually := next(UsualPace, q.tx.Now)
	by := map[time.Time][]string{}
	for text, p := range q.rules {
		if t := next(p, q.tx.Now); !t.Equal(usually) {
			by[t] = append(by[t], text)
		}
	}
	if len(by) == 0 {
		return q.when(a, usually)
	}
	out := `CASE`
	for t, texts := range by {
		out += ` WHEN p.rule IN ` + db.In(a, texts) + ` THEN ` + q.when(a, t)
	}
	return out + ` ELSE ` + q.when(a, usually) + ` END`
}

func (q *queuing) when(a *db.Args, t time.Time) string { return when(q.tx, a, t) }

// when is a time as an expression: PostgreSQL wants to know what it is, SQLite has no such type.
func when(tx *db.Tx, a *db.Args, t time.Time) string {
	if tx.Engine == db.PostgreSQL {
		return `CAST(` + a.P(db.At(t)) + ` AS TIMESTAMPTZ)`
	}
	return a.P(db.At(t))
}
