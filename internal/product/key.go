// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/fengsui/fengsui/internal/spec/purl"
)

// Key folds a vendor's, a product's or a model's name, so that two spellings of one name have the same key: full-width
// and half-width forms, upper and lower case, blanks, hyphens and underscores ("ＸＲ－5600", "xr_5600" and "XR 5600"), and
// blanks beside Chinese characters, which people set or leave out ("天工 ERP", "天工ERP"). It is "" for a name without
// a letter, digit or symbol.
func Key(name string) string {
	name = cases.Fold().String(norm.NFKC.String(strings.ToValidUTF8(name, "")))
	var b strings.Builder
	var last rune
	gap := false
	for _, r := range norm.NFKC.String(name) {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '_', r == '\u2212':
			gap = true
			continue
		case unicode.In(r, unicode.C): // zero-width and control characters
			continue
		}
		if gap && last != 0 && !unicode.Is(unicode.Han, last) && !unicode.Is(unicode.Han, r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last, gap = r, false
	}
	return b.String()
}

// purlKey is the key of the package that a package URL names, or "" when it names none.
func purlKey(text string) string {
	if text == "" {
		return ""
	}
	p, err := purl.Parse(text)
	if err != nil {
		return ""
	}
	return p.Key()
}
