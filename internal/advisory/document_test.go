// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/csaf"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

var released = time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC)

func publisher() *Service {
	return &Service{BaseURL: "https://fengsui.example", Publisher: Publisher{NameZH: "烽燧示范平台", NameEN: "Fengsui Demonstration Platform", Namespace: "https://fengsui.example", Contact: "security@fengsui.example"}}
}

func published(c Content) (Advisory, []Revision) {
	return Advisory{Number: "FS-2021-000001", State: Public, Revision: 1, Content: c, PublishedAt: released, UpdatedAt: released}, []Revision{{N: 1, At: released}}
}

// log4j2 is CVE-2021-44228 by the public record, beside an invented gateway that ships the component.
func log4j2() Content {
	return Content{Technical: "critical", Composite: "critical", Exploited: "yes", FixReady: true,
		Grades: []casework.Grade{{Scheme: "cvss-3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", Value: "critical", Score: "10.0"},
			{Scheme: "cvss-4.0", Vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", Value: "critical", Score: "10.0"},
			{Scheme: "gbt30279-2020", Vector: "GBT30279:2020/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", Value: "critical", Score: "9×9"}},
		Content: casework.Content{Title: "Apache Log4j2 远程代码执行漏洞", TitleEN: "Remote code execution in Apache Log4j2", Description: "说明", DescriptionEN: "Text", CWE: "CWE-502",
			Aliases: []string{"CVE-2021-44228", "CNVD-2021-95914"}, Fix: "升级", FixEN: "Upgrade", Workaround: "移除", WorkaroundEN: "Remove", Credits: []string{"示例安全实验室"},
			References: []casework.Reference{{Kind: "advisory", URL: "https://logging.apache.org/security.html"}, {Kind: "web", URL: "https://www.cve.org/CVERecord?id=CVE-2021-44228"}},
			Affected: []report.Affected{{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core", Introduced: "2.0-beta9", Fixed: "2.15.0"},
				{Vendor: "Example Networks", Product: "Gateway", Model: "GW-100", LastAffected: "3.2"}}}}
}

func TestCSAFOfLog4j2(t *testing.T) {
	d := publisher().CSAF(published(log4j2()))
	if _, err := d.Encode(); err != nil {
		t.Fatal(err)
	}
	v := d.Vulnerabilities[0]
	same := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	var leaves []csaf.Product
	for _, vendor := range d.ProductTree.Branches {
		for _, product := range vendor.Branches {
			for _, b := range product.Branches {
				leaves = append(leaves, *b.Product)
			}
		}
	}
	same("products", leaves, []csaf.Product{
		{Name: "org.apache.logging.log4j log4j-core vers:maven/>=2.0-beta9|<2.15.0", ProductID: "CSAFPID-0001", Helper: &csaf.Helper{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core"}},
		{Name: "org.apache.logging.log4j log4j-core 2.15.0", ProductID: "CSAFPID-0002", Helper: &csaf.Helper{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0"}},
		{Name: "Example Networks Gateway GW-100 <=3.2", ProductID: "CSAFPID-0003", Helper: &csaf.Helper{ModelNumbers: []string{"GW-100"}}}})
	same("status", v.ProductStatus, &csaf.ProductStatus{KnownAffected: []string{"CSAFPID-0001", "CSAFPID-0003"}, Fixed: []string{"CSAFPID-0002"}, FirstFixed: []string{"CSAFPID-0002"}})
	same("names", []any{d.Document.Title, v.Title, v.CVE, v.CWE, v.IDs}, []any{"FS-2021-000001 Apache Log4j2 远程代码执行漏洞 / Remote code execution in Apache Log4j2", "Apache Log4j2 远程代码执行漏洞 / Remote code execution in Apache Log4j2",
		"CVE-2021-44228", &csaf.CWE{ID: "CWE-502", Name: "Deserialization of Untrusted Data"},
		[]csaf.ID{{SystemName: "烽燧示范平台 / Fengsui Demonstration Platform", Text: "FS-2021-000001"}, {SystemName: "CNVD", Text: "CNVD-2021-95914"}}})
	same("label and severity", []any{d.Document.Distribution.TLP.Label, d.Document.AggregateSeverity.Text}, []any{"WHITE", "超危 (critical)"})
	same("history", d.Document.Tracking.RevisionHistory, []csaf.Revision{{Date: released, Number: "1", Summary: "首次发布 / Initial release"}})
	targets := v.ProductStatus.KnownAffected
	same("threats", v.Threats, []csaf.Threat{{Category: csaf.ExploitStatus, Details: "已发现该漏洞被利用于攻击 / Exploited in attacks", ProductIDs: targets},
		{Category: csaf.Impact, ProductIDs: targets, Details: "GB/T 30279-2020 技术分级：超危 (critical)；综合分级：超危 (critical)；向量：GBT30279:2020/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H / " +
			"GB/T 30279-2020 technical grade: 超危 (critical); composite grade: 超危 (critical); vector: GBT30279:2020/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H"}})
	same("remediations", v.Remediations, []csaf.Remediation{{Category: csaf.VendorFix, Details: "升级\n\nUpgrade", ProductIDs: targets, URL: "https://logging.apache.org/security.html"},
		{Category: csaf.Workaround, Details: "移除\n\nRemove", ProductIDs: targets}})
	same("notes", v.Notes, []csaf.Note{{Category: csaf.Description, Title: "漏洞描述", Text: "说明"}, {Category: csaf.Description, Title: "Description", Text: "Text"},
		{Category: csaf.Details, Title: "CVSS 4.0", Text: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H (10.0)"}})
	same("scores", v.Scores, []csaf.Score{{CVSSv3: &csaf.CVSSv3{BaseScore: 10, BaseSeverity: "CRITICAL", VectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", Version: "3.1"}, Products: targets}})
	same("path", CSAFPath(Advisory{Number: "FS-2021-000001", PublishedAt: time.Date(2022, 1, 1, 1, 0, 0, 0, time.FixedZone("CST", 8*3600))}), "/csaf/2021/fs-2021-000001.json")
}

func TestOSVOfLog4j2(t *testing.T) {
	a, _ := published(log4j2())
	r := publisher().OSV(a)
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	want := []osv.Affected{{Package: &osv.Package{Ecosystem: "Maven", Name: "org.apache.logging.log4j:log4j-core", PURL: "pkg:maven/org.apache.logging.log4j/log4j-core"},
		Ranges: []osv.Range{{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: "2.0-beta9"}, {Fixed: "2.15.0"}}}}},
		{DatabaseSpecific: json.RawMessage(`{"vendor":"Example Networks","product":"Gateway","model":"GW-100","last_affected":"3.2"}`)}}
	if diff := cmp.Diff(want, r.Affected); diff != "" {
		t.Errorf("affected (-want +got):\n%s", diff)
	}
	if len(r.Severity) != 2 || r.Severity[0].Type != osv.CVSSv3 || r.Severity[1].Type != osv.CVSSv4 || r.Credits[0].Name != "示例安全实验室" || r.Credits[0].Type != osv.Finder || len(r.References) != 3 {
		t.Errorf("record is %+v", r)
	}
	var own map[string]any
	if err := json.Unmarshal(r.DatabaseSpecific, &own); err != nil || own["gbt30279_technical"] != "critical" || own["number"] != "FS-2021-000001" {
		t.Errorf("%v: %s", err, r.DatabaseSpecific)
	}
}

func TestOSVRangesByEcosystem(t *testing.T) {
	c := Content{Content: casework.Content{Affected: []report.Affected{
		{PURL: "pkg:golang/golang.org/x/net", Fixed: "v0.17.0"}, {PURL: "pkg:golang/golang.org/x/net", Introduced: "v0.18.0", LastAffected: "v0.18.2"},
		{PURL: "pkg:pypi/Jw_Util", Versions: []string{"1.0", "1.1"}}, {PURL: "pkg:deb/debian/curl?distro=debian-12", Introduced: "0"}, {PURL: "pkg:npm/%40a/b@1.2.3"},
		{PURL: "pkg:generic/x", Fixed: "1"}, {PURL: "pkg:npm/silent"}, {Product: "Box", Versions: []string{"1"}}}}}
	a, _ := published(c)
	r := publisher().OSV(a)
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Affected {
		b, err := json.Marshal(struct {
			R []osv.Range
			V []string
		}{f.Ranges, f.Versions})
		if err != nil {
			t.Fatal(err)
		}
		if p := f.Package; p != nil {
			got = append(got, p.Ecosystem+" "+p.Name+" "+p.PURL+" "+string(b))
		} else {
			got = append(got, string(f.DatabaseSpecific))
		}
	}
	want := []string{
		`Go golang.org/x/net pkg:golang/golang.org/x/net {"R":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"0.17.0"}]},{"type":"SEMVER","events":[{"introduced":"0.18.0"},{"last_affected":"0.18.2"}]}],"V":null}`,
		`PyPI jw-util pkg:pypi/jw-util {"R":null,"V":["1.0","1.1"]}`,
		`Debian:12 curl pkg:deb/debian/curl?distro=debian-12 {"R":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}],"V":null}`,
		`npm @a/b pkg:npm/%40a/b {"R":null,"V":["1.2.3"]}`,
		`{"purl":"pkg:generic/x","fixed":"1"}`, `{"purl":"pkg:npm/silent"}`, `{"product":"Box","versions":["1"]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("affected (-want +got):\n%s", diff)
	}
}

func TestProductTrees(t *testing.T) {
	for name, c := range map[string]struct {
		affected            []report.Affected
		bad, mended, asking int
	}{
		"nothing is named":             {nil, 0, 0, 1},
		"only a product":               {[]report.Affected{{Product: "Box"}}, 1, 0, 0},
		"only a vendor":                {[]report.Affected{{Vendor: "Maker"}}, 1, 0, 0},
		"listed":                       {[]report.Affected{{Product: "Box", Versions: []string{"1", "1", " ", "8.2.*", "before 3"}}}, 3, 0, 0},
		"a fix that is affected":       {[]report.Affected{{Product: "Box", Fixed: "2"}, {Product: "Box", Versions: []string{"2"}}}, 2, 0, 0},
		"a fix that is no version":     {[]report.Affected{{Product: "Box", Fixed: "2 or later"}}, 1, 0, 0},
		"the same twice":               {[]report.Affected{{Product: "Box", Fixed: "2"}, {Product: "Box", Fixed: "2"}}, 1, 1, 0},
		"all versions":                 {[]report.Affected{{Product: "Box", Introduced: "0"}}, 1, 0, 0},
		"a product with and without":   {[]report.Affected{{Product: "Box"}, {Product: "Box", Fixed: "2"}}, 2, 1, 0},
		"a package URL that is none":   {[]report.Affected{{PURL: "log4j", Fixed: "2"}}, 1, 1, 0},
		"three lines of one component": {[]report.Affected{{PURL: "pkg:maven/a/b", Fixed: "2.3.1"}, {PURL: "pkg:maven/a/b", Introduced: "2.4", Fixed: "2.12.2"}, {PURL: "pkg:maven/a/b", Introduced: "2.13.0", Fixed: "2.15.0"}}, 3, 3, 0},
	} {
		p := tree(Content{Content: casework.Content{Title: "Title", Affected: c.affected}})
		if len(p.affected) != c.bad || len(p.fixed) != c.mended || len(p.asked) != c.asking {
			t.Errorf("%s: %+v", name, p)
		}
		a, revs := published(Content{Content: casework.Content{Title: "Title", Affected: c.affected}})
		if err := publisher().CSAF(a, revs).Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever people write, the documents are valid: a publication never fails for its form. Into the folder that
// FENGSUI_CONFORMANCE names the test writes what it made, for the validators of others (scripts/conformance).
func TestDocumentsAreAlwaysValid(t *testing.T) {
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", " ", "0", "1.0", "<2", "all", "2 or later", "CVE-2021-44228", "CNVD-1", "cnvd-1", "pkg:maven/a/b", "pkg:npm/a@1", "pkg:golang/a/b", "pkg:deb/debian/x?distro=debian-12",
		"CWE-79", "CWE-1", "https://a.example/x", "http://%zz", "fix", "yes", "critical", "cvss-3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", "gbt30279-2020"}))
	affected := rapid.Custom(func(t *rapid.T) report.Affected {
		return report.Affected{PURL: word.Draw(t, "purl"), Vendor: word.Draw(t, "vendor"), Product: word.Draw(t, "product"), Model: word.Draw(t, "model"), Introduced: word.Draw(t, "from"), Fixed: word.Draw(t, "fixed"),
			LastAffected: word.Draw(t, "last"), Versions: rapid.SliceOfN(word, 0, 3).Draw(t, "versions")}
	})
	made := 0
	keep := func(kind string, b []byte) {
		if dir := os.Getenv("FENGSUI_CONFORMANCE"); dir != "" {
			made++
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%05d.json", kind, made)), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		c := Content{Technical: word.Draw(t, "technical"), Composite: word.Draw(t, "composite"), Exploited: word.Draw(t, "exploited"), Content: casework.Content{
			Title: word.Draw(t, "title"), TitleEN: word.Draw(t, "title_en"), Description: word.Draw(t, "description"), CWE: word.Draw(t, "cwe"), Fix: word.Draw(t, "fix"), Workaround: word.Draw(t, "workaround"),
			Aliases: rapid.SliceOfN(word, 0, 4).Draw(t, "aliases"), Credits: rapid.SliceOfN(word, 0, 3).Draw(t, "credits"), Affected: rapid.SliceOfN(affected, 0, 4).Draw(t, "affected")}}
		for range rapid.IntRange(0, 3).Draw(t, "grades") {
			c.Grades = newest(append(c.Grades, casework.Grade{Scheme: word.Draw(t, "scheme"), Vector: word.Draw(t, "vector")}))
		}
		for range rapid.IntRange(0, 3).Draw(t, "references") {
			c.References = append(c.References, casework.Reference{Kind: word.Draw(t, "kind"), URL: word.Draw(t, "url")})
		}
		a, revs := published(c)
		document, err := publisher().CSAF(a, revs).Encode()
		if err != nil {
			t.Fatal(err)
		}
		r := publisher().OSV(a)
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		record, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		keep("csaf", document)
		keep("osv", record)
	})
}
