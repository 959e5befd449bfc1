// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Take makes the actor the one who works on the case; who had it before has it no longer. A rejected case comes back to
// triage by it. Faults: Conflict for a case that is closed or part of another one.
func (s *Service) Take(ctx context.Context, by member.Actor, id string) error {
	if err := named(by); err != nil {
		return err
	}
	_, err := s.change(ctx, id, func(tx *db.Tx, c *Case) error {
		if c.State == Duplicate || c.State == Closed {
			return fault.Clash("case.ended", string(c.State))
		}
		if c.State == Rejected {
			if err := s.moved(ctx, tx, by, c, Triage); err != nil {
				return err
			}
		}
		if c.Assignee == by.AccountID {
			return nil
		}
		c.Assignee = by.AccountID
		_, err := s.Events.Record(ctx, tx, by.By(), Taken{on: c.on(), AccountID: by.AccountID})
		return err
	})
	if err != nil {
		return fmt.Errorf("take case: %w", err)
	}
	return nil
}

// StartVerifying says that the verification begins; a case that nobody has taken is the actor's from now on.
func (s *Service) StartVerifying(ctx context.Context, by member.Actor, id string) error {
	if err := named(by); err != nil {
		return err
	}
	_, err := s.change(ctx, id, func(tx *db.Tx, c *Case) error {
		if c.Assignee == "" {
			c.Assignee = by.AccountID
		}
		return s.moved(ctx, tx, by, c, Verifying)
	})
	if err != nil {
		return fmt.Errorf("start verifying: %w", err)
	}
	return nil
}

// moved moves a loaded case by the table and records it.
func (s *Service) moved(ctx context.Context, tx *db.Tx, by member.Actor, c *Case, to State) error {
	from := c.State
	if err := c.moveTo(tx, to); err != nil {
		return err
	}
	eventID, err := s.Events.Record(ctx, tx, by.By(), Moved{on: c.on(), From: from, To: to})
	if err != nil || from != NeedsInfo {
		return err
	}
	reports, err := reportIDs(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	return s.clocks(ctx, tx, by, from, to, reports, eventID, "")
}
