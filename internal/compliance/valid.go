// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/fault"
)

// Limits, in characters.
const (
	maxText     = 20000
	maxRef      = 500
	maxEvidence = 100
)

// form checks input and cleans it on the way.
type form struct{ fault.Check }

// text is a text of several lines that must be there.
func (f *form) text(name, v string) string {
	v = strings.TrimSpace(v)
	f.That(v != "", name, "rule.required", "")
	f.That(plain(v), name, "member.rule.characters", "")
	f.That(utf8.RuneCountInString(v) <= maxText, name, "rule.too-long", "", maxText)
	return v
}

// optional is a text of several lines that may be left out.
func (f *form) optional(name, v string) string {
	v = strings.TrimSpace(v)
	f.That(plain(v), name, "member.rule.characters", "")
	f.That(utf8.RuneCountInString(v) <= maxText, name, "rule.too-long", "", maxText)
	return v
}

func plain(v string) bool {
	return utf8.ValidString(v) && !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}

// evidence checks the form of evidence; whether the rows exist is asked of the database.
func (f *form) evidence(es []Evidence) []Evidence {
	f.That(len(es) > 0, "evidence", "rule.required", "")
	f.That(len(es) <= maxEvidence, "evidence", "member.rule.count", "", maxEvidence)
	out := slices.Clone(es)
	for i := range out {
		e, name := &out[i], fmt.Sprintf("evidence[%d].", i)
		e.Ref, e.Remark = strings.TrimSpace(e.Ref), strings.TrimSpace(e.Remark)
		f.That(slices.Contains(EvidenceKinds, e.Kind), name+"kind", "rule.one-of", EvidenceURL, strings.Join(EvidenceKinds, ", "))
		f.That(e.Ref != "", name+"ref", "rule.required", "")
		f.That(plain(e.Ref) && utf8.RuneCountInString(e.Ref) <= maxRef, name+"ref", "rule.too-long", "", maxRef)
		f.That(plain(e.Remark), name+"remark", "member.rule.characters", "")
		f.That(utf8.RuneCountInString(e.Remark) <= maxText, name+"remark", "rule.too-long", "", maxText)
		if e.Kind == EvidenceURL && e.Ref != "" {
			u, err := url.Parse(e.Ref)
			f.That(err == nil && u.Hostname() != "" && u.User == nil && u.Scheme == "https", name+"ref", "rule.url", "https://advisories.example.org/2021/17")
		}
	}
	return out
}
