// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
)

// budget puts aside what a target has no room for: it was sent as many messages within the last hour as its organisation
// wants at most. A lesser message takes nothing from a graver one. Machines have no budget: they do not tire.
func (q *queuing) budget(ctx context.Context) error {
	had, err := db.List(ctx, q.tx, db.Value[int], `SELECT 1 FROM destination_batch WHERE purpose = $1 AND subject = $2`, q.Purpose, q.Subject)
	if err != nil {
		return err
	}
	q.aside = len(had) > 0
	// Nobody was sent more than all that was sent: while that is less than a limit, it need not be counted.
	var a db.Args
	x, err := db.Get(ctx, q.tx, func(r db.Row) (x counted, err error) { return x, r.Scan(&x.batches, &x.near) },
		`SELECT count(*), coalesce(max(CASE WHEN q.near = '' THEN 0 ELSE 1 END), 0) FROM (`+q.recent(&a)+`) q`, a...)
	if err != nil || x.batches == 0 {
		return err
	}
	x.own = q.aside
	if x.few = x.batches < UsualPace.PerHour; x.few {
		strict, err := db.List(ctx, q.tx, db.Value[int], `SELECT 1 FROM destination_pace WHERE per_hour <= $1 LIMIT 1`, x.batches)
		if err != nil || len(strict) == 0 {
			return err
		}
	}
	full, err := q.full(ctx, x)
	if err != nil {
		return err
	}
	for _, t := range q.targets() {
		if t.channel == `'webhook'` {
			continue
		}
		for _, prompt := range []bool{true, false} {
			if err := q.tooMany(ctx, t, prompt, full); err != nil {
				return err
			}
		}
	}
	return nil
}

// A filled is a target that has no room left.
type filled struct {
	org, target string
	prompt      bool // also not for what is prompt
}

// full returns the targets that were sent as much as their organisation wants.
func (q *queuing) full(ctx context.Context, x counted) ([]filled, error) {
	var a db.Args
	limit, n := `coalesce(p.per_hour, `+a.P(UsualPace.PerHour)+`)`, `s.n`
	if q.Class == Prompt {
		n = `s.prompt`
	}
	return db.List(ctx, q.tx, func(r db.Row) (f filled, err error) { return f, r.Scan(&f.org, &f.target, &f.prompt) },
		`SELECT s.org_id, s.target, CASE WHEN `+limit+` <= s.prompt THEN 1 ELSE 0 END FROM (`+q.sent(&a, x)+`) s LEFT JOIN destination_pace p ON p.org_id = s.org_id
			WHERE s.own = 0 AND `+limit+` <= `+n, a...)
}

// tooMany puts aside what full targets of a kind would get now: of those without room for what is prompt all, of the others
// what is not. The targets are named, not joined: no engine can guess how many they are.
func (q *queuing) tooMany(ctx context.Context, t target, prompt bool, full []filled) error {
	name := `o.id`
	if t.join != "" {
		name = t.id
	}
	var ids []string
	for _, f := range full {
		if f.prompt == prompt && (t.join == "") == (f.target == MainEmail) {
			if t.join == "" {
				ids = append(ids, f.org)
			} else {
				ids = append(ids, f.target)
			}
		}
	}
	for part := range slices.Chunk(ids, 5000) {
		a := slices.Clone(q.Args)
		from, how := q.from(&a, t)
		query := putAside + q.item(&a, t, "budget", q.due(&a, Pace.NextHour)) + from + ` AND ` + how + ` = 'now' AND ` + name + ` ` + db.Among(q.tx, &a, part)
		if !prompt {
			query += ` AND ` + q.class() + ` = 'digest'`
		}
		n, err := q.tx.Exec(ctx, query+onceAside, a...)
		if err != nil {
			return err
		}
		q.aside = q.aside || n > 0
	}
	return nil
}

// recent is a query of what was sent to many within the last hour and counts in a budget: purpose and subject.
func (q *queuing) recent(a *db.Args) string {
	out := `SELECT purpose, subject, class, near FROM destination_batch WHERE at > ` + a.P(db.At(q.tx.Now.Add(-time.Hour))) + ` AND NOT (purpose = ` + a.P(q.Purpose) + ` AND subject = ` + a.P(q.Subject) + `)`
	if q.Class == Prompt {
		return out + ` AND (class = 'prompt' OR near <> '')`
	}
	return out + ` AND class IN ('prompt', 'digest')`
}

// counted is what there is to count.
type counted struct {
	batches int
	few     bool // only a limit of an organisation's own can be used up
	near    bool // some of what was sent was prompt to those whose products it concerned
	own     bool // this very message was sent before, perhaps to others
}

// sent is a query of how many messages each target was sent within the last hour, where that may be too many: all that
// count (n), those that were prompt, and whether this very one was among them (own).
func (q *queuing) sent(a *db.Args, x counted) string {
	batches := q.recent(a)
	subjects := `SELECT purpose, subject, CASE WHEN class = 'prompt' THEN 1 ELSE 0 END AS prompt, 0 AS own FROM (` + batches + `) b`
	if x.own {
		subjects += ` UNION ALL SELECT purpose, subject, 0, 1 FROM destination_batch WHERE purpose = ` + a.P(q.Purpose) + ` AND subject = ` + a.P(q.Subject)
	}
	orgs, lines := func(string) string { return `TRUE` }, `TRUE`
	if x.few {
		limit := a.P(x.batches)
		orgs = func(org string) string {
			return org + ` IN (SELECT org_id FROM destination_pace WHERE per_hour <= ` + limit + `)`
		}
	}
	if q.of != nil {
		all := orgs
		orgs = func(org string) string { return all(org) + ` AND ` + org + ` ` + db.Among(q.tx, a, q.of) }
		lines = `b.last_org >= ` + a.P(slices.Min(q.of)) + ` AND b.first_org <= ` + a.P(slices.Max(q.of))
	}
	prompt, near := `s.prompt`, ``
	columns := `q.prompt, q.own`
	if x.near {
		columns += `, q.purpose, q.subject`
		prompt = `CASE WHEN near.org_id IS NULL THEN s.prompt ELSE 1 END`
		split := `json_each('["' || replace(b.near, char(10), '","') || '"]') x`
		if q.tx.Engine == db.PostgreSQL {
			split = `string_to_table(b.near, chr(10)) AS x (value)`
		}
		near = ` LEFT JOIN (SELECT b.purpose, b.subject, x.value AS org_id FROM (` + batches + `) b, ` + split + ` WHERE b.near <> '') near
			ON near.purpose = s.purpose AND near.subject = s.subject AND near.org_id = s.org_id`
	}
	return `SELECT s.org_id, s.target, sum(1 - s.own) AS n, sum(` + prompt + `) AS prompt, max(s.own) AS own FROM (` +
		delivery.Sent(a, q.tx.Engine, subjects, columns, q.tx.Now.Add(-time.Hour), orgs, lines) + `) s` + near + `
		GROUP BY s.org_id, s.target HAVING sum(1 - s.own) >= (SELECT min(u.n) FROM (SELECT per_hour AS n FROM destination_pace UNION ALL SELECT CAST(` + a.P(UsualPace.PerHour) + ` AS BIGINT)) u)`
}

// newline stands between organisations, in SQL.
const newline = "'\n'"

// note keeps what later budgets ask about: that it was sent, and to whom as something prompt.
func (q *queuing) note(ctx context.Context) error {
	var near []string
	if q.Class == Digest && q.Near != "" {
		var err error
		near, err = db.List(ctx, q.tx, db.Value[string], `SELECT o.id `+q.From+` WHERE (`+q.Where+`) AND `+q.Near, q.Args...)
		if err != nil {
			return err
		}
	}
	return db.Bulk(ctx, q.tx, `destination_batch (purpose, subject, class, at, near)`, `ON CONFLICT (purpose, subject) DO UPDATE SET at = excluded.at,
		near = destination_batch.near || CASE WHEN destination_batch.near = '' OR excluded.near = '' THEN '' ELSE `+newline+` END || excluded.near`,
		[][]any{{q.Purpose, q.Subject, string(q.Class), db.At(q.tx.Now), strings.Join(near, "\n")}})
}
