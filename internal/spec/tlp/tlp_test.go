// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package tlp

import (
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]Label{
		"CLEAR": Clear, "tlp:green": Green, "TLP:Amber": Amber, " TLP:AMBER+STRICT ": AmberStrict, "RED": Red, "TLP:WHITE": Clear,
		"": "", "TLP:": "", "AMBER STRICT": "", "BLACK": "", "TLP:TLP:RED": "",
	} {
		got, err := Parse(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Parse(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, l := range Labels() {
		if got, err := Parse(l.String()); got != l || err != nil {
			t.Errorf("%s reads as %q, %v", l, got, err)
		}
	}
}

func TestAllows(t *testing.T) {
	// Recipients, Organisation, Clients, Community, Public
	for l, want := range map[Label][5]bool{
		Red:         {true, false, false, false, false},
		AmberStrict: {true, true, false, false, false},
		Amber:       {true, true, true, false, false},
		Green:       {true, true, true, true, false},
		Clear:       {true, true, true, true, true},
		"PINK":      {true, false, false, false, false},
		"":          {true, false, false, false, false},
	} {
		for to := Recipients; to <= Public; to++ {
			if got := l.Allows(to); got != want[to] {
				t.Errorf("%s allows audience %d: %v", l, to, got)
			}
		}
		if l.Allows(Public+1) || l.Allows(Recipients-1) {
			t.Errorf("%s allows an audience that does not exist", l)
		}
	}
}

func TestColour(t *testing.T) {
	for l, want := range map[Label]string{Red: "#FF2B2B", AmberStrict: "#FFC000", Amber: "#FFC000", Green: "#33FF00", Clear: "#FFFFFF", "PINK": "#FF2B2B"} {
		if got := l.Colour(); got != want {
			t.Errorf("%s is %s, want %s", l, got, want)
		}
	}
}

// The stricter of two labels is one of the two (or RED for what is none) and allows nobody whom either forbids.
func TestStricter(t *testing.T) {
	label := rapid.SampledFrom(append(Labels(), "", "PINK"))
	rapid.Check(t, func(t *rapid.T) {
		a, b := label.Draw(t, "a"), label.Draw(t, "b")
		got := Stricter(a, b)
		if got != Stricter(b, a) || !got.Valid() {
			t.Fatalf("Stricter(%q, %q) = %q, the other way round %q", a, b, got, Stricter(b, a))
		}
		for to := Recipients; to <= Public; to++ {
			if got.Allows(to) != (a.Allows(to) && b.Allows(to)) {
				t.Fatalf("Stricter(%q, %q) = %q allows %d: %v", a, b, got, to, got.Allows(to))
			}
		}
	})
}
