// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"net/url"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/osv"
)

// noVersion are what records write where they do not know a version.
var noVersion = map[string]bool{"": true, "n/a": true, "-": true, "unspecified": true, "unknown": true, "none": true, "see references": true, "see advisory": true, "na": true}

// everyVersion are what they write for all of them.
var everyVersion = map[string]bool{"*": true, "all": true, "all versions": true, "any": true, "all version": true}

// spell reads how people write versions: "1.2", "<= 1.2", ">= 1.0, < 1.4.2", "before 3.0", "vers:generic/>=1|<2". ok is
// false for what names no version; what is not understood is one version, as it is written.
func spell(s string) (ranges []osv.Range, versions []string, ok bool) {
	s = strings.TrimSpace(s)
	lower := strings.ToLower(s)
	switch {
	case noVersion[lower]:
		return nil, nil, false
	case everyVersion[lower]:
		return []osv.Range{stretch("0", osv.Event{})}, nil, true
	case strings.HasPrefix(lower, "vers:"):
		_, list, found := strings.Cut(s, "/")
		if !found {
			return nil, nil, false
		}
		return bounds(strings.Split(list, "|"), true)
	case strings.ContainsAny(s, "<>≤≥") || strings.HasPrefix(s, "="):
		s = strings.NewReplacer("≤", "<=", "≥", ">=", "，", ",", "&&", ",", " and ", ",").Replace(s)
		return bounds(strings.Split(s, ","), false)
	}
	for _, p := range []string{"before ", "prior to ", "earlier than "} {
		if v, cut := strings.CutPrefix(lower, p); cut && single(v) {
			return []osv.Range{stretch("0", osv.Event{Fixed: v})}, nil, true
		}
	}
	for _, p := range []string{"up to ", "through ", "up to and including "} {
		if v, cut := strings.CutPrefix(lower, p); cut && single(v) {
			return []osv.Range{stretch("0", osv.Event{LastAffected: v})}, nil, true
		}
	}
	for _, p := range []string{" and earlier", " and below", " and prior", " and lower", " or earlier", " and earlier versions", " and prior versions"} {
		if v, cut := strings.CutSuffix(lower, p); cut && single(v) {
			return []osv.Range{stretch("0", osv.Event{LastAffected: v})}, nil, true
		}
	}
	if len(s) > 200 {
		return nil, nil, false
	}
	return nil, []string{s}, true
}

// single reports whether a text can be one version.
func single(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && len(s) <= 80 && strings.ContainsAny(s, "0123456789") && !strings.ContainsAny(s, " ,;")
}

// bounds reads comparators, in order: each pair of a lower and an upper one is a stretch.
func bounds(list []string, encoded bool) (ranges []osv.Range, versions []string, ok bool) {
	from := ""
	for _, c := range list {
		c = strings.TrimSpace(c)
		op := c[:len(c)-len(strings.TrimLeft(c, "<>=!"))]
		v := strings.TrimSpace(c[len(op):])
		if encoded {
			if plain, err := url.PathUnescape(v); err == nil {
				v = plain
			}
		}
		if v == "" && op == "" {
			continue
		}
		if v == "*" && op == "" {
			return []osv.Range{stretch("0", osv.Event{})}, nil, true
		}
		if v == "" || len(v) > 200 {
			return nil, nil, false
		}
		switch op {
		case "", "=", "==":
			versions = append(versions, v)
		case ">=", ">": // that the bound itself is safe cannot be said in events: it is taken in
			if from != "" {
				ranges = append(ranges, stretch(from, osv.Event{}))
			}
			from = v
		case "<", "<=":
			end := osv.Event{Fixed: v}
			if op == "<=" {
				end = osv.Event{LastAffected: v}
			}
			if from == "" {
				from = "0"
			}
			ranges = append(ranges, stretch(from, end))
			from = ""
		}
	}
	if from != "" {
		ranges = append(ranges, stretch(from, osv.Event{}))
	}
	return ranges, versions, len(ranges)+len(versions) > 0
}

// stretch is a range from a version to an end, which may be none.
func stretch(from string, end osv.Event) osv.Range {
	r := osv.Range{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: from}}}
	if end != (osv.Event{}) {
		r.Events = append(r.Events, end)
	}
	return r
}
