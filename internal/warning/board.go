// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Row is one recipient on the delivery board.
type Row struct {
	Org        member.Org
	Recipient  Recipient
	Reminded   int // step of the time limit that it reached in silence, 0 for none
	Deliveries []delivery.Delivery
	Lines      []duty.CallLine // of those who are silent: whom to call, in this order
}

// NoAnswer is the name of no answer in a BoardQuery.
const NoAnswer = "silent"

// NoSector is the name of units without a sector in a BoardQuery.
const NoSector = "-"

// InboxOnly asks in a BoardQuery for units that nothing is sent to outside their inbox.
const InboxOnly = "inbox"

// A BoardQuery asks for rows of a board. The zero value asks for all of the newest revision.
type BoardQuery struct {
	Revision int    // 0: the newest released
	Answer   string // an Answer, or NoAnswer
	Wave     int
	Sector   string // or NoSector
	Channel  string // units that a message goes to on it
	Delivery string // a delivery.State that a message to the unit is in, on Channel when that is set; or InboxOnly
	Search   string // a part of the unit's name
	After    string // cursor: the Next of the page before
	Limit    int    // 1 to 2000; 0 means 100
}

// states is the order of a board: who is silent first.
var states = []Answer{Unanswered, AffectedYes, Checking, AffectedNo, FixedAll}

const (
	maxRows   = 2000 // reminders
	maxPage   = 2000
	maxFound  = 500 // units whose name has the part that is searched for
	maxSearch = 100
)

func (q BoardQuery) checked() (_ BoardQuery, after boardPlace, err error) {
	var c fault.Check
	c.That(q.Answer == "" || q.Answer == NoAnswer || slices.Contains(Answers, Answer(q.Answer)), "answer", "rule.one-of", NoAnswer, NoAnswer+", "+list(Answers))
	c.That(q.Wave >= 0 && q.Wave <= WaveAll, "wave", "rule.one-of", "1", "1, 2, 3")
	c.That(q.Revision >= 0, "revision", "warning.rule.revision", "1")
	c.That(slices.Contains([]string{"", string(delivery.Queued), string(delivery.Delivered), string(delivery.Failed), string(delivery.Superseded), InboxOnly}, q.Delivery), "delivery", "rule.one-of", string(delivery.Failed),
		list([]delivery.State{delivery.Queued, delivery.Delivered, delivery.Failed, delivery.Superseded, InboxOnly}))
	for _, f := range []struct{ name, text string }{{"sector", q.Sector}, {"channel", q.Channel}, {"search", q.Search}} {
		c.That(utf8.RuneCountInString(f.text) <= maxSearch && storable(f.text) == nil, f.name, "rule.too-long", "", maxSearch)
	}
	c.That(q.Limit >= 0 && q.Limit <= maxPage, "limit", "warning.rule.limit", "100", maxPage)
	after, ok := placeOf(q.After)
	c.That(ok, "after", "warning.rule.cursor", "")
	if q.Limit == 0 {
		q.Limit = 100
	}
	q.Search = strings.TrimSpace(q.Search)
	return q, after, c.Err()
}

// A boardPlace is where on a board a row stands.
type boardPlace struct {
	state, wave int // state is an index of states
	org         string
}

func (p boardPlace) String() string { return fmt.Sprintf("%d.%d.%s", p.state, p.wave, p.org) }

func placeOf(s string) (p boardPlace, ok bool) {
	if s == "" {
		return p, true
	}
	parts := strings.SplitN(s, ".", 3)
	if len(parts) != 3 || len(s) > maxSearch || storable(s) != nil {
		return p, false
	}
	var err, err2 error
	p.state, err = strconv.Atoi(parts[0])
	p.wave, err2 = strconv.Atoi(parts[1])
	p.org = parts[2]
	return p, err == nil && err2 == nil && p.state >= 0 && p.state < len(states) && p.wave >= WaveAffected && p.wave <= WaveAll
}

// Board returns the recipients of a released revision with what became of each delivery: those who are silent first and
// whom to call there, the affected before the rest; and the After of the next page ("" at the end). Faults: Invalid;
// Conflict before the first release.
func (s *Service) Board(ctx context.Context, by member.Actor, id string, q BoardQuery) (out []Row, next string, err error) {
	if err := watcher(by); err != nil {
		return nil, "", err
	}
	q, after, err := q.checked()
	if err != nil {
		return nil, "", err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if q.Revision, err = outsideAs(ctx, tx, id, q.Revision); err != nil {
			return err
		}
		found, none, err := q.named(ctx, tx)
		if err != nil || none {
			return err
		}
		if out, err = s.boardRows(ctx, tx, q, id, after, found); err != nil {
			return err
		}
		if len(out) > q.Limit {
			out = out[:q.Limit]
			r := out[q.Limit-1].Recipient
			next = boardPlace{slices.Index(states, r.Answer), r.Wave, r.OrgID}.String()
		}
		if err := withDeliveries(ctx, tx, out, subject(id, q.Revision)); err != nil {
			return err
		}
		return withLines(ctx, tx, out)
	})
	if err != nil {
		return nil, "", fmt.Errorf("delivery board of warning %s: %w", id, err)
	}
	return out, next, nil
}

// named are the units whose names have what is searched for: the first 500. none says that there is none.
func (q BoardQuery) named(ctx context.Context, tx *db.Tx) (ids []string, none bool, err error) {
	if q.Search == "" {
		return nil, false, nil
	}
	part := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(q.Search)) + "%"
	ids, err = db.List(ctx, tx, db.Value[string], `SELECT id FROM org WHERE lower(name_zh) LIKE $1 ESCAPE '\' OR lower(name_en) LIKE $1 ESCAPE '\' ORDER BY id LIMIT $2`, part, maxFound)
	return ids, len(ids) == 0, err
}

// boardRows walks the board by state and wave, in the order of its index.
func (s *Service) boardRows(ctx context.Context, tx *db.Tx, q BoardQuery, id string, after boardPlace, found []string) (out []Row, err error) {
	for i, a := range states {
		if q.Answer != "" && q.Answer != answerName(a) || i < after.state {
			continue
		}
		for wave := WaveAffected; wave <= WaveAll; wave++ {
			if q.Wave != 0 && q.Wave != wave || i == after.state && wave < after.wave {
				continue
			}
			org := ""
			if i == after.state && wave == after.wave {
				org = after.org
			}
			part, err := s.boardPart(ctx, tx, q, id, a, wave, org, found, q.Limit+1-len(out))
			if err != nil {
				return nil, err
			}
			if out = append(out, part...); len(out) > q.Limit {
				return out, nil
			}
		}
	}
	return out, nil
}

// onBoard is the condition of the board's index: without those who are silent and not known to be concerned, who stand in
// the order of the key anyway.
const onBoard = `(answer <> '' OR wave < 3)`

func answerName(a Answer) string { return or(string(a), NoAnswer) }

func (s *Service) boardPart(ctx context.Context, tx *db.Tx, q BoardQuery, id string, answer Answer, wave int, after string, found []string, limit int) ([]Row, error) {
	var a db.Args
	query := `SELECT ` + orgColumns + `, ` + recipientColumns + `, r.reminded FROM warning_recipient r JOIN org o ON o.id = r.org_id
		WHERE r.warning_id = ` + a.P(id) + ` AND r.revision = ` + a.P(q.Revision) + ` AND r.answer = '` + string(answer) + `' AND r.wave = ` + strconv.Itoa(wave)
	if answer != Unanswered || wave < WaveAll {
		query += ` AND ` + onBoard
	}
	if after != "" {
		query += ` AND r.org_id > ` + a.P(after)
	}
	if len(found) > 0 {
		query += ` AND r.org_id IN ` + db.In(&a, found)
	}
	switch q.Sector {
	case "":
	case NoSector:
		query += ` AND o.sector = ''`
	default:
		query += ` AND o.sector = ` + a.P(q.Sector)
	}
	query += q.reached(&a, id)
	return db.List(ctx, tx, func(r db.Row) (x Row, err error) {
		into, done := orgInto(&x.Org)
		err = r.Scan(append(append(into, x.Recipient.into(s.Seal)...), &x.Reminded)...)
		done()
		return x, err
	}, query+` ORDER BY r.org_id LIMIT `+a.P(limit), a...)
}

// reached is the condition on what became of messages.
func (q BoardQuery) reached(a *db.Args, id string) string {
	if q.Channel == "" && q.Delivery == "" {
		return ""
	}
	subjects := a.P(subject(id, q.Revision)) + `, ` + a.P(subject(id, q.Revision)+again)
	on := `true`
	if q.Channel != "" {
		on = `channel = ` + a.P(q.Channel)
	}
	row := func(more string) string {
		return `r.org_id IN (SELECT d.org_id FROM delivery d WHERE d.purpose = 'warning' AND d.subject IN (` + subjects + `) AND ` + on + more + `)`
	}
	line := func(more string) string { return delivery.InBatch(`'warning'`, subjects, `r.org_id`, on+more) }
	switch state := q.Delivery; delivery.State(state) {
	case InboxOnly:
		return ` AND NOT ` + row(``) + ` AND NOT ` + line(``)
	case "":
		return ` AND (` + row(``) + ` OR ` + line(``) + `)`
	case delivery.Queued, delivery.Superseded: // a batch says it of what has no row yet
		in := ` AND state = '` + state + `'`
		return ` AND (` + row(in) + ` OR NOT ` + row(``) + ` AND ` + line(in) + `)`
	}
	return ` AND ` + row(` AND state = `+a.P(q.Delivery))
}

// withDeliveries fills in the deliveries of each row, some hundred rows at a time.
func withDeliveries(ctx context.Context, tx *db.Tx, rows []Row, subject string) error {
	for start := 0; start < len(rows); start += 400 {
		part := rows[start:min(start+400, len(rows))]
		at, ids := map[string]int{}, make([]string, len(part))
		for i, x := range part {
			at[x.Org.ID], ids[i] = i, x.Org.ID
		}
		ds, err := delivery.To(ctx, tx, purpose, []string{subject, subject + again}, ids)
		if err != nil {
			return err
		}
		for _, d := range ds {
			x := &part[at[d.OrgID]]
			x.Deliveries = append(x.Deliveries, d)
		}
	}
	return nil
}

// withLines says whom to call at each unit that is silent.
func withLines(ctx context.Context, tx *db.Tx, rows []Row) error {
	var ids []string
	for _, x := range rows {
		if x.Recipient.Answer == Unanswered {
			ids = append(ids, x.Org.ID)
		}
	}
	contacts, err := member.ContactsTx(ctx, tx, ids)
	if err != nil {
		return err
	}
	for i := range rows {
		if x := &rows[i]; x.Recipient.Answer == Unanswered {
			if c, ok := contacts[x.Org.ID]; ok {
				x.Lines = duty.CallLines(c)
			}
		}
	}
	return nil
}
