// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// contents is what a document says a product is made of, in the directory's terms. Components are sorted.
type contents struct {
	components []Component // without ids, each once
	edges      [][2]int    // by index in components, sorted, each once
	root       []bool      // by index in components
}

// contentsOf takes a document over. Files, keys and data sets that carry no identity are left out: no vulnerability is
// found by them. The document's own subject counts as a part of the product when it is a package of an ecosystem, and
// not the package that the product is registered as.
func contentsOf(doc sbom.Document, p Product) contents {
	doc = doc.Without(func(c sbom.Component) bool {
		return c.PURL == "" && c.CPE == "" && (c.Type == "file" || c.Type == "data" || c.Type == "cryptographic-asset")
	})
	all := make([]Component, 0, len(doc.Components)+1)
	for _, c := range doc.Components {
		all = append(all, componentOf(c))
	}
	root := make([]bool, len(all), len(all)+1)
	for _, i := range doc.Roots {
		root[i] = true
	}
	if c := componentOf(sbom.Component{Version: doc.RootVersion, PURL: doc.RootPURL}); packaged(c.PURL) && purlKey(c.PURL) != purlKey(p.PURL) {
		all, root = append(all, c), append(root, true)
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return byName(all[i], all[j]) })
	out, at := contents{}, make([]int, len(all))
	for _, i := range order {
		n := len(out.components)
		if n == 0 || byName(out.components[n-1], all[i]) != 0 {
			out.components, out.root = append(out.components, all[i]), append(out.root, false)
			n++
		}
		at[i] = n - 1
		out.root[n-1] = out.root[n-1] || root[i]
	}
	for _, e := range doc.Edges {
		if from, to := at[e[0]], at[e[1]]; from != to {
			out.edges = append(out.edges, [2]int{from, to})
		}
	}
	slices.SortFunc(out.edges, func(x, y [2]int) int { return slices.Compare(x[:], y[:]) })
	out.edges = slices.Compact(out.edges)
	return out
}

// packaged reports whether a package URL names a package of an ecosystem that OSV knows.
func packaged(text string) bool {
	p, err := purl.Parse(text)
	return err == nil && p.Ecosystem() != ""
}

// componentOf names a component as OSV would. A package URL that is none is passed over: the name still says something.
// Of its qualifiers only the distribution and the epoch are kept: one row serves all members, and others may name the
// servers and repositories of one. A CPE counts where no ecosystem's rules do.
func componentOf(c sbom.Component) Component {
	out := Component{Name: c.Name, Version: c.Version, CPE: cpeOf(c.CPE)}
	if c.Group != "" {
		out.Name = c.Group + "/" + c.Name
	}
	if c.PURL == "" {
		return out
	}
	p, err := purl.Parse(c.PURL)
	if err != nil && len(c.PURL) > purl.MaxLength {
		bare, _, _ := strings.Cut(c.PURL, "?")
		p, err = purl.Parse(bare)
	}
	if err != nil {
		return out
	}
	out.Ecosystem, out.Name, _ = strings.Cut(p.Key(), "/")
	if p.Version == "" {
		p.Version = c.Version
	}
	p.Subpath = ""
	maps.DeleteFunc(p.Qualifiers, func(k, _ string) bool { return k != "distro" && k != "epoch" })
	out.PURL, out.Version, out.Release = p.String(), p.Version, p.Release()
	if p.Ecosystem() != "" {
		out.CPE = ""
	}
	if e := p.Qualifiers["epoch"]; p.Type == "rpm" && e != "" && e != "0" && !strings.Contains(p.Version, ":") {
		out.Version = e + ":" + p.Version
	}
	return out
}

// Refused says in the reader's terms why a component list was not read: the fault of a *sbom.Refused.
func Refused(err error) error {
	var r *sbom.Refused
	switch {
	case !errors.As(err, &r):
		return err
	case r.Rule == sbom.Size:
		return &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"64 MiB"}}
	}
	where := r.Field
	if where == "" {
		where = "document"
	}
	return fault.FieldError("document", "product.sbom."+string(r.Rule), r.Example, where, max(r.Line, 1), r.Limit)
}
