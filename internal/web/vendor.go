// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strings"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// namesVendors: analysts and administrators say which names are one vendor's.
func (v *view) namesVendors() bool { return v.Actor.Is(member.Analyst, member.Administrator) }

// vendorsView is the page of vendors' names.
type vendorsView struct {
	Form    *form
	Q       string // part of a name that is looked for
	Vendors []product.Vendor
}

// own are the vendors that this installation has changed, or those that stand as they came.
func (x vendorsView) own(is bool) (out []product.Vendor) {
	for _, one := range x.Vendors {
		if one.Own == is {
			out = append(out, one)
		}
	}
	return out
}

func (s *Server) vendorList(v *view) error { return s.vendorPage(v, http.StatusOK, v.blank(nil)) }

func (s *Server) vendorPage(v *view, status int, f *form) error {
	x := vendorsView{Form: f, Q: strings.TrimSpace(v.URL.Query().Get("q"))}
	var err error
	if x.Vendors, err = s.Products.ListVendors(v.Context(), v.Actor, x.Q); err != nil {
		return err
	}
	return v.show(status, vendorListPage(v, x))
}

// vendorJoin says that names, one a line, are one vendor's.
func (s *Server) vendorJoin(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	one, err := s.Products.JoinVendors(v.Context(), v.Actor, strings.Split(f.Get("names"), "\n"))
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.vendorPage(v, http.StatusUnprocessableEntity, f)
	}
	return v.see("/vendors?q=" + queryEscape(one.Names[0]))
}

// vendorPart takes a name out of its vendor's.
func (s *Server) vendorPart(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	if err := s.Products.PartVendor(v.Context(), v.Actor, f.Get("name")); err != nil {
		return err
	}
	return v.see("/vendors")
}
