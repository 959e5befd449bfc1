// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cnvd

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

func TestParse(t *testing.T) {
	span := func(a, b string) []vers.Interval { return []vers.Interval{{From: a, To: b, Through: true}} }
	for line, want := range map[string]Product{
		"Yunfan CloudScale OneFS >=8.1.0，<=9.1.0":        {Vendor: "Yunfan", Name: "CloudScale OneFS", Guessed: true, Versions: span("8.1.0", "9.1.0")},
		"YUNFAN CloudScale OneFS  ≥8.2.*，≤9.3.0.*":       {Vendor: "YUNFAN", Name: "CloudScale OneFS", Guessed: true, Versions: span("8.2.*", "9.3.0.*")},
		"Yunfan Technologies Yunfan OneFS <=9.1.0.3":     {Vendor: "Yunfan Technologies", Name: "Yunfan OneFS", Versions: []vers.Interval{{To: "9.1.0.3", Through: true}}},
		"SAGA SAGA 3D Viewer 9":                          {Vendor: "SAGA", Name: "SAGA 3D Viewer", Versions: []vers.Interval{vers.Only("9")}, Doubt: BareNumber},
		"烽火台科技股份有限公司 烽台U8-OA企业版 2.83":                    {Vendor: "烽火台科技股份有限公司", Name: "烽台U8-OA企业版", Versions: []vers.Interval{vers.Only("2.83")}},
		"Lighthouse Router X100 V3.0.1b（build 7）":        {Vendor: "Lighthouse", Name: "Router X100", Guessed: true, Versions: []vers.Interval{vers.Only("V3.0.1b(build 7)")}},
		"Lighthouse M3 1.10 V1.0.0.12(4856)":             {Vendor: "Lighthouse", Name: "M3 1.10", Guessed: true, Versions: []vers.Interval{vers.Only("V1.0.0.12(4856)")}, Doubt: NumberInName},
		"Lighthouse X-Link DIR-615":                      {Vendor: "Lighthouse", Name: "X-Link DIR-615", Guessed: true, Doubt: NoVersion},
		"Fantasy GT.X <V7.0-000":                         {Vendor: "Fantasy", Name: "GT.X", Guessed: true, Versions: []vers.Interval{{To: "V7.0-000"}}},
		"Fantasy Identity Manager (fIM) ＞＝3.3.3，＜＝3.3.6": {Vendor: "Fantasy", Name: "Identity Manager (fIM)", Guessed: true, Versions: span("3.3.3", "3.3.6")},
		"Fantasy OS<=1.0":                                {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{{To: "1.0", Through: true}}},
		"Fantasy OS 版本 <1.0":                             {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{{To: "1.0"}}},
		"Fantasy OS 3.2及以下版本":                            {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{{To: "3.2", Through: true}}},
		"Fantasy OS 8.2.*":                               {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{vers.Only("8.2.*")}},
		"Fantasy OS 1.0 SP1":                             {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{vers.Only("1.0 SP1")}},
		"Fantasy OS 所有版本":                                {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{{}}},
		"Fantasy USG9500 V500R001C00SPC300":              {Vendor: "Fantasy", Name: "USG9500", Guessed: true, Versions: []vers.Interval{vers.Only("V500R001C00SPC300")}},
		"Fantasy OS 2.x <2.15.0":                         {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{{From: "2", To: "2.15.0"}}},
		"Fantasy OS 10.*，<10.3":                          {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{{From: "10", To: "10.3"}}},
		"Fantasy OS 7.x(<=7.38)":                         {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{{From: "7", To: "7.38", Through: true}}},
		"Fantasy OS 8.1，<8.1.14":                         {Vendor: "Fantasy", Name: "OS", Guessed: true, Versions: []vers.Interval{{From: "8.1", To: "8.1.14"}}, Doubt: NumberInName},
		"Fantasy OS 2.1 <2.15.0":                         {Vendor: "Fantasy", Name: "OS 2.1", Guessed: true, Versions: []vers.Interval{{To: "2.15.0"}}, Doubt: NumberInName},
		"Fantasy Bean SE 7u80":                           {Vendor: "Fantasy", Name: "Bean SE", Guessed: true, Versions: []vers.Interval{vers.Only("7u80")}},
		"Fantasy OS <=the newest":                        {Vendor: "Fantasy", Name: "OS", Guessed: true, Doubt: NotRead},
		"Fantasy Labs Inc. Desk Pro 1.2":                 {Vendor: "Fantasy Labs Inc.", Name: "Desk Pro", Versions: []vers.Interval{vers.Only("1.2")}},
		"CMS 4.2":                                        {Name: "CMS", Versions: []vers.Interval{vers.Only("4.2")}},
		">=1.0":                                          {Versions: []vers.Interval{{From: "1.0"}}, Doubt: NoName},
		"Fantasy":                                        {Name: "Fantasy", Doubt: NoVersion},
		"":                                               {Doubt: Long},
		strings.Repeat("x", MaxLength+1):                 {Doubt: Long},
		"Fantasy OS \xff1.0":                             {Doubt: Long},
	} {
		want.Raw = line
		if diff := cmp.Diff(want, Parse(line)); diff != "" {
			t.Errorf("%.60q (-want +got)\n%s", line, diff)
		}
	}
}

func TestSplit(t *testing.T) {
	known := func(v string) bool { return v == "Fantasy Labs" || v == "Fantasy" }
	if p := Parse("Fantasy Labs Desk <1.2").Split(known); p.Vendor != "Fantasy Labs" || p.Name != "Desk" || p.Guessed {
		t.Errorf("%+v", p)
	}
	if p := Parse("Other Labs Desk <1.2").Split(known); p.Vendor != "Other" || p.Name != "Labs Desk" || !p.Guessed {
		t.Errorf("%+v", p)
	}
	if p := Parse("Fantasy <1.2").Split(known); p.Vendor != "" || p.Name != "Fantasy" {
		t.Errorf("%+v", p)
	}
}

// A line that was written from its parts is taken apart into them.
func TestLinesComeApart(t *testing.T) {
	word := rapid.SampledFrom([]string{"Router", "OS", "X100", "GT.X", "(fIM)", "企业版", "Viewer-3D", "U8-OA"})
	version := rapid.SampledFrom([]string{"1.0", "V3.0.1b", "8.2.*", "9.1.0.3", "V100R002C00", "7.0-000"})
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "name"), " ")
		a, b := version.Draw(t, "a"), version.Draw(t, "b")
		comma := rapid.SampledFrom([]string{"，", ",", ", "}).Draw(t, "comma")
		tail, want := a, []vers.Interval{vers.Only(a)}
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			tail, want = ">="+a+comma+"<"+b, []vers.Interval{{From: a, To: b}}
		case 1:
			tail, want = "≤"+a, []vers.Interval{{To: a, Through: true}}
		case 2:
			tail, want = "＞ "+a, []vers.Interval{{From: a, After: true}}
		}
		p := Parse("Acme " + name + " " + tail)
		if diff := cmp.Diff(Product{Raw: p.Raw, Vendor: "Acme", Name: name, Guessed: true, Versions: want}, p); diff != "" {
			t.Fatalf("%s (-want +got)\n%s", p.Raw, diff)
		}
	})
}

// The lines of a file, one product each, where FENGSUI_CNVD_PRODUCTS names one: how many are taken apart without doubt.
func TestLinesOfOthers(t *testing.T) {
	lines, guessed, doubts := 0, 0, map[Doubt]int{}
	if path := os.Getenv("FENGSUI_CNVD_PRODUCTS"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		shown := map[Doubt]int{}
		for in := bufio.NewScanner(f); in.Scan(); lines++ {
			p := Parse(in.Text())
			doubts[p.Doubt]++
			if p.Guessed {
				guessed++
			}
			if shown[p.Doubt]++; testing.Verbose() && doubts[p.Doubt]%2000 == 1 {
				t.Logf("%s: %+v", p.Doubt, p)
			}
		}
	}
	t.Logf("%d lines, the vendor guessed in %d; doubts: %v", lines, guessed, doubts)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"Yunfan CloudScale OneFS >=8.1.0，<=9.1.0", "烽火台科技股份有限公司 烽台U8-OA企业版 2.83", "Lighthouse M3 1.10 V1.0.0.12(4856)", "Fantasy OS<=1.0 SP1、2.0（P3）及以下版本", "SAGA SAGA 3D Viewer 9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := Parse(s)
		if p.Raw != s {
			t.Fatal("the line is not kept")
		}
		if p.Doubt == "" && (p.Name == "" || len(p.Versions) == 0) {
			t.Fatalf("%q leaves no doubt but is %+v", s, p)
		}
		if !strings.Contains(strings.Join(strings.Fields(s), ""), strings.Join(strings.Fields(p.Vendor+p.Name), "")) && p.Doubt != Long && utf8Plain(s) {
			t.Fatalf("%q has the name %q %q", s, p.Vendor, p.Name)
		}
	})
}

// utf8Plain reports whether s has no control characters, which separate words as blanks do.
func utf8Plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7F && r < 0xA0 })
}
