// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package gbt30279

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Annex A the other way round: for each number the combinations AV AC PR UI that have it.
var annexA = map[int]string{
	9: "NLNN",
	8: "NLLN NLNR ALNN LLNN NHNN",
	7: "NLLR ALLN NLHN",
	6: "ALNR LLNR LLLN",
	5: "NHLN NHNR AHNN ALLR",
	4: "AHNR AHLN LHNN LLLR NHLR",
	3: "LHLN NHHN NLHR ALHR ALHN",
	2: "LLHN LHNR PLNN NHHR AHHN AHLR LLHR PLNR PLLN LHHN",
	1: "LHLR AHHR PHNN PLHN PLLR PHLN LHHR PHNR PHHR PHHN PHLR PLHR",
}

func exploitable(combination string) Vector {
	return Vector{AV: combination[:1], AC: combination[1:2], PR: combination[2:3], UI: combination[3:], C: "H", I: "H", A: "H"}
}

func TestAnnexA(t *testing.T) {
	cells := 0
	for want, combinations := range annexA {
		for _, c := range strings.Fields(combinations) {
			cells++
			got, err := exploitable(c).Technical()
			if err != nil || got.Exploitability != want {
				t.Errorf("%s: exploitability %d, %v; want %d", c, got.Exploitability, err, want)
			}
		}
	}
	if cells != 4*2*3*2 {
		t.Errorf("the test covers %d cells of 48", cells)
	}
}

func TestAnnexB(t *testing.T) {
	want := map[[3]int]int{ // severe, partial, none
		{3, 0, 0}: 9, {2, 1, 0}: 8, {2, 0, 1}: 7, {1, 2, 0}: 6, {1, 1, 1}: 5, {1, 0, 2}: 4, {0, 3, 0}: 3, {0, 2, 1}: 2, {0, 1, 2}: 1, {0, 0, 3}: 0,
	}
	cells := 0
	for _, c := range "HLN" {
		for _, i := range "HLN" {
			for _, a := range "HLN" {
				cells++
				s := string([]rune{c, i, a})
				n := want[[3]int{strings.Count(s, "H"), strings.Count(s, "L"), strings.Count(s, "N")}]
				v := Vector{AV: "N", AC: "L", PR: "N", UI: "N", C: string(c), I: string(i), A: string(a)}
				got, err := v.Technical()
				if n == 0 {
					if !errors.Is(err, ErrNoImpact) {
						t.Errorf("%s is graded: %v, %v", s, got, err)
					}
				} else if err != nil || got.Impact != n {
					t.Errorf("%s: impact %d, %v; want %d", s, got.Impact, err, n)
				}
			}
		}
	}
	if cells != 27 {
		t.Errorf("the test covers %d cells of 27", cells)
	}
}

// Annex C, row by row: S, then E and RL as LH LM LL MH MM ML HH HM HL.
func TestAnnexC(t *testing.T) {
	cells := 0
	for s, row := range map[string]string{"H": "987876765", "M": "876765654", "L": "543432321"} {
		for i, erl := range []string{"LH", "LM", "LL", "MH", "MM", "ML", "HH", "HM", "HL"} {
			cells++
			v := Vector{AV: "N", AC: "L", PR: "N", UI: "N", C: "H", I: "H", A: "H", E: erl[:1], RL: erl[1:], S: s}
			got, err := v.Composite()
			if want := int(row[i] - '0'); err != nil || got.Environment != want {
				t.Errorf("S %s E,RL %s: environment %d, %v; want %d", s, erl, got.Environment, err, want)
			}
		}
	}
	if cells != 27 {
		t.Errorf("the test covers %d cells of 27", cells)
	}
}

// block is a rectangle of annex D or E with one grade.
type block struct {
	x, y  [2]int
	tech  Grade
	grade Grade
}

func TestAnnexD(t *testing.T) {
	blocks := []block{
		{x: [2]int{9, 9}, y: [2]int{7, 9}, grade: Critical},
		{x: [2]int{2, 8}, y: [2]int{9, 9}, grade: High}, {x: [2]int{5, 8}, y: [2]int{8, 8}, grade: High},
		{x: [2]int{6, 8}, y: [2]int{7, 7}, grade: High}, {x: [2]int{8, 9}, y: [2]int{5, 6}, grade: High},
		{x: [2]int{9, 9}, y: [2]int{3, 4}, grade: High},
		{x: [2]int{1, 1}, y: [2]int{9, 9}, grade: Medium}, {x: [2]int{1, 4}, y: [2]int{8, 8}, grade: Medium},
		{x: [2]int{1, 5}, y: [2]int{7, 7}, grade: Medium}, {x: [2]int{1, 7}, y: [2]int{5, 6}, grade: Medium},
		{x: [2]int{2, 8}, y: [2]int{4, 4}, grade: Medium}, {x: [2]int{3, 8}, y: [2]int{3, 3}, grade: Medium},
		{x: [2]int{3, 9}, y: [2]int{2, 2}, grade: Medium}, {x: [2]int{9, 9}, y: [2]int{1, 1}, grade: Medium},
		{x: [2]int{1, 1}, y: [2]int{4, 4}, grade: Low}, {x: [2]int{1, 2}, y: [2]int{2, 3}, grade: Low},
		{x: [2]int{1, 8}, y: [2]int{1, 1}, grade: Low},
	}
	harm := []string{"", "LNN", "LLN", "LLL", "HNN", "HLN", "HLL", "HHN", "HHL", "HHH"}
	covered := map[[2]int]int{}
	for _, b := range blocks {
		for x := b.x[0]; x <= b.x[1]; x++ {
			for y := b.y[0]; y <= b.y[1]; y++ {
				covered[[2]int{x, y}]++
				v := exploitable(strings.Fields(annexA[x])[0])
				v.C, v.I, v.A = harm[y][:1], harm[y][1:2], harm[y][2:]
				got, err := v.Technical()
				if want := (Technical{Exploitability: x, Impact: y, Grade: b.grade}); err != nil || got != want {
					t.Errorf("%s: %+v, %v; want %+v", v, got, err, want)
				}
			}
		}
	}
	exactlyOnce(t, covered, 81)
}

func TestAnnexE(t *testing.T) {
	blocks := []block{
		{tech: Critical, x: [2]int{7, 9}, grade: Critical}, {tech: High, x: [2]int{8, 9}, grade: Critical}, {tech: Medium, x: [2]int{9, 9}, grade: Critical},
		{tech: Critical, x: [2]int{4, 6}, grade: High}, {tech: High, x: [2]int{7, 7}, grade: High},
		{tech: Medium, x: [2]int{8, 8}, grade: High}, {tech: Low, x: [2]int{9, 9}, grade: High},
		{tech: Critical, x: [2]int{1, 3}, grade: Medium}, {tech: High, x: [2]int{5, 6}, grade: Medium},
		{tech: Medium, x: [2]int{6, 7}, grade: Medium}, {tech: Low, x: [2]int{7, 8}, grade: Medium},
		{tech: High, x: [2]int{1, 4}, grade: Low}, {tech: Medium, x: [2]int{1, 5}, grade: Low}, {tech: Low, x: [2]int{1, 6}, grade: Low},
	}
	technical := map[Grade]string{Critical: "NLNN/HHH", High: "LLLN/HHH", Medium: "NLNR/LLN", Low: "PHNN/LNN"}
	environment := []string{"", "HLL", "HML", "HHL", "LML", "LHL", "HHM", "HHH", "LHM", "LHH"} // E, RL, S
	covered := map[[2]int]int{}
	for _, b := range blocks {
		for x := b.x[0]; x <= b.x[1]; x++ {
			covered[[2]int{x, b.tech.Rank()}]++
			expl, harm, _ := strings.Cut(technical[b.tech], "/")
			v := exploitable(expl)
			v.C, v.I, v.A = harm[:1], harm[1:2], harm[2:]
			v.E, v.RL, v.S = environment[x][:1], environment[x][1:2], environment[x][2:]
			got, err := v.Composite()
			if err != nil || got.Technical.Grade != b.tech || got.Environment != x || got.Grade != b.grade {
				t.Errorf("%s: %+v, %v; want %s in environment %d to be %s", v, got, err, b.tech, x, b.grade)
			}
		}
	}
	exactlyOnce(t, covered, 36)
}

func exactlyOnce(t *testing.T, covered map[[2]int]int, cells int) {
	t.Helper()
	if len(covered) != cells {
		t.Errorf("%d of %d cells are covered", len(covered), cells)
	}
	for cell, n := range covered {
		if n != 1 {
			t.Errorf("cell %v is covered %d times", cell, n)
		}
	}
}

func TestWorkedExamples(t *testing.T) {
	for _, e := range []struct {
		name, vector string
		want         Composite
	}{
		{"Log4Shell before the fix", "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", Composite{Technical{9, 9, Critical}, 9, Critical}},
		{"Log4Shell after the fix", "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:L/S:H", Composite{Technical{9, 9, Critical}, 7, Critical}},
		{"Log4Shell in an isolated site", "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:H/RL:L/S:L", Composite{Technical{9, 9, Critical}, 1, Medium}},
		{"reflected XSS", "AV:N/AC:L/PR:N/UI:R/C:L/I:L/A:N/E:L/RL:H/S:H", Composite{Technical{8, 2, Medium}, 9, Critical}},
		{"local root", "AV:L/AC:L/PR:L/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", Composite{Technical{6, 9, High}, 9, Critical}},
	} {
		v, err := Parse(e.vector)
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		got, err := v.Composite()
		if diff := cmp.Diff(e.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", e.name, err, diff)
		}
	}
}

// A worse value of one indicator never gives a better grade.
func TestMonotone(t *testing.T) {
	worse := []string{"PLAN", "HL", "HLN", "RN", "NLH", "NLH", "NLH", "HML", "LMH", "LMH"} // as in metrics, the mildest first
	rapid.Check(t, func(t *rapid.T) {
		var v Vector
		var at [10]int
		for i, field := range v.fields() {
			at[i] = rapid.IntRange(0, len(worse[i])-1).Draw(t, metrics[i].name)
			*field = worse[i][at[i] : at[i]+1]
		}
		i := rapid.IntRange(0, 9).Draw(t, "worsened")
		if at[i] == len(worse[i])-1 {
			return
		}
		w := v
		*w.fields()[i] = worse[i][at[i]+1 : at[i]+2]
		before, err := v.Composite()
		if err != nil {
			return // no impact at all: nothing to compare
		}
		after, err := w.Composite()
		if err != nil || after.Grade.Rank() < before.Grade.Rank() || after.Technical.Grade.Rank() < before.Technical.Grade.Rank() {
			t.Fatalf("%s is %+v, but %s is %+v, %v", v, before, w, after, err)
		}
	})
}

func TestGrades(t *testing.T) {
	want := "critical超危4 high高危3 medium中危2 low低危1 "
	var got strings.Builder
	for _, g := range Grades() {
		got.WriteString(string(g) + g.Chinese() + string(rune('0'+g.Rank())) + " ")
	}
	if got.String() != want {
		t.Errorf("got %s, want %s", got.String(), want)
	}
	if g := Grade("severe"); g.Chinese() != "" || g.Rank() != 0 {
		t.Errorf("%q has the name %q and rank %d", g, g.Chinese(), g.Rank())
	}
}
