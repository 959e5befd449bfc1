// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// publish imports OSV records, as they would come from their publisher.
func (w *world) publish(dir string, rs ...osv.Record) {
	w.Helper()
	w.ok(os.RemoveAll(dir))
	w.ok(os.MkdirAll(dir, 0o700))
	for _, r := range rs {
		b, err := json.Marshal(r)
		w.ok(err)
		w.ok(os.WriteFile(filepath.Join(dir, r.ID+".json"), b, 0o600))
	}
	_, err := w.s.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: dir})
	w.ok(err)
}

func record(id string, modified time.Time, affected ...osv.Affected) osv.Record {
	return osv.Record{SchemaVersion: "1.7.0", ID: id, Modified: modified, Published: &dbtest.Start, Summary: "Flaw " + id, Affected: affected}
}

func in(ecosystem, name string, events ...osv.Event) osv.Affected {
	return osv.Affected{Package: &osv.Package{Ecosystem: ecosystem, Name: name}, Ranges: []osv.Range{{Type: osv.RangeEcosystem, Events: events}}}
}

// said are the verdicts that are stored, in words.
func (w *world) known() (out []string) {
	w.Helper()
	w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
		for _, q := range []string{
			`SELECT r.key || ' ' || c.ecosystem || ' ' || c.release || ' ' || c.name || '@' || c.version || ' ' || k.verdict || ' [' || k.held || '] ' || k.note
				FROM known k JOIN component c ON c.id = k.component_id JOIN vuln_record r ON r.id = k.record_id`,
			`SELECT r.key || ' product ' || p.name || '@' || k.version || ' ' || k.verdict || ' [' || k.held || '] ' || k.note
				FROM known_ware k JOIN product p ON p.id = k.product_id JOIN vuln_record r ON r.id = k.record_id`,
		} {
			rows, err := db.List(ctx, tx, db.Value[string], q)
			if err != nil {
				return err
			}
			out = append(out, rows...)
		}
		return nil
	}))
	slices.Sort(out)
	return out
}

func (w *world) same(what string, want, got []string) {
	w.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		w.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Whether records or components come first, the same is known; what a record does not say any more is known no longer.
func TestKnown(t *testing.T) {
	dir := t.TempDir()
	each(t, func(w *world) {
		w.product(product.Product{OrgID: "a", Vendor: "Example", Name: "Flask-User", PURL: "pkg:pypi/flask_user", Versions: []string{"0.9", "1.1"}})
		p := w.product(product.Product{OrgID: "b", Name: "fw"})
		w.sbom(p, "1", "Debian|openssl|3.0.2-1|pkg:deb/debian/openssl@3.0.2-1?distro=debian-11", "Debian|openssl|3.0.3-1", "npm|x|1.0.0", "npm|x|2.0.0", "npm|x|latest",
			"Ubuntu|zlib|1-1|pkg:deb/ubuntu/zlib@1-1?distro=ubuntu-22.04", "Go|github.com/masterminds/goutils|v1.1.0")
		w.ok(w.s.CatchUp(ctx))
		at := dbtest.Start
		npm := record("GHSA-aaaa-aaaa-aaaa", at, in("npm", "x", osv.Event{Introduced: "0"}, osv.Event{Fixed: "1.5.0"}))
		deb := record("DSA-1-1", at, in("Debian:11", "openssl", osv.Event{Introduced: "0"}, osv.Event{Fixed: "3.0.9-1"}), in("Debian:12", "openssl", osv.Event{Introduced: "0"}, osv.Event{Fixed: "3.0.1-1"}))
		ubuntu := record("USN-1-1", at, in("Ubuntu:22.04:LTS", "zlib", osv.Event{Introduced: "0"}, osv.Event{Fixed: "2-1"}), in("Ubuntu:24.04:LTS", "zlib", osv.Event{Introduced: "0"}, osv.Event{Fixed: "9-1"}))
		py := record("PYSEC-2021-1", at, in("PyPI", "Flask.User", osv.Event{Introduced: "0"}, osv.Event{Fixed: "1.0"}))
		goutils := record("GO-2021-0001", at, in("Go", "github.com/Masterminds/goutils", osv.Event{Introduced: "0"}, osv.Event{Fixed: "1.1.1"}))
		w.publish(dir, npm, deb, ubuntu, py, goutils)
		w.ok(w.s.OnImported(ctx, vuln.Imported{}))
		want := []string{
			"DSA-1-1 Debian  openssl@3.0.3-1 check [< 3.0.9-1] match.note.no-release",
			"DSA-1-1 Debian 11 openssl@3.0.2-1 affected [< 3.0.9-1] ",
			"GHSA-aaaa-aaaa-aaaa npm  x@1.0.0 affected [< 1.5.0] ",
			"GHSA-aaaa-aaaa-aaaa npm  x@latest check [< 1.5.0] match.note.no-version",
			"GO-2021-0001 Go  github.com/masterminds/goutils@v1.1.0 affected [< 1.1.1] ",
			"PYSEC-2021-1 product Flask-User@0.9 affected [< 1.0] ",
			"USN-1-1 Ubuntu 22.04 zlib@1-1 affected [< 2-1] ",
		}
		w.same("records last", want, w.known())

		w.exec(`DELETE FROM known`)
		w.exec(`UPDATE known_cursor SET n = 0 WHERE name = 'component'`)
		w.ok(w.s.OnContents(ctx, product.Changed{ProductID: p}))
		w.same("components last", want, w.known())

		q := w.product(product.Product{OrgID: "c", Name: "new", PURL: "pkg:npm/x", Versions: []string{"1.2.0", "1.5.0"}})
		w.sbom(q, "1", "npm|x|1.4.0")
		w.ok(w.s.OnContents(ctx, product.Changed{ProductID: q}))
		later := slices.Concat(want, []string{"GHSA-aaaa-aaaa-aaaa npm  x@1.4.0 affected [< 1.5.0] ", "GHSA-aaaa-aaaa-aaaa product new@1.2.0 affected [< 1.5.0] "})
		slices.Sort(later)
		w.same("a new product", later, w.known())

		npm.Modified = at.Add(time.Hour)
		npm.Affected[0].Ranges[0].Events[1].Fixed = "1.1.0"
		gone := at.Add(2 * time.Hour)
		deb.Modified, deb.Withdrawn = gone, &gone
		w.publish(dir, npm, deb)
		w.ok(w.s.OnImported(ctx, vuln.Imported{}))
		changed := []string{
			"GHSA-aaaa-aaaa-aaaa npm  x@1.0.0 affected [< 1.1.0] ",
			"GHSA-aaaa-aaaa-aaaa npm  x@latest check [< 1.1.0] match.note.no-version",
			"GO-2021-0001 Go  github.com/masterminds/goutils@v1.1.0 affected [< 1.1.1] ",
			"PYSEC-2021-1 product Flask-User@0.9 affected [< 1.0] ",
			"USN-1-1 Ubuntu 22.04 zlib@1-1 affected [< 2-1] ",
		}
		w.same("changed and withdrawn", changed, w.known())

		w.exec(`DELETE FROM known WHERE component_id % 2 = 0`)
		w.exec(`INSERT INTO known (component_id, record_id, verdict, held, note) SELECT 2, id, 'affected', '', '' FROM vuln_record WHERE state = 'withdrawn'`)
		w.exec(`UPDATE known_ware SET verdict = 'check'`)
		r, err := w.s.RebuildKnown(ctx, member.System(), nil)
		w.ok(err)
		w.same("rebuilt", changed, w.known())
		if r.Written == 0 || r.Deleted == 0 {
			w.Errorf("%+v", r)
		}
		if r, err = w.s.RebuildKnown(ctx, member.System(), nil); err != nil || r.Written+r.Deleted != 0 || r.Components != 8 {
			w.Errorf("rebuilt again: %+v %v", r, err)
		}
	})
}

// A flaw is a random public record, with what it says as the oracle of the other property test knows it.
type flaw struct {
	id        string
	claims    []claim
	withdrawn bool
	n         int // changes
}

func (f flaw) record() osv.Record {
	r := record(f.id, dbtest.Start.Add(time.Duration(f.n)*time.Hour))
	for _, c := range f.claims {
		a := osv.Affected{Package: &osv.Package{Ecosystem: c.ecosystem, Name: names[c.ecosystem] + c.name}, Versions: c.affected.Versions}
		if c.affected.Introduced != "" || c.affected.Fixed != "" || c.affected.LastAffected != "" || len(a.Versions) == 0 {
			x := osv.Range{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: cmp.Or(c.affected.Introduced, "0")}}}
			if c.affected.Fixed != "" {
				x.Events = append(x.Events, osv.Event{Fixed: c.affected.Fixed})
			}
			if c.affected.LastAffected != "" {
				x.Events = append(x.Events, osv.Event{LastAffected: c.affected.LastAffected})
			}
			a.Ranges = append(a.Ranges, x)
		}
		r.Affected = append(r.Affected, a)
	}
	if f.withdrawn {
		r.Withdrawn = &r.Modified
	}
	return r
}

// knownOracle holds everything against everything, naively.
func knownOracle(w *world, flaws map[string]flaw) (out []string) {
	for key := range w.ids {
		p := strings.Split(key, "|")
		for _, f := range flaws {
			hit := false
			for _, c := range f.claims {
				place := slices.Index(orders[p[0]], p[2])
				// A public range that ends before it begins is open, because OSV puts events in order.
				within := c.from <= place && (place < c.to || c.from > c.to)
				hit = hit || c.ecosystem == p[0] && names[c.ecosystem]+c.name == p[1] && (within || slices.Contains(c.only, place))
			}
			if hit && !f.withdrawn {
				out = append(out, f.id+" "+p[0]+" "+p[1]+"@"+p[2])
			}
		}
	}
	slices.Sort(out)
	return out
}

// However pushes, imports, changes, withdrawals, interruptions and rebuilds follow each other, what is known in the end is
// what holding everything against everything says, and both directions agree about every product.
func TestKnownBothWays(t *testing.T) {
	dir := t.TempDir()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		w := newWorld(t, d, clock)
		serial := 0
		rapid.Check(t, func(t *rapid.T) {
			w.fatal = t
			for _, table := range []string{"known", "known_ware", "vuln_alias", "vuln_claim", "vuln_record", "vuln", "finding", "match_target", "match_run", "casefile", "holding", "sbom", "product_version", "product"} {
				w.exec(`DELETE FROM ` + table)
			}
			w.exec(`UPDATE known_cursor SET n = 0`)
			flaws := map[string]flaw{}
			var products []string
			var lists []made
			for range rapid.IntRange(3, 10).Draw(t, "acts") {
				switch rapid.IntRange(0, 7).Draw(t, "act") {
				case 0, 1: // a product comes, or its list changes
					if len(products) < 3 {
						products = append(products, w.product(product.Product{OrgID: []string{"a", "b", "c"}[len(products)], Name: fmt.Sprint("product ", len(products))}))
					}
					p := rapid.SampledFrom(products).Draw(t, "product")
					m := drawList(t, w, p, rapid.SampledFrom([]string{"1", "2"}).Draw(t, "list"))
					w.store(p, m.version, m.roots, m.all, m.edges)
					lists = slices.DeleteFunc(lists, func(o made) bool { return o.product == p && o.version == m.version })
					lists = append(lists, m)
					if rapid.Bool().Draw(t, "at once") {
						w.ok(w.s.OnContents(ctx, product.Changed{ProductID: p}))
					}
				case 2, 3, 4: // records come
					var rs []osv.Record
					for range rapid.IntRange(1, 3).Draw(t, "records") {
						serial++
						f := flaw{id: fmt.Sprintf("TEST-2021-%d", serial), claims: rapid.SliceOfN(rapid.Custom(drawClaim), 1, 3).Draw(t, "claims")}
						flaws[f.id] = f
						rs = append(rs, f.record())
					}
					w.publish(dir, rs...)
					if rapid.Bool().Draw(t, "followed") {
						w.ok(w.s.OnImported(ctx, vuln.Imported{}))
					}
				case 5: // a record is changed, withdrawn or put back
					if len(flaws) == 0 {
						continue
					}
					var ids []string
					for id := range flaws {
						ids = append(ids, id)
					}
					slices.Sort(ids)
					f := flaws[rapid.SampledFrom(ids).Draw(t, "record")]
					f.n++
					if f.withdrawn = rapid.Bool().Draw(t, "withdrawn"); !f.withdrawn {
						f.claims = rapid.SliceOfN(rapid.Custom(drawClaim), 1, 3).Draw(t, "new claims")
					}
					flaws[f.id] = f
					w.publish(dir, f.record())
				case 6: // a step that dies, then a new program
					cut, cancel := context.WithCancel(ctx)
					cancel()
					_ = w.s.CatchUp(cut)
					s := w.s
					w.s = &match.Service{DB: s.DB, Events: s.Events, Cases: s.Cases, Products: s.Products, Vulns: s.Vulns, Assessments: s.Assessments, Grounds: s.Grounds}
				case 7:
					_, err := w.s.RebuildKnown(ctx, member.System(), nil)
					w.ok(err)
				}
			}
			w.ok(w.s.CatchUp(ctx))
			var got []string
			for _, l := range w.known() {
				if f := strings.SplitN(l, " ", 5); f[4] != "" && strings.Contains(l, " affected [") {
					got = append(got, f[0]+" "+f[1]+" "+f[3])
				}
			}
			slices.Sort(got)
			if diff := gocmp.Diff(knownOracle(w, flaws), got); diff != "" {
				t.Fatalf("(-oracle +known):\n%s", diff)
			}
			agree(t, w, products, lists, flaws)
		})
	})
}

// agree compares what products say of vulnerabilities with what vulnerabilities say of products.
func agree(t *rapid.T, w *world, products []string, lists []made, flaws map[string]flaw) {
	var forward, backward, naive []string
	vulns := map[int64]bool{}
	for _, p := range products {
		for after := ""; ; {
			page, err := w.s.KnownOf(ctx, analyst, p, match.KnownFilter{After: after, Limit: 3})
			w.ok(err)
			for _, f := range page.Findings {
				if f.Verdict == match.Hit {
					forward = append(forward, fmt.Sprintf("%s %s %s %d", f.Record, p, f.Version, f.Component.ID))
				}
			}
			if after = page.Next; after == "" {
				break
			}
		}
	}
	w.ok(w.d.View(ctx, func(tx *db.Tx) error {
		ids, err := db.List(ctx, tx, db.Value[int64], `SELECT DISTINCT r.vuln_id FROM vuln_record r`)
		for _, id := range ids {
			vulns[id] = true
		}
		return err
	}))
	for id := range vulns {
		for after := ""; ; {
			page, err := w.s.AffectedBy(ctx, analyst, id, match.AffectedFilter{After: after, Limit: 2})
			w.ok(err)
			for _, f := range page.Findings {
				if f.Verdict == match.Hit {
					backward = append(backward, fmt.Sprintf("%s %s %s %d", f.Record, f.ProductID, f.Version, f.Component.ID))
				}
			}
			if after = page.Next; after == "" {
				break
			}
		}
	}
	said := map[int64]string{}
	for key, id := range w.ids {
		p := strings.Split(key, "|")
		said[id] = p[0] + " " + p[1] + "@" + p[2]
	}
	for _, o := range knownOracle(w, flaws) {
		record, of, _ := strings.Cut(o, " ")
		for _, m := range lists {
			for id := range m.all {
				if said[id] == of {
					naive = append(naive, fmt.Sprintf("%s %s %s %d", record, m.product, m.version, id))
				}
			}
		}
	}
	for _, s := range [][]string{forward, backward, naive} {
		slices.Sort(s)
	}
	if diff := gocmp.Diff(naive, forward); diff != "" {
		t.Fatalf("products (-naive +said):\n%s", diff)
	}
	if diff := gocmp.Diff(naive, backward); diff != "" {
		t.Fatalf("vulnerabilities (-naive +said):\n%s", diff)
	}
}
