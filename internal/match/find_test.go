// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
)

// log4j is what CVE-2021-44228 affects, by the public record: 2.0-beta9 up to 2.15.0, but for the patched branches.
var log4j = []report.Affected{
	{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core", Introduced: "2.0-beta9", Fixed: "2.3.1"},
	{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core", Introduced: "2.4", Fixed: "2.12.2"},
	{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core", Introduced: "2.13.0", Fixed: "2.15.0"},
}

const core = "Maven|org.apache.logging.log4j:log4j-core|"

// The case that the platform exists for: every version that is flawed, however deep it lies, and none of the others.
func TestFindLog4j(t *testing.T) {
	each(t, func(w *world) {
		deep := w.product(product.Product{OrgID: "a", Name: "网关"})
		w.sbom(deep, "3.1", "Maven|org.example:app|3.1 > Maven|org.example:web|1.0 > Maven|org.example:log-bridge|0.9 > "+core+"2.14.1",
			"Maven|org.example:app|3.1 > Maven|org.example:other|1")
		war := w.product(product.Product{OrgID: "b", Name: "审批系统"})
		w.sbom(war, "8", "generic|approval.war|8 > "+core+"2.12.1", "generic|approval.war|8 > "+core+"2.12.2")
		mended := w.product(product.Product{OrgID: "c", Name: "报表"})
		w.sbom(mended, "1", core+"2.17.1", core+"2.12.2", core+"2.3.1", core+"1.2.17", core+"2.0-beta8", "Maven|org.apache.logging.log4j:log4j-api|2.14.1")
		bare := w.product(product.Product{OrgID: "c", Name: "采集器"})
		w.sbom(bare, "2", core+"2.0-beta9", core, core+"SNAPSHOT")

		id := w.kase(log4j...)
		w.find(id)
		name := "org.apache.logging.log4j:log4j-core"
		want := []string{
			"affected a @3.1: 网关@3.1 > org.example:app@3.1 > org.example:web@1.0 > org.example:log-bridge@0.9 > " + name + "@2.14.1 [>= 2.13.0, < 2.15.0] " + name + "@2.14.1 ",
			"affected b @8: 审批系统@8 > approval.war@8 > " + name + "@2.12.1 [>= 2.4, < 2.12.2] " + name + "@2.12.1 ",
			"affected c @2: 采集器@2 > " + name + "@2.0-beta9 [>= 2.0-beta9, < 2.3.1] " + name + "@2.0-beta9 ",
			"check c @2: 采集器@2 > " + name + " [>= 2.0-beta9, < 2.3.1; >= 2.4, < 2.12.2; >= 2.13.0, < 2.15.0] " + name + " match.note.no-version",
			"check c @2: 采集器@2 > " + name + "@SNAPSHOT [>= 2.0-beta9, < 2.3.1; >= 2.4, < 2.12.2; >= 2.13.0, < 2.15.0] " + name + "@SNAPSHOT match.note.no-version",
		}
		if diff := cmp.Diff(want, w.lines(id)); diff != "" {
			w.Errorf("findings (-want +got):\n%s", diff)
		}

		// 2.15.0 turned out to be flawed too: the range moves, and a product that was mended by 2.15.0 is back.
		w.sbom(deep, "3.1", core+"2.15.0")
		w.changed(deep)
		if got := w.lines(id); len(got) != 4 || slices.ContainsFunc(got, func(l string) bool { return l[:10] == "affected a" }) {
			w.Errorf("the upgrade to 2.15.0 does not count: %q", got)
		}
		second := w.kase(report.Affected{PURL: log4j[0].PURL, Introduced: "2.13.0", Fixed: "2.17.1"})
		w.find(second)
		if got := w.lines(second); len(got) != 3 { // 2.15.0, and the two without a version
			w.Errorf("findings of the second flaw: %q", got)
		}
	})
}

// A path leads down the shortest way, ends in a cycle nowhere, and admits what a list does not tell.
func TestPaths(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "a", Name: "p"})
		w.sbom(p, "1", "npm|a|1 > npm|b|1 > npm|a|1", "npm|b|1 > npm|c|1 > npm|d|1 > npm|bad|1", "npm|a|1 > npm|d|1")
		lost := w.product(product.Product{OrgID: "a", Name: "lost"})
		w.sbom(lost, "1", "npm|a|1", " > npm|x|1 > npm|bad|1 > npm|x|1")
		id := w.kase(report.Affected{PURL: "pkg:npm/bad", Versions: []string{"1"}})
		w.find(id)
		want := []string{
			"affected a @1: lost@1 > … > bad@1 [= 1] bad@1 ",
			"affected a @1: p@1 > a@1 > d@1 > bad@1 [= 1] bad@1 ",
		}
		if diff := cmp.Diff(want, w.lines(id)); diff != "" {
			w.Errorf("findings (-want +got):\n%s", diff)
		}
	})
}

// What has no package manager goes by vendor, name and model, however people write them, and by versions as people read
// them. What is not certain is for a person to check, and says why.
func TestFindHardware(t *testing.T) {
	each(t, func(w *world) {
		for _, p := range []product.Product{
			{OrgID: "a", Vendor: "天工", Name: "边界路由器", NameEN: "Edge Router", Model: "XR-5600", Versions: []string{"V100R002C10", "V100R003C00", "V100R001"}},
			{OrgID: "a", Vendor: "天工", Name: "边界 路由器", Model: "ＸＲ　5600"},
			{OrgID: "b", Vendor: "天工", Name: "边界路由器", Model: "XR-5800", Versions: []string{"V100R002C10"}},
			{OrgID: "b", Vendor: "天工", Name: "边界路由器", Versions: []string{"V100R002C10"}},
			{OrgID: "b", Vendor: "天工科技股份", Name: "边界路由器", Model: "xr_5600", Versions: []string{"V100R002"}},
			{OrgID: "c", Vendor: "天工", Name: "企业网关", Model: "XR 5600", Versions: []string{"V100R002"}},
			{OrgID: "c", Name: "Edge Router", Model: "XR-5600", Versions: []string{"V100R002"}},
			{OrgID: "c", Vendor: "别家", Name: "边界路由器", Versions: []string{"V100R002"}},
		} {
			w.product(p)
		}
		id := w.kase(report.Affected{Vendor: "天工", Product: "边界路由器", Model: "XR-5600", Introduced: "V100R002", Fixed: "V100R003C00"})
		w.find(id)
		const held = " [>= V100R002, < V100R003C00] "
		want := []string{
			"affected a @V100R002C10: " + held + "天工 边界路由器 XR-5600@V100R002C10 ",
			"check a @: " + held + "天工 边界 路由器 ＸＲ　5600 match.note.no-version",
			"check b @V100R002: " + held + "天工科技股份 边界路由器 xr_5600@V100R002 match.note.other-vendor",
			"check b @V100R002C10: " + held + "天工 边界路由器@V100R002C10 match.note.no-model",
			"check c @V100R002: " + held + "天工 企业网关 XR 5600@V100R002 match.note.other-name",
		}
		got := w.lines(id)
		for i := range got {
			got[i] = collapse(got[i])
		}
		for i := range want {
			want[i] = collapse(want[i])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Errorf("findings (-want +got):\n%s", diff)
		}

		english := w.kase(report.Affected{Product: "edge router", Versions: []string{"V100R002*"}})
		w.find(english)
		var notes []string
		for _, f := range w.findings(english) {
			notes = append(notes, f.OrgID+" "+f.Version+" "+f.Why.Note)
		}
		slices.Sort(notes)
		if diff := cmp.Diff([]string{"a V100R002C10 match.note.no-vendor", "c V100R002 match.note.no-vendor"}, notes); diff != "" {
			w.Errorf("by the English name (-want +got):\n%s", diff)
		}
	})
}

// A product that is registered by its package URL is the package, in the versions it was registered with. A component
// without a package URL is worth a look when the name agrees. A release of a distribution is another package.
func TestFindByNames(t *testing.T) {
	each(t, func(w *world) {
		w.product(product.Product{OrgID: "a", Vendor: "Example", Name: "Flask-User", PURL: "pkg:pypi/flask_user", Versions: []string{"0.9", "1.1"}})
		p := w.product(product.Product{OrgID: "b", Name: "fw"})
		w.sbom(p, "1", "|busybox|1.30.1", "Debian|openssl|3.0.2-1|pkg:deb/debian/openssl@3.0.2-1?distro=debian-11", "Debian|openssl|3.0.3-1",
			"Go|github.com/masterminds/goutils|v1.1.0", "generic|u-boot|2019.07", "|busybox|1.36.0")
		for _, c := range []struct {
			affected report.Affected
			want     []string
		}{
			{report.Affected{PURL: "pkg:pypi/Flask.User", Fixed: "1.0"}, []string{"affected 0.9 "}},
			{report.Affected{Product: "busybox", LastAffected: "1.35"}, []string{"check 1 match.note.name-only"}},
			{report.Affected{PURL: "pkg:deb/debian/openssl?distro=debian-12", Fixed: "3.0.9-1"}, []string{"check 1 match.note.no-release"}},
			{report.Affected{PURL: "pkg:deb/debian/openssl?distro=debian-11", Fixed: "3.0.9-1"}, []string{"affected 1 ", "check 1 match.note.no-release"}},
			{report.Affected{PURL: "pkg:deb/debian/openssl", Fixed: "3.0.9-1"}, []string{"affected 1 ", "affected 1 "}},
			{report.Affected{PURL: "pkg:golang/github.com/Masterminds/goutils", Fixed: "1.1.1"}, []string{"affected 1 "}},
			{report.Affected{PURL: "pkg:generic/u-boot", Introduced: "2019.01", Fixed: "2019.10"}, []string{"affected 1 "}},
			{report.Affected{PURL: "pkg:generic/u-boot@2019.07"}, []string{"affected 1 "}},
			{report.Affected{PURL: "pkg:generic/u-boot", Fixed: "latest"}, []string{"check 1 match.note.bad-range"}},
			{report.Affected{PURL: "pkg:generic/u-boot"}, []string{"affected 1 "}},
			{report.Affected{PURL: "not a purl"}, nil},
			{report.Affected{}, nil},
		} {
			id := w.kase(c.affected)
			w.find(id)
			var got []string
			for _, f := range w.findings(id) {
				got = append(got, string(f.Verdict)+" "+f.Version+" "+f.Why.Note)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				w.Errorf("%+v (-want +got):\n%s", c.affected, diff)
			}
		}
	})
}

// A run can be repeated: the findings that stay keep their time, and nobody hears of the same thing twice. What is no
// case any more has no findings.
func TestFindAgain(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "a", Name: "p"})
		w.sbom(p, "1", "npm|bad|1.0.0")
		id := w.kase(report.Affected{PURL: "pkg:npm/bad", Fixed: "2.0.0"})
		events := func() int { return w.number(`SELECT count(*) FROM event WHERE kind = 'match.found'`) }
		w.find(id)
		before, err := w.s.Findings(ctx, member.System(), id)
		w.ok(err)
		w.clock.Advance(3600e9)
		w.find(id)
		w.changed(p)
		after, err := w.s.Findings(ctx, member.System(), id)
		w.ok(err)
		if diff := cmp.Diff(before, after); diff != "" || len(before) != 1 || events() != 1 {
			w.Errorf("%d events after a repetition; findings (-before +after):\n%s", events(), diff)
		}

		w.exec(`UPDATE casefile SET technical = 'low' WHERE id = $1`, id)
		w.find(id)
		f, err := w.s.FindNow(ctx, analyst, id)
		w.ok(err)
		if f.Products != 1 || f.Orgs != 1 || events() != 3 {
			w.Errorf("%d events, want one for another grade and one for a person who asked; %+v", events(), f)
		}

		w.sbom(p, "1", "npm|bad|2.0.0")
		w.changed(p)
		w.changed(p)
		if got := w.findings(id); len(got) != 0 || events() != 4 {
			w.Errorf("%d events; findings of a mended product: %v", events(), got)
		}
		w.sbom(p, "1", "npm|bad|1.5.0")
		w.changed(p)

		w.exec(`UPDATE casefile SET state = $1 WHERE id = $2`, casework.Duplicate, id)
		w.find(id)
		w.sbom(p, "1", "npm|bad|1.5.1")
		w.changed(p)
		_, err = w.s.FindNow(ctx, analyst, id)
		w.want(err, fault.Conflict)
		if got := w.findings(id); len(got) != 0 || events() != 5 {
			w.Errorf("%d events; a duplicate has findings: %v", events(), got)
		}
		w.want(w.s.Find(ctx, casework.Graded{}), fault.NotFound)
	})
}

// Undisclosed details rest sealed and stand in no event.
func TestDetailsStaySealed(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "a", Name: "p"})
		w.sbom(p, "1", "npm|very-secret-package|1.0.0")
		id := w.kase(report.Affected{PURL: "pkg:npm/very-secret-package", Fixed: "1.2.3"})
		w.find(id)
		for _, q := range []string{
			`SELECT count(*) FROM event WHERE payload LIKE '%secret%' OR payload LIKE '%1.2.3%'`,
			`SELECT count(*) FROM match_run WHERE basis LIKE '%secret%'`,
		} {
			if w.number(q) != 0 {
				w.Errorf("details: %s", q)
			}
		}
		if w.findings(id)[0].Why.Found != "very-secret-package@1.0.0" {
			w.Errorf("the finding does not tell: %+v", w.findings(id)[0])
		}
		if w.number(`SELECT count(*) FROM finding WHERE length(why_sealed) > 40`) != 1 {
			w.Errorf("no sealed reasons")
		}
	})
}

// A range that is corrected counts, however often.
func TestCorrectedRange(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "a", Name: "p"})
		w.sbom(p, "1", core+"2.15.0")
		id := w.kase(report.Affected{PURL: log4j[0].PURL, Fixed: "2.15.0"})
		w.find(id)
		for _, c := range []struct {
			fixed string
			want  int
		}{{"2.15.0", 0}, {"2.16.0", 1}, {"2.17.1", 1}, {"2.15.0", 0}} {
			w.edit(id, report.Affected{PURL: log4j[0].PURL, Fixed: c.fixed})
			w.find(id)
			if got := w.lines(id); len(got) != c.want {
				w.Errorf("fixed in %s: %q", c.fixed, got)
			}
		}
		w.edit(id, report.Affected{PURL: "pkg:npm/other"}) // the wrong package altogether: changed products forget the old one
		w.find(id)
		w.changed(p)
		if n := w.number(`SELECT count(*) FROM match_target`); n != 2 || len(w.findings(id)) != 0 {
			w.Errorf("%d targets, findings %q", n, w.lines(id))
		}
	})
}
