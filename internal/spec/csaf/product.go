// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"fmt"
	"strings"
)

// The categories of a Branch that documents use.
const (
	BranchVendor  = "vendor"
	BranchProduct = "product_name"
	BranchVersion = "product_version"       // exactly one version
	BranchRange   = "product_version_range" // a vers, or a vls where nobody defines the order (section 3.1.2.3)
)

// ProductTree names the products that the document speaks of.
type ProductTree struct {
	Branches         []*Branch `json:"branches,omitempty"`
	FullProductNames []Product `json:"full_product_names,omitempty"`
}

// A Branch has either branches below it or a product.
type Branch struct {
	Branches []*Branch `json:"branches,omitempty"`
	Category string    `json:"category"`
	Name     string    `json:"name"`
	Product  *Product  `json:"product,omitempty"`
}

// A Product is something that can be affected, with the id by which the rest of the document names it.
type Product struct {
	Name      string  `json:"name"`
	ProductID string  `json:"product_id"`
	Helper    *Helper `json:"product_identification_helper,omitempty"`
}

// Helper says by what machines recognise a product.
type Helper struct {
	CPE          string   `json:"cpe,omitempty"`
	ModelNumbers []string `json:"model_numbers,omitempty"`
	PURL         string   `json:"purl,omitempty"`
}

// A Leaf is what a tree is grown from: one version or range of one product.
type Leaf struct {
	Vendor   string // "" stands for no branch of a vendor
	Product  string
	Category string // BranchVersion, BranchRange or "" for the product as a whole
	Version  string // name of that branch
	Helper   Helper
}

// Add grows the branches of a leaf and returns its product id. A leaf that is there already keeps its id.
func (t *ProductTree) Add(l Leaf) string {
	at := &t.Branches
	if l.Vendor != "" {
		at = &under(at, BranchVendor, l.Vendor).Branches
	}
	category, name := l.Category, l.Version
	if category == "" {
		category, name = BranchProduct, l.Product
	} else {
		at = &under(at, BranchProduct, l.Product).Branches
	}
	for _, b := range *at {
		if b.Product != nil && b.Category == category && b.Name == name {
			return b.Product.ProductID
		}
	}
	p := &Product{Name: l.name(), ProductID: fmt.Sprintf("CSAFPID-%04d", len(t.products())+1)}
	if h := l.Helper; h.CPE != "" || h.PURL != "" || len(h.ModelNumbers) > 0 {
		p.Helper = &h
	}
	*at = append(*at, &Branch{Category: category, Name: name, Product: p})
	return p.ProductID
}

// name is what people read: "Apache log4j-core 2.15.0".
func (l Leaf) name() string {
	parts := []string{l.Vendor, l.Product, l.Version}
	if l.Vendor == "" || strings.HasPrefix(l.Product, l.Vendor+" ") {
		parts = parts[1:]
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// under returns the branch that holds others, and grows it where there is none yet.
func under(at *[]*Branch, category, name string) *Branch {
	for _, b := range *at {
		if b.Product == nil && b.Category == category && b.Name == name {
			return b
		}
	}
	b := &Branch{Category: category, Name: name}
	*at = append(*at, b)
	return b
}

// products lists the products of the whole tree in the order of the document.
func (t *ProductTree) products() (out []Product) {
	if t == nil {
		return nil
	}
	walk(t.Branches, func(b *Branch) {
		if b.Product != nil {
			out = append(out, *b.Product)
		}
	})
	return append(out, t.FullProductNames...)
}

func walk(bs []*Branch, visit func(*Branch)) {
	for _, b := range bs {
		visit(b)
		walk(b.Branches, visit)
	}
}
