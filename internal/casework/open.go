// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/purl"
)

// Open opens a case for a report that was received: a step of the flow, safe to run again. A report that looks like a
// known case still gets its own; a person decides whether they are one (Duplicates, Join).
func (s *Service) Open(ctx context.Context, e report.Submitted) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := caseOf(ctx, tx, e.ReportID)
		if err == nil || !fault.Is(err, fault.NotFound) {
			return err
		}
		r, err := s.Reports.ContentTx(ctx, tx, e.ReportID)
		if err != nil {
			return err
		}
		return s.open(ctx, tx, r)
	})
	if err != nil {
		return fmt.Errorf("open a case for report %s: %w", e.ReportID, err)
	}
	return nil
}

func caseOf(ctx context.Context, tx *db.Tx, reportID string) (string, error) {
	return db.Get(ctx, tx, db.Value[string], `SELECT case_id FROM case_report WHERE report_id = $1`, reportID)
}

func (s *Service) open(ctx context.Context, tx *db.Tx, r report.Report) error {
	id, err := newID()
	if err != nil {
		return err
	}
	number, err := s.number(ctx, tx)
	if err != nil {
		return err
	}
	exploited := r.Content.Exploited
	if exploited == "" {
		exploited = "unknown"
	}
	c := Case{ID: id, Number: number, State: Triage, StateSince: tx.Now, Rev: 1, Exploited: exploited, OpenedAt: tx.Now, UpdatedAt: tx.Now, Content: normalise(r.Content)}
	if err := s.insert(ctx, tx, c); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO case_report (report_id, case_id) VALUES ($1, $2)`, r.ID, c.ID); err != nil {
		return err
	}
	if r.OrgID != "" {
		if err := setParty(ctx, tx, Party{CaseID: c.ID, OrgID: r.OrgID, Relation: Reporter, Status: Acknowledged, Since: tx.Now}); err != nil {
			return err
		}
	}
	if err := s.refingerprint(ctx, tx, c); err != nil {
		return err
	}
	if err := s.Duties.Attach(ctx, tx, r.ID, c.ID); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, member.System().By(), Opened{on: c.on(), ReportID: r.ID})
	return err
}

// normalise makes the platform's own copy of what a report says; the report stays as it was received.
func normalise(r report.Content) Content {
	c := Content{Title: r.Title, Description: r.Technical, CWE: r.CWE, Aliases: r.Aliases, Affected: r.Affected, Fix: r.Fix}
	if r.Credit != "" {
		c.Credits = []string{r.Credit}
	}
	if len(c.Affected) == 0 && (r.PURL != "" || r.Product != "") {
		a := report.Affected{PURL: r.PURL}
		if r.PURL == "" {
			a = report.Affected{Vendor: r.Vendor, Product: r.Product, Model: r.Model}
		}
		c.Affected = []report.Affected{a}
	}
	return c
}

// packageKey is equal for package URLs that name the same package; a broken one stands for itself.
func packageKey(s string) string {
	p, err := purl.Parse(s)
	if err != nil {
		return s
	}
	return p.Key()
}

// setParty makes an organisation take part, or changes how; a reporter stays one.
func setParty(ctx context.Context, tx *db.Tx, p Party) error {
	_, err := tx.Exec(ctx, `INSERT INTO case_party (case_id, org_id, relation, status, since) VALUES ($1,$2,$3,$4,$5)
		ON CONFLICT (case_id, org_id) DO UPDATE SET status = excluded.status, since = excluded.since,
		relation = CASE WHEN case_party.relation = 'reporter' THEN case_party.relation ELSE excluded.relation END`,
		p.CaseID, p.OrgID, p.Relation, p.Status, db.At(p.Since))
	return err
}
