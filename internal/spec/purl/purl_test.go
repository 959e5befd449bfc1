// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package purl

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]Package{
		"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar": {
			Type: "maven", Namespace: "org.apache.logging.log4j", Name: "log4j-core", Version: "2.14.1", Qualifiers: map[string]string{"type": "jar"}},
		"pkg:npm/%40types/lodash@4.14.170":             {Type: "npm", Namespace: "@types", Name: "lodash", Version: "4.14.170"},
		"pkg:npm/@types/lodash@4.14.170":               {Type: "npm", Namespace: "@types", Name: "lodash", Version: "4.14.170"},
		"PKG:PyPI/Flask_User@1.0":                      {Type: "pypi", Name: "flask-user", Version: "1.0"},
		"pkg:golang/golang.org/x/text@v0.3.5#unicode":  {Type: "golang", Namespace: "golang.org/x", Name: "text", Version: "v0.3.5", Subpath: "unicode"},
		" pkg:generic/acme/router-fw@V3.0.1b?# ":       {Type: "generic", Namespace: "acme", Name: "router-fw", Version: "V3.0.1b"},
		"pkg:deb/debian/curl@7.50.3-1?distro=debian-9": {Type: "deb", Namespace: "debian", Name: "curl", Version: "7.50.3-1", Qualifiers: map[string]string{"distro": "debian-9"}},
		"pkg:gem/rails":                                {Type: "gem", Name: "rails"},
		"pkg:generic/%E8%B7%AF%E7%94%B1@1":             {Type: "generic", Name: "路由", Version: "1"},
	} {
		got, err := Parse(in)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Parse(%q): %v (-want +got)\n%s", in, err, diff)
		}
		again, err := Parse(got.String())
		if diff := cmp.Diff(got, again); diff != "" || err != nil {
			t.Errorf("%s, written again: %v\n%s", got, err, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]Rule{
		"":                               Syntax,
		"log4j-core":                     Syntax,
		"pkg:maven":                      Syntax,
		"pkg:npm/":                       Syntax,
		"pkg:ma ven/a/b":                 Syntax,
		"http://example.org/a":           Syntax,
		"pkg:npm/a\x00b":                 Encoding,
		"pkg:npm/a%00b":                  Encoding,
		"pkg:npm/a\xff":                  Encoding,
		"pkg:npm/a%ffb":                  Encoding,
		"pkg:npm/a\nb":                   Encoding,
		"pkg:npm/" + long(MaxLength-8+1): Length,
	} {
		_, err := Parse(in)
		var got *Refused
		if !errors.As(err, &got) || got.Rule != want {
			t.Errorf("Parse(%.20q): %v, want %s", in, err, want)
		}
	}
	if _, err := Parse("pkg:npm/" + long(MaxLength-8)); err != nil {
		t.Errorf("a package URL of the greatest length: %v", err)
	}
	if got := (&Refused{Syntax}).Error(); got != "purl: not a package URL: syntax" {
		t.Error(got)
	}
}

func long(n int) string { return strings.Repeat("a", n) }

func TestNames(t *testing.T) {
	for in, want := range map[string][3]string{ // ecosystem, full name, key
		"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1": {"Maven", "org.apache.logging.log4j:log4j-core", "Maven/org.apache.logging.log4j:log4j-core"},
		"pkg:npm/%40babel/core":                                {"npm", "@babel/core", "npm/@babel/core"},
		"pkg:pypi/jw.util":                                     {"PyPI", "jw-util", "PyPI/jw-util"},
		"pkg:golang/github.com/Masterminds/goutils":            {"Go", "github.com/masterminds/goutils", "Go/github.com/masterminds/goutils"},
		"pkg:golang/stdlib@1.20":                               {"Go", "stdlib", "Go/stdlib"},
		"pkg:cargo/serde":                                      {"crates.io", "serde", "crates.io/serde"},
		"pkg:gem/rails":                                        {"RubyGems", "rails", "RubyGems/rails"},
		"pkg:composer/Symfony/HTTP-Kernel":                     {"Packagist", "symfony/http-kernel", "Packagist/symfony/http-kernel"},
		"pkg:nuget/Newtonsoft.Json":                            {"NuGet", "Newtonsoft.Json", "NuGet/newtonsoft.json"},
		"pkg:deb/debian/curl":                                  {"Debian", "curl", "Debian/curl"},
		"pkg:deb/ubuntu/curl":                                  {"Ubuntu", "curl", "Ubuntu/curl"},
		"pkg:deb/acme/curl":                                    {"", "curl", "deb/curl"},
		"pkg:apk/alpine/apk":                                   {"Alpine", "apk", "Alpine/apk"},
		"pkg:rpm/redhat/curl":                                  {"Red Hat", "curl", "Red Hat/curl"},
		"pkg:rpm/openEuler/curl":                               {"openEuler", "curl", "openEuler/curl"},
		"pkg:swift/github.com/Alamofire/Alamofire":             {"SwiftURL", "github.com/Alamofire/Alamofire", "SwiftURL/github.com/alamofire/alamofire"},
		"pkg:github/Acme/Thing":                                {"", "acme/thing", "github/acme/thing"},
		"pkg:generic/Acme/Router-FW@V3":                        {"", "Acme/Router-FW", "generic/acme/router-fw"},
	} {
		p, err := Parse(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if diff := cmp.Diff(want, [3]string{p.Ecosystem(), p.FullName(), p.Key()}); diff != "" {
			t.Errorf("%s (-want +got)\n%s", in, diff)
		}
	}
}

// What an advisory calls a package and what an SBOM calls it have one key.
func TestBothSidesMeet(t *testing.T) {
	for _, e := range []struct{ ecosystem, name, purl string }{
		{"Go", "github.com/Masterminds/goutils", "pkg:golang/github.com/masterminds/goutils@v1.1.0"},
		{"PyPI", "jw.util", "pkg:pypi/JW_Util@1"},
		{"Debian:12", "curl", "pkg:deb/debian/curl@7?distro=bookworm"},
		{"Packagist:https://packages.example.org", "vendor/name", "pkg:composer/vendor/name@1"},
		{"NuGet", "Newtonsoft.Json", "pkg:nuget/newtonsoft.json@13.0.1"},
	} {
		p, err := Parse(e.purl)
		if err != nil || p.Key() != Key(e.ecosystem, e.name) {
			t.Errorf("%s is %q, %s %s is %q: %v", e.purl, p.Key(), e.ecosystem, e.name, Key(e.ecosystem, e.name), err)
		}
	}
	if Key("Maven", "a:B") == Key("Maven", "a:b") {
		t.Error("Maven artifacts that differ in case are different")
	}
}

func TestPythonNames(t *testing.T) {
	for name, want := range map[string]string{"": "", "flask": "flask", "Flask_User": "flask-user", "jw..util": "jw-util", "a-_.b": "a-b", "-a-": "-a-", "--a": "-a", "a--b": "a-b", "zope.interface": "zope-interface", "ÄB": "äb", ".": "-"} {
		if got := pep503(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestRelease(t *testing.T) {
	for in, want := range map[string]string{
		"pkg:deb/debian/curl?distro=debian-12":                  "12",
		"pkg:deb/debian/curl?distro=debian-12.4":                "12",
		"pkg:deb/debian/curl?distro=bookworm":                   "",
		"pkg:deb/debian/curl?distro=debian-sid":                 "",
		"pkg:deb/debian/curl":                                   "",
		"pkg:deb/ubuntu/curl?distro=ubuntu-22.04":               "22.04",
		"pkg:apk/alpine/curl?distro=alpine-3.18.4":              "v3.18",
		"pkg:apk/alpine/curl?distro=alpine-3":                   "",
		"pkg:rpm/almalinux/curl?distro=almalinux-9.2":           "9",
		"pkg:rpm/rocky-linux/curl?distro=rocky-8.8":             "8",
		"pkg:rpm/fedora/curl?distro=fedora-25":                  "",
		"pkg:npm/curl?distro=debian-12":                         "",
		"pkg:rpm/openeuler/curl?distro=openEuler-22.03-lts-sp1": "22.03-LTS-SP1",
		"pkg:rpm/openeuler/curl?distro=openEuler-22.03":         "",
		"pkg:rpm/openeuler/curl?distro=openEuler-23.09":         "23.09",
		"pkg:rpm/mageia/curl?distro=mageia-9":                   "9",
		"pkg:rpm/photon/curl?distro=photon-4.0":                 "4.0",
		"pkg:rpm/opensuse/curl?distro=opensuse-leap-15.5":       "Leap 15.5",
		"pkg:rpm/opensuse/curl?distro=opensuse-tumbleweed":      "",
	} {
		p, err := Parse(in)
		if err != nil || p.Release() != want {
			t.Errorf("%s: release %q, %v; want %q", in, p.Release(), err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar#a/b")
	f.Add("pkg:npm/@types/lodash@4.14.170")
	f.Add("pkg:generic/%E8%B7%AF%E7%94%B1@1?distro=a-b&epoch=1")
	f.Add("pkg:deb/debian/curl@7%2B1?distro=debian-12")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(p.String())
		var refused *Refused
		if errors.As(err, &refused) && refused.Rule == Length {
			return // escapes made it longer
		}
		if err != nil || again.Key() != p.Key() || again.Version != p.Version {
			t.Fatalf("%q reads as %+v, that as %+v, %v", s, p, again, err)
		}
	})
}
