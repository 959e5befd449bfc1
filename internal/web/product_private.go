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

// parts is how many hidden components were compared.
func (x privateKnown) parts() (n int) {
	for _, l := range x.Lists {
		n += l.Parts
	}
	return n
}
