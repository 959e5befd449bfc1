// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// A clash opens a task once, for the organisation that owes both; a person of it decides, once, and no clock moves.
func TestDecisionTasks(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		o.clock.Set(time.Date(2026, 10, 12, 1, 0, 0, 0, time.UTC))
		now := o.clock.Now()
		report := uuid.Must(uuid.NewV7()).String()
		write(t, o.DB, func(ctx context.Context, tx *db.Tx) error {
			_, err := o.StartAll(ctx, tx, []duty.Begin{{ReportID: report, Facts: duty.Facts{OrgID: o.unit, Relation: duty.MakesProduct, LearnedAt: now}, By: o.engineer.By(), EventID: "e0"}})
			return err
		})
		eu := duty.Facts{More: lawpack.Facts{"eu_market": lawpack.Yes}, Happened: map[string]time.Time{"exploitation_aware_at": now}}
		for _, c := range []struct {
			by     member.Actor
			report string
			f      duty.Facts
			kind   fault.Kind
		}{
			{member.Anonymous("web"), report, eu, fault.Unauthenticated},
			{o.stranger, report, eu, fault.Withheld},
			{o.auditor, report, eu, fault.Withheld},
			{o.engineer, uuid.Must(uuid.NewV7()).String(), eu, fault.NotFound},
			{o.engineer, "x", eu, fault.NotFound},
			{o.engineer, report, duty.Facts{More: lawpack.Facts{"weather": "fine"}}, fault.Invalid},
		} {
			if _, err := o.OpenClashes(ctx, c.by, c.report, c.f); fault.KindOf(err) != c.kind {
				t.Errorf("%v: %v, want %s", c.by.Roles, err, c.kind)
			}
		}
		if ts, err := o.OpenClashes(ctx, o.engineer, report, duty.Facts{}); err != nil || len(ts) != 0 {
			t.Errorf("at home there is no clash: %+v, %v", ts, err)
		}
		ts, err := o.OpenClashes(ctx, o.engineer, report, eu)
		if err != nil || len(ts) != 2 || ts[0].Clash != "border" || ts[1].Clash != "triggers" {
			t.Fatalf("%+v, %v", ts, err)
		}
		if ts[0].One.Law() == nil || ts[0].Two.Rule != "eu-cra-14/aev_ew" || !ts[0].DueAt.Equal(now.Add(24*time.Hour)) || ts[0].About().Why.EN == "" {
			t.Errorf("%+v", ts[0])
		}
		if again, err := o.OpenClashes(ctx, o.analyst, report, eu); err != nil || len(again) != 0 {
			t.Errorf("a second call opened %+v, %v", again, err)
		}
		before := o.rows(report)
		for _, by := range []member.Actor{o.stranger, o.auditor} {
			_, err := o.AnswerClash(ctx, by, ts[0].ID, "no")
			o.want(err, fault.Withheld, "")
			_, err = o.Task(ctx, by, ts[0].ID)
			o.want(err, fault.Withheld, "")
		}
		_, err = o.AnswerClash(ctx, o.analyst, ts[0].ID, "the platform does not decide")
		o.want(err, fault.Forbidden, "duty.not-yours")
		_, err = o.AnswerClash(ctx, member.System(), ts[0].ID, "a machine does not decide")
		o.want(err, fault.Forbidden, "duty.not-yours")
		_, err = o.AnswerClash(ctx, o.engineer, ts[0].ID, " \n")
		o.want(err, fault.Invalid, "answer")
		if _, err := o.AnswerClash(ctx, o.engineer, ts[0].ID, "counsel: our subsidiary sends it as the manufacturer"); err != nil {
			t.Fatal(err)
		}
		_, err = o.AnswerClash(ctx, o.engineer, ts[0].ID, "second thoughts")
		o.want(err, fault.Conflict, "duty.clash-answered")
		list, err := o.Tasks(ctx, o.engineer, "")
		if err != nil || len(list) != 2 || !list[0].Open() || list[1].Open() || !strings.HasPrefix(list[1].Answer, "counsel") {
			t.Errorf("%+v, %v", list, err)
		}
		if all, err := o.Tasks(ctx, o.supervisor, ""); err != nil || len(all) != 2 {
			t.Errorf("staff: %d, %v", len(all), err)
		}
		if none, err := o.Tasks(ctx, o.stranger, ""); err != nil || len(none) != 0 {
			t.Errorf("another member: %+v, %v", none, err)
		}
		if after := o.rows(report); len(after) != len(before) || !after[duty.RuleReport].DueAt.Equal(before[duty.RuleReport].DueAt) {
			t.Error("a decision moved a clock")
		}
	})
}
