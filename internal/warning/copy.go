// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/destination"
)

// A column of a revision's copies holds a value that is the same in all of them, or what an expression over reach says.
type column struct {
	name string
	same any
	each string
}

// columns are those of a revision's copies, those with each last, and of these first the organisation, the wave and how
// many products match. A copy comes with the answer that the unit gave to the revision before.
func columns(a *db.Args, w Warning, r reach, now time.Time) []column {
	same := []column{{name: "warning_id", same: w.ID}, {name: "revision", same: w.Revision}}
	each := []column{{name: "org_id", each: `o.id`}, {name: "wave", each: r.wave}, {name: "products", each: r.n}}
	if w.Revision == 1 {
		return append(append(same, column{name: "at", same: db.At(now)}, column{name: "answer", same: ""},
			column{name: "assets", same: 0}, column{name: "answered_by", same: ""}, column{name: "answered_via", same: ""}), each...)
	}
	each = append(each, column{name: "answer", each: `coalesce(p.answer, '')`}, column{name: "comment_sealed", each: `p.comment_sealed`},
		column{name: "assets", each: `coalesce(p.assets, 0)`}, column{name: "answered_by", each: `coalesce(p.answered_by, '')`},
		column{name: "answered_via", each: `coalesce(p.answered_via, '')`}, column{name: "acked_at", each: `p.acked_at`}, column{name: "fixed_at", each: `p.fixed_at`},
		column{name: "justification", each: `coalesce(p.justification, '')`},
		column{name: "said_in", each: `CASE WHEN p.said_in = 0 AND p.answer <> '' THEN p.revision ELSE coalesce(p.said_in, 0) END`})
	if w.Significant {
		same = append(same, column{name: "at", same: db.At(now)})
		return append(append(same, each...), column{name: "carried", each: `CASE WHEN coalesce(p.answer, '') = '' THEN '' ELSE 'stands' END`})
	}
	each = append(each, column{name: "carried", each: `CASE WHEN coalesce(p.answer, '') = '' THEN coalesce(p.carried, '') ELSE 'stands' END`},
		column{name: "at", each: `coalesce(p.at, ` + a.P(db.At(now)) + `)`}, column{name: "read_at", each: `p.read_at`}, // nothing begins anew
		column{name: "was", each: `coalesce(p.was, '')`}, column{name: "reminded", each: `coalesce(p.reminded, 0)`})
	return append(same, each...)
}

// send makes the recipients of a revision, and says who they are and how many of them are affected.
func send(ctx context.Context, tx *db.Tx, w Warning) (to []destination.Recipient, affected int, err error) {
	var a db.Args
	var names, exprs []string
	var same []any
	r := reachOf(&a, w, tx.Now)
	for _, c := range columns(&a, w, r, tx.Now) {
		names = append(names, c.name)
		if c.each == "" {
			same = append(same, c.same)
		} else {
			exprs = append(exprs, c.each)
		}
	}
	var x destination.Recipient
	values, into := make([]any, len(exprs)), make([]any, len(exprs))
	for i := range values {
		into[i] = &values[i]
	}
	into = append(into, &x.Email, &x.Webhook)
	rows, err := db.List(ctx, tx, func(r db.Row) ([]any, error) {
		if err := r.Scan(into...); err != nil {
			return nil, err
		}
		for i, v := range values {
			if t, ok := v.(time.Time); ok {
				values[i] = db.At(t)
			}
		}
		wave := int(values[1].(int64))
		if wave == WaveAffected {
			affected++
		}
		x.OrgID, x.Due = values[0].(string), dueIn(wave, tx.Now)
		to = append(to, x)
		return slices.Clone(values), nil
	}, `SELECT `+strings.Join(exprs, ", ")+`, `+destination.MainColumns+r.from+r.where, a...)
	if err != nil {
		return nil, 0, err
	}
	return to, affected, db.Spread(ctx, tx, `warning_recipient (`+strings.Join(names, ", ")+`)`, same, rows)
}

// sendLate gives affected units that have none a copy of a revision that is out, and brings the count of those that have one
// up to date.
func sendLate(ctx context.Context, tx *db.Tx, w Warning) error {
	var a db.Args
	var names, values []string
	r := reachOf(&a, w, tx.Now)
	for _, c := range columns(&a, w, r, tx.Now) {
		names = append(names, c.name)
		if c.each == "" {
			c.each = a.P(c.same)
		}
		values = append(values, c.each)
	}
	_, err := tx.Exec(ctx, `INSERT INTO warning_recipient (`+strings.Join(names, ", ")+`) SELECT `+strings.Join(values, ", ")+r.from+r.where+
		` AND f.n IS NOT NULL ON CONFLICT (warning_id, revision, org_id) DO UPDATE SET wave = 1, products = excluded.products`, a...)
	return err
}

// count counts the copies of a revision, and those for affected units.
func count(ctx context.Context, tx *db.Tx, id string, revision int) (recipients, affected int, err error) {
	type row struct{ all, hit int }
	x, err := db.Get(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.all, &x.hit) },
		`SELECT count(*), coalesce(sum(CASE WHEN wave = 1 THEN 1 ELSE 0 END), 0) FROM warning_recipient WHERE warning_id = $1 AND revision = $2`, id, revision)
	return x.all, x.hit, err
}
