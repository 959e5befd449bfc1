// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/bound"
	"github.com/fengsui/fengsui/internal/spec/csaf"
)

const vex = `{"document":{"category":"csaf_vex","csaf_version":"2.0","publisher":{"category":"vendor","name":"Beacon PSIRT (demo)","namespace":"https://psirt.example"},
  "title":"x","tracking":{"id":"BEACON-7","status":"final","version":"1","current_release_date":"2021-12-14T08:00:00Z","initial_release_date":"2021-12-14T08:00:00Z"}},
 "product_tree":{
  "branches":[{"category":"vendor","name":"Beacon","branches":[{"category":"product_name","name":"Gateway","branches":[
    {"category":"product_version","name":"3.2.0","product":{"name":"Beacon Gateway 3.2.0","product_id":"G320","product_identification_helper":{"cpe":"cpe:2.3:a:beacon:gateway:3.2.0:*:*:*:*:*:*:*"}}},
    {"category":"product_version","name":"3.2.1","product":{"name":"Beacon Gateway 3.2.1","product_id":"G321"}}]}]}],
  "full_product_names":[{"name":"log4j-core 2.14.1","product_id":"L","product_identification_helper":{"purl":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}}],
  "relationships":[{"category":"default_component_of","product_reference":"L","relates_to_product_reference":"G320","full_product_name":{"name":"log4j-core in Gateway 3.2.0","product_id":"G320:L"}}],
  "product_groups":[{"group_id":"all","product_ids":["G320","G320:L"]}]},
 "vulnerabilities":[{"cve":"CVE-2021-44228","ids":[{"system_name":"CNVD","text":"CNVD-2021-95914"}],
  "flags":[{"label":"vulnerable_code_not_in_execute_path","group_ids":["all"]}],"threats":[{"category":"impact","details":"查询功能已关闭","product_ids":["G320:L"]},{"category":"exploit_status","details":"x","product_ids":["G320:L"]}],
  "remediations":[{"category":"vendor_fix","details":"update","product_ids":["G321"]}],
  "product_status":{"known_not_affected":["G320:L","nowhere"],"fixed":["G321"]}}]}`

func TestReadVEX(t *testing.T) {
	got, err := csaf.ReadVEX([]byte(vex))
	if err != nil {
		t.Fatal(err)
	}
	log4j := csaf.VEXProduct{Name: "log4j-core 2.14.1", PURLs: []string{"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}}
	cpe := "cpe:2.3:a:beacon:gateway:3.2.0:*:*:*:*:*:*:*"
	want := csaf.VEX{ID: "BEACON-7", Publisher: "Beacon PSIRT (demo)", At: time.Date(2021, 12, 14, 8, 0, 0, 0, time.UTC),
		Products: []csaf.VEXProduct{
			{Vendor: "Beacon", Product: "Gateway", Version: "3.2.0", Name: "Beacon Gateway 3.2.0", PURLs: []string{}, CPE: cpe},
			{Vendor: "Beacon", Product: "Gateway", Version: "3.2.1", Name: "Beacon Gateway 3.2.1", PURLs: []string{}}, log4j,
			{Vendor: "Beacon", Product: "Gateway", Version: "3.2.0", Name: "log4j-core in Gateway 3.2.0", PURLs: []string{}, CPE: cpe, Part: &log4j}},
		Statements: []csaf.VEXStatement{
			{Vulnerability: "CVE-2021-44228", Aliases: []string{"CNVD-2021-95914"}, Status: csaf.VEXNotAffected, Label: csaf.VulnerableCodeNotInExecution, Detail: "查询功能已关闭", Product: 3},
			{Vulnerability: "CVE-2021-44228", Aliases: []string{"CNVD-2021-95914"}, Status: csaf.VEXFixed, Detail: "update", Product: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadVEXRefuses(t *testing.T) {
	for name, x := range map[string]struct {
		old, new string
		want     error
	}{
		"no JSON":          {"{", "", csaf.ErrSyntax},
		"another version":  {`"2.0"`, `"1.2"`, csaf.ErrVersion},
		"no publisher":     {"Beacon PSIRT (demo)", "", csaf.ErrID},
		"nothing said":     {`"vulnerabilities"`, `"x"`, csaf.ErrNoStatements},
		"nothing known":    {`"product_tree"`, `"x"`, csaf.ErrNoStatements},
		"deep":             {`"2.0"`, strings.Repeat("[", 200) + strings.Repeat("]", 200), bound.ErrDeep},
		"many of statuses": {`"nowhere"`, strings.Repeat(`"G320",`, 200_001) + `"G320"`, csaf.ErrStatements},
	} {
		if _, err := csaf.ReadVEX([]byte(strings.Replace(vex, x.old, x.new, 1))); !errors.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// groups that are named again and again are looked at no longer than the bound
	ids := `"` + strings.Repeat(`G320","`, 100_000) + `G320"`
	b := strings.Replace(vex, `"product_ids":["G320","G320:L"]`, `"product_ids":[`+ids+`]`, 1)
	b = strings.Replace(b, `"group_ids":["all"]`, `"group_ids":["`+strings.Repeat(`all","`, 100_000)+`all"]`, 1)
	if _, err := csaf.ReadVEX([]byte(b)); err != nil {
		t.Error(err)
	}
}

func FuzzReadVEX(f *testing.F) {
	f.Add([]byte(vex))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := csaf.ReadVEX(b)
		if err != nil {
			return
		}
		for _, s := range v.Statements {
			if s.Product < 0 || s.Product >= len(v.Products) || s.Vulnerability == "" {
				t.Fatalf("%+v", s)
			}
		}
	})
}
