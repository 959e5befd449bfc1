// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"errors"
	"slices"
	"strings"
)

// Limits of a range specifier.
const (
	MaxRange       = 64 << 10 // bytes
	MaxConstraints = 4_000
)

// A Comparator says how a version lies to that of a constraint.
type Comparator string

// The comparators of a range specifier.
const (
	Equal          Comparator = "="
	NotEqual       Comparator = "!="
	Less           Comparator = "<"
	LessOrEqual    Comparator = "<="
	Greater        Comparator = ">"
	GreaterOrEqual Comparator = ">="
	Every          Comparator = "*" // without a version, and alone
)

func (c Comparator) lower() bool { return c == Greater || c == GreaterOrEqual }
func (c Comparator) upper() bool { return c == Less || c == LessOrEqual }

// A Constraint is one signpost of a range.
type Constraint struct {
	Comparator Comparator
	Version    string // decoded; "" for Every
}

// A Range is a version range specifier, "vers:npm/1.2.3|>=2.0.0|<5.0.0" (VERS, package-url/vers-spec). Its constraints
// are in the order of their versions.
type Range struct {
	Type        string // lower case: "npm", "deb", "generic"
	Constraints []Constraint
}

// A RangeRule names what a range specifier breaks.
type RangeRule string

// The rules of a range specifier.
const (
	RangeLength     RangeRule = "length"     // longer than MaxRange, or more constraints than MaxConstraints
	RangeSyntax     RangeRule = "syntax"     // not vers:type/constraints
	RangeEncoding   RangeRule = "encoding"   // a blank, something that is not visible ASCII, or an escape that is wrong or need not be
	RangePipes      RangeRule = "pipes"      // a pipe at the beginning or end, or two together
	RangeComparator RangeRule = "comparator" // no version behind a comparator, or a "*" that is not alone
	RangeVersion    RangeRule = "version"    // a version that its type cannot read
	RangeOrder      RangeRule = "order"      // constraints that are not sorted by version
	RangeTwice      RangeRule = "twice"      // a version that occurs twice
	RangeSequence   RangeRule = "sequence"   // comparators that leave a stretch empty or open it twice
)

// RefusedRange says why a text is no range specifier, or not in its one form.
type RefusedRange struct{ Rule RangeRule }

func (r *RefusedRange) Error() string {
	return "vers: not a version range specifier: " + string(r.Rule)
}

// ParseRange reads a range specifier that is in the one canonical form of the specification; it corrects nothing. Every
// error is a *RefusedRange.
func ParseRange(s string) (Range, error) {
	r, err := readRange(s, true)
	if err != nil {
		return Range{}, err
	}
	return r, r.Check()
}

// ReadRange reads what people write: blanks, constraints in any order and twice, letter case of the type, needless or
// missing escapes, superfluous or missing pipes, and bounds behind the type "all", in natural order, do no harm. What it reads means what Contains takes it for, and String writes it
// in canonical order. Every error is a *RefusedRange.
func ReadRange(s string) (Range, error) {
	r, err := readRange(s, false)
	if err != nil {
		return Range{}, err
	}
	return r, r.sort()
}

func readRange(s string, strict bool) (Range, error) {
	if len(s) > MaxRange {
		return Range{}, &RefusedRange{RangeLength}
	}
	if !strict {
		s = strings.Join(strings.Fields(s), "")
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7F {
			return Range{}, &RefusedRange{RangeEncoding}
		}
	}
	scheme, rest, ok := strings.Cut(s, ":")
	kind, list, ok2 := strings.Cut(rest, "/")
	if !strict {
		scheme, kind = strings.ToLower(scheme), strings.ToLower(kind)
	}
	if !ok || !ok2 || scheme != "vers" || !isType(kind) {
		return Range{}, &RefusedRange{RangeSyntax}
	}
	r := Range{Type: kind}
	if list == "*" {
		r.Constraints = []Constraint{{Comparator: Every}}
		return r, nil
	}
	if strings.Count(list, "|") >= MaxConstraints {
		return Range{}, &RefusedRange{RangeLength}
	}
	if !strict {
		list = spaced(list)
	}
	for c := range strings.SplitSeq(list, "|") {
		if c == "" && !strict {
			continue
		}
		if c == "" {
			return Range{}, &RefusedRange{RangePipes}
		}
		one, err := readConstraint(c, strict)
		if err != nil {
			return Range{}, err
		}
		r.Constraints = append(r.Constraints, one)
	}
	if len(r.Constraints) == 0 || kind == "none" || kind == "all" && strict {
		return Range{}, &RefusedRange{RangeComparator}
	}
	return r, nil
}

// spaced puts a pipe before every comparator that has none: ">=1.0<2.0".
func spaced(list string) string {
	var b strings.Builder
	for i := range len(list) {
		if c := list[i]; (c == '<' || c == '>' || c == '!') && i > 0 && list[i-1] != '|' {
			b.WriteByte('|')
		}
		b.WriteByte(list[i])
	}
	return b.String()
}

func isType(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' || i > 0 && (digit(c) || c == '.' || c == '-') {
			continue
		}
		return false
	}
	return s != ""
}

func readConstraint(s string, strict bool) (Constraint, error) {
	c := Constraint{Comparator: Equal}
	for _, op := range []Comparator{GreaterOrEqual, LessOrEqual, NotEqual, Greater, Less, Equal} {
		if rest, ok := strings.CutPrefix(s, string(op)); ok {
			if op == Equal && strict {
				return c, &RefusedRange{RangeComparator} // canonical is the version alone
			}
			c.Comparator, s = op, rest
			break
		}
	}
	if !strict {
		s = strings.TrimPrefix(s, "=") // ==
	}
	if s == "" || s == "*" {
		return c, &RefusedRange{RangeComparator}
	}
	version, err := unescape(s, strict)
	if err != nil {
		return c, err
	}
	if c.Version = version; strict && escape(version) != s {
		return c, &RefusedRange{RangeEncoding}
	}
	return c, nil
}

// reserved are the characters of a version that are always escaped.
const reserved = "><=!*|%"

// unescape decodes the escapes of a version, once.
func unescape(s string, strict bool) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 < len(s) {
			if hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		if strict {
			return "", &RefusedRange{RangeEncoding}
		}
		b.WriteByte('%')
	}
	return b.String(), nil
}

func hexDigit(c byte) int { return strings.IndexByte("0123456789ABCDEF", upperCase(c)) }

func upperCase(c byte) byte {
	if 'a' <= c && c <= 'f' {
		return c - 'a' + 'A'
	}
	return c
}

// escape writes a version as it stands in a specifier.
func escape(v string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(v) {
		if c := v[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(reserved, c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// String writes the specifier, in the order in which the constraints stand.
func (r Range) String() string {
	var b strings.Builder
	b.WriteString("vers:" + r.Type + "/")
	for i, c := range r.Constraints {
		if i > 0 {
			b.WriteByte('|')
		}
		if c.Comparator != Equal {
			b.WriteString(string(c.Comparator))
		}
		b.WriteString(escape(c.Version))
	}
	return b.String()
}

// sort brings the constraints into the order of their versions; those of one version stay as they stand.
func (r Range) sort() error {
	order := ordersOf(r.Type)
	var bad error
	slices.SortStableFunc(r.Constraints, func(a, b Constraint) int {
		n, err := order(a.Version, b.Version)
		if err != nil {
			bad = &RefusedRange{RangeVersion}
		}
		return n
	})
	if len(r.Constraints) == 1 && r.Constraints[0].Comparator != Every {
		if _, err := order(r.Constraints[0].Version, r.Constraints[0].Version); err != nil {
			return &RefusedRange{RangeVersion}
		}
	}
	return bad
}

// Check holds r to the rules of the canonical form: sorted, each version once, and comparators that follow each other as
// they may: the bounds by turns, and a single version only outside of a stretch. Its error is a *RefusedRange.
func (r Range) Check() error {
	if len(r.Constraints) == 1 && r.Constraints[0].Comparator == Every {
		return nil
	}
	order := ordersOf(r.Type)
	var bound, last Comparator // the last that is a bound, and the last that is not NotEqual
	for i, c := range r.Constraints {
		if _, err := order(c.Version, c.Version); err != nil {
			if errors.Is(err, errLetterCase) {
				return &RefusedRange{RangeEncoding}
			}
			return &RefusedRange{RangeVersion}
		}
		if i > 0 {
			switch n, err := order(r.Constraints[i-1].Version, c.Version); {
			case err != nil:
				return &RefusedRange{RangeVersion}
			case n > 0:
				return &RefusedRange{RangeOrder}
			case n == 0:
				return &RefusedRange{RangeTwice}
			}
		}
		switch {
		case c.Comparator == Every:
			return &RefusedRange{RangeComparator}
		case c.Comparator == NotEqual:
			continue
		case last == Equal && c.Comparator.upper(),
			last.lower() && c.Comparator == Equal,
			c.Comparator.lower() && bound.lower(), c.Comparator.upper() && bound.upper():
			return &RefusedRange{RangeSequence}
		}
		if last = c.Comparator; c.Comparator != Equal {
			bound = c.Comparator
		}
	}
	return nil
}

// Contains reports whether version is in the range, by the procedure of the specification. It fails with ErrInvalid.
func (r Range) Contains(version string) (bool, error) {
	if len(r.Constraints) == 1 && r.Constraints[0].Comparator == Every {
		return r.Type != "none", nil
	}
	order := ordersOf(r.Type)
	bounds := make([]Constraint, 0, len(r.Constraints))
	signs := make([]int, 0, len(r.Constraints)) // of how version lies to each bound
	in, out := false, false
	for _, c := range r.Constraints {
		n, err := order(version, c.Version)
		if err != nil {
			return false, err
		}
		switch c.Comparator {
		case Equal:
			in = in || n == 0
		case NotEqual:
			out = out || n == 0
		default:
			in = in || n == 0 && (c.Comparator == LessOrEqual || c.Comparator == GreaterOrEqual)
			bounds, signs = append(bounds, c), append(signs, n)
		}
	}
	if in || out {
		return in, nil
	}
	for i, c := range bounds {
		last := i == len(bounds)-1
		switch {
		case i == 0 && c.Comparator.upper() && signs[i] < 0, last && c.Comparator.lower() && signs[i] > 0:
			return true, nil
		case !last && c.Comparator.lower() && bounds[i+1].Comparator.upper() && signs[i] > 0 && signs[i+1] < 0:
			return true, nil
		}
	}
	return false, nil
}
