// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on names.
const (
	maxName  = 200 // bytes of one
	maxNames = 200 // of one record
	// maxJoins is how many further names make a record one vulnerability with others. One that gives more is a
	// collection: it is found by each of them, and joins nothing.
	maxJoins = 8
)

// fold is a name as it is compared: in capitals, without blanks around it. It is "" for what cannot be a name.
func fold(name string) string {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return ""
	}
	return strings.ToUpper(name)
}

// A name is one by which a record goes.
type name struct {
	folded, written string
	joins           bool
}

// names are the names of a record: its own, its aliases, and further ones by which it is only found.
func names(own string, aliases, found []string) (out []name) {
	seen := map[string]bool{}
	add := func(s string, joins bool) {
		f := fold(s)
		if f != "" && !seen[f] && len(out) < maxNames {
			seen[f] = true
			out = append(out, name{f, strings.TrimSpace(s), joins})
		}
	}
	if own != "" {
		add(own, true)
	}
	n := 0
	for _, a := range aliases {
		if f := fold(a); f != "" && !seen[f] {
			n++
		}
	}
	for _, a := range aliases {
		add(a, n <= maxJoins)
	}
	for _, f := range found {
		add(f, false)
	}
	return out
}

// numberings are the beginnings of names, the best known first.
var numberings = []string{"CVE-", "GHSA-", "CNVD-", "CNNVD-", "NVDB-", "EUVD-"}

// fame orders names: by how well known their numbering is, then by the text.
func fame(a, b string) int {
	rank := func(s string) int {
		for i, p := range numberings {
			if strings.HasPrefix(strings.ToUpper(s), p) {
				return i
			}
		}
		return len(numberings)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func sortNames(ns []string) { slices.SortFunc(ns, fame) }
