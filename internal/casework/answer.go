// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Answers lists what a party may say of its product, as VEX has it.
var Answers = []PartyStatus{Acknowledged, Investigating, Affected, NotAffected, Fixed}

// Answer records how a party's product stands, as often as that changes; "not-affected" needs a reason. It also confirms
// a notice that the party has not confirmed yet. Suspended organisations answer for their own products too.
func (s *Service) Answer(ctx context.Context, by member.Actor, id string, status PartyStatus, why string) error {
	if err := party(by); err != nil {
		return err
	}
	why = tidy(why)
	if err := checkAnswer(status, why); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		v, p, err := s.partyOf(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if v.State == Duplicate || v.State == Rejected {
			return fault.Clash("case.ended", string(v.State))
		}
		if err := s.acknowledgeOwn(ctx, tx, by, v.Case); err != nil {
			return err
		}
		if p.Status == status && p.Why == why {
			return nil
		}
		p.Status, p.Why, p.Since = status, why, tx.Now
		if err := s.setStatus(ctx, tx, p); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), PartyAnswered{on: v.on(), OrgID: p.OrgID, Status: status})
		return err
	})
	if err != nil {
		return fmt.Errorf("answer for party: %w", err)
	}
	return nil
}

func checkAnswer(status PartyStatus, why string) error {
	words := make([]string, len(Answers))
	for i, a := range Answers {
		words[i] = string(a)
	}
	var k fault.Check
	k.That(slices.Contains(Answers, status), "status", "rule.one-of", string(Investigating), strings.Join(words, ", "))
	k.That(why != "" || status != NotAffected, "why", "rule.required", "")
	k.That(utf8.RuneCountInString(why) <= maxWhy, "why", "rule.too-long", "", maxWhy)
	return k.Err()
}

// acknowledgeOwn confirms the notice to the actor's organisation: who answers has read it.
func (s *Service) acknowledgeOwn(ctx context.Context, tx *db.Tx, by member.Actor, c Case) error {
	n, err := db.Get(ctx, tx, s.scanNotice, noticeQuery+` WHERE n.case_id = $1 AND n.org_id = $2`, c.ID, by.OrgID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.acknowledge(ctx, tx, by, n, "inbox")
	return err
}
