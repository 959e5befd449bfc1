// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Deny says that the member is not meant, and why. A lead that waits then waits for a person, and opens nothing by itself;
// a question that was asked stays, and the word stands beside it. For people of the member, suspended or not.
func (s *Service) Deny(ctx context.Context, by member.Actor, id, why string) (l Lead, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if l, err = s.readable(ctx, tx, by, id, tx.ForUpdate()); err != nil {
			return err
		}
		if !speaks(by, l.OrgID) {
			return fault.Deny("compliance.not-party")
		}
		text, err := reason("why", why)
		if err != nil {
			return err
		}
		was := l.State
		if l.State != Asked && l.State != Denied {
			if err := l.moveTo(Denied); err != nil {
				return err
			}
		}
		if err := s.say(ctx, tx, by, l, SaysNotOurs, text); err != nil {
			return err
		}
		if err := s.updateLead(ctx, tx, &l, was); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), NotOurs{l.on()})
		return err
	})
	if err != nil {
		return Lead{}, fmt.Errorf("deny lead: %w", err)
	}
	return l, nil
}
