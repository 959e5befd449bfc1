// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
)

// A member sees what is wrong with its own products, once it may read the case or was warned, and nothing before that:
// then a case that exists looks like one that does not.
func TestWhoSeesFindings(t *testing.T) {
	each(t, func(w *world) {
		own := map[string]string{}
		for _, o := range []string{"a", "b", "c"} {
			own[o] = w.product(product.Product{OrgID: o, Name: "p"})
			w.sbom(own[o], "1", "npm|bad|1.0.0")
		}
		id := w.kase(report.Affected{PURL: "pkg:npm/bad", Fixed: "2.0.0"})
		w.find(id)
		const nowhere = "00000000-0000-7000-8000-000000000000"

		see := func(by member.Actor, want int) {
			w.Helper()
			fs, err := w.s.Findings(ctx, by, id)
			if want < 0 {
				w.want(err, fault.NotFound)
				_, err = w.s.Blast(ctx, by, id)
				w.want(err, fault.NotFound)
				return
			}
			w.ok(err)
			for _, f := range fs {
				if !by.Staff() && f.OrgID != by.OrgID {
					w.Errorf("%s sees a product of %s", by.AccountID, f.OrgID)
				}
			}
			if len(fs) != want {
				w.Errorf("%s sees %d findings, want %d", by.AccountID, len(fs), want)
			}
			g, err := w.s.Blast(ctx, by, id)
			w.ok(err)
			if g.Products != want {
				w.Errorf("%s sees %d products in the graph, want %d", by.AccountID, g.Products, want)
			}
		}
		see(analyst, 3)
		see(watch, 3)
		see(auditor, -1)
		see(member.Anonymous("web"), -1)
		see(member.Actor{AccountID: "nobody", Via: "web"}, -1)
		see(engineer("a"), -1)

		w.exec(`INSERT INTO case_party (case_id, org_id, relation, status, since) VALUES ($1,'b','invited','contacted',$2)`, id, db.At(w.clock.Now()))
		see(engineer("b"), 1)
		suspended := engineer("b")
		suspended.Suspended = true
		see(suspended, -1) // was merely invited

		w.exec(`INSERT INTO warning (id, number, case_id, revision, rev, level, tlp, state, content_sealed, drafted_by, approved_by, released_by, created_at)
			VALUES ('w','W-1',$1,1,1,'red','AMBER','released',$2,'','','',$3)`, id, []byte{1}, db.At(w.clock.Now()))
		for org, wave := range map[string]int{"a": 1, "c": 3} {
			w.exec(`INSERT INTO warning_recipient (warning_id, revision, org_id, wave, products, at, answer, assets, answered_by, answered_via)
				VALUES ('w',1,$1,$2,1,$3,'',0,'','')`, org, wave, db.At(w.clock.Now()))
		}
		see(engineer("a"), 1)
		see(engineer("c"), 1)
		suspended = engineer("a")
		suspended.Suspended = true
		see(suspended, 1) // discipline never makes anybody less safe
		suspended = engineer("c")
		suspended.Suspended = true
		see(suspended, -1)
		token := engineer("a")
		token.Scopes = []string{member.ScopeReport, member.ScopeProduct}
		see(token, -1)
		token.Scopes = []string{member.ScopeWarning}
		see(token, 1)
		token = analyst
		token.Scopes = []string{member.ScopeWarning}
		see(token, -1)

		fs, err := w.s.OfProduct(ctx, engineer("a"), own["a"])
		w.ok(err)
		if len(fs) != 1 || fs[0].CaseID != id {
			w.Errorf("findings of the own product: %+v", fs)
		}
		_, err = w.s.OfProduct(ctx, engineer("a"), own["b"])
		w.want(err, fault.NotFound)
		other := w.kase(report.Affected{PURL: "pkg:npm/bad", Fixed: "1.1.0"})
		w.find(other)
		fs, err = w.s.OfProduct(ctx, engineer("a"), own["a"])
		w.ok(err)
		if len(fs) != 1 {
			w.Errorf("a case that nobody told it about shows on a member's product: %+v", fs)
		}
		fs, err = w.s.OfProduct(ctx, analyst, own["a"])
		w.ok(err)
		if len(fs) != 2 {
			w.Errorf("staff sees %d findings of the product, want 2", len(fs))
		}
		for _, bad := range []string{nowhere, "", "x\x00", "'; --"} {
			for _, by := range []member.Actor{analyst, engineer("a")} {
				_, err := w.s.Findings(ctx, by, bad)
				w.want(err, fault.NotFound)
				_, err = w.s.OfProduct(ctx, by, bad)
				w.want(err, fault.NotFound)
				_, err = w.s.Blast(ctx, by, bad)
				w.want(err, fault.NotFound)
			}
			_, err := w.s.FindNow(ctx, analyst, bad)
			w.want(err, fault.NotFound)
		}
		_, err = w.s.FindNow(ctx, engineer("a"), id)
		w.want(err, fault.NotFound)
		_, err = w.s.FindNow(ctx, watch, id)
		w.want(err, fault.Forbidden)
		_, err = w.s.FindNow(ctx, token, id)
		w.want(err, fault.Forbidden)
		_, err = w.s.FindNow(ctx, member.Anonymous("web"), id)
		w.want(err, fault.Unauthenticated)
	})
}

// The graph leads from components over products to organisations; where there is too much to look at it shows less, but
// counts all.
func TestBlast(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "a", Name: "网关", NameEN: "Gateway"})
		w.sbom(p, "1", "npm|@scope/bad|1.0.0", "npm|@scope/bad|1.1.0")
		q := w.product(product.Product{OrgID: "b", Name: "q"})
		w.sbom(q, "1", "npm|@scope/bad|1.0.0")
		id := w.kase(report.Affected{PURL: "pkg:npm/%40scope/bad", Fixed: "2.0.0"})
		w.find(id)
		g, err := w.s.Blast(ctx, analyst, id)
		w.ok(err)
		want := match.Graph{Products: 2, Orgs: 2,
			Nodes: []match.Node{
				{ID: "component/@scope/bad@1.0.0", Kind: match.NodeComponent, Label: "@scope/bad@1.0.0", Count: 1, Verdict: match.Hit},
				{ID: "component/@scope/bad@1.1.0", Kind: match.NodeComponent, Label: "@scope/bad@1.1.0", Count: 1, Verdict: match.Hit},
				{ID: "org/a", Kind: match.NodeOrg, Label: "单位 a", Count: 1, Verdict: match.Hit},
				{ID: "org/b", Kind: match.NodeOrg, Label: "单位 b", Count: 1, Verdict: match.Hit},
				{ID: "product/" + p, Kind: match.NodeProduct, Label: "网关", LabelEN: "Gateway", Count: 1, Verdict: match.Hit},
				{ID: "product/" + q, Kind: match.NodeProduct, Label: "q", Count: 1, Verdict: match.Hit},
			},
			Edges: []match.Edge{
				{From: "component/@scope/bad@1.0.0", To: "product/" + p, Count: 1},
				{From: "component/@scope/bad@1.0.0", To: "product/" + q, Count: 1},
				{From: "component/@scope/bad@1.1.0", To: "product/" + p, Count: 1},
				{From: "product/" + p, To: "org/a", Count: 2},
				{From: "product/" + q, To: "org/b", Count: 1},
			},
		}
		if diff := cmp.Diff(want, g); diff != "" {
			w.Errorf("graph (-want +got):\n%s", diff)
		}

		for i := range 30 {
			org := fmt.Sprintf("x%02d", i)
			w.org(org)
			w.sbom(w.product(product.Product{OrgID: org, Name: "r"}), "1", fmt.Sprintf("npm|@scope/bad|1.%d.0", i))
		}
		w.find(id)
		g, err = w.s.Blast(ctx, analyst, id)
		w.ok(err)
		if g.Products != 32 || g.Orgs != 32 || len(g.Nodes) != 1+3+3 { // a name, and products and organisations by sector
			w.Errorf("%d products of %d organisations in %d nodes: %+v", g.Products, g.Orgs, len(g.Nodes), g.Nodes)
		}
		for _, n := range g.Nodes {
			if n.ID == "sector/sector-x" && n.Count != 30 || n.ID == "component/@scope/bad" && n.Count != 30 {
				w.Errorf("%s stands for %d", n.ID, n.Count)
			}
		}
	})
}
