// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A submission is a checked report on its way into the database. accept sets what only the transaction knows; a
// transaction may run twice.
type submission struct {
	by     member.Actor
	keys   keys
	secret string
	draft  Report // without number and times
	words  words
	files  []Attachment

	report Report
	duties []duty.Duty
	known  bool // the same key was here before: nothing was written
}

// prepared does everything that needs no transaction.
func (s *Service) prepared(by member.Actor, in Input) (*submission, error) {
	x := &submission{by: by, keys: s.keysOf(by, in)}
	x.secret, x.keys.secret = newSecret()
	in.Content = in.Content.titled(by.Locale)
	var err error
	if x.words, err = in.Content.words(); err != nil {
		return nil, err
	}
	if x.files, err = s.keep(in.Attachments); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	percent, _ := Completeness(in.Content)
	x.draft = Report{ID: id.String(), OrgID: by.OrgID, AccountID: by.AccountID, Contact: in.Contact, Relation: in.Content.Relation, Flash: in.Flash,
		Version: 1, Completeness: percent, State: Received, LearnedAt: in.Content.LearnedAt, Content: in.Content}
	if in.OnBehalfOf != "" {
		x.draft.OrgID = in.OnBehalfOf
	}
	return x, nil
}

// accept writes submissions that arrived at the same time. They share their statements, because each of them would
// otherwise hold the series of numbers through all of its own.
func (s *Service) accept(ctx context.Context, tx *db.Tx, all []*submission) error {
	xs, err := fresher(ctx, tx, all)
	if err != nil || len(xs) == 0 {
		return err
	}
	stages := make([]stage, len(xs))
	orgs := map[string]member.Org{}
	for i, x := range xs {
		org, ok := orgs[x.draft.OrgID]
		if !ok {
			if org, err = s.orgOf(ctx, tx, x.draft); err != nil {
				return err
			}
			orgs[x.draft.OrgID] = org
		}
		stages[i] = stage{report: x.draft, org: org, words: x.words, files: x.files, by: x.by.By()}
	}
	if err := s.number(ctx, tx, stages); err != nil {
		return err
	}
	acts := make([]event.Act, len(xs))
	for i, g := range stages {
		r := g.report
		acts[i] = event.Act{By: xs[i].by.By(), Event: Submitted{ReportID: r.ID, Number: r.Number, Version: 1, OrgID: r.OrgID,
			LearnedAt: r.LearnedAt, ContentDigest: g.words.digest, Attachments: digests(g.files)}}
	}
	ids, err := s.Events.RecordAll(ctx, tx, acts)
	if err != nil {
		return err
	}
	for i, x := range xs {
		stages[i].eventID, stages[i].report.EventID = ids[i], ids[i]
		x.report = stages[i].report
	}
	if err := insertReports(ctx, tx, xs); err != nil {
		return err
	}
	duties, err := s.addStages(ctx, tx, stages)
	for _, x := range xs {
		x.duties = duties[x.report.ID]
	}
	return err
}

// fresher marks submissions whose key was used before, also by another of them, and returns the rest.
func fresher(ctx context.Context, tx *db.Tx, all []*submission) (xs []*submission, err error) {
	var used []string
	for _, x := range all {
		if x.keys.idempotency != "" {
			used = append(used, x.keys.idempotency)
		}
	}
	known := map[string]bool{}
	if len(used) > 0 {
		var a db.Args
		used, err = db.List(ctx, tx, db.Value[string], `SELECT idempotency FROM report WHERE idempotency IN `+db.In(&a, used), a...)
		if err != nil {
			return nil, err
		}
		for _, k := range used {
			known[k] = true
		}
	}
	for _, x := range all {
		k := x.keys.idempotency
		if x.known = known[k]; x.known {
			continue
		}
		known[k] = k != ""
		xs = append(xs, x)
	}
	return xs, nil
}

// number gives the reports the next numbers of the year in Beijing, and their time.
func (s *Service) number(ctx context.Context, tx *db.Tx, stages []stage) error {
	year := tx.Now.In(calendar.Beijing()).Year()
	last, err := db.Take(ctx, tx, fmt.Sprintf("report/%d", year), len(stages))
	if err != nil {
		return err
	}
	for i := range stages {
		r := &stages[i].report
		r.Number = fmt.Sprintf("%s-R-%d-%06d", s.Prefix, year, last-int64(len(stages)-1-i))
		r.ReceivedAt = tx.Now
	}
	return nil
}

// orgOf returns the reporting organisation, or the zero one for a report without.
func (s *Service) orgOf(ctx context.Context, tx *db.Tx, r Report) (member.Org, error) {
	if r.OrgID == "" {
		return member.Org{}, nil
	}
	org, err := s.members().OrgTx(ctx, tx, r.OrgID)
	if fault.Is(err, fault.NotFound) {
		return org, fault.FieldError("on_behalf_of", "report.rule.organisation", "")
	}
	return org, err
}

// members reads organisations; it is made of what this service has anyway.
func (s *Service) members() *member.Service {
	return &member.Service{DB: s.DB, Events: s.Events, Seal: s.Seal}
}
