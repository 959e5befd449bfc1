// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"regexp"
	"strconv"
	"strings"
)

// semverForm is a version of Semantic Versioning 2.0.0, without its build.
var semverForm = regexp.MustCompile(`^(v?)([0-9]+)\.([0-9]+)\.([0-9]{1,15})(-[0-9A-Za-z.-]+)?$`)

// After returns the least version that is newer than another, for formats that can say "from here on" but not "behind
// this": 1.2.4-0 behind 1.2.3 by SemVer; in natural order 3.0-a behind 3.0, and 5.7-dev behind 5.6.*. In natural order
// nothing that anybody writes lies between. ok is false for other schemes, and for what is no version.
func After(scheme, version string) (next string, ok bool) {
	version = strings.TrimSpace(version)
	v, err := Parse(scheme, version)
	switch {
	case err != nil || len(version)+8 > MaxLength:
		return "", false
	case v.family == Natural:
		return v.natural.after(version)
	}
	m := semverForm.FindStringSubmatch(version)
	if m == nil || !countsBySemVer(scheme) {
		return "", false
	}
	if m[5] != "" {
		return version + ".0", true
	}
	patch, _ := strconv.Atoi(m[4])
	return m[1] + m[2] + "." + m[3] + "." + strconv.Itoa(patch+1) + "-0", true
}

func countsBySemVer(scheme string) bool {
	scheme, _, _ = strings.Cut(scheme, ":")
	switch scheme {
	case "npm", "Go", "crates.io", "Hex", "SwiftURL", "Bitnami", "Julia":
		return true
	}
	return false
}

func (n natural) after(version string) (string, bool) {
	last := len(n) - 1
	if last < 0 || n[last].rank != wildcard {
		return version + "-a", true
	}
	// the number before the wildcard, and one more
	stem := Floor(version)
	digits := len(stem) - len(strings.TrimRight(stem, "0123456789"))
	number, err := strconv.Atoi(stem[len(stem)-digits:])
	if err != nil || digits > 15 || last == 0 || read(strings.ToLower(stem)).compare(n[:last].trimZeros()) != 0 {
		return "", false
	}
	return stem[:len(stem)-digits] + strconv.Itoa(number+1) + "-dev", true
}
