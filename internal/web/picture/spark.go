// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"cmp"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Spark draws values over time in the space of a few words; absent ones leave a gap. label says the same in words.
func Spark(values []*int, label string) string {
	const w, h, pad = 112, 28, 4
	most, n := 1, len(values)
	for _, v := range values {
		if v != nil {
			most = max(most, *v)
		}
	}
	x := func(i int) float64 { return pad + float64(i)*(w-2*pad)/float64(max(n-1, 1)) }
	y := func(v int) float64 { return h - pad - float64(v)*(h-2*pad)/float64(most) }
	var b, path strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`, w, h, w, h, html.EscapeString(label))
	fmt.Fprintf(&b, `<path class="grid" d="M%d %dH%d"/>`, pad, h-pad, w-pad)
	on := false
	for i, v := range values {
		switch {
		case v == nil:
			on = false
			continue
		case on:
			fmt.Fprintf(&path, "L%.1f %.1f", x(i), y(*v))
		default:
			fmt.Fprintf(&path, "M%.1f %.1f", x(i), y(*v))
		}
		on = true
		class := "dot"
		if i == n-1 {
			class = "dot last"
		}
		fmt.Fprintf(&b, `<circle class="%s" cx="%.1f" cy="%.1f" r="%s"/>`, class, x(i), y(*v), map[bool]string{true: "3", false: "1.6"}[i == n-1])
	}
	fmt.Fprintf(&b, `<path class="curve" d="%s"/></svg>`, path.String())
	return b.String()
}
