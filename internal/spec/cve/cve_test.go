// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cve_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/bound"
	"github.com/fengsui/fengsui/internal/spec/cve"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRead(t *testing.T) {
	r, err := cve.Read(read(t, "published.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]cve.Credit{{Lang: "en", Value: "Song Zhiyuan of Yunfan Cloud Security Team", Type: cve.Finder}, {Lang: "en", Value: "Response Centre (demo)", Type: cve.Coordinator}, {Lang: "zh", Value: "烛照安全 裴星野"}}, r.Credits()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"GHSA-2222-3333-4444", "GHSA-cfgh-jmpq-rvwx"}, r.Aliases()); diff != "" {
		t.Error(diff)
	}
	if m := r.Metadata; m.CVEID != "CVE-2021-99001" || m.AssignerShortName != "upstream-demo" || !m.DateReserved.Equal(time.Date(2021, 11, 25, 2, 0, 0, 0, time.UTC)) ||
		!m.DateUpdated.Equal(time.Date(2021, 12, 10, 1, 2, 0, 0, time.UTC)) || !m.DateRejected.IsZero() {
		t.Errorf("%+v", m)
	}
	if a := r.Containers.CNA.Affected; len(a) != 1 || a[0].PackageURL != "pkg:maven/example.upstream/beacon-log" {
		t.Errorf("%+v", a)
	}
	if e := r.Containers.CNA.Timeline; len(e) != 3 || e[0].Value != "Reported to the project" || !e[0].Time.Equal(time.Date(2021, 11, 24, 0, 0, 0, 0, time.UTC)) || !e[2].Time.IsZero() {
		t.Errorf("%+v", e)
	}
	if r.Title() != "Remote code execution in Beacon Log" {
		t.Error(r.Title())
	}
}

func TestReadRejected(t *testing.T) {
	r, err := cve.Read(read(t, "rejected.json"))
	if err != nil || r.Metadata.State != cve.Rejected || r.Metadata.DateRejected.IsZero() || len(r.Credits()) != 0 {
		t.Fatal(r, err)
	}
}

func TestRefuse(t *testing.T) {
	head := `{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2021-99001","state":"PUBLISHED"},"containers":{"cna":{}}}`
	if _, err := cve.Read([]byte(head)); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		doc  string
		want error
	}{
		"nothing":        {"", cve.ErrSyntax},
		"a list":         {"[]", cve.ErrSyntax},
		"version 4":      {strings.Replace(head, "5.1", "4.0", 1), cve.ErrVersion},
		"something else": {strings.Replace(head, "CVE_RECORD", "BOM", 1), cve.ErrVersion},
		"no number":      {strings.Replace(head, "CVE-2021-99001", "CVE-21-1", 1), cve.ErrID},
		"no state":       {strings.Replace(head, "PUBLISHED", "RESERVED", 1), cve.ErrState},
		"a pit":          {strings.Repeat("[", 200) + strings.Repeat("]", 200), bound.ErrDeep},
		"a flood":        {`{"containers":{"cna":{"credits":[` + strings.Repeat("{},", 600_000) + `{}]}}}`, bound.ErrMany},
	} {
		if _, err := cve.Read([]byte(x.doc)); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"published.json", "rejected.json"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"dataType":"CVE_RECORD","dataVersion":"5.2","cveMetadata":{"cveId":"CVE-2021-99001","state":"PUBLISHED","dateReserved":{}},"containers":{"cna":{"source":{"advisory":[1,"GHSA-2222-2222-2222"]}}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := cve.Read(b)
		if err != nil {
			return
		}
		r.Title()
		for _, a := range r.Aliases() {
			if !strings.HasPrefix(a, "GHSA-") || len(a) != 19 {
				t.Errorf("alias %q", a)
			}
		}
	})
}
