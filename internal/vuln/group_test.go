// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

var start = time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC)

// told is a record of the model.
type told struct {
	aliases   []string
	withdrawn bool
	version   int
}

func (x told) doc(id string) []byte {
	at := start.Add(time.Duration(x.version) * time.Hour)
	r := osv.Record{ID: id, Modified: at, Published: &start, Aliases: x.aliases, Summary: "flaw of " + id,
		Affected: []osv.Affected{{Package: &osv.Package{Ecosystem: "npm", Name: strings.ToLower(id)}, Ranges: []osv.Range{{Type: osv.RangeSemVer, Events: []osv.Event{{Introduced: "0"}, {Fixed: fmt.Sprintf("1.0.%d", x.version)}}}}}}}
	if x.withdrawn {
		r.Withdrawn = &at
	}
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return b
}

// parts are the connected parts of records by the names that join them: the oracle.
func parts(world map[string]told) (out []string) {
	group := map[string]string{}
	var root func(string) string
	root = func(s string) string {
		if group[s] == "" || group[s] == s {
			return s
		}
		return root(group[s])
	}
	for id, x := range world {
		if n := len(x.aliases); !x.withdrawn && n <= maxJoins {
			for _, a := range x.aliases {
				group[root(fold(a))] = root(fold(id))
			}
		}
	}
	byRoot := map[string][]string{}
	for id := range world {
		byRoot[root(fold(id))] = append(byRoot[root(fold(id))], id)
	}
	for _, ids := range byRoot {
		slices.Sort(ids)
		out = append(out, strings.Join(ids, " "))
	}
	slices.Sort(out)
	return out
}

// Whatever comes in which order, in whatever batches, with aliases that appear and disappear and records that are
// withdrawn: the vulnerabilities are the connected parts, each has its one row with one place in the index, and the
// claims are those of live records.
func TestVulnerabilitiesAreConnectedParts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			prefix := fmt.Sprintf("T%d-", n) // each run in a corner of its own
			world := map[string]told{}
			id := rapid.Map(rapid.IntRange(1, 9), func(i int) string { return fmt.Sprintf("%s%d", prefix, i) })
			s := &Service{DB: d}
			var seq int64
			if err := d.View(ctx, func(tx *db.Tx) (err error) { seq, err = s.LastSeq(ctx, tx); return err }); err != nil {
				rt.Fatal(err)
			}
			for range rapid.IntRange(1, 5).Draw(rt, "batches") {
				var docs [][]byte
				changed := map[string]bool{}
				for range rapid.IntRange(1, 4).Draw(rt, "records") {
					name := id.Draw(rt, "id")
					x := world[name]
					x.version++
					x.aliases = rapid.SliceOfNDistinct(id, 0, 3, rapid.ID).Draw(rt, "aliases")
					x.aliases = slices.DeleteFunc(x.aliases, func(a string) bool { return a == name })
					x.withdrawn = rapid.IntRange(0, 4).Draw(rt, "withdrawn") == 0
					world[name] = x
					docs = append(docs, x.doc(name))
					changed[name] = true
				}
				if err := s.putDocs(ctx, docs); err != nil {
					rt.Fatal(err)
				}
				seq = same(rt, s, prefix, world, changed, seq)
			}
		})
	})
}

func (s *Service) putDocs(ctx context.Context, docs [][]byte) error {
	var as []*arrival
	for _, doc := range docs {
		some, err := readOSV(doc)
		if err != nil {
			return err
		}
		for _, a := range some {
			a.sum = sha256.Sum256(doc)
			as = append(as, a)
		}
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := s.put(ctx, tx, "run", as)
		return err
	})
}

func same(rt *rapid.T, s *Service, prefix string, world map[string]told, changed map[string]bool, seq int64) int64 {
	ctx := context.Background()
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		records, err := db.List(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM vuln_record r WHERE r.key LIKE $1 ORDER BY r.key`, prefix+"%")
		if err != nil {
			return err
		}
		byVuln := map[int64][]string{}
		byID := map[int64]string{}
		var ids []int64
		for _, r := range records {
			byVuln[r.Vuln] = append(byVuln[r.Vuln], r.Key)
			byID[r.ID] = r.Key
			ids = append(ids, r.ID)
		}
		var got []string
		for v, keys := range byVuln {
			got = append(got, strings.Join(keys, " "))
			one, err := db.Get(ctx, tx, db.Value[int64], `SELECT records FROM vuln WHERE id = $1`, v)
			if err != nil || one != int64(len(keys)) {
				rt.Errorf("vulnerability %d of %v has a row of %d records: %v", v, keys, one, err)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(parts(world), got); diff != "" {
			rt.Errorf("want - got +\n%s", diff)
		}
		var a db.Args
		n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM vuln_alias a JOIN vuln_record r ON r.id = a.record_id WHERE r.vuln_id <> a.vuln_id AND r.id IN `+db.In(&a, ids), a...)
		if err != nil || n != 0 {
			rt.Errorf("%d names lead astray: %v", n, err)
		}
		whole, err := db.Get(ctx, tx, db.Value[int], `SELECT (SELECT count(*) FROM vuln) - (SELECT count(*) FROM vuln_word) + (SELECT count(DISTINCT vuln_id) FROM vuln_record) - (SELECT count(*) FROM vuln)`)
		if err != nil || whole != 0 {
			rt.Errorf("rows of vulnerabilities, words and records differ by %d: %v", whole, err)
		}
		claims, err := s.ClaimsOf(ctx, tx, ids)
		if err != nil {
			return err
		}
		left := map[string]bool{}
		for id, x := range world {
			left[id] = !x.withdrawn
		}
		for _, c := range claims {
			id := byID[c.Record]
			if !left[id] || c.Says.Ranges[0].Events[1].Fixed != fmt.Sprintf("1.0.%d", world[id].version) {
				rt.Errorf("%s claims %+v", id, c)
			}
			delete(left, id)
		}
		for id, missing := range left {
			if missing {
				rt.Errorf("%s claims nothing", id)
			}
		}
		changes, err := s.ChangedSince(ctx, tx, seq, 100)
		for _, c := range changes {
			if id := byID[c.Record]; !changed[id] || c.Live == world[id].withdrawn {
				rt.Errorf("change of %s: %+v", id, c)
			}
			delete(changed, byID[c.Record])
			seq = max(seq, c.Seq)
		}
		if len(changed) > 0 {
			rt.Errorf("no change is told of %v", changed)
		}
		return err
	})
	if err != nil {
		rt.Fatal(err)
	}
	return seq
}

func TestClaimsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		some := rapid.SliceOfN(rapid.String(), 0, 3)
		var c Claim
		if rapid.Bool().Draw(rt, "package") {
			c.Says.Package = &osv.Package{Ecosystem: rapid.String().Draw(rt, "e"), Name: rapid.String().Draw(rt, "n"), PURL: rapid.String().Draw(rt, "p")}
		}
		for _, x := range some.Draw(rt, "ranges") {
			r := osv.Range{Type: x, Repo: rapid.String().Draw(rt, "repo")}
			for _, y := range some.Draw(rt, "events") {
				r.Events = append(r.Events, []osv.Event{{Introduced: y}, {Fixed: y}, {LastAffected: y}, {Limit: y}}[rapid.IntRange(0, 3).Draw(rt, "kind")])
			}
			c.Says.Ranges = append(c.Says.Ranges, r)
		}
		if v := some.Draw(rt, "versions"); len(v) > 0 {
			c.Says.Versions = v
		}
		for _, x := range some.Draw(rt, "configurations") {
			m := cpe.Criterion{Vulnerable: x != "", StartIncluding: x, EndExcluding: x}
			m.Criteria[cpe.Product] = cpe.Value(x)
			c.CPEs = append(c.CPEs, cpe.Configuration{Operator: cpe.And, Nodes: []cpe.Node{{Negate: true, Matches: []cpe.Criterion{m}}}})
		}
		var back Claim
		if err := back.decode(c.encode()); err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(c, back); diff != "" {
			rt.Error(diff)
		}
	})
}

func TestDocumentsArePacked(t *testing.T) {
	doc := bytes.Repeat([]byte(`{"id":"烽燧"}`), 100)
	b, err := pack(doc)
	if err != nil || len(b) > len(doc)/4 {
		t.Error(len(b), err)
	}
	back, err := unpackDoc(b)
	if err != nil || !bytes.Equal(back, doc) {
		t.Error(err)
	}
}
