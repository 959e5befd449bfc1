// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cve

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/vers"
)

func entry(t testing.TB, doc string) (a Affected) {
	t.Helper()
	if err := json.Unmarshal([]byte(doc), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestStatusOf(t *testing.T) {
	for name, c := range map[string]struct {
		doc                           string
		affected, unaffected, unknown string // versions, between blanks
	}{
		"one version":             {`{"versions":[{"version":"1.0","status":"affected"}],"defaultStatus":"unaffected"}`, "1.0 V1.0.0", "1.0.1 0.9", "latest"},
		"a stretch":               {`{"versions":[{"version":"1.0","lessThan":"1.4","status":"affected"}],"defaultStatus":"unaffected"}`, "1.0 1.3.9", "0.9 1.4", ""},
		"its end":                 {`{"versions":[{"version":"1.0","lessThanOrEqual":"1.4","status":"affected"}],"defaultStatus":"unaffected"}`, "1.4 1.4.0", "1.4.1", ""},
		"nothing of the rest":     {`{"versions":[{"version":"1.0","lessThan":"1.4","status":"affected"}]}`, "1.0", "", "0.9 1.4"},
		"from the beginning":      {`{"versions":[{"version":"0","lessThan":"1.4","status":"affected"}],"defaultStatus":"unaffected"}`, "0 0.1 1.0-rc1", "1.4", ""},
		"unspecified":             {`{"versions":[{"version":"unspecified","lessThan":"1.4","status":"affected"}],"defaultStatus":"unaffected"}`, "0.1", "1.4", ""},
		"without an end":          {`{"versions":[{"version":"2.0","lessThan":"*","status":"affected"}],"defaultStatus":"unaffected"}`, "2.0 99", "1.9", ""},
		"all but some":            {`{"versions":[{"version":"2.0","lessThanOrEqual":"2.5","status":"unaffected"}],"defaultStatus":"affected"}`, "1.9 2.5.1 3", "2.0 2.5", ""},
		"all but one":             {`{"versions":[{"version":"2.0","status":"unaffected"}],"defaultStatus":"affected"}`, "1.9 2.0.1", "2.0", ""},
		"the first decides":       {`{"versions":[{"version":"1.2","status":"unaffected"},{"version":"1.0","lessThan":"2.0","status":"affected"}],"defaultStatus":"unaffected"}`, "1.0 1.1 1.2.1", "1.2 2.0", ""},
		"changes in any order":    {`{"versions":[{"version":"1.0","lessThan":"9","status":"affected","changes":[{"at":"3.0","status":"affected"},{"at":"2.0","status":"unaffected"},{"at":"4.0","status":"unknown"}]}],"defaultStatus":"unaffected"}`, "1.0 1.9 3.0 3.9", "0.9 2.0 2.9 9", "4.0 8"},
		"changes without an end":  {`{"versions":[{"version":"1.0","status":"affected","changes":[{"at":"1.5","status":"unaffected"}]}],"defaultStatus":"unaffected"}`, "1.0 1.4", "0.9 1.5 7", ""},
		"a wildcard as the end":   {`{"versions":[{"version":"0","lessThan":"5.9","status":"unaffected","versionType":"semver"},{"version":"5.15.163","lessThanOrEqual":"5.15.*","status":"unaffected","versionType":"semver"},{"version":"6.10","lessThanOrEqual":"*","status":"unaffected"}],"defaultStatus":"affected"}`, "5.9 5.15.162 5.16", "5.8.1 5.15.163 5.15.999 6.10 7", ""},
		"a wildcard":              {`{"versions":[{"version":"8.2.*","status":"affected"}],"defaultStatus":"unaffected"}`, "8.2 8.2.7", "8.1 8.3", ""},
		"as GitHub writes it":     {`{"versions":[{"version":">= 1.0, < 1.4","status":"affected"},{"version":"< 0.5","status":"affected"}],"defaultStatus":"unaffected"}`, "1.0 1.3 0.4", "0.5 0.9 1.4", ""},
		"in words":                {`{"versions":[{"version":"8.0.19 and prior","status":"affected"}],"defaultStatus":"unaffected"}`, "8.0.19 7", "8.0.20", ""},
		"no version":              {`{"versions":[{"version":"n/a","status":"affected"}],"defaultStatus":"unaffected"}`, "", "", "1.0"},
		"everything":              {`{"versions":[{"version":"*","status":"affected"}]}`, "1.0 latest", "", ""},
		"everything by default":   {`{"defaultStatus":"affected"}`, "1.0 latest", "", ""},
		"no end that can be read": {`{"versions":[{"version":"1.0","lessThan":"publication","status":"affected"}],"defaultStatus":"unaffected"}`, "", "", "1.0 0.9"},
		"an unreadable exception": {`{"versions":[{"version":"x","lessThan":"y","status":"unaffected"},{"version":"1.0","lessThan":"2.0","status":"affected"}],"defaultStatus":"unaffected"}`, "", "", "1.5 3"},
		"a name for a version":    {`{"versions":[{"version":"FastConnect 7800","status":"affected"}],"defaultStatus":"unaffected"}`, "FastConnect_7800", "1.0", ""},
		"only commits":            {`{"repo":"https://git.example/x","versions":[{"version":"1da177e4c3f4","lessThan":"5f1ee2a4a5c1","status":"affected","versionType":"git"}],"defaultStatus":"unaffected"}`, "", "", "1.0"},
		"pre-releases of SemVer":  {`{"versions":[{"version":"1.0.0","lessThan":"2.0.0","status":"affected","versionType":"semver"}],"defaultStatus":"unaffected"}`, "1.0.0 2.0.0-zeta", "2.0.0 1.0.0-zeta", ""},
		"odd entries":             {`{"versions":["1.0",7,{"version":"1.0","status":"affected"}],"defaultStatus":"unaffected"}`, "1.0", "2.0", ""},
	} {
		a := entry(t, c.doc)
		for want, list := range map[Status]string{StatusAffected: c.affected, StatusUnaffected: c.unaffected, StatusUnknown: c.unknown} {
			for _, v := range strings.Fields(list) {
				if v == "FastConnect_7800" {
					v = "FastConnect 7800"
				}
				if got := a.StatusOf(vers.Natural, v); got != want {
					t.Errorf("%s: %s is %s, want %s", name, v, got, want)
				}
			}
		}
	}
	a := entry(t, `{"versions":[{"version":"2.0-beta9","lessThan":"2.15.0","status":"affected"}],"defaultStatus":"unaffected"}`)
	if a.StatusOf("Maven", "2.15.0-rc1") != StatusAffected || a.StatusOf("Maven", "2.0-beta8") != StatusUnaffected {
		t.Error("Maven's order is not used")
	}
}

func TestClaims(t *testing.T) {
	span := func(kind string, events ...osv.Event) osv.Range { return osv.Range{Type: kind, Events: events} }
	n, err := cpe.Parse("cpe:2.3:a:acme:router_os")
	if err != nil {
		t.Fatal(err)
	}
	one := n
	one[cpe.Version] = "7"
	for name, c := range map[string]struct {
		doc  string
		want []Claim
	}{
		"a product": {`{"vendor":"Acme","product":"Router OS","versions":[{"version":"1.0","lessThan":"1.4","status":"affected"},{"version":"3","lessThanOrEqual":"3.1","status":"affected"}],"defaultStatus":"unaffected","cpes":["cpe:2.3:a:acme:router_os:*:*:*:*:*:*:*:*","cpe:2.3:a:acme:router_os:7:*:*:*:*:*:*:*","no name"]}`,
			[]Claim{{Vendor: "Acme", Product: "Router OS", Exact: true, Rest: StatusUnaffected, Says: osv.Affected{Ranges: []osv.Range{
				span(osv.RangeEcosystem, osv.Event{Introduced: "1.0"}, osv.Event{Fixed: "1.4"}), span(osv.RangeEcosystem, osv.Event{Introduced: "3"}, osv.Event{LastAffected: "3.1"})}},
				CPEs: cpe.Applicability{{Nodes: []cpe.Node{{Operator: cpe.Or, Matches: []cpe.Criterion{{Vulnerable: true, Criteria: n, StartIncluding: "1.0", EndExcluding: "1.4"}, {Vulnerable: true, Criteria: n, StartIncluding: "3", EndIncluding: "3.1"}, {Vulnerable: true, Criteria: one}}}}}}}}},
		"a package and a product": {`{"vendor":"n/a","product":"x","packageURL":"pkg:npm/%40acme/x","versions":[{"version":"1.0.0","lessThan":"1.4.0","status":"affected","versionType":"semver"}]}`,
			[]Claim{{Product: "x", Exact: true, Rest: StatusUnknown, Says: osv.Affected{Package: &osv.Package{Ecosystem: "npm", Name: "@acme/x", PURL: "pkg:npm/%40acme/x"}, Ranges: []osv.Range{span(osv.RangeEcosystem, osv.Event{Introduced: "1.0.0"}, osv.Event{Fixed: "1.4.0"})}}},
				{Product: "x", Exact: true, Rest: StatusUnknown, Says: osv.Affected{Ranges: []osv.Range{span(osv.RangeSemVer, osv.Event{Introduced: "1.0.0"}, osv.Event{Fixed: "1.4.0"})}}}}},
		"only a package":      {`{"collectionURL":"https://repo.maven.apache.org/maven2/","packageName":"acme:x","defaultStatus":"affected"}`, []Claim{{Exact: true, Rest: StatusAffected, Says: osv.Affected{Package: &osv.Package{Ecosystem: "Maven", Name: "acme:x"}, Ranges: []osv.Range{span(osv.RangeEcosystem, osv.Event{Introduced: "0"})}}}}},
		"nothing is affected": {`{"vendor":"Acme","product":"x","versions":[{"version":"1.0","status":"unaffected"}],"defaultStatus":"unaffected"}`, nil},
		"nothing is said":     {`{"vendor":"Acme","product":"x"}`, []Claim{{Vendor: "Acme", Product: "x", Exact: true, Rest: StatusUnknown}}},
		"no product":          {`{"vendor":"Acme","product":"n/a","versions":[{"version":"n/a","status":"affected"}]}`, nil},
		"an edge": {`{"vendor":"Acme","product":"x","versions":[{"version":"2.0","lessThanOrEqual":"2.5","status":"unaffected"}],"defaultStatus":"affected"}`,
			[]Claim{{Vendor: "Acme", Product: "x", Exact: true, Rest: StatusAffected, Says: osv.Affected{Ranges: []osv.Range{span(osv.RangeEcosystem, osv.Event{Introduced: "0"}, osv.Event{Fixed: "2.0"}), span(osv.RangeEcosystem, osv.Event{Introduced: "2.5-a"})}}}}},
		"a fixed line": {`{"vendor":"Acme","product":"x","versions":[{"version":"5.6.7","lessThanOrEqual":"5.6.*","status":"unaffected"},{"version":"6.1","lessThanOrEqual":"*","status":"unaffected"}],"defaultStatus":"affected"}`,
			[]Claim{{Vendor: "Acme", Product: "x", Exact: true, Rest: StatusAffected, Says: osv.Affected{Ranges: []osv.Range{span(osv.RangeEcosystem, osv.Event{Introduced: "0"}, osv.Event{Fixed: "5.6.7"}), span(osv.RangeEcosystem, osv.Event{Introduced: "5.7-dev"}, osv.Event{Fixed: "6.1"})}}}}},
		"commits": {`{"vendor":"Acme","product":"x","repo":"https://git.example/x","versions":[{"version":"1da177e4c3f4","lessThan":"5f1ee2a4a5c1","status":"affected","versionType":"git"}],"defaultStatus":"unaffected"}`,
			[]Claim{{Vendor: "Acme", Product: "x", Rest: StatusUnaffected, Says: osv.Affected{Ranges: []osv.Range{{Type: osv.RangeGit, Repo: "https://git.example/x", Events: []osv.Event{{Introduced: "1da177e4c3f4"}, {Fixed: "5f1ee2a4a5c1"}}}}}}}},
	} {
		if diff := cmp.Diff(c.want, entry(t, c.doc).Claims()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// The kernel's records tell the same twice, in commits and in versions: a fixed kernel is then no open question.
func TestCommitsBesideVersionsAreLeftOut(t *testing.T) {
	var c Container
	const git = `{"vendor":"Linux","product":"Linux","defaultStatus":"unaffected","repo":"https://git.example/linux","versions":[{"version":"1da177e4c3f4","lessThan":"5f1ee2a4a5c1","status":"affected","versionType":"git"}]}`
	const releases = `{"vendor":"linux","product":"Linux","defaultStatus":"affected","versions":[{"version":"5.9","status":"affected"},{"version":"0","lessThan":"5.9","status":"unaffected","versionType":"semver"},{"version":"5.15.163","lessThanOrEqual":"5.15.*","status":"unaffected","versionType":"semver"},{"version":"6.10","lessThanOrEqual":"*","status":"unaffected","versionType":"original_commit_for_fix"}]}`
	if err := json.Unmarshal([]byte(`{"affected":[`+git+`,`+releases+`]}`), &c); err != nil {
		t.Fatal(err)
	}
	claims := c.Claims()
	if len(claims) != 1 || !claims[0].Exact {
		t.Fatalf("%+v", claims)
	}
	for version, want := range map[string]osv.State{"5.8.18": osv.Miss, "5.9": osv.Hit, "5.15.162": osv.Hit, "5.15.163": osv.Miss, "5.15.170": osv.Miss, "5.16-rc1": osv.Hit, "6.9.7": osv.Hit, "6.10": osv.Miss, "6.12": osv.Miss} {
		if v := osv.Affects(claims[0].Says, vers.Natural, version); v.State != want {
			t.Errorf("Linux %s: %+v, want %s", version, v, want)
		}
	}
	if err := json.Unmarshal([]byte(`{"affected":[`+git+`]}`), &c); err != nil || len(c.Claims()) != 1 {
		t.Errorf("commits alone: %+v, %v", c.Claims(), err)
	}
}

func TestTooManyCriteriaAreNotKnown(t *testing.T) {
	a := Affected{Product: "x", CPEs: Texts{"cpe:2.3:a:acme:x", "cpe:2.3:a:acme:y"}, DefaultStatus: StatusUnaffected}
	for i := range 6_000 {
		a.Versions = append(a.Versions, Version{Version: strconv.Itoa(2 * i), Status: StatusAffected})
	}
	claims := a.Claims()
	target, err := cpe.Parse("cpe:2.3:a:acme:y:5")
	if err != nil || len(claims) != 1 || len(claims[0].CPEs[0].Nodes[0].Matches) != 2 || claims[0].CPEs.Affects(target, nil).State != osv.Unknown {
		t.Fatalf("%v, %d claims", err, len(claims))
	}
}

func TestPackage(t *testing.T) {
	for doc, want := range map[string]string{
		`{"packageURL":"pkg:pypi/Jw_Util"}`: "PyPI jw-util",
		`{"packageURL":"pkg:generic/x","collectionURL":"https://www.npmjs.com","packageName":"x"}`:           "npm x",
		`{"collectionURL":"https://pypi.python.org/","packageName":"x"}`:                                     "PyPI x",
		`{"collectionURL":"https://repo.maven.apache.org/maven2","packageName":"org.acme/x"}`:                "Maven org.acme:x",
		`{"collectionURL":"https://repo.maven.apache.org/maven2","packageName":"x"}`:                         "",
		`{"collectionURL":"https://wordpress.org/plugins","packageName":"x"}`:                                "",
		`{"collectionURL":"https://pkg.go.dev"}`:                                                             "",
		`{"collectionURL":"://","packageName":"x"}`:                                                          "",
		`{"collectionURL":"https://pkg.go.dev","packageName":" github.com/Acme/x "}`:                         "Go github.com/Acme/x",
		`{"collectionURL":"https://access.redhat.com/downloads/content/package-browser/","packageName":"x"}`: "",
	} {
		got := ""
		if p := entry(t, doc).Package(); p != nil {
			got = p.Ecosystem + " " + p.Name
		}
		if got != want {
			t.Errorf("%s names %q, want %q", doc, got, want)
		}
	}
}

var (
	someVersion = rapid.SampledFrom([]string{"0", "1", "1.0", "1.1", "1.2", "1.5.0", "2.0", "2.0-rc1", "2.1", "3", "3.0.1b", "10.0"})
	someStatus  = rapid.SampledFrom([]Status{StatusAffected, StatusAffected, StatusUnaffected, StatusUnknown})
	someEntry   = rapid.Custom(func(t *rapid.T) (v Version) {
		v.Version, v.Status = someVersion.Draw(t, "version"), someStatus.Draw(t, "status")
		v.VersionType = rapid.SampledFrom([]string{"", "custom", "semver", "git"}).Draw(t, "type")
		end := rapid.OneOf(someVersion, rapid.SampledFrom([]string{"*", "2.*", "unspecified"})).Draw(t, "end")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			v.LessThan = end
		case 1:
			v.LessThanOrEqual = end
		case 2:
			v.Version = rapid.OneOf(someVersion, rapid.SampledFrom([]string{"n/a", ">= 1.0, < 2.1", "1.x", "2.*", "all versions", "some words 2", "latest"})).Draw(t, "spelled")
			return v
		}
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			v.Changes = append(v.Changes, Change{someVersion.Draw(t, "at"), someStatus.Draw(t, "to")})
		}
		return v
	})
	someAffected = rapid.Custom(func(t *rapid.T) Affected {
		return Affected{Vendor: "Acme", Product: "x", CPEs: Texts{"cpe:2.3:a:acme:x"}, DefaultStatus: rapid.SampledFrom([]Status{"", StatusAffected, StatusUnaffected, StatusUnaffected, StatusUnknown}).Draw(t, "default"),
			Versions: rapid.SliceOfN(someEntry, 0, 4).Draw(t, "versions")}
	})
)

// plainly decides by the record format's own words, for entries without anything odd.
func plainly(t *rapid.T, a Affected, version string) Status {
	order := func(x, y string) int {
		n, err := vers.Compare(vers.Natural, x, y)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, v := range a.Versions {
		from := v.Version == "0" || order(v.Version, version) <= 0
		switch {
		case v.LessThan == "" && v.LessThanOrEqual == "" && len(v.Changes) == 0:
			if order(v.Version, version) == 0 {
				return v.Status
			}
			continue
		case !from, v.LessThan != "" && v.LessThan != "*" && order(version, v.LessThan) >= 0, v.LessThan == "" && v.LessThanOrEqual != "" && v.LessThanOrEqual != "*" && order(version, v.LessThanOrEqual) > 0:
			continue
		}
		status, at := v.Status, ""
		for _, c := range v.Changes {
			if order(c.At, version) <= 0 && (at == "" || order(at, c.At) <= 0) {
				status, at = c.Status, c.At
			}
		}
		return status
	}
	return a.rest()
}

// The line agrees with the record format's rules, and the claim with the line: what is affected is never missed, and
// where it is exact nothing else is hit.
func TestClaimsMissNothing(t *testing.T) {
	target, err := cpe.Parse("cpe:2.3:a:acme:x")
	if err != nil {
		t.Fatal(err)
	}
	exact, compared := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		a := someAffected.Draw(t, "entry")
		version := rapid.OneOf(someVersion, rapid.SampledFrom([]string{"0.5", "1.05", "1.9", "2.9", "4", "11", "latest"})).Draw(t, "asked")
		status := a.StatusOf(vers.Natural, version)
		odd := a.semver() || version == "latest"
		for _, v := range a.Versions {
			odd = odd || v.VersionType == "git" || strings.ContainsAny(v.Version+v.LessThan+v.LessThanOrEqual, "naux.s") && !strings.Contains("3.0.1b 2.0-rc1", v.Version) || strings.ContainsAny(v.LessThan+v.LessThanOrEqual, "u") || v.LessThan == "2.*" || v.LessThanOrEqual == "2.*" || strings.ContainsAny(v.Version, "*<")
		}
		if !odd {
			compared++
			if want := plainly(t, a, version); status != want {
				t.Fatalf("%s is %s, by the format's words %s: %+v", version, status, want, a)
			}
		}
		claims := a.Claims()
		hit, fits := osv.Miss, osv.Miss
		sure := len(claims) == 0
		for _, c := range claims {
			target[cpe.Version] = cpe.Value(version)
			if a.semver() {
				target[cpe.Version] = cpe.Any
			}
			hit, fits, sure = osv.Affects(c.Says, vers.Natural, version).State, c.CPEs.Affects(target, nil).State, c.Exact
		}
		if status == StatusAffected && (hit == osv.Miss || fits == osv.Miss && version != "latest" && !a.semver()) {
			t.Fatalf("%s is affected, the claim says %s, by its CPE name %s: %+v of %+v", version, hit, fits, claims, a)
		}
		if sure && version != "latest" { // of which an exact claim may say that every version is hit
			exact++
			if (hit == osv.Hit) != (status == StatusAffected) {
				t.Fatalf("%s is %s, the exact claim says %s: %+v of %+v", version, status, hit, claims, a)
			}
		}
	})
	if exact == 0 || compared == 0 {
		t.Errorf("%d exact claims, %d compared with the format's words", exact, compared)
	}
}

// The records of a directory, where FENGSUI_CVE_RECORDS names one.
func TestRecordsOfOthers(t *testing.T) {
	dir := os.Getenv("FENGSUI_CVE_RECORDS")
	records, entries, claims, exact, packages, ranged, vague, applies := 0, 0, 0, 0, 0, 0, 0, 0
	walk := func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".json" || !strings.HasPrefix(filepath.Base(path), "CVE-") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r, err := Read(b)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		records++
		for _, c := range append([]Container{r.Containers.CNA}, r.Containers.ADP...) {
			applies += len(c.Applies)
			for _, a := range c.Affected {
				entries++
				for _, claim := range a.Claims() {
					claims++
					if claim.Exact {
						exact++
					}
					if claim.Says.Package != nil {
						packages++
					}
					if len(claim.Says.Ranges) > 0 {
						ranged++
					}
					if osv.Affects(claim.Says, "", "1.0").State == osv.Unknown {
						vague++
					}
				}
			}
		}
		return nil
	}
	if dir != "" {
		if err := filepath.WalkDir(dir, walk); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d records, %d entries, %d claims: %d exact, %d of packages, %d with ranges, %d that cannot say of 1.0; %d configurations", records, entries, claims, exact, packages, ranged, vague, applies)
}

func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"vendor":"Acme","product":"x","versions":[{"version":"1.0","lessThan":"9","status":"affected","changes":[{"at":"3.0","status":"affected"},{"at":"2.0","status":"unaffected"}]}]}`), "Maven", "2.5")
	f.Add([]byte(`{"packageURL":"pkg:npm/x","cpes":["cpe:2.3:a:acme:x"],"versions":[{"version":">= 1.0, < 1.4","status":"affected"},{"version":"2.*","status":"affected"}],"defaultStatus":"affected"}`), "npm", "1.4.0")
	f.Add([]byte(`{"product":"x","versions":[{"version":"n/a","status":"affected"},{"version":"a","lessThan":"b","status":"unaffected","versionType":"git"},{"version":"8.0 and prior","status":"affected"}]}`), "", "7")
	f.Fuzz(func(t *testing.T, doc []byte, ecosystem, version string) {
		var a Affected
		if json.Unmarshal(doc, &a) != nil {
			return
		}
		a.StatusOf(ecosystem, version)
		for _, c := range a.Claims() {
			e := ""
			if c.Says.Package != nil {
				e = c.Says.Package.Ecosystem
			}
			status, v := a.StatusOf(e, version), osv.Affects(c.Says, e, version)
			if status == StatusAffected && v.State == osv.Miss {
				t.Fatalf("%q is affected, the claim says %+v: %+v", version, v, c)
			}
			if c.Exact && v.State == osv.Hit && status == StatusUnaffected {
				t.Fatalf("%q is unaffected, the exact claim says %+v: %+v", version, v, c)
			}
		}
	})
}
