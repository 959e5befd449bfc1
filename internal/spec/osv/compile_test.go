// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

var (
	anyEcosystem = rapid.SampledFrom([]string{"npm", "npm", "PyPI", "Maven", "Debian", "Debian:12", "Debian:11", "AlmaLinux:9", "Alpine:v3.18", "RubyGems", "Packagist:https://packages.example.org", "Packagist",
		"", "", "Linux", "Hackage", "CRAN", "NuGet", ":12", "Debian:"})
	anyVersion = rapid.SampledFrom([]string{"0", "1", "1.0", "1.0.0", "v1.0", "1.2", "1.2.3", "1.2.3-rc1", "1.2.3-alpha", "1.2.sp", "1.0.0.rc", "1.00", "1.10", "2", "2.0.0", "2.0.0-1", "3", "3.1", "1:0.5",
		"1.2.*", "1.x", "*", "max", "", " 1.2 ", "V1.2", "１．２", "2.0-rc1", "9.4.43.v20210629", "1.2.3+b", "0.9"})
	anyEvent = rapid.Custom(func(t *rapid.T) Event {
		v := anyVersion.Draw(t, "at")
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0, 1, 2:
			return Event{Introduced: v}
		case 3:
			return Event{Introduced: "0"}
		case 4, 5:
			return Event{Fixed: v}
		case 6, 7:
			return Event{LastAffected: v}
		case 8:
			return Event{Limit: v}
		}
		return Event{Introduced: v, Fixed: anyVersion.Draw(t, "also")} // against the schema
	})
	anyRange = rapid.Custom(func(t *rapid.T) Range {
		r := Range{Type: rapid.SampledFrom([]string{RangeGit, RangeSemVer, RangeEcosystem, RangeEcosystem}).Draw(t, "type"), Events: rapid.SliceOfN(anyEvent, 0, 5).Draw(t, "events")}
		if r.Type == RangeGit {
			r.Repo = "https://git.example/x"
		}
		return r
	})
	anyAffected = rapid.Custom(func(t *rapid.T) Affected {
		a := Affected{Ranges: rapid.SliceOfN(anyRange, 0, 3).Draw(t, "ranges")}
		if e := anyEcosystem.Draw(t, "ecosystem"); e != "" || rapid.Bool().Draw(t, "with a package") {
			a.Package = &Package{Ecosystem: e, Name: "x"}
		}
		if rapid.Bool().Draw(t, "with a list") {
			a.Versions = rapid.SliceOfN(anyVersion, 0, 4).Draw(t, "versions")
		}
		return a
	})
)

// What was compiled says the same as what was not, to the last reason.
func TestCompiledSaysTheSame(t *testing.T) {
	seen := map[Reason]int{}
	one := func(t *rapid.T) {
		a := anyAffected.Draw(t, "affected")
		c := Compile(a)
		for range 6 {
			ecosystem := anyEcosystem.Draw(t, "of")
			if a.Package != nil && rapid.IntRange(0, 3).Draw(t, "other") > 0 {
				ecosystem = a.Package.Ecosystem
			}
			version := anyVersion.Draw(t, "version")
			key, _ := vers.Key(ecosystem, version)
			want, got := affectsByParsing(a, ecosystem, version), c.Affects(ecosystem, version, key)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s %q with the key %x of %+v (-parsed +Compiled)\n%s", ecosystem, version, key, a, diff)
			}
			if diff := cmp.Diff(want, Affects(a, ecosystem, version)); diff != "" {
				t.Fatalf("%s %q with the key %x of %+v (-parsed +Affects)\n%s", ecosystem, version, key, a, diff)
			}
			seen[got.Reason]++
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			one(t)
		}
	})
	for _, r := range []Reason{Listed, InRange, EveryVersion, Outside, OtherEcosystem, NoVersion, NoRelease, BadRange, OnlyCommits, NothingSaid} {
		if seen[r] == 0 {
			t.Errorf("no verdict was for %s", r)
		}
	}
}

// benchPairs are a component's version against the ranges of an advisory, as in ecosystems that count by SemVer.
func benchPairs() (Affected, []string) {
	a := Affected{Package: &Package{Ecosystem: "npm", Name: "x"}, Ranges: []Range{
		{Type: RangeSemVer, Events: []Event{{Introduced: "0"}, {Fixed: "2.3.1"}}}, {Type: RangeSemVer, Events: []Event{{Introduced: "2.4.0"}, {Fixed: "2.12.2"}}}}}
	return a, []string{"1.2.3", "2.3.1", "2.4.0-rc.1", "2.12.2", "4.17.21", "2.11.0", "0.9.9", "3.0.0"}
}

func BenchmarkAffects(b *testing.B) {
	a, versions := benchPairs()
	n := 0
	for b.Loop() {
		Affects(a, "npm", versions[n%len(versions)])
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")
}

func BenchmarkAffectsByParsing(b *testing.B) {
	a, versions := benchPairs()
	n := 0
	for b.Loop() {
		affectsByParsing(a, "npm", versions[n%len(versions)])
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")
}

func BenchmarkCompiled(b *testing.B) {
	a, versions := benchPairs()
	c := Compile(a)
	keys := make([][]byte, len(versions))
	for i, v := range versions {
		keys[i], _ = vers.Key("npm", v)
	}
	n := 0
	for b.Loop() {
		c.Affects("npm", versions[n%len(versions)], keys[n%len(versions)])
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")
}

// BenchmarkCompiledWithKeys makes the key anew for every pair.
func BenchmarkCompiledWithKeys(b *testing.B) {
	a, versions := benchPairs()
	c := Compile(a)
	key := make([]byte, 0, 64)
	n := 0
	for b.Loop() {
		v := versions[n%len(versions)]
		key, _ = vers.AppendKey(key[:0], "npm", v)
		c.Affects("npm", v, key)
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")
}

func BenchmarkCompile(b *testing.B) {
	a, _ := benchPairs()
	for b.Loop() {
		Compile(a)
	}
}
