// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

// K is the least number of units in a bin of the distribution that units are shown.
const K = 5

// spread counts scores in bins of ten points, and joins neighbours until every bin that is not empty holds at least K units:
// nobody can be told from it. It is made once, when all drafts are: a distribution that followed each objection would show
// in the difference whose score has changed. With fewer than K units there is none.
func spread(scores []Milli) []Bin {
	if len(scores) < K {
		return nil
	}
	bins := make([]Bin, 10)
	for i := range bins {
		bins[i].From, bins[i].To = 10*i, 10*(i+1)
	}
	for _, s := range scores {
		bins[min(int(s/10_000), 9)].N++
	}
	out := []Bin{}
	for _, b := range bins {
		if n := len(out); n > 0 && out[n-1].N > 0 && out[n-1].N < K {
			out[n-1].To, out[n-1].N = b.To, out[n-1].N+b.N
			continue
		}
		out = append(out, b)
	}
	for n := len(out); n > 1 && out[n-1].N > 0 && out[n-1].N < K; n = len(out) { // what is left at the top goes down
		out[n-2].To, out[n-2].N = out[n-1].To, out[n-2].N+out[n-1].N
		out = out[:n-1]
	}
	return out
}
