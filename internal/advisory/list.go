// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wip

package advisory

import (
	"context"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Get returns an advisory with its unpublished changes, to those who write them.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (a Advisory, err error) {
	if !by.Staff() {
		return a, fault.Hidden()
	}
	if !by.Allows(member.ScopeCase) {
		return a, fault.Deny("fault.scope", member.ScopeCase)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		a, err = s.byID(ctx, tx, id, "")
		return err
	})
	return a, err
}

// OfCase returns the advisory of a case, to those who write it.
func (s *Service) OfCase(ctx context.Context, by member.Actor, caseID string) (a Advisory, err error) {
	if !by.Staff() {
		return a, fault.Hidden()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		a, err = db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM advisory a WHERE a.case_id = $1`, caseID)
		return err
	})
	return a, err
}

// A Filter selects published advisories.
type Filter struct {
	Text  string // a number or alias, or words of the title
	After string // cursor: id of the last one of the page before
	Limit int    // rows; 0 means 50
}

// Public returns a page of the published advisories, newest first, and the cursor of the next page.
func (s *Service) Public(ctx context.Context, f Filter) (as []Advisory, next string, err error) {
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = 50
	}
	var a db.Args
	where := ` WHERE a.published_at IS NOT NULL`
	if text := strings.TrimSpace(f.Text); text != "" {
		like := "%" + escapeLike(strings.ToUpper(text)) + "%"
		where += ` AND a.id IN (SELECT advisory_id FROM advisory_alias WHERE alias LIKE ` + a.P(like) + ` ESCAPE '\')`
	}
	if f.After != "" {
		where += ` AND (a.published_at, a.id) < (SELECT b.published_at, b.id FROM advisory b WHERE b.id = ` + a.P(f.After) + `)`
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		as, err = db.List(ctx, tx, scanPublished, publishedFrom+where+` ORDER BY a.published_at DESC, a.id DESC LIMIT `+a.P(f.Limit+1), a...)
		return err
	})
	if len(as) > f.Limit {
		as = as[:f.Limit]
		next = as[len(as)-1].ID
	}
	return as, next, err
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// PublicByNumber returns a published advisory by its number or one of its aliases, with the history of its revisions.
func (s *Service) PublicByNumber(ctx context.Context, number string) (a Advisory, revs []Revision, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		a, err = db.Get(ctx, tx, scanPublished, publishedFrom+` WHERE a.published_at IS NOT NULL
			AND a.id = (SELECT min(advisory_id) FROM advisory_alias WHERE alias = $1)`, strings.ToUpper(number))
		if err != nil {
			return err
		}
		revs, err = revisions(ctx, tx, a.ID)
		return err
	})
	return a, revs, err
}
