// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// maxDrafts bounds how many drafts one account keeps.
const maxDrafts = 100

// DraftInfo is a draft in a list.
type DraftInfo struct {
	ID        string
	Title     string // or the product, when there is no title yet
	Percent   int    // completeness
	UpdatedAt time.Time
}

// SaveDraft keeps an unfinished content for the person who writes it, and for nobody else. An empty id starts a new
// draft; the id of the draft is returned. What is missing or not yet right may stay so; what is too large is refused.
func (s *Service) SaveDraft(ctx context.Context, by member.Actor, id string, c Content) (string, error) {
	if err := mayDraft(by); err != nil {
		return "", err
	}
	c = c.tidied()
	if err := c.checkSize(); err != nil {
		return "", err
	}
	fresh := id == ""
	if fresh {
		v7, err := uuid.NewV7()
		if err != nil {
			return "", err
		}
		id = v7.String()
	}
	sealed, err := seal.SealJSON(s.Seal, draftPlace(id), c)
	if err != nil {
		return "", fmt.Errorf("seal draft: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if fresh {
			return insertDraft(ctx, tx, id, by.AccountID, sealed)
		}
		if _, err := s.draft(ctx, tx, by, id); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE report_draft SET content_sealed = $1, updated_at = $2 WHERE id = $3`, sealed, db.At(tx.Now), id)
		if err == nil && n == 0 { // dropped in between
			err = fault.Missing()
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("save draft: %w", err)
	}
	return id, nil
}

func insertDraft(ctx context.Context, tx *db.Tx, id, account string, sealed []byte) error {
	n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM report_draft WHERE account_id = $1`, account)
	if err != nil {
		return err
	}
	if n >= maxDrafts {
		return fault.Clash("report.too-many-drafts", maxDrafts)
	}
	_, err = tx.Exec(ctx, `INSERT INTO report_draft (id, account_id, content_sealed, updated_at) VALUES ($1,$2,$3,$4)`, id, account, sealed, db.At(tx.Now))
	return err
}

// Draft returns one of the actor's own drafts.
func (s *Service) Draft(ctx context.Context, by member.Actor, id string) (c Content, err error) {
	if err := mayDraft(by); err != nil {
		return c, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		d, err := s.draft(ctx, tx, by, id)
		c = d.content
		return err
	})
	if err != nil {
		return Content{}, fmt.Errorf("get draft: %w", err)
	}
	return c, nil
}

// Drafts returns the actor's own drafts, the one touched last first.
func (s *Service) Drafts(ctx context.Context, by member.Actor) (out []DraftInfo, err error) {
	if err := mayDraft(by); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ds, err := db.List(ctx, tx, s.scanDraft, `SELECT id, account_id, content_sealed, updated_at FROM report_draft
			WHERE account_id = $1 ORDER BY updated_at DESC, id DESC`, by.AccountID)
		for _, d := range ds {
			info := DraftInfo{ID: d.id, Title: d.content.Title, UpdatedAt: d.at}
			if info.Title == "" {
				info.Title = d.content.Product
			}
			info.Percent, _ = Completeness(d.content)
			out = append(out, info)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return out, nil
}

// DropDraft deletes one of the actor's own drafts; it is no error when it is gone already.
func (s *Service) DropDraft(ctx context.Context, by member.Actor, id string) error {
	if err := mayDraft(by); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := s.draft(ctx, tx, by, id)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM report_draft WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop draft: %w", err)
	}
	return nil
}

// mayDraft: drafts belong to a person.
func mayDraft(by member.Actor) error {
	if by.AccountID == "" {
		return fault.SignIn()
	}
	if !by.Allows(member.ScopeReport) {
		return fault.Deny("fault.scope", member.ScopeReport)
	}
	return nil
}

type draft struct {
	id, account string
	content     Content
	at          time.Time
}

func (s *Service) scanDraft(r db.Row) (d draft, err error) {
	var at db.Time
	var sealed []byte
	if err := r.Scan(&d.id, &d.account, &sealed, &at); err != nil {
		return d, err
	}
	d.at = at.Time
	d.content, err = seal.OpenJSON[Content](s.Seal, draftPlace(d.id), sealed)
	return d, err
}

// draft returns a draft that is the actor's own.
func (s *Service) draft(ctx context.Context, tx *db.Tx, by member.Actor, id string) (draft, error) {
	if uuid.Validate(id) != nil {
		return draft{}, fault.Missing()
	}
	d, err := db.Get(ctx, tx, s.scanDraft, `SELECT id, account_id, content_sealed, updated_at FROM report_draft WHERE id = $1`, id)
	if err == nil && d.account != by.AccountID {
		return draft{}, fault.Hidden()
	}
	return d, err
}

func draftPlace(id string) string { return "report_draft/" + id + "/content" }
