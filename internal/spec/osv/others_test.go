// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

// The records of a directory, where FENGSUI_OSV_RECORDS names one: at every version that an entry names, and beside it,
// keys and parsing decide the same.
func TestRecordsOfOthers(t *testing.T) {
	records, entries, bounds, keyed, pairs := 0, 0, 0, 0, 0
	walk := func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r, err := Read(b)
		if err != nil {
			return nil // the directories hold other documents too
		}
		records++
		for _, a := range r.Affected {
			if a.Package == nil {
				continue
			}
			entries++
			c := Compile(a)
			var asked []string
			for _, x := range a.Ranges {
				for _, e := range x.Events {
					at := e.Introduced + e.Fixed + e.LastAffected
					if x.Type != RangeGit && at != "" && at != "0" {
						bounds++
						if _, ok := vers.Key(a.Package.Ecosystem, at); ok {
							keyed++
						}
						asked = append(asked, at, at+".1", at+"-1", at+"~rc1", "0"+at)
					}
				}
			}
			for _, v := range append(asked, a.Versions[:min(3, len(a.Versions))]...) {
				pairs++
				key, _ := vers.Key(a.Package.Ecosystem, v)
				want := affectsByParsing(a, a.Package.Ecosystem, v)
				if fast, compiled := Affects(a, a.Package.Ecosystem, v), c.Affects(a.Package.Ecosystem, v, key); fast != want || compiled != want {
					t.Errorf("%s: %s of %+v: parsed %+v, by keys %+v, compiled %+v", path, v, a.Package, want, fast, compiled)
				}
			}
		}
		return nil
	}
	if dir := os.Getenv("FENGSUI_OSV_RECORDS"); dir != "" {
		if err := filepath.WalkDir(dir, walk); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d records, %d entries, %d bounds, %d of them with keys; %d pairs decided in three ways", records, entries, bounds, keyed, pairs)
}
