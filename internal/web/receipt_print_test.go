// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strings"
	"testing"

	"rsc.io/qr"
)

// The drawing of a code has exactly its dark cells.
func TestTheDrawingIsTheCode(t *testing.T) {
	code, err := qr.Encode(strings.Repeat("c2sp.org/tlog-proof@v1\n", 60), qr.L)
	if err != nil {
		t.Fatal(err)
	}
	path, side := cells(code)
	dark := 0
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				dark++
			}
		}
	}
	drawn := 0
	for _, run := range strings.Split(strings.TrimSuffix(path, "z"), "z") {
		var x, y, n, m int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &n, &m); err != nil || n != m {
			t.Fatalf("%q: %v", run, err)
		}
		for i := range n {
			if !code.Black(x+i-4, y-4) {
				t.Fatalf("cell %d, %d is drawn and light", x+i, y)
			}
		}
		drawn += n
	}
	if drawn != dark || side != code.Size+8 {
		t.Errorf("%d of %d dark cells, side %d", drawn, dark, side)
	}
}
