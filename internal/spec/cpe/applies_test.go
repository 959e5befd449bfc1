// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cpe

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/vers"
)

func TestCriterion(t *testing.T) {
	between := func(c Criterion, s string) Criterion {
		c.Vulnerable, c.Criteria = true, name(t, s)
		return c
	}
	x := "cpe:2.3:a:acme:x:"
	for _, c := range []struct {
		m      Criterion
		target string
		state  osv.State
		reason Reason
	}{
		{between(Criterion{}, x+"1.0"), x + "1.0", osv.Hit, Matches},
		{between(Criterion{}, x+"1.0"), x + "V1.0.0", osv.Hit, Matches},
		{between(Criterion{}, x+"1.0"), x + "1.0.1", osv.Miss, NoMatch},
		{between(Criterion{}, x+"1.0"), x + "*", osv.Unknown, NoVersion},
		{between(Criterion{}, x+"1.0"), x + "-", osv.Miss, NoMatch},
		{between(Criterion{}, x+"1.0"), "cpe:2.3:a:acme:y:1.0", osv.Miss, NoMatch},
		{between(Criterion{}, x+"*"), x + "*", osv.Hit, Matches},
		{between(Criterion{}, x+"*"), x + "whatever", osv.Hit, Matches},
		{between(Criterion{}, x+"8.*"), x + "8.2.7", osv.Hit, Matches},
		{between(Criterion{}, x+"8.*"), x + "9", osv.Miss, NoMatch},
		{between(Criterion{}, x+"1.0"), x + "1.?", osv.Unknown, WildTarget},
		{between(Criterion{}, x+"1.0:rc1"), x + "1.0:rc1", osv.Hit, Matches},
		{between(Criterion{}, x+"1.0:rc1"), x + "1.0-rc1", osv.Hit, Matches},
		{between(Criterion{}, x+"1.0:rc1"), x + "1.0:rc2", osv.Miss, NoMatch},
		{between(Criterion{}, x+"1.0:rc1"), x + "1.0", osv.Unknown, NoVersion},
		{between(Criterion{}, x+"1.0:-"), x + "1.0", osv.Hit, Matches},
		{between(Criterion{}, x+"1.0"), x + "1.0.0:sp1", osv.Hit, Matches},
		{between(Criterion{EndExcluding: "2.0"}, x+"*"), x + "1.9", osv.Hit, Matches},
		{between(Criterion{EndExcluding: "2.0"}, x+"*"), x + "2.0", osv.Miss, NoMatch},
		{between(Criterion{EndExcluding: "2.0"}, x+"*"), x + "2.0:rc1", osv.Hit, Matches},
		{between(Criterion{EndIncluding: "2.0"}, x+"*"), x + "2.0.0", osv.Hit, Matches},
		{between(Criterion{EndIncluding: "2.0"}, x+"*"), x + "2.0:sp1", osv.Miss, NoMatch},
		{between(Criterion{StartIncluding: "1.0", EndIncluding: "2.0"}, x+"*"), x + "1", osv.Hit, Matches},
		{between(Criterion{StartExcluding: "1.0", EndIncluding: "2.0"}, x+"*"), x + "1", osv.Miss, NoMatch},
		{between(Criterion{StartExcluding: "1.0"}, x+"*"), x + "99", osv.Hit, Matches},
		{between(Criterion{EndExcluding: "2.0"}, x+"*"), x + "*", osv.Unknown, NoVersion},
		{between(Criterion{EndExcluding: "2.0"}, x+"*"), x + "-", osv.Unknown, NoVersion},
		{between(Criterion{EndExcluding: "2.0"}, x+"*"), x + "trunk", osv.Unknown, NoVersion},
		{between(Criterion{EndExcluding: "later"}, x+"*"), x + "1", osv.Unknown, NoVersion},
		{between(Criterion{EndExcluding: "2.0"}, x+"-"), x + "1", osv.Hit, Matches},
		{between(Criterion{}, x+"1.0:*:*:*:*:windows"), x + "1.0:*:*:*:*:linux", osv.Miss, NoMatch},
		{between(Criterion{}, x+"1.0:*:*:*:*:windows"), x + "1.0", osv.Hit, Matches},
		{between(Criterion{}, "cpe:2.3:a:acme:x*:1.0"), x + "1.0", osv.Hit, Matches},
		{between(Criterion{}, x+"1.0"), "cpe:2.3:a:*:x:1.0", osv.Unknown, WildTarget},
	} {
		if v := c.m.Affects(name(t, c.target)); v.State != c.state || v.Reason != c.reason {
			t.Errorf("%+v of %s: %s, %s; want %s, %s", c.m, c.target, v.State, v.Reason, c.state, c.reason)
		}
	}
	m := between(Criterion{}, x+"1.0:*:*:*:*:windows")
	if v := m.Affects(name(t, x+"1.0")); !slices.Equal(v.Assumed, []Attribute{TargetSW}) {
		t.Errorf("assumed %v", v.Assumed)
	}
}

func TestApplicability(t *testing.T) {
	criterion := func(vulnerable bool, s string) Criterion {
		return Criterion{Vulnerable: vulnerable, Criteria: name(t, s)}
	}
	fw, other := criterion(true, "cpe:2.3:o:acme:x_firmware:1.0"), criterion(true, "cpe:2.3:a:acme:y:2")
	hw, windows := criterion(false, "cpe:2.3:h:acme:x:-"), criterion(false, "cpe:2.3:o:acme:windows:10")
	or := func(ms ...Criterion) Node { return Node{Operator: Or, Matches: ms} }
	and := func(nodes ...Node) Configuration { return Configuration{Operator: And, Nodes: nodes} }
	not := func(n Node) Node {
		n.Negate = true
		return n
	}
	names := func(list ...string) (out []Name) {
		for _, s := range list {
			out = append(out, name(t, s))
		}
		return out
	}
	for what, c := range map[string]struct {
		a      Applicability
		target string
		with   []Name
		state  osv.State
		reason Reason
	}{
		"firmware on its hardware":             {Applicability{and(or(fw), or(hw))}, "cpe:2.3:o:acme:x_firmware:1.0", nil, osv.Hit, Matches},
		"other firmware":                       {Applicability{and(or(fw), or(hw))}, "cpe:2.3:o:acme:x_firmware:1.1", nil, osv.Miss, NoMatch},
		"the hardware itself is not":           {Applicability{and(or(fw), or(hw))}, "cpe:2.3:h:acme:x:-", nil, osv.Miss, NoMatch},
		"on a platform that nobody names":      {Applicability{and(or(other), or(windows))}, "cpe:2.3:a:acme:y:2", nil, osv.Unknown, NoPlatform},
		"on a platform that is there":          {Applicability{and(or(other), or(windows))}, "cpe:2.3:a:acme:y:2", names("cpe:2.3:o:acme:windows:10"), osv.Hit, Matches},
		"on that platform in another version":  {Applicability{and(or(other), or(windows))}, "cpe:2.3:a:acme:y:2", names("cpe:2.3:o:acme:windows:11"), osv.Miss, Excluded},
		"one of several":                       {Applicability{{Nodes: []Node{or(fw, other)}}}, "cpe:2.3:a:acme:y:2", nil, osv.Hit, Matches},
		"both at once":                         {Applicability{and(or(fw), or(other))}, "cpe:2.3:a:acme:y:2", nil, osv.Unknown, NoPlatform},
		"both at once, and they are":           {Applicability{and(or(fw), or(other))}, "cpe:2.3:a:acme:y:2", names("cpe:2.3:o:acme:x_firmware:1.0"), osv.Hit, Matches},
		"not on a platform":                    {Applicability{and(or(other), not(or(windows)))}, "cpe:2.3:a:acme:y:2", names("cpe:2.3:o:acme:windows:10"), osv.Miss, Excluded},
		"not on a platform, and it is another": {Applicability{and(or(other), not(or(windows)))}, "cpe:2.3:a:acme:y:2", names("cpe:2.3:o:acme:windows:11"), osv.Hit, Matches},
		"not on a platform that nobody names":  {Applicability{and(or(other), not(or(windows)))}, "cpe:2.3:a:acme:y:2", nil, osv.Unknown, NoPlatform},
		"the second configuration":             {Applicability{and(or(fw), or(hw)), {Nodes: []Node{or(other)}}}, "cpe:2.3:a:acme:y:2", nil, osv.Hit, Matches},
		"a version nobody knows":               {Applicability{{Nodes: []Node{or(other)}}}, "cpe:2.3:a:acme:y", nil, osv.Unknown, NoVersion},
		"nothing":                              {nil, "cpe:2.3:a:acme:y", nil, osv.Miss, NoMatch},
		"an empty configuration":               {Applicability{{Operator: And}}, "cpe:2.3:a:acme:y", nil, osv.Miss, NoMatch},
	} {
		v := c.a.Affects(name(t, c.target), c.with)
		if v.State != c.state || v.Reason != c.reason {
			t.Errorf("%s: %s, %s; want %s, %s", what, v.State, v.Reason, c.state, c.reason)
		}
		if (v.Config >= 0) != (v.Reason != NoMatch) || v.Config >= len(c.a) {
			t.Errorf("%s: configuration %d", what, v.Config)
		}
	}
	v := Applicability{and(or(other), or(windows))}.Affects(name(t, "cpe:2.3:a:acme:y:2"), nil)
	if len(v.Needs) != 1 || v.Needs[0] != windows.Criteria || v.Criterion.Criteria != other.Criteria {
		t.Errorf("needs %v of %v", v.Needs, v.Criterion)
	}
	if keys, open := (Applicability{{Nodes: []Node{or(other, fw, other, hw, criterion(true, "cpe:2.3:a:acme:z*:1"))}}}).Keys(); !slices.Equal(keys, []string{"a:acme:y", "o:acme:x_firmware"}) || !open {
		t.Errorf("keys %v, open %v", keys, open)
	}
}

// More knowledge never turns a hit into a miss where nothing is negated, and what is a hit is so by one of the vulnerable
// criteria with the key that it is looked up by.
func TestApplicabilityHoldsTogether(t *testing.T) {
	anyCriterion := rapid.Custom(func(t *rapid.T) Criterion {
		c := Criterion{Vulnerable: rapid.IntRange(0, 2).Draw(t, "vulnerable") > 0, Criteria: product.Draw(t, "criteria")}
		if rapid.Bool().Draw(t, "bounded") {
			c.Criteria[Version], c.EndExcluding = Any, rapid.SampledFrom([]string{"1.1", "2", "none"}).Draw(t, "end")
		}
		return c
	})
	anyNode := rapid.Custom(func(t *rapid.T) Node {
		return Node{Operator: rapid.SampledFrom([]Operator{And, Or, ""}).Draw(t, "operator"), Matches: rapid.SliceOfN(anyCriterion, 1, 3).Draw(t, "matches")}
	})
	anyApplicability := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Configuration {
		return Configuration{Operator: rapid.SampledFrom([]Operator{And, Or}).Draw(t, "operator"), Nodes: rapid.SliceOfN(anyNode, 1, 3).Draw(t, "nodes")}
	}), 0, 2)
	seen := map[Reason]int{}
	one := func(t *rapid.T) {
		a := Applicability(anyApplicability.Draw(t, "applicability"))
		target, with := product.Draw(t, "target"), rapid.SliceOfN(product, 0, 3).Draw(t, "with")
		if len(a) > 0 && rapid.IntRange(0, 3).Draw(t, "another") > 0 { // of a product that is spoken of
			c := a[0].Nodes[0].Matches[0].Criteria
			target[Part], target[Product] = c[Part], c[Product]
		}
		v := a.Affects(target, with)
		seen[v.Reason]++
		keys, _ := a.Keys()
		if v.State != osv.Miss && !slices.Contains(keys, target.Key()) {
			t.Fatalf("%s without the key %s among %v", v.State, target.Key(), keys)
		}
		if v.State == osv.Miss {
			return
		}
		if v.Criterion == nil || !v.Criterion.Vulnerable || v.Criterion.Affects(target).State == osv.Miss {
			t.Fatalf("%s by %+v", v.State, v.Criterion)
		}
		if more := a.Affects(target, append(with, product.Draw(t, "one more"))); v.State == osv.Hit && more.State != osv.Hit {
			t.Fatalf("a hit, with one thing more %s", more.State)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 40 {
			one(t)
		}
	})
	for _, r := range []Reason{Matches, NoMatch, NoVersion, NoPlatform, Excluded, WildTarget} {
		if seen[r] == 0 {
			t.Errorf("no verdict was for %s", r)
		}
	}
}

// The configurations of a directory of NVD-like documents, where FENGSUI_CPE_CONFIGURATIONS names one: every criterion
// reads and writes, a version within its bounds is never a miss, and one at an open end never a hit by it.
func TestConfigurationsOfOthers(t *testing.T) {
	dir := os.Getenv("FENGSUI_CPE_CONFIGURATIONS")
	documents, configurations, criteria, bounded, unknown, platform := 0, 0, 0, 0, 0, 0
	walk := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var doc struct {
			CVE struct {
				Configurations Applicability `json:"configurations"`
			} `json:"cve"`
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		a := doc.CVE.Configurations
		if len(a) == 0 {
			return nil
		}
		documents++
		configurations += len(a)
		for _, c := range a {
			for _, n := range c.Nodes {
				for _, m := range n.Matches {
					criteria++
					if again, err := Parse(m.Criteria.String()); err != nil || again != m.Criteria {
						t.Errorf("%s: %s reads as %s, %v", path, m.Criteria, again, err)
					}
					inside, outside := m.Criteria, m.Criteria
					if m.bounded() {
						bounded++
						inside[Version], outside[Version] = edge(t, m.StartIncluding, m.EndIncluding), edge(t, m.EndExcluding, m.StartExcluding)
					}
					if v := m.Affects(inside); v.State == osv.Miss && inside[Version] != Any && m.consistent() {
						t.Errorf("%s: %+v misses %s", path, m, inside)
					} else if v.State == osv.Unknown {
						unknown++
					}
					if v := m.Affects(outside); m.bounded() && v.State == osv.Hit {
						t.Errorf("%s: %+v takes in %s", path, m, outside)
					}
					if v := a.Affects(inside, nil); m.Vulnerable && plain(inside) && v.State == osv.Miss && m.consistent() && inside[Version] != Any {
						t.Errorf("%s: the whole misses %s of %+v: %s", path, inside, m, v.Reason)
					} else if v.Reason == NoPlatform {
						platform++
					}
				}
			}
		}
		return nil
	}
	if dir != "" {
		if err := filepath.WalkDir(dir, walk); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d documents with %d configurations of %d criteria, %d with bounds; %d criteria ask for more than the name at their edge says, %d only with a platform", documents, configurations, criteria, bounded, unknown, platform)
}

// consistent reports whether the bounds leave anything in natural order.
func (m *Criterion) consistent() bool {
	lower, upper := m.StartIncluding+m.StartExcluding, m.EndIncluding+m.EndExcluding
	if lower == "" || upper == "" {
		return true
	}
	order, err := vers.Compare(vers.Natural, lower, upper)
	return err == nil && order < 0
}

// edge makes a version of the first bound that there is.
func edge(t *testing.T, bounds ...string) Value {
	for _, b := range bounds {
		if b != "" {
			v, err := TextOf(strings.ReplaceAll(b, " ", "_"))
			if err != nil {
				t.Log(b, err)
				return Any
			}
			return v
		}
	}
	return Any
}
