// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/scan"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// The same component lists against the same records give the same answer whether they are uploaded to the platform,
// scanned out of archives, or scanned out of the platform's database. FENGSUI_OSV (a folder of ECOSYSTEM/all.zip) and
// FENGSUI_SBOMS (a folder of lists) put real ones in place of those that are made here (make conformance).
func TestUploadAndScanAgree(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			ctx, w := context.Background(), &world{T: t}
			c := app.Defaults()
			c.Data, c.MetricsListen = t.TempDir(), ""
			if engine == db.PostgreSQL {
				c.Database = url
			}
			s, err := app.Assemble(ctx, c, calendar.NewDriven(dbtest.Start), slog.New(slog.DiscardHandler))
			w.ok(err)
			t.Cleanup(func() { w.ok(s.Close()) })
			records, lists := os.Getenv("FENGSUI_OSV"), os.Getenv("FENGSUI_SBOMS")
			if records == "" || lists == "" {
				records, lists = w.inventory()
			}
			_, err = s.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: records})
			w.ok(err)
			o, err := s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: "maker", NameZH: "制造", Roles: []member.OrgRole{member.Provider}, Partner: true, Country: "CN", Email: "a@maker.example", Phone: "010-5555-0100"})
			w.ok(err)
			a, err := s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: "b@maker.example", Name: "Builder", Roles: []member.Role{member.Engineer}, Locale: "en"})
			w.ok(err)
			by := member.Actor{AccountID: a.ID, OrgID: o.ID, Roles: a.Roles, OrgRoles: o.Roles, Via: "web", Locale: "en"}
			files, err := os.ReadDir(lists)
			w.ok(err)
			found, compared := 0, 0
			for i, f := range files {
				if f.IsDir() {
					continue
				}
				doc, err := os.ReadFile(filepath.Join(lists, f.Name()))
				w.ok(err)
				var archives, database scan.Scan
				if archives.Add(f.Name(), doc) != nil || len(archives.Components) == 0 { // what is no list, or names nothing
					continue
				}
				w.ok(archives.Archives(ctx, records))
				w.ok(database.Add(f.Name(), doc))
				w.ok(database.Database(ctx, s.DB))
				p, err := s.Products.Register(ctx, by, product.Input{OrgID: o.ID, Vendor: "Maker", Name: fmt.Sprintf("Product of list %d", i), Kind: product.Software, Versions: []string{"1"}})
				w.ok(err)
				_, err = s.Products.PushSBOM(ctx, by, p.ID, "1", doc)
				w.ok(err)
				w.ok(s.Matches.OnContents(ctx, product.Changed{ProductID: p.ID}))
				want := tellsOf(&archives)
				if diff := cmp.Diff(want, tellsOf(&database)); diff != "" {
					t.Errorf("%s: archives (-), database (+): %s", f.Name(), diff)
				}
				if diff := cmp.Diff(want, w.known(s, by, p.ID)); diff != "" {
					t.Errorf("%s: archives (-), upload (+): %s", f.Name(), diff)
				}
				found += len(want)
				compared++
			}
			t.Logf("%d lists, %d findings", compared, found)
			if found == 0 {
				t.Error("nothing was found")
			}
		})
	}
}

func tell(c product.Component, key string, hit bool) string {
	return fmt.Sprintf("%s:%s %s %s %s %v", c.Ecosystem, c.Release, c.Name, c.Version, key, hit)
}

func tellsOf(s *scan.Scan) (out []string) {
	for _, f := range s.Of(s.Documents[0]) {
		out = append(out, tell(s.Components[f.Component].Component, f.Record.ID, f.Verdict.State == osv.Hit))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// known is what the platform tells a member of its product.
func (w *world) known(s *app.Services, by member.Actor, productID string) (out []string) {
	w.Helper()
	for after := ""; ; {
		page, err := s.Matches.KnownOf(context.Background(), by, productID, match.KnownFilter{After: after, Limit: 500})
		w.ok(err)
		for _, f := range page.Findings {
			for _, r := range f.Records {
				out = append(out, tell(f.Component, r.Key, r.Verdict == match.Hit))
			}
		}
		if after = page.Next; after == "" {
			slices.Sort(out)
			return slices.Compact(out)
		}
	}
}

// inventory makes records of five ecosystems and lists of what they are about, with all that real ones get wrong.
func (w *world) inventory() (records, lists string) {
	w.Helper()
	r := rand.New(rand.NewPCG(2026, 3))
	records, lists = w.TempDir(), w.TempDir()
	version := func() string { return fmt.Sprintf("%d.%d.%d", r.IntN(3), r.IntN(4), r.IntN(3)) }
	names := map[string][]string{"PyPI": {"Flask_User", "requests"}, "npm": {"@scope/tool", "left-pad"}, "Go": {"github.com/Masterminds/goutils", "stdlib"}, "Maven": {"org.example:core"}, "Debian:12": {"openssl"}}
	purls := []string{"pkg:pypi/flask.user", "pkg:pypi/Requests", "pkg:npm/%40scope/tool", "pkg:npm/left-pad", "pkg:golang/github.com/masterminds/goutils", "pkg:golang/stdlib", "pkg:maven/org.example/core", "pkg:deb/debian/openssl"}
	for _, ecosystem := range slices.Sorted(maps.Keys(names)) {
		of := names[ecosystem]
		base, _, _ := strings.Cut(ecosystem, ":")
		w.ok(os.MkdirAll(filepath.Join(records, base), 0o700))
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range 40 {
			x := osv.Record{ID: fmt.Sprintf("%s-2021-%d", strings.ToUpper(base[:2]), i), Modified: dbtest.Start, Aliases: []string{fmt.Sprintf("CVE-2021-%d", 10000+i)}}
			a := osv.Affected{Package: &osv.Package{Ecosystem: ecosystem, Name: of[i%len(of)]}}
			switch i % 5 {
			case 0:
				a.Versions = []string{version(), version()}
			case 1:
				a.Ranges = []osv.Range{{Type: osv.RangeGit, Repo: "https://example.org/r", Events: []osv.Event{{Introduced: "0"}}}}
			case 2:
				x.Withdrawn = &x.Modified
				fallthrough
			default:
				a.Ranges = []osv.Range{{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: "0"}, {Fixed: version()}}}, {Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: "2.0.0"}, {LastAffected: version()}}}}
			}
			x.Affected = []osv.Affected{a}
			doc, err := json.Marshal(x)
			w.ok(err)
			e, err := z.Create(x.ID + ".json")
			w.ok(err)
			_, err = e.Write(doc)
			w.ok(err)
		}
		w.ok(z.Close())
		w.ok(os.WriteFile(filepath.Join(records, base, "all.zip"), b.Bytes(), 0o600))
	}
	for i := range 12 {
		var b strings.Builder
		b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"metadata":{"component":{"type":"application","name":"app","version":"1"}},"components":[{"type":"file","name":"readme"}`)
		for n := range 10 {
			v := version()
			if n%7 == 6 {
				v = []string{"(devel)", "", "latest"}[r.IntN(3)]
			}
			p := purls[r.IntN(len(purls))]
			if v != "" && !strings.HasPrefix(v, "(") {
				p += "@" + v
			}
			if strings.Contains(p, "/debian/") {
				p += []string{"", "?distro=debian-12", "?distro=debian-11"}[r.IntN(3)]
			}
			fmt.Fprintf(&b, `,{"type":"library","name":"n%d","version":%q,"purl":%q}`, n, v, p)
		}
		b.WriteString("]}")
		w.ok(os.WriteFile(filepath.Join(lists, fmt.Sprintf("%d.cdx.json", i)), []byte(b.String()), 0o600))
	}
	return records, lists
}
