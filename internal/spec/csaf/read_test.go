// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/bound"
	"github.com/fengsui/fengsui/internal/spec/csaf"
)

func foreign(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/foreign.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadWhomOthersThank(t *testing.T) {
	f, err := csaf.Read(foreign(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]csaf.Acknowledgment{{Names: []string{"宋知远"}, Organization: "云帆云天枢实验室", Summary: "for the responsible report", URLs: []string{"https://lab.yunfan.example/"}}}, f.Vulnerabilities[0].Acknowledgments); diff != "" {
		t.Error(diff)
	}
	if a := f.Document.Acknowledgments; len(a) != 1 || a[0].Organization != "Response Centre (demo)" {
		t.Errorf("%+v", a)
	}
	v := f.Vulnerabilities[0]
	if v.CVE != "CVE-2021-99001" || !v.Public().Equal(time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC)) || !v.DiscoveryDate.Equal(time.Date(2021, 11, 24, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", v)
	}
	if !f.Document.Tracking.CurrentReleaseDate.IsZero() {
		t.Error("a time that is none was read")
	}
	if diff := cmp.Diff([]csaf.ForeignProduct{{"Upstream Project (demo)", "Beacon Log", "pkg:maven/example.upstream/beacon-log@2.14"}, {"", "Gateway 3", ""}}, f.Products()); diff != "" {
		t.Error(diff)
	}
	if f.Withdrawn() {
		t.Error("withdrawn")
	}
	// What we write ourselves is read as well.
	if _, err := csaf.Read(foreign(t)); err != nil {
		t.Error(err)
	}
}

func TestReadRefuses(t *testing.T) {
	doc := string(foreign(t))
	for name, x := range map[string]struct {
		doc  string
		want error
	}{
		"no JSON":      {"<csaf/>", csaf.ErrSyntax},
		"version 1":    {strings.Replace(doc, `"2.1"`, `"1.2"`, 1), csaf.ErrVersion},
		"no id":        {strings.Replace(doc, "UP-2021-17", " ", 1), csaf.ErrID},
		"a draft":      {strings.Replace(doc, `"final"`, `"draft"`, 1), csaf.ErrDraft},
		"a deep tree":  {strings.Repeat(`{"branches":[`, 100), bound.ErrDeep},
		"a wide flood": {"[" + strings.Repeat("[],", 600_000) + "[]]", bound.ErrMany},
	} {
		if _, err := csaf.Read([]byte(x.doc)); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
	if f, err := csaf.Read([]byte(strings.Replace(doc, "csaf_security_advisory", "csaf_withdrawn", 1))); err != nil || !f.Withdrawn() {
		t.Error(f.Document.Category, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(foreign(f))
	f.Add([]byte(`{"document":{"csaf_version":"2.0","publisher":{"name":"x"},"tracking":{"id":"y","current_release_date":7}},"product_tree":{"branches":[{"branches":[{"product":{}}]}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := csaf.Read(b)
		if err == nil {
			x.Products()
		}
	})
}
