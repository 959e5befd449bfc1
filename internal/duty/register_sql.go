// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// weigh reports whether there can be an answer, since a law that nobody was ever under would be looked for everywhere, and
// looks up what decides how the question is put.
func (q *Query) weigh(ctx context.Context, tx *db.Tx) (some bool, err error) {
	for _, x := range []struct{ column, value string }{{"law", q.Law}, {"rule", q.Rule}} {
		if x.value == "" {
			continue
		}
		// in the order of its index, for PostgreSQL would rather read the table: it expects to find one at once
		n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM duty WHERE `+x.column+` = $1 ORDER BY due_at, id LIMIT 1) x`, x.value)
		if err != nil || n == 0 {
			return false, err
		}
	}
	if q.Org != "" {
		var a db.Args
		if q.orgs, err = db.List(ctx, tx, db.Value[string], namedLike(&a, q.Org)+` LIMIT `+a.P(maxNamed+1), a...); err != nil || len(q.orgs) == 0 {
			return false, err
		}
		if len(q.orgs) > maxNamed {
			q.orgs = nil
		}
	}
	if q.OrgID == "" && q.orgs == nil {
		return true, nil
	}
	var a db.Args
	n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM duty WHERE org_id IN `+db.In(&a, q.named())+` LIMIT `+a.P(2*CountLimit)+`) x`, a...)
	q.few = n < 2*CountLimit
	return true, err
}

// maxNamed is how many organisations a query names, rather than asking for their names again.
const maxNamed = 1_000

// named are the organisations that the query is about, where it is about some.
func (q Query) named() []string {
	if q.OrgID != "" {
		return []string{q.OrgID}
	}
	return q.orgs
}

// namedLike is the query for the organisations that have a part in their name.
func namedLike(a *db.Args, part string) string {
	like := a.P(`%` + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(part)) + `%`)
	return `SELECT o.id FROM org o WHERE o.name_zh LIKE ` + like + ` ESCAPE '\' OR LOWER(o.name_en) LIKE ` + like + ` ESCAPE '\'`
}

// arms are the parts that the answer is put together from.
func (q Query) arms(now time.Time) []arm {
	if q.AsOf.IsZero() || !q.AsOf.Before(now) {
		return []arm{current}
	}
	return pastArms
}

// page is the query for a page of one arm.
func (q Query) page(of arm, now time.Time) (string, db.Args) {
	var a db.Args
	w := q.where(&a, now, of, q.State != "")
	where := w.all + w.in(q.State)
	if at, id, _ := q.position(); id != "" {
		column, down := q.Sort.column()
		beyond := `>`
		if down {
			beyond = `<`
		}
		where += ` AND (` + column + `, id) ` + beyond + ` (` + a.P(db.At(at)) + `, ` + a.P(id) + `)`
	}
	sql := `SELECT ` + entryColumns + ` FROM ` + w.source(of, q.State) + ` WHERE ` + where + q.orderBy()
	return sql + ` LIMIT ` + a.P(q.Limit+1), a
}

// all is the query for everything that is asked for.
func (q Query) all(now time.Time) (string, db.Args) {
	var a db.Args
	var parts []string
	for _, of := range q.arms(now) {
		w := q.where(&a, now, of, q.State != "")
		parts = append(parts, `SELECT * FROM `+w.source(of, q.State)+` WHERE `+w.all+w.in(q.State))
	}
	return `SELECT ` + entryColumns + ` FROM (` + strings.Join(parts, ` UNION ALL `) + `) duty` + q.orderBy(), a
}

func (q Query) orderBy() string {
	column, down := q.Sort.column()
	if q.few { // found first and put in order then, instead of going through everybody's in order
		column = `COALESCE(` + column + `, ` + column + `)`
	}
	if down {
		return ` ORDER BY ` + column + ` DESC, id DESC`
	}
	return ` ORDER BY ` + column + `, id`
}

// order says in Go what orderBy says in SQL.
func (q Query) order(a, b Entry) int {
	column, down := q.Sort.column()
	n := cmp.Or(a.under(column).Compare(b.under(column)), strings.Compare(a.ID, b.ID))
	if down {
		return -n
	}
	return n
}

// under is the time that stands in a column.
func (e Entry) under(column string) time.Time {
	switch column {
	case "due_at":
		return orNever(e.DueAt)
	case "anchor_at":
		return orNever(e.AnchorAt)
	}
	return e.CreatedAt
}

// count counts the entries of each state over all arms.
func (q Query) count(ctx context.Context, tx *db.Tx, arms []arm) (out []Count, err error) {
	sum := make([]int, len(States))
	for _, of := range arms {
		query, args := q.counts(of, tx.Now)
		ns, err := db.Get(ctx, tx, scanCounts, query, args...)
		if err != nil {
			return nil, err
		}
		for i, n := range ns {
			sum[i] = min(sum[i]+n, CountLimit+1)
		}
	}
	for i, n := range sum {
		if n > 0 {
			out = append(out, Count{States[i], n})
		}
	}
	return out, nil
}

// counts is the query for the number of an arm's entries in each state. States are counted one by one, each by the index
// that serves it and no further than the limit; where the rows are few, all together.
func (q Query) counts(of arm, now time.Time) (string, db.Args) {
	var a db.Args
	w := q.where(&a, now, of, true)
	parts, open := make([]string, len(States)), []string(nil)
	sum := func(s State) string {
		return `COALESCE(SUM(CASE WHEN ` + strings.TrimPrefix(w.in(s), ` AND `) + ` THEN 1 ELSE 0 END), 0)`
	}
	columns := q.countedColumns()
	if q.few || of == undone || of == ended || of == replaced {
		for i, s := range States {
			parts[i] = sum(s)
		}
		return `SELECT ` + strings.Join(parts, `, `) + ` FROM ` + w.source(of, "", columns...) + ` WHERE ` + w.all, a
	}
	limit := a.P(CountLimit + 1)
	for i, s := range States {
		if of == done && (s == Void || s == Waived) {
			parts[i] = `0`
			continue
		}
		if of == done && s.open() {
			parts[i] = `o.n` + strconv.Itoa(i)
			open = append(open, sum(s)+` AS n`+strconv.Itoa(i))
			continue
		}
		parts[i] = `(SELECT count(*) FROM (SELECT 1 FROM ` + w.source(of, s, columns...) + ` WHERE ` + w.all + w.in(s) + ` LIMIT ` + limit + `) x)`
	}
	sql := `SELECT ` + strings.Join(parts, `, `)
	if open != nil { // what may have been open is found once
		sql += ` FROM (SELECT ` + strings.Join(open, `, `) + ` FROM ` + w.source(of, Open, columns...) + ` WHERE ` + w.all + `) o`
	}
	return sql, a
}

// open reports whether a state is one of those in which something remains to be done.
func (s State) open() bool {
	switch s {
	case Overdue, Arguable, Running, Paused, NotTriggered, Open:
		return true
	}
	return false
}

func scanCounts(r db.Row) ([]int, error) {
	ns := make([]int, len(States))
	dest := make([]any, len(ns))
	for i := range ns {
		dest[i] = &ns[i]
	}
	return ns, r.Scan(dest...)
}

// A where holds the conditions of a query with their arguments placed.
type where struct {
	all    string
	past   bool // what has to be rebuilt, or a time that has not come
	asOf   time.Time
	moment string // asOf, once it is needed: PostgreSQL wants no argument that nothing uses
	args   *db.Args
	last   string // never, once it is needed
}

func (w *where) t() string {
	if w.moment == "" {
		w.moment = w.args.P(db.At(w.asOf))
	}
	return w.moment
}

func (w *where) never() string {
	if w.last == "" {
		w.last = w.args.P(db.At(never))
	}
	return w.last
}

// where places the conditions of the query. byState says that states are asked for, whose indexes hold what is filtered
// by too.
func (q Query) where(a *db.Args, now time.Time, of arm, byState bool) *where {
	w := &where{args: a, past: !q.AsOf.IsZero(), asOf: q.AsOf}
	if !w.past {
		w.asOf = now
	}
	w.all = `id IS NOT NULL`
	add := func(column string, v any) { w.all += ` AND ` + column + ` ` + a.P(v) }
	for _, x := range []struct{ column, value string }{{`law`, q.Law}, {`rule`, q.Rule}} {
		switch {
		case x.value == "":
		case byState && of == current: // not by the column's own index: that of the state has it too, and is the shorter one
			add(`COALESCE(`+x.column+`, `+x.column+`) =`, x.value)
		default:
			add(x.column+` =`, x.value)
		}
	}
	if q.OrgID != "" {
		add(`org_id =`, q.OrgID)
	}
	switch {
	case q.Org == "":
	case q.orgs != nil:
		w.all += ` AND org_id IN ` + db.In(a, q.orgs)
	default:
		w.all += ` AND org_id IN (` + namedLike(a, q.Org) + `)`
	}
	switch q.Side {
	case OfMembers:
		w.all += ` AND owed_to = ''`
	case OfPlatform:
		w.all += ` AND owed_to <> ''`
	}
	if q.Force != "" {
		add(`force =`, string(q.Force))
	}
	if !q.From.IsZero() {
		add(`due_at >=`, db.At(q.From))
	}
	if !q.Until.IsZero() {
		add(`due_at <`, db.At(q.Until))
	}
	return w
}

// in says in SQL what Duty.StateAt says in Go; a property test holds them equal. Of now it asks without comparing times,
// so that the indexes of what is open and of what is over serve it.
func (w *where) in(s State) string {
	if s == "" {
		return ""
	}
	met, void := `met_at IS NOT NULL`, `void_at IS NOT NULL`
	open := ` AND met_at IS NULL AND void_at IS NULL`
	if w.past {
		met, void = `(met_at IS NOT NULL AND met_at <= `+w.t()+`)`, `(void_at IS NOT NULL AND void_at <= `+w.t()+`)`
		open = ` AND NOT ` + met + ` AND NOT ` + void
	}
	unended := ` AND NOT ` + void
	if !w.past {
		unended = ` AND void_at IS NULL`
	}
	still := func() string { return `(paused_at IS NOT NULL AND paused_at <= ` + w.t() + `)` }
	triggered := func() string { return open + ` AND anchor_at < ` + w.never() }
	running := func() string { return triggered() + ` AND NOT ` + still() }
	switch s {
	case Void:
		return ` AND ` + void + ` AND ended = ''`
	case Waived:
		return ` AND ` + void + ` AND ended = 'waived'`
	case MetLate:
		return unended + ` AND ` + met + ` AND met_at > due_at`
	case Met:
		return unended + ` AND ` + met + ` AND met_at <= due_at`
	case NotTriggered:
		return open + ` AND due_at >= ` + w.never() + ` AND anchor_at >= ` + w.never()
	case Paused:
		return triggered() + ` AND due_at >= ` + w.never() + ` AND ` + still() // without a due time, as long as it stands still
	case Overdue:
		return running() + ` AND due_at < ` + w.t() + ` AND latest_at < ` + w.t()
	case Arguable:
		return running() + ` AND latest_at >= ` + w.t() + ` AND due_at < ` + w.t()
	case Running:
		return running() + ` AND latest_at >= ` + w.t() + ` AND due_at >= ` + w.t()
	case Open:
		return triggered()
	}
	return ""
}
