// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// A Scheme is one version of the weights: what counts, how much, and which score gives which level. It is data, with
// tests of its own.
type Scheme struct {
	Schema   string
	ID       string
	Version  string
	Title    Text
	Note     Text
	Years    Years
	Term     int // working days in which a unit may object
	Levels   []Level
	Criteria []*Criterion
	Tests    []Test

	text []byte
}

// Text is a text in both languages.
type Text struct{ ZH, EN string }

// In is the text in a language.
func (t Text) In(p i18n.Printer) string { return p.Pick(t.ZH, t.EN) }

// Years are those to which a scheme applies; To is 0 while there is no later one.
type Years struct{ From, To int }

// Level says from which score on a unit is of a level.
type Level struct {
	Level int
	From  Milli
}

// Kinds of criteria.
const (
	KindCount  = "count"  // points grow with what was done, up to a target
	KindShare  = "share"  // points by the average over rows that the unit did not choose; none: the criterion does not apply
	KindClean  = "clean"  // full points, less what each row costs
	KindDeduct = "deduct" // points taken off the score, up to a cap
)

// A Criterion is one line of the score.
type Criterion struct {
	ID      string
	Title   Text
	Text    Text
	Measure string
	Kind    string
	Points  Milli            // at most; of a deduction its cap
	Target  Milli            // of a count: what gives all points
	Days    int              // the measure's term, where it has one
	Roles   []string         // of organisations to which it applies; none: to all
	Values  map[string]Milli // what a row with this outcome is worth, or costs
}

// Applies reports whether the criterion is for an organisation with these roles.
func (c *Criterion) Applies(roles []member.OrgRole) bool {
	return len(c.Roles) == 0 || slices.ContainsFunc(roles, func(r member.OrgRole) bool { return slices.Contains(c.Roles, string(r)) })
}

// A Test is an example that stands in the scheme: so many rows of an outcome, and what they come to.
type Test struct {
	Name  string
	Roles []string
	Rows  map[string]map[string]int // criterion → outcome → how many
	Want  Want
	line  int
}

// Want is what a test expects.
type Want struct {
	Score    Milli
	Level    int
	Criteria map[string]Milli
}

// Milli is a number with at most three decimals, in thousandths: scores are whole numbers, so that they are the same on
// every machine.
type Milli int64

// String writes the number without needless zeros.
func (m Milli) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	s := fmt.Sprintf("%s%d.%03d", sign, m/1000, m%1000)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

// Ref names this version: "partner@1.0.0".
func (s *Scheme) Ref() string { return s.ID + "@" + s.Version }

// Digest is hex(SHA-256) of the scheme's text.
func (s *Scheme) Digest() string {
	h := sha256.Sum256(s.text)
	return hex.EncodeToString(h[:])
}

// Source is the scheme's text.
func (s *Scheme) Source() []byte { return slices.Clone(s.text) }

// Criterion is the criterion with an id, or nil.
func (s *Scheme) Criterion(id string) *Criterion {
	i := slices.IndexFunc(s.Criteria, func(c *Criterion) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return s.Criteria[i]
}

//go:embed schemes/*.yaml
var files embed.FS

// Builtin are the schemes of this version of the platform, by their file names. Schemes are never changed, only followed by
// others: old evaluations stay recomputable.
var Builtin = sync.OnceValue(func() []*Scheme {
	entries, err := files.ReadDir("schemes")
	if err != nil {
		panic(err)
	}
	var out []*Scheme
	for _, e := range entries {
		b, err := files.ReadFile("schemes/" + e.Name())
		if err != nil {
			panic(err)
		}
		s, err := Parse(e.Name(), b)
		if err != nil {
			panic(err) // the tests of this package say so first
		}
		out = append(out, s)
	}
	return out
})

// For is the scheme of a year, the newest version of those that apply.
func For(year int) *Scheme {
	var out *Scheme
	for _, s := range Builtin() {
		if year >= s.Years.From && (s.Years.To == 0 || year <= s.Years.To) && (out == nil || newer(s.Version, out.Version)) {
			out = s
		}
	}
	return out
}

// lookup is the scheme with a reference, or nil.
func lookup(ref string) *Scheme {
	for _, s := range Builtin() {
		if s.Ref() == ref {
			return s
		}
	}
	return nil
}
