// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// A Detail is everything that is publicly known of one vulnerability.
type Detail struct {
	Vuln
	Names      []string // all that join its records, the best known first
	Records    []Record // what each source says, who assigned the number first, those that no longer count last
	Exploited  []Exploited
	Scores     map[string]EPSS // by CVE number
	Claims     []Claim         // at most maxShown
	More       int             // claims beyond those
	References []Reference
	Others     []Vuln // of records that mention the name without being joined by it
}

// A Reference is a link that a record gives.
type Reference struct {
	URL    string
	Kind   string // as the record calls it, in lower case, or ""
	Record int64  // the first that gives it
}

// Limits of what is shown of one vulnerability.
const (
	maxShown      = 500
	maxReferences = 200
)

// Get returns the vulnerability that goes by a name, in whatever numbering. It is public.
func (s *Service) Get(ctx context.Context, name string) (d Detail, err error) {
	folded := fold(name)
	if folded == "" {
		return Detail{}, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		d = Detail{}
		ids, err := named(ctx, tx, folded)
		if err != nil {
			return err
		}
		found, err := vulns(ctx, tx, ids)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.Missing()
		}
		d.Vuln, d.Others = found[0], found[1:]
		return s.fill(ctx, tx, &d)
	})
	if err != nil {
		return Detail{}, fmt.Errorf("vulnerability: %w", err)
	}
	return d, nil
}

func (s *Service) fill(ctx context.Context, tx *db.Tx, d *Detail) (err error) {
	if d.Records, err = db.List(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM vuln_record r WHERE r.vuln_id = $1 ORDER BY r.id`, d.ID); err != nil {
		return err
	}
	slices.SortStableFunc(d.Records, func(a, b Record) int { return preference(a) - preference(b) })
	var ids []int64
	for _, r := range d.Records {
		ids = append(ids, r.ID)
	}
	spelt, err := listIn(ctx, tx, func(r db.Row) (n name, err error) { return n, r.Scan(&n.folded, &n.written) }, `SELECT name, written FROM vuln_alias WHERE joins AND record_id %s ORDER BY record_id`, ids)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	var cves []string
	for _, n := range spelt {
		if seen[n.folded] {
			continue
		}
		seen[n.folded] = true
		d.Names = append(d.Names, n.written)
		if strings.HasPrefix(n.folded, "CVE-") {
			cves = append(cves, n.folded)
		}
	}
	sortNames(d.Names)
	if d.Scores, err = epssOf(ctx, tx, cves); err != nil {
		return err
	}
	d.Exploited, err = listIn(ctx, tx, func(r db.Row) (x Exploited, err error) {
		return x, r.Scan(&x.CVE, &x.Added, &x.Due, &x.Ransomware, &x.Action, &x.Notes)
	}, `SELECT cve, added, due, ransomware, action, notes FROM vuln_kev WHERE cve %s ORDER BY cve`, cves)
	if err != nil {
		return err
	}
	if d.Claims, err = s.ClaimsOf(ctx, tx, ids); err != nil {
		return err
	}
	d.More = max(0, len(d.Claims)-maxShown)
	d.Claims = d.Claims[:min(len(d.Claims), maxShown)]
	d.References, err = references(ctx, tx, d.Records)
	return err
}

// references are the links of live records, each once.
func references(ctx context.Context, tx *db.Tx, rs []Record) (out []Reference, err error) {
	seen := map[string]bool{}
	for _, r := range rs[:min(len(rs), 50)] {
		if !r.State.Live() {
			continue
		}
		doc, err := bodyOf(ctx, tx, r)
		if err != nil {
			return nil, err
		}
		for _, x := range linksOf(r, doc) {
			if u, err := url.Parse(x.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(x.URL) > 1000 || seen[x.URL] || len(out) >= maxReferences {
				continue
			}
			seen[x.URL] = true
			x.Record, x.Kind = r.ID, strings.ToLower(text(x.Kind, 40))
			out = append(out, x)
		}
	}
	return out, nil
}

// linksOf are the links of a document.
func linksOf(r Record, doc []byte) (out []Reference) {
	type link struct {
		URL      string   `json:"url"`
		Type     string   `json:"type"`
		Category string   `json:"category"`
		Tags     []string `json:"tags"`
	}
	var d struct {
		References []link `json:"references"`
		Containers struct {
			CNA struct {
				References []link `json:"references"`
			} `json:"cna"`
			ADP []struct {
				References []link `json:"references"`
			} `json:"adp"`
		} `json:"containers"`
		Document struct {
			References []link `json:"references"`
		} `json:"document"`
	}
	if json.Unmarshal(doc, &d) != nil {
		return nil
	}
	all := slices.Concat(d.References, d.Containers.CNA.References, d.Document.References)
	for _, a := range d.Containers.ADP {
		all = append(all, a.References...)
	}
	for _, l := range all {
		kind := l.Type + l.Category
		if kind == "" && len(l.Tags) > 0 {
			kind = l.Tags[0]
		}
		out = append(out, Reference{URL: l.URL, Kind: kind})
	}
	return out
}

// Document returns a record and its document as it came, byte by byte.
func (s *Service) Document(ctx context.Context, source Source, key string) (r Record, doc []byte, err error) {
	if storable(key) == "" {
		return Record{}, nil, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if r, err = db.Get(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM vuln_record r WHERE r.source = $1 AND r.key = $2`, source, key); err != nil {
			return err
		}
		doc, err = bodyOf(ctx, tx, r)
		return err
	})
	if err != nil {
		return Record{}, nil, fmt.Errorf("document of a record: %w", err)
	}
	return r, doc, nil
}

// Documents returns the documents of records as they came, by id, for those who answer many at once. Those of CSAF are
// left out where another record has them.
func (s *Service) Documents(ctx context.Context, tx *db.Tx, records []int64) (map[int64][]byte, error) {
	type row struct {
		id   int64
		body []byte
	}
	rows, err := listIn(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.body) }, `SELECT id, body FROM vuln_record WHERE id %s`, records)
	out := make(map[int64][]byte, len(rows))
	for _, x := range rows {
		if len(x.body) == 0 {
			continue
		}
		if out[x.id], err = unpackDoc(x.body); err != nil {
			return nil, err
		}
	}
	return out, err
}

// RecordsOf returns the records of a name: those whose own name it is, whatever their source, then the others that it joins.
func (s *Service) RecordsOf(ctx context.Context, tx *db.Tx, name string) ([]Record, error) {
	folded := fold(name)
	if folded == "" {
		return nil, nil
	}
	rs, err := db.List(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM vuln_alias a JOIN vuln_record r ON r.id = a.record_id WHERE a.name = $1 AND a.joins ORDER BY r.id`, folded)
	slices.SortStableFunc(rs, func(a, b Record) int {
		own := func(r Record) int {
			if fold(r.Key) == folded {
				return 0
			}
			return 1
		}
		return own(a) - own(b)
	})
	return rs, err
}
