// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/spec/bound"
)

// VEX is what somebody's document says of how products stand to vulnerabilities (profile csaf_vex, section 4.5; an
// advisory says as much of the products that it names).
type VEX struct {
	ID, Publisher string
	At            time.Time // of the current release
	Products      []VEXProduct
	Statements    []VEXStatement
}

// A VEXProduct is a product of the tree, or, where a relationship puts one into another, the part of the whole.
type VEXProduct struct {
	Vendor, Product, Version string // by the branches above it, or ""
	Range                    string // of versions, in place of one: a vers, or words ("<3.2")
	Name                     string // for people
	PURLs                    []string
	CPE                      string
	Models                   []string
	Part                     *VEXProduct // the component, where the statement is about a component of this product
}

// The statuses of a VEXStatement.
const (
	VEXAffected           = "affected"
	VEXNotAffected        = "not_affected"
	VEXFixed              = "fixed"
	VEXUnderInvestigation = "under_investigation"
)

// A VEXStatement says one thing of one vulnerability in one product.
type VEXStatement struct {
	Vulnerability string
	Aliases       []string
	Status        string
	Label         string // of a flag: why it is not affected, or ""
	Detail        string // threat of the category impact, or remediation, or ""
	Product       int    // in VEX.Products
}

// Reasons for which a document says nothing of products.
var (
	ErrNoStatements = errors.New("csaf: no product status of a product that the tree names")
	ErrStatements   = fmt.Errorf("csaf: more than %d statements", maxVEXStatements)
)

// Limits of what is kept of a document.
const (
	maxVEXStatements = 200_000
	maxVEXText       = 16 << 10 // bytes
	maxVEXName       = 2048     // bytes
)

type vexDocument struct {
	Document struct {
		CSAFVersion string    `json:"csaf_version"`
		Publisher   Publisher `json:"publisher"`
		Tracking    struct {
			ID                 string `json:"id"`
			CurrentReleaseDate Moment `json:"current_release_date"`
		} `json:"tracking"`
	} `json:"document"`
	ProductTree struct {
		Branches         []vexBranch `json:"branches"`
		FullProductNames []vexName   `json:"full_product_names"`
		ProductGroups    []struct {
			GroupID    string   `json:"group_id"`
			ProductIDs []string `json:"product_ids"`
		} `json:"product_groups"`
		Relationships []struct {
			FullProductName vexName `json:"full_product_name"`
			Category        string  `json:"category"`
			Product         string  `json:"product_reference"`
			RelatesTo       string  `json:"relates_to_product_reference"`
		} `json:"relationships"`
		ProductPaths []struct { // of 2.1, in the place of relationships
			Beginning       string  `json:"beginning_product_reference"`
			FullProductName vexName `json:"full_product_name"`
			Subpaths        []struct {
				Category string `json:"category"`
				Next     string `json:"next_product_reference"`
			} `json:"subpaths"`
		} `json:"product_paths"`
	} `json:"product_tree"`
	Vulnerabilities []struct {
		CVE           string         `json:"cve"`
		IDs           []ID           `json:"ids"`
		Flags         []vexRemark    `json:"flags"`
		Threats       []vexRemark    `json:"threats"`
		Remediations  []vexRemark    `json:"remediations"`
		ProductStatus *ProductStatus `json:"product_status"`
	} `json:"vulnerabilities"`
}

type vexBranch struct {
	Branches []vexBranch `json:"branches"`
	Category string      `json:"category"`
	Name     string      `json:"name"`
	Product  *vexName    `json:"product"`
}

type vexName struct {
	Name      string `json:"name"`
	ProductID string `json:"product_id"`
	Helper    struct {
		CPE    string   `json:"cpe"`
		Models []string `json:"model_numbers"`
		PURL   string   `json:"purl"`
		PURLs  []string `json:"purls"` // 2.1
	} `json:"product_identification_helper"`
}

// A vexRemark is a flag, a threat or a remediation of products.
type vexRemark struct {
	Label    string   `json:"label"`
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
	Groups   []string `json:"group_ids"`
}

// ReadVEX reads what a document in CSAF 2.0 or 2.1 says of products, within bounds.
func ReadVEX(b []byte) (VEX, error) {
	var d vexDocument
	if err := bound.Document.Check(b); err != nil {
		return VEX{}, fmt.Errorf("csaf: %w", err)
	}
	if err := json.Unmarshal(b, &d); err != nil {
		return VEX{}, ErrSyntax
	}
	out := VEX{ID: strings.TrimSpace(d.Document.Tracking.ID), Publisher: strings.TrimSpace(d.Document.Publisher.Name), At: d.Document.Tracking.CurrentReleaseDate.Time}
	switch {
	case d.Document.CSAFVersion != "2.0" && d.Document.CSAFVersion != "2.1":
		return VEX{}, ErrVersion
	case out.ID == "" || out.Publisher == "" || len(out.ID)+len(out.Publisher) > maxVEXName:
		return VEX{}, ErrID
	}
	at := out.name(d)
	groups := map[string][]string{}
	for _, g := range d.ProductTree.ProductGroups {
		groups[g.GroupID] = g.ProductIDs
	}
	work := 0
	for _, v := range d.Vulnerabilities {
		var names []string
		for _, n := range append([]ID{{Text: v.CVE}}, v.IDs...) {
			if n.Text = strings.TrimSpace(n.Text); n.Text != "" && len(n.Text) <= 256 && !slices.Contains(names, n.Text) && len(names) < 100 {
				names = append(names, n.Text)
			}
		}
		if len(names) == 0 || v.ProductStatus == nil {
			continue
		}
		labels, impacts, mends := remarks(v.Flags, groups, &work), remarks(impacts(v.Threats), groups, &work), remarks(v.Remediations, groups, &work)
		s := v.ProductStatus
		for _, list := range []struct {
			status   string
			products [][]string
		}{{VEXAffected, [][]string{s.KnownAffected, s.FirstAffected, s.LastAffected}}, {VEXNotAffected, [][]string{s.KnownNotAffected}},
			{VEXFixed, [][]string{s.Fixed, s.FirstFixed}}, {VEXUnderInvestigation, [][]string{s.UnderInvestigation}}} {
			for _, id := range slices.Concat(list.products...) {
				p, ok := at[id]
				if !ok {
					continue
				}
				x := VEXStatement{Vulnerability: names[0], Aliases: names[1:], Status: list.status, Product: p, Detail: mends[id].Details}
				if list.status == VEXNotAffected {
					x.Label, x.Detail = labels[id].Label, impacts[id].Details
				}
				x.Detail = cut(x.Detail)
				if out.Statements = append(out.Statements, x); len(out.Statements) > maxVEXStatements {
					return VEX{}, ErrStatements
				}
			}
		}
	}
	if len(out.Statements) == 0 {
		return VEX{}, ErrNoStatements
	}
	return out, nil
}

// cut bounds a text that is shown to people.
func cut(s string) string {
	if s = strings.TrimSpace(s); len(s) > maxVEXText {
		s = strings.ToValidUTF8(s[:maxVEXText], "") + "…"
	}
	return s
}

func impacts(threats []vexRemark) (out []vexRemark) {
	for _, t := range threats {
		if t.Category == Impact {
			out = append(out, t)
		}
	}
	return out
}

// maxVEXWork bounds how many products of remarks are looked at: groups may be named again and again.
const maxVEXWork = 2_000_000

// remarks sorts remarks by product, the first of each. A remark without a product explains no single one.
func remarks(rs []vexRemark, groups map[string][]string, work *int) map[string]vexRemark {
	out := map[string]vexRemark{}
	take := func(ids []string, r vexRemark) {
		for _, id := range ids {
			if *work++; *work > maxVEXWork {
				return
			}
			if _, ok := out[id]; !ok {
				out[id] = r
			}
		}
	}
	for _, r := range rs {
		take(r.Products, r)
		for _, g := range r.Groups {
			take(groups[g], r)
		}
	}
	return out
}

// name takes over the products of the tree and returns where each id stands. Where a relationship says that a product is a
// component of another, its product is the whole with the part in it.
func (x *VEX) name(d vexDocument) map[string]int {
	at := map[string]int{}
	add := func(id string, p VEXProduct) {
		if _, ok := at[id]; ok || id == "" {
			return
		}
		if len(p.Vendor)+len(p.Product)+len(p.Version)+len(p.Range)+len(p.Name)+len(p.CPE) > maxVEXName {
			return
		}
		p.PURLs = slices.DeleteFunc(p.PURLs, func(s string) bool { return s == "" || len(s) > maxVEXName })
		at[id] = len(x.Products)
		x.Products = append(x.Products, p)
	}
	of := func(n vexName, p VEXProduct) VEXProduct {
		h := n.Helper
		p.Name, p.CPE, p.PURLs, p.Models = n.Name, h.CPE, append([]string{h.PURL}, h.PURLs...), h.Models
		return p
	}
	var walk func(bs []vexBranch, p VEXProduct)
	walk = func(bs []vexBranch, p VEXProduct) {
		for _, b := range bs {
			p := p
			switch b.Category {
			case BranchVendor:
				p.Vendor = b.Name
			case BranchProduct:
				p.Product = b.Name
			case BranchVersion:
				p.Version = b.Name
			case BranchRange:
				p.Range = b.Name
			}
			if b.Product != nil {
				add(b.Product.ProductID, of(*b.Product, p))
			}
			walk(b.Branches, p)
		}
	}
	walk(d.ProductTree.Branches, VEXProduct{})
	for _, n := range d.ProductTree.FullProductNames {
		add(n.ProductID, of(n, VEXProduct{}))
	}
	relate := func(n vexName, category, part, whole string) {
		w, ok := at[whole]
		p, known := at[part]
		if !ok || !known {
			return
		}
		both := x.Products[p] // a program on a system is the program
		switch category {
		case "default_component_of", "optional_component_of", "external_component_of":
			piece := both
			piece.Part = nil
			both = x.Products[w]
			both.Part = &piece
		}
		both.Name = n.Name
		add(n.ProductID, both)
	}
	for range 3 { // a relationship may stand before the one that it builds on
		for _, r := range d.ProductTree.Relationships {
			relate(r.FullProductName, r.Category, r.Product, r.RelatesTo)
		}
		for _, p := range d.ProductTree.ProductPaths {
			if n := len(p.Subpaths); n > 0 {
				relate(p.FullProductName, p.Subpaths[n-1].Category, p.Beginning, p.Subpaths[n-1].Next)
			}
		}
	}
	return at
}
