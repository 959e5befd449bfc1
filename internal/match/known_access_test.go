// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

// Members with ids, because the verbs take nothing else.
const (
	orgA = "00000000-0000-7000-8000-0000000000a1"
	orgB = "00000000-0000-7000-8000-0000000000b1"
	orgC = "00000000-0000-7000-8000-0000000000c1"
)

// neighbours are two members whose products hold one flawed package, and a third without products.
func neighbours(w *world, dir string) (own, others string, vulnID int64) {
	for _, o := range []string{orgA, orgB, orgC} {
		w.org(o)
	}
	own = w.product(product.Product{OrgID: orgA, Name: "own gateway"})
	others = w.product(product.Product{OrgID: orgB, Name: "secret plant"})
	w.sbom(own, "1", "npm|starter|1.0.0 > npm|bad|1.0.0")
	w.sbom(others, "7", "npm|secret-part|1.0.0 > npm|bad|1.0.0")
	r := record("GHSA-aaaa-bbbb-cccc", dbtest.Start, in("npm", "bad", osv.Event{Introduced: "0"}, osv.Event{Fixed: "2.0.0"}))
	r.Aliases = []string{"CVE-2021-0001"}
	w.publish(dir, r)
	w.ok(w.s.CatchUp(ctx))
	w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
		vulnID, err = db.Get(ctx, tx, db.Value[int64], `SELECT vuln_id FROM vuln_record`)
		return err
	}))
	return own, others, vulnID
}

// silent says where an answer gives something of somebody else away.
func (w *world) silent(what string, answer any, secrets ...string) {
	w.Helper()
	b, err := json.Marshal(answer)
	w.ok(err)
	for _, s := range secrets {
		if strings.Contains(string(b), s) {
			w.Errorf("%s gives %q away: %s", what, s, b)
		}
	}
}

// A member learns about its own products and about nobody else's, whatever it asks for; what it may not see looks like
// what does not exist.
func TestMembersLearnOfTheirOwnProducts(t *testing.T) {
	dir := t.TempDir()
	each(t, func(w *world) {
		own, others, id := neighbours(w, dir)
		secrets := []string{others, orgB, "secret"}
		admin := member.Actor{AccountID: "admin-a", OrgID: orgA, Roles: []member.Role{member.OrgAdmin}, Via: "web"}
		suspended := engineer(orgA)
		suspended.Suspended = true
		for _, by := range []member.Actor{engineer(orgA), admin, suspended} {
			known, err := w.s.KnownOf(ctx, by, own, match.KnownFilter{})
			w.ok(err)
			if len(known.Findings) != 1 || !slices.Equal(known.Findings[0].Path, []string{"own gateway@1", "starter@1.0.0", "bad@1.0.0"}) {
				w.Errorf("%s: own findings %+v", by.AccountID, known.Findings)
			}
			w.silent("KnownOf", known, secrets...)
			_, err = w.s.KnownOf(ctx, by, others, match.KnownFilter{})
			nobodys := uuid.NewString()
			_, none := w.s.KnownOf(ctx, by, nobodys, match.KnownFilter{})
			var withheld, missing *fault.Error
			if !errors.As(err, &withheld) || !errors.As(none, &missing) || withheld.Kind != fault.Withheld || missing.Kind != fault.NotFound || withheld.Key != missing.Key || len(withheld.Args) > 0 {
				w.Errorf("another's product (%v) does not look like none (%v)", err, none)
			}
			p, err := w.s.Portfolio(ctx, by, match.PortfolioFilter{})
			w.ok(err)
			if len(p.Lines) != 1 || p.Products != 1 || p.Lines[0].Open() != 1 {
				w.Errorf("portfolio %+v", p)
			}
			w.silent("Portfolio", p, secrets...)
			p, err = w.s.Portfolio(ctx, by, match.PortfolioFilter{OrgID: orgB})
			empty, err2 := w.s.Portfolio(ctx, by, match.PortfolioFilter{OrgID: uuid.NewString()})
			if err != nil || err2 != nil || fmt.Sprintf("%+v", p) != fmt.Sprintf("%+v", empty) {
				w.Errorf("another's portfolio: %+v %v, nobody's: %+v %v", p, err, empty, err2)
			}
			for _, f := range []match.AffectedFilter{{}, {OrgID: orgA}, {After: "00000000-0000-7000-8000-000000000000"}} {
				a, err := w.s.AffectedBy(ctx, by, id, f)
				w.ok(err)
				if len(a.Findings) != 1 || a.Products != 1 || a.Orgs != 1 {
					w.Errorf("affected %+v", a)
				}
				w.silent("AffectedBy", a, secrets...)
			}
			a, err := w.s.AffectedBy(ctx, by, id, match.AffectedFilter{OrgID: orgB})
			w.ok(err)
			if a.Products+len(a.Findings) != 0 {
				w.Errorf("another's products: %+v", a)
			}
			g, err := w.s.KnownBlast(ctx, by, id)
			w.ok(err)
			if g.Products != 1 || g.Orgs != 1 {
				w.Errorf("blast %+v", g)
			}
			w.silent("KnownBlast", g, secrets...)
			c, err := w.s.Concerns(ctx, by, "cve-2021-0001")
			w.ok(err)
			if c.Answer != match.Concerned || c.Products != 1 || c.Orgs != 1 || c.Lists != 1 {
				w.Errorf("concern %+v", c)
			}
			w.silent("Concerns", c, secrets...)
		}
	})
}

// Who has nothing to do with products learns nothing: finders, people without a role, other members, tokens without the
// scope, and nobody.
func TestOthersLearnNothing(t *testing.T) {
	dir := t.TempDir()
	each(t, func(w *world) {
		own, _, id := neighbours(w, dir)
		scoped := engineer(orgA)
		scoped.Scopes = []string{member.ScopeReport, member.ScopeWarning}
		narrow := analyst
		narrow.Scopes = []string{member.ScopeWarning}
		for what, x := range map[string]struct {
			by   member.Actor
			kind fault.Kind // of list verbs; "" for an empty answer
		}{
			"nobody":           {member.Anonymous("web"), fault.Unauthenticated},
			"without products": {engineer(orgC), ""},
			"without a role":   {member.Actor{AccountID: "x", OrgID: orgA, Via: "web"}, ""},
			"finder":           {member.Actor{AccountID: "finder", Via: "web"}, ""},
			"token":            {scoped, fault.Forbidden},
			"staff's token":    {narrow, fault.Forbidden},
		} {
			_, err := w.s.KnownOf(ctx, x.by, own, match.KnownFilter{})
			if err == nil {
				w.Errorf("%s: sees findings", what)
			}
			p, err := w.s.Portfolio(ctx, x.by, match.PortfolioFilter{})
			a, err2 := w.s.AffectedBy(ctx, x.by, id, match.AffectedFilter{})
			g, err3 := w.s.KnownBlast(ctx, x.by, id)
			c, err4 := w.s.Concerns(ctx, x.by, "CVE-2021-0001")
			for i, err := range []error{err, err2, err3, err4} {
				if x.kind == "" && err != nil || x.kind != "" && fault.KindOf(err) != x.kind {
					w.Errorf("%s: verb %d: %v, want %q", what, i, err, x.kind)
				}
			}
			if len(p.Lines)+p.Products+len(a.Findings)+a.Products+g.Products+len(c.Findings)+c.Products+c.Lists != 0 {
				w.Errorf("%s learns: %+v %+v %+v %+v", what, p, a, g, c)
			}
			if x.kind == "" && c.Answer != match.NoLists {
				w.Errorf("%s: %s", what, c.Answer)
			}
		}
		for what, by := range map[string]member.Actor{"analyst": analyst, "supervisor": watch} {
			a, err := w.s.AffectedBy(ctx, by, id, match.AffectedFilter{})
			w.ok(err)
			p, err := w.s.Portfolio(ctx, by, match.PortfolioFilter{})
			w.ok(err)
			if a.Products != 2 || a.Orgs != 2 || p.Products != 2 {
				w.Errorf("%s sees %+v, %+v", what, a, p)
			}
		}
		_, err := w.s.RebuildKnown(ctx, engineer(orgA), nil)
		w.want(err, fault.Forbidden)
		_, err = w.s.RebuildKnown(ctx, member.Anonymous("web"), nil)
		w.want(err, fault.Unauthenticated)
	})
}

// A member's own word suppresses a finding and stays with it; a later word counts instead; another member's word does not.
func TestOwnWordSuppresses(t *testing.T) {
	dir := t.TempDir()
	each(t, func(w *world) {
		own, others, _ := neighbours(w, dir)
		say := func(by member.Actor, product string, status assessment.Status, j assessment.Justification) {
			w.Helper()
			_, err := w.s.Assessments.Assess(ctx, by, assessment.Input{ProductID: product, Vuln: "CVE-2021-0001", Status: status, Justification: j, Reason: "the function is never called"})
			w.ok(err)
			w.clock.Advance(1e9)
		}
		finding := func() match.KnownPage {
			w.Helper()
			p, err := w.s.KnownOf(ctx, engineer(orgA), own, match.KnownFilter{})
			w.ok(err)
			if len(p.Findings) != 1 {
				w.Fatal("a word has taken a finding away: ", p)
			}
			return p
		}
		say(engineer(orgB), others, assessment.NotAffected, "vulnerable_code_not_in_execute_path")
		if p := finding(); p.Findings[0].Suppressed || p.Counts.Open() != 1 {
			w.Errorf("another member's word counts: %+v", p)
		}
		say(engineer(orgA), own, assessment.NotAffected, "vulnerable_code_not_in_execute_path")
		p := finding()
		if f := p.Findings[0]; !f.Suppressed || f.Assessment == nil || f.Assessment.Reason != "the function is never called" || p.Counts.Open() != 0 || p.Counts.Suppressed != 1 {
			w.Errorf("not suppressed with its trace: %+v", p)
		}
		if c, err := w.s.Concerns(ctx, engineer(orgA), "GHSA-aaaa-bbbb-cccc"); err != nil || c.Answer != match.Suppressed {
			w.Errorf("%+v %v", c, err)
		}
		if open, err := w.s.KnownOf(ctx, engineer(orgA), own, match.KnownFilter{Open: true}); err != nil || len(open.Findings) != 0 {
			w.Errorf("open findings: %+v %v", open, err)
		}
		say(engineer(orgA), own, assessment.Affected, "")
		if f := finding().Findings[0]; f.Suppressed || f.Assessment == nil || f.Assessment.Status != assessment.Affected {
			w.Errorf("the later word: %+v", f)
		}
	})
}
