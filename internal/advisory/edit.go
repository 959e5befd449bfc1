// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Edit changes an advisory: a draft as it is, a published one by opening its next revision, which stays unseen until
// it is published too. rev is what was edited; when somebody changed it meanwhile, nothing is changed (Conflict). An edit
// ends a review, and takes the grades as they stand in the case by now.
func (s *Service) Edit(ctx context.Context, by member.Actor, id string, rev int, c Content, summary string) (a Advisory, err error) {
	if err := mayWrite(by); err != nil {
		return a, err
	}
	if c, err = validate(c, summary); err != nil {
		return a, err
	}
	now, err := s.Get(ctx, by, id)
	if err != nil {
		return a, err
	}
	grades, err := s.Cases.Grades(ctx, by, now.CaseID)
	if err != nil {
		return a, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a, err = s.byID(ctx, tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		if a.Rev != rev {
			return fault.Clash("fault.stale")
		}
		if a.State == Public {
			a.Revision++
		}
		a.Rev++
		of, err := s.Cases.ContentTx(ctx, tx, a.CaseID)
		if err != nil {
			return err
		}
		c.Number, c.Technical, c.Composite, c.Grades = a.Number, of.Technical, of.Composite, newest(grades)
		a.State, a.Content, a.DraftedBy, a.ReviewedBy, a.UpdatedAt = Draft, c, by.AccountID, "", tx.Now
		return s.update(ctx, tx, a)
	})
	if err != nil {
		return Advisory{}, fmt.Errorf("edit advisory %s: %w", id, err)
	}
	return a, nil
}

// longest is the longest summary of a change, in characters.
const longest = 1000

// validate holds the content to the rules of the case's, and returns it and the summary as they are kept.
func validate(c Content, summary string) (Content, error) {
	var err error
	if c.Content, err = c.Content.Valid(); err != nil {
		return c, err
	}
	c.Summary = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(summary, "\uFFFD")))
	var k fault.Check
	k.That(utf8.RuneCountInString(c.Summary) <= longest, "summary", "rule.too-long", "", longest)
	k.That(slices.Contains([]string{"", "yes", "no", "unknown"}, c.Exploited), "exploited", "rule.one-of", "yes", "yes, no, unknown")
	return c, k.Err()
}
