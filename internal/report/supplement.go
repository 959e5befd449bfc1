// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Supplement adds a stage to a report: in.Content is the whole new content, nothing is merged. It is for the reporter
// and its organisation. The clocks run from the time of learning that the first stage gave; duties that only the new
// facts give rise to (a relation, an upstream component) start from there too, and the duty to report counts as met by
// the first stage. A report that was once complete does not go back to four facts. Sending the newest stage again
// changes nothing (Result.Replayed). Faults: as Submit, and Conflict when somebody else was faster.
func (s *Service) Supplement(ctx context.Context, by member.Actor, reportID string, in Input) (Result, error) {
	seen, err := s.supplementable(ctx, by, reportID)
	if err != nil {
		return Result{}, fmt.Errorf("supplement report: %w", err)
	}
	return s.supplement(ctx, by, seen, in)
}

// SupplementBySecret is Supplement by the holder of the status link's secret: the reporter, who needs no account.
func (s *Service) SupplementBySecret(ctx context.Context, by member.Actor, secret string, in Input) (Result, error) {
	seen, err := s.Status(ctx, secret)
	if err != nil {
		return Result{}, fmt.Errorf("supplement report: %w", err)
	}
	return s.supplement(ctx, by, seen, in)
}

func (s *Service) supplement(ctx context.Context, by member.Actor, seen Report, in Input) (Result, error) {
	in.OnBehalfOf, in.IdempotencyKey = "", "" // the report has an owner, and a version is its own key
	in.Flash = in.Flash && seen.Flash
	in, err := s.checked(in, in.Flash)
	if err != nil {
		return Result{}, err
	}
	in.Content = in.Content.titled(by.Locale)
	w, err := in.Content.words()
	if err != nil {
		return Result{}, err
	}
	files, err := s.keep(in.Attachments)
	if err != nil {
		return Result{}, err
	}
	var out Result
	var eventID string
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		out, eventID, err = s.supplementTx(ctx, tx, by, seen, in, w, files)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("supplement report %s: %w", seen.Number, err)
	}
	return s.receipted(ctx, out, eventID)
}

// supplementable returns the report when the actor may add to it.
func (s *Service) supplementable(ctx context.Context, by member.Actor, id string) (r Report, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = readable(ctx, tx, by, `id`, id)
		return err
	})
	switch {
	case err != nil:
		return r, err
	case !owns(by, r) && by.Via != "system":
		return r, fault.Deny("fault.role")
	case !by.Allows(member.ScopeReport):
		return r, fault.Deny("fault.scope", member.ScopeReport)
	}
	return r, nil
}

func (s *Service) supplementTx(ctx context.Context, tx *db.Tx, by member.Actor, seen Report, in Input, w words, files []Attachment) (out Result, eventID string, err error) {
	r, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM report WHERE id = $1`+tx.ForUpdate(), seen.ID)
	if err != nil {
		return out, "", err
	}
	have, err := attachmentsOf(ctx, tx, r.ID)
	if err != nil {
		return out, "", err
	}
	files = fresh(files, have)
	last, err := s.version(ctx, tx, r.ID, r.Version)
	if err != nil {
		return out, "", err
	}
	if len(files) == 0 && r.Flash == in.Flash && evidence.Digest(last.salt, w.json) == last.digest {
		r.Content = last.Content
		out = Result{Report: r, Replayed: true}
		out.Duties, err = s.Duties.ForReport(ctx, tx, r.ID)
		return out, last.EventID, err
	}
	if r.State != Received {
		return out, "", fault.Clash("report.withdrawn")
	}
	if r.Version != seen.Version {
		return out, "", fault.Clash("fault.stale")
	}
	org, err := s.orgOf(ctx, tx, r)
	if err != nil {
		return out, "", err
	}
	r.Version++
	r.Flash, r.Relation, r.Content = in.Flash, in.Content.Relation, in.Content
	r.Completeness, _ = Completeness(in.Content)
	eventID, err = s.Events.Record(ctx, tx, by.By(), Supplemented{ReportID: r.ID, Number: r.Number, Version: r.Version, OrgID: r.OrgID,
		ContentDigest: w.digest, Attachments: digests(files)})
	if err != nil {
		return out, "", err
	}
	if err := updateReport(ctx, tx, r); err != nil {
		return out, "", err
	}
	out.Report = r
	g := stage{report: r, org: org, words: w, eventID: eventID, files: files, by: by.By()}
	if g.learned, err = s.Duties.Learned(ctx, tx, r.ID, r.LearnedAt); err != nil {
		return out, "", err
	}
	if _, err := s.addStages(ctx, tx, []stage{g}); err != nil {
		return out, "", err
	}
	for _, p := range g.duties().Performed { // of duties that had started before
		if err := s.Duties.Meet(ctx, tx, r.ID, p.Rule, p.At, p.EventID); err != nil {
			return out, "", err
		}
	}
	out.Duties, err = s.Duties.ForReport(ctx, tx, r.ID)
	return out, eventID, err
}
