// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/member"
)

// A stage is what the first version of a report and every later one bring beside the report's own row.
type stage struct {
	report  Report // with the stage's content and version
	org     member.Org
	words   words
	eventID string
	files   []Attachment
	by      event.By
	learned time.Time // that counts for the clocks; zero: as the report says
}

// addStages writes the versions, their files, the duties and the transfers of stages of different reports. It returns
// the duties by report.
func (s *Service) addStages(ctx context.Context, tx *db.Tx, stages []stage) (map[string][]duty.Duty, error) {
	if err := s.insertVersions(ctx, tx, stages); err != nil {
		return nil, err
	}
	if err := insertAttachments(ctx, tx, stages); err != nil {
		return nil, err
	}
	authorities, platform, err := s.members().OfficesTx(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := s.queueTransfers(ctx, tx, stages, authorities); err != nil {
		return nil, err
	}
	begins := make([]duty.Begin, len(stages))
	for i, g := range stages {
		begins[i] = g.duties()
		begins[i].Service = g.promise(platform)
	}
	return s.Duties.StartAll(ctx, tx, begins)
}

// duties are what the facts of this stage give rise to, and which of them the report itself meets: the duty to report
// at the time of the first stage, the duty to tell the upstream provider when the reporter says so.
func (g stage) duties() duty.Begin {
	r, c := g.report, g.report.Content
	b := duty.Begin{ReportID: r.ID, Number: r.Number, AccountID: r.AccountID, Facts: duty.Facts{OrgID: r.OrgID, Partner: g.org.Partner, Relation: c.Relation, Upstream: c.Upstream == "yes", LearnedAt: r.LearnedAt},
		Performed: []duty.Performed{{Rule: duty.RuleReport, At: r.ReceivedAt, EventID: r.EventID}, {Rule: duty.RulePartner, At: r.ReceivedAt, EventID: r.EventID}}}
	b.By, b.EventID = g.by, g.eventID
	if !g.learned.IsZero() {
		b.Facts.LearnedAt = g.learned
	}
	var first Told
	for _, t := range c.Told {
		if !t.At.Before(r.LearnedAt) && (first.At.IsZero() || t.At.Before(first.At)) {
			first = t
		}
	}
	if c.Upstream == "yes" && !first.At.IsZero() {
		b.Performed = append(b.Performed, duty.Performed{Rule: duty.RuleUpstream, At: first.At, EventID: g.eventID})
	}
	return b
}

// promise is what the platform owes to the reporter from the first stage on. The receipt is given by the event itself.
func (g stage) promise(platform string) duty.Promise {
	r := g.report
	if r.Version > 1 {
		return duty.Promise{}
	}
	return duty.Promise{OrgID: platform, AcceptedAt: r.ReceivedAt, Event: g.report.Content.Kind == Event,
		Performed: []duty.Performed{{Rule: duty.RuleAcknowledge, At: r.ReceivedAt, EventID: r.EventID}}}
}
