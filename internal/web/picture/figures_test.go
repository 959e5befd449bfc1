// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"strings"
	"testing"
)

const evil = `</text><script>alert(1)</script>"'&`

func TestRanges(t *testing.T) {
	svg := Ranges("r", []Range{{evil, 30, 600, "30 min"}, {"b", 600, -1, evil}, {"c", -1, -1, "none"}}, RangeTexts{Title: evil, Desc: evil, Ticks: map[int]string{60: "1 h", 1440: evil}})
	texts, elements := wellFormed(t, svg)
	if elements["script"] != 0 || elements["circle"] != 2 || !strings.Contains(texts, "none") {
		t.Errorf("%v %s", elements, texts)
	}
	wellFormed(t, Ranges("r", nil, RangeTexts{}))
}

func TestSpark(t *testing.T) {
	n := func(v int) *int { return &v }
	_, elements := wellFormed(t, Spark([]*int{n(3), nil, n(0), n(9)}, evil))
	if elements["circle"] != 3 || elements["script"] != 0 {
		t.Errorf("%v", elements)
	}
	wellFormed(t, Spark(nil, ""))
	wellFormed(t, Spark([]*int{nil}, ""))
}

func TestColumns(t *testing.T) {
	svg := Columns("c", []Column{{0, 50, 6, false}, {50, 60, 5, true}, {60, 100, 0, false}}, ColumnTexts{Title: evil, Desc: evil, Own: evil, Marks: map[int]string{85: evil}})
	texts, elements := wellFormed(t, svg)
	if elements["rect"] != 2 || elements["script"] != 0 || !strings.Contains(texts, "5 · "+evil) {
		t.Errorf("%v %s", elements, texts)
	}
	wellFormed(t, Columns("c", nil, ColumnTexts{}))
}
