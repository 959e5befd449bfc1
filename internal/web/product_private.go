// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"

	"github.com/fengsui/fengsui/internal/product"
)

func (s *Server) private(v *view, id string) (x privateKnown, err error) {
	if x.Lists, err = s.Products.PrivateLists(v.Context(), v.Actor, id); err != nil {
		return x, err
	}
	x.Lists = slices.DeleteFunc(x.Lists, func(l product.PrivateList) bool { return !l.Current })
	return x, nil
}

// components is how many hidden components were compared.
func (x privateKnown) components() (n int) {
	for _, l := range x.Lists {
		n += l.Components
	}
	return n
}

// earlier are the versions of the product whose lists were hidden by an earlier recipe.
func (x privateKnown) earlier() (versions []string) {
	for _, l := range x.Lists {
		if l.Earlier() {
			versions = append(versions, l.Version)
		}
	}
	return versions
}
