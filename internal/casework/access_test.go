// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func wantConflict(t *testing.T, err error) {
	t.Helper()
	wantKind(t, err, fault.Conflict)
}

// The policy in Go, the one in SQL, Get and List say the same, for everybody and every case.
func TestScopeAgreesWithCanRead(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var cases []casework.Case
		for range 12 {
			cases = append(cases, h.kase(casework.Triage))
		}
		h.exec(`DELETE FROM case_party`)
		h.exec(`UPDATE report SET account_id = NULL`)
		orgs := []string{h.platform, h.reporter.OrgID, h.upstream.OrgID, h.other.OrgID}
		roles := [][]member.Role{{member.Engineer}, {member.OrgAdmin}, {member.Analyst}, {member.DutyOfficer}, {member.Supervisor}, {member.Auditor},
			{member.Administrator}, {member.Administrator, member.Engineer}, {member.Auditor, member.Analyst}, nil}
		scopes := [][]string{nil, {}, {member.ScopeReport}, {member.ScopeCase}, {member.ScopeProduct}, member.AllScopes}
		accounts := []string{h.reporter.AccountID, h.upstream.AccountID, h.analyst.AccountID, h.operator.AccountID}
		rapid.Check(t, func(rt *rapid.T) {
			by := member.Actor{Via: rapid.SampledFrom([]string{"web", "api", "link"}).Draw(rt, "via"), AccountID: rapid.SampledFrom(append(accounts, "")).Draw(rt, "account")}
			if by.AccountID != "" {
				by.OrgID, by.Roles = rapid.SampledFrom(append(orgs, "")).Draw(rt, "org"), rapid.SampledFrom(roles).Draw(rt, "roles")
				by.Suspended, by.Scopes = rapid.Bool().Draw(rt, "suspended"), rapid.SampledFrom(scopes).Draw(rt, "scopes")
			}
			want := map[string]casework.Rule{}
			h.exec(`DELETE FROM case_party`)
			for _, c := range cases {
				f := casework.Facts{Published: rapid.IntRange(0, 3).Draw(rt, "published") == 0}
				published := db.Time{}
				if f.Published {
					published = db.At(h.clock.Now())
				}
				h.exec(`UPDATE casefile SET published_at = $1 WHERE id = $2`, published, c.ID)
				for _, org := range orgs {
					r := rapid.SampledFrom([]casework.Relation{"", "", casework.Reporter, casework.Upstream, casework.Downstream, casework.Invited, "stranger"}).Draw(rt, "relation")
					if r == "" {
						continue
					}
					h.party(c.ID, org, r)
					if org == by.OrgID {
						f.Relation = r
					}
				}
				owner := rapid.SampledFrom(append(accounts, "")).Draw(rt, "owner")
				h.exec(`UPDATE report SET account_id = $1 WHERE id = (SELECT report_id FROM case_report WHERE case_id = $2)`, db.Opt(owner), c.ID)
				f.Reported = owner != "" && owner == by.AccountID
				want[c.ID] = casework.CanRead(by, f)
			}
			var a db.Args
			got := map[string]bool{}
			h.write(func(tx *db.Tx) error {
				ids, err := db.List(h.ctx, tx, db.Value[string], `SELECT c.id FROM casefile c WHERE `+casework.Scope(by, &a), a...)
				for _, id := range ids {
					got[id] = true
				}
				return err
			})
			listed := map[string]bool{}
			cs, _, err := h.List(h.ctx, by, casework.Filter{Limit: 200})
			for _, c := range cs {
				listed[c.ID] = true
			}
			denied := fault.KindOf(err) == fault.Forbidden && err != nil
			if err != nil && !denied {
				rt.Fatal(err)
			}
			for _, c := range cases {
				if got[c.ID] != (want[c.ID] != "") {
					rt.Fatalf("%+v: SQL says %v, Go says %q", by, got[c.ID], want[c.ID])
				}
				if !denied && listed[c.ID] != got[c.ID] {
					rt.Fatalf("%+v: listed %v, may read %v", by, listed[c.ID], got[c.ID])
				}
				if _, err := h.Get(h.ctx, by, c.ID); !denied && (err == nil) != got[c.ID] {
					rt.Fatalf("%+v: Get says %v, may read %v", by, err, got[c.ID])
				}
			}
		})
	})
}

// outsiders are those to whom a case of the reporter does not exist.
func (h *house) outsiders() map[string]member.Actor {
	return map[string]member.Actor{"other": h.other, "auditor": h.auditor, "administrator": h.operator, "upstream": h.upstream, "anonymous": member.Anonymous("web")}
}

func TestUnknownAndForbiddenLookTheSame(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Triage)
		for name, by := range h.outsiders() {
			for _, id := range []string{c.ID, "00000000-0000-7000-8000-000000000000", "", "\x00", "\xff", "' OR TRUE --"} {
				errs := map[string]error{}
				_, errs["get"] = h.Get(h.ctx, by, id)
				_, errs["number"] = h.GetByNumber(h.ctx, by, id)
				_, errs["report"] = h.OfReport(h.ctx, by, id)
				_, errs["grades"] = h.Grades(h.ctx, by, id)
				_, errs["parties"] = h.Parties(h.ctx, by, id)
				_, errs["verifications"] = h.Verifications(h.ctx, by, id)
				_, errs["notices"] = h.Notices(h.ctx, by, id)
				_, errs["readers"] = h.Readers(h.ctx, by, id)
				_, errs["time line"] = h.TimeLine(h.ctx, by, id)
				_, errs["reports"] = h.ReportsOf(h.ctx, by, id)
				for verb, err := range errs {
					if !fault.Is(err, fault.NotFound) {
						t.Errorf("%s, %s of %q: %v", name, verb, id, err)
					}
				}
			}
			_, err := h.GetByNumber(h.ctx, by, c.Number)
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s by number: %v", name, err)
			}
		}
		for name, by := range map[string]member.Actor{"reporter": h.reporter, "analyst": h.analyst, "officer": h.officer, "supervisor": h.supervisor} {
			if x, err := h.Get(h.ctx, by, c.ID); err != nil || x.Content.Description != flaw().Technical {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Only named analysts and duty officers work on cases.
func TestWhoWorks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Triage)
		token, none := h.analyst, h.analyst
		token.Scopes, none.Scopes = []string{member.ScopeReport}, []string{}
		for name, who := range map[string]struct {
			by   member.Actor
			want fault.Kind
		}{
			"reporter": {h.reporter, fault.Withheld}, "other": {h.other, fault.Withheld}, "auditor": {h.auditor, fault.Withheld}, "administrator": {h.operator, fault.Withheld},
			"supervisor": {h.supervisor, fault.Forbidden}, "system": {member.System(), fault.Forbidden}, "anonymous": {member.Anonymous("api"), fault.Unauthenticated},
			"report token": {token, fault.Forbidden}, "empty token": {none, fault.Forbidden},
		} {
			errs := []error{h.Take(h.ctx, who.by, c.ID), h.StartVerifying(h.ctx, who.by, c.ID), h.AskInfo(h.ctx, who.by, c.ID, "x"), h.Reject(h.ctx, who.by, c.ID, "x"), h.Join(h.ctx, who.by, c.ID, c.ID)}
			_, err := h.Verify(h.ctx, who.by, c.ID, casework.VerifyInput{Result: "reproduced", Steps: "x"})
			errs = append(errs, err)
			_, err = h.AddGrade(h.ctx, who.by, c.ID, casework.GradeInput{Scheme: casework.GBT30279, Vector: gbt})
			errs = append(errs, err)
			_, err = h.Edit(h.ctx, who.by, c.ID, 1, c.Content)
			errs = append(errs, err)
			_, err = h.NotifyUpstream(h.ctx, who.by, c.ID, casework.NoticeInput{Email: "a@example.org", Text: "x"})
			for i, err := range append(errs, err) {
				if err == nil || fault.KindOf(err) != who.want {
					t.Errorf("%s, verb %d: %v", name, i, err)
				}
			}
		}
		if now := h.now(c.ID); now.State != casework.Triage || now.Rev != 1 || now.Assignee != "" {
			t.Errorf("the case has changed: %+v", now)
		}
	})
}

func TestReaderLedger(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Triage)
		read := func(by member.Actor) {
			t.Helper()
			_, err := h.Get(h.ctx, by, c.ID)
			h.ok(err)
		}
		read(member.System())
		read(h.analyst)
		read(h.analyst) // within ten minutes
		_, err := h.Verifications(h.ctx, h.analyst, c.ID)
		h.ok(err)
		h.clock.Advance(time.Minute)
		read(h.reporter)
		_, err = h.Get(h.ctx, h.other, c.ID)
		wantKind(t, err, fault.Withheld)
		h.clock.Advance(10 * time.Minute)
		_, err = h.Grades(h.ctx, h.analyst, c.ID) // says as much as Get
		h.ok(err)
		rs, err := h.Readers(h.ctx, h.supervisor, c.ID) // is itself a reading
		h.ok(err)
		if len(rs) != 3 || rs[0].AccountID != h.analyst.AccountID || rs[1].AccountID != h.reporter.AccountID || rs[1].OrgID != h.reporter.OrgID || rs[2].Role != "analyst" || rs[2].What != "case" {
			t.Fatalf("ledger: %+v", rs)
		}
		rs, err = h.Readers(h.ctx, h.reporter, c.ID)
		h.ok(err)
		for _, r := range rs {
			if (r.AccountID != "") != (r.OrgID == h.reporter.OrgID) {
				t.Errorf("the reporter sees %+v", r)
			}
		}
		h.party(c.ID, h.upstream.OrgID, casework.Upstream)
		_, err = h.Readers(h.ctx, h.upstream, c.ID)
		wantKind(t, err, fault.Forbidden)
		before := h.count(`SELECT count(*) FROM case_read`)
		_, _, err = h.List(h.ctx, h.second, casework.Filter{})
		h.ok(err)
		h.put(c, casework.Published)
		h.clock.Advance(time.Hour)
		read(h.analyst)
		read(member.Anonymous("web"))
		if n := h.count(`SELECT count(*) FROM case_read`); n != before {
			t.Errorf("%d entries for lists and a public case", n-before)
		}
	})
}

// What the public sees of a published case is not what those who worked on it wrote down.
func TestPublicView(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Verifying)
		_, err := h.Verify(h.ctx, h.analyst, c.ID, casework.VerifyInput{Result: "reproduced", Steps: "step " + secret})
		h.ok(err)
		_, err = h.AddGrade(h.ctx, h.analyst, c.ID, casework.GradeInput{Scheme: casework.GBT30279, Vector: gbt, Rationale: "because"})
		h.ok(err)
		h.put(c, casework.Published)
		for _, by := range []member.Actor{member.Anonymous("web"), h.other, h.auditor} {
			x, err := h.Get(h.ctx, by, c.ID)
			h.ok(err)
			if x.Content.Description != "" || x.Content.Affected != nil || x.Assignee != "" || x.Content.CWE != "CWE-502" {
				t.Errorf("the public reads %+v", x)
			}
			gs, err := h.Grades(h.ctx, by, c.ID)
			h.ok(err)
			if len(gs) != 1 || gs[0].Rationale != "" || gs[0].AccountID != "" || gs[0].Value != "critical" {
				t.Errorf("the public reads grades %+v", gs)
			}
			_, err = h.Verifications(h.ctx, by, c.ID)
			wantKind(t, err, fault.Forbidden)
			_, err = h.Parties(h.ctx, by, c.ID)
			wantKind(t, err, fault.Forbidden)
			ls, err := h.TimeLine(h.ctx, by, c.ID)
			h.ok(err)
			if len(ls) != 1 || ls[0].Kind != "case.graded" || ls[0].By.Account != "" {
				t.Errorf("the public sees %+v", ls)
			}
		}
		x, err := h.Get(h.ctx, h.reporter, c.ID)
		h.ok(err)
		if x.Content.Description == "" {
			t.Error("the reporter lost its view by the publication")
		}
	})
}
