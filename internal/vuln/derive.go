// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// A Vuln is what the records of one vulnerability come to.
type Vuln struct {
	ID         int64
	Name       string // the best known of its names
	Title      string
	State      State // published while one record is
	Severity   Severity
	Score      int // the worst that a live record says, in tenths
	Published  time.Time
	Modified   time.Time
	KEV        bool // known to be exploited
	Records    int
	Ecosystems []string
	EPSS       *EPSS // of Name, where there is one
	place      int64
}

// A place is where a vulnerability stands in lists: by the day on which it was published, then by its id. Full-text
// indexes have it as the number of the document, so that they give the newest first.
func placeOf(at time.Time, id int64) int64 { return day(at)<<placeBits | id }

const placeBits = 40

func day(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.Unix() / (24 * 60 * 60)
}

// preference orders records by how much their words about a vulnerability are worth: who assigned the number first.
func preference(r Record) int {
	switch {
	case !r.State.Live():
		return 9
	case r.Source == CVE:
		return 0
	case r.Source == OSV && strings.HasPrefix(r.Key, "GHSA-"):
		return 1
	case r.Source == OSV:
		return 2
	case r.Source == CSAF:
		return 3
	}
	return 4
}

// draft is a vulnerability in the making, with the words by which it is found.
type draft struct {
	Vuln
	records []Record
	names   []name
	at      []Package
	text    string // of the index: its words
}

// drafts are the vulnerabilities whose records have changed.
type drafts struct {
	g     groups
	known map[int64][]string // words of records that have arrived
	by    map[int64]*draft
	alone sync.WaitGroup // who makes those of one record
}

// draw begins to work out what vulnerabilities come to whose records have changed. What needs no other record than the one
// that has arrived is made beside the caller, who writes records meanwhile.
func draw(ctx context.Context, tx *db.Tx, g groups, as []*arrival) (*drafts, error) {
	ds := &drafts{g: g, known: make(map[int64][]string, len(as)), by: make(map[int64]*draft, len(g.touched))}
	for _, a := range as {
		ds.known[a.ID] = a.words
	}
	var alone []*draft
	for _, id := range g.touched {
		d := &draft{Vuln: Vuln{ID: id}}
		ds.by[id] = d
		if a := g.alone[id]; a != nil {
			d.records, d.names = []Record{a.Record}, a.names
			for _, c := range a.claims {
				d.at = append(d.at, c.Package)
			}
			alone = append(alone, d)
		}
	}
	exploited, err := kevOf(ctx, tx, alone)
	if err != nil {
		return nil, err
	}
	ds.alone.Go(func() { ds.sum(alone, exploited) })
	return ds, nil
}

func (ds *drafts) sum(of []*draft, exploited map[string]bool) {
	for _, d := range of {
		d.sum(exploited)
		d.text = strings.Join(d.words(ds.known), " ")
	}
}

// kevOf are the names of vulnerabilities that are known to be exploited.
func kevOf(ctx context.Context, tx *db.Tx, of []*draft) (map[string]bool, error) {
	var cves []string
	for _, d := range of {
		for _, n := range d.names {
			if n.joins && strings.HasPrefix(n.folded, "CVE-") {
				cves = append(cves, n.folded)
			}
		}
	}
	listed, err := listIn(ctx, tx, db.Value[string], `SELECT cve FROM vuln_kev WHERE cve %s`, cves)
	exploited := make(map[string]bool, len(listed))
	for _, c := range listed {
		exploited[c] = true
	}
	return exploited, err
}

// store writes what the vulnerabilities come to, once their records are written, and indexes their words.
func (ds *drafts) store(ctx context.Context, tx *db.Tx) error {
	was := slices.DeleteFunc(slices.Concat(ds.g.touched, ds.g.gone), func(id int64) bool { return ds.g.fresh[id] })
	old, err := listIn(ctx, tx, func(r db.Row) (v Vuln, err error) { return v, r.Scan(&v.ID, &v.place) }, `SELECT id, place FROM vuln WHERE id %s`, was)
	if err != nil {
		return err
	}
	var wasPlaces, wasIDs []int64
	for _, v := range old {
		wasPlaces, wasIDs = append(wasPlaces, v.place), append(wasIDs, v.ID)
	}
	var load []int64
	var joined []*draft
	for _, id := range ds.g.touched {
		if ds.g.alone[id] == nil {
			load, joined = append(load, id), append(joined, ds.by[id])
		}
	}
	if err := read(ctx, tx, ds.by, load); err != nil {
		return err
	}
	joined = slices.DeleteFunc(joined, func(d *draft) bool { return len(d.records) == 0 })
	exploited, err := kevOf(ctx, tx, joined)
	if err != nil {
		return err
	}
	ds.sum(joined, exploited)
	if err := deleteIn(ctx, tx, `DELETE FROM vuln WHERE id`, wasIDs); err != nil {
		return err
	}
	if err := deleteIn(ctx, tx, `DELETE FROM vuln_word WHERE `+wordKey(tx), wasPlaces); err != nil {
		return err
	}
	ds.alone.Wait()
	rows, words := table{into: vulnTable}, wordRows{}
	for _, id := range ds.g.touched {
		d := ds.by[id]
		if len(d.records) == 0 {
			continue
		}
		rows.add(d.ID, d.place, d.Name, d.Title, string(d.State), string(d.Severity), int64(d.Score), db.At(d.Published), db.At(d.Modified), d.KEV, int64(d.Records), strings.Join(d.Ecosystems, "|"))
		words.add(d.place, d.text)
	}
	if err := rows.insert(ctx, tx); err != nil {
		return err
	}
	return words.insert(ctx, tx)
}

// read fills drafts from what is stored.
func read(ctx context.Context, tx *db.Tx, drafts map[int64]*draft, ids []int64) error {
	records, err := listIn(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM vuln_record r WHERE r.vuln_id %s ORDER BY r.id`, ids)
	if err != nil {
		return err
	}
	for _, r := range records {
		drafts[r.Vuln].records = append(drafts[r.Vuln].records, r)
	}
	type row struct {
		vuln int64
		name
		Package
	}
	names, err := listIn(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.vuln, &x.folded, &x.written, &x.joins) },
		`SELECT r.vuln_id, a.name, a.written, a.joins FROM vuln_record r JOIN vuln_alias a ON a.record_id = r.id WHERE r.vuln_id %s ORDER BY a.name, a.record_id`, ids)
	if err != nil {
		return err
	}
	for _, x := range names {
		d := drafts[x.vuln]
		d.names = append(d.names, x.name)
	}
	claims, err := listIn(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.vuln, &x.Ecosystem, &x.Name) },
		`SELECT DISTINCT r.vuln_id, c.ecosystem, c.name FROM vuln_record r JOIN vuln_claim c ON c.record_id = r.id WHERE r.vuln_id %s ORDER BY 1, 2, 3`, ids)
	if err != nil {
		return err
	}
	for _, x := range claims {
		d := drafts[x.vuln]
		d.at = append(d.at, x.Package)
	}
	return nil
}

// sum works out what the records come to.
func (d *draft) sum(exploited map[string]bool) {
	rs := slices.Clone(d.records)
	slices.SortStableFunc(rs, func(a, b Record) int { return preference(a) - preference(b) })
	d.Records, d.State, d.Title = len(rs), rs[0].State, rs[0].Title
	for _, r := range rs {
		if d.Title == "" {
			d.Title = r.Title
		}
		if r.State.Live() {
			if r.Severity != "" && r.Severity.rank() < d.Severity.rank() {
				d.Severity = r.Severity
			}
			d.Score = max(d.Score, r.Score)
		}
		if !r.Published.IsZero() && (d.Published.IsZero() || r.Published.Before(d.Published)) {
			d.Published = r.Published
		}
		if r.Modified.After(d.Modified) {
			d.Modified = r.Modified
		}
	}
	best := ""
	for _, n := range d.names {
		if n.joins && (best == "" || fame(n.written, best) < 0) {
			best = n.written
		}
		d.KEV = d.KEV || n.joins && exploited[n.folded]
	}
	d.Name = best
	at := d.Published
	if at.IsZero() {
		at = d.Modified
	}
	d.place = placeOf(at, d.ID)
	for _, p := range d.at {
		if p.Ecosystem != EcosystemCPE && p.Ecosystem != EcosystemWare && !slices.Contains(d.Ecosystems, p.Ecosystem) {
			d.Ecosystems = append(d.Ecosystems, p.Ecosystem)
		}
	}
	slices.Sort(d.Ecosystems)
}

// EPSS is how probably a vulnerability is exploited within 30 days, as FIRST's model estimates it.
type EPSS struct {
	Score      float64 // 0 to 1
	Percentile float64 // 0 to 1: share of all vulnerabilities with at most this score
	Day        string  // of the estimate: "2026-11-27"
	Model      string
	Was        float64 // what it was before it changed last, or -1
	WasDay     string
}
