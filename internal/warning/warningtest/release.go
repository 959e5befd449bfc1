// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package warningtest measures how fast a warning reaches everybody. It is for tests and benchmarks and no part of the
// platform.
package warningtest

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/match/matchtest"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/warning"
)

// Members adds n partner units in twenty sectors, each with a mailbox and every second one with a webhook, and the
// organisation that runs the platform.
func Members(ctx context.Context, d *db.DB, n int) error {
	err := d.Tx(ctx, func(tx *db.Tx) error {
		const columns = `INSERT INTO org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspension_reason, email, phone,
			webhook_url, domains, note, created_at)`
		if _, err := tx.Exec(ctx, columns+` VALUES ('platform', 'platform', '值班室', 'Duty office', '["platform"]', $1, 0, '', '', 'CN', 'active', '', '', '010-00000000',
			'', '[]', '', $2)`, false, db.At(tx.Now)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1) `+columns+`
			SELECT '00000000-0000-7000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2), 'unit-' || i, '单位 ' || i, 'Unit ' || i, '["operator"]', $2, 3,
			'sector-' || (i % 20), '', 'CN', 'active', '', 'unit-' || i || '@member.example', '', CASE WHEN i % 2 = 0 THEN 'https://unit-' || i || '.example/hook' ELSE '' END,
			'[]', '', $3 FROM n`, n, true, db.At(tx.Now))
		return err
	})
	if err != nil {
		return fmt.Errorf("make members: %w", err)
	}
	_, err = d.Writer().ExecContext(ctx, "ANALYZE")
	return err
}

// Case adds a critical, exploited case that is found in one product of every n-th member, and returns its id.
func Case(ctx context.Context, d *db.DB, key *seal.Keyring, every int) (id string, err error) {
	err = d.Tx(ctx, func(tx *db.Tx) error {
		if id, err = matchtest.Case(ctx, tx, key, matchtest.Affected); err != nil {
			return err
		}
		orgs, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM org WHERE partner ORDER BY id`)
		if err != nil {
			return err
		}
		var products, findings [][]any
		for i, org := range orgs {
			if i%every != 0 {
				continue
			}
			f := match.Finding{CaseID: id, ProductID: org, OrgID: org, ComponentID: 1, Version: "1.0"}
			why, err := seal.SealJSON(key, match.Place(f), match.Why{By: match.ByComponent, Path: []string{"网关@1.0", "core@2.0.7"}, Found: "core@2.0.7", Range: ">= 2.0.5, < 2.0.15"})
			if err != nil {
				return err
			}
			products = append(products, []any{org, org, "", "网关", "", "", "software", "", "", "", "", "", "", db.At(tx.Now)})
			findings = append(findings, []any{f.CaseID, f.ProductID, f.ComponentID, f.OrgID, f.Version, match.Hit, why, "run", db.At(tx.Now)})
		}
		if err := db.Bulk(ctx, tx, "product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, model_key, created_at)", "ON CONFLICT (id) DO NOTHING", products); err != nil {
			return err
		}
		return db.Bulk(ctx, tx, "finding (case_id, product_id, component_id, org_id, version, verdict, why_sealed, run, at)", "", findings)
	})
	if err != nil {
		return "", fmt.Errorf("make a case: %w", err)
	}
	return id, nil
}

// Timing compares a release with the bare inserts of as many rows, on the same database.
type Timing struct {
	Recipients, Deliveries int
	Release                time.Duration // until every inbox row and delivery is durable
	Bare                   time.Duration // of the inserts alone, without the journal
}

// Release drafts, approves and releases a warning about a case, as two duty officers do, and times the release.
func Release(ctx context.Context, s *warning.Service, caseID string) (t Timing, err error) {
	first := member.Actor{AccountID: "first", OrgID: "platform", Roles: []member.Role{member.DutyOfficer}, Via: "web"}
	second := member.Actor{AccountID: "second", OrgID: "platform", Roles: []member.Role{member.DutyOfficer}, Via: "web"}
	w, err := s.Draft(ctx, first, caseID)
	if err != nil {
		return t, err
	}
	text := w.Content
	text.Summary, text.Measures, text.Basis = "说明", "升级", "国家网络安全应急办公室决定"
	if w, err = s.Edit(ctx, first, w.ID, warning.EditInput{Rev: w.Rev, Level: warning.Red, TLP: w.TLP, Content: text}); err != nil {
		return t, err
	}
	if err := s.Approve(ctx, first, w.ID, w.Rev); err != nil {
		return t, err
	}
	start := time.Now()
	if _, err := s.Release(ctx, second, w.ID, w.Rev); err != nil {
		return t, err
	}
	t.Release = time.Since(start)
	if t.Bare, err = bare(ctx, s.DB, w.ID); err != nil {
		return t, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if t.Recipients, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM warning_recipient WHERE warning_id = $1`, w.ID); err != nil {
			return err
		}
		counts, err := delivery.Counts(ctx, tx, "warning", w.ID+":1")
		t.Deliveries = int(counts[delivery.Queued])
		return err
	})
	return t, err
}

// bare copies the rows that a release has made under another name, commits them, and removes them again; of none of it does
// the journal take notice.
func bare(ctx context.Context, d *db.DB, id string) (took time.Duration, err error) {
	run := func(statements ...string) error {
		tx, err := d.Writer().BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to take back
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s, id); err != nil {
				return err
			}
		}
		return tx.Commit()
	}
	start := time.Now()
	err = run(`INSERT INTO warning_recipient (warning_id, revision, org_id, wave, products, at, answer, assets, answered_by, answered_via)
			SELECT 'bare', revision, org_id, wave, products, at, answer, assets, answered_by, answered_via FROM warning_recipient WHERE warning_id = $1`,
		`INSERT INTO delivery_batch (id, purpose, subject, channel, state, first_org, last_org, items, waiting, claims, next_at, created_at)
			SELECT 'bare' || id, purpose, 'bare', channel, state, first_org, last_org, items, waiting, claims, next_at, created_at FROM delivery_batch WHERE subject = $1 || ':1'`)
	if err != nil {
		return 0, fmt.Errorf("bare inserts: %w", err)
	}
	took = time.Since(start)
	if err := run(`DELETE FROM warning_recipient WHERE warning_id = 'bare' AND $1 <> ''`, `DELETE FROM delivery_batch WHERE subject = 'bare' AND $1 <> ''`); err != nil {
		return 0, fmt.Errorf("remove bare inserts: %w", err)
	}
	return took, nil
}

// Answer lets four in five units be reached by mail and answer within the first hours, in every way there is, and one in a
// hundred not be reached for good.
func Answer(ctx context.Context, d *db.DB, id string) error {
	err := d.Tx(ctx, func(tx *db.Tx) error {
		orgs, err := db.List(ctx, tx, db.Value[string], `SELECT org_id FROM warning_recipient WHERE warning_id = $1 AND revision = 1 ORDER BY org_id`, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM delivery_batch WHERE subject = $1 AND channel = 'email'`, id+":1"); err != nil {
			return err
		}
		var rows [][]any
		for i, org := range orgs {
			state, done := delivery.Delivered, any(db.At(tx.Now.Add(time.Duration(i%7000)*time.Second)))
			if i%100 == 99 {
				state = delivery.Failed
			}
			rows = append(rows, []any{delivery.ID("warning", id+":1", org, delivery.Email), "warning", id + ":1", org, delivery.Email, "", state, 1, nil, "", db.At(tx.Now), done})
		}
		if err := db.Bulk(ctx, tx, `delivery (id, purpose, subject, org_id, channel, destination, state, attempts, next_at, last_error, created_at, done_at)`, "ON CONFLICT (id) DO NOTHING", rows); err != nil {
			return err
		}
		answers := []warning.Answer{warning.FixedAll, warning.AffectedNo, warning.Checking, warning.AffectedYes}
		for i, a := range answers {
			at := db.At(tx.Now.Add(time.Duration(i+1) * time.Hour))
			var fixed any
			if a == warning.FixedAll {
				fixed = at
			}
			if _, err := tx.Exec(ctx, `UPDATE warning_recipient SET answer = $1, read_at = $2, acked_at = $2, fixed_at = $3, said_in = 1
				WHERE warning_id = $4 AND revision = 1 AND CAST(substr(org_id, 25, 12) AS BIGINT) % 5 = $5`, a, at, fixed, id, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	_, err = d.Writer().ExecContext(ctx, "ANALYZE")
	return err
}
