// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cpe

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func name(t *testing.T, s string) Name {
	t.Helper()
	n, err := Parse(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return n
}

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"cpe:2.3:a:Acme:Router_OS:3.0.1b:*:*:*:*:*:*:*":                  "cpe:2.3:a:acme:router_os:3.0.1b:*:*:*:*:*:*:*",
		"cpe:2.3:o:acme:x100_firmware:-:*:*:*:*:*:*:*":                   "cpe:2.3:o:acme:x100_firmware:-:*:*:*:*:*:*:*",
		`cpe:2.3:a:acme:a\:b\/c:1.0\+dfsg-1:*:*:*:*:node.js:x64:*`:       `cpe:2.3:a:acme:a\:b\/c:1.0\+dfsg-1:*:*:*:*:node.js:x64:*`,
		"cpe:2.3:a:acme:a+b:1.0~rc1:*:*:*:*:*:*:*":                       `cpe:2.3:a:acme:a\+b:1.0\~rc1:*:*:*:*:*:*:*`,
		`cpe:2.3:a:acme:what\?:8.\*:sp?:*:*:*:*:*:*`:                     `cpe:2.3:a:acme:what\?:8.\*:sp?:*:*:*:*:*:*`,
		"cpe:2.3:a:acme:x:*8.2??:*:*:zh-cn:*:*:*:*":                      "cpe:2.3:a:acme:x:*8.2??:*:*:zh-cn:*:*:*:*",
		` CPE:2.3:a:acme:\x\.y:1\.0:*:*:*:*:*:*:* `:                      "cpe:2.3:a:acme:x.y:1.0:*:*:*:*:*:*:*",
		"cpe:2.3:a:acme:short:1":                                         "cpe:2.3:a:acme:short:1:*:*:*:*:*:*:*",
		"cpe:2.3:a:acme:empty::::::::":                                   "cpe:2.3:a:acme:empty:*:*:*:*:*:*:*:*",
		"cpe:/a:acme:router_os:3.0.1b":                                   "cpe:2.3:a:acme:router_os:3.0.1b:*:*:*:*:*:*:*",
		"cpe:/a:acme:x:1.0:-:pro:zh-cn":                                  "cpe:2.3:a:acme:x:1.0:-:pro:zh-cn:*:*:*:*",
		"cpe:/a:acme:x:8.%02:sp%01:~~home~windows~x64~":                  "cpe:2.3:a:acme:x:8.*:sp?:*:*:home:windows:x64:*",
		"cpe:/a:acme:x:1::~home":                                         "",
		"cpe:/a:acme:x%21y:%2a1%3f":                                      `cpe:2.3:a:acme:x\!y:\*1\?:*:*:*:*:*:*:*`,
		"cpe:/h:acme":                                                    "cpe:2.3:h:acme:*:*:*:*:*:*:*:*:*",
		"cpe:/":                                                          "cpe:2.3:*:*:*:*:*:*:*:*:*:*:*",
		"cpe:/a:acme:x:%02":                                              "cpe:2.3:a:acme:x:*:*:*:*:*:*:*:*",
		"cpe:/a:acme:x~y:1":                                              `cpe:2.3:a:acme:x\~y:1:*:*:*:*:*:*:*`,
		"cpe:2.3:a:acme:x:??:*:*:*:*:*:*:*":                              "cpe:2.3:a:acme:x:??:*:*:*:*:*:*:*",
		"cpe:2.3:a:acme:x:1:*:*:*:*:*:*:" + strings.Repeat("a", 1024-31): "cpe:2.3:a:acme:x:1:*:*:*:*:*:*:" + strings.Repeat("a", 1024-31),
	} {
		n, err := Parse(in)
		if want == "" {
			if err == nil {
				t.Errorf("Parse(%q) = %s", in, n)
			}
			continue
		}
		if err != nil || n.String() != want {
			t.Errorf("Parse(%.80q) = %.80s, %v; want %.80s", in, n, err, want)
		}
		if again, err := Parse(n.String()); err != nil || again != n {
			t.Errorf("%.80s, read again: %.80s, %v", n, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]Rule{
		"": Syntax, "acme router": Syntax, "cpe:2.2:a:b:c": Syntax, "cpe:/a:b:c:d:e:f:g:h": Syntax, "cpe:2.3:a:b:c:1:2:3:4:5:6:7:8:9": Syntax,
		"cpe:/a:acme:x:1:2:~a~b": Syntax, "cpe:2.3:x:acme:y:1": PartRule, "cpe:2.3:ao:acme:y:1": PartRule,
		"cpe:2.3:a:acme:two words:1": Encoding, "cpe:2.3:a:烽燧:x:1": Encoding, "cpe:2.3:a:acme:x:1\\": Encoding, "cpe:2.3:a:acme:x:a\x00": Encoding, "cpe:/a:acme:x:%2": Encoding, "cpe:/a:acme:x:%zz": Encoding, "cpe:/a:acme:x:%c3%a9": Encoding,
		"cpe:2.3:a:acme:x:1*2:*": Wildcards, "cpe:2.3:a:acme:x:1**:*": Wildcards, "cpe:2.3:a:acme:x:1?*:*": Wildcards, "cpe:2.3:a:acme:**x:1": Wildcards, "cpe:2.3:a:acme:x:?*1": Wildcards,
		"cpe:2.3:a:acme:x:\\-": Hyphen, "cpe:/a:acme:x:%2d": Hyphen,
		"cpe:2.3:a:acme:" + strings.Repeat("x", MaxLength): Length,
	} {
		n, err := Parse(in)
		var got *Refused
		if !errors.As(err, &got) || got.Rule != want || n != (Name{}) {
			t.Errorf("Parse(%.40q) = %v, %v; want %s", in, n, err, want)
		}
	}
	if got := (&Refused{Syntax}).Error(); got != "cpe: not a CPE name: syntax" {
		t.Error(got)
	}
}

func TestValues(t *testing.T) {
	for text, want := range map[string]Value{"Router OS": "", "Router_OS": "router_os", "a:b*": `a\:b\*`, "-": "", "": Any, "1.0-2": "1.0-2"} {
		v, err := TextOf(text)
		if v != want || (err == nil) != (want != "") {
			t.Errorf("TextOf(%q) = %q, %v", text, v, err)
			continue
		}
		if back, ok := v.Text(); want != "" && want != Any && (!ok || back != strings.ToLower(text)) {
			t.Errorf("%q is the text %q, %v", v, back, ok)
		}
	}
	n := name(t, `cpe:2.3:a:acme:a\+b:1.0:rc1:*:*:*:*:*:*`)
	if n.Key() != `a:acme:a\+b` || n.VersionText() != "1.0 rc1" {
		t.Errorf("key %q, version %q", n.Key(), n.VersionText())
	}
	for _, s := range []string{"cpe:2.3:*:acme:x:1", "cpe:2.3:a:*:x:1", "cpe:2.3:a:acme:-:1", "cpe:2.3:a:acme:x*:1"} {
		if n := name(t, s); n.Key() != "" {
			t.Errorf("%s has the key %q", s, n.Key())
		}
	}
	for _, s := range []string{"cpe:2.3:a:acme:x:*", "cpe:2.3:a:acme:x:-", "cpe:2.3:a:acme:x:1.*"} {
		if n := name(t, s); n.VersionText() != "" {
			t.Errorf("%s has the version %q", s, n.VersionText())
		}
	}
	if Version.String() != "version" || Other.String() != "other" {
		t.Error("attributes have other names")
	}
	var back Name
	if b, err := json.Marshal(n); err != nil || json.Unmarshal(b, &back) != nil || back != n {
		t.Errorf("as JSON %s, %v, back %s", b, err, back)
	}
}

// Table 6-2 of NISTIR 7696.
func TestCompareValues(t *testing.T) {
	for _, c := range []struct {
		source, target Value
		want           Relation
	}{
		{Any, Any, Equal}, {Any, NA, Superset}, {Any, "x", Superset}, {Any, "x*", Undefined},
		{NA, Any, Subset}, {NA, NA, Equal}, {NA, "x", Disjoint}, {NA, "x*", Undefined},
		{"x", "x", Equal}, {"x", "y", Disjoint}, {"x", "x*", Undefined}, {"x", NA, Disjoint}, {"x", Any, Subset},
		{"8.*", "8.2", Superset}, {"8.*", "9.2", Disjoint}, {"8.*", Any, Subset}, {"8.*", NA, Disjoint}, {"8.*", "8.*", Undefined},
		{"*.1", "8.1", Superset}, {"*.1", "8.1.0", Disjoint}, {"*8*", "18.2", Superset}, {"*8*", "9", Disjoint},
		{"8.?", "8.2", Superset}, {"8.?", "8.", Superset}, {"8.?", "8.22", Disjoint}, {"8.??", "8.22", Superset}, {"??8", "8", Superset}, {"??8", "1238", Disjoint}, {"?8*", "18.2", Superset}, {"?8*", "218", Disjoint},
		{`8\.*`, "8.2", Superset}, {`a\:b*`, `a\:bc`, Superset}, {`a\*`, `a\*`, Equal}, {`a\*`, "ab", Disjoint}, {"??", "ab", Superset}, {"??", "abc", Disjoint}, {"*a?", "aaab", Superset},
	} {
		if got := CompareValues(c.source, c.target); got != c.want {
			t.Errorf("%s against %s: %s, want %s", c.source, c.target, got, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		source, target string
		want           Relation
	}{
		{"cpe:/a:acme:x:1.0", "cpe:/a:acme:x:1.0", Equal},
		{"cpe:/a:acme:x", "cpe:/a:acme:x:1.0", Superset},
		{"cpe:/a:acme:x:1.0:sp1", "cpe:/a:acme:x:1.0", Subset},
		{"cpe:/a:acme:x:1.0", "cpe:/a:acme:x:1.1", Disjoint},
		{"cpe:/a:acme:x::sp1", "cpe:/a:acme:x:1.0", Overlap},
		{"cpe:/a:acme:x:1.%02", "cpe:/a:acme:x:1.1:rc1", Superset},
		{"cpe:/a:acme:x:1.1", "cpe:/a:acme:x:1.%02", Undefined},
		{"cpe:/a:acme:x:1.1", "cpe:/a:acme:y:1.%02", Disjoint},
	} {
		if got := Compare(name(t, c.source), name(t, c.target)); got != c.want {
			t.Errorf("%s against %s: %s, want %s", c.source, c.target, got, c.want)
		}
	}
}

var (
	anyValue = rapid.SampledFrom([]Value{Any, Any, NA, "1.0", "1.0.0", "1.1", "2", "rc1", `a\:b`, "x", "acme", "8.*", "?.1", "*1*"})
	anyName  = rapid.Custom(func(t *rapid.T) Name {
		n := Name{Part: rapid.SampledFrom([]Value{"a", "o", "h", Any}).Draw(t, "part")}
		for i := 1; i < attributes; i++ {
			n[i] = anyValue.Draw(t, Attribute(i).String())
		}
		return n
	})
	product = rapid.Custom(func(t *rapid.T) Name {
		n := anything()
		n[Part], n[Vendor], n[Product] = rapid.SampledFrom([]Value{"a", "a", "a", "o", "h"}).Draw(t, "part"), "acme", rapid.SampledFrom([]Value{"x", "x", "x_firmware", "y"}).Draw(t, "product")
		n[Version] = rapid.SampledFrom([]Value{Any, NA, "1.0", "1.1", "v1.1", "2", "8.*", "none"}).Draw(t, "version")
		n[Update] = rapid.SampledFrom([]Value{Any, Any, NA, "rc1", "sp1"}).Draw(t, "update")
		n[TargetSW] = rapid.SampledFrom([]Value{Any, Any, "windows", "linux"}).Draw(t, "target_sw")
		return n
	})
)

// What a name is written as reads as the same name, and relations turn round when the names change places.
func TestNamesHoldTogether(t *testing.T) {
	round := map[Relation]Relation{Equal: Equal, Superset: Subset, Subset: Superset, Disjoint: Disjoint, Overlap: Overlap}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyName.Draw(t, "a"), anyName.Draw(t, "b")
		if again, err := Parse(a.String()); err != nil || again != a {
			t.Fatalf("%s reads as %s, %v", a, again, err)
		}
		if plain(a) && plain(b) {
			if there, back := Compare(a, b), Compare(b, a); round[there] != back {
				t.Fatalf("%s and %s: %s there, %s back", a, b, there, back)
			}
		}
		if ka, kb := a.Key(), b.Key(); ka != "" && kb != "" && ka != kb && Compare(a, b) != Disjoint && Compare(a, b) != Undefined {
			t.Fatalf("%s and %s have different keys but are %s", a, b, Compare(a, b))
		}
	})
}

// plain reports whether n has no wildcards.
func plain(n Name) bool {
	for _, v := range n {
		if v != Any && v != NA && v.pattern().wild() {
			return false
		}
	}
	return true
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`cpe:2.3:a:acme:a\:b:1.0\+x:sp?:*:-:*:*:*:*`, "cpe:/a:acme:x:8.%02:sp%01:~~home~windows~x64~", "cpe:2.3:o:acme:x_firmware:??1*:*:*:*:*:*:*:*", "cpe:2.3:a:acme:x:\\-"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		n, err := Parse(a)
		if err != nil {
			return
		}
		if again, err := Parse(n.String()); err != nil && len(n.String()) <= MaxLength || err == nil && again != n {
			t.Fatalf("%q reads as %s, that as %s, %v", a, n, again, err)
		}
		for i, v := range n {
			if text, ok := v.Text(); ok {
				if back, err := TextOf(text); err != nil || back != v {
					t.Fatalf("%s %q is the text %q, that the value %q, %v", Attribute(i), v, text, back, err)
				}
			}
		}
		m, err := Parse(b)
		if err != nil {
			return
		}
		relation := Compare(n, m)
		if n == m && plain(n) && relation != Equal {
			t.Fatalf("%s is not itself but %s", n, relation)
		}
		c := Criterion{Vulnerable: true, Criteria: n}
		if v := c.Affects(m); v.State == "affected" && relation == Disjoint && n[Version] == m[Version] && n[Update] == m[Update] {
			t.Fatalf("%s is disjoint from %s but affects it", n, m)
		}
	})
}

func TestCriteriaAreReadAsOthersWriteThem(t *testing.T) {
	const doc = `[{"operator":"AND","nodes":[{"operator":"OR","negate":false,"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:o:acme:x_firmware:*:*:*:*:*:*:*:*","versionStartIncluding":"1.0","versionEndExcluding":"2.0","matchCriteriaId":"9D4A"}]},
{"operator":"OR","negate":false,"cpeMatch":[{"vulnerable":false,"criteria":"cpe:2.3:h:acme:x:-:*:*:*:*:*:*:*"}]}]}]`
	var got Applicability
	if err := json.Unmarshal([]byte(doc), &got); err != nil {
		t.Fatal(err)
	}
	want := Applicability{{Operator: And, Nodes: []Node{
		{Operator: Or, Matches: []Criterion{{Vulnerable: true, Criteria: name(t, "cpe:2.3:o:acme:x_firmware"), ID: "9D4A", StartIncluding: "1.0", EndExcluding: "2.0"}}},
		{Operator: Or, Matches: []Criterion{{Criteria: name(t, "cpe:2.3:h:acme:x:-")}}}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if keys, open := got.Keys(); len(keys) != 1 || keys[0] != "o:acme:x_firmware" || open {
		t.Errorf("keys %v, open %v", keys, open)
	}
	b, err := json.Marshal(got)
	var again Applicability
	if err != nil || json.Unmarshal(b, &again) != nil || !cmp.Equal(got, again) {
		t.Errorf("written again: %s, %v", b, err)
	}
}
