// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

func TestClaims(t *testing.T) {
	span := func(events ...osv.Event) []osv.Range {
		return []osv.Range{{Type: osv.RangeEcosystem, Events: events}}
	}
	n, err := cpe.Parse("cpe:2.3:o:acme:router_firmware")
	if err != nil {
		t.Fatal(err)
	}
	match := func(c cpe.Criterion) cpe.Applicability {
		c.Vulnerable, c.Criteria = true, n
		return cpe.Applicability{{Nodes: []cpe.Node{{Operator: cpe.Or, Matches: []cpe.Criterion{c}}}}}
	}
	upTo := osv.Affected{Ranges: span(osv.Event{Introduced: "0"}, osv.Event{Fixed: "3.2"})}
	pkg := func(ecosystem, name, purl string, ranges []osv.Range) osv.Affected {
		return osv.Affected{Package: &osv.Package{Ecosystem: ecosystem, Name: name, PURL: purl}, Ranges: ranges}
	}
	for name, c := range map[string]struct {
		p    VEXProduct
		want []Claim
	}{
		"a range as people write it": {VEXProduct{Vendor: "Acme", Product: "Router", Range: "<3.2", CPE: "cpe:2.3:o:acme:router_firmware:*:*:*:*:*:*:*:*", Models: []string{"X100"}},
			[]Claim{{CPEs: match(cpe.Criterion{EndExcluding: "3.2"}), Exact: true}, {Vendor: "Acme", Product: "Router", Models: []string{"X100"}, Says: upTo, Exact: true}}},
		"a specifier": {VEXProduct{Product: "x", Range: "vers:npm/>=1.0.0|<=1.4.0", PURLs: []string{"pkg:npm/x", "pkg:generic/x", "?"}},
			[]Claim{{Says: pkg("npm", "x", "pkg:npm/x", span(osv.Event{Introduced: "1.0.0"}, osv.Event{LastAffected: "1.4.0"})), Exact: true}, {Product: "x", Says: osv.Affected{Ranges: span(osv.Event{Introduced: "1.0.0"}, osv.Event{LastAffected: "1.4.0"})}, Exact: true}}},
		"one version": {VEXProduct{Product: "x", Version: "V1.0", PURLs: []string{"pkg:deb/debian/x@1.0-1?distro=debian-12"}},
			[]Claim{{Says: pkg("Debian:12", "x", "pkg:deb/debian/x@1.0-1?distro=debian-12", span(osv.Event{Introduced: "1.0-1"}, osv.Event{LastAffected: "1.0-1"})), Exact: true}, {Product: "x", Says: osv.Affected{Ranges: span(osv.Event{Introduced: "V1.0"}, osv.Event{LastAffected: "V1.0"})}, Exact: true}}},
		"a name for a version": {VEXProduct{Product: "x", Version: "Gen 2 edition"}, []Claim{{Product: "x", Says: osv.Affected{Versions: []string{"Gen 2 edition"}}}}},
		"what nobody can read": {VEXProduct{Name: "x", Range: "the older ones"}, []Claim{{Product: "x", Says: osv.Affected{Ranges: span(osv.Event{Introduced: "0"}, osv.Event{LastAffected: "?"})}}}},
		"every version":        {VEXProduct{Vendor: "Acme", Product: "x", CPE: "cpe:2.3:o:acme:router_firmware"}, []Claim{{CPEs: match(cpe.Criterion{}), Exact: true}, {Vendor: "Acme", Product: "x", Says: osv.Affected{Ranges: span(osv.Event{Introduced: "0"})}, Exact: true}}},
		"what begins behind one": {VEXProduct{Product: "x", Range: ">1.0", PURLs: []string{"pkg:pypi/x"}}, []Claim{{Says: pkg("PyPI", "x", "pkg:pypi/x", span(osv.Event{Introduced: "1.0"}))},
			{Product: "x", Says: osv.Affected{Ranges: span(osv.Event{Introduced: "1.0-a"})}, Exact: true}}},
		"nothing": {VEXProduct{}, nil},
	} {
		if diff := cmp.Diff(c.want, c.p.Claims()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func FuzzClaims(f *testing.F) {
	f.Add("Router", "", "<3.2", "pkg:npm/x", "cpe:2.3:o:acme:router_firmware", "3.1")
	f.Add("Router", "V1.0 SP1", "", "pkg:deb/debian/x@1.0-1?distro=debian-12", "cpe:/a:acme:x:1", "1.0")
	f.Add("", "", "vers:all/>=V4.5.0<V4.5.2", "pkg:pypi/x", "", "4.5.1")
	f.Fuzz(func(t *testing.T, product, version, ranged, purl, name, asked string) {
		target, err := cpe.Parse("cpe:2.3:o:acme:router_firmware")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range (VEXProduct{Product: product, Version: version, Range: ranged, PURLs: []string{purl}, CPE: name}).Claims() {
			ecosystem := ""
			if c.Says.Package != nil {
				ecosystem = c.Says.Package.Ecosystem
			}
			c.CPEs.Affects(target, nil)
			if len(c.CPEs) == 0 && osv.Affects(c.Says, ecosystem, asked).Reason == osv.NothingSaid {
				t.Fatalf("a claim that says nothing: %+v", c)
			}
		}
	})
}
