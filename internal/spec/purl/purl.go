// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package purl reads package URLs (purl, ECMA-427) and says which package of which ecosystem they name, so that an SBOM's
// component and an advisory's package meet.
package purl

import (
	"strings"
	"unicode/utf8"

	packageurl "github.com/package-url/packageurl-go"
)

// MaxLength is the longest package URL, in bytes, that is read.
const MaxLength = 1 << 10

// A Package is a package URL taken apart and normalised by the rules of its type.
type Package struct {
	Type       string // lower case: "maven", "npm", "generic"
	Namespace  string // may hold slashes
	Name       string
	Version    string            // "" where the URL names the package in every version
	Qualifiers map[string]string // nil where there are none
	Subpath    string
}

// A Rule names what a package URL breaks.
type Rule string

// The rules of a package URL.
const (
	Length   Rule = "length"   // longer than MaxLength
	Encoding Rule = "encoding" // not UTF-8, or with control characters
	Syntax   Rule = "syntax"   // not pkg:type/namespace/name@version?qualifiers#subpath, or against its type's own rules
)

// Refused says why a text is no package URL.
type Refused struct{ Rule Rule }

func (r *Refused) Error() string { return "purl: not a package URL: " + string(r.Rule) }

// Parse reads a package URL. It is lenient where real SBOMs are careless: an npm scope with a bare "@" and an empty
// "?" or "#" at the end pass. Every error is a *Refused.
func Parse(s string) (Package, error) {
	switch {
	case len(s) > MaxLength:
		return Package{}, &Refused{Rule: Length}
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return Package{}, &Refused{Rule: Encoding}
	}
	u, err := packageurl.FromString(strings.TrimRight(strings.TrimSpace(s), "?#"))
	if err != nil {
		return Package{}, &Refused{Rule: Syntax}
	}
	p := Package{Type: u.Type, Namespace: u.Namespace, Name: u.Name, Version: u.Version, Subpath: u.Subpath}
	for _, part := range []string{p.Namespace, p.Name, p.Version} {
		if !utf8.ValidString(part) || strings.ContainsRune(part, 0) {
			return Package{}, &Refused{Rule: Encoding}
		}
	}
	if len(u.Qualifiers) > 0 {
		p.Qualifiers = u.Qualifiers.Map()
	}
	return p, nil
}

// String returns the canonical package URL.
func (p Package) String() string {
	return packageurl.NewPackageURL(p.Type, p.Namespace, p.Name, p.Version, packageurl.QualifiersFromMap(p.Qualifiers), p.Subpath).ToString()
}

// ecosystems maps a type, or a type and its vendor namespace, to the OSV ecosystem (OSV schema 1.7, affected[].package).
var ecosystems = map[string]string{
	"maven": "Maven", "npm": "npm", "pypi": "PyPI", "golang": "Go", "cargo": "crates.io", "gem": "RubyGems", "composer": "Packagist",
	"nuget": "NuGet", "hex": "Hex", "pub": "Pub", "hackage": "Hackage", "cran": "CRAN", "conan": "ConanCenter", "swift": "SwiftURL",
	"bitnami": "Bitnami", "julia": "Julia", "opam": "opam", "githubactions": "GitHub Actions", "bioconductor": "Bioconductor",
	"deb/debian": "Debian", "deb/ubuntu": "Ubuntu", "deb/echo": "Echo",
	"apk/alpine": "Alpine", "apk/wolfi": "Wolfi", "apk/chainguard": "Chainguard", "apk/alpaquita": "Alpaquita", "apk/minimos": "MinimOS",
	"apk/bellsoft-hardened-containers": "BellSoft Hardened Containers",
	"rpm/redhat":                       "Red Hat", "rpm/almalinux": "AlmaLinux", "rpm/rocky-linux": "Rocky Linux", "rpm/rocky": "Rocky Linux",
	"rpm/opensuse": "openSUSE", "rpm/suse": "SUSE", "rpm/openeuler": "openEuler", "rpm/mageia": "Mageia", "rpm/azurelinux": "Azure Linux",
	"rpm/photon": "Photon OS",
}

// Ecosystem returns the OSV ecosystem, without a release, or "" where OSV has none for the package.
func (p Package) Ecosystem() string {
	if e, ok := ecosystems[p.Type]; ok {
		return e
	}
	return ecosystems[p.Type+"/"+strings.ToLower(p.Namespace)]
}

// Known returns the name of an OSV ecosystem, without a release, that has package URLs. It is one and the same text every
// time, as Ecosystem's is: to find two of them equal takes no look at them, which lie anywhere in memory otherwise.
func Known(ecosystem string) (name string, ok bool) {
	name, ok = named[ecosystem]
	return name, ok
}

var named = func() map[string]string {
	out := map[string]string{}
	for _, e := range ecosystems {
		out[e] = e
	}
	return out
}()

// Release returns what OSV writes behind the ecosystem for the distribution's release that the "distro" qualifier
// names: "12" for debian-12, "v3.18" for alpine-3.18.4, "9" for almalinux-9, "22.03-LTS-SP1" for openEuler-22.03-LTS-SP1.
// It is "" where the package URL does not name a release by number, or does not name it whole (openEuler-22.03).
func (p Package) Release() string {
	_, number, ok := strings.Cut(p.Qualifiers["distro"], "-")
	if leap, isLeap := strings.CutPrefix(strings.ToLower(number), "leap-"); isLeap && p.Ecosystem() == "openSUSE" {
		return "Leap " + leap
	}
	if !ok || number == "" || number[0] < '0' || number[0] > '9' {
		return ""
	}
	major, rest, _ := strings.Cut(number, ".")
	minor, _, _ := strings.Cut(rest, ".")
	switch p.Ecosystem() {
	case "Debian", "AlmaLinux", "Rocky Linux", "Mageia":
		return major
	case "Photon OS":
		return number
	case "openEuler":
		number = strings.ToUpper(number)
		if strings.HasSuffix(number, ".03") { // the LTS of a year and its service packs begin alike
			return ""
		}
		return number
	case "Alpine":
		if minor != "" {
			return "v" + major + "." + minor
		}
	case "Ubuntu":
		return number
	}
	return ""
}

// FullName returns the package's name as OSV writes it: "group:artifact" for Maven, "namespace/name" for npm, Go,
// Packagist and the like, the bare name for distributions, the PEP 503 name for PyPI. Without an ecosystem it is
// "namespace/name".
func (p Package) FullName() string {
	switch {
	case p.Type == "pypi":
		return pep503(p.Name)
	case p.Namespace == "" || p.Type == "deb" || p.Type == "apk" || p.Type == "rpm":
		return p.Name
	case p.Type == "maven":
		return p.Namespace + ":" + p.Name
	}
	return p.Namespace + "/" + p.Name
}

// Key returns a text that is equal for two package URLs that name the same package, whatever their versions.
func (p Package) Key() string {
	if e := p.Ecosystem(); e != "" {
		return Key(e, p.FullName())
	}
	return Key(p.Type, p.FullName())
}

// Key returns the key of the package that an advisory names by its OSV ecosystem, with or without a release, and name.
// Both sides must be normalised: OSV records carry names like "Flask-User" and "github.com/Masterminds/goutils".
func Key(ecosystem, name string) string {
	ecosystem, _, _ = strings.Cut(ecosystem, ":")
	switch ecosystem {
	case "PyPI":
		name = pep503(name)
	case "Maven", "RubyGems", "CRAN", "Hackage", "Bioconductor", "Julia": // names that differ in case are different packages
	default:
		name = strings.ToLower(name)
	}
	return ecosystem + "/" + name
}

// pep503 is the name of a Python project as PEP 503 compares it: in small letters, with one hyphen for every run of "-",
// "_" and ".".
func pep503(name string) string {
	normal := true
	for i := 0; i < len(name) && normal; i++ {
		c := name[i]
		normal = c != '_' && c != '.' && (c < 'A' || c > 'Z') && c < utf8.RuneSelf && (c != '-' || i == 0 || name[i-1] != '-')
	}
	if normal {
		return name
	}
	var b strings.Builder
	b.Grow(len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c != '-' && c != '_' && c != '.':
			b.WriteByte(c)
		case i == 0 || !strings.ContainsRune("-_.", rune(name[i-1])):
			b.WriteByte('-')
		}
	}
	return strings.ToLower(b.String())
}
