// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package openvex_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/openvex"
)

const example = `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://psirt.example/vex/7","author":"Beacon PSIRT (demo)","timestamp":"2021-12-14T16:00:00+08:00","version":2,
 "statements":[
  {"vulnerability":{"@id":"https://nvd.example/CVE-2021-44228","name":"CVE-2021-44228","aliases":["GHSA-jfh8-c2jp-5v3q"]},
   "products":[{"@id":"https://psirt.example/gateway","identifiers":{"purl":"pkg:generic/gateway@3.2.0","cpe23":"cpe:2.3:a:beacon:gateway:3.2.0:*:*:*:*:*:*:*"},
                "subcomponents":[{"@id":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}]}],
   "status":"not_affected","justification":"vulnerable_code_not_in_execute_path","impact_statement":"查询功能已关闭"},
  {"vulnerability":{"name":"CVE-2021-45046"},"timestamp":"2021-12-15T00:00:00Z","products":[{"@id":"cpe:2.3:a:beacon:gateway:*:*:*:*:*:*:*:*"}],
   "status":"affected","justification":"component_not_present","action_statement":"update to 3.2.1","status_notes":"see notes"}]}`

func TestRead(t *testing.T) {
	d, err := openvex.Read([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	want := openvex.Document{ID: "https://psirt.example/vex/7", Author: "Beacon PSIRT (demo)", Version: 2, Statements: []openvex.Statement{
		{Vulnerability: "CVE-2021-44228", Aliases: []string{"GHSA-jfh8-c2jp-5v3q"}, Status: openvex.NotAffected, Justification: openvex.CodeNotInExecutePath, Reason: "查询功能已关闭",
			At: time.Date(2021, 12, 14, 8, 0, 0, 0, time.UTC), Products: []openvex.Product{{ID: "https://psirt.example/gateway", PURL: "pkg:generic/gateway@3.2.0",
				CPE:        "cpe:2.3:a:beacon:gateway:3.2.0:*:*:*:*:*:*:*",
				Components: []openvex.Product{{ID: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", PURL: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}}}}},
		{Vulnerability: "CVE-2021-45046", Status: openvex.Affected, Reason: "update to 3.2.1", At: time.Date(2021, 12, 15, 0, 0, 0, 0, time.UTC),
			Products: []openvex.Product{{ID: "cpe:2.3:a:beacon:gateway:*:*:*:*:*:*:*:*", CPE: "cpe:2.3:a:beacon:gateway:*:*:*:*:*:*:*:*"}}},
	}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !openvex.Is([]byte(example)) || openvex.Is([]byte(`{"bomFormat":"CycloneDX"}`)) || openvex.Is([]byte(strings.Repeat("[", 200))) {
		t.Error("what is OpenVEX is not told from what is not")
	}
	old, err := openvex.Read([]byte(`{"@context":"https://openvex.dev/ns","@id":"x","author":"a","timestamp":"2021-12-14T08:00:00Z","version":"1",
		"statements":[{"vulnerability":"CVE-2021-44228","products":["pkg:oci/gateway"],"status":"under_investigation"}]}`))
	if err != nil || old.Version != 1 || old.Statements[0].Vulnerability != "CVE-2021-44228" || old.Statements[0].Products[0].PURL != "pkg:oci/gateway" {
		t.Errorf("%v %+v", err, old)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, x := range map[string]struct {
		old, new string
		rule     openvex.Rule
		field    string
	}{
		"no JSON":          {"{", "", openvex.Syntax, ""},
		"another context":  {"openvex.dev", "example.org", openvex.Context, "@context"},
		"no time":          {`"timestamp":"2021-12-14T16:00:00+08:00",`, "", openvex.Required, "statements[0].timestamp"},
		"a wrong time":     {"2021-12-14T16:00:00+08:00", "yesterday", openvex.Time, "statements[0].timestamp"},
		"a wrong status":   {`"affected"`, `"exploitable"`, openvex.OneOf, "statements[1].status"},
		"a wrong reason":   {"vulnerable_code_not_in_execute_path", "trust us", openvex.OneOf, "statements[0].justification"},
		"no reason":        {`"justification":"vulnerable_code_not_in_execute_path","impact_statement":"查询功能已关闭"`, `"status_notes":"x"`, openvex.Reasoned, "statements[0].justification"},
		"no vulnerability": {`{"name":"CVE-2021-45046"}`, `{}`, openvex.Required, "statements[1].vulnerability.name"},
		"no product":       {`[{"@id":"cpe:2.3:a:beacon:gateway:*:*:*:*:*:*:*:*"}]`, `[]`, openvex.Required, "statements[1].products"},
		"an empty product": {`{"@id":"cpe:2.3:a:beacon:gateway:*:*:*:*:*:*:*:*"}`, `{}`, openvex.Required, "statements[1].products.@id"},
		"control":          {"CVE-2021-45046", `CVE\u0000`, openvex.Characters, "statements[1].vulnerability.name"},
		"not UTF-8":        {"see notes", "\xff", openvex.Characters, ""},
		"long":             {"update to 3.2.1", strings.Repeat("x", 20_000), openvex.Length, "statements[1].impact_statement"},
		"a wrong type":     {`"affected"`, `5`, openvex.Syntax, "statements[1]"},
		"deep":             {`"see notes"`, strings.Repeat("[", 200) + strings.Repeat("]", 200), openvex.Bounds, ""},
		"many":             {`"statements":[`, `"statements":[` + strings.Repeat("{},", 20_001), openvex.Bounds, "statements"},
	} {
		_, err := openvex.Read([]byte(strings.Replace(example, x.old, x.new, 1)))
		var r *openvex.Refused
		if !errors.As(err, &r) || r.Rule != x.rule || r.Field != x.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(example))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := openvex.Read(b)
		if err != nil {
			if r := (*openvex.Refused)(nil); !errors.As(err, &r) {
				t.Fatalf("not a rule: %v", err)
			}
			return
		}
		for _, s := range d.Statements {
			if s.Vulnerability == "" || len(s.Products) == 0 || s.At.IsZero() || s.Status == openvex.NotAffected && s.Justification == "" && s.Reason == "" {
				t.Fatalf("%+v", s)
			}
		}
	})
}
