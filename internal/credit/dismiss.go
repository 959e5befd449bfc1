// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/orgname"
)

// maxWhy bounds reasons, in characters.
const maxWhy = 5_000

// reason checks a text of several lines that must be there.
func reason(name, v string) (string, error) {
	var c fault.Check
	v = strings.TrimSpace(v)
	c.That(v != "", name, "rule.required", "")
	c.That(utf8.ValidString(v) && !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }), name, "member.rule.characters", "")
	c.That(utf8.RuneCountInString(v) <= maxWhy, name, "rule.too-long", "", maxWhy)
	return v, c.Err()
}

// Dismiss ends a lead without a question, with reasons. When stranger is set, the spellings in it do not mean the member,
// and records that use them do not make leads any more. For supervisors of other organisations.
func (s *Service) Dismiss(ctx context.Context, by member.Actor, id, why string, stranger bool) (l Lead, err error) {
	if err := supervisor(by); err != nil {
		return Lead{}, err
	}
	if why, err = reason("why", why); err != nil {
		return Lead{}, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if l, err = s.led(ctx, tx, by, id); err != nil {
			return err
		}
		was := l.State
		if err := l.moveTo(Dismissed); err != nil {
			return err
		}
		if stranger {
			seen := map[string]bool{}
			var rows [][]any
			for _, x := range l.Signs {
				if k := orgname.Key(x.Party); k != "" && !seen[k] && x.Rule != RuleAssigner {
					seen[k] = true
					rows = append(rows, []any{l.OrgID, k, l.ID, db.At(tx.Now)})
				}
			}
			if err := db.Bulk(ctx, tx, "credit_stranger (org_id, party, lead_id, at)", "ON CONFLICT (org_id, party) DO NOTHING", rows); err != nil {
				return err
			}
		}
		if err := s.say(ctx, tx, by, l, SaysDismiss, why); err != nil {
			return err
		}
		if err := s.updateLead(ctx, tx, &l, was); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), LetGo{l.on(), stranger})
		return err
	})
	if err != nil {
		return Lead{}, fmt.Errorf("dismiss lead: %w", err)
	}
	return l, nil
}
