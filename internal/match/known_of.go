// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// A KnownFinding says that a version of a product contains a publicly known vulnerability, or may, or is itself the flawed
// thing.
type KnownFinding struct {
	ProductID, OrgID    string
	Product, ProductEN  string // its names
	Version             string // of the product
	SBOM                string // id of the current component list that holds the component, "" for the product itself
	Component           product.Component
	Private             bool // a private list holds it: of the component no more is known than its package, and its version where that is told elsewhere
	Vuln                vuln.Vuln
	Record              string       // key of the record that is the surest, the best known of several
	Records             []KnownClaim // what each record says
	Verdict             Verdict
	Path                []string // from the product down to the component, the shortest way: "name@version", or Gap
	Assessment          *assessment.Statement
	Suppressed          bool // the member's own word is that it is not affected, or that it is fixed; the finding stays, with that word
	org, sector, orgEN  string
	sortKey             string
	componentID, record int64
}

// A KnownClaim is what one record says of a component or product.
type KnownClaim struct {
	Source  vuln.Source
	Key     string // the source's own name of the record
	Verdict Verdict
	Range   string // that holds the version: ">= 2.0-beta9, < 2.15.0"
	Note    string // for Check: what could not be decided (i18n key)
}

// What is the surest record's.

// Range is the range that holds the version.
func (f KnownFinding) Range() string { return f.Records[0].Range }

// Note says what could not be decided (i18n key), or nothing.
func (f KnownFinding) Note() string { return f.Records[0].Note }

// A KnownFilter asks for a page of the findings of a product.
type KnownFilter struct {
	Version string // of the product; "" for all
	Open    bool   // without those that the member's own word suppresses
	After   string // cursor: Next of the page before
	Limit   int    // 1 to 500; 0 means 100
}

// A KnownPage is a page of the findings of a product.
type KnownPage struct {
	Product  product.Product // without its versions
	Findings []KnownFinding  // the most urgent first
	Counts   KnownCounts     // of all pages
	Behind   Behind          // what has not been looked at yet
	Next     string
}

// KnownCounts counts the vulnerabilities of a product, each once, by the worst of its findings.
type KnownCounts struct {
	Critical, High, Medium, Low, Unrated int // certain ones that nobody's word suppresses
	Exploited                            int // of those: known to be exploited
	Check                                int // that a person must look at
	Suppressed                           int
}

// Open is how many certain ones there are.
func (c KnownCounts) Open() int { return c.Critical + c.High + c.Medium + c.Low + c.Unrated }

func (c *KnownCounts) add(v vuln.Vuln, verdict Verdict, suppressed bool) {
	switch {
	case suppressed:
		c.Suppressed++
		return
	case verdict == Check:
		c.Check++
		return
	}
	if v.KEV {
		c.Exploited++
	}
	switch v.Severity {
	case "critical":
		c.Critical++
	case "high":
		c.High++
	case "medium":
		c.Medium++
	case "low", "none":
		c.Low++
	default:
		c.Unrated++
	}
}

// KnownOf returns a page of what is publicly known to be wrong with a product, of its current lists and of itself, to its
// organisation and to the platform's staff.
func (s *Service) KnownOf(ctx context.Context, by member.Actor, productID string, f KnownFilter) (page KnownPage, err error) {
	after, err := f.checked()
	if err != nil {
		return page, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := s.Products.Readable(ctx, tx, by, productID)
		if err != nil {
			return err
		}
		page = KnownPage{Product: p}
		all, err := s.knownOf(ctx, tx, []product.Product{p})
		if err != nil {
			return err
		}
		page.Counts = counts(all)[p.ID]
		all = slices.DeleteFunc(all, func(x KnownFinding) bool {
			return f.Version != "" && x.Version != f.Version || f.Open && x.Suppressed || x.sortKey <= after
		})
		slices.SortFunc(all, func(a, b KnownFinding) int { return strings.Compare(a.sortKey, b.sortKey) })
		if len(all) > f.Limit {
			all = all[:f.Limit]
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(all[f.Limit-1].sortKey))
		}
		if page.Findings, err = all, explainKnown(ctx, tx, all); err != nil {
			return err
		}
		page.Behind, err = s.behind(ctx, tx)
		return err
	})
	if err != nil {
		return KnownPage{}, fmt.Errorf("list what is known of product %s: %w", productID, err)
	}
	return page, nil
}

func (f *KnownFilter) checked() (after string, err error) {
	var k fault.Check
	b, bad := base64.RawURLEncoding.DecodeString(f.After)
	k.That(bad == nil && len(f.After) < 4000, "after", "product.rule.cursor", "")
	k.That(f.Limit >= 0 && f.Limit <= 500, "limit", "product.rule.limit", "100", 500)
	if f.Limit == 0 {
		f.Limit = 100
	}
	return string(b), k.Err()
}

// A knownRow is a verdict with the vulnerability that its record is about.
type knownRow struct {
	component int64
	product   string
	version   string
	record    int64
	vuln      int64
	KnownClaim
}

const knownColumns = `k.record_id, r.vuln_id, r.source, r.key, k.verdict, k.held, k.note`

func (x *knownRow) rest() []any {
	return []any{&x.record, &x.vuln, &x.Source, &x.Key, &x.Verdict, &x.Range, &x.Note}
}

// knownOf finds everything that is known of products, without paths. Rows of components are read once, however many lists
// hold them.
func (s *Service) knownOf(ctx context.Context, tx *db.Tx, ps []product.Product) ([]KnownFinding, error) {
	of := map[string]product.Product{}
	holders := map[int64][]*list{} // by component
	var ids []string
	for _, p := range ps {
		of[p.ID] = p
		ids = append(ids, p.ID)
	}
	lists, err := listsOf(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	for i := range lists {
		for _, id := range lists[i].ids {
			holders[id] = append(holders[id], &lists[i])
		}
	}
	rows, err := knownByComponent(ctx, tx, slices.Sorted(maps.Keys(holders)))
	if err != nil {
		return nil, err
	}
	var out []KnownFinding
	for _, x := range rows {
		for _, l := range holders[x.component] {
			out = append(out, KnownFinding{ProductID: l.product, Version: l.productVersion, SBOM: l.sbom, componentID: x.component, Vuln: vuln.Vuln{ID: x.vuln}, Records: []KnownClaim{x.KnownClaim}})
		}
	}
	for part := range slices.Chunk(ids, 2*chunk) {
		var a db.Args
		themselves, err := db.List(ctx, tx, func(r db.Row) (x knownRow, err error) {
			return x, r.Scan(append([]any{&x.product, &x.version}, x.rest()...)...)
		}, `SELECT k.product_id, k.version, `+knownColumns+` FROM known_ware k JOIN vuln_record r ON r.id = k.record_id WHERE k.product_id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, x := range themselves {
			out = append(out, KnownFinding{ProductID: x.product, Version: x.version, Vuln: vuln.Vuln{ID: x.vuln}, Records: []KnownClaim{x.KnownClaim}})
		}
	}
	hits, err := privateHitsOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	for _, x := range hits {
		out = append(out, x.finding(of[x.product]))
	}
	for i := range out {
		p := of[out[i].ProductID]
		out[i].OrgID, out[i].Product, out[i].ProductEN = p.OrgID, p.Name, p.NameEN
	}
	return s.complete(ctx, tx, out)
}

func knownByComponent(ctx context.Context, tx *db.Tx, ids []int64) (out []knownRow, err error) {
	for part := range slices.Chunk(ids, 2*chunk) {
		var a db.Args
		rows, err := db.List(ctx, tx, func(r db.Row) (x knownRow, err error) {
			return x, r.Scan(append([]any{&x.component}, x.rest()...)...)
		}, `SELECT k.component_id, `+knownColumns+` FROM known k JOIN vuln_record r ON r.id = k.record_id WHERE k.component_id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// complete joins the findings of several records about one vulnerability, and adds what is known of the vulnerability and
// what the member says of it.
func (s *Service) complete(ctx context.Context, tx *db.Tx, fs []KnownFinding) (out []KnownFinding, err error) {
	type key struct {
		product, version, sbom string
		component, vuln        int64
		hidden                 product.Component
	}
	at := map[key]int{}
	vulns, components, products := map[int64]bool{}, map[int64]bool{}, map[string]bool{}
	for _, f := range fs {
		k := key{f.ProductID, f.Version, f.SBOM, f.componentID, f.Vuln.ID, f.Component}
		i, had := at[k]
		if !had {
			at[k] = len(out)
			out = append(out, f)
			vulns[f.Vuln.ID], products[f.ProductID] = true, true
			if f.componentID != 0 {
				components[f.componentID] = true
			}
			continue
		}
		out[i].Records = append(out[i].Records, f.Records...)
	}
	known, err := s.Vulns.OfIDs(ctx, tx, slices.Sorted(maps.Keys(vulns)))
	if err != nil {
		return nil, err
	}
	named, err := s.Products.Named(ctx, tx, slices.Sorted(maps.Keys(components)))
	if err != nil {
		return nil, err
	}
	said, err := s.opinions(ctx, tx, slices.Sorted(maps.Keys(products)))
	if err != nil {
		return nil, err
	}
	for i := range out {
		f := &out[i]
		if v, ok := known[f.Vuln.ID]; ok {
			f.Vuln = v
		}
		if !f.Private {
			f.Component = named[f.componentID]
		}
		slices.SortFunc(f.Records, func(a, b KnownClaim) int {
			return cmp.Or(strings.Compare(string(a.Verdict), string(b.Verdict)), cmp.Compare(slices.Index(vuln.Sources, a.Source), slices.Index(vuln.Sources, b.Source)), strings.Compare(a.Key, b.Key))
		})
		f.Verdict, f.Record = f.Records[0].Verdict, f.Records[0].Key
		f.Assessment = said.about(f)
		f.Suppressed = f.Assessment != nil && (f.Assessment.Status == assessment.NotAffected || f.Assessment.Status == assessment.Fixed)
		f.sortKey = f.urgency()
	}
	return out, nil
}

// urgency is a text by which findings are sorted, the most urgent first: what nobody's word suppresses, what is certain, what
// is known to be exploited, the highest score, the most probable to be exploited.
func (f *KnownFinding) urgency() string {
	flag := func(b bool) byte {
		if b {
			return '0'
		}
		return '1'
	}
	epss := 0.0
	if f.Vuln.EPSS != nil {
		epss = f.Vuln.EPSS.Score
	}
	severity := slices.Index(vuln.Severities, f.Vuln.Severity)
	if severity < 0 {
		severity = 9
	}
	return fmt.Sprintf("%c%c%c%d%03d%07d\x00%s\x00%s\x00%s\x00%d\x00%s\x00%s\x00%s", flag(!f.Suppressed), flag(f.Verdict == Hit), flag(f.Vuln.KEV), severity, 999-f.Vuln.Score, 1_000_000-int(epss*1_000_000),
		f.Vuln.Name, f.Component.Name, f.Component.Version, f.componentID, f.ProductID, f.Version, f.Component.Ecosystem)
}

// explainKnown adds the ways from products down to components.
func explainKnown(ctx context.Context, tx *db.Tx, fs []KnownFinding) error {
	wanted := map[string][]int64{}
	for _, f := range fs {
		if f.SBOM != "" {
			wanted[f.SBOM] = append(wanted[f.SBOM], f.componentID)
		}
	}
	ways, names, err := waysTo(ctx, tx, wanted)
	if err != nil {
		return err
	}
	for i := range fs {
		f := &fs[i]
		if f.SBOM == "" {
			continue
		}
		f.Path = []string{atVersion(f.Product, f.Version)}
		way, ok := ways[place{f.SBOM, f.componentID}]
		if !ok {
			f.Path = append(f.Path, Gap, atVersion(f.Component.Name, f.Component.Version))
		}
		for _, id := range way {
			f.Path = append(f.Path, names[id].String())
		}
	}
	return nil
}

// counts counts vulnerabilities by product, each by its most urgent finding.
func counts(fs []KnownFinding) map[string]KnownCounts {
	type key struct {
		product string
		vuln    int64
	}
	first := map[key]*KnownFinding{}
	for i := range fs {
		k := key{fs[i].ProductID, fs[i].Vuln.ID}
		if old := first[k]; old == nil || fs[i].sortKey < old.sortKey {
			first[k] = &fs[i]
		}
	}
	out := map[string]KnownCounts{}
	for k, f := range first {
		c := out[k.product]
		c.add(f.Vuln, f.Verdict, f.Suppressed)
		out[k.product] = c
	}
	return out
}
