// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import "strings"

// maxComponentCPE bounds the CPE of a component, in bytes: it is part of an index.
const maxComponentCPE = 600

// cpeOf is a CPE 2.3 in lower case, or "" when the text is none.
func cpeOf(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > maxComponentCPE || !wellFormedCPE(text) {
		return ""
	}
	return text
}

// cpeName is the part, vendor and product of a CPE 2.3, or "" without one: what records are looked up by.
func cpeName(cpe string) string {
	rest, ok := strings.CutPrefix(strings.ToLower(cpe), "cpe:2.3:")
	if !ok {
		return ""
	}
	colons := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case ':':
			if colons++; colons == 3 {
				return rest[:i]
			}
		}
	}
	return ""
}
