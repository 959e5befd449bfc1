// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Get returns a file: to supervisors, to the organisation's people the same, and to whoever may give or gave the second
// signature. The first reading by a person of the organisation after the notice is its read receipt.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (f File, err error) {
	unread := false
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if f, err = s.readable(ctx, tx, by, id); err != nil {
			return err
		}
		unread = speaks(by, f.OrgID) && !f.Notice.SentAt.IsZero() && f.Notice.OpenedAt.IsZero()
		return s.announce(ctx, tx, &f)
	})
	if err == nil && unread {
		f, err = s.change(ctx, func(tx *db.Tx) (string, error) {
			if err := lock(ctx, tx, id); err != nil {
				return "", err
			}
			q, err := s.byID(ctx, tx, id)
			if err != nil {
				return "", err
			}
			return id, s.read(ctx, tx, by, q)
		})
	}
	if err != nil {
		return File{}, fmt.Errorf("read inquiry: %w", err)
	}
	return f, nil
}

// read records the read receipt, once.
func (s *Service) read(ctx context.Context, tx *db.Tx, by member.Actor, q File) error {
	if !q.Notice.OpenedAt.IsZero() {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE inquiry_notice SET opened_at = $1, opened_by = $2 WHERE inquiry_id = $3`, db.At(tx.Now), by.AccountID, q.ID); err != nil {
		return err
	}
	_, err := s.Events.Record(ctx, tx, by.By(), Read{q.on(), by.AccountID})
	return err
}

// A Filter narrows a list; the zero value asks for everything.
type Filter struct {
	OrgID   string
	State   State
	Overdue bool   // what waits past its time, now
	After   string // id of the last one seen
	Limit   int    // 1 to 1000; 0 means 100
}

// List returns files, newest first, and the After of the next page ("" at the end): to supervisors all, to the organisation's people its own, to those who may give the
// second signature what waits for it. To everybody else there are none.
func (s *Service) List(ctx context.Context, by member.Actor, in Filter) (out []File, next string, err error) {
	switch {
	case !by.SignedIn():
		return nil, "", fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return nil, "", fault.Deny("fault.scope", member.ScopeCase)
	}
	var f form
	f.That(in.State == "" || slices.Contains(States, in.State), "state", "member.rule.unknown", string(Open))
	f.That(in.Limit >= 0 && in.Limit <= 1000, "limit", "member.rule.limit", "100")
	f.That(storable(in.OrgID), "organisation", "member.rule.characters", "")
	f.That(storable(in.After), "after", "member.rule.characters", "")
	if err := f.Err(); err != nil {
		return nil, "", err
	}
	if in.Limit == 0 {
		in.Limit = 100
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		query, args := s.query(by, in)
		qs, err := db.List(ctx, tx, s.scan, query, args...)
		if err != nil {
			return err
		}
		for _, q := range qs {
			x, err := s.whole(ctx, tx, q)
			if err != nil {
				return err
			}
			if !s.canRead(by, x) || in.Overdue && !x.Overdue(tx.Now) {
				continue
			}
			if len(out) == in.Limit {
				next = out[in.Limit-1].ID
				break
			}
			out = append(out, x)
		}
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("list inquiries: %w", err)
	}
	return out, next, nil
}

// query narrows to what the actor may come to see; canRead has the last word.
func (s *Service) query(by member.Actor, in Filter) (string, db.Args) {
	var a db.Args
	where := `(1 = 1)`
	if !by.Is(member.Supervisor) {
		where = `(q.org_id = ` + a.P(by.OrgID) + ` OR q.id IN (SELECT inquiry_id FROM inquiry_decision WHERE signed_by = ` + a.P(by.AccountID) + `)`
		if by.Is(s.Second...) {
			where += ` OR q.state IN ('proposed','revising')`
		}
		where += `)`
	}
	if in.OrgID != "" {
		where += ` AND q.org_id = ` + a.P(in.OrgID)
	}
	if in.State != "" {
		where += ` AND q.state = ` + a.P(string(in.State))
	}
	if in.Overdue {
		where += ` AND q.state IN ('noticed','appealed','revising')`
	}
	if in.After != "" {
		where += ` AND (q.opened_at, q.id) < (SELECT y.opened_at, y.id FROM inquiry y WHERE y.id = ` + a.P(in.After) + `)`
	}
	return `SELECT ` + columns + ` FROM inquiry q WHERE ` + where + ` ORDER BY q.opened_at DESC, q.id DESC`, a
}

// dutyRow is a row of the register as it stands now, when it is the organisation's.
func dutyRow(ctx context.Context, tx *db.Tx, orgID, id string) (DutyRow, error) {
	if !storable(id) {
		return DutyRow{}, fault.Missing()
	}
	return db.Get(ctx, tx, func(r db.Row) (x DutyRow, err error) {
		var anchor, due, latest, met, void db.Time
		err = r.Scan(&x.ID, &x.Rule, &x.Law, &x.Article, &x.Pack, &x.Force, &x.Anchor, &anchor, &due, &latest, &met, &void)
		x.AnchorAt, x.DueAt, x.LatestAt, x.MetAt = anchor.Time, due.Time, latest.Time, met.Time
		d := duty.Duty{MetAt: x.MetAt, VoidAt: void.Time}
		d.DueAt, d.LatestAt = x.DueAt, x.LatestAt
		x.State = d.StateAt(tx.Now)
		return x, err
	}, `SELECT id, rule, law, article, pack, force, anchor, anchor_at, due_at, latest_at, met_at, void_at FROM duty WHERE id = $1 AND org_id = $2`, id, orgID)
}
