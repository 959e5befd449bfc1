// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/spec/gbt30279"
)

// national is the grade after GB/T 30279 that stands beside CVSS.
func national(c Content) (g casework.Grade, ok bool) {
	i := slices.IndexFunc(c.Grades, func(g casework.Grade) bool { return strings.HasPrefix(g.Scheme, "gbt30279") })
	if i < 0 || c.Technical == "" {
		return g, false
	}
	return c.Grades[i], true
}

// grade writes a grade in both languages: "超危 (critical)".
func grade(word string) string {
	if zh := gbt30279.Grade(word).Chinese(); zh != "" {
		return zh + " (" + word + ")"
	}
	return word
}

// newest keeps the last grade of each scheme, without the reasons, which stay in the case.
func newest(grades []casework.Grade) (out []casework.Grade) {
	at := map[string]int{}
	for _, g := range grades {
		g.Rationale, g.AccountID = "", ""
		if i, ok := at[g.Scheme]; ok {
			if !g.At.Before(out[i].At) {
				out[i] = g
			}
			continue
		}
		at[g.Scheme] = len(out)
		out = append(out, g)
	}
	return out
}
