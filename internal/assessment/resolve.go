// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package assessment

import (
	"context"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// Reasons for which a statement of a document was not taken.
const (
	NoProduct   = "product"   // none of the organisation's products is meant
	NoComponent = "component" // the component within cannot be told
	NoList      = "list"      // the component list that it links to is not here
	NoVersion   = "version"   // it is about a range of versions, and nobody said which one is meant
	NoVuln      = "vuln"      // its name of the vulnerability is none
)

// A subject is what a statement is about, in the directory's terms.
type subject struct {
	productID, version string
	component          Component
	vendor             string // Statement.vendor
}

// A resolver finds the subjects of statements among one organisation's products.
type resolver struct {
	s        *Service
	tx       *db.Tx
	orgID    string
	products []product.Product
	only     *product.Product // the one that was named by whoever gave us the document
	version  string           // of it, or ""
	vendors  product.Vendors
	doc      document
	boms     map[sbom.Link]*product.SBOM // by serial and revision
	read     map[string]*sbom.Document   // by id of the list
	held     map[product.Component][]string
}

// subjects returns what a statement is about, or why nothing is.
func (r *resolver) subjects(ctx context.Context, x said) (out []subject, why string, err error) {
	if x.ref != "" {
		return r.referenced(ctx, x.ref)
	}
	if x.ranged && r.version == "" { // nor to every version
		return nil, NoVersion, nil
	}
	var part Component
	if x.part != nil {
		var ok bool
		if part, ok = componentOf(*x.part); !ok {
			return nil, NoComponent, nil // a statement about a part is never widened to the whole
		}
	}
	for _, p := range r.candidates() {
		if version, vendor, ok := p.Means(x.meant, r.vendors); ok {
			if r.only != nil { // it is meant whatever its vendor is called
				vendor = ""
			}
			out = append(out, subject{p.ID, orElse(version, r.versionOf(p)), part, vendor})
		}
	}
	if len(out) > 0 {
		return out, "", nil
	}
	if x.part == nil { // somebody else's word on a component: it is about everything that holds it
		if c, ok := componentOf(x.meant); ok {
			out, err = r.holding(ctx, c)
			if err != nil || len(out) > 0 {
				return out, "", err
			}
		}
	}
	if r.only != nil && !isPackage(x.meant) { // whoever gave the document says which product it means
		return []subject{{r.only.ID, orElse(r.version, x.meant.Version), part, ""}}, "", nil
	}
	return nil, NoProduct, nil
}

func (r *resolver) candidates() []product.Product {
	if r.only != nil {
		return []product.Product{*r.only}
	}
	return r.products
}

func (r *resolver) versionOf(p product.Product) string {
	if r.only != nil && r.only.ID == p.ID {
		return r.version
	}
	return ""
}

// holding are the products that hold a component now.
func (r *resolver) holding(ctx context.Context, c Component) (out []subject, err error) {
	key := product.Component{Ecosystem: c.Ecosystem, Name: c.Name, Version: c.Version}
	ids, ok := r.held[key]
	if !ok {
		if ids, err = r.s.Products.HeldBy(ctx, r.tx, r.orgID, key); err != nil {
			return nil, err
		}
		r.held[key] = ids
	}
	for _, id := range ids {
		if r.only == nil {
			out = append(out, subject{id, "", c, ""})
		} else if id == r.only.ID {
			out = append(out, subject{id, r.version, c, ""})
		}
	}
	return out, nil
}

// isPackage reports whether a package of an ecosystem is meant, which is no product as a whole.
func isPackage(m product.Meant) bool {
	return slices.ContainsFunc(m.PURLs, func(s string) bool {
		p, err := purl.Parse(s)
		return err == nil && p.Ecosystem() != ""
	})
}

// componentOf names a component by its package URL, or by its name where it has none.
func componentOf(m product.Meant) (Component, bool) {
	for _, s := range m.PURLs {
		if c, ok := product.NamingPURL(s); ok {
			return Component{c.Ecosystem, c.Name, orElse(c.Version, m.Version)}, true
		}
	}
	if m.CPE == "" && m.Name != "" && len(m.PURLs) == 0 {
		c := product.Naming(sbom.Component{Name: m.Name, Version: m.Version})
		return Component{c.Ecosystem, c.Name, c.Version}, true
	}
	return Component{}, false
}

// referenced finds what a reference of CycloneDX names: an element of the document itself, or by a BOM-Link one of a list
// that was uploaded.
func (r *resolver) referenced(ctx context.Context, ref string) ([]subject, string, error) {
	link, ok := sbom.ParseLink(ref)
	if !ok {
		return r.own(ctx, ref)
	}
	at := sbom.Link{Serial: link.Serial, Revision: link.Revision}
	if at.Serial == strings.ToLower(r.doc.bom.Serial) && at.Revision == r.doc.bom.Revision && link.Ref != "" {
		if out, why, err := r.own(ctx, link.Ref); err != nil || len(out) > 0 {
			return out, why, err
		}
	}
	if r.boms == nil {
		if err := r.index(ctx); err != nil {
			return nil, "", err
		}
	}
	list, ok := r.boms[at]
	if !ok || r.only != nil && list.ProductID != r.only.ID {
		return nil, NoList, nil
	}
	if link.Ref == "" {
		return []subject{{list.ProductID, list.Version, Component{}, ""}}, "", nil
	}
	d, err := r.parsed(*list)
	if err != nil {
		return nil, "", err
	}
	x, ok := element(d, link.Ref)
	if !ok {
		return nil, NoComponent, nil
	}
	return []subject{{list.ProductID, list.Version, x, ""}}, "", nil
}

// own finds what a reference names in the document itself. It is a list of a product that was named, or whose subject is
// one of the organisation's products.
func (r *resolver) own(ctx context.Context, ref string) (out []subject, why string, err error) {
	d := r.doc.bom
	x, ok := element(d, ref)
	if !ok && (d.RootRef != "" || len(d.Components) > 0) {
		return nil, NoComponent, nil
	}
	if r.only != nil {
		return []subject{{r.only.ID, orElse(r.version, d.RootVersion), x, ""}}, "", nil
	}
	m := product.Meant{Name: d.RootName, Version: d.RootVersion}
	if d.RootPURL != "" {
		m.PURLs = []string{d.RootPURL}
	}
	m.Vendor, m.Name, _ = strings.Cut(m.Name, "/")
	for _, p := range r.products {
		if version, vendor, ok := p.Means(m, r.vendors); ok {
			out = append(out, subject{p.ID, version, x, vendor})
		}
	}
	if len(out) > 0 {
		return out, "", nil
	}
	if x.Name != "" { // a list of parts of nobody's: about everything that holds them
		if out, err = r.holding(ctx, x); err != nil || len(out) > 0 {
			return out, "", err
		}
	}
	return nil, NoProduct, nil
}

// element is the component of a document that a reference names; zero for the product itself.
func element(d *sbom.Document, ref string) (Component, bool) {
	if ref == d.RootRef && ref != "" {
		return Component{}, true
	}
	for _, c := range d.Components {
		if c.Ref == ref {
			n := product.Naming(c)
			return Component{n.Ecosystem, n.Name, n.Version}, true
		}
	}
	return Component{}, false
}

// parsed is a list as a document.
func (r *resolver) parsed(list product.SBOM) (*sbom.Document, error) {
	if d, ok := r.read[list.ID]; ok {
		return d, nil
	}
	b, err := r.s.Products.Document(list)
	if err != nil {
		return nil, err
	}
	d, err := sbom.Parse(b)
	if err != nil {
		return nil, err // it could be read when it came in
	}
	r.read[list.ID] = &d
	return &d, nil
}

// index finds the serial numbers of the organisation's lists, of which the newest counts.
func (r *resolver) index(ctx context.Context) error {
	lists, of, err := r.s.serials(ctx, r.tx, r.orgID)
	if err != nil {
		return err
	}
	r.boms = map[sbom.Link]*product.SBOM{}
	for i, list := range lists {
		at := of[list.ID]
		if _, taken := r.boms[at]; at.Serial != "" && !taken {
			r.boms[at] = &lists[i]
		}
	}
	return nil
}

// serials returns an organisation's lists in CycloneDX and the serial numbers of those that were looked at.
func (s *Service) serials(ctx context.Context, tx *db.Tx, orgID string) ([]product.SBOM, map[string]sbom.Link, error) {
	lists, err := s.Products.ListsOf(ctx, tx, orgID, sbom.CycloneDX)
	if err != nil {
		return nil, nil, err
	}
	type bom struct {
		id string
		at sbom.Link
	}
	known, err := db.List(ctx, tx, func(row db.Row) (b bom, err error) { return b, row.Scan(&b.id, &b.at.Serial, &b.at.Revision) },
		`SELECT b.sbom_id, b.serial, b.revision FROM assessment_bom b JOIN sbom s ON s.id = b.sbom_id JOIN product p ON p.id = s.product_id WHERE p.org_id = $1`, orgID)
	of := map[string]sbom.Link{}
	for _, b := range known {
		of[b.id] = b.at
	}
	return lists, of, err
}

// learnSerials reads the serial numbers of lists that were not looked at yet, outside of any transaction.
func (s *Service) learnSerials(ctx context.Context, orgID string) error {
	var lists []product.SBOM
	var of map[string]sbom.Link
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		lists, of, err = s.serials(ctx, tx, orgID)
		return err
	}); err != nil {
		return err
	}
	var rows [][]any
	for _, list := range lists {
		if _, ok := of[list.ID]; ok {
			continue
		}
		b, err := s.Products.Document(list)
		if err != nil {
			return err
		}
		d, err := sbom.Parse(b)
		if err != nil {
			return err // it could be read when it came in
		}
		rows = append(rows, []any{list.ID, strings.ToLower(d.Serial), d.Revision})
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		return db.Bulk(ctx, tx, `assessment_bom (sbom_id, serial, revision)`, "ON CONFLICT (sbom_id) DO NOTHING", rows)
	})
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
