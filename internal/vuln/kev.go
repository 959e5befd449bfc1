// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/bound"
)

// An Exploited is an entry of CISA's catalogue of known exploited vulnerabilities.
type Exploited struct {
	CVE        string
	Added      string // day
	Due        string // day by which US federal agencies must have acted
	Ransomware string // "known" or "unknown": used in ransomware campaigns
	Action     string
	Notes      string
}

// Limits of a catalogue.
const (
	maxCatalogue = 64 << 20 // bytes
	maxExploited = 100_000
)

var cveForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)

type kevEntry struct {
	CVE         string   `json:"cveID"`
	Vendor      string   `json:"vendorProject"`
	Product     string   `json:"product"`
	Name        string   `json:"vulnerabilityName"`
	Added       string   `json:"dateAdded"`
	Description string   `json:"shortDescription"`
	Action      string   `json:"requiredAction"`
	Due         string   `json:"dueDate"`
	Ransomware  string   `json:"knownRansomwareCampaignUse"`
	Notes       string   `json:"notes"`
	CWEs        []string `json:"cwes"`
}

// readKEV reads a catalogue: its day, its entries as they stand, and what each says.
func readKEV(doc []byte) (version string, entries []json.RawMessage, err error) {
	if err := (bound.Limits{Bytes: maxCatalogue, Depth: 20, Values: 5_000_000}).Check(doc); err != nil {
		return "", nil, refuse("", RefusedBound, err.Error())
	}
	var c struct {
		Version string            `json:"catalogVersion"`
		Count   *int              `json:"count"`
		Entries []json.RawMessage `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(doc, []byte("\xef\xbb\xbf")), &c); err != nil {
		return "", nil, refuse("", RefusedSyntax, text(err.Error(), 200))
	}
	switch {
	case c.Entries == nil:
		return "", nil, refuse("vulnerabilities", RefusedField, "")
	case len(c.Entries) > maxExploited:
		return "", nil, refuse("vulnerabilities", RefusedBound, fmt.Sprint(len(c.Entries)))
	case c.Count != nil && *c.Count != len(c.Entries): // it was cut off, or put together by hand
		return "", nil, refuse("count", RefusedField, fmt.Sprintf("%d, and there are %d entries", *c.Count, len(c.Entries)))
	}
	return text(c.Version, 40), c.Entries, nil
}

// readKEVEntry reads one entry.
func readKEVEntry(doc []byte) (x Exploited, a *arrival, err error) {
	var e kevEntry
	if err := json.Unmarshal(doc, &e); err != nil {
		return x, nil, refuse("", RefusedSyntax, text(err.Error(), 200))
	}
	e.CVE = strings.TrimSpace(e.CVE)
	if !cveForm.MatchString(e.CVE) {
		return x, nil, refuse("cveID", RefusedField, text(e.CVE, 40))
	}
	added, err := time.Parse(time.DateOnly, e.Added)
	if err != nil {
		return x, nil, refuse("dateAdded", RefusedField, text(e.Added, 40))
	}
	if _, err := time.Parse(time.DateOnly, e.Due); err != nil && e.Due != "" {
		return x, nil, refuse("dueDate", RefusedField, text(e.Due, 40))
	}
	x = Exploited{CVE: e.CVE, Added: e.Added, Due: e.Due, Ransomware: "unknown", Action: text(e.Action, maxSummary), Notes: text(e.Notes, maxSummary)}
	if strings.EqualFold(e.Ransomware, "known") {
		x.Ransomware = "known"
	}
	a = &arrival{Record: Record{Source: KEV, Key: e.CVE, State: Published, Issuer: "CISA", Title: e.Name, Summary: e.Description + " " + e.Vendor + " " + e.Product, Modified: added}, names: names(e.CVE, nil, nil)}
	a.sum = sha256.Sum256(doc)
	return x, a, a.finish(doc)
}

// importKEV imports a catalogue, which is whole: what no longer stands in it is withdrawn.
func (s *Service) importKEV(ctx context.Context, by member.Actor, in Input) (Run, error) {
	f, err := os.Open(in.Source)
	if errors.Is(err, os.ErrNotExist) {
		return Run{}, fault.FieldError("source", "vuln.rule.missing", "known_exploited_vulnerabilities.json")
	}
	if err != nil {
		return Run{}, fmt.Errorf("import kev: %w", err)
	}
	doc, err := readMost(f, maxCatalogue)
	if err := errors.Join(err, f.Close()); err != nil {
		return Run{}, fmt.Errorf("import kev: %w", err)
	}
	version, entries, err := readKEV(doc)
	if err != nil {
		return Run{}, err
	}
	sum := sha256.Sum256(doc)
	return s.during(ctx, by, in, hex.EncodeToString(sum[:]), len(entries), func(ctx context.Context, r *Run) error {
		listed := map[string]bool{}
		for i := 0; i < len(entries); i += batchDocs {
			part := entries[i:min(len(entries), i+batchDocs)]
			var as []*arrival
			var xs []Exploited
			var refusals []*Refusal
			for k, doc := range part {
				x, a, err := readKEVEntry(doc)
				var no *Refusal
				switch {
				case errors.As(err, &no):
					no.File = fmt.Sprintf("%s#%d", in.Name, i+k+1)
					refusals = append(refusals, no)
				case err != nil:
					return err
				case !listed[x.CVE]:
					listed[x.CVE] = true
					a.Origin = text(fmt.Sprintf("%s (%s)", in.Name, version), 500)
					as, xs = append(as, a), append(xs, x)
				}
			}
			if i+len(part) <= r.Place {
				continue
			}
			err := s.DB.Tx(ctx, func(tx *db.Tx) error {
				if err := list(ctx, tx, xs); err != nil {
					return err
				}
				t, err := s.put(ctx, tx, r.ID, as)
				if err != nil {
					return err
				}
				t.Refused = len(refusals)
				return r.advance(ctx, tx, len(part), t, [][sha256.Size]byte{sum}, refusals)
			})
			if err != nil {
				return err
			}
			if in.Progress != nil {
				in.Progress(*r)
			}
		}
		return s.DB.Tx(ctx, func(tx *db.Tx) error { return s.unlist(ctx, tx, r, listed) })
	})
}

// list stores entries.
func list(ctx context.Context, tx *db.Tx, xs []Exploited) error {
	t := table{into: kevTable, suffix: ` ON CONFLICT (cve) DO UPDATE SET added = excluded.added, due = excluded.due, ransomware = excluded.ransomware, action = excluded.action, notes = excluded.notes`}
	for _, x := range xs {
		t.add(x.CVE, x.Added, x.Due, x.Ransomware, x.Action, x.Notes)
	}
	return t.insert(ctx, tx)
}

// unlist withdraws what no longer stands in the catalogue.
func (s *Service) unlist(ctx context.Context, tx *db.Tx, r *Run, listed map[string]bool) error {
	all, err := db.List(ctx, tx, db.Value[string], `SELECT cve FROM vuln_kev`)
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(all, func(c string) bool { return listed[c] })
	if len(gone) == 0 {
		return nil
	}
	if err := deleteIn(ctx, tx, `DELETE FROM vuln_kev WHERE cve`, gone); err != nil {
		return err
	}
	type kept struct {
		Record
		body []byte
	}
	rows, err := listIn(ctx, tx, func(row db.Row) (k kept, err error) {
		var modified db.Time
		err = row.Scan(&k.Key, &k.Title, &k.Summary, &k.Origin, &modified, &k.body)
		k.Modified = modified.Time
		return k, err
	}, `SELECT key, title, summary, origin, modified, body FROM vuln_record WHERE source = 'kev' AND key %s`, gone)
	if err != nil {
		return err
	}
	var as []*arrival
	for _, k := range rows {
		doc, err := unpackDoc(k.body)
		if err != nil {
			return err
		}
		at := tx.Now
		if at.Before(k.Modified) {
			at = k.Modified
		}
		a := &arrival{Record: Record{Source: KEV, Key: k.Key, State: Withdrawn, Issuer: "CISA", Title: k.Title, Summary: k.Summary, Origin: k.Origin, Modified: at, Withdrawn: at}, names: names(k.Key, nil, nil)}
		a.sum = sha256.Sum256(append([]byte("withdrawn "), doc...)) // another state than the entry's
		if err := a.finish(doc); err != nil {
			return err
		}
		as = append(as, a)
	}
	t, err := s.put(ctx, tx, r.ID, as)
	if err != nil {
		return err
	}
	return r.advance(ctx, tx, 0, t, nil, nil)
}
