// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/cvss"
	"github.com/fengsui/fengsui/internal/spec/gbt30279"
)

// GBT30279 is the scheme that decides: the national standard's.
const GBT30279 = "gbt30279-2020"

// Schemes lists the schemes of grades in the order in which they are shown.
var Schemes = []string{GBT30279, "cvss-3.0", "cvss-3.1", "cvss-4.0"}

// GradeInput is an opinion on how grave a vulnerability is.
type GradeInput struct {
	Scheme    string // one of Schemes
	Vector    string // in the scheme's own form
	Rationale string
}

const (
	gbtExample  = "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H"
	cvssExample = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"
)

// AddGrade adds an opinion; those that were there before are kept. Only a composite grade by GB/T 30279 counts as the
// platform's: it grades a verified case, or changes the grade of one that is graded, and starts the matching. Faults:
// Invalid with what is wrong in the vector; Conflict for a composite grade before the verification.
func (s *Service) AddGrade(ctx context.Context, by member.Actor, id string, in GradeInput) (Grade, error) {
	if err := named(by); err != nil {
		return Grade{}, err
	}
	g, t, err := in.grade()
	if err != nil {
		return Grade{}, err
	}
	_, err = s.change(ctx, id, func(tx *db.Tx, c *Case) error {
		if c.State == Duplicate || c.State == Rejected || c.State == Closed {
			return fault.Clash("case.ended", string(c.State))
		}
		g.CaseID, g.AccountID, g.OrgID, g.At = c.ID, by.AccountID, by.OrgID, tx.Now
		if err := s.insertGrade(ctx, tx, &g); err != nil {
			return err
		}
		if t.Grade == "" {
			return nil
		}
		if c.State != Warned && c.State != Published {
			if err := c.moveTo(tx, Assessed); err != nil {
				return err
			}
		}
		c.Technical, c.Composite = string(t.Technical.Grade), string(t.Grade)
		_, err := s.Events.Record(ctx, tx, by.By(), Graded{on: c.on(), Technical: c.Technical, Composite: c.Composite})
		return err
	})
	if err != nil {
		return Grade{}, fmt.Errorf("grade case: %w", err)
	}
	return g, nil
}

// grade works out what a vector says; t is zero unless it is a composite grade by GB/T 30279.
func (in GradeInput) grade() (g Grade, t gbt30279.Composite, err error) {
	in.Rationale, in.Vector = tidy(in.Rationale), strings.TrimSpace(in.Vector)
	var k fault.Check
	k.That(slices.Contains(Schemes, in.Scheme), "scheme", "rule.one-of", GBT30279, strings.Join(Schemes, ", "))
	k.That(in.Vector != "", "vector", "rule.required", gbtExample)
	k.That(utf8.RuneCountInString(in.Rationale) <= maxText, "rationale", "rule.too-long", "", maxText)
	if err := k.Err(); err != nil {
		return g, t, err
	}
	g = Grade{Scheme: in.Scheme, Rationale: in.Rationale}
	if in.Scheme == GBT30279 {
		t, err = g.byGBT(in.Vector)
	} else {
		err = g.byCVSS(in.Vector)
	}
	return g, t, err
}

func (g *Grade) byGBT(vector string) (c gbt30279.Composite, err error) {
	v, err := gbt30279.Parse(vector)
	if err != nil {
		return c, wrongGBT(err)
	}
	t, err := v.Technical()
	if errors.Is(err, gbt30279.ErrNoImpact) {
		return c, fault.FieldError("vector", "case.rule.no-impact", gbtExample)
	}
	if err != nil {
		return c, wrongGBT(err)
	}
	g.Vector, g.Value, g.Score = v.String(), string(t.Grade), fmt.Sprintf("%d×%d", t.Exploitability, t.Impact)
	if !v.HasEnvironment() {
		return c, nil
	}
	c, err = v.Composite()
	g.Value = string(c.Grade)
	return c, err
}

func wrongGBT(err error) error {
	var r *gbt30279.Refused
	if !errors.As(err, &r) {
		return err
	}
	rule := string(r.Rule)
	if r.Rule == gbt30279.Value {
		rule = "letter"
	}
	return fault.FieldError("vector", "case.rule.vector."+rule, gbtExample, r.Metric, r.Detail)
}

func (g *Grade) byCVSS(vector string) error {
	v, err := cvss.Parse(vector)
	var r *cvss.Refused
	if errors.As(err, &r) {
		return fault.FieldError("vector", "case.rule.vector."+string(r.Rule), cvssExample, r.Metric)
	}
	if err != nil {
		return err
	}
	if g.Scheme != "cvss-"+string(v.Version) {
		return fault.FieldError("vector", "case.rule.vector.header", cvssExample)
	}
	g.Vector, g.Value, g.Score = v.String(), string(v.Severity), v.Score()
	return nil
}

func placeGrade(id string) string { return "grade/" + id + "/rationale" }

func (s *Service) insertGrade(ctx context.Context, tx *db.Tx, g *Grade) (err error) {
	if g.ID, err = newID(); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO grade (id, case_id, scheme, vector, value, score, rationale_sealed, account_id, org_id, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		g.ID, g.CaseID, g.Scheme, g.Vector, g.Value, g.Score, s.Seal.Seal(placeGrade(g.ID), []byte(g.Rationale)), g.AccountID, g.OrgID, db.At(g.At))
	return err
}

func (s *Service) scanGrade(r db.Row) (g Grade, err error) {
	var at db.Time
	var sealed []byte
	if err := r.Scan(&g.ID, &g.CaseID, &g.Scheme, &g.Vector, &g.Value, &g.Score, &sealed, &g.AccountID, &g.OrgID, &at); err != nil {
		return g, err
	}
	b, err := s.Seal.Open(placeGrade(g.ID), sealed)
	g.Rationale, g.At = string(b), at.Time
	return g, err
}

// Grades returns all opinions on a case, oldest first, to whoever may read it; reasons and names stay among those who
// take part.
func (s *Service) Grades(ctx context.Context, by member.Actor, id string) (out []Grade, err error) {
	var insider Rule
	err = s.reading(ctx, by, func(tx *db.Tx) (view, error) {
		v, err := s.readable(ctx, tx, by, id, "")
		if err != nil {
			return v, err
		}
		insider = v.insider
		out, err = db.List(ctx, tx, s.scanGrade, `SELECT id, case_id, scheme, vector, value, score, rationale_sealed, account_id, org_id, at FROM grade WHERE case_id = $1 ORDER BY at, id`, v.ID)
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("list grades: %w", err)
	}
	for i := range out {
		if insider == "" {
			out[i].Rationale = ""
		}
		if !byOffice(by) {
			out[i].AccountID = ""
		}
	}
	return out, nil
}

// Agree reports whether the newest opinions of all schemes come to the same word. GB/T 30279 knows no "none".
func Agree(gs []Grade) bool {
	newest := map[string]Grade{}
	for _, g := range gs {
		if old, ok := newest[g.Scheme]; !ok || !g.At.Before(old.At) {
			newest[g.Scheme] = g
		}
	}
	words := map[string]bool{}
	for _, g := range newest {
		words[g.Value] = true
	}
	return len(words) <= 1
}
