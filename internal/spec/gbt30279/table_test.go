// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package gbt30279

import (
	"testing"

	"pgregory.net/rapid"
)

// What a page shows as the cell that decided is the grade that was given.
func TestTablesAgreeWithGrading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var v Vector
		for i, field := range v.fields() {
			at := rapid.IntRange(0, len(metrics[i].values)-1).Draw(t, metrics[i].name)
			*field = metrics[i].values[at : at+1]
		}
		c, err := v.Composite()
		if err != nil {
			return // no impact at all
		}
		if g := TechnicalAt(c.Technical.Impact, c.Technical.Exploitability); g != c.Technical.Grade {
			t.Errorf("%s is %s by its numbers, %s by the table", v, c.Technical.Grade, g)
		}
		if g := CompositeAt(c.Technical.Grade, c.Environment); g != c.Grade {
			t.Errorf("%s is %s by its numbers, %s by the table", v, c.Grade, g)
		}
	})
}

func TestOutsideOfTheTables(t *testing.T) {
	for _, g := range []Grade{TechnicalAt(0, 1), TechnicalAt(1, 10), CompositeAt(Critical, 0), CompositeAt(Critical, 10), CompositeAt("", 1)} {
		if g != "" {
			t.Errorf("a cell outside of the tables is %s", g)
		}
	}
}
