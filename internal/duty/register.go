// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Open asks for every duty that still has to be done: overdue, arguable, running or standing still.
const Open State = "open"

// Sort orders the register.
type Sort string

// The orders. A duty without a due time comes last by DueFirst.
const (
	DueFirst    Sort = "due"       // what falls due first
	DueLast     Sort = "-due"      // what fell due last
	AnchorLast  Sort = "-anchor"   // the newest facts
	RecordedNew Sort = "-recorded" // what entered the register last
)

// Sorts lists them in the order in which they are shown.
var Sorts = []Sort{DueFirst, DueLast, AnchorLast, RecordedNew}

// column is the column by which an order goes, and whether downwards.
func (s Sort) column() (name string, down bool) {
	switch s {
	case DueLast:
		return "due_at", true
	case AnchorLast:
		return "anchor_at", true
	case RecordedNew:
		return "created_at", true
	}
	return "due_at", false
}

// Side says whose duties are asked for.
type Side string

// The sides.
const (
	OfMembers  Side = "members"  // what organisations owe
	OfPlatform Side = "platform" // the clocks of the platform itself
)

// A Query asks the register. The zero value asks for everything as of now, what falls due first at the top.
type Query struct {
	Law   string // "RMSV 2021"
	Rule  string
	OrgID string
	Org   string // a part of the organisation's name
	Side  Side   // "" is both
	Force Force
	State State     // or Open
	From  time.Time // due by the strict reading at or after
	Until time.Time // due by the strict reading before
	AsOf  time.Time // what the register said at that time; zero means now
	Sort  Sort      // "" is DueFirst
	After string    // cursor: Next of the page before
	Limit int       // 1 to 1000; 0 means 100
}

// An Entry is a line of the register: a duty, and whose it is.
type Entry struct {
	Duty
	OrgZH, OrgEN string
}

// Name is the organisation's name in a language, or in the other one when it has none there.
func (e Entry) Name(lang string) string {
	if lang == "en" && e.OrgEN != "" || e.OrgZH == "" {
		return e.OrgEN
	}
	return e.OrgZH
}

// A Count is how many entries are in a state. It stops at CountLimit.
type Count struct {
	State State
	N     int
}

// CountLimit is where counting stops: beyond it a figure would cost more than it tells.
const CountLimit = 9_999

// Overview is the register as somebody may see it: whose, and as known when.
type Overview struct {
	AsOf    time.Time // as known then
	Past    bool      // the query named a time
	Entries []Entry
	Counts  []Count // of the whole answer, whatever its state, in the order of States; empty states are left out
	Next    string  // cursor of the next page, "" on the last one
}

const maxOrgPart = 100

// checked authorises and validates. Staff ask about everybody; members about their own organisation, suspended or not.
func (q Query) checked(by member.Actor) (Query, error) {
	if by.Staff() && by.SignedIn() && by.Allows(member.ScopeCase) {
		// everybody's
	} else if err := mayAsk(by, by.OrgID); err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.Deny("fault.role")
		}
		return q, err
	} else if q.OrgID != "" && q.OrgID != by.OrgID {
		return q, fault.Hidden()
	} else {
		q.OrgID = by.OrgID
	}
	var c fault.Check
	c.That(q.Rule == "" || lawpack.Lookup(q.Rule, "") != nil, "rule", "duty.rule-unknown", RuleReport)
	c.That(q.State == "" || q.State == Open || slices.Contains(States, q.State), "state", "duty.state-unknown", string(Overdue))
	c.That(q.Side == "" || q.Side == OfMembers || q.Side == OfPlatform, "side", "duty.side-unknown", string(OfMembers))
	c.That(q.Force == "" || slices.Contains(Forces, q.Force), "force", "duty.force-unknown", string(Mandatory))
	c.That(q.Sort == "" || slices.Contains(Sorts, q.Sort), "sort", "duty.sort-unknown", string(DueFirst))
	c.That(utf8.RuneCountInString(q.Law) <= maxOrgPart && plain(q.Law), "law", "rule.too-long", "RMSV 2021", maxOrgPart)
	c.That(utf8.RuneCountInString(q.Org) <= maxOrgPart && plain(q.Org), "org", "rule.too-long", "", maxOrgPart)
	c.That(q.OrgID == "" || q.OrgID == by.OrgID || uuid.Validate(q.OrgID) == nil, "organisation", "duty.organisation", "")
	c.That(q.From.IsZero() || q.Until.IsZero() || q.From.Before(q.Until), "until", "duty.range", "2021-11-26")
	c.That(q.Limit >= 0 && q.Limit <= 1000, "limit", "duty.limit", "100")
	_, _, ok := q.position()
	c.That(ok, "after", "duty.cursor", "")
	if q.Limit == 0 {
		q.Limit = 100
	}
	// The database keeps microseconds: an instant between two of them must not differ from what it compares with.
	q.AsOf = q.AsOf.UTC().Truncate(time.Microsecond)
	return q, c.Err()
}

// plain reports whether both databases can hold the text.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Forces lists the forces in the order in which they are shown.
var Forces = []Force{Mandatory, Contractual, Encouraged, Policy}

// Overview returns a page of the register as it stood at q.AsOf, with the number of entries by state. It is open to
// staff, and to members about their own organisation.
func (s *Service) Overview(ctx context.Context, by member.Actor, q Query) (Overview, error) {
	return s.page(ctx, by, q, true)
}

func (s *Service) page(ctx context.Context, by member.Actor, q Query, counted bool) (o Overview, err error) {
	if q, err = q.checked(by); err != nil {
		return o, fmt.Errorf("read the duty register: %w", err)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		o.AsOf, o.Past = q.AsOf, !q.AsOf.IsZero()
		if !o.Past {
			o.AsOf = tx.Now
		}
		query, args := q.page(tx.Now)
		o.Entries, err = db.List(ctx, tx, scanEntry, query, args...)
		if err != nil || !counted {
			return err
		}
		query, args = q.counts(tx.Now)
		cs, err := db.Get(ctx, tx, scanCounts, query, args...)
		for i, n := range cs {
			if n > 0 {
				o.Counts = append(o.Counts, Count{States[i], n})
			}
		}
		return err
	})
	if err != nil {
		return Overview{}, fmt.Errorf("read the duty register: %w", err)
	}
	if len(o.Entries) > q.Limit {
		o.Entries = o.Entries[:q.Limit]
		o.Next = q.cursor(o.Entries[q.Limit-1])
	}
	for i := range o.Entries {
		o.Entries[i].Duty = o.Entries[i].asOf(o.AsOf)
	}
	return o, nil
}

// Walk calls each for every entry that the query asks for, all as of one moment, whatever happens meanwhile, and returns
// that moment. Limit and After do not count. When each fails, Walk ends with its error. begin is called before the
// first entry, once the query has been found good.
func (s *Service) Walk(ctx context.Context, by member.Actor, q Query, begin func(asOf time.Time), each func(Entry) error) error {
	q.After, q.Limit = "", 0
	q, err := q.checked(by)
	if err != nil {
		return fmt.Errorf("export the duty register: %w", err)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		now := tx.Now
		q.Limit = 0
		query, args := q.page(now)
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // the answer has been read, or what went wrong is in hand
		asOf := q.AsOf
		if asOf.IsZero() {
			asOf = now
		}
		begin(asOf)
		for rows.Next() {
			e, err := scanEntry(rows)
			if err != nil {
				return err
			}
			e.Duty = e.asOf(asOf)
			if err := each(e); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("export the duty register: %w", err)
	}
	return nil
}

const entryColumns = columns + `,
	(SELECT o.name_zh FROM org o WHERE o.id = duty.org_id), (SELECT o.name_en FROM org o WHERE o.id = duty.org_id)`

func scanEntry(r db.Row) (e Entry, err error) {
	e.Duty, err = scan(also{r, []any{&e.OrgZH, &e.OrgEN}})
	return e, err
}

// also scans further columns behind those that somebody else scans.
type also struct {
	db.Row
	more []any
}

// Scan implements db.Row.
func (a also) Scan(dest ...any) error { return a.Row.Scan(append(dest, a.more...)...) }

// page is the query for a page; without a limit it is everything.
func (q Query) page(now time.Time) (string, db.Args) {
	var a db.Args
	w := q.where(&a, now, q.State != "")
	column, down := q.Sort.column()
	order, beyond := column+`, id`, `>`
	if down {
		order, beyond = column+` DESC, id DESC`, `<`
	}
	where := w.all + w.in(q.State)
	if at, id, _ := q.position(); id != "" {
		where += ` AND (` + column + `, id) ` + beyond + ` (` + a.P(db.At(at)) + `, ` + a.P(id) + `)`
	}
	sql := `SELECT ` + entryColumns + ` FROM ` + w.from + ` WHERE ` + where + ` ORDER BY ` + order
	if q.Limit > 0 {
		sql += ` LIMIT ` + a.P(q.Limit+1)
	}
	return sql, a
}

// counts is the query for the number of entries in each state.
func (q Query) counts(now time.Time) (string, db.Args) {
	var a db.Args
	w := q.where(&a, now, true)
	limit := a.P(CountLimit + 1)
	if w.past { // one pass over what has to be rebuilt
		parts := make([]string, len(States))
		for i, s := range States {
			parts[i] = `COALESCE(SUM(CASE WHEN ` + strings.TrimPrefix(w.in(s), ` AND `) + ` THEN 1 ELSE 0 END), 0)`
		}
		return `SELECT ` + strings.Join(parts, `, `) + ` FROM ` + w.from + ` WHERE ` + w.all + ` AND ` + limit + ` > 0`, a
	}
	parts := make([]string, len(States))
	for i, s := range States {
		parts[i] = `(SELECT count(*) FROM (SELECT 1 FROM ` + w.from + ` WHERE ` + w.all + w.in(s) + ` LIMIT ` + limit + `) x)`
	}
	return `SELECT ` + strings.Join(parts, `, `), a
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
	from, all string
	past      bool // what has to be rebuilt, or a time that has not come
	asOf      time.Time
	moment    string // asOf, once it is needed: PostgreSQL wants no argument that nothing uses
	args      *db.Args
	last      string // never, once it is needed
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

func (q Query) where(a *db.Args, now time.Time, byState bool) *where {
	w := &where{args: a}
	w.past = !q.AsOf.IsZero()
	asOf := q.AsOf
	if !w.past {
		asOf = now
	}
	w.from = source(a, asOf, now)
	w.asOf = asOf
	w.all = `id IS NOT NULL`
	if w.past { // what stands in the table has been recorded by now
		w.all = `created_at <= ` + w.t()
	}
	add := func(column string, v any) { w.all += ` AND ` + column + ` ` + a.P(v) }
	known := func(column string, v any) { // where nothing is, an index says so at once
		x := a.P(v)
		w.all += ` AND ` + x + ` = (SELECT MIN(k.` + column + `) FROM duty k WHERE k.` + column + ` >= ` + x + `)`
		if byState { // not by the column's own index: that of the state has it too, and is the shorter one
			column = `(` + column + ` || '')`
		}
		add(column+` =`, v)
	}
	if q.Law != "" {
		known(`law`, q.Law)
	}
	if q.Rule != "" {
		known(`rule`, q.Rule)
	}
	if q.OrgID != "" {
		add(`org_id =`, q.OrgID)
	}
	if q.Org != "" {
		part := a.P(`%` + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(q.Org)) + `%`)
		w.all += ` AND org_id IN (SELECT o.id FROM org o WHERE o.name_zh LIKE ` + part + ` ESCAPE '\' OR LOWER(o.name_en) LIKE ` + part + ` ESCAPE '\')`
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

// cursor names the place behind an entry: the order, its time and its id.
func (q Query) cursor(e Entry) string {
	at := e.CreatedAt
	switch column, _ := q.Sort.column(); column {
	case "due_at":
		at = orNever(e.DueAt)
	case "anchor_at":
		at = orNever(e.AnchorAt)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(string(q.Sort) + " " + at.UTC().Format(time.RFC3339Nano) + " " + e.ID))
}

// position reads q.After; "" is the top of the list. A cursor holds for the order in which it was given.
func (q Query) position() (at time.Time, id string, ok bool) {
	if q.After == "" {
		return at, "", true
	}
	b, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		return at, "", false
	}
	parts := strings.Split(string(b), " ")
	if len(parts) != 3 || parts[0] != string(q.Sort) || uuid.Validate(parts[2]) != nil {
		return at, "", false
	}
	at, err = time.Parse(time.RFC3339Nano, parts[1])
	return at, parts[2], err == nil
}
