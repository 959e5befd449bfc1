// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"testing"

	"github.com/fengsui/fengsui/internal/product"
)

// The page says which lists were hidden by an earlier recipe, and counts components, however many parts they have.
func TestListsByAnEarlierRecipe(t *testing.T) {
	x := privateKnown{Lists: []product.PrivateList{{Version: "1.0", Recipe: product.Recipe - 1, Components: 3, Parts: 3}, {Version: "2.0", Recipe: product.Recipe, Components: 2, Parts: 5}}}
	if got := x.earlier(); !slices.Equal(got, []string{"1.0"}) || x.components() != 5 {
		t.Errorf("%q, %d components", got, x.components())
	}
}
