// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// types are the types of range specifiers with the schemes, OSV ecosystems, whose order they have.
var types = map[string]string{
	"alpine": "Alpine", "apk": "Alpine", "bitnami": "Bitnami", "cargo": "crates.io", "composer": "Packagist", "cran": "CRAN", "dart": "Pub", "deb": "Debian", "gem": "RubyGems",
	"githubactions": "npm", "golang": "Go", "hackage": "Hackage", "hex": "Hex", "julia": "Julia", "maven": "Maven", "npm": "npm", "nuget": "NuGet", "pub": "Pub", "pypi": "PyPI", "rpm": "Red Hat", "semver": "npm",
	"swift": "SwiftURL",
}

// SchemeOf returns the scheme, an OSV ecosystem, in whose order the versions of a type of range specifiers stand.
// It is Natural for those that have none, even where their ranges have an order of their own (alpm, conan, gentoo,
// datetime, intdot, lexicographic).
func SchemeOf(rangeType string) string { return types[rangeType] }

// An order compares two versions. It fails with ErrInvalid.
type order func(a, b string) (int, error)

// ordersOf returns the order of a type.
func ordersOf(rangeType string) order {
	switch rangeType {
	case "lexicographic":
		return func(a, b string) (int, error) { return strings.Compare(a, b), nil }
	case "datetime":
		return compareTimes
	case "intdot":
		return compareIntdot
	case "alpm":
		return checked(compareALPM)
	case "conan":
		return checked(compareConan)
	case "gentoo":
		return compareGentoo
	}
	scheme := SchemeOf(rangeType)
	return func(a, b string) (int, error) { return Compare(scheme, a, b) }
}

// errLetterCase: a time with a small t or z.
var errLetterCase = fmt.Errorf("vers: T and Z in capitals: %w", ErrInvalid)

// compareTimes compares instants of RFC 3339.
func compareTimes(a, b string) (int, error) {
	var at [2]time.Time
	for i, s := range []string{a, b} {
		if strings.ContainsAny(s, "tz") {
			return 0, errLetterCase
		}
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return 0, fmt.Errorf("vers: %w", ErrInvalid)
		}
		at[i] = t
	}
	return at[0].Compare(at[1]), nil
}

// compareIntdot compares numbers between dots, as far as there are any.
func compareIntdot(a, b string) (int, error) {
	var keys [2][]byte
	for i, s := range []string{a, b} {
		key, err := intdotKey(s)
		if err != nil {
			return 0, err
		}
		keys[i] = key
	}
	return strings.Compare(string(keys[0]), string(keys[1])), nil
}

var errIntdot = errors.New("vers: no number between dots")

func intdotKey(s string) (key []byte, err error) {
	if !plain(s) || len(s) > MaxLength {
		return nil, fmt.Errorf("%w: %w", errIntdot, ErrInvalid)
	}
	zeros := 0
	for {
		run, rest := digits(s)
		if run == "" {
			if len(key) == 0 && zeros == 0 {
				return nil, fmt.Errorf("%w: %w", errIntdot, ErrInvalid)
			}
			return append(key, 0), nil
		}
		if strings.Trim(run, "0") == "" {
			zeros++
		} else {
			for ; zeros > 0; zeros-- {
				key = append(key, 1)
			}
			key = appendNumber(key, 1, run)
		}
		if s = rest; s == "" || s[0] != '.' {
			return append(key, 0), nil
		}
		s = s[1:]
	}
}
