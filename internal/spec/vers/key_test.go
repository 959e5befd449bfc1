// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/osv-scalibr/semantic"
	"pgregory.net/rapid"
)

// schemes are one ecosystem of every family, with what their versions are made of.
var schemes = map[string]struct{ words, joins []string }{
	"npm":       {[]string{"alpha", "beta", "rc", "x", "dev", "0a", "a-b", "A", "git", "incompatible"}, []string{".", ".", ".", "-", "-", "+", "", "..", "--"}},
	"NuGet":     {[]string{"alpha", "Beta", "RC", "preview", "ci", "x"}, []string{".", ".", ".", "-", "+", "", ".."}},
	"Pub":       {[]string{"alpha", "beta", "dev", "nullsafety", "hotfix"}, []string{".", ".", ".", "-", "+", "", ".."}},
	"Hackage":   {[]string{"a"}, []string{".", ".", ".", ".", ".", ".."}},
	"CRAN":      {[]string{"r"}, []string{".", ".", ".", "-", "-", "+"}},
	"PyPI":      {[]string{"a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "post", "rev", "r", "dev", "final", "ubuntu", "local"}, []string{".", ".", ".", "-", "_", "!", "+", "", "", " "}},
	"Maven":     {[]string{"a", "b", "m", "alpha", "beta", "milestone", "rc", "cr", "CR", "snapshot", "SNAPSHOT", "ga", "Final", "RELEASE", "sp", "jre", "v", "pre", "incubating", "android"}, []string{".", ".", ".", "-", "-", "", "", "_", "+"}},
	"RubyGems":  {[]string{"a", "b", "rc", "pre", "beta", "alpha", "x", "rails", "java"}, []string{".", ".", ".", "-", "", "", "_"}},
	"Packagist": {[]string{"a", "b", "rc", "RC", "alpha", "beta", "dev", "p", "patch", "pl", "x", "stable", "#"}, []string{".", ".", ".", "-", "_", "+", "", ""}},
	"Debian":    {[]string{"a", "z", "rc", "dfsg", "deb", "u", "ubuntu", "build", "ds", "git", "A", "nmu"}, []string{".", ".", ".", "-", "-", "~", "~~", "+", ":", "", "", "_"}},
	"Alpine":    {[]string{"a", "b", "z", "_alpha", "_beta", "_pre", "_rc", "_cvs", "_svn", "_git", "_hg", "_p", "-r", "~abc", "~0f", "_x"}, []string{".", ".", ".", ".", "", "", ""}},
	"Red Hat":   {[]string{"a", "el", "fc", "module", "rc", "git", "oe", "SP", "lp"}, []string{".", ".", ".", "-", "-", "~", "^", "+", ":", "", "", "_"}},
	Natural:     {[]string{"v", "V", "b", "rc", "beta", "dev", "build", "SP", "修订", "x", "X", "*", "final", "Final", "GA", "ver", "Version", "averyveryverylongwordindeed", "RC", "Alpha"}, []string{".", ".", ".", "-", " ", "（", "", ""}},
}

var numbers = []string{"0", "0", "0", "1", "1", "2", "3", "9", "10", "11", "12", "21", "007", "00", "01", "20210629", "99999999999999999999"}

// version draws versions as they stand in registries, mutilated ones, and many that begin alike.
func version(scheme string) *rapid.Generator[string] {
	s := schemes[scheme]
	piece := rapid.Custom(func(t *rapid.T) string {
		join, what := rapid.SampledFrom(s.joins).Draw(t, "join"), rapid.SampledFrom(numbers)
		if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
			what = rapid.SampledFrom(s.words)
		}
		return join + what.Draw(t, "what")
	})
	return rapid.Custom(func(t *rapid.T) string {
		head := rapid.SampledFrom([]string{"1", "1.0", "1.0.0", "1.2", "2.0.1", "v1", "0", "", "1:1", "1!1", "1.1.10"}).Draw(t, "head")
		tail := strings.Join(rapid.SliceOfN(piece, 0, 5).Draw(t, "tail"), "")
		if rapid.IntRange(0, 40).Draw(t, "odd") == 0 {
			tail += rapid.SampledFrom([]string{"é", "\xff", "\x00", "１", " ", "\t", ".", "-", "+", "~", "^", "(x)", "界"}).Draw(t, "tail of odd ones")
		}
		return head + tail
	})
}

// byLibrary is what the library says of two versions; of natural ones, what their items do.
func byLibrary(scheme, a, b string) (int, error) {
	if !Known(scheme) {
		return Compare(scheme, a, b)
	}
	clean := func(s string) string { return strings.TrimSpace(strings.Map(halfWidth, s)) }
	v, err := semantic.Parse(clean(a), scheme)
	if err != nil {
		return 0, err
	}
	n, err := v.CompareStr(clean(b))
	return cmp.Compare(n, 0), err
}

// Keys, Compare and the library agree, for every scheme, on every pair that has keys; a version that is none has no key.
func TestKeysAreInOrder(t *testing.T) {
	for scheme := range schemes {
		t.Run("scheme "+scheme, func(t *testing.T) {
			one := version(scheme)
			read, keyed := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				all := rapid.SliceOfN(one, 8, 8).Draw(t, "versions")
				for i, a := range all {
					ka, ok := Key(scheme, a)
					if _, err := Parse(scheme, a); err == nil {
						read++
					} else if ok {
						t.Fatalf("%q is no version but has the key %x", a, ka)
					}
					if ok {
						keyed++
					}
					for _, b := range all[:i] {
						if want, err := byLibrary(scheme, a, b); err == nil {
							if got, err := Compare(scheme, a, b); err == nil && got != want {
								t.Fatalf("%q and %q: %d, by the library %d", a, b, got, want)
							}
						}
						if kb, okB := Key(scheme, b); ok && okB {
							if want, err := byLibrary(scheme, a, b); err != nil || bytes.Compare(ka, kb) != want {
								t.Fatalf("%q and %q: keys %x and %x say %d, the library %d, %v", a, b, ka, kb, bytes.Compare(ka, kb), want, err)
							}
						}
					}
				}
			})
			t.Logf("%d of %d versions have keys", keyed, read)
			if keyed*10 < read {
				t.Error("hardly any version has a key")
			}
		})
	}
}

// The short way to a natural key is the long one.
func TestNaturalKeyIsOfTheListOfItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			s := strings.Map(func(r rune) rune {
				if r >= 0x80 {
					return -1
				}
				return r
			}, version(Natural).Draw(t, "version"))
			if short, long := naturalKey(nil, s), read(s).appendKey(nil); !bytes.Equal(short, long) {
				t.Fatalf("%q: %x, by its items %x", s, short, long)
			}
		}
	})
}

// What people write every day has a key.
func TestKeyOfEverydayVersions(t *testing.T) {
	for scheme, list := range map[string]string{
		"npm": "0.0.1 1.2.3 1.2.3-beta.1 1.2.3-rc.10+build.5 2.0.0-alpha", "Go": "v1.2.3 0.0.0-20200101000000-abcdefabcdef 2.0.0+incompatible", "Bitnami": "1.2.3-4 1.2",
		"PyPI": "1.0 2023.7.22 1.0rc1 1.0.post1 1!2.0.dev3 1.0+ubuntu.1 2004d", "Maven": "2.14.1 2.0-beta9 31.1-jre 1.0-SNAPSHOT 5.0.0.RELEASE 3.1.0.Final 2.1.3.RC1 1.0-1 2.3-incubating 1.0.0-M1 r09",
		"NuGet": "13.0.1 4.3.0-preview1-24530-04 1.2.3.4", "Packagist": "v5.4.21 1.0-RC1 2.0.0-beta.2 1.0.0-patch1", "RubyGems": "5.2.0.beta1 6.1.7.1 1.0.rc1 2.0-java",
		"Debian:12": "2.31-13+deb11u3 1:1.0~rc1-1 7.88.1-10+deb12u5 0", "Ubuntu:22.04:LTS": "1.0-1ubuntu1.1 2:8.39-9ubuntu0.1", "Alpine:v3.18": "1.2.3-r0 3.1.4_git20230717-r4 1.1.1t-r2 2.0_rc1-r1 1.0",
		"AlmaLinux:9": "0:1.0-1.el9 1.8.0.302.b08-0.el8_4 4.18.0-513.el8 3:1.0~beta-1.module_el8.6.0+2761+593e1fe7", "openEuler:22.03-LTS": "1.0-2.oe2203", "SUSE:Linux": "1.2.3-150000.1.1",
		"CRAN": "1.2-3 0.8.9", "Hackage": "1.2.3.4", "Pub": "1.0.0-nullsafety.1 1.0.0+2", "": "V3.0.1b V100R002C00SPC100 8.2.* 3.0（build 7） 2.0-修订1", "Linux": "6.1-rc3 5.10.0",
	} {
		for _, v := range strings.Fields(list) {
			if key, ok := Key(scheme, v); !ok || len(key) > len(v)*3+24 {
				t.Errorf("%s %s: key %x, %v", scheme, v, key, ok)
			}
		}
	}
	// What has none: no versions, and where the scheme goes in circles.
	for scheme, list := range map[string]string{"": "latest", "Debian": "x:1", "CRAN": "1.a", "Hackage": "1-a", "Maven": "9.4.43.v20210629 1.sp 2.0.0.RC1", "Alpine": "1.00 1.2.3foo 1.0_cvs"} {
		for _, v := range strings.Fields(list) {
			if key, ok := Key(scheme, v); ok || key != nil {
				t.Errorf("%s %s: key %x", scheme, v, key)
			}
		}
	}
	if dst, ok := AppendKey([]byte("before"), "Maven", "1.2.sp"); ok || string(dst) != "before" {
		t.Errorf("a refused key left %q, %v", dst, ok)
	}
	if dst, ok := AppendKey([]byte("before"), "Alpine", "_rc1"); !ok || !bytes.HasPrefix(dst, []byte("before\x00")) {
		t.Errorf("a key behind something is %q, %v", dst, ok)
	}
}

// Why some versions have no key: the library goes in circles, or calls equal what differs.
func TestSchemesGoInCircles(t *testing.T) {
	for _, c := range []struct {
		scheme string
		of     []string
	}{
		{"Maven", []string{"1-alpha", "1", "1.sp"}}, {"Maven", []string{"1-rc", "1", "1.v"}}, {"Maven", []string{"1.0.0.rc", "1", "1-1"}},
		{"Alpine", []string{"1.0", "1.00"}},
	} {
		last := len(c.of) - 1
		for i := range last {
			if n, err := Compare(c.scheme, c.of[i], c.of[i+1]); n != -1 || err != nil {
				t.Errorf("%s: %s and %s: %d, %v", c.scheme, c.of[i], c.of[i+1], n, err)
			}
		}
		if c.scheme == "Maven" {
			if n, _ := Compare(c.scheme, c.of[last], c.of[0]); n != -1 {
				t.Errorf("%s goes in no circle here: %v", c.scheme, c.of)
			}
		}
	}
	if a, _ := Compare("Alpine", "1", "1.0"); a != 0 {
		t.Error("Alpine's 1 is not 1.0")
	}
	if a, _ := Compare("Alpine", "1", "1.00"); a != 0 {
		t.Error("Alpine's 1 is not 1.00")
	}
}

// The lines of the library's own fixtures, where the module cache has them: "a < b" by what the ecosystem's own tools say.
func TestKeysAgreeWithTheFixtures(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/google/osv-scalibr").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "semantic", "testdata")
	lines, keyed, refused := 0, 0, 0
	for file, scheme := range map[string]string{"alpine-versions": "Alpine", "cran-versions": "CRAN", "debian-versions": "Debian", "hackage-versions": "Hackage", "maven-versions": "Maven", "nuget-versions": "NuGet",
		"packagist-versions": "Packagist", "pub-versions": "Pub", "pypi-versions": "PyPI", "redhat-versions": "Red Hat", "rubygems-versions": "RubyGems", "semver-versions": "npm"} {
		for _, kind := range []string{"", "-generated"} {
			all, with, none := compareFixture(t, filepath.Join(dir, file+kind+".txt"), scheme)
			if all > 0 {
				t.Logf("%s: %d lines compared, %d by keys", file+kind, all, with)
			}
			lines, keyed, refused = lines+all, keyed+with, refused+none
		}
	}
	t.Logf("compared %d lines, %d of them by keys and the others by Compare; %d more name something without a digit, which is no version here", lines, keyed, refused)
}

// compareFixture compares the lines of one file, which may be missing.
func compareFixture(t *testing.T, path, scheme string) (lines, keyed, refused int) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, 0
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		var a, sign, b string
		if n, _ := fmt.Sscan(in.Text(), &a, &sign, &b); n != 3 || a == "#" || a == "//" {
			continue
		}
		if !strings.ContainsAny(a, "0123456789") || !strings.ContainsAny(b, "0123456789") {
			refused++
			continue
		}
		lines++
		want, known := map[string]int{"<": -1, "=": 0, ">": 1}[sign]
		if !known {
			t.Fatalf("%s: %q", path, in.Text())
		}
		ka, okA := Key(scheme, a)
		kb, okB := Key(scheme, b)
		if got, err := byLibrary(scheme, a, b); got != want || err != nil {
			t.Errorf("%s: the library says %d, %v of %q", scheme, got, err, in.Text())
		}
		if got, err := Compare(scheme, a, b); got != want || err != nil {
			t.Errorf("%s: Compare says %d, %v of %q", scheme, got, err, in.Text())
		}
		if okA && okB {
			keyed++
			if got := bytes.Compare(ka, kb); got != want {
				t.Errorf("%s: the keys say %d of %q", scheme, got, in.Text())
			}
		}
	}
	return lines, keyed, refused
}

// Every ecosystem that the library counts by has keys, and no other.
func TestKnownIsWhatTheLibraryKnows(t *testing.T) {
	for _, scheme := range []string{"AlmaLinux", "Alpaquita", "Alpine", "BellSoft Hardened Containers", "Bioconductor", "Bitnami", "Chainguard", "ConanCenter", "CRAN", "crates.io", "Debian", "Docker Hardened Images", "GHC", "GIT",
		"GitHub Actions", "Go", "Hackage", "Hex", "Julia", "Linux", "Mageia", "Maven", "MinimOS", "npm", "NuGet", "openEuler", "openSUSE", "opam", "OSS-Fuzz", "Packagist", "Photon OS", "Pub", "PyPI", "Red Hat", "Rocky Linux",
		"Root", "RubyGems", "SUSE", "SwiftURL", "Ubuntu", "VSCode", "Wolfi", "Azure Linux", "Echo", "Android", "Kubernetes", "", "maven", ":1", "Debian:12"} {
		_, err := semantic.Parse("1", scheme)
		if Known(scheme) == errors.Is(err, semantic.ErrUnsupportedEcosystem) {
			t.Errorf("%q is known: %v, to the library: %v", scheme, Known(scheme), err)
		}
	}
}

func FuzzKey(f *testing.F) {
	for scheme := range schemes {
		f.Add(scheme, "1.0-rc1", "1.0.0+build.5")
		f.Add(scheme, "1:2.3~a-4_p1", "１.*（x")
	}
	f.Fuzz(func(t *testing.T, scheme, a, b string) {
		ka, okA := Key(scheme, a)
		kb, okB := Key(scheme, b)
		if _, err := Parse(scheme, a); err != nil && okA {
			t.Fatalf("%s: %q is no version but has a key", scheme, a)
		}
		want, err := byLibrary(scheme, a, b)
		if got, errHere := Compare(scheme, a, b); err == nil && errHere == nil && got != want {
			t.Fatalf("%s: %q and %q: %d, by the library %d", scheme, a, b, got, want)
		}
		if !okA || !okB {
			return
		}
		if want, err := byLibrary(scheme, a, b); err != nil || bytes.Compare(ka, kb) != want {
			t.Fatalf("%s: %q and %q: keys %x and %x say %d, the library %d, %v", scheme, a, b, ka, kb, bytes.Compare(ka, kb), want, err)
		}
	})
}

func BenchmarkKey(b *testing.B) {
	for scheme, v := range map[string]string{"npm": "1.2.3-rc.1", "PyPI": "2023.7.22", "Maven": "2.14.1-jre", "Debian": "1:2.31-13+deb11u3", "Red Hat": "0:4.18.0-513.el8_9", "Alpine": "3.1.4_git20230717-r4", "RubyGems": "6.1.7.rc1",
		"Packagist": "v5.4.21-RC1", "NuGet": "13.0.1", Natural: "V100R002C00SPC100"} {
		b.Run("scheme "+scheme, func(b *testing.B) {
			key := make([]byte, 0, 64)
			for b.Loop() {
				key, _ = AppendKey(key[:0], scheme, v)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mkeys/s")
		})
	}
}
