// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const history = "/document/tracking/revision_history"

var (
	wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
	semVer      = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
)

// checkTracking is the tests about versions and the revision history: 6.1.14, 16–22 and 30.
func (d Document) checkTracking() error {
	t := d.Document.Tracking
	if err := first(
		broken(t.ID != "" && t.ID == strings.TrimSpace(t.ID), Schema, "/document/tracking/id"),
		broken(slices.Contains([]string{Draft, Interim, Final}, t.Status), Schema, "/document/tracking/status"),
		broken(!t.InitialReleaseDate.IsZero() && !t.CurrentReleaseDate.IsZero(), Schema, "/document/tracking"),
		broken(len(t.RevisionHistory) > 0, Schema, history),
	); err != nil {
		return err
	}
	numbers := []string{t.Version}
	for i, r := range t.RevisionHistory {
		if err := broken(r.Summary != "" && !r.Date.IsZero(), Schema, history+"/%d", i); err != nil {
			return err
		}
		numbers = append(numbers, r.Number)
	}
	whole := wholeNumber.MatchString(t.Version)
	for _, n := range numbers {
		if err := first(
			broken(wholeNumber.MatchString(n) || semVer.MatchString(n), Schema, history),
			broken(wholeNumber.MatchString(n) == whole, "6.1.30", history),
		); err != nil {
			return err
		}
	}
	if err := t.checkOrder(); err != nil {
		return err
	}
	return t.checkStatus()
}

// major is the number before the first dot.
func major(version string) int {
	head, _, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(head)
	return n
}

// core returns the three numbers of a version; a whole number is the first of them.
func core(version string) [3]int {
	version, _, _ = strings.Cut(version, "+")
	version, _, _ = strings.Cut(version, "-")
	var n [3]int
	for i, part := range strings.SplitN(version, ".", 3) {
		n[i], _ = strconv.Atoi(part)
	}
	return n
}

// checkOrder: the history in the order of time counts up without gaps (14, 21), names nothing twice (22), and ends
// with the document's version (16).
func (t Tracking) checkOrder() error {
	byTime := slices.Clone(t.RevisionHistory)
	slices.SortStableFunc(byTime, func(a, b Revision) int { return a.Date.Compare(b.Date) })
	seen := map[string]bool{}
	for i, r := range byTime {
		if err := broken(!seen[r.Number], "6.1.22", history); err != nil {
			return err
		}
		seen[r.Number] = true
		if i == 0 {
			continue
		}
		before := byTime[i-1].Number
		a, b := core(before), core(r.Number)
		if err := first(
			broken(slices.Compare(a[:], b[:]) <= 0, "6.1.14", history),
			broken(b[0] <= a[0]+1, "6.1.21", history),
		); err != nil {
			return err
		}
	}
	if err := broken(major(byTime[0].Number) <= 1, "6.1.21", history); err != nil {
		return err
	}
	last := byTime[len(byTime)-1].Number
	meta := func(v string) string { v, _, _ = strings.Cut(v, "+"); return v }
	if t.Status == Draft {
		meta = func(v string) string { v, _, _ = strings.Cut(v, "+"); v, _, _ = strings.Cut(v, "-"); return v }
	}
	return broken(meta(last) == meta(t.Version), "6.1.16", "/document/tracking/version")
}

// checkStatus: drafts count 0 or as pre-releases (17); what is out does neither (18, 19, 20).
func (t Tracking) checkStatus() error {
	version, _, _ := strings.Cut(t.Version, "+")
	early := major(version) == 0
	pre := strings.Contains(version, "-")
	if t.Status == Draft {
		return broken(early || pre, "6.1.17", "/document/tracking/version")
	}
	if err := first(broken(!early, "6.1.18", "/document/tracking/version"), broken(!pre, "6.1.20", "/document/tracking/version")); err != nil {
		return err
	}
	for i, r := range t.RevisionHistory {
		number, _, _ := strings.Cut(r.Number, "+")
		if err := first(broken(major(number) != 0, "6.1.18", history+"/%d/number", i), broken(!strings.Contains(number, "-"), "6.1.19", history+"/%d/number", i)); err != nil {
			return err
		}
	}
	return nil
}
