// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package assessment_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	log4shell = "CVE-2021-44228"
	log4j     = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
	serial    = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"
)

// A desk is the service on one database, with a provider that has a gateway of two versions, and another member.
type desk struct {
	*testing.T
	*assessment.Service
	clock             *calendar.Driven
	own, other, staff member.Actor
	gateway           product.Product
	list              product.SBOM // of version 3.2.0
}

func each(t *testing.T, test func(d desk)) {
	dbtest.Each(t, func(t *testing.T, db *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(db, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		keys, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		events, blobs := &event.Log{DB: db, Evidence: log}, blob.Store{Dir: t.TempDir(), Seal: keys}
		members := &member.Service{DB: db, Events: events, Seal: keys}
		products := &product.Service{DB: db, Events: events, Blobs: blobs}
		d := desk{T: t, clock: clock, Service: &assessment.Service{DB: db, Events: events, Seal: keys, Blobs: blobs, Products: products}}
		org := func(slug string, role member.OrgRole) string {
			o, err := members.AddOrg(t.Context(), member.System(), member.OrgInput{Slug: slug, NameZH: "单位 " + slug, NameEN: "Org " + slug, Roles: []member.OrgRole{role},
				Sector: "cloud", Email: "psirt@" + slug + ".example", Domains: []string{slug + ".example"}})
			d.ok(err)
			return o.ID
		}
		person := func(org string, role member.Role) member.Actor {
			return member.Actor{AccountID: "account-of-" + org, OrgID: org, Roles: []member.Role{role}, Via: "web", Locale: "zh-CN"}
		}
		d.own, d.other = person(org("own", member.Provider), member.Engineer), person(org("other", member.Provider), member.Engineer)
		d.staff = person(org("platform", member.Platform), member.Analyst)
		d.gateway = d.register(d.own, product.Input{Vendor: "灯塔科技", Name: "Gateway", Model: "G-3", PURL: "pkg:generic/gateway", CPE: "cpe:2.3:a:beacon:gateway:*:*:*:*:*:*:*:*", Versions: []string{"V3.2.0", "3.2.1"}})
		d.list, err = products.PushSBOM(t.Context(), d.own, d.gateway.ID, "V3.2.0", []byte(bom))
		d.ok(err)
		test(d)
	})
}

const bom = `{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"` + serial + `","version":2,
 "metadata":{"component":{"type":"application","bom-ref":"gw","name":"Gateway","version":"3.2.0"}},
 "components":[{"type":"library","bom-ref":"l4j","name":"log4j-core","group":"org.apache.logging.log4j","version":"2.14.1","purl":"` + log4j + `"},
  {"type":"library","bom-ref":"bb","name":"busybox","version":"1.30"}]}`

func (d desk) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d desk) register(by member.Actor, in product.Input) product.Product {
	d.Helper()
	in.OrgID = by.OrgID
	p, err := d.Products.Register(d.Context(), by, in)
	d.ok(err)
	return p
}

func (d desk) say(in assessment.Input) assessment.Statement {
	d.Helper()
	if in.ProductID == "" {
		in.ProductID = d.gateway.ID
	}
	x, err := d.Assess(d.Context(), d.own, in)
	d.ok(err)
	return x
}

// take imports a document and returns what became of it, a line for each new statement.
func (d desk) take(in assessment.VEX) (assessment.Taken, []string) {
	d.Helper()
	out, err := d.ImportVEX(d.Context(), d.own, in)
	if err != nil {
		var f *fault.Error
		errors.As(err, &f)
		d.Fatalf("%v %+v", err, f)
	}
	var lines []string
	for _, x := range out.Statements {
		lines = append(lines, d.line(x))
	}
	slices.Sort(lines)
	return out, lines
}

func (d desk) line(x assessment.Statement) string {
	d.Helper()
	p, err := d.Products.Get(d.Context(), d.own, x.ProductID)
	d.ok(err)
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s | %s | %s %s %s %s", p.Name, p.Model, x.Version, strings.TrimSpace(x.Component.Ecosystem+" "+x.Component.Name+" "+x.Component.Version), x.Vuln, x.Status, x.Justification, x.Reason)), " ")
}

func (d desk) same(what string, want, got any) {
	d.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		d.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func (d desk) ruling(version, vuln string, c product.Component) *assessment.Statement {
	d.Helper()
	var out *assessment.Statement
	d.ok(d.DB.View(d.Context(), func(tx *db.Tx) error {
		of, err := d.Of(d.Context(), tx, []string{d.gateway.ID})
		out = assessment.Ruling(of[d.gateway.ID], version, []string{assessment.Fold(vuln)}, c)
		return err
	}))
	return out
}

var component = product.Component{Ecosystem: "Maven", Name: "org.apache.logging.log4j:log4j-core", Version: "2.14.1"}

func TestWhatWasSaidLastCounts(t *testing.T) {
	each(t, func(d desk) {
		if r := d.ruling("V3.2.0", log4shell, component); r != nil {
			d.Errorf("%+v", r)
		}
		d.say(assessment.Input{Vuln: " cve-2021-44228 ", Status: assessment.UnderInvestigation})
		d.clock.Advance(time.Hour)
		d.say(assessment.Input{Vuln: log4shell, PURL: log4j, Status: assessment.NotAffected, Justification: "vulnerable_code_not_in_execute_path", Reason: "查询功能已关闭。\r\n见内部记录。"})
		r := d.ruling("V3.2.0", log4shell, component)
		if r == nil || r.Status != assessment.NotAffected || !r.Suppresses() || r.Reason != "查询功能已关闭。\n见内部记录。" || r.Source != (assessment.Source{}) || r.AccountID != d.own.AccountID {
			d.Errorf("%+v", r)
		}
		for name, x := range map[string]struct {
			version, vuln string
			c             product.Component
			want          assessment.Status
		}{
			"another version of the component": {"V3.2.0", log4shell, product.Component{Ecosystem: component.Ecosystem, Name: component.Name, Version: "2.15.0"}, assessment.UnderInvestigation},
			"another component":                {"3.2.1", log4shell, product.Component{Ecosystem: "Maven", Name: "a:b"}, assessment.UnderInvestigation},
			"another vulnerability":            {"V3.2.0", "CVE-2021-45046", component, ""},
		} {
			got := assessment.Status("")
			if r := d.ruling(x.version, x.vuln, x.c); r != nil {
				got = r.Status
			}
			d.same(name, x.want, got)
		}
		d.clock.Advance(time.Hour)
		d.say(assessment.Input{Vuln: log4shell, Version: "V3.2.0", Status: assessment.Affected, Justification: "component_not_present"})
		if r := d.ruling("V3.2.0", log4shell, component); r.Status != assessment.Affected || r.Justification != "" || r.Suppresses() {
			d.Errorf("%+v", r)
		}
		if r := d.ruling("3.2.1", log4shell, component); r.Status != assessment.NotAffected {
			d.Errorf("%+v", r)
		}
		// at the same time, the narrower counts
		d.say(assessment.Input{Vuln: log4shell, Version: "V3.2.0", Component: assessment.Component{Ecosystem: "Maven", Name: component.Name}, Status: assessment.Fixed})
		if r := d.ruling("V3.2.0", log4shell, component); r.Status != assessment.Fixed {
			d.Errorf("%+v", r)
		}
		all, next, err := d.List(d.Context(), d.staff, d.gateway.ID, assessment.Filter{Limit: 3})
		if err != nil || len(all) != 3 || next == "" || all[0].Status != assessment.Fixed {
			d.Fatal(all, next, err)
		}
		rest, next, err := d.List(d.Context(), d.own, d.gateway.ID, assessment.Filter{Limit: 3, After: next, Vuln: log4shell})
		if err != nil || len(rest) != 1 || next != "" || rest[0].Status != assessment.UnderInvestigation {
			d.Error(rest, next, err)
		}
		if f, err := d.Events.Audit(d.Context()); err != nil || f.Err() != nil {
			d.Error(f, err)
		}
	})
}

func TestOnlyTheOwnProductsAreAssessed(t *testing.T) {
	each(t, func(d desk) {
		ctx := d.Context()
		say := assessment.Input{ProductID: d.gateway.ID, Vuln: log4shell, Status: assessment.Affected}
		d.say(say)
		token := d.own
		token.Scopes = []string{member.ScopeReport}
		admin := d.own
		admin.Roles = []member.Role{member.OrgAdmin}
		for name, x := range map[string]struct {
			by          member.Actor
			write, read fault.Kind
		}{
			"nobody":       {member.Anonymous("api"), fault.Unauthenticated, fault.Unauthenticated},
			"a stranger":   {d.other, fault.Withheld, fault.Withheld},
			"the platform": {d.staff, fault.Forbidden, ""},
			"an admin":     {admin, fault.Forbidden, ""},
			"a token":      {token, fault.Forbidden, fault.Forbidden},
		} {
			_, err := d.Assess(ctx, x.by, say)
			d.same(name+" writes", x.write, fault.KindOf(err))
			_, err = d.ImportVEX(ctx, x.by, assessment.VEX{ProductID: d.gateway.ID, Document: []byte(vex(`{"@id":"pkg:generic/gateway"}`))})
			d.same(name+" imports", x.write, fault.KindOf(err))
			_, _, err = d.List(ctx, x.by, d.gateway.ID, assessment.Filter{})
			if err == nil != (x.read == "") || err != nil && fault.KindOf(err) != x.read {
				d.Errorf("%s reads: %v", name, err)
			}
		}
		// a stranger's document about our products says nothing of them
		out, err := d.ImportVEX(ctx, d.other, assessment.VEX{Document: []byte(vex(`{"@id":"pkg:generic/gateway"},{"@id":"` + log4j + `"},{"@id":"cpe:2.3:a:beacon:gateway:*:*:*:*:*:*:*:*"}`))})
		if err != nil || len(out.Statements) != 0 || out.LeftAll != 3 {
			d.Errorf("%+v, %v", out, err)
		}
		out, err = d.ImportVEX(ctx, d.other, assessment.VEX{Document: []byte(strings.Replace(link, "REF", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2", 1))})
		if err != nil || len(out.Statements) != 0 || out.Left[0].Why != assessment.NoList {
			d.Errorf("%+v, %v", out, err)
		}
		if _, err := d.ImportVEX(ctx, d.staff, assessment.VEX{Document: []byte(vex(`{"@id":"pkg:generic/gateway"}`))}); !fault.Is(err, fault.Forbidden) {
			d.Error(err)
		}
		xs, _, err := d.List(ctx, d.own, d.gateway.ID, assessment.Filter{})
		if err != nil || len(xs) != 1 {
			d.Error(xs, err)
		}
	})
}

func TestAssessRefuses(t *testing.T) {
	each(t, func(d desk) {
		good := assessment.Input{ProductID: d.gateway.ID, Vuln: log4shell, Status: assessment.NotAffected, Justification: "component_not_present"}
		for field, change := range map[string]func(*assessment.Input){
			"vuln":          func(in *assessment.Input) { in.Vuln = " " },
			"status":        func(in *assessment.Input) { in.Status = "exploitable" },
			"justification": func(in *assessment.Input) { in.Justification = "" },
			"purl":          func(in *assessment.Input) { in.PURL = "log4j" },
			"component":     func(in *assessment.Input) { in.Component.Version = "1" },
			"reason":        func(in *assessment.Input) { in.Reason = strings.Repeat("字", 4001) },
			"version":       func(in *assessment.Input) { in.Version = "a\x00b" },
		} {
			in := good
			change(&in)
			_, err := d.Assess(d.Context(), d.own, in)
			var f *fault.Error
			if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != field {
				d.Errorf("%s: %v", field, err)
			}
		}
		xs, _, err := d.List(d.Context(), d.own, d.gateway.ID, assessment.Filter{})
		if err != nil || len(xs) != 0 {
			d.Error(xs, err)
		}
	})
}

// vex is an OpenVEX document about products.
func vex(products string) string {
	return `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://psirt.example/7","author":"Beacon PSIRT (demo)","timestamp":"2021-11-20T08:00:00Z","version":1,
	 "statements":[{"vulnerability":{"name":"` + log4shell + `","aliases":["ghsa-jfh8-c2jp-5v3q"]},"products":[` + products + `],"status":"not_affected","justification":"vulnerable_code_not_present","impact_statement":"未打包"}]}`
}

// link is a stand-alone document of CycloneDX.
const link = `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"vulnerabilities":[{"id":"` + log4shell + `","analysis":{"state":"false_positive","justification":"protected_at_runtime","detail":"x"},"affects":[{"ref":"REF"}]}]}`

func TestDocumentsFindTheProductsThatTheyMean(t *testing.T) {
	each(t, func(d desk) {
		camera := d.register(d.own, product.Input{Vendor: "灯塔科技", Name: "Camera", Model: "XR-5600", Kind: product.Hardware})
		d.register(d.other, product.Input{Vendor: "灯塔科技", Name: "Gateway", Model: "G-3", PURL: "pkg:generic/gateway"})
		_, err := d.Products.PushSBOM(d.Context(), d.own, camera.ID, "7", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"x","purl":"`+log4j+`"}]}`))
		d.ok(err)
		const said = log4shell + " not_affected vulnerable_code_not_present 未打包"
		const csaf = `{"document":{"csaf_version":"2.0","publisher":{"name":"Beacon"},"tracking":{"id":"B-7","current_release_date":"2021-11-20T08:00:00Z"}},"product_tree":{"branches":[{"category":"vendor","name":"灯塔科技","branches":[
		 {"category":"product_name","name":"Gateway","branches":[{"category":"product_version","name":"3.2.0","product":{"name":"Gateway 3.2.0","product_id":"G"}},{"category":"product_version_range","name":"<3.2.0","product":{"name":"Gateway <3.2.0","product_id":"O"}}]},
		 {"category":"product_name","name":"xr5600","product":{"name":"Camera","product_id":"C"}}, {"category":"product_name","name":"XR 5600","product":{"name":"Camera","product_id":"D"}}]}],
		 "full_product_names":[{"name":"log4j","product_id":"L","product_identification_helper":{"purl":"` + log4j + `"}}],
		 "relationships":[{"category":"default_component_of","product_reference":"L","relates_to_product_reference":"G","full_product_name":{"name":"log4j in G","product_id":"G:L"}}]},
		 "vulnerabilities":[{"cve":"` + log4shell + `","flags":[{"label":"component_not_present","product_ids":["G:L"]}],"product_status":{"known_not_affected":["G:L"],"under_investigation":["D"],"fixed":["C"],"known_affected":["O"]}}]}`
		cases := map[string]struct {
			in   assessment.VEX
			want []string
			left []string
		}{
			"by package URL": {assessment.VEX{Document: []byte(vex(`{"@id":"pkg:generic/gateway@3.2.0"}`))}, []string{"Gateway G-3 V3.2.0 | | " + said}, nil},
			"by CPE":         {assessment.VEX{Document: []byte(vex(`{"@id":"urn:x","identifiers":{"cpe23":"cpe:2.3:a:Beacon:Gateway:3.2.1:*:*:*:*:*:*:*"}}`))}, []string{"Gateway G-3 3.2.1 | | " + said}, nil},
			"a part of it": {assessment.VEX{Document: []byte(vex(`{"@id":"pkg:generic/gateway","subcomponents":[{"@id":"` + log4j + `"},{"@id":"urn:unknown"}]}`))},
				[]string{"Gateway G-3 | Maven org.apache.logging.log4j:log4j-core 2.14.1 | " + said}, []string{assessment.NoComponent}},
			"a component wherever it is": {assessment.VEX{Document: []byte(vex(`{"@id":"pkg:maven/org.apache.logging.log4j/log4j-core"},{"@id":"pkg:npm/left-pad"}`))},
				[]string{"Camera XR-5600 | Maven org.apache.logging.log4j:log4j-core | " + said, "Gateway G-3 | Maven org.apache.logging.log4j:log4j-core | " + said}, []string{assessment.NoProduct}},
			"a component in one": {assessment.VEX{ProductID: camera.ID, Version: "7", Document: []byte(vex(`{"@id":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar"}`))},
				[]string{"Camera XR-5600 7 | Maven org.apache.logging.log4j:log4j-core 2.14.1 | " + said}, nil},
			"by whoever sends it": {assessment.VEX{ProductID: camera.ID, Document: []byte(vex(`{"@id":"urn:camera"},{"@id":"pkg:npm/left-pad"}`))}, []string{"Camera XR-5600 | | " + said}, []string{assessment.NoProduct}},
			"CSAF": {assessment.VEX{Document: []byte(csaf)}, []string{"Camera XR-5600 | | " + log4shell + " under_investigation",
				"Gateway G-3 V3.2.0 | Maven org.apache.logging.log4j:log4j-core 2.14.1 | " + log4shell + " not_affected component_not_present"}, []string{assessment.NoVersion, assessment.NoProduct}},
			"a link to a component": {assessment.VEX{Document: []byte(strings.Replace(link, "REF", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#l4j", 1))},
				[]string{"Gateway G-3 V3.2.0 | Maven org.apache.logging.log4j:log4j-core 2.14.1 | " + log4shell + " not_affected inline_mitigations_already_exist x"}, nil},
			"a link to a product":      {assessment.VEX{Document: []byte(strings.Replace(link, "REF", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#gw", 1))}, []string{}, nil},
			"a link to a list":         {assessment.VEX{Document: []byte(strings.Replace(link, "REF", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2", 1))}, []string{"Gateway G-3 V3.2.0 | | " + log4shell + " not_affected inline_mitigations_already_exist x"}, nil},
			"a link to an older list":  {assessment.VEX{Document: []byte(strings.Replace(link, "REF", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#l4j", 1))}, []string{}, []string{assessment.NoList}},
			"a link to another's list": {assessment.VEX{ProductID: camera.ID, Document: []byte(strings.Replace(link, "REF", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2", 1))}, []string{}, []string{assessment.NoList}},
			"a reference to nothing":   {assessment.VEX{Document: []byte(strings.Replace(link, "REF", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#gone", 1))}, []string{}, []string{assessment.NoComponent}},
		}
		for _, name := range slices.Sorted(maps.Keys(cases)) { // in order: a link to a list says what one to its product says again
			x := cases[name]
			out, lines := d.take(x.in)
			d.same(name, x.want, append([]string{}, lines...))
			var left []string
			for _, l := range out.Left {
				left = append(left, l.Why)
			}
			d.same(name+": left", x.left, left)
			again, lines := d.take(x.in)
			if len(lines) > 0 || again.Source != out.Source || again.Known != len(out.Statements)+out.Known {
				d.Errorf("%s, once more: %q, %d known", name, lines, again.Known)
			}
		}
	})
}

func TestAListBringsItsOwnAnalyses(t *testing.T) {
	each(t, func(d desk) {
		with := strings.TrimSuffix(bom, "}") + `,"vulnerabilities":[{"id":"` + log4shell + `","analysis":{"state":"exploitable","detail":"见公告"},"affects":[{"ref":"l4j"}]},{"id":"CVE-2021-1","analysis":{"state":"in_triage"},"affects":[{"ref":"gw"}]}]}`
		list, err := d.Products.PushSBOM(d.Context(), d.own, d.gateway.ID, "3.2.1", []byte(with))
		d.ok(err)
		for range 2 {
			d.ok(d.OnChanged(d.Context(), product.Changed{ProductID: d.gateway.ID, OrgID: d.own.OrgID, SBOMID: list.ID}))
			d.ok(d.OnChanged(d.Context(), product.Changed{ProductID: d.gateway.ID, OrgID: d.own.OrgID, SBOMID: d.list.ID})) // says nothing
			d.ok(d.OnChanged(d.Context(), product.Changed{ProductID: d.gateway.ID, OrgID: d.own.OrgID}))
		}
		xs, _, err := d.List(d.Context(), d.own, d.gateway.ID, assessment.Filter{})
		d.ok(err)
		var lines []string
		for _, x := range xs {
			lines = append(lines, d.line(x))
			if x.Via != "system" || x.AccountID != d.own.AccountID || x.Source.Format != assessment.CycloneDX || x.Source.Name != serial+"/2" {
				d.Errorf("%+v", x)
			}
		}
		slices.Sort(lines)
		d.same("statements", []string{"Gateway G-3 3.2.1 | Maven org.apache.logging.log4j:log4j-core 2.14.1 | " + log4shell + " affected 见公告", "Gateway G-3 3.2.1 | | CVE-2021-1 under_investigation"}, lines)
	})
}

func TestDocumentsAreRefusedWithTheirField(t *testing.T) {
	each(t, func(d desk) {
		for rule, doc := range map[string]string{
			"rule.required":                 "",
			"assessment.rule.format":        "hello",
			"assessment.rule.syntax":        "{",
			"assessment.openvex.context":    `{"@context":"https://example.org"}`,
			"assessment.openvex.one-of":     strings.Replace(vex(`{"@id":"x"}`), "not_affected", "fine", 1),
			"assessment.csaf.version":       `{"document":{}}`,
			"assessment.csaf.nothing":       `{"document":{"csaf_version":"2.0","publisher":{"name":"x"},"tracking":{"id":"x"}}}`,
			"product.sbom.unsaid":           bom,
			"assessment.cyclonedx.state":    strings.Replace(link, "false_positive", "fine", 1),
			"product.sbom.version":          `{"bomFormat":"CycloneDX","specVersion":"9"}`,
			"assessment.openvex.characters": strings.Replace(vex(`{"@id":"x"}`), "Beacon", "\xff", 1),
		} {
			_, err := d.ImportVEX(d.Context(), d.own, assessment.VEX{Document: []byte(doc)})
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Rule != rule {
				d.Errorf("%s: %v %+v", rule, err, f)
			}
		}
		if _, err := d.ImportVEX(d.Context(), d.own, assessment.VEX{Document: append([]byte("{"), bytes.Repeat([]byte(" "), 40<<20)...)}); !fault.Is(err, fault.TooLarge) {
			d.Error(err)
		}
		many := make([]string, 0, 20_001)
		for i := range 20_001 {
			many = append(many, fmt.Sprintf(`{"@id":"pkg:generic/gateway@%d"}`, i))
		}
		_, err := d.ImportVEX(d.Context(), d.own, assessment.VEX{Document: []byte(vex(strings.Join(many, ",")))})
		var f *fault.Error
		if !errors.As(err, &f) || f.Fields[0].Rule != "assessment.rule.many" {
			d.Error(err)
		}
		xs, _, err := d.List(d.Context(), d.own, d.gateway.ID, assessment.Filter{})
		if err != nil || len(xs) != 0 {
			d.Error(xs, err)
		}
	})
}
