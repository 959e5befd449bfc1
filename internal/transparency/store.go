// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

const columns = `id, period, n, state, figures, blind, changes, drafted_by, drafted_at, first_by, first_at, second_by, published_at, event_id, fell_by, fell_why`

func scan(r db.Row) (e Edition, err error) {
	var figures, changes string
	var drafted, first, published db.Time
	if err := r.Scan(&e.ID, &e.Period, &e.N, &e.State, &figures, &e.blind, &changes, &e.DraftedBy, &drafted, db.Null(&e.FirstBy), &first, db.Null(&e.SecondBy), &published,
		db.Null(&e.event), db.Null(&e.FellBy), db.Null(&e.FellWhy)); err != nil {
		return e, err
	}
	e.DraftedAt, e.FirstAt, e.PublishedAt, e.figures = drafted.Time, first.Time, published.Time, []byte(figures)
	e.Digest = evidence.Digest(e.blind, e.figures)
	if err := json.Unmarshal([]byte(changes), &e.Changes); err != nil {
		return e, err
	}
	return e, json.Unmarshal(e.figures, &e.Figures)
}

// Bytes are the figures as their digest was taken.
func (e Edition) Bytes() []byte { return slices.Clone(e.figures) }

func byID(ctx context.Context, tx *db.Tx, id, suffix string) (Edition, error) {
	if uuid.Validate(id) != nil {
		return Edition{}, fault.Missing()
	}
	return db.Get(ctx, tx, scan, `SELECT `+columns+` FROM transparency_edition WHERE id = $1`+suffix, id)
}

// newest is the edition of a period that was published last.
func newest(ctx context.Context, tx *db.Tx, period string) (Edition, error) {
	return db.Get(ctx, tx, scan, `SELECT `+columns+` FROM transparency_edition WHERE period = $1 AND state = 'published' ORDER BY n DESC LIMIT 1`, period)
}

func basis(ctx context.Context, tx *db.Tx, id string) ([]contribution, error) {
	return db.List(ctx, tx, func(r db.Row) (c contribution, err error) { return c, r.Scan(&c.Org, &c.Kind, &c.Law, &c.N, &c.Late) },
		`SELECT org_id, kind, law, n, late FROM transparency_basis WHERE edition_id = $1 ORDER BY org_id, law`, id)
}

func newID() (string, error) {
	u, err := uuid.NewV7()
	return u.String(), err
}

// editor lets supervisors through: who drafts and drops editions, and says why a clock ran out.
func editor(by member.Actor) error { return person(by, member.Supervisor) }

// person lets people with one of the roles through; for others there is nothing here but what is public.
func person(by member.Actor, roles ...member.Role) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Is(roles...):
		return fault.Hidden()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case by.AccountID == "":
		return fault.Deny("transparency.needs-person")
	}
	return nil
}

// publishers may sign.
func (s *Service) publishers() []member.Role {
	return append(slices.Clone(s.Second), member.Supervisor)
}
