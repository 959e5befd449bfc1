// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/match/matchtest"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// scaleRanks are the popularities that are asked about, from the best known package to one that hardly anybody uses.
var scaleRanks = []int{0, 100, 1_000, 10_000, 100_000}

// A scale is a nation's inventory on one engine, with records about it.
type scale struct {
	*bench
	p       *matchtest.Portfolio
	records matchtest.Ranges
	ranks   []int
	where   string // how much there is, in words
}

// matchScale holds public records against a nation's inventory: 50 million holdings at size 1.
func matchScale(ctx context.Context, b *bench) error {
	x := &scale{bench: b, p: matchtest.NewPortfolio(b.size)}
	for _, r := range scaleRanks {
		if r < x.p.Names {
			x.ranks = append(x.ranks, r)
		}
	}
	x.records = x.p.Records(b.scaled(400_000), x.ranks...)
	x.where = fmt.Sprintf("%d holdings of %d products, %d component versions, %d names", x.p.Holdings, x.p.Products, x.p.Versions, x.p.Names)
	for _, do := range []func(context.Context) error{x.load, x.bytes, x.importing, x.everything, x.reverse, x.one, x.pushes} {
		if err := do(ctx); err != nil {
			return err
		}
		runtime.GC()
	}
	return nil
}

func (x *scale) load(ctx context.Context) error {
	start, last := time.Now(), time.Now()
	var slow []string
	err := x.p.Load(ctx, x.DB, func(what string, rows int64) {
		slow = append(slow, fmt.Sprintf("%s %.1f s", what, time.Since(last).Seconds()))
		if last = time.Now(); what == "holding" {
			x.say("scale: load everything", float64(rows)/time.Since(start).Seconds(), "holdings/s", int(rows), x.where+"; "+strings.Join(slow, ", "))
		}
	})
	if err != nil {
		return err
	}
	_, err = x.DB.Writer().ExecContext(ctx, "ANALYZE")
	return err
}

// bytes says how large the index and the lists are.
func (x *scale) bytes(ctx context.Context) error {
	return x.DB.View(ctx, func(tx *db.Tx) error {
		lists, err := db.Get(ctx, tx, db.Value[int64], `SELECT sum(length(contents)) FROM sbom`)
		if err != nil {
			return err
		}
		x.say("scale: contents of lists", float64(lists)/float64(x.p.Holdings), "B/holding", int(x.p.Holdings), "sum of sbom.contents")
		query := `SELECT pg_total_relation_size('holding')`
		if tx.Engine == db.SQLite {
			query = `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
		}
		size, err := db.Get(ctx, tx, db.Value[int64], query)
		if err != nil {
			return err
		}
		note := "pg_total_relation_size('holding')"
		if tx.Engine == db.SQLite {
			note = "the whole file: index, lists, components, products"
		}
		x.say("scale: index of holdings", float64(size)/float64(x.p.Holdings), "B/holding", int(x.p.Holdings), note)
		return nil
	})
}

// importing takes the records in, from an archive as an ecosystem publishes it.
func (x *scale) importing(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "fengsui-bench-osv")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "all.zip")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(x.records.Zip(f), f.Close()); err != nil {
		return err
	}
	start := time.Now()
	r, err := x.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: path})
	if err != nil {
		return err
	}
	x.say("scale: import records", float64(r.New)/time.Since(start).Seconds(), "1/s", r.New, "OSV records from an archive")
	_, err = x.DB.Writer().ExecContext(ctx, "ANALYZE")
	return err
}

// everything holds all components against all records, from nothing and again.
func (x *scale) everything(ctx context.Context) error {
	for _, how := range []string{"from nothing", "again"} {
		start := time.Now()
		var peak uint64
		r, err := x.Matches.RebuildKnown(ctx, member.System(), func(match.Rebuilt) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		})
		if err != nil {
			return err
		}
		x.say("scale: all records against everything, "+how, time.Since(start).Seconds(), "s", int(r.Records),
			fmt.Sprintf("%d records, %d component versions, %d verdicts, %d written; heap in use at most %d MiB, of which the generator has some 500 at size 1; %s", r.Records, r.Components, r.Verdicts, r.Written, peak>>20, x.where))
	}
	return nil
}

// A question is one vulnerability whose products are asked for.
type question struct {
	rank       int
	vuln       int64
	components []int64
	products   int
}

func (x *scale) questions(ctx context.Context) (out []question, err error) {
	err = x.DB.View(ctx, func(tx *db.Tx) error {
		for i, rank := range x.ranks {
			q := question{rank: rank}
			q.components, q.products = x.records.Affected(i)
			if q.vuln, err = db.Get(ctx, tx, db.Value[int64], `SELECT vuln_id FROM vuln_record WHERE key = $1`, x.records.ID(i)); err != nil {
				return err
			}
			out = append(out, q)
		}
		return nil
	})
	return out, err
}

// join is what a database can do at best: the affected components are given.
func join(ctx context.Context, tx *db.Tx, components []int64) (int, error) {
	var a db.Args
	type row struct{ product, org string }
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.product, &x.org) },
		`SELECT DISTINCT s.product_id, p.org_id FROM holding h JOIN sbom s ON s.n = h.sbom_n JOIN product p ON p.id = s.product_id WHERE h.component_id IN `+db.In(&a, components), a...)
	return len(rows), err
}

// reverse asks whose products have a vulnerability, beside the bare join, in an open database and in one that was just opened.
func (x *scale) reverse(ctx context.Context) error {
	qs, err := x.questions(ctx)
	if err != nil {
		return err
	}
	const times = 41
	var all []time.Duration
	for _, q := range qs {
		var joins, answers []time.Duration
		for range times {
			j, a, err := x.ask(ctx, x.DB, q)
			if err != nil {
				return err
			}
			joins, answers = append(joins, j), append(answers, a)
		}
		all = append(all, answers...)
		note := fmt.Sprintf("%d products hold one of %d affected versions; %s", q.products, len(q.components), x.where)
		name := fmt.Sprintf("scale: products with a vulnerability, rank %d", q.rank)
		slices.Sort(joins)
		slices.Sort(answers)
		x.say(name+": bare join p50", ms(joins[times/2]), "ms", times, note)
		x.quantiles(name+": answer", answers, note)
		x.say(name+": answer / join", float64(answers[times/2])/float64(joins[times/2]), "×", times, note)
	}
	x.quantiles("scale: products with a vulnerability, all ranks: answer", all, x.where)
	return x.cold(ctx, qs)
}

// ask takes the time of the bare join and of the verb's complete answer, and holds both to what the generator knows.
func (x *scale) ask(ctx context.Context, d *db.DB, q question) (joined, answered time.Duration, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		start := time.Now()
		n, err := join(ctx, tx, q.components)
		joined = time.Since(start)
		if err != nil {
			return err
		}
		start = time.Now()
		hs, err := x.Matches.Affected(ctx, tx, q.vuln, "")
		answered = time.Since(start)
		if err == nil && (n != q.products || len(hs) != q.products) {
			err = fmt.Errorf("rank %d: the join found %d products, matching %d, and there are %d", q.rank, n, len(hs), q.products)
		}
		return err
	})
	return joined, answered, err
}

// cold opens the database anew for each question, of an SQLite file after the system has been asked to forget it.
func (x *scale) cold(ctx context.Context, qs []question) error {
	for _, q := range qs {
		forgotten := "a new connection; the server's own cache stays"
		if x.DB.Engine == db.SQLite {
			forgotten = "the file opened anew; the system's cache stays"
			if out, err := exec.Command("dd", "if="+x.DB.URL, "iflag=nocache", "count=0").CombinedOutput(); err == nil && !strings.Contains(string(out), "rror") {
				forgotten = "the file opened anew, its pages dropped from the system's cache"
			}
		}
		d, err := db.Open(ctx, x.DB.URL, calendar.System{})
		if err != nil {
			return err
		}
		start := time.Now()
		var n int
		err = d.View(ctx, func(tx *db.Tx) error {
			hs, err := (&match.Service{DB: d}).Affected(ctx, tx, q.vuln, "")
			n = len(hs)
			return err
		})
		took := time.Since(start)
		if err := errors.Join(err, d.Close()); err != nil {
			return err
		}
		x.say(fmt.Sprintf("scale: products with a vulnerability, rank %d: cold", q.rank), ms(took), "ms", 1, fmt.Sprintf("%d products; %s", n, forgotten))
	}
	return nil
}

// one takes in one new record at a time and holds it against everything.
func (x *scale) one(ctx context.Context) error {
	for i, rank := range x.ranks {
		dir, err := os.MkdirTemp("", "fengsui-bench-osv")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		ecosystem, name := x.p.Package(rank)
		id := fmt.Sprintf("GEN-2027-%d", i)
		doc := fmt.Sprintf(`{"schema_version":"1.7.0","id":%q,"modified":"2026-02-01T00:00:00Z","affected":[{"package":{"ecosystem":%q,"name":%q},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}`, id, ecosystem, name)
		if err := os.WriteFile(filepath.Join(dir, id+".json"), []byte(doc), 0o600); err != nil {
			return err
		}
		if _, err := x.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: dir}); err != nil {
			return err
		}
		start := time.Now()
		if err := x.Matches.CatchUp(ctx); err != nil {
			return err
		}
		x.say(fmt.Sprintf("scale: hold one new record against everything, rank %d", rank), ms(time.Since(start)), "ms", 1, fmt.Sprintf("%d versions of the package, all affected; stored and committed; %s", x.p.VersionsOf(rank), x.where))
	}
	return nil
}

// pushes uploads lists of 500 components, one after the other, for new products, and one further revision of each in which ten have
// changed.
func (x *scale) pushes(ctx context.Context) error {
	o, err := x.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: "pusher", NameZH: "单位", Roles: []member.OrgRole{member.Provider}, Sector: "cloud", Email: "psirt@pusher.example"})
	if err != nil {
		return err
	}
	by := member.Actor{AccountID: "engineer", OrgID: o.ID, Roles: []member.Role{member.Engineer}, Via: "api"}
	const n, parts = 40, 500
	var first, second, matched []time.Duration
	for i := range n {
		p, err := x.Products.Register(ctx, by, product.Input{OrgID: o.ID, Vendor: "v", Name: fmt.Sprint("n", i)})
		if err != nil {
			return err
		}
		for revision, took := range []*[]time.Duration{&first, &second} {
			var b strings.Builder
			for j := range parts {
				rank := (i*7919 + j*j*13) % x.p.Names
				version := (i + j) % x.p.VersionsOf(rank)
				if revision == 1 && j < 10 {
					rank, version = (rank+1)%x.p.Names, 0
				}
				fmt.Fprintf(&b, `{"type":"library","name":"x","purl":%q},`, x.p.PURL(rank, version))
			}
			doc := `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + strings.TrimSuffix(b.String(), ",") + `]}`
			start := time.Now()
			if _, err := x.Products.PushSBOM(ctx, by, p.ID, "1", []byte(doc)); err != nil {
				return err
			}
			*took = append(*took, time.Since(start))
		}
		start := time.Now()
		if err := x.Matches.OnContents(ctx, product.Changed{ProductID: p.ID}); err != nil {
			return err
		}
		if _, err := x.Matches.KnownOf(ctx, by, p.ID, match.KnownFilter{}); err != nil {
			return err
		}
		matched = append(matched, time.Since(start))
	}
	x.quantiles("scale: push a list of 500 components", first, x.where)
	x.quantiles("scale: push a revision with 10 changes", second, x.where)
	x.quantiles("scale: hold it against all records and list its findings", matched, x.where)
	return nil
}
