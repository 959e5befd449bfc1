// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/warning"
)

// act does m on the platform through the verbs that people use. It fails as they would.
func (x *Exercise) act(ctx context.Context, m timed) error {
	by := x.as(m.Who)
	f := x.Scenario.Flaws[m.Flaw]
	switch m.Do {
	case Tell:
		return nil
	case Report, Flash:
		return x.report(ctx, by, m, f)
	}
	kase, err := x.caseOf(ctx, m.On)
	if err != nil {
		return err
	}
	switch m.Do {
	case Take:
		if err := x.s.Cases.Take(ctx, by, kase); err != nil {
			return err
		}
		return x.s.Cases.StartVerifying(ctx, by, kase)
	case Join:
		first, err := x.caseOf(ctx, "")
		if err != nil {
			return err
		}
		return x.s.Cases.Join(ctx, by, kase, first)
	case Notify:
		return x.notify(ctx, by, kase, f)
	case Verify:
		return x.verify(ctx, by, kase, f)
	case Grade:
		if _, err := x.s.Cases.AddGrade(ctx, by, kase, casework.GradeInput{Scheme: "cvss-3.1", Vector: f.CVSS}); err != nil {
			return err
		}
		_, err := x.s.Cases.AddGrade(ctx, by, kase, casework.GradeInput{Scheme: "gbt30279-2020", Vector: f.GBT, Rationale: f.Rationale})
		return err
	case Draft:
		a, err := x.s.Advisories.Draft(ctx, by, kase)
		if err != nil {
			return err
		}
		_, err = x.s.Advisories.Submit(ctx, by, a.ID)
		return err
	case Publish:
		id, err := x.of(ctx, `SELECT id FROM advisory WHERE case_id = $1 ORDER BY id DESC LIMIT 1`, kase)
		if err != nil {
			return err
		}
		a, err := x.s.Advisories.Get(ctx, by, id)
		if err != nil {
			return err
		}
		_, err = x.s.Advisories.Publish(ctx, by, id, a.Rev)
		return err
	}
	return x.warn(ctx, by, m, kase)
}

func (x *Exercise) report(ctx context.Context, by member.Actor, m timed, f Flaw) error {
	c := report.Content{Title: f.Title.ZH, Vendor: f.Vendor, Product: f.Product, Versions: f.Versions, Technical: f.Technical.ZH, Harm: f.Harm, Scope: f.Scope, CWE: f.CWE, CVSS: f.CVSS,
		Exploited: "unknown", Public: "no", Upstream: "no", Relation: duty.Found, LearnedAt: m.Learned.Time, LearnedBy: "演练"}
	if f.Upstream {
		c.Upstream = "yes"
	}
	for _, a := range f.Affected {
		c.PURL = a.PURL
		c.Affected = append(c.Affected, report.Affected{PURL: a.PURL, Introduced: a.Introduced, Fixed: a.Fixed})
	}
	if m.Do == Flash {
		c.Technical, c.Scope, c.Affected = "", "", nil
	}
	r, err := x.s.Reports.Submit(ctx, by, report.Input{Content: c, Flash: m.Do == Flash})
	if err != nil {
		return err
	}
	x.reports[m.ID] = r.Report.ID
	return nil
}

// caseOf is the case of a report's move, or the one of the first report.
func (x *Exercise) caseOf(ctx context.Context, on string) (string, error) {
	if on == "" {
		return x.of(ctx, `SELECT case_id FROM case_report ORDER BY report_id LIMIT 1`)
	}
	id := x.reports[on]
	if id == "" { // sent before the exercise was gone on with: the script's reports are told apart by who sent them when
		m, _ := x.Scenario.move(on)
		return x.of(ctx, `SELECT c.case_id FROM case_report c JOIN report r ON r.id = c.report_id WHERE r.account_id = $1 ORDER BY r.id LIMIT 1`, x.people[m.Who].ID)
	}
	return x.of(ctx, `SELECT case_id FROM case_report WHERE report_id = $1`, id)
}

// of asks for one id.
func (x *Exercise) of(ctx context.Context, query string, args ...any) (id string, err error) {
	err = x.s.DB.View(ctx, func(tx *db.Tx) error {
		id, err = db.Get(ctx, tx, db.Value[string], query, args...)
		return err
	})
	return id, err
}

func (x *Exercise) notify(ctx context.Context, by member.Actor, kase string, f Flaw) error {
	found, err := x.s.Cases.ProposeUpstream(ctx, by, kase)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New("the platform proposes no upstream provider")
	}
	_, err = x.s.Cases.NotifyUpstream(ctx, by, kase, casework.NoticeInput{OrgID: found[0].OrgID, Text: f.Notice})
	return err
}

func (x *Exercise) verify(ctx context.Context, by member.Actor, kase string, f Flaw) error {
	if _, err := x.s.Cases.Verify(ctx, by, kase, casework.VerifyInput{Result: "reproduced", Environment: f.Environment, Steps: f.Steps}); err != nil {
		return err
	}
	c, err := x.s.Cases.Get(ctx, by, kase)
	if err != nil {
		return err
	}
	w := c.Content
	w.TitleEN, w.DescriptionEN, w.Aliases = f.Title.EN, f.Technical.EN, f.Aliases
	w.Fix, w.FixEN, w.Workaround, w.WorkaroundEN = f.Fix.ZH, f.Fix.EN, f.Workaround.ZH, f.Workaround.EN
	_, err = x.s.Cases.Edit(ctx, by, kase, c.Rev, w)
	return err
}

// warn does what is done to the case's warning.
func (x *Exercise) warn(ctx context.Context, by member.Actor, m timed, kase string) error {
	id, err := x.of(ctx, `SELECT id FROM warning WHERE case_id = $1 ORDER BY id LIMIT 1`, kase)
	if err != nil {
		return fmt.Errorf("matching has drafted no warning: %w", err)
	}
	switch m.Do {
	case Answer:
		in := warning.AnswerInput{Answer: warning.Answer(m.Answer), Comment: m.Text.ZH, Assets: m.Assets}
		if in.Answer == warning.AffectedNo {
			in.Justification = openvex.ComponentNotPresent
		}
		_, err := x.s.Warnings.Acknowledge(ctx, by, id, in)
		return err
	case Release:
		w, _, err := x.s.Warnings.Get(ctx, by, id)
		if err != nil {
			return err
		}
		_, err = x.s.Warnings.Release(ctx, by, id, w.Rev)
		return err
	case Revise:
		w, err := x.s.Warnings.Revise(ctx, by, id, warning.Supersede)
		if err != nil {
			return err
		}
		w.Content.Measures, w.Content.MeasuresEN = strings.TrimSpace(m.Text.ZH), strings.TrimSpace(m.Text.EN)
		if w, err = x.s.Warnings.Edit(ctx, by, id, warning.EditInput{Rev: w.Rev, Level: w.Level, TLP: w.TLP, Content: w.Content}); err != nil {
			return err
		}
		if err := x.s.Warnings.Approve(ctx, by, id, w.Rev); err != nil {
			return err
		}
		second := x.as(m.By)
		if w, _, err = x.s.Warnings.Get(ctx, second, id); err != nil {
			return err
		}
		_, err = x.s.Warnings.Release(ctx, second, id, w.Rev)
		return err
	}
	w, _, err := x.s.Warnings.Get(ctx, by, id)
	if err != nil {
		return err
	}
	w.Content.Phone = "010-5555-0100"
	if w, err = x.s.Warnings.Edit(ctx, by, id, warning.EditInput{Rev: w.Rev, Level: warning.Level(m.Level), TLP: "AMBER", Content: w.Content}); err != nil {
		return err
	}
	return x.s.Warnings.Approve(ctx, by, id, w.Rev)
}
