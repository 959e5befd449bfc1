// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package digest writes one message out of all that a member wants to hear later: what is new, what has changed, what is
// withdrawn, of what it is reminded, and what it has not answered yet. It names numbers, levels and labels, and no text of any
// warning.
package digest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// Purpose renders digests for delivery. It implements delivery.Purpose under destination.DigestPurpose.
type Purpose struct {
	DB           *db.DB
	Members      *member.Service
	Destinations *destination.Service
	BaseURL      string // of this platform, for links
}

var _ delivery.Purpose = Purpose{}

// An Entry is one warning in a digest, as it stands for the recipient.
type Entry struct {
	ID        string         `json:"id"`
	Number    string         `json:"number"`
	Revision  int            `json:"revision"`
	Level     warning.Level  `json:"level"`
	TLP       string         `json:"tlp"`
	Matched   int            `json:"matched_products"`
	RespondBy time.Time      `json:"respond_by,omitzero"`
	Answer    warning.Answer `json:"answer,omitempty"`
	Reminder  int            `json:"reminder,omitempty"` // step of the time limit, in percent, that it is reminded of
	URL       string         `json:"url"`

	kind string
}

// A Due is one duty that the recipient is reminded of, by number and rule alone.
type Due struct {
	ID     string    `json:"id"`
	Number string    `json:"number,omitempty"` // of the report
	Rule   string    `json:"rule"`
	Step   int       `json:"step"` // percent of its time
	DueAt  time.Time `json:"due_at,omitzero"`
	URL    string    `json:"url"`
}

// A Digest is what one message says, each block with the gravest first.
type Digest struct {
	New       []Entry `json:"new"`
	Updated   []Entry `json:"updated"`
	Withdrawn []Entry `json:"withdrawn"`
	Reminded  []Entry `json:"reminded,omitempty"` // of these, that no answer has come
	Duties    []Due   `json:"duties,omitempty"`   // what is due first at the top
	Further   int     `json:"further,omitempty"`  // duties that are not listed
	Open      []Entry `json:"open"`               // not answered yet, or still being checked
	More      int     `json:"more,omitempty"`     // open ones that are not listed
}

// maxOpen bounds the open answers that a digest lists, and the duties.
const maxOpen = 20

// Render writes the digest of a delivery. What a newer revision has overtaken is left out: its own message, or its own
// entry, says it. Nothing to say, nothing sent.
func (p Purpose) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	var org member.Org
	var g Digest
	err = p.DB.View(ctx, func(tx *db.Tx) error {
		if org, err = p.Members.OrgTx(ctx, tx, d.OrgID); err != nil {
			return err
		}
		if !org.Status.Keeps(member.ToOwnWarnings) {
			return delivery.ErrSuperseded
		}
		if m.To, err = p.Destinations.AddressTx(ctx, tx, org, d); err != nil {
			return err
		}
		target := cmp.Or(d.Destination, d.Channel)
		if g, err = p.load(ctx, tx, d.Subject, d.OrgID, target); err != nil {
			return err
		}
		m.Unsubscribe = p.Destinations.MuteURL(d.OrgID, target, destination.Digest)
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	if err == nil && len(g.New)+len(g.Updated)+len(g.Withdrawn)+len(g.Reminded)+len(g.Duties) == 0 {
		err = delivery.ErrSuperseded
	}
	if err != nil {
		return delivery.Message{}, fmt.Errorf("render digest %s: %w", d.Subject, err)
	}
	m.Type, m.Class, m.Link = "digest.sent", string(destination.Digest), p.BaseURL+"/warnings"
	if len(g.New)+len(g.Updated)+len(g.Withdrawn)+len(g.Reminded) == 0 {
		m.Link = p.BaseURL + "/duties"
	}
	ps := destination.Speak(org)
	m.Subject = subject(ps[0], g) + " / " + subject(ps[1], g)
	m.Short = subject(ps[0], g)
	m.Text = strings.Join([]string{g.text(ps[0]), g.text(ps[1])}, "\n"+strings.Repeat("—", 24)+"\n\n")
	if d.Channel == delivery.Webhook {
		m.Data = g
	}
	return m, nil
}

// Ended sees to it that a digest that failed at a further destination is sent to the main address.
func (p Purpose) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	return destination.Ended(ctx, tx, d)
}

// load finds what a digest says now. The main address takes over the digest of a destination that failed.
func (p Purpose) load(ctx context.Context, tx *db.Tx, sweep, orgID, target string) (g Digest, err error) {
	ids, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM digest WHERE sweep = $1 AND org_id = $2 ORDER BY CASE WHEN target = $3 THEN 0 ELSE 1 END, id LIMIT 1`, sweep, orgID, target)
	if err != nil {
		return g, err
	}
	if len(ids) == 0 {
		return g, fault.Missing()
	}
	subjects, err := itemsOf(ctx, tx, ids[0], "warning")
	if err != nil {
		return g, err
	}
	reminders, err := reminded(ctx, tx, ids[0])
	if err != nil {
		return g, err
	}
	if g.Duties, err = p.duties(ctx, tx, ids[0], orgID); err != nil {
		return g, err
	}
	if n := len(g.Duties) - maxOpen; n > 0 {
		g.Duties, g.Further = g.Duties[:maxOpen], n
	}
	told := map[string]int{} // newest revision of each warning that the digest is about
	first := map[string]int{}
	var warnings []string
	for _, s := range subjects {
		id, n, _ := strings.Cut(strings.TrimSuffix(s, "+"), ":")
		revision, err := strconv.Atoi(n)
		if err != nil {
			return g, fmt.Errorf("%q names no revision of a warning", s)
		}
		if told[id] == 0 {
			warnings, first[id] = append(warnings, id), revision
		}
		told[id], first[id] = max(told[id], revision), min(first[id], revision)
	}
	for part := range slices.Chunk(warnings, 400) {
		var a db.Args
		es, err := p.entries(ctx, tx, orgID, ` AND r.warning_id IN `+db.In(&a, part), a)
		if err != nil {
			return g, err
		}
		for _, e := range es {
			switch {
			case e.Revision > told[e.ID]:
			case e.kind == string(warning.Lift) || e.kind == string(warning.Recall):
				g.Withdrawn = append(g.Withdrawn, e)
			case first[e.ID] == 1:
				g.New = append(g.New, e)
			default:
				g.Updated = append(g.Updated, e)
			}
		}
	}
	open, err := p.entries(ctx, tx, orgID, ` AND r.answer IN ('', 'checking') AND v.kind NOT IN ('lift', 'recall')`, nil)
	for _, e := range open {
		if e.Reminder = reminders[e.ID]; e.Reminder > 0 && e.Answer == warning.Unanswered {
			g.Reminded = append(g.Reminded, e)
		} else {
			e.Reminder = 0
			g.Open = append(g.Open, e)
		}
	}
	if n := len(g.Open) - maxOpen; n > 0 {
		g.Open, g.More = g.Open[:maxOpen], n
	}
	return g, err
}

// itemsOf are the subjects of a purpose that a digest has taken in.
func itemsOf(ctx context.Context, tx *db.Tx, id, purpose string) ([]string, error) {
	return db.List(ctx, tx, db.Value[string], `SELECT subject FROM digest_item WHERE digest = $1 AND purpose = $2 ORDER BY subject`, id, purpose)
}

// reminded are the warnings that a digest reminds of, each with the highest step.
func reminded(ctx context.Context, tx *db.Tx, id string) (map[string]int, error) {
	subjects, err := itemsOf(ctx, tx, id, warning.SilencePurpose)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, s := range subjects {
		w, step, err := warning.RemindedOf(s)
		if err != nil {
			return nil, err
		}
		out[w] = max(out[w], step)
	}
	return out, nil
}

// duties are those that a digest reminds of and that are still owed, what is due first at the top.
func (p Purpose) duties(ctx context.Context, tx *db.Tx, id, orgID string) ([]Due, error) {
	subjects, err := itemsOf(ctx, tx, id, duty.Purpose)
	if err != nil {
		return nil, err
	}
	by := map[string]Due{}
	for _, s := range subjects {
		items, err := duty.ToldLater(ctx, tx, s, orgID)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			by[i.DutyID] = Due{i.DutyID, i.Duty.Number, i.Duty.Rule, max(i.Step, by[i.DutyID].Step), i.Duty.DueAt.UTC(), p.BaseURL + "/duties"}
		}
	}
	out := slices.Collect(maps.Values(by))
	slices.SortFunc(out, func(a, b Due) int { return cmp.Or(a.DueAt.Compare(b.DueAt), strings.Compare(a.ID, b.ID)) })
	return out, nil
}

// entries are an organisation's copies of the newest revisions it received, the gravest first.
func (p Purpose) entries(ctx context.Context, tx *db.Tx, orgID, where string, a db.Args) ([]Entry, error) {
	out, err := db.List(ctx, tx, func(r db.Row) (e Entry, err error) {
		var by db.Time
		err = r.Scan(&e.ID, &e.Number, &e.Revision, &e.Level, &e.TLP, &e.kind, &by, &e.Matched, &e.Answer)
		e.RespondBy, e.URL = by.Time, p.BaseURL+"/warnings/"+e.ID
		return e, err
	}, `SELECT w.id, w.number, r.revision, v.level, v.tlp, v.kind, v.respond_by, r.products, r.answer
		FROM warning_recipient r JOIN warning w ON w.id = r.warning_id JOIN warning_revision v ON v.warning_id = r.warning_id AND v.revision = r.revision
		WHERE r.org_id = `+a.P(orgID)+where+` AND NOT EXISTS (SELECT 1 FROM warning_recipient n WHERE n.warning_id = r.warning_id AND n.org_id = r.org_id AND n.revision > r.revision)`, a...)
	slices.SortFunc(out, func(x, y Entry) int {
		if d := slices.Index(warning.Levels, x.Level) - slices.Index(warning.Levels, y.Level); d != 0 {
			return d
		}
		if d := y.Matched - x.Matched; d != 0 {
			return d
		}
		return strings.Compare(x.Number, y.Number)
	})
	return out, err
}

func subject(p i18n.Printer, g Digest) string {
	out := p.T("digest.subject", len(g.New), len(g.Updated), len(g.Withdrawn), len(g.Reminded)+len(g.Open)+g.More)
	if n := len(g.Duties) + g.Further; n > 0 {
		out += p.T("digest.subject-duties", n)
	}
	return out
}

func (g Digest) text(p i18n.Printer) string {
	var b strings.Builder
	b.WriteString(p.T("digest.heading") + "\n")
	for _, block := range []struct {
		key string
		es  []Entry
	}{{"new", g.New}, {"updated", g.Updated}, {"withdrawn", g.Withdrawn}, {"reminded", g.Reminded}, {"open", g.Open}} {
		if len(block.es) == 0 {
			continue
		}
		b.WriteString("\n" + p.T("digest."+block.key) + "\n")
		for _, e := range block.es {
			fmt.Fprintf(&b, "- %s %s  TLP:%s", p.T("warning.level."+string(e.Level)), e.Number, e.TLP)
			if e.Revision > 1 {
				b.WriteString("  " + p.T("digest.revision", e.Revision))
			}
			if e.Matched > 0 {
				b.WriteString("  " + p.T("digest.matched", e.Matched))
			}
			switch {
			case e.Reminder == 100:
				b.WriteString("  " + p.T("digest.overdue", p.DateTime(e.RespondBy)))
			case (block.key == "open" || block.key == "reminded") && !e.RespondBy.IsZero():
				b.WriteString("  " + p.T("digest.respond-by", p.DateTime(e.RespondBy)))
			}
			b.WriteString("\n  " + e.URL + "\n")
		}
	}
	if g.More > 0 {
		b.WriteString(p.T("digest.more", g.More) + "\n")
	}
	if len(g.Duties) > 0 {
		b.WriteString("\n" + p.T("digest.duties") + "\n")
		for _, d := range g.Duties {
			b.WriteString("- " + strings.TrimSpace(d.Number+" "+duty.Label(p, d.Rule)) + "  " + duty.StepText(p, d.Step))
			if !d.DueAt.IsZero() {
				b.WriteString("  " + p.T("digest.due", p.DateTime(d.DueAt)))
			}
			b.WriteString("\n")
		}
		if g.Further > 0 {
			b.WriteString(p.T("digest.more", g.Further) + "\n")
		}
		b.WriteString("  " + g.Duties[0].URL + "\n")
	}
	b.WriteString("\n" + p.T("digest.why") + "\n")
	return b.String()
}
