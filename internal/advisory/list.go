// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Get returns an advisory with its unpublished changes, to those who write them.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (a Advisory, err error) {
	if err := mayRead(by); err != nil {
		return a, err
	}
	return s.read(ctx, by, func(tx *db.Tx) (Advisory, error) { return s.byID(ctx, tx, id, "") })
}

// OfCase returns the advisory of a case, to those who write it.
func (s *Service) OfCase(ctx context.Context, by member.Actor, caseID string) (a Advisory, err error) {
	if err := mayRead(by); err != nil {
		return a, err
	}
	return s.read(ctx, by, func(tx *db.Tx) (Advisory, error) { return s.ofCase(ctx, tx, caseID) })
}

// read loads an advisory and notes that its case was read, while that is undisclosed.
func (s *Service) read(ctx context.Context, by member.Actor, load func(*db.Tx) (Advisory, error)) (a Advisory, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		a, err = load(tx)
		return err
	})
	if err == nil {
		err = s.Cases.NoteReading(ctx, by, a.CaseID)
	}
	if err != nil {
		return Advisory{}, fmt.Errorf("get advisory: %w", err)
	}
	return a, nil
}

// A Filter selects published advisories.
type Filter struct {
	Text  string // a number or alias, or words of the title
	After string // cursor: id of the last one of the page before
	Limit int    // rows; 0 means 50
}

// maxSearch is how much of a text is looked for, in characters.
const maxSearch = 200

// Public returns a page of the published advisories, newest first, and the cursor of the next page.
func (s *Service) Public(ctx context.Context, f Filter) (as []Advisory, next string, err error) {
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = 50
	}
	if !storable(f.Text + f.After) {
		return nil, "", nil
	}
	var a db.Args
	where := ` WHERE a.published_at IS NOT NULL`
	text := []rune(strings.TrimSpace(f.Text))
	if text := string(text[:min(len(text), maxSearch)]); text != "" {
		where += ` AND (a.id IN (SELECT advisory_id FROM advisory_alias WHERE alias LIKE ` + a.P(like(strings.ToUpper(text))) + ` ESCAPE '\')`
		for i, word := range strings.Fields(strings.ToLower(text)) {
			where += []string{` OR (`, ` AND `}[min(i, 1)] + `v.words LIKE ` + a.P(like(word)) + ` ESCAPE '\'`
		}
		where += `))`
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

// like is the pattern of what contains a text.
func like(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// A Stand is how far publication has come: it changes whenever anything is published.
type Stand struct {
	Revisions int       // published so far
	At        time.Time // of the last of them
}

// Stand returns how far publication has come.
func (s *Service) Stand(ctx context.Context) (now Stand, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		now, err = db.Get(ctx, tx, func(r db.Row) (x Stand, err error) {
			var at db.Time
			err = r.Scan(&x.Revisions, &at)
			x.At = at.Time
			return x, err
		}, `SELECT count(*), max(at) FROM advisory_revision`)
		return err
	})
	return now, err
}

// PublicByNumber returns a published advisory by its number or one of its aliases, with the history of its revisions.
// A number is nobody else's alias.
func (s *Service) PublicByNumber(ctx context.Context, number string) (a Advisory, revs []Revision, err error) {
	if !storable(number) {
		return a, nil, fault.Missing()
	}
	number = strings.ToUpper(number)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		a, err = db.Get(ctx, tx, scanPublished, publishedFrom+` WHERE a.published_at IS NOT NULL
			AND a.id IN (SELECT advisory_id FROM advisory_alias WHERE alias = $1)
			ORDER BY CASE WHEN upper(a.number) = $2 THEN 0 ELSE 1 END, a.id LIMIT 1`, number, number)
		if err != nil {
			return err
		}
		revs, err = revisions(ctx, tx, a.ID)
		return err
	})
	return a, revs, err
}
