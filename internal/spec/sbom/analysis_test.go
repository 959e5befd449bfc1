// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// TestAnalysesAreReadFromBothForms reads what the format's own library writes.
func TestAnalysesAreReadFromBothForms(t *testing.T) {
	bom := cyclonedx.NewBOM()
	bom.SerialNumber, bom.Version = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", 4
	bom.Vulnerabilities = &[]cyclonedx.Vulnerability{
		{ID: "CVE-2021-44228", References: &[]cyclonedx.VulnerabilityReference{{ID: "GHSA-jfh8-c2jp-5v3q"}},
			Analysis: &cyclonedx.VulnerabilityAnalysis{State: cyclonedx.IASNotAffected, Justification: cyclonedx.IAJCodeNotReachable,
				Detail: "无 JNDI 查询：\n该类未打包。", LastUpdated: "2021-12-14T08:00:00+08:00", FirstIssued: "2021-12-10T00:00:00Z"},
			Affects: &[]cyclonedx.Affects{{Ref: "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#log4j"}, {Ref: "b"}}},
		{ID: "CVE-2021-45046", Affects: &[]cyclonedx.Affects{{Ref: "b"}}}, // nothing is said of it
		{References: &[]cyclonedx.VulnerabilityReference{{ID: "CVE-2021-45105"}}, Updated: "2021-12-20",
			Analysis: &cyclonedx.VulnerabilityAnalysis{State: cyclonedx.IASInTriage}, Affects: &[]cyclonedx.Affects{{Ref: "b"}}},
	}
	want := []sbom.Analysis{
		{ID: "CVE-2021-44228", Aliases: []string{"GHSA-jfh8-c2jp-5v3q"}, State: "not_affected", Justification: "code_not_reachable", Detail: "无 JNDI 查询：\n该类未打包。",
			At: time.Date(2021, 12, 14, 0, 0, 0, 0, time.UTC), Affects: []string{"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#log4j", "b"}},
		{ID: "CVE-2021-45105", Aliases: []string{}, State: "in_triage", At: time.Date(2021, 12, 20, 0, 0, 0, 0, time.UTC), Affects: []string{"b"}},
	}
	for name, form := range map[string]cyclonedx.BOMFileFormat{"JSON": cyclonedx.BOMFileFormatJSON, "XML": cyclonedx.BOMFileFormatXML} {
		var b bytes.Buffer
		if err := cyclonedx.NewBOMEncoder(&b, form).EncodeVersion(bom, cyclonedx.SpecVersion1_6); err != nil {
			t.Fatal(err)
		}
		d, err := sbom.ParseVEX(b.Bytes())
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, b.Bytes())
		}
		if diff := cmp.Diff(want, d.Analyses); diff != "" || d.Serial != bom.SerialNumber || d.Revision != 4 {
			t.Errorf("%s: %s %d (-want +got)\n%s", name, d.Serial, d.Revision, diff)
		}
		if _, err := sbom.Parse(b.Bytes()); refusedBy(err) != sbom.Empty {
			t.Errorf("%s is taken for a component list: %v", name, err)
		}
	}
}

func refusedBy(err error) sbom.Rule {
	if r := (*sbom.Refused)(nil); errors.As(err, &r) {
		return r.Rule
	}
	return ""
}

func TestAnalysesAreBounded(t *testing.T) {
	doc := func(s string) []byte {
		return []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a"}],"vulnerabilities":[` + s + `]}`)
	}
	one := func(id, more string) string {
		return `{"id":"` + id + `","analysis":{"state":"exploitable"` + more + `},"affects":[{"ref":"a"}]}`
	}
	for name, e := range map[string]struct {
		in   string
		rule sbom.Rule
	}{
		"none":     {`{"id":"CVE-2021-1"}`, sbom.Unsaid},
		"number":   {`{"id":5}`, sbom.Type},
		"control":  {one(`\u0001`, ""), sbom.Characters},
		"long":     {one("CVE-1", `,"detail":"`+strings.Repeat("x", sbom.MaxDetail+1)+`"`), sbom.Length},
		"too many": {strings.Repeat(one("CVE-1", "")+",", sbom.MaxAnalyses) + one("CVE-1", ""), sbom.Analyses},
		"of too much": {`{"id":"CVE-1","analysis":{"state":"exploitable"},"affects":[` + strings.Repeat(`{"ref":"a"},`, sbom.MaxAffects) + `{"ref":"a"}]}`,
			sbom.Analyses},
	} {
		if _, err := sbom.ParseVEX(doc(e.in)); refusedBy(err) != e.rule {
			t.Errorf("%s: got %v, want %s", name, err, e.rule)
		}
	}
}

func TestParseLink(t *testing.T) {
	for in, want := range map[string]sbom.Link{
		"urn:cdx:3E671687-395b-41f5-a30f-a58921a69b79/2#pkg%3Anpm%2Fa": {Serial: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", Revision: 2, Ref: "pkg:npm/a"},
		"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1":               {Serial: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", Revision: 1},
		"urn:cdx:3e671687/0": {}, "urn:cdx:/1": {}, "urn:cdx:a": {}, "pkg:npm/a": {}, "": {},
	} {
		if got, ok := sbom.ParseLink(in); got != want || ok != (want != sbom.Link{}) {
			t.Errorf("%q: %+v %v", in, got, ok)
		}
	}
}
