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

	orgs []string // those whose name has Org in it, once they have been looked up; nil where they are too many to name
	few  bool     // so few duties that going through them all costs less than asking for each state
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
		some, err := q.weigh(ctx, tx)
		if err != nil || !some {
			return err
		}
		arms := q.arms(tx.Now)
		for _, of := range arms {
			query, args := q.page(of, tx.Now)
			es, err := db.List(ctx, tx, scanEntry, query, args...)
			if err != nil {
				return err
			}
			o.Entries = append(o.Entries, es...)
		}
		if len(arms) > 1 {
			slices.SortFunc(o.Entries, q.order)
		}
		if !counted {
			return nil
		}
		o.Counts, err = q.count(ctx, tx, arms)
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
		query, args := q.all(now)
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

// cursor names the place behind an entry: the order, its time and its id.
func (q Query) cursor(e Entry) string {
	column, _ := q.Sort.column()
	return base64.RawURLEncoding.EncodeToString([]byte(string(q.Sort) + " " + e.under(column).UTC().Format(time.RFC3339Nano) + " " + e.ID))
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
