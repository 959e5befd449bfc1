// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"strings"
	"testing"
)

func TestDependsSharesWhatWaysShare(t *testing.T) {
	svg := Depends("d", []Way{{Steps: []string{"starter", "core"}, Note: "2"}, {Steps: []string{"starter", "api"}, Quiet: true}}, DependsTexts{Title: "t", Desc: "d", Product: "console", Rest: "7 more"})
	_, elements := wellFormed(t, svg)
	if elements["rect"] != 5 || elements["path"] != 4 { // console, starter, core, api, the rest
		t.Errorf("%d boxes and %d lines, want 5 and 4", elements["rect"], elements["path"])
	}
	if strings.Count(svg, `class="node flawed"`) != 1 || strings.Count(svg, `class="node quiet"`) != 1 {
		t.Error("what is flawed is not told from what is quiet")
	}
}

func TestDependsLeavesOutTheMiddle(t *testing.T) {
	texts, elements := wellFormed(t, Depends("d", []Way{{Steps: []string{"a", "b", "c", "d", "e", "f"}}}, DependsTexts{Product: "p"}))
	if elements["rect"] != 5 || !strings.Contains(texts, "…") || !strings.Contains(texts, "f") || strings.Contains(texts, "c") {
		t.Errorf("%d boxes: %s", elements["rect"], texts)
	}
}

func TestDependsEscapesNames(t *testing.T) {
	evil := `</text><script>alert(1)</script>"'&`
	texts, elements := wellFormed(t, Depends("d", []Way{{Steps: []string{evil}, Note: evil}}, DependsTexts{Title: evil, Desc: evil, Product: evil, Rest: evil}))
	if elements["script"] != 0 || !strings.Contains(texts, "script") {
		t.Errorf("a name became markup: %v", elements)
	}
}

func TestDependsOfNothing(t *testing.T) {
	wellFormed(t, Depends("d", nil, DependsTexts{Product: "p"}))
}
