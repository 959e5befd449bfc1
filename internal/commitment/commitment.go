// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package commitment lets a finder fix the date of a find without saying what it is: a digest today, the words later.
//
// The digest is hex(SHA-256(salt ‖ words)). Nobody can guess the words from it while the salt, 32 random bytes, stays with
// the finder; and the finder can open it with no other words than those. It is no report: no duty ends
// with it and no clock stops.
package commitment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// A Commitment is a digest with a date, and once it is opened, the words behind it.
type Commitment struct {
	ID, Number       string
	OrgID, AccountID string
	Digest           string // hex(SHA-256(salt ‖ words))
	MadeAt           time.Time
	OpenedAt         time.Time // zero while it is closed
	Words            string    // once opened, to those who may read them
	madeEvent        string
	openedEvent      string
	sealed, blind    []byte
}

// Service holds the verbs about commitments.
type Service struct {
	DB       *db.DB
	Events   *event.Log
	Evidence *evidence.Log
	Seal     *seal.Keyring
	Prefix   string // of numbers
}

// on is what the events say of a commitment.
type on struct {
	CommitmentID string `json:"commitment"`
	Number       string `json:"number"`
	OrgID        string `json:"org"`
	Digest       string `json:"digest"`
}

// About puts it on the organisation's time line.
func (o on) About() event.About {
	return event.About{Number: o.Number, Subjects: []string{"commitment/" + o.CommitmentID, "org/" + o.OrgID}}
}

// Made: a member fixed the date of something it does not say yet.
type Made struct{ on }

// Kind is the stored name.
func (Made) Kind() string { return "commitment.made" }

// Opened: the member said what it was.
type Opened struct {
	on
	ContentDigest string `json:"content_digest"` // of the words, for the receipt
}

// Kind is the stored name.
func (Opened) Kind() string { return "commitment.opened" }

const columns = `id, number, org_id, account_id, digest, made_at, made_event, opened_at, opened_event, words_sealed, blind`

func scan(r db.Row) (c Commitment, err error) {
	var made, opened db.Time
	err = r.Scan(&c.ID, &c.Number, &c.OrgID, &c.AccountID, &c.Digest, &made, &c.madeEvent, &opened, db.Null(&c.openedEvent), &c.sealed, &c.blind)
	c.MadeAt, c.OpenedAt = made.Time, opened.Time
	return c, err
}

// mayAct lets people of an organisation through, also of a suspended one: discipline stops nobody from reporting.
func mayAct(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeReport):
		return fault.Deny("fault.scope", member.ScopeReport)
	case by.OrgID == "": // staff without an organisation: there is nobody whose commitments theirs would be
		return fault.Hidden()
	}
	return nil
}

// load returns a commitment to its organisation, and an opened one to the platform's people as well.
func load(ctx context.Context, tx *db.Tx, by member.Actor, id string) (Commitment, error) {
	if err := mayAct(by); err != nil {
		return Commitment{}, err
	}
	if uuid.Validate(id) != nil {
		return Commitment{}, fault.Missing()
	}
	c, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM commitment WHERE id = $1`, id)
	if err != nil {
		return Commitment{}, err
	}
	if c.OrgID != by.OrgID && !(by.Staff() && !c.OpenedAt.IsZero()) {
		return Commitment{}, fault.Hidden()
	}
	return c, nil
}

func place(id string) string { return "commitment/" + id }

// whole opens the words of a commitment that is open.
func (s *Service) whole(c Commitment) (Commitment, error) {
	if c.OpenedAt.IsZero() {
		return c, nil
	}
	b, err := s.Seal.Open(place(c.ID), c.sealed)
	if err == nil {
		err = json.Unmarshal(b, &c.Words)
	}
	if err != nil {
		return Commitment{}, fmt.Errorf("words of commitment %s: %w", c.ID, err)
	}
	return c, nil
}

// Get returns a commitment, with its words once it is open.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (c Commitment, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c, err = load(ctx, tx, by, id)
		return err
	})
	if err == nil {
		c, err = s.whole(c)
	}
	if err != nil {
		return Commitment{}, fmt.Errorf("commitment: %w", err)
	}
	return c, nil
}

// List returns the commitments of the actor's organisation, newest first, before the one with id before ("" for the
// first page). next is the cursor of the page that follows, or "".
func (s *Service) List(ctx context.Context, by member.Actor, before string, limit int) (cs []Commitment, next string, err error) {
	if err := mayAct(by); err != nil {
		return nil, "", fmt.Errorf("list commitments: %w", err)
	}
	if before == "" {
		before = "g" // above every hexadecimal id
	} else if uuid.Validate(before) != nil {
		return nil, "", fault.Missing()
	}
	if limit <= 0 || limit > 200 {
		limit = 50
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		cs, err = db.List(ctx, tx, scan, `SELECT `+columns+` FROM commitment WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, by.OrgID, before, limit+1)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list commitments: %w", err)
	}
	if len(cs) > limit {
		cs = cs[:limit]
		next = cs[limit-1].ID
	}
	return cs, next, nil
}
