// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

// Cases and private lists meet whichever of them comes first, and part again when either says something else.
func TestPrivateListsMeetCases(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "b", Name: "fw"})
		other := w.product(product.Product{OrgID: "a", Name: "told"})
		w.sbom(other, "1", "npm|told|1.0.0", "Debian|openssl|3.0.2-1|pkg:deb/debian/openssl@3.0.2-1?distro=debian-11")
		early := w.kase(report.Affected{PURL: "pkg:npm/told", Fixed: "1.5.0"}, report.Affected{PURL: "pkg:deb/debian/openssl?distro=debian-11", Fixed: "3.0.9-1"}, report.Affected{PURL: "pkg:npm/absent", Fixed: "9"})
		w.find(early)
		w.hide(p, "1", "pkg:npm/told@1.0.0", "pkg:npm/told@1.4.9", "pkg:npm/told@1.5.0", "pkg:npm/planted-secret@31.41.59", "pkg:deb/debian/openssl@3.0.2-1?distro=debian-11")
		told := []string{
			"affected a @1: told@1 > openssl@3.0.2-1 [< 3.0.9-1] openssl@3.0.2-1 ",
			"affected a @1: told@1 > told@1.0.0 [< 1.5.0] told@1.0.0 ",
		}
		want := []string{told[0], told[1],
			"affected b @1: fw@1 > … > openssl@3.0.2-1 [< 3.0.9-1] openssl@3.0.2-1 ",
			"affected b @1: fw@1 > … > told@1.0.0 [< 1.5.0] told@1.0.0 ",
			"check b @1: fw@1 > … > told [< 1.5.0] told match.note.private",
		}
		w.same("the list last", want, w.lines(early))
		late := w.kase(report.Affected{PURL: "pkg:npm/told", Fixed: "1.5.0"})
		w.find(late)
		w.same("the case last", []string{want[1], want[3], want[4]}, w.lines(late))

		// its own member reads why; another learns nothing of it
		w.exec(`UPDATE casefile SET state = 'published' WHERE id = $1`, late)
		if fs, err := w.s.OfProduct(ctx, analyst, p); err != nil || len(fs) != 5 {
			w.Errorf("%d, %v", len(fs), err)
		}
		_, err := w.s.OfProduct(ctx, engineer("c"), p)
		w.want(err, fault.Withheld)

		// somebody else tells of the version that was hidden
		third := w.product(product.Product{OrgID: "c", Name: "third"})
		w.sbom(third, "1", "npm|told|1.4.9")
		w.ok(w.s.CatchUpPrivate(ctx))
		if got := w.lines(late); !slices.Contains(got, "affected b @1: fw@1 > … > told@1.4.9 [< 1.5.0] told@1.4.9 ") || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "check b") }) {
			w.Errorf("a version that was learned of: %q", got)
		}
		if n := w.number(`SELECT count(*) FROM finding WHERE component_id < 0 AND org_id <> 'b'`); n != 0 {
			w.Errorf("%d findings of others", n)
		}

		// a product that changes otherwise keeps them; the case is corrected; the list is replaced
		before := w.lines(early)
		w.changed(p)
		w.same("changed otherwise", before, w.lines(early))
		w.edit(late, report.Affected{PURL: "pkg:npm/told", Fixed: "0.5.0"})
		w.find(late)
		w.same("a corrected case: 1.5.0 is no end of its range any more, and nobody has told of it", []string{"check b @1: fw@1 > … > told [< 0.5.0] told match.note.private"}, w.lines(late))
		w.hide(p, "1", "pkg:npm/quiet@1", "pkg:npm/planted-secret@31.41.59")
		for _, l := range w.lines(early) {
			if strings.Contains(l, " b @") {
				w.Errorf("of a list that is gone: %s", l)
			}
		}
		all := w.everything()
		for _, s := range []string{"planted-secret", "31.41.59", "npm/absent"} {
			if bytes.Contains(all, []byte(s)) {
				w.Errorf("%s is stored", s)
			}
		}
	})
}

// A finding keeps its time when another comes beside it, and two members' findings of one component have nothing in common.
func TestAHiddenFindingStaysTheSame(t *testing.T) {
	each(t, func(w *world) {
		p, q := w.product(product.Product{OrgID: "b", Name: "fw"}), w.product(product.Product{OrgID: "c", Name: "gw"})
		id := w.kase(report.Affected{PURL: "pkg:npm/told", Fixed: "1.5.0"}, report.Affected{PURL: "pkg:npm/early", Fixed: "2"})
		w.find(id)
		w.hide(p, "1", "pkg:npm/told@1.0.0")
		w.hideOf("c", q, "1", "pkg:npm/told@1.0.0")
		if n := w.number(`SELECT count(DISTINCT component_id) FROM finding WHERE case_id = $1`, id); n != 2 {
			w.Errorf("%d numbers for the component of two members", n)
		}
		first := w.clock.Now()
		w.clock.Advance(time.Hour)
		w.hide(p, "1", "pkg:npm/told@1.0.0", "pkg:npm/early@1")
		fs, err := w.s.Findings(ctx, member.System(), id)
		w.ok(err)
		var got []string
		for _, f := range fs {
			if f.OrgID == "b" {
				got = append(got, fmt.Sprint(f.Why.Found, " ", f.At.After(first)))
			}
		}
		slices.Sort(got)
		w.same("whether they are new", []string{"early true", "told false"}, got)
	})
}

// What public records say of a private list counts wherever it is asked who is affected: in the portfolio, on the
// product's page, about the vulnerability, in its blast radius, and for "does it concern me?"; the member's own word holds.
func TestPrivateHitsCountLikeOthers(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "b", Name: "fw"})
		w.product(product.Product{OrgID: "c", Name: "nothing"})
		w.publish(t.TempDir(), record("GHSA-aaaa-aaaa-aaaa", dbtest.Start, in("npm", "public-thing", osv.Event{Introduced: "0"}, osv.Event{Fixed: "2.0.0"})))
		w.hide(p, "1", "pkg:npm/public-thing@2.0.0", "pkg:npm/planted-secret@1")
		own, page := engineer("b"), match.KnownPage{}
		known := func() (k match.KnownPage) {
			w.Helper()
			k, err := w.s.KnownOf(ctx, own, p, match.KnownFilter{})
			w.ok(err)
			return k
		}
		if page = known(); len(page.Findings) != 0 {
			w.Errorf("a version that is mended: %+v", page.Findings)
		}
		w.hide(p, "1", "pkg:npm/public-thing@1.9", "pkg:npm/planted-secret@1")
		if page = known(); len(page.Findings) != 1 || page.Counts.Check != 1 || page.Counts.Open() != 0 || !page.Findings[0].Private || page.Findings[0].Note() != "match.note.private" {
			t.Fatalf("a hidden version: %+v", page)
		}
		other := w.product(product.Product{OrgID: "a", Name: "told"})
		w.sbom(other, "1", "npm|public-thing|1.9")
		w.ok(w.s.CatchUp(ctx))
		w.ok(w.s.CatchUpPrivate(ctx))
		page = known()
		if len(page.Findings) != 1 || page.Counts.Open() != 1 || page.Findings[0].Component != (product.Component{Ecosystem: "npm", Name: "public-thing", Version: "1.9"}) {
			t.Fatalf("a version that was told: %+v", page)
		}
		w.same("the way", []string{"fw@1", "…", "public-thing@1.9"}, page.Findings[0].Path)
		id := page.Findings[0].Vuln.ID

		folio, err := w.s.Portfolio(ctx, own, match.PortfolioFilter{})
		w.ok(err)
		if len(folio.Lines) != 1 || folio.Total.Open() != 1 || folio.Lines[0].Private != 1 || folio.Lines[0].Hidden != 2 || folio.Lines[0].Lists != 0 {
			w.Errorf("portfolio: %+v", folio)
		}
		about := func(by string, products int) {
			w.Helper()
			a, err := w.s.AffectedBy(ctx, engineer(by), id, match.AffectedFilter{})
			w.ok(err)
			c, err := w.s.Concerns(ctx, engineer(by), "GHSA-aaaa-aaaa-aaaa")
			w.ok(err)
			g, err := w.s.KnownBlast(ctx, engineer(by), id)
			w.ok(err)
			if a.Products != products || len(a.Findings) != products || c.Products != products || g.Products != products || (c.Answer == match.Concerned) != (products > 0) {
				w.Errorf("%s: %d products, %d findings, %s of %d, %d drawn", by, a.Products, len(a.Findings), c.Answer, c.Products, g.Products)
			}
		}
		about("b", 1)
		about("a", 1)
		about("c", 0)
		if a, err := w.s.AffectedBy(ctx, analyst, id, match.AffectedFilter{}); err != nil || a.Products != 2 || a.Orgs != 2 || len(a.Findings) != 2 {
			w.Errorf("all of them: %+v, %v", a, err)
		}

		// the member's own word, of the component and in general
		_, err = w.s.Assessments.Assess(ctx, own, assessment.Input{ProductID: p, Vuln: "GHSA-aaaa-aaaa-aaaa", PURL: "pkg:npm/public-thing@1.9", Status: assessment.Fixed})
		w.ok(err)
		if page = known(); page.Counts.Suppressed != 1 || page.Counts.Open() != 0 {
			w.Errorf("assessed: %+v", page.Counts)
		}
		_, err = w.s.KnownOf(ctx, engineer("c"), p, match.KnownFilter{})
		w.want(err, fault.Withheld)
	})
}
