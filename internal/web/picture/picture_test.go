// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

var testBlast = BlastTexts{Title: `Blast "radius" <b>`, Desc: `1 & 2`, Columns: [3]string{"component", "product", "organisation"}}

// wellFormed parses a picture as XML and returns its texts and how often each element stands in it.
func wellFormed(t *testing.T, svg string) (texts string, elements map[string]int) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	elements = map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, elements
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, svg)
		}
		switch x := token.(type) {
		case xml.StartElement:
			elements[x.Name.Local]++
			for _, a := range x.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("<%s %s> would need an exception of the content security policy", x.Name.Local, a.Name.Local)
				}
			}
		case xml.CharData:
			texts += string(x) + "\n"
		}
	}
}

func TestBlastEscapesNames(t *testing.T) {
	evil := `</text><script>alert(1)</script>"'&`
	g := newBlast([]Node{{evil, evil, 0, false}, {"p", evil, 1, true}, {"o", "<i>", 2, true}}, [][2]string{{evil, "p"}, {"p", "o"}})
	texts, elements := wellFormed(t, g.svg("blast", testBlast))
	if elements["script"]+elements["i"]+elements["b"] != 0 {
		t.Errorf("a name became markup: %v", elements)
	}
	if !strings.Contains(texts, evil) || !strings.Contains(texts, "<i>") {
		t.Errorf("names are missing: %s", texts)
	}
	if elements["rect"] != 3 || elements["path"] != 2 {
		t.Errorf("%d boxes and %d lines, want 3 and 2", elements["rect"], elements["path"])
	}
}

// Lines that skip a column, go back, or lead to nothing are no lines of this picture.
func TestBlastDrawsOnlyWhatItHolds(t *testing.T) {
	g := newBlast([]Node{{"c", "c", 0, false}, {"p", "p", 1, false}, {"o", "o", 2, false}, {"x", "x", 7, false}},
		[][2]string{{"c", "o"}, {"p", "c"}, {"c", "nothing"}, {"x", "p"}, {"c", "p"}})
	_, elements := wellFormed(t, g.svg("blast", testBlast))
	if elements["rect"] != 3 || elements["path"] != 1 {
		t.Errorf("%d boxes and %d lines, want 3 and 1", elements["rect"], elements["path"])
	}
}

func TestBlastUntangles(t *testing.T) {
	g := newBlast([]Node{{"a", "", 0, false}, {"b", "", 0, false}, {"q", "", 1, false}, {"p", "", 1, false}}, [][2]string{{"a", "p"}, {"b", "q"}})
	if g.columns[1][0].ID != "p" && g.columns[0][0].ID == "a" {
		t.Errorf("lines cross: %v", g.columns)
	}
}

func TestBlastOfNothing(t *testing.T) {
	wellFormed(t, newBlast(nil, nil).svg("blast", testBlast))
}

func TestCoverage(t *testing.T) {
	start := time.Date(2021, 12, 9, 20, 0, 0, 0, time.UTC)
	at := []time.Time{start, start.Add(time.Hour), start.Add(2 * time.Hour)}
	curves := []Curve{{"read", "<read>", []int{0, 10, 20}}, {"answered", "answered & so on", []int{0, 0, 20}}, {"fixed", "fixed", []int{0, 0, 0}}}
	svg := Coverage("cover", at, curves, 20, start.Add(time.Hour), CoverageTexts{Title: "t", Desc: "<d>", From: "20:00", To: "22:00", All: "20 units", Due: "due"})
	texts, elements := wellFormed(t, svg)
	for _, want := range []string{"<read> 20", "answered & so on 20", "fixed 0", "20 units", "due"} {
		if !strings.Contains(texts, want) {
			t.Errorf("the chart lacks %q", want)
		}
	}
	if elements["path"] != 3+1+3+3 {
		t.Errorf("%d paths, want three grid lines, the limit, three curves and their keys", elements["path"])
	}
	wellFormed(t, Coverage("c", nil, nil, 0, time.Time{}, CoverageTexts{}))
	wellFormed(t, Coverage("c", at[:1], []Curve{{"read", "read", []int{3}}}, 3, start, CoverageTexts{}))
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in    string
		cells int
		want  string
	}{
		{"log4j-core", 10, "log4j-core"},
		{"org.apache.logging.log4j:log4j-core@2.14.1", 20, "org.apa…-core@2.14.1"},
		{"日志采集与审计平台企业版", 12, "日志…企业版"},
		{"", 5, ""},
	} {
		got := clip(c.in, c.cells)
		if got != c.want || width([]rune(got)) > c.cells {
			t.Errorf("clip(%q, %d) = %q, want %q", c.in, c.cells, got, c.want)
		}
	}
}
