// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package commitment

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// What is committed to, in bytes. Were salts of any length, words could be moved into the salt and left unsaid.
const (
	SaltSize = 32
	maxWords = 64 << 10
)

// Open says what a commitment was about: its organisation's people may, once. The words are sealed like a report's.
// Faults: Invalid when salt and words do not give the digest, Conflict when it is open already.
func (s *Service) Open(ctx context.Context, by member.Actor, id string, salt []byte, words string) (c Commitment, receipt evidence.Receipt, err error) {
	var check fault.Check
	check.That(len(salt) == SaltSize, "salt", "commitment.rule.salt", "", SaltSize)
	check.That(words != "" && len(words) <= maxWords && utf8.ValidString(words), "words", "commitment.rule.words", "", maxWords)
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if c, err = load(ctx, tx, by, id); err != nil {
			return err
		}
		if c.OrgID != by.OrgID {
			return fault.Deny("commitment.not-yours")
		}
		if err := check.Err(); err != nil {
			return err
		}
		if evidence.Digest(salt, []byte(words)) != c.Digest {
			return fault.FieldError("words", "commitment.rule.other", "")
		}
		return s.open(ctx, tx, by, &c, words)
	})
	if err == nil {
		receipt, err = s.receipted(ctx, by, c.ID, c.openedEvent, true)
	}
	if err != nil {
		return Commitment{}, evidence.Receipt{}, fmt.Errorf("open commitment: %w", err)
	}
	return c, receipt, nil
}

func (s *Service) open(ctx context.Context, tx *db.Tx, by member.Actor, c *Commitment, words string) (err error) {
	content, err := json.Marshal(words)
	if err != nil {
		return err
	}
	c.blind = make([]byte, 16)
	rand.Read(c.blind) //nolint:errcheck // never fails
	c.sealed = s.Seal.Seal(place(c.ID), content)
	if c.openedEvent, err = s.Events.Record(ctx, tx, by.By(), Opened{c.on(), evidence.Digest(c.blind, content)}); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE commitment SET opened_at = $1, opened_event = $2, words_sealed = $3, blind = $4 WHERE id = $5 AND opened_at IS NULL`,
		db.At(tx.Now), c.openedEvent, c.sealed, c.blind, c.ID)
	if err == nil && n == 0 {
		err = fault.Clash("commitment.open")
	}
	c.OpenedAt, c.Words = tx.Now, words
	return err
}

// Receipt returns the receipt of a commitment's making, or of its opening, which holds the words.
func (s *Service) Receipt(ctx context.Context, by member.Actor, id string, opened bool) (r evidence.Receipt, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c, err := load(ctx, tx, by, id)
		if err != nil {
			return err
		}
		eventID := c.madeEvent
		if opened {
			if eventID = c.openedEvent; eventID == "" {
				return fault.Missing()
			}
		}
		line, err := event.Get(ctx, tx, eventID)
		if err != nil {
			return err
		}
		var content, blind []byte
		if opened {
			blind = c.blind
			if content, err = s.Seal.Open(place(c.ID), c.sealed); err != nil {
				return err
			}
		}
		r, err = s.Evidence.Receipt(ctx, tx, eventID, []byte(line.Payload), line.Salt, content, blind)
		return err
	})
	if err != nil {
		return evidence.Receipt{}, fmt.Errorf("receipt of commitment: %w", err)
	}
	return r, nil
}

// receipted waits for an event to come into the log, and returns its receipt.
func (s *Service) receipted(ctx context.Context, by member.Actor, id, eventID string, opened bool) (evidence.Receipt, error) {
	if _, err := s.Evidence.Await(ctx, eventID, patience); err != nil {
		return evidence.Receipt{}, err
	}
	return s.Receipt(ctx, by, id, opened)
}
