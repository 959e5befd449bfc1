// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/csaf"
	"github.com/fengsui/fengsui/internal/spec/purl"
)

// products is a product tree with what became of its leaves. Every id stands in one of the lists, but for fixed, whose
// ids stand in neither of the others.
type products struct {
	tree                   csaf.ProductTree
	affected, fixed, asked []string
}

// targets are the ids that advice, scores and threats speak of.
func (p products) targets() []string { return append(slices.Clone(p.affected), p.asked...) }

// tree grows the product tree of what an advisory says is affected. An advisory that names no product speaks of one by
// its title and says that it is looked into.
func tree(c Content) (p products) {
	for _, a := range c.Affected {
		p.add(a, c.Title)
	}
	if len(p.affected) == 0 {
		p.asked = []string{p.tree.Add(csaf.Leaf{Product: cmpOr(c.Title, c.Number)})}
	}
	p.fixed = slices.DeleteFunc(p.fixed, func(id string) bool { return slices.Contains(p.affected, id) })
	return p
}

func (p *products) add(a report.Affected, title string) {
	leaf, pkg, isPackage := named(a, title)
	put := func(list *[]string, category, version string) {
		l := leaf
		l.Category, l.Version = category, version
		if isPackage {
			of := pkg
			if of.Version = ""; category == csaf.BranchVersion {
				of.Version = version
			}
			if url := of.String(); readable(url) {
				l.Helper.PURL = url
			}
		}
		if id := p.tree.Add(l); !slices.Contains(*list, id) {
			*list = append(*list, id)
		}
	}
	for _, v := range listed(a, pkg) {
		category := csaf.BranchVersion
		if csaf.IsRange(v) || strings.Contains(v, "*") {
			category = csaf.BranchRange
		}
		put(&p.affected, category, v)
	}
	switch span := span(a); {
	case span != "" && isPackage:
		put(&p.affected, csaf.BranchRange, "vers:"+pkg.Type+"/"+span)
	case span != "":
		put(&p.affected, csaf.BranchRange, span)
	case len(listed(a, pkg)) == 0:
		put(&p.affected, "", "")
	}
	if strings.TrimSpace(a.Fixed) != "" && !csaf.IsRange(a.Fixed) {
		put(&p.fixed, csaf.BranchVersion, a.Fixed)
	}
}

// readable: a version can be such that a package URL with it is none.
func readable(url string) bool {
	_, err := purl.Parse(url)
	return err == nil
}

// named says how the branches above a product's versions are called.
func named(a report.Affected, title string) (l csaf.Leaf, pkg purl.Package, isPackage bool) {
	pkg, err := purl.Parse(a.PURL)
	isPackage = a.PURL != "" && err == nil
	l.Vendor, l.Product = strings.TrimSpace(a.Vendor), strings.TrimSpace(a.Product)
	if isPackage {
		l.Vendor, l.Product = cmpOr(l.Vendor, pkg.Namespace), cmpOr(l.Product, pkg.Name)
	}
	if a.Model != "" && !strings.HasSuffix(l.Product, a.Model) {
		l.Product = strings.TrimSpace(l.Product + " " + a.Model)
	}
	if a.Model != "" {
		l.Helper.ModelNumbers = []string{a.Model}
	}
	l.Product = cmpOr(l.Product, a.PURL, l.Vendor, title, "-")
	return l, pkg, isPackage
}

// listed is the versions that are affected one by one.
func listed(a report.Affected, pkg purl.Package) (out []string) {
	out = slices.DeleteFunc(slices.Clone(a.Versions), func(v string) bool { return strings.TrimSpace(v) == "" })
	if len(out) == 0 && pkg.Version != "" && span(a) == "" {
		out = []string{pkg.Version}
	}
	return out
}

// span writes a range as the constraints of a vers, which alone are a vls: ">=2.0-beta9|<2.15.0"; "" where none is told.
func span(a report.Affected) string {
	var parts []string
	if a.Introduced != "" && a.Introduced != "0" {
		parts = append(parts, ">="+escape(a.Introduced))
	}
	switch {
	case a.Fixed != "":
		parts = append(parts, "<"+escape(a.Fixed))
	case a.LastAffected != "":
		parts = append(parts, "<="+escape(a.LastAffected))
	case a.Introduced == "0":
		return "*"
	}
	return strings.Join(parts, "|")
}

// escape percent-encodes what would be read as part of a vers.
func escape(version string) string {
	var b strings.Builder
	for _, c := range []byte(version) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(".-_~:", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// cmpOr returns the first text that is not blank.
func cmpOr(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}
