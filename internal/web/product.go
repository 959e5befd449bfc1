// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/product"
)

func (s *Server) productList(v *view) error { return s.productAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) productAgain(v *view, f *form, status int) error {
	x, err := s.portfolio(v)
	if err != nil {
		return err
	}
	var ids []string
	for _, p := range x.Found {
		ids = append(ids, p.OrgID)
	}
	for _, l := range x.Lines {
		ids = append(ids, l.Product.OrgID)
	}
	orgs, err := s.names(v, ids)
	if err != nil {
		return err
	}
	return v.show(status, productListPage(v, x, orgs, f))
}

func (s *Server) productRegister(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	p, err := s.Products.Register(v.Context(), v.Actor, product.Input{OrgID: v.Actor.OrgID, Vendor: f.Get("vendor"), Name: f.Get("name"), NameEN: f.Get("name_en"), Model: f.Get("model"),
		Kind: product.Kind(f.Get("kind")), CPE: f.Get("cpe"), PURL: f.Get("purl"), Versions: f.Lines("versions")})
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.productAgain(v, f, http.StatusUnprocessableEntity)
	}
	return v.see("/products/" + pathEscape(p.ID))
}

func (s *Server) productShow(v *view) error {
	return s.productOne(v, v.PathValue("id"), v.blank(nil), http.StatusOK)
}

func (s *Server) productOne(v *view, id string, f *form, status int) error {
	p, err := s.Products.Get(v.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	sboms, err := s.Products.SBOMs(v.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	var components []product.Component
	for _, b := range sboms {
		if b.Current {
			if components, err = s.Products.Components(v.Context(), v.Actor, b.ID, 500); err != nil {
				return err
			}
			break
		}
	}
	hits, err := s.Matches.OfProduct(v.Context(), v.Actor, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	k, err := s.known(v, id)
	if err != nil {
		return err
	}
	if k.Uploads, err = s.Products.Uploads(v.Context(), v.Actor, id); err != nil {
		return err
	}
	if k.Private, err = s.private(v, id); err != nil {
		return err
	}
	return v.show(status, productPage(v, p, sboms, components, hits, k, f))
}

func (s *Server) versionAdd(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	if _, err := s.Products.AddVersion(v.Context(), v.Actor, id, f.Get("version")); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		f.prefix, f.values["version"] = "new-", nil
		return s.productOne(v, id, f, http.StatusUnprocessableEntity)
	}
	return v.see("/products/" + pathEscape(id))
}

// sbomDiff shows what changed from one component list of a product to another; of the newest two when none are named.
func (s *Server) sbomDiff(v *view) error {
	x := sbomChange{}
	q := v.URL.Query()
	var err error
	if x.Product, err = s.Products.Get(v.Context(), v.Actor, v.PathValue("id")); err != nil {
		return err
	}
	sboms, err := s.Products.SBOMs(v.Context(), v.Actor, x.Product.ID)
	if err != nil {
		return err
	}
	for _, b := range sboms {
		if b.ID == q.Get("from") {
			x.From = b
		}
		if b.ID == q.Get("to") {
			x.To = b
		}
	}
	if q.Get("from")+q.Get("to") == "" { // the newest two
		if len(sboms) < 2 {
			return v.see("/products/" + pathEscape(x.Product.ID))
		}
		x.From, x.To = sboms[1], sboms[0]
	}
	if x.From.ID == "" || x.To.ID == "" {
		return fault.Missing()
	}
	d, err := s.Products.Diff(v.Context(), v.Actor, x.From.ID, x.To.ID)
	if err != nil {
		return err
	}
	x.sort(d)
	return v.ok(sbomDiffPage(v, x))
}

// sbomChange is what became of a product's components between two lists.
type sbomChange struct {
	Product        product.Product
	From, To       product.SBOM
	Moved          []movedComponent // one version went, another came
	Added, Removed []product.Component
}

type movedComponent struct{ From, To product.Component }

// sort tells a component in another version from one that came or went.
func (x *sbomChange) sort(d product.Diff) {
	type key struct{ ecosystem, name string }
	of := func(c product.Component) key { return key{c.Ecosystem, c.Name} }
	came, went := map[key][]product.Component{}, map[key]int{}
	for _, c := range d.Added {
		came[of(c)] = append(came[of(c)], c)
	}
	for _, c := range d.Removed {
		went[of(c)]++
	}
	one := func(c product.Component) bool { return len(came[of(c)]) == 1 && went[of(c)] == 1 }
	for _, c := range d.Removed {
		if one(c) {
			x.Moved = append(x.Moved, movedComponent{c, came[of(c)][0]})
		} else {
			x.Removed = append(x.Removed, c)
		}
	}
	for _, c := range d.Added {
		if !one(c) {
			x.Added = append(x.Added, c)
		}
	}
}

func (s *Server) sbomPush(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	files, err := f.Files("document")
	if err != nil {
		return err
	}
	if len(files) != 1 {
		err = fault.FieldError("document", "rule.required", "bom.cdx.json")
	} else {
		err = s.takeList(v, id, f.Get("version"), files[0].Name, files[0].Bytes)
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.productOne(v, id, f, http.StatusUnprocessableEntity)
	}
	return v.see("/products/" + pathEscape(id))
}
