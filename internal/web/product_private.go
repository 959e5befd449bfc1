// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"

	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/web/look"
)

func (s *Server) private(v *view, id string) (x privateKnown, err error) {
	if x.Lists, err = s.Products.PrivateLists(v.Context(), v.Actor, id); err != nil {
		return x, err
	}
	x.Lists = slices.DeleteFunc(x.Lists, func(l product.PrivateList) bool { return !l.Current })
	if len(x.Lists) > 0 {
		x.Findings, err = s.Matches.PrivateOf(v.Context(), v.Actor, id)
	}
	return x, err
}

// hidden reports whether nothing but hashes is known of what a product is made of: to say that nothing was found in its
// lists would be wrong.
func (x productKnown) hidden(sboms []product.SBOM) bool {
	return len(sboms) == 0 && len(x.Private.Lists) > 0 && len(x.Findings) == 0
}

// parts is how many hidden components were compared.
func (x privateKnown) parts() (n int) {
	for _, l := range x.Lists {
		n += l.Parts
	}
	return n
}

// checks reports whether a version is hidden that nobody else has told of.
func (x privateKnown) checks() bool {
	return slices.ContainsFunc(x.Findings, func(f match.PrivateFinding) bool { return f.Found == "" })
}

func (v *view) privateState(f match.PrivateFinding) (tone, word string) {
	if f.Verdict == match.Check {
		return look.Wait, v.T("web.case.findings.check")
	}
	return look.Bad, v.T("web.known.affected")
}
