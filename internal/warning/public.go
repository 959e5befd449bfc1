// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// A Dated names a released revision.
type Dated struct {
	Revision int
	At       time.Time
}

const (
	current  = ` v.revision = (SELECT max(x.revision) FROM warning_revision x WHERE x.warning_id = w.id)`
	isPublic = ` AND v.tlp = '` + string(tlp.Clear) + `' AND NOT w.exercise`
)

// Public returns the warnings whose newest revision is TLP:CLEAR, the newest first: what may be read by everybody. Parts
// with another label are left out. limit is at most 500.
func (s *Service) Public(ctx context.Context, limit int) (out []Warning, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.List(ctx, tx, scanWarning, released+` WHERE`+current+isPublic+` ORDER BY v.released_at DESC, w.id DESC LIMIT $1`, min(limit, 500))
		for _, r := range rows {
			w, err := s.openRevision(r)
			if err != nil {
				return err
			}
			w, _ = w.Within(UpTo(tlp.Clear))
			out = append(out, w)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list public warnings: %w", err)
	}
	return out, nil
}

// PublicByNumber is one of what Public returns, with the revisions before it.
func (s *Service) PublicByNumber(ctx context.Context, number string) (w Warning, before []Dated, err error) {
	if err := storable(number); err != nil {
		return Warning{}, nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := db.Get(ctx, tx, scanWarning, released+` WHERE w.number = $1 AND`+current+isPublic, number)
		if err != nil {
			return err
		}
		if w, err = s.openRevision(r); err != nil {
			return err
		}
		w, _ = w.Within(UpTo(tlp.Clear))
		before, err = dated(ctx, tx, w, "")
		return err
	})
	if err != nil {
		return Warning{}, nil, fmt.Errorf("find public warning: %w", err)
	}
	return w, before, nil
}

// Before returns the revisions of a warning that the actor's unit received before w, for messages that refer to them.
func (s *Service) Before(ctx context.Context, by member.Actor, w Warning) (before []Dated, err error) {
	if err := reader(by); err != nil {
		return nil, err
	}
	if by.OrgID == "" {
		return nil, fault.Hidden()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		before, err = dated(ctx, tx, w, by.OrgID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the revisions of warning %s: %w", w.ID, err)
	}
	return before, nil
}

// dated lists the revisions before w, those that an organisation received, or all when it is "".
func dated(ctx context.Context, tx *db.Tx, w Warning, orgID string) ([]Dated, error) {
	query, args := `SELECT v.revision, v.released_at FROM warning_revision v WHERE v.warning_id = $1 AND v.revision < $2`, []any{w.ID, w.Revision}
	if orgID != "" {
		query += ` AND EXISTS (SELECT 1 FROM warning_recipient r WHERE r.warning_id = v.warning_id AND r.revision = v.revision AND r.org_id = $3)`
		args = append(args, orgID)
	}
	return db.List(ctx, tx, func(r db.Row) (d Dated, err error) { return d, r.Scan(&d.Revision, timeInto{&d.At}) }, query+` ORDER BY v.revision`, args...)
}
