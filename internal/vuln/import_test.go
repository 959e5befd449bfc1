// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func TestImportTakesEveryContainer(t *testing.T) {
	each(t, func(h *house) {
		one := func(id string) string { return record(id, "2021-12-10T00:00:00Z", "") }
		nested := string(zipped(t, map[string]string{"n1.json": one("N-1"), "notes.txt": "no"}))
		dir := files(t, map[string]string{
			"a/one.json":          one("A-1"),
			"a/two.yaml":          "id: Y-1\nmodified: 2021-12-10T00:00:00Z\nsummary: in YAML\naffected:\n- package: {ecosystem: PyPI, name: Flask_User}\n  versions: [1.0, '2.0']\n",
			"b/all.zip":           string(zipped(t, map[string]string{"z1.json": one("Z-1"), "dir/z2.json": one("Z-2"), "README.md": "no", "inner.zip": nested})),
			"lines.ndjson":        one("L-1") + "\n\n" + one("L-2") + "\r\n{broken\n" + one("L-3"),
			"README.md":           "no record",
			".git/config.json":    one("G-1"),
			"list.json":           "[" + one("I-1") + "," + one("I-2") + "]",
			"broken.json":         `{"id":"B-1"}`,
			"anchor.yaml":         "id: &a X-1\nmodified: 2021-12-10T00:00:00Z\nsummary: *a\n",
			"deep.json":           strings.Repeat(`{"a":`, 200),
			"b/no-published.json": strings.Replace(one("P-1"), `"published":"2021-12-10T00:00:00Z",`, "", 1),
		})
		r := h.take("osv", dir)
		if r.New != 9 || r.Refused != 5 || r.State != Done || r.Place != r.Total {
			t.Errorf("%+v", r)
		}
		want := []string{"anchor.yaml|line 1|vuln.refused.syntax", "broken.json|modified|vuln.refused.field", "deep.json||vuln.refused.bound", "lines.ndjson:4||vuln.refused.syntax", "list.json||vuln.refused.syntax"}
		got := h.refused(r)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		again := h.take("osv", dir)
		if again.New != 0 || again.Changed != 0 || again.Same != 9 {
			t.Errorf("again: %+v", again)
		}
		list := h.take("osv", filepath.Join(dir, "list.json"))
		if list.New != 2 || list.Refused != 0 {
			t.Errorf("a list: %+v", list)
		}
		claims, err := claimsOf(h, Package{"PyPI", "flask-user"})
		if err != nil || len(claims) != 1 || !slices.Equal(claims[0].Says.Versions, []string{"1.0", "2.0"}) {
			t.Errorf("%+v %v", claims, err)
		}
	})
}

func claimsOf(h *house, of ...Package) (cs []Claim, err error) {
	err = h.DB.View(h.ctx, func(tx *db.Tx) error {
		cs, err = h.Claims(h.ctx, tx, of)
		return err
	})
	return cs, err
}

// Newer states replace older ones, older ones nothing; what is withdrawn claims nothing and joins nothing, and comes back.
func TestImportFollowsChanges(t *testing.T) {
	each(t, func(h *house) {
		take := func(doc string) Run {
			return h.take("osv", filepath.Join(files(t, map[string]string{"r.json": doc}), "r.json"))
		}
		live := func() int { cs, _ := claimsOf(h, Package{"npm", "pkg-ghsa-1"}); return len(cs) }
		name := func() string {
			d, err := h.Get(h.ctx, "ghsa-1")
			if err != nil {
				h.Fatal(err)
			}
			return string(d.State) + " " + strings.Join(d.Names, " ")
		}
		take(record("GHSA-1", "2021-12-10T00:00:00Z", `,"aliases":["CVE-2021-99001"],"related":["CVE-2021-99002"]`))
		if live() != 1 || name() != "published CVE-2021-99001 GHSA-1" {
			t.Error(live(), name())
		}
		if r := take(record("GHSA-1", "2021-12-09T00:00:00Z", "")); r.Older != 1 || name() != "published CVE-2021-99001 GHSA-1" {
			t.Errorf("older: %+v", r)
		}
		if r := take(record("GHSA-1", "2021-12-11T00:00:00Z", `,"withdrawn":"2021-12-11T00:00:00Z","aliases":["CVE-2021-99001"]`)); r.Changed != 1 || r.Withdrawn != 1 || live() != 0 || name() != "withdrawn GHSA-1" {
			t.Errorf("withdrawn: %+v %s", r, name())
		}
		if d, err := h.Get(h.ctx, "CVE-2021-99001"); err != nil || d.State != Withdrawn { // it is still found by what it was called
			t.Error(d.State, err)
		}
		if r := take(record("GHSA-1", "2021-12-12T00:00:00Z", `,"aliases":["CVE-2021-99001"]`)); r.Changed != 1 || live() != 1 || name() != "published CVE-2021-99001 GHSA-1" {
			t.Errorf("back: %+v %s", r, name())
		}
		if p, err := h.List(h.ctx, Filter{Text: "flaw"}); err != nil || len(p.Items) != 1 {
			t.Error(p, err)
		}
	})
}

// The Go database's repository leaves its times at zero: what comes last is the newest.
func TestImportTakesRecordsWithoutTimes(t *testing.T) {
	each(t, func(h *house) {
		doc := strings.ReplaceAll(strings.Replace(record("GO-2021-1", "0001-01-01T00:00:00Z", ""), "2021-12-10", "0001-01-01", 1), "Flaw", "First")
		if r := h.take("osv", files(t, map[string]string{"r.json": doc})); r.New != 1 || r.Refused != 0 {
			t.Errorf("%+v %v", r, h.refused(r))
		}
		if r := h.take("osv", files(t, map[string]string{"r.json": strings.Replace(doc, "First", "Second", 1)})); r.Changed != 1 {
			t.Errorf("%+v", r)
		}
		if d, err := h.Get(h.ctx, "GO-2021-1"); err != nil || d.Title != "Second GO-2021-1" || !d.Published.IsZero() {
			t.Error(d, err)
		}
	})
}

const cveDoc = `{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2021-99010","assignerOrgId":"x","assignerShortName":"example","state":"PUBLISHED","datePublished":"2021-12-10T00:00:00","dateUpdated":"2021-12-11T00:00:00Z"},
"containers":{"cna":{"providerMetadata":{"orgId":"x","shortName":"example","dateUpdated":"2021-12-10T00:00:00Z"},"title":"云帆路由器远程代码执行漏洞","descriptions":[{"lang":"en","value":"Remote code execution in the Yunfan router"}],
"affected":[{"vendor":"云帆","product":"XR-5600","versions":[{"version":"3.0","lessThan":"3.2.1","status":"affected","versionType":"custom"},{"version":"< 2.4","status":"affected"}]},
{"collectionURL":"https://registry.npmjs.org","packageName":"beacon-log","vendor":"n/a","product":"n/a","defaultStatus":"affected","versions":[{"version":"2.0.0","lessThan":"3.0.0","status":"unaffected","versionType":"semver"}]}],
"references":[{"url":"https://yunfan.example/advisory","tags":["vendor-advisory"]}],"metrics":[{"cvssV3_1":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}],
"cpeApplicability":[{"operator":"AND","nodes":[{"operator":"OR","cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:o:yunfan:xr-5600_firmware:*:*:*:*:*:*:*:*","versionEndExcluding":"3.2.1"}]},{"operator":"OR","cpeMatch":[{"vulnerable":false,"criteria":"cpe:2.3:h:yunfan:xr-5600:-:*:*:*:*:*:*:*"}]}]}]},
"adp":[{"providerMetadata":{"orgId":"y","shortName":"ADP","dateUpdated":"2021-12-13T00:00:00Z"},"affected":[{"vendor":"yunfan","product":"xr5600","cpes":["cpe:2.3:h:yunfan:xr5600:*:*:*:*:*:*:*:*"],"versions":[{"version":"3.0","lessThan":"3.2.1","status":"affected"}]}]}]}}`

func TestImportReadsWhatCVERecordsClaim(t *testing.T) {
	each(t, func(h *house) {
		r := h.take("cve", files(t, map[string]string{"cves/2021/99xxx/CVE-2021-99010.json": cveDoc, "delta.json": "{}",
			"CVE-2021-99011.json": `{"dataType":"CVE_RECORD","dataVersion":"5.0","cveMetadata":{"cveId":"CVE-2021-99011","state":"REJECTED"},"containers":{"cna":{"rejectedReasons":[{"lang":"en","value":"Not a flaw"}]}}}`,
			"CVE-2021-99012.json": `{"dataType":"CVE_RECORD","dataVersion":"4.0","cveMetadata":{"cveId":"CVE-2021-99012"}}`}))
		if r.New != 2 || r.Withdrawn != 1 || r.Refused != 1 {
			t.Errorf("%+v", r)
		}
		d, err := h.Get(h.ctx, "cve-2021-99010")
		if err != nil {
			t.Fatal(err)
		}
		if d.Title != "云帆路由器远程代码执行漏洞" || d.Score != 98 || d.Severity != "critical" || d.Records[0].Issuer != "example" || len(d.References) != 1 || !d.Modified.Equal(time.Date(2021, 12, 13, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v", d)
		}
		var got []string
		for _, c := range d.Claims {
			line := fmt.Sprintf("%s %s %s", c.Kind, c.Ecosystem, c.Name)
			for _, r := range c.Says.Ranges {
				line += fmt.Sprint(" ", r.Events)
			}
			for _, x := range c.CPEs {
				line += fmt.Sprint(" ", x.Operator, len(x.Nodes), x.Nodes[0].Matches[0].StartIncluding, "<", x.Nodes[0].Matches[0].EndExcluding)
			}
			got = append(got, line)
		}
		want := []string{
			"ware ware 云帆/xr 5600 [{0   } { 2.4  }] [{3.0   } { 3.2.1  }]",
			"package npm beacon-log [{0   } { 2.0.0  }] [{3.0.0   }]",
			"cpe cpe o:yunfan:xr-5600_firmware AND2<3.2.1",
			"ware ware yunfan/xr5600 [{3.0   } { 3.2.1  }]",
			"cpe cpe h:yunfan:xr5600 13.0<3.2.1",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if d, err := h.Get(h.ctx, "CVE-2021-99011"); err != nil || d.State != Rejected || d.Title != "Not a flaw" {
			t.Error(d, err)
		}
		p, err := h.List(h.ctx, Filter{Text: "路由器 代码执行", Severity: "critical"})
		if err != nil || len(p.Items) != 1 {
			t.Errorf("%+v %v", p, err)
		}
		if p, err := h.List(h.ctx, Filter{Text: "云路"}); err != nil || len(p.Items) != 0 {
			t.Errorf("two characters that stand side by side nowhere: %+v %v", p, err)
		}
	})
}

func csafDoc(version int, cves ...string) string {
	var vs []string
	for _, c := range cves {
		vs = append(vs, fmt.Sprintf(`{"cve":%q,"title":"Flaw %s","product_status":{"known_affected":["P1","P2"]},"scores":[{"products":["P1"],"cvss_v3":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N"}}]}`, c, c))
	}
	return fmt.Sprintf(`{"document":{"category":"csaf_security_advisory","csaf_version":"2.0","title":"Advisory","publisher":{"category":"vendor","name":"Yunfan PSIRT","namespace":"https://yunfan.example"},
"tracking":{"id":"YF-2021-1","status":"final","version":"%d","initial_release_date":"2021-12-10T00:00:00Z","current_release_date":"2021-12-%02dT00:00:00Z"}},
"product_tree":{"branches":[{"category":"vendor","name":"Yunfan","branches":[{"category":"product_name","name":"Beacon OS","branches":[{"category":"product_version_range","name":"vers:generic/>=1.0|<1.4","product":{"name":"Beacon OS 1","product_id":"P1"}},{"category":"product_version","name":"2.0","product":{"name":"Beacon OS 2.0","product_id":"P2"}}]}]}]},
"vulnerabilities":[%s]}`, version, 10+version, strings.Join(vs, ","))
}

func TestImportReadsEachVulnerabilityOfADocument(t *testing.T) {
	each(t, func(h *house) {
		two := csafDoc(1, "CVE-2021-99020", "CVE-2021-99021")
		if r := h.take("csaf", files(t, map[string]string{"white/2021/yf-2021-1.json": two, "provider-metadata.json": "{}"})); r.New != 2 || r.Refused != 0 {
			t.Errorf("%+v", r)
		}
		cs, err := claimsOf(h, WareOf("YUNFAN", "beacon_os"))
		if err != nil || len(cs) != 2 || len(cs[0].Says.Ranges) != 2 || cs[0].Says.Ranges[0].Events[1].Fixed != "1.4" || cs[0].Says.Ranges[1].Events[0].Introduced != "2.0" {
			t.Errorf("%+v %v", cs, err)
		}
		for _, key := range []string{"Yunfan PSIRT:YF-2021-1#CVE-2021-99020", "Yunfan PSIRT:YF-2021-1#CVE-2021-99021"} {
			if _, doc, err := h.Document(h.ctx, CSAF, key); err != nil || string(doc) != two {
				t.Error(key, len(doc), err)
			}
		}
		p, err := h.List(h.ctx, Filter{Text: "YF-2021-1"})
		if err != nil || len(p.Named) != 2 || len(p.Items) != 0 {
			t.Errorf("by the document's number: %+v %v", p, err)
		}
		// the next version speaks of one of them no more, and the first has the document no more
		one := csafDoc(2, "CVE-2021-99021")
		if r := h.take("csaf", files(t, map[string]string{"yf.json": one})); r.Changed != 2 || r.Withdrawn != 1 {
			t.Errorf("%+v", r)
		}
		if d, err := h.Get(h.ctx, "CVE-2021-99020"); err != nil || d.State != Withdrawn || len(d.Claims) != 0 {
			t.Error(d, err)
		}
		if _, doc, err := h.Document(h.ctx, CSAF, "Yunfan PSIRT:YF-2021-1#CVE-2021-99021"); err != nil || string(doc) != one {
			t.Error(err)
		}
		// a digest that does not fit
		r := h.take("csaf", files(t, map[string]string{"yf.json": csafDoc(3, "CVE-2021-99021"), "yf.json.sha512": strings.Repeat("0", 128) + "  yf.json"}))
		if diff := cmp.Diff([]string{"yf.json||vuln.refused.digest"}, h.refused(r)); diff != "" {
			t.Error(diff)
		}
	})
}

const kevDoc = `{"title":"Catalog","catalogVersion":"2021.12.10","count":%d,"vulnerabilities":[%s]}`

func kevEntryOf(cve string) string {
	return fmt.Sprintf(`{"cveID":%q,"vendorProject":"Yunfan","product":"Beacon","vulnerabilityName":"Yunfan Beacon Flaw","dateAdded":"2021-12-10","shortDescription":"A flaw.","requiredAction":"Update.","dueDate":"2021-12-24","knownRansomwareCampaignUse":"Known","notes":""}`, cve)
}

func TestTheCatalogueIsWhole(t *testing.T) {
	each(t, func(h *house) {
		h.take("osv", files(t, map[string]string{"r.json": record("GHSA-7", "2021-12-10T00:00:00Z", `,"aliases":["CVE-2021-99030"]`)}))
		path := filepath.Join(files(t, map[string]string{"kev.json": fmt.Sprintf(kevDoc, 3, kevEntryOf("CVE-2021-99030")+","+kevEntryOf("CVE-2021-99031")+","+kevEntryOf("CVE-21"))}), "kev.json")
		if r := h.take("kev", path); r.New != 2 || r.Refused != 1 {
			t.Errorf("%+v", r)
		}
		p, err := h.List(h.ctx, Filter{KEV: true})
		if err != nil || len(p.Items) != 2 || !p.Items[0].KEV {
			t.Errorf("%+v %v", p, err)
		}
		d, err := h.Get(h.ctx, "GHSA-7")
		if err != nil || !d.KEV || len(d.Exploited) != 1 || d.Exploited[0].Ransomware != "known" || d.Exploited[0].Due != "2021-12-24" {
			t.Errorf("%+v %v", d, err)
		}
		if r := h.take("kev", path); r.New+r.Changed != 0 || r.Same != 2 {
			t.Errorf("again: %+v", r)
		}
		// what no longer stands in it is known to be exploited no more
		if err := os.WriteFile(path, []byte(fmt.Sprintf(kevDoc, 1, kevEntryOf("CVE-2021-99031"))), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := h.take("kev", path); r.Changed != 1 || r.Withdrawn != 1 {
			t.Errorf("%+v", r)
		}
		if d, err := h.Get(h.ctx, "CVE-2021-99030"); err != nil || d.KEV || d.State != Published {
			t.Errorf("%+v %v", d, err)
		}
		_, err = h.Import(h.ctx, member.System(), Input{Kind: "kev", Source: filepath.Join(files(t, map[string]string{"k.json": fmt.Sprintf(kevDoc, 5, kevEntryOf("CVE-2021-99031"))}), "k.json")})
		var no *Refusal
		if !errors.As(err, &no) || no.Field != "count" {
			t.Errorf("a catalogue that was cut off: %v", err)
		}
	})
}

func TestScoresKeepTheirLastChange(t *testing.T) {
	each(t, func(h *house) {
		h.take("osv", files(t, map[string]string{"r.json": record("GHSA-8", "2021-12-10T00:00:00Z", `,"aliases":["CVE-2021-99040"]`)}))
		at := func(day, lines string) Run {
			return h.take("epss", filepath.Join(files(t, map[string]string{"e.csv": "#model_version:v2026.01.01,score_date:" + day + "T00:00:00+0000\ncve,epss,percentile\n" + lines}), "e.csv"))
		}
		if r := at("2021-12-10", "CVE-2021-99040,0.10000,0.90000\nCVE-2021-99041,0.2,0.8\nCVE-1,0.1,0.1\nCVE-2021-99042,1.1,0.1\n"); r.New != 2 || r.Refused != 2 {
			t.Errorf("%+v", r)
		}
		if r := at("2021-12-11", "CVE-2021-99040,0.97565,0.99999\nCVE-2021-99041,0.2,0.8\n"); r.Changed != 2 {
			t.Errorf("%+v", r)
		}
		if r := at("2021-12-09", "CVE-2021-99040,0.5,0.5\n"); r.Older != 1 {
			t.Errorf("%+v", r)
		}
		d, err := h.Get(h.ctx, "GHSA-8")
		want := EPSS{Score: .97565, Percentile: .99999, Day: "2021-12-11", Model: "v2026.01.01", Was: .1, WasDay: "2021-12-10"}
		if diff := cmp.Diff(map[string]EPSS{"CVE-2021-99040": want}, d.Scores); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if diff := cmp.Diff(&want, d.EPSS); diff != "" {
			t.Error(diff)
		}
	})
}

// An archive that is a trap is refused, or the trap in it.
func TestArchivesAreBounded(t *testing.T) {
	each(t, func(h *house) {
		bomb := map[string]string{"bomb.json": strings.Repeat(" ", 40<<20), "good.json": record("OK-1", "2021-12-10T00:00:00Z", ""), "deep.zip": ""}
		bomb["deep.zip"] = string(zipped(t, map[string]string{"x.zip": string(zipped(t, map[string]string{"g.json": record("OK-2", "2021-12-10T00:00:00Z", "")}))}))
		path := filepath.Join(files(t, map[string]string{"a.zip": string(zipped(t, bomb))}), "a.zip")
		r := h.take("osv", path)
		if r.New != 2 || r.Refused != 1 || h.refused(r)[0] != "a.zip/bomb.json||vuln.refused.bound" {
			t.Errorf("%+v %v", r, h.refused(r))
		}
		inner := string(zipped(t, map[string]string{"g.json": "{}"}))
		for range 3 {
			inner = string(zipped(t, map[string]string{"x.zip": inner}))
		}
		if _, err := h.Import(h.ctx, member.System(), Input{Kind: "osv", Source: filepath.Join(files(t, map[string]string{"a.zip": inner}), "a.zip")}); err == nil {
			t.Error("archives too deep in archives were taken")
		}
		if _, err := h.Import(h.ctx, member.System(), Input{Kind: "osv", Source: filepath.Join(files(t, map[string]string{"a.zip": "PK no archive"}), "a.zip")}); err == nil {
			t.Error("no archive was taken")
		}
	})
}

func TestWhoImports(t *testing.T) {
	each(t, func(h *house) {
		admin := member.Actor{AccountID: "a", Roles: []member.Role{member.Administrator}}
		for name, x := range map[string]struct {
			by   member.Actor
			kind fault.Kind
		}{
			"nobody":                {member.Anonymous("web"), fault.Unauthenticated},
			"an engineer":           {member.Actor{AccountID: "e", OrgID: "o", Roles: []member.Role{member.Engineer}}, fault.Withheld},
			"an analyst":            {member.Actor{AccountID: "e", OrgID: "o", Roles: []member.Role{member.Analyst}}, fault.Withheld},
			"a token without scope": {member.Actor{AccountID: "a", Roles: []member.Role{member.Administrator}, Scopes: []string{member.ScopeReport}}, fault.Forbidden},
		} {
			_, err := h.Import(h.ctx, x.by, Input{Kind: "osv", Source: "/x"})
			if fault.KindOf(err) != x.kind || fault.KindOf(h.Stop(h.ctx, x.by, "x")) != x.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, in := range []Input{{}, {Kind: "osv"}, {Kind: "stix", Source: "x"}, {Kind: "osv", Source: "\x00"}, {Kind: "osv", Source: filepath.Join(t.TempDir(), "none")}} {
			if _, err := h.Import(h.ctx, admin, in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", in, err)
			}
		}
		if _, _, err := h.Imports(h.ctx, member.Actor{AccountID: "e", OrgID: "o", Roles: []member.Role{member.Engineer}}, "", 0); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if _, _, err := h.Imports(h.ctx, admin, "", 0); err != nil {
			t.Error(err)
		}
	})
}

// One import at a time: a second is told so while the first lives, and takes its place when it is dead.
func TestOneImportAtATime(t *testing.T) {
	each(t, func(h *house) {
		dir := files(t, map[string]string{"r.json": record("GHSA-9", "2021-12-10T00:00:00Z", "")})
		r, err := h.begin(h.ctx, member.System(), "osv", dir, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(h.ctx)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			h.beat(ctx, r.ID, cancel)
		}()
		go func() {
			for ctx.Err() == nil {
				h.clock.Advance(time.Millisecond)
				<-time.After(time.Millisecond)
			}
		}()
		if _, err := h.Import(h.ctx, member.System(), Input{Kind: "osv", Source: dir}); !fault.Is(err, fault.Conflict) {
			t.Errorf("beside a living one: %v", err)
		}
		cancel(nil)
		<-stopped
		if after := h.take("osv", dir); after.New != 1 || after.State != Done {
			t.Errorf("%+v", after)
		}
		if dead, _, err := h.Run(h.ctx, member.System(), r.ID); err != nil || dead.State != Interrupted {
			t.Error(dead.State, err)
		}
		if err := h.Stop(h.ctx, member.System(), r.ID); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		if err := h.Stop(h.ctx, member.System(), "x"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}

// An import that somebody stops keeps what it has, and goes on from there with the same result.
func TestStoppedImportsGoOn(t *testing.T) {
	each(t, func(h *house) {
		const n = 3*batchDocs + 17
		var b strings.Builder
		for i := range n {
			b.WriteString(record(fmt.Sprintf("GHSA-%d", i), "2021-12-10T00:00:00Z", "") + "\n")
		}
		path := filepath.Join(files(t, map[string]string{"all.ndjson": b.String()}), "all.ndjson")
		r, err := h.Import(h.ctx, member.System(), Input{Kind: "osv", Source: path, Progress: func(r Run) {
			if r.Place < n {
				if err := h.Stop(h.ctx, member.System(), r.ID); err != nil {
					t.Error(err)
				}
			}
		}})
		if r.State != Cancelled || r.Place == 0 || r.Place == n || err != nil {
			t.Fatalf("%+v %v", r, err)
		}
		rest := h.take("osv", path)
		if rest.ID != r.ID || rest.New != n || rest.Same != 0 || rest.Place != n {
			t.Errorf("%+v", rest)
		}
		if whole := h.take("osv", path); whole.ID == r.ID || whole.Same != n {
			t.Errorf("%+v", whole)
		}
	})
}
