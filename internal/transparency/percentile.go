// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"slices"
	"time"
)

// spans collects how long one step took.
type spans struct {
	done []int // minutes
	open int
}

// add takes one from its beginning to its end; an end that is zero or later than asOf has not come yet, one before the
// beginning took no time.
func (s *spans) add(from, to, asOf time.Time) {
	if to.IsZero() || to.After(asOf) {
		s.open++
		return
	}
	s.done = append(s.done, max(0, int(to.Sub(from)/time.Minute)))
}

// span sums up.
func (s *spans) span(name string) Span {
	slices.Sort(s.done)
	out := Span{Name: name, N: len(s.done) + s.open, Open: s.open, P50: s.rank(50), P90: s.rank(90), Max: s.rank(100), Bins: make([]int, len(BinHours)+1)}
	for _, m := range s.done {
		i := slices.IndexFunc(BinHours, func(h int) bool { return m <= 60*h })
		if i < 0 {
			i = len(BinHours)
		}
		out.Bins[i]++
	}
	return out
}

// rank is the p-th percentile by nearest rank: the smallest value that at least p in a hundred do not exceed. What is open
// exceeds everything.
func (s *spans) rank(p int) *int {
	n := len(s.done) + s.open
	if n == 0 {
		return nil
	}
	if r := (p*n + 99) / 100; r <= len(s.done) {
		return &s.done[r-1]
	}
	return nil
}
