// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// one is a component of a document.
type one struct {
	Type    string `json:"type"`
	Group   string `json:"group,omitempty"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
	CPE     string `json:"cpe,omitempty"`
}

func document(cs ...one) []byte {
	for i := range cs {
		cs[i].Type = "library"
	}
	b, err := json.Marshal(map[string]any{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": cs})
	if err != nil {
		panic(err)
	}
	return b
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// drawVersion draws versions of which most are told by nobody.
func drawVersion(r *rand.Rand) string {
	return pick(r, fmt.Sprintf("1.%d.%d", r.IntN(4), r.IntN(500)), fmt.Sprintf("1.%d.%d", r.IntN(4), r.IntN(500)), "1.5", "2.0", "V1.5")
}

func drawOne(r *rand.Rand) (c one) {
	v := drawVersion(r)
	c.Name, c.Group = pick(r, "XR-5600", "xr 5600", "岗哨", "nginx", "quiet"), pick(r, "", "", "华为", "Huawei", "烽燧科技", "nobody")
	if r.IntN(4) > 0 {
		c.Version = v
	}
	switch r.IntN(6) {
	case 0:
		c.PURL = "pkg:npm/p@" + v
	case 1:
		c.PURL = pick(r, "pkg:generic/p@", "pkg:generic/xr-5600@") + v
	case 2:
		c.PURL = "pkg:deb/debian/openssl@" + pick(r, "3.0.2-1", "3.0.9-1", fmt.Sprintf("3.0.2-%d", r.IntN(90))) + pick(r, "", "?distro=debian-11", "?distro=debian-12")
	}
	if r.IntN(2) == 0 {
		v := strings.ToLower(v)
		c.CPE = "cpe:2.3:o:" + pick(r, "huawei:xr-5600:", "fengsui:sentry:", "nobody:quiet:") + pick(r, v, v, "*", "-") + ":" + pick(r, "*", "*", "*", "rc1", "-") + ":*:*:*:" + pick(r, "*", "*", "android", "linux") + ":*:*"
	}
	return c
}

func drawAffected(r *rand.Rand) (a report.Affected) {
	switch r.IntN(5) {
	case 0:
		a.PURL = pick(r, "pkg:npm/p", "pkg:generic/p", "pkg:deb/debian/openssl?distro=debian-11")
	default:
		a.Vendor, a.Product, a.Model = pick(r, "", "华为", "Huawei", "Fengsui Tech"), pick(r, "XR-5600", "华为/XR-5600", "岗哨", "nginx", ""), pick(r, "", "", "xr 5600")
	}
	end := pick(r, "1.1.250", "1.2", "2.0")
	if strings.Contains(a.PURL, "openssl") {
		end = "3.0.2-40"
	}
	switch r.IntN(4) {
	case 0:
		a.Versions = []string{end, "1.5"}
	case 1:
		a.LastAffected = end
	case 2:
		a.Introduced, a.Fixed = "1.0", end
	default:
		a.Fixed = end
	}
	return a
}

// apply imports a CVE record about a vendor's product and CPE names.
func (w *world) apply(dir string, r *rand.Rand, n int, modified time.Time) {
	w.Helper()
	id := fmt.Sprintf("CVE-2021-%d", 80000+n)
	criterion := func() string {
		name, behind := pick(r, "huawei:xr-5600:", "fengsui:sentry:"), ":"+pick(r, "*", "*", "rc1")+":*:*:*:"+pick(r, "*", "*", "android")+":*:*"
		if r.IntN(2) == 0 {
			return fmt.Sprintf(`{"vulnerable":true,"criteria":"cpe:2.3:o:%s%s%s"}`, name, pick(r, "1.5", "2.0", "-"), behind)
		}
		return fmt.Sprintf(`{"vulnerable":true,"criteria":"cpe:2.3:o:%s*%s","versionEndExcluding":%q}`, name, behind, pick(r, "1.1.250", "2.0"))
	}
	applies := fmt.Sprintf(`[{"nodes":[{"operator":"OR","negate":false,"cpeMatch":[%s,%s]}]}]`, criterion(), criterion())
	if r.IntN(3) == 0 {
		applies = `[]`
	}
	path := filepath.Join(dir, id+".json")
	w.ok(os.WriteFile(path, fmt.Appendf(nil, `{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":%q,"state":"PUBLISHED","assignerOrgId":"00000000-0000-4000-8000-000000000000","datePublished":"2021-12-01T00:00:00.000Z","dateUpdated":%q},
		"containers":{"cna":{"providerMetadata":{"orgId":"00000000-0000-4000-8000-000000000000","shortName":"example"},"descriptions":[{"lang":"en","value":"flaw"}],
		"affected":[{"vendor":%q,"product":%q,"versions":[{"version":"0","lessThan":%q,"status":"affected","versionType":"custom"}]}],"cpeApplicability":%s}}}`,
		id, modified.Format("2006-01-02T15:04:05.000Z"), pick(r, "Huawei", "华为", "Fengsui Tech"), pick(r, "XR-5600", "岗哨", "quiet one"), pick(r, "1.1.250", "2.0"), applies), 0o600))
	_, err := w.s.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "cve", Source: path})
	w.ok(err)
}

// A stand is all that the owner of a product is told, in words, with the surest verdict of each.
type stand struct {
	said   map[string]match.Verdict
	counts match.KnownCounts
	looks  int // at versions that are hidden
}

// stand asks as the owner does. A package is told by its name and version; of what goes by several names, which a private
// list hides apart, counts what is said of all of them, and so it does of a package in one version for several releases.
func (w *world) stand(org, productID string, cases []string) stand {
	w.Helper()
	out := stand{said: map[string]match.Verdict{}}
	say := func(line string, v match.Verdict) {
		if out.said[line] != match.Hit {
			out.said[line] = v
		}
	}
	page, err := w.s.KnownOf(ctx, engineer(org), productID, match.KnownFilter{Limit: 500})
	w.ok(err)
	out.counts = page.Counts
	for _, f := range page.Findings {
		say("vuln "+f.Vuln.Name, f.Verdict)
		if f.Note() == "match.note.private" {
			out.looks++
		}
		if f.Component.Ecosystem == "npm" || f.Component.Ecosystem == "Debian" {
			say(fmt.Sprintf("package %s %s@%s", f.Vuln.Name, f.Component.Name, f.Component.Version), f.Verdict)
			if f.Verdict == match.Hit {
				say(fmt.Sprintf("range %s %s@%s [%s]", f.Vuln.Name, f.Component.Name, f.Component.Version, f.Range()), f.Verdict)
			}
		}
	}
	for i, id := range cases {
		for _, f := range w.findings(id) {
			if f.ProductID != productID {
				continue
			}
			if f.Why.Note == "match.note.private" {
				out.looks++
			}
			name, version, _ := strings.Cut(f.Why.Found, "@")
			if ware := product.WareOf("", name); ware != "" {
				name = ware
			}
			say(fmt.Sprintf("case %d %s %s@%s", i, f.Version, name, version), f.Verdict)
		}
	}
	return out
}

func (s stand) lines() (out []string) {
	for line, v := range s.said {
		out = append(out, fmt.Sprint(line, " ", v))
	}
	slices.Sort(out)
	return out
}

// What is sent in hashes is found as what is sent openly, by records and by cases, whichever of them comes first. Where
// nobody has told of a version the owner is told to look: that hides nothing that an open list would have been told, and
// claims nothing that it would not.
func TestAListIsFoundTheSameHiddenOrOpen(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	each(t, func(w *world) {
		r := rand.New(rand.NewPCG(seed, 1))
		dir, at := t.TempDir(), dbtest.Start
		w.publish(t.TempDir(), record("GHSA-aaaa-aaaa-aaaa", at, in("npm", "p", osv.Event{Introduced: "0"}, osv.Event{Fixed: "1.5.0"})),
			record("DSA-1-1", at, in("Debian:11", "openssl", osv.Event{Introduced: "0"}, osv.Event{Fixed: "3.0.2-40"})),
			record("DSA-2-1", at, in("Debian:12", "openssl", osv.Event{Introduced: "0"}, osv.Event{Fixed: "3.0.2-60"})))
		records, joined := 0, false
		var cases []string
		learn := func() {
			w.ok(w.s.CatchUp(ctx))
			w.ok(w.s.CatchUpPrivate(ctx))
		}
		more := func() {
			w.apply(dir, r, records, at)
			records++
			id := w.kase(drawAffected(r), drawAffected(r))
			w.find(id)
			cases = append(cases, id)
		}
		w.assign(dir, "CVE-2021-79999", "Fengsui Tech", "岗哨", "2.0")
		for range 4 {
			more()
		}
		seen := map[match.Verdict]int{}
		looked := 0
		for i := range 12 {
			var cs []one
			for range 1 + r.IntN(6) {
				cs = append(cs, drawOne(r))
			}
			if i%4 == 1 { // whose vendor's names will be joined or parted
				cs = append(cs, one{Group: "烽燧科技", Name: "岗哨", Version: "1.0.7"})
			}
			doc := document(cs...)
			open, hidden := w.product(product.Product{OrgID: "b", Name: "fw"}), w.product(product.Product{OrgID: "c", Name: "fw"})
			learn()
			w.hideDocument("c", hidden, doc)
			before := w.stand("c", hidden, cases)
			_, err := w.s.Products.PushSBOM(ctx, engineer("b"), open, "1", doc)
			w.ok(err)
			w.ok(w.s.OnContents(ctx, product.Changed{ProductID: open}))
			w.changed(open)
			told := w.stand("b", open, cases)
			for line, v := range before.said {
				if told.said[line] != v && v == match.Hit {
					w.Errorf("%s is certain, of what is not told %q\n%s", line, told.said[line], doc)
				}
			}
			for line := range told.said {
				if strings.HasPrefix(line, "vuln") && before.said[line] == "" {
					w.Errorf("%s is not found\n%s", line, doc)
				}
			}
			looked += before.looks
			same := func(when string) {
				w.Helper()
				learn()
				want, got := w.stand("b", open, cases), w.stand("c", hidden, cases)
				w.same(when+" of "+string(doc), want.lines(), got.lines())
				if want.counts != got.counts {
					w.Errorf("%s: open %+v, hidden %+v of %s", when, want.counts, got.counts, doc)
				}
				if got.looks > 0 {
					w.Errorf("%s: all is told, and %d are to be looked at in %s", when, got.looks, doc)
				}
				for _, v := range want.said {
					seen[v]++
				}
			}
			same("the list last")
			more()
			same("a record and a case last")
			if i%4 == 1 {
				keys := []string{product.Key("烽燧科技"), product.Key("Fengsui Tech")}
				if joined = !joined; joined {
					_, err = w.s.Products.JoinVendors(ctx, analyst, []string{"烽燧科技", "Fengsui Tech"})
				} else {
					err = w.s.Products.PartVendor(ctx, analyst, "fengsui tech")
				}
				w.ok(err)
				w.ok(w.s.OnVendors(ctx, product.VendorsNamed{Keys: keys}))
				same(fmt.Sprint("vendors joined: ", joined))
			}
			if i%4 == 2 { // what a record and a case say changes
				at = at.Add(time.Hour)
				w.apply(dir, r, r.IntN(records), at)
				some := cases[r.IntN(len(cases))]
				w.edit(some, drawAffected(r))
				w.find(some)
				same("changed")
			}
		}
		if seen[match.Hit] < 10 || seen[match.Check] < 10 || looked < 5 {
			w.Errorf("hardly anything was found: %v, and %d to be looked at", seen, looked)
		}
	})
}

// What goes by a name alone, or by a CPE, meets a case by vendor, product and model in a private list as in an open one: by
// any name of the vendor, and as one finding, by however many of its names it is hidden.
func TestHiddenNamesMeetCases(t *testing.T) {
	doc := document(
		one{Group: "华为", Name: "XR-5600", Version: "1.0", CPE: "cpe:2.3:h:huawei:xr-5600:1.0:*:*:*:*:*:*:*"},
		one{Name: "岗哨", Version: "1.9"}, one{Name: "quiet", Version: "1"})
	for name, e := range map[string]struct {
		of   report.Affected
		want []string
	}{
		"another name of the vendor": {report.Affected{Vendor: "Huawei", Product: "XR 5600", Fixed: "2.0"}, []string{"check b @1: fw@1 > … > 华为/xr 5600 [< 2.0] 华为/xr 5600 match.note.private"}},
		"a version that is told":     {report.Affected{Vendor: "Huawei", Product: "xr-5600", LastAffected: "1.0"}, []string{"check b @1: fw@1 > … > 华为/xr 5600@1.0 [<= 1.0] 华为/xr 5600@1.0 match.note.name-only"}},
		"as it is written":           {report.Affected{Vendor: "华为", Product: "XR-5600", LastAffected: "1.0"}, []string{"check b @1: fw@1 > … > 华为/XR-5600@1.0 [<= 1.0] 华为/XR-5600@1.0 match.note.name-only"}},
		"a model":                    {report.Affected{Vendor: "Huawei Technologies", Product: "Router", Model: "XR-5600", Versions: []string{"1.0"}}, []string{"check b @1: fw@1 > … > 华为/xr 5600@1.0 [= 1.0] 华为/xr 5600@1.0 match.note.name-only"}},
		"mended":                     {report.Affected{Vendor: "Huawei", Product: "xr-5600", Fixed: "1.0"}, nil},
		"another vendor":             {report.Affected{Vendor: "ZTE", Product: "xr-5600", Fixed: "2.0"}, nil},
		"a bare name":                {report.Affected{Product: "岗哨", Fixed: "2.0"}, []string{"check b @1: fw@1 > … > 岗哨 [< 2.0] 岗哨 match.note.private"}},
		"and its vendor":             {report.Affected{Vendor: "烽燧科技", Product: "岗哨", Fixed: "1.9"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				early, late := w.product(product.Product{OrgID: "b", Name: "fw"}), w.product(product.Product{OrgID: "b", Name: "fw"})
				w.hideDocument("b", early, doc)
				kase := w.kase(e.of)
				w.find(kase)
				w.same("the case last", e.want, w.lines(kase))
				w.hideDocument("b", late, doc)
				w.same("the list last", slices.Sorted(slices.Values(slices.Concat(e.want, e.want))), w.lines(kase))
			})
		})
	}
}

// A list that was hidden by the first recipe means what it meant: of each component a package, or else its CPE in the
// component's version. The present recipe hides the same of these, and more beside.
func TestListsByTheFirstRecipeStayGood(t *testing.T) {
	each(t, func(w *world) {
		w.publish(t.TempDir(), record("GHSA-aaaa-aaaa-aaaa", dbtest.Start, in("npm", "p", osv.Event{Introduced: "0"}, osv.Event{Fixed: "1.5.0"})))
		path := filepath.Join(t.TempDir(), "cve.json")
		w.ok(os.WriteFile(path, []byte(`{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2021-80000","state":"PUBLISHED","assignerOrgId":"00000000-0000-4000-8000-000000000000","datePublished":"2021-12-01T00:00:00.000Z","dateUpdated":"2021-12-01T00:00:00.000Z"},
			"containers":{"cna":{"providerMetadata":{"orgId":"00000000-0000-4000-8000-000000000000","shortName":"example"},"descriptions":[{"lang":"en","value":"flaw"}],"affected":[{"vendor":"Huawei","product":"XR-5600","versions":[{"version":"0","lessThan":"2.0","status":"affected","versionType":"custom"}]}],
			"cpeApplicability":[{"nodes":[{"operator":"OR","negate":false,"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:h:huawei:xr-5600:*:*:*:*:*:*:*:*","versionEndIncluding":"1.0"}]}]}]}}}`), 0o600))
		_, err := w.s.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "cve", Source: path})
		w.ok(err)
		w.ok(w.s.CatchUp(ctx))
		w.ok(w.s.CatchUpPrivate(ctx))
		salt, err := w.s.Products.PrivateSalt(ctx, engineer("b"))
		w.ok(err)
		first := product.PrivateContents{Parts: []product.PrivatePart{
			{Name: product.PrivateName(salt, "npm", "p"), Version: product.PrivateVersion(salt, "npm", "p", "", "1.5.0")},
			{Name: product.PrivateName(salt, "cpe", "h:huawei:xr-5600"), Version: product.PrivateVersion(salt, "cpe", "h:huawei:xr-5600", "", "1.0")},
		}}
		p := w.product(product.Product{OrgID: "b", Name: "fw"})
		kase := w.kase(report.Affected{Vendor: "Huawei", Product: "XR-5600", Fixed: "2.0"})
		w.find(kase)
		if l := w.sendHidden("b", p, "1", first); l.Recipe != 1 || l.Components != 2 {
			w.Errorf("%+v", l)
		}
		w.same("the first recipe", []string{"CVE-2021-80000 cpe h:huawei:xr-5600@1.0 affected [<= 1.0]"}, w.hidden(p))
		w.same("the case", nil, w.lines(kase))

		doc := document(one{Name: "p", PURL: "pkg:npm/p@1.5.0"}, one{Group: "华为", Name: "XR-5600", Version: "1.0", CPE: "cpe:2.3:h:huawei:xr-5600:*:*:*:*:*:*:*:*"})
		now, left, err := product.Private(salt, doc)
		w.ok(err)
		for i, part := range first.Parts {
			if !slices.Contains(now.Parts, part) {
				w.Errorf("part %d is not hidden any more", i)
			}
		}
		if left != 0 || now.Components != 2 || len(now.Parts) != 4 || now.Recipe != 2 {
			w.Errorf("%d left of %+v", left, now)
		}
		if l := w.sendHidden("b", p, "1", now); l.Recipe != 2 || l.Components != 2 || l.Parts != 4 {
			w.Errorf("%+v", l)
		}
		w.same("the second", []string{"CVE-2021-80000 cpe h:huawei:xr-5600@1.0 affected [<= 1.0]", "CVE-2021-80000 ware 华为/xr 5600@ check [< 2.0] match.note.private"}, w.hidden(p))
		w.same("the case", []string{"check b @1: fw@1 > … > 华为/xr 5600 [< 2.0] 华为/xr 5600 match.note.private"}, w.lines(kase))

		for _, c := range []product.PrivateContents{{Recipe: 3, Parts: now.Parts}, {Recipe: -1, Parts: now.Parts}, {Components: -1, Parts: now.Parts}, {Components: 200_001, Parts: now.Parts}} {
			_, err := w.s.Products.PushPrivate(ctx, engineer("b"), p, "1", c)
			w.want(err, fault.Invalid)
		}
	})
}

// Of a package that a list has for two releases in one version the surer word counts, whatever the salt makes of their order.
func TestTheSurerWordOfTwoReleasesCounts(t *testing.T) {
	each(t, func(w *world) {
		w.publish(t.TempDir(), record("DSA-1-1", dbtest.Start, in("Debian:11", "openssl", osv.Event{Introduced: "0"}, osv.Event{Fixed: "3.0.9-1"}), in("Debian:12", "openssl", osv.Event{Introduced: "3.0.2-1"}, osv.Event{Fixed: "3.0.2-2"})))
		for _, org := range []string{"a", "b", "c"} { // each has its own salt
			for range 4 {
				p := w.product(product.Product{OrgID: org, Name: "fw"})
				w.hideOf(org, p, "1", "pkg:deb/debian/openssl@3.0.2-1", "pkg:deb/debian/openssl@3.0.2-1?distro=debian-11")
				fs, err := w.s.PrivateOf(ctx, engineer(org), p)
				w.ok(err)
				if len(fs) != 1 || fs[0].Verdict != match.Hit {
					w.Errorf("%+v", fs)
				}
				w.exec(`DELETE FROM private_salt WHERE org_id = $1`, org)
			}
		}
	})
}
