// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"strings"

	"github.com/fengsui/fengsui/internal/spec/cpe"
)

// maxComponentCPE bounds the CPE of a component, in bytes: it is part of an index.
const maxComponentCPE = 600

// cpeOf is a CPE as a formatted string of version 2.3, or "" when the text is none.
func cpeOf(text string) string {
	if text == "" {
		return ""
	}
	n, err := cpe.Parse(text)
	if err != nil {
		return ""
	}
	if text = n.String(); len(text) > maxComponentCPE {
		return ""
	}
	return text
}

// cpeName is the part, vendor and product of a CPE, or "" without one: what records are looked up by.
func cpeName(text string) string {
	if text == "" {
		return ""
	}
	n, err := cpe.Parse(text)
	if err != nil {
		return ""
	}
	return n.Key()
}

// WareOf is what a component without an ecosystem is looked up by as a vendor's product, or "" when its name tells no
// vendor.
func WareOf(ecosystem, name string) string {
	vendor, name, ok := strings.Cut(name, "/")
	if ecosystem != "" || !ok || Key(vendor) == "" || Key(name) == "" {
		return ""
	}
	return Key(vendor) + "/" + Key(name)
}
