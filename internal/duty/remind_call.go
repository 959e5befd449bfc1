// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Outcome is how it went to call somebody.
type Outcome string

// The outcomes. The last two end a call, and a written follow-up goes out (Measures on Threat Monitoring of 2017, art. 8).
const (
	NoAnswer Outcome = "no-answer"
	Spoken   Outcome = "reached"
	Written  Outcome = "written" // nobody could be reached: told in writing only
)

// Outcomes lists them in the order in which they are shown.
var Outcomes = []Outcome{Spoken, NoAnswer, Written}

// A Call is what the platform's desk has to say to an organisation by phone: duties whose time is nearly up, or over.
type Call struct {
	ID, OrgID string
	OpenedAt  time.Time
	ClosedAt  time.Time    // zero while nobody was told
	Items     []LetterItem // in the order in which they fell due
	Tries     []Try        // oldest first
	Lines     []CallLine   // whom to call, in this order
}

// Pressing reports whether the call still has to be made at t: nobody was told, and something is still owed.
func (c Call) Pressing(t time.Time) bool { return c.ClosedAt.IsZero() && len(still(c.Items, t)) > 0 }

// A CallLine is one way to reach an organisation.
type CallLine struct {
	To    string // an account, or "org/ID"
	Post  member.Post
	Name  string
	Phone string // "" when none is known
}

// A Try is one time that somebody called.
type Try struct {
	ID      string
	At      time.Time
	By      string // account of the desk
	To      string // as of a line
	Outcome Outcome
	Note    string // what was said; sealed at rest
}

// openCalls asks the desk to call about what was reached; what an open call of the organisation can take in is added
// to it.
func openCalls(ctx context.Context, tx *db.Tx, rs []reached) error {
	if len(rs) == 0 {
		return nil
	}
	var orgs []string
	for _, r := range rs {
		orgs = append(orgs, r.OrgID)
	}
	slices.Sort(orgs)
	orgs = slices.Compact(orgs)
	rows := make([][]any, len(orgs))
	for i, org := range orgs {
		rows[i] = []any{uuid.Must(uuid.NewV7()).String(), org, db.At(tx.Now)}
	}
	if err := db.Bulk(ctx, tx, `duty_call (id, org_id, opened_at)`, `ON CONFLICT (org_id) WHERE closed_at IS NULL DO NOTHING`, rows); err != nil {
		return err
	}
	calls := map[string]string{}
	for part := range slices.Chunk(orgs, 400) {
		var a db.Args
		type row struct{ id, org string }
		open, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.org) },
			`SELECT id, org_id FROM duty_call WHERE closed_at IS NULL AND org_id IN `+db.In(&a, part)+` ORDER BY org_id`+tx.ForUpdate(), a...)
		if err != nil {
			return err
		}
		for _, x := range open {
			calls[x.org] = x.id
		}
	}
	items := make([][]any, len(rs))
	for i, r := range rs {
		if calls[r.OrgID] == "" {
			return fmt.Errorf("open call to %s: it was closed meanwhile", r.OrgID)
		}
		items[i] = []any{r.DutyID, r.Step, calls[r.OrgID]}
	}
	return db.Bulk(ctx, tx, `duty_call_item (duty_id, step, call_id)`, `ON CONFLICT (duty_id, step) DO NOTHING`, items)
}

func scanCall(r db.Row) (c Call, err error) {
	var opened, closed db.Time
	err = r.Scan(&c.ID, &c.OrgID, &opened, &closed)
	c.OpenedAt, c.ClosedAt = opened.Time, closed.Time
	return c, err
}

const tryColumns = `t.id, t.at, t.by_account, t.recipient, t.outcome, t.note_sealed`

func (s *Service) scanTry(r db.Row) (t Try, err error) {
	var at db.Time
	var sealed []byte
	if err := r.Scan(&t.ID, &at, &t.By, &t.To, &t.Outcome, &sealed); err != nil {
		return t, err
	}
	if t.At = at.Time; sealed == nil {
		return t, nil
	}
	b, err := s.Seal.Open(placeTry(t.ID), sealed)
	t.Note = string(b)
	return t, err
}

func placeTry(id string) string { return "duty_call_try/" + id + "/note" }

// lastTry is the last time that somebody called, without what was said.
func lastTry(ctx context.Context, tx *db.Tx, callID string) (Try, error) {
	return db.Get(ctx, tx, func(r db.Row) (t Try, err error) {
		var at db.Time
		err = r.Scan(&t.ID, &at, &t.By, &t.To, &t.Outcome)
		t.At = at.Time
		return t, err
	}, `SELECT t.id, t.at, t.by_account, t.recipient, t.outcome FROM duty_call_try t WHERE t.call_id = $1 ORDER BY t.id DESC LIMIT 1`, callID)
}

// whole adds to a call what belongs to it.
func (s *Service) whole(ctx context.Context, tx *db.Tx, c Call) (_ Call, err error) {
	if c.Items, err = itemsOf(ctx, tx, `duty_call_item`, `call_id`, c.ID); err != nil {
		return c, err
	}
	if c.Tries, err = db.List(ctx, tx, s.scanTry, `SELECT `+tryColumns+` FROM duty_call_try t WHERE t.call_id = $1 ORDER BY t.id`, c.ID); err != nil {
		return c, err
	}
	cs, err := member.ContactsTx(ctx, tx, []string{c.OrgID})
	c.Lines = CallLines(cs[c.OrgID])
	return c, err
}

// CallLines says whom to call first: the head, then down the roster, at last whoever answers the organisation's own number.
func CallLines(c member.Contacts) (out []CallLine) {
	seen := map[string]bool{}
	for _, post := range slices.Backward(member.Posts) {
		for _, a := range c.On(post) {
			if !seen[a.ID] {
				seen[a.ID] = true
				out = append(out, CallLine{To: a.ID, Post: post, Name: a.Name, Phone: c.Phone(a.ID)})
			}
		}
	}
	return append(out, CallLine{To: orgAddress + c.Org.ID, Phone: c.Org.Phone})
}

// mayCall lets the platform's own people through. Others learn nothing of calls, not even that there are any.
func mayCall(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Staff():
		return fault.Hidden()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	}
	return nil
}

// A CallFilter narrows the calls; the zero value asks for the first page of all.
type CallFilter struct {
	Open  bool   // nobody was told yet, and something is still owed
	After string // cursor
	Limit int    // 1 to 200; 0 means 50
}

// Calls returns a page of the calls that the desk has or had to make: the open ones as they came in, otherwise the newest
// first. next is the cursor of the page that follows, or "". It is open to staff.
func (s *Service) Calls(ctx context.Context, by member.Actor, f CallFilter) (cs []Call, next string, err error) {
	if err := mayCall(by); err != nil {
		return nil, "", err
	}
	limit, err := pageOf(f.Limit, f.After)
	if err != nil {
		return nil, "", err
	}
	var a db.Args
	where, order := `TRUE`, `c.id DESC`
	if f.Open {
		where, order = `c.closed_at IS NULL AND EXISTS (SELECT 1 FROM duty_call_item i JOIN duty d ON d.id = i.duty_id
			WHERE i.call_id = c.id AND d.met_at IS NULL AND d.void_at IS NULL AND d.paused_at IS NULL)`, `c.id`
	}
	switch {
	case f.After == "":
	case f.Open:
		where += ` AND c.id > ` + a.P(f.After)
	default:
		where += ` AND c.id < ` + a.P(f.After)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		cs, err = db.List(ctx, tx, scanCall, `SELECT c.id, c.org_id, c.opened_at, c.closed_at FROM duty_call c WHERE `+where+` ORDER BY `+order+` LIMIT `+a.P(limit+1), a...)
		if err != nil {
			return err
		}
		if len(cs) > limit {
			cs = cs[:limit]
			next = cs[limit-1].ID
		}
		for i := range cs {
			if cs[i], err = s.whole(ctx, tx, cs[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("list calls: %w", err)
	}
	return cs, next, nil
}

// Call returns one call. It is open to staff.
func (s *Service) Call(ctx context.Context, by member.Actor, id string) (c Call, err error) {
	if err := mayCall(by); err != nil {
		return Call{}, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c, err = s.call(ctx, tx, id)
		return err
	})
	if err != nil {
		return Call{}, fmt.Errorf("call: %w", err)
	}
	return c, nil
}

func (s *Service) call(ctx context.Context, tx *db.Tx, id string) (Call, error) {
	if uuid.Validate(id) != nil {
		return Call{}, fault.Missing()
	}
	c, err := db.Get(ctx, tx, scanCall, `SELECT id, org_id, opened_at, closed_at FROM duty_call WHERE id = $1`, id)
	if err != nil {
		return c, err
	}
	return s.whole(ctx, tx, c)
}

// Called: somebody of the desk called, or gave up calling.
type Called struct {
	CallID  string   `json:"call"`
	OrgID   string   `json:"org"`
	TryID   string   `json:"try"`
	To      string   `json:"to"` // account, or "org/ID"
	Outcome Outcome  `json:"outcome"`
	Letter  string   `json:"letter,omitempty"` // the written follow-up
	Duties  []string `json:"duties"`
}

// Kind is the stored name.
func (Called) Kind() string { return "duty.called" }

// About puts it on the organisation's time line.
func (c Called) About() event.About {
	return event.About{Subjects: []string{"call/" + c.CallID, "org/" + c.OrgID}}
}

// A CallInput says how it went.
type CallInput struct {
	To      string // one of the call's lines
	Outcome Outcome
	Note    string // what was said; needed when nobody was reached in the end
}

// RecordCall notes that the actor called, and how it went. When somebody was reached, or is told in writing because
// nobody could be, the call ends and the written follow-up goes out in the same transaction. For the platform's own
// people, by name. Faults: Invalid; NotFound; Conflict when the call has ended.
func (s *Service) RecordCall(ctx context.Context, by member.Actor, id string, in CallInput) (c Call, err error) {
	if err := mayCall(by); err != nil {
		return Call{}, err
	}
	if by.AccountID == "" {
		return Call{}, fault.Deny("fault.role")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if uuid.Validate(id) != nil {
			return fault.Missing()
		}
		if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM duty_call WHERE id = $1`+tx.ForUpdate(), id); err != nil {
			return err
		}
		if c, err = s.call(ctx, tx, id); err != nil {
			return err
		}
		if err := in.Check(c.Lines); err != nil {
			return err
		}
		if !c.ClosedAt.IsZero() {
			return fault.Clash("reminder.call-over")
		}
		t := Try{ID: uuid.Must(uuid.NewV7()).String(), At: tx.Now, By: by.AccountID, To: in.To, Outcome: in.Outcome, Note: strings.TrimSpace(in.Note)}
		c.Tries = append(c.Tries, t)
		var sealed any // NULL without a note
		if t.Note != "" {
			sealed = s.Seal.Seal(placeTry(t.ID), []byte(t.Note))
		}
		if err := db.Bulk(ctx, tx, `duty_call_try (id, call_id, at, by_account, recipient, outcome, note_sealed)`, "",
			[][]any{{t.ID, c.ID, db.At(t.At), t.By, t.To, string(t.Outcome), sealed}}); err != nil {
			return err
		}
		e := Called{CallID: c.ID, OrgID: c.OrgID, TryID: t.ID, To: t.To, Outcome: t.Outcome}
		for _, i := range c.Items {
			e.Duties = append(e.Duties, i.DutyID)
		}
		if t.Outcome != NoAnswer {
			if e.Letter, err = s.followUp(ctx, tx, &c, t.To); err != nil {
				return err
			}
		}
		_, err = s.Events.Record(ctx, tx, by.By(), e)
		return err
	})
	if err != nil {
		return Call{}, fmt.Errorf("record call: %w", err)
	}
	return c, nil
}

// Check checks what is said of a call to one of several lines.
func (in CallInput) Check(lines []CallLine) error {
	var f fault.Check
	f.That(slices.ContainsFunc(lines, func(l CallLine) bool { return l.To == in.To }), "to", "reminder.rule.line", "")
	f.That(slices.Contains(Outcomes, in.Outcome), "outcome", "reminder.rule.outcome", string(Spoken))
	f.That(in.Outcome != Written || strings.TrimSpace(in.Note) != "", "note", "rule.required", "")
	f.That(utf8.ValidString(in.Note) && !strings.ContainsFunc(in.Note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }), "note", "reminder.rule.characters", "")
	f.That(utf8.RuneCountInString(in.Note) <= maxNote, "note", "rule.too-long", "", maxNote)
	return f.Err()
}

// maxNote bounds what is written down of a call, in characters.
const maxNote = 5_000

// followUp ends a call and writes what it was about to whoever was called, and to the organisation's places.
func (s *Service) followUp(ctx context.Context, tx *db.Tx, c *Call, to string) (letterID string, err error) {
	c.ClosedAt = tx.Now
	if _, err := tx.Exec(ctx, `UPDATE duty_call SET closed_at = $1 WHERE id = $2`, db.At(c.ClosedAt), c.ID); err != nil {
		return "", err
	}
	l := Letter{ID: uuid.Must(uuid.NewV7()).String(), Recipient: to, OrgID: c.OrgID, CallID: c.ID, At: tx.Now}
	if !strings.HasPrefix(to, orgAddress) {
		l.AccountID = to
	}
	if err := s.post(ctx, tx, []Letter{l}); err != nil {
		return "", err
	}
	return l.ID, destination.QueueOf(ctx, tx, placesBatch(l.ID, destination.Mandatory), []string{c.OrgID})
}
