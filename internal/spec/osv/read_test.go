// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/bound"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

const foreign = `{"schema_version":"1.7.5","id":"GHSA-2222-3333-4444","modified":"2021-12-10T09:00:00+08:00","published":"2021-12-10T00:00:00Z","aliases":["CVE-2021-99001"],
"credits":[{"name":"Song Zhiyuan","type":"FINDER","contact":["mailto:song@yunfan.example","https://github.com/songzhiyuan-demo"]},{"name":"Beacon scanner","type":"NONSENSE"}],
"affected":[{"package":{"ecosystem":"Maven","name":"example.upstream:beacon-log"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"2.0"},{"fixed":"2.15.0"}]}]}]}`

func TestReadWhomARecordThanks(t *testing.T) {
	r, err := osv.Read([]byte(foreign))
	if err != nil {
		t.Fatal(err)
	}
	want := []osv.Credit{{Name: "Song Zhiyuan", Type: osv.Finder, Contact: []string{"mailto:song@yunfan.example", "https://github.com/songzhiyuan-demo"}}, {Name: "Beacon scanner", Type: "NONSENSE"}}
	if diff := cmp.Diff(want, r.Credits); diff != "" || r.Aliases[0] != "CVE-2021-99001" || r.Check() == nil {
		t.Error(diff, r)
	}
}

func TestReadRefuses(t *testing.T) {
	var refused *osv.Refused
	for name, doc := range map[string]string{
		"no id":   strings.Replace(foreign, "GHSA-2222-3333-4444", "", 1),
		"bare id": strings.Replace(foreign, "GHSA-2222-3333-4444", "4444", 1),
		"no time": strings.Replace(foreign, "modified", "changed", 1),
	} {
		if _, err := osv.Read([]byte(doc)); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, x := range map[string]struct {
		doc  string
		want error
	}{
		"no JSON":   {"id: GHSA-2222-3333-4444", osv.ErrSyntax},
		"a bad day": {strings.Replace(foreign, "2021-12-10T09", "2021-13-40T09", 1), osv.ErrSyntax},
		"a pit":     {strings.Repeat("{\"a\":", 200), bound.ErrDeep},
		"a flood":   {"[" + strings.Repeat("[],", 600_000) + "[]]", bound.ErrMany},
	} {
		if _, err := osv.Read([]byte(x.doc)); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(foreign))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := osv.Read(b); err == nil && (r.ID == "" || r.Modified.IsZero()) {
			t.Error("half a record")
		}
	})
}
