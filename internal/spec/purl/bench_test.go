// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package purl

import "testing"

func BenchmarkParse(b *testing.B) {
	urls := []string{"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar", "pkg:npm/%40babel/core@7.12.3", "pkg:pypi/Jw_Util@1.0", "pkg:golang/github.com/Masterminds/goutils@v1.1.0", "pkg:deb/debian/curl@7.50.3-1?arch=amd64&distro=debian-9"}
	n := 0
	for b.Loop() {
		if _, err := Parse(urls[n%len(urls)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func BenchmarkKey(b *testing.B) {
	p, err := Parse("pkg:pypi/Jw_Util@1.0")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p.Key()
	}
}
