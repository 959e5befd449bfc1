// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cpe

import "testing"

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("cpe:2.3:o:acme:router_os_firmware:8.1.0.3:*:*:*:*:*:*:*"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAffects(b *testing.B) {
	n, err := Parse("cpe:2.3:o:acme:router_os_firmware")
	if err != nil {
		b.Fatal(err)
	}
	hw, target := n, n
	hw[Part], hw[Product] = "h", "router_os"
	target[Version] = "8.2.1"
	a := Applicability{{Operator: And, Nodes: []Node{{Matches: []Criterion{{Vulnerable: true, Criteria: n, StartIncluding: "8.1.0", EndExcluding: "8.2.4"}}}, {Matches: []Criterion{{Criteria: hw}}}}}}
	for b.Loop() {
		if a.Affects(target, nil).State != "affected" {
			b.Fatal("missed")
		}
	}
}
