// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package scan

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var start = time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC)

// names of packages as records and lists write them: the same ones in other letters, too.
var packages = map[string][]string{"PyPI": {"flask_user", "Flask-User", "requests"}, "npm": {"@scope/tool", "left-pad"}, "Go": {"github.com/Masterminds/goutils", "example.org/mod"}, "Debian:12": {"openssl"}, "Debian": {"zlib"}, "Maven": {"org.example:core"}}

var purls = []string{"pkg:pypi/Flask.User", "pkg:pypi/requests", "pkg:npm/%40scope/tool", "pkg:npm/left-pad", "pkg:golang/github.com/Masterminds/goutils", "pkg:golang/example.org/mod",
	"pkg:deb/debian/openssl", "pkg:deb/debian/zlib", "pkg:maven/org.example/core", "pkg:generic/nothing"}

func someVersion(t *rapid.T, label string) string {
	return fmt.Sprintf("%d.%d.%d", rapid.IntRange(0, 3).Draw(t, label), rapid.IntRange(0, 3).Draw(t, label), rapid.IntRange(0, 2).Draw(t, label))
}

func someRecord(t *rapid.T, id string) osv.Record {
	r := osv.Record{ID: id, Modified: start, Published: &start, Summary: rapid.SampledFrom([]string{"", "plain", "with \"quotes\" \\ and 中文 <&>\u2028"}).Draw(t, "summary"), Details: `}{"]["affected":[{"`}
	if rapid.IntRange(0, 5).Draw(t, "withdrawn") == 0 {
		r.Withdrawn = &start
	}
	for range rapid.IntRange(0, 3).Draw(t, "affected") {
		ecosystem := rapid.SampledFrom([]string{"PyPI", "npm", "Go", "Debian:12", "Debian", "Maven"}).Draw(t, "ecosystem")
		a := osv.Affected{Package: &osv.Package{Ecosystem: ecosystem, Name: rapid.SampledFrom(packages[ecosystem]).Draw(t, "name")}, DatabaseSpecific: json.RawMessage(`{"package":{"name":"no"},"x":[1,2.5e3,null,true]}`)}
		for range rapid.IntRange(0, 2).Draw(t, "ranges") {
			x := osv.Range{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: rapid.SampledFrom([]string{"0", someVersion(t, "introduced")}).Draw(t, "first")}}}
			if rapid.Bool().Draw(t, "git") {
				a.Ranges = append(a.Ranges, osv.Range{Type: osv.RangeGit, Repo: "https://example.org/r", Events: []osv.Event{{Introduced: "0"}}})
			}
			switch rapid.IntRange(0, 2).Draw(t, "end") {
			case 0:
				x.Events = append(x.Events, osv.Event{Fixed: someVersion(t, "fixed")})
			case 1:
				x.Events = append(x.Events, osv.Event{LastAffected: someVersion(t, "last")})
			}
			a.Ranges = append(a.Ranges, x)
		}
		for range rapid.IntRange(0, 2).Draw(t, "versions") {
			a.Versions = append(a.Versions, someVersion(t, "version"))
		}
		r.Affected = append(r.Affected, a)
	}
	return r
}

// The scan reads records by a reader of its own; it must read what the platform's reads.
func TestRecordsAreReadAsThePlatformReadsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc, err := json.Marshal(someRecord(t, "X-1"))
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "indented") {
			var b bytes.Buffer
			if err := json.Indent(&b, doc, "", "\t"); err != nil {
				t.Fatal(err)
			}
			doc = b.Bytes()
		}
		want, err := osv.Read(doc)
		if err != nil {
			t.Fatal(err)
		}
		var s slim
		if err := s.read(doc); err != nil {
			t.Fatal(err)
		}
		if (s.withdrawn != nil) != (want.Withdrawn != nil) || len(s.affected) != len(want.Affected) {
			t.Fatalf("%+v", s)
		}
		if r, err := s.named(); err != nil || r.ID != want.ID || r.Summary != want.Summary {
			t.Fatalf("%+v, %v", r, err)
		}
		for i, a := range s.affected {
			got, err := a.full()
			if err != nil {
				t.Fatal(err)
			}
			w := want.Affected[i]
			w.DatabaseSpecific, w.EcosystemSpecific = nil, nil
			if diff := cmp.Diff(w, got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func FuzzRecord(f *testing.F) {
	for _, seed := range []string{`{"id":"X-1","affected":[{"package":{"ecosystem":"npm","name":"left-pad"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.0"}]}],"versions":["1.0.0"]}]}`,
		`{"id":"X-1","withdrawn":null,"affected":null}`, `{"id":"\u0058","affected":[{"package":null,"versions":["\""]}]}`, `{"affected":[[`, `{"id":"`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		s := Scan{}
		if err := s.Add("list", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"left-pad","version":"0.9.0","purl":"pkg:npm/left-pad@0.9.0"}]}`)); err != nil {
			t.Fatal(err)
		}
		r := reader{scan: &s, known: map[string][]int{}}
		err := r.record(doc)
		if json.Valid(doc) {
			if full, readErr := osv.Read(doc); readErr == nil && err != nil {
				t.Fatalf("%v of a record that the platform reads: %+v", err, full)
			}
		}
		for _, x := range r.found {
			if x.Record == nil || x.Record.ID == "" {
				t.Fatalf("a finding by nobody: %+v", x)
			}
		}
	})
}

// Whatever records say and lists name: archives, folders, an imported database and what is kept ready of it give one answer, and it is that of
// osv.Affects for every pair.
func TestArchivesAndDatabaseAgree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		log, err := evidence.Open(d, t.TempDir(), "test/log")
		if err != nil {
			t.Fatal(err)
		}
		v := &vuln.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Scratch: t.TempDir()}
		shelves := []*Shelf{{Vulns: v}, {Vulns: v, many: 1}} // what they keep must not outlive an import
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			if n > 12 { // each imports
				return
			}
			dir := t.TempDir()
			var records []osv.Record
			for i := range rapid.IntRange(1, 8).Draw(rt, "records") {
				records = append(records, someRecord(rt, fmt.Sprintf("T%d-%d", n, i)))
			}
			pack(t, dir, records)
			if _, err := v.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: filepath.Join(dir, "all.zip")}); err != nil {
				rt.Fatal(err)
			}
			doc := list(rt)
			scanned := func(look func(*Scan) error) (out []string) {
				var s Scan
				if err := s.Add("list", doc); err != nil {
					rt.Fatal(err)
				}
				if err := look(&s); err != nil {
					rt.Fatal(err)
				}
				for _, f := range s.Of(s.Documents[0]) {
					if c := s.Components[f.Component]; slices.ContainsFunc(records, func(r osv.Record) bool { return r.ID == f.Record.ID }) {
						out = append(out, fmt.Sprintf("%s %s %s %s %s", c.PURL, f.Record.ID, f.Record.Summary, f.Verdict.State, f.Fixed()))
					}
				}
				slices.Sort(out)
				return out
			}
			archives := scanned(func(s *Scan) error { return s.Archives(ctx, filepath.Join(dir, "all.zip")) })
			if diff := cmp.Diff(archives, scanned(func(s *Scan) error { return s.Archives(ctx, filepath.Join(dir, "files")) })); diff != "" {
				rt.Errorf("archive and folder: %s", diff)
			}
			imported := scanned(func(s *Scan) error { return s.Database(ctx, d) })
			if len(imported) != len(archives) {
				rt.Errorf("archive %q\ndatabase %q", archives, imported)
			}
			for range 2 { // the second time everything is ready
				for i, shelf := range shelves {
					ready := scanned(func(s *Scan) error {
						return d.View(ctx, func(tx *db.Tx) error { return s.Ready(ctx, tx, shelf) })
					})
					if diff := cmp.Diff(imported, ready); diff != "" {
						rt.Errorf("database and shelf %d: %s", i, diff)
					}
				}
			}
			if want := pairs(rt, doc, records); len(want) != len(archives) {
				rt.Errorf("archive %q\npair by pair %q", archives, want)
			}
		})
	})
}

func pack(t *testing.T, dir string, records []osv.Record) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	if err := os.MkdirAll(filepath.Join(dir, "files", "npm"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(r.ID + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "files", r.ID+".json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func list(t *rapid.T) []byte {
	var b bytes.Buffer
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"seed","version":"1"}`)
	for _, p := range rapid.SliceOfN(rapid.SampledFrom(purls), 1, 12).Draw(t, "list") {
		v := someVersion(t, "component")
		fmt.Fprintf(&b, `,{"type":"library","name":"n","version":%q,"purl":"%s@%s%s"}`, v, p, v, rapid.SampledFrom([]string{"", "?distro=debian-12"}).Draw(t, "distro"))
	}
	b.WriteString("]}")
	return b.Bytes()
}

// pairs asks about every component and every entry.
func pairs(t *rapid.T, doc []byte, records []osv.Record) (out []string) {
	var s Scan
	if err := s.Add("list", doc); err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Components {
		for _, r := range records {
			told := r.Withdrawn == nil && slices.ContainsFunc(r.Affected, func(a osv.Affected) bool {
				return vuln.PackageOf(a.Package.Ecosystem, a.Package.Name) == vuln.Package{Ecosystem: c.Ecosystem, Name: c.Name} && osv.Affects(a, c.ecosystem, c.Version).State != osv.Miss
			})
			if told {
				out = append(out, c.PURL+" "+r.ID)
			}
		}
	}
	return out
}
