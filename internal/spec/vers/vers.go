// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package vers puts versions in order, by the rules of the ecosystem that counts them or, where there is none, by a
// natural order that reads firmware and product versions as people do.
package vers

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// MaxLength is the longest version, in bytes, that is read.
const MaxLength = 256

// Natural is the scheme of things that belong to no ecosystem.
const Natural = ""

// Errors of reading and comparing.
var (
	// ErrInvalid: the text is no version of the scheme: empty, too long, without any digit ("latest", "NOASSERTION"),
	// or against the scheme's own grammar.
	ErrInvalid = errors.New("not a version")
	// ErrScheme: the two versions are counted by different schemes.
	ErrScheme = errors.New("versions of different schemes")
)

// A Version is a version that has been read and can be compared many times. The zero Version compares with nothing.
type Version struct {
	family  string // one of the ecosystems that count alike, "" for the natural order
	text    string
	key     []byte           // nil where it has none
	native  semantic.Version // in its place
	natural natural          // of the natural order
}

// Known reports whether scheme, an OSV ecosystem name with or without a suffix (":12"), has rules of its own.
// What has none is put in natural order.
func Known(scheme string) bool {
	return familyOf(scheme) != Natural
}

// familyOf returns one name for the ecosystems that count by the same rules.
func familyOf(scheme string) string {
	scheme, _, _ = strings.Cut(scheme, ":")
	return keys[scheme].family
}

// Parse reads a version of scheme, an OSV ecosystem name with or without a suffix, or Natural.
// It fails with ErrInvalid; the error does not repeat the version.
func Parse(scheme, version string) (Version, error) {
	if len(version) > MaxLength {
		return Version{}, fmt.Errorf("vers: %w", ErrInvalid)
	}
	version = strings.TrimSpace(strings.Map(halfWidth, version))
	if !strings.ContainsAny(version, "0123456789") {
		return Version{}, fmt.Errorf("vers: %w", ErrInvalid)
	}
	family := familyOf(scheme)
	if family == Natural {
		return Version{natural: read(version)}, nil
	}
	v := Version{family: family, text: version}
	var ok bool
	if v.key, ok = Key(family, version); ok {
		return v, nil
	}
	native, err := semantic.Parse(version, family)
	if err != nil {
		return Version{}, fmt.Errorf("vers: %w of %s", ErrInvalid, scheme)
	}
	v.native = native
	return v, nil
}

// Compare returns -1, 0 or +1 as v is older than, the same as or newer than w.
// It fails with ErrScheme, or with ErrInvalid where the scheme notices only now that a version is none.
func (v Version) Compare(w Version) (int, error) {
	switch {
	case v.natural != nil && w.natural != nil:
		return v.natural.compare(w.natural), nil
	case v.family != w.family || v.family == Natural:
		return 0, fmt.Errorf("vers: %w", ErrScheme)
	case v.key != nil && w.key != nil:
		return bytes.Compare(v.key, w.key), nil
	case v.family == maven && isASCII(v.text) && isASCII(w.text):
		return compareMaven(v.text, w.text), nil
	}
	a, err := v.parsed()
	if err != nil {
		return 0, err
	}
	b, err := w.parsed()
	if err != nil {
		return 0, err
	}
	n, err := a.Compare(b)
	if err != nil {
		return 0, fmt.Errorf("vers: %w", ErrInvalid)
	}
	return cmp.Compare(n, 0), nil
}

// parsed is v as the library reads it.
func (v Version) parsed() (semantic.Version, error) {
	if v.native != nil {
		return v.native, nil
	}
	native, err := semantic.Parse(v.text, v.family)
	if err != nil {
		return nil, fmt.Errorf("vers: %w", ErrInvalid)
	}
	return native, nil
}

// Compare reads and compares two versions of scheme: -1, 0 or +1 as a is older than, the same as or newer than b.
// Its errors are those of Parse and Version.Compare.
func Compare(scheme, a, b string) (int, error) {
	v, err := Parse(scheme, a)
	if err != nil {
		return 0, err
	}
	w, err := Parse(scheme, b)
	if err != nil {
		return 0, err
	}
	return v.Compare(w)
}
