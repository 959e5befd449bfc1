// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Edit changes an advisory: a draft as it is, a published one by opening its next revision, which stays unseen until
// it is published too. revision is the one that was edited; another one is a conflict. An edit ends a review, and takes
// the grades as they stand in the case by now.
func (s *Service) Edit(ctx context.Context, by member.Actor, id string, revision int, c Content, summary string) (a Advisory, err error) {
	if err := mayWrite(by); err != nil {
		return a, err
	}
	if err := validate(c, summary); err != nil {
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
		if a.Revision != revision {
			return fault.Clash("fault.stale")
		}
		if a.State == Public {
			a.Revision++
		}
		of, err := s.Cases.ContentTx(ctx, tx, a.CaseID)
		if err != nil {
			return err
		}
		c.Number, c.Technical, c.Composite, c.Grades, c.Summary = a.Number, of.Technical, of.Composite, newest(grades), summary
		a.State, a.Content, a.DraftedBy, a.ReviewedBy, a.UpdatedAt = Draft, c, by.AccountID, "", tx.Now
		return s.update(ctx, tx, a)
	})
	if err != nil {
		return Advisory{}, fmt.Errorf("edit advisory %s: %w", id, err)
	}
	return a, nil
}

func validate(c Content, summary string) error {
	var check fault.Check
	check.That(strings.TrimSpace(c.Title) != "", "content.title", "rule.required", "Apache Log4j2 远程代码执行漏洞")
	for name, text := range map[string]string{"content.description": c.Description, "content.description_en": c.DescriptionEN, "content.fix": c.Fix, "content.fix_en": c.FixEN,
		"content.workaround": c.Workaround, "content.workaround_en": c.WorkaroundEN, "summary": summary} {
		check.That(utf8.RuneCountInString(text) <= 20000, name, "rule.too-long", "", 20000)
	}
	for i, r := range c.References {
		u, err := url.Parse(r.URL)
		check.That(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "", fmt.Sprintf("content.references[%d].url", i), "rule.url", "https://logging.apache.org/security.html")
	}
	return check.Err()
}
