// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import "strings"

// Key returns bytes that stand in the order of the versions of a scheme: for every a and b of one scheme that have keys,
// bytes.Compare(Key(a), Key(b)) is Compare(a, b), and equal keys are equal versions. The release of a distribution
// ("Debian:12") does not matter. A key may be stored and searched by range in a database.
//
// ok is false where version is none (ErrInvalid), and where no bytes can stand for it because the scheme itself goes in
// circles (Maven: 1 < 1.sp < 1-alpha < 1) or has equals that differ (Alpine: 1.0 = 1 = 1.00 > 1.0): there Compare decides
// each pair.
func Key(scheme, version string) (key []byte, ok bool) {
	key, ok = AppendKey(make([]byte, 0, len(version)+12), scheme, version)
	if !ok {
		return nil, false
	}
	return key, true
}

// AppendKey appends what Key returns to dst. Where there is no key it returns dst as it was.
func AppendKey(dst []byte, scheme, version string) ([]byte, bool) {
	if len(version) > MaxLength {
		return dst, false
	}
	text, ascii := version, true
	for i := range len(text) {
		if text[i] >= 0x80 {
			text, ascii = strings.Map(halfWidth, text), false
			break
		}
	}
	text = strings.TrimSpace(text)
	if !plain(text) {
		return dst, false
	}
	scheme, _, _ = strings.Cut(scheme, ":")
	write := keys[scheme]
	switch {
	case write.append == nil && (ascii || isASCII(text)):
		return naturalKey(dst, text), true
	case write.append == nil:
		return read(text).appendKey(dst), true
	case write.ascii && !ascii && !isASCII(text):
		return dst, false
	}
	n := len(dst)
	key, ok := write.append(dst, text)
	if !ok {
		return dst[:n], false
	}
	return key, true
}

// longest is the greatest number of digits that a number in a key may have.
const longest = 200

// plain reports whether s has a digit, no byte that keys use as an end, and no number that is too long for one.
func plain(s string) bool {
	digits, run := false, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == 0:
			return false
		case digit(c):
			digits = true
			if run++; run > longest {
				return false
			}
		default:
			run = 0
		}
	}
	return digits
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// A writer appends the key of a version of one family of schemes.
type writer struct {
	family string // the ecosystem that it is called by
	append func(key []byte, version string) ([]byte, bool)
	ascii  bool // takes nothing but ASCII
}

const maven = "Maven"

var keys = func() map[string]writer {
	m := map[string]writer{}
	for _, f := range []struct {
		writer
		others string
	}{
		{writer{"npm", semverKey, false}, "Bioconductor|Bitnami|ConanCenter|crates.io|Docker Hardened Images|GHC|Go|Hex|Julia|SwiftURL"},
		{writer{"NuGet", nugetKey, false}, ""}, {writer{"Pub", pubKey, false}, ""}, {writer{"Hackage", hackageKey, false}, ""}, {writer{"CRAN", cranKey, false}, ""},
		{writer{"PyPI", pypiKey, true}, ""}, {writer{maven, mavenKey, true}, ""}, {writer{"RubyGems", rubyKey, false}, ""}, {writer{"Packagist", packagistKey, false}, ""},
		{writer{"Debian", debianKey, true}, "Ubuntu"},
		{writer{"Alpine", alpineKey, true}, "Alpaquita|BellSoft Hardened Containers|Chainguard|MinimOS|Wolfi"},
		{writer{"Red Hat", rpmKey, false}, "AlmaLinux|Mageia|openEuler|openSUSE|Rocky Linux|SUSE"},
	} {
		for scheme := range strings.SplitSeq(f.family+"|"+f.others, "|") {
			if scheme != "" {
				m[scheme] = f.writer
			}
		}
	}
	return m
}()

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// digits returns the digits that s begins with, and the rest.
func digits(s string) (run, rest string) {
	i := 0
	for i < len(s) && digit(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

// isNumber reports whether s is a number and nothing else.
func isNumber(s string) bool {
	run, rest := digits(s)
	return run != "" && rest == ""
}

// appendNumber appends a number: how many digits it has without leading zeros, above a base, and the digits.
func appendNumber(key []byte, base byte, run string) []byte {
	for run != "" && run[0] == '0' {
		run = run[1:]
	}
	return append(append(key, base+byte(len(run))), run...)
}

// appendText appends a text and its end, which sorts before every byte that a text holds.
func appendText(key []byte, tag byte, text string) []byte {
	return append(append(append(key, tag), text...), 0)
}

// The tags of a natural key: pre-releases lie below the end.
const (
	naturalEnd    = 0x10
	naturalWord   = naturalEnd + byte(word)
	naturalNumber = naturalEnd + byte(number)
	naturalWild   = naturalEnd + byte(wildcard)
)

// appendKey writes what natural.compare compares.
func (n natural) appendKey(key []byte) []byte {
	for _, i := range n {
		switch i.rank {
		case word:
			key = appendText(key, naturalWord, i.text)
		case number:
			key = appendNumber(append(key, naturalNumber), 0, i.text)
		default:
			key = append(key, byte(naturalEnd+int(i.rank)))
		}
	}
	return append(key, naturalEnd)
}

// naturalKey is read(s).appendKey(key) for ASCII, without the list.
func naturalKey(key []byte, s string) []byte {
	zeros, items := 0, 0 // zeros wait until it is clear that they do not end a run of numbers
	for i := 0; i < len(s); {
		start, c := i, s[i]
		i++
		switch {
		case c == '*':
			return append(flushZeros(key, zeros), naturalWild, naturalEnd)
		case digit(c):
			for i < len(s) && digit(s[i]) {
				i++
			}
			if items++; strings.Trim(s[start:i], "0") == "" {
				zeros++
				continue
			}
			key, zeros = appendNumber(append(flushZeros(key, zeros), naturalNumber), 0, s[start:i]), 0
			continue
		case !letter(c):
			continue
		}
		for i < len(s) && letter(s[i]) {
			i++
		}
		var small [24]byte // the words that mean something are shorter
		run := small[:0]
		for _, c := range []byte(s[start:min(i, start+len(small))]) {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			run = append(run, c)
		}
		switch {
		case i-start > len(small):
		case len(run) == 1 && run[0] == 'x' && i == len(s) && start > 0 && s[start-1] == '.':
			return append(flushZeros(key, zeros), naturalWild, naturalEnd)
		case silent[string(run)], items-zeros == 0 && zeros == 0 && (string(run) == "v" || string(run) == "ver" || string(run) == "version"):
			continue
		}
		items, zeros = items-zeros+1, 0
		if r, ok := preRelease[string(run)]; ok && i-start <= len(small) {
			key = append(key, byte(naturalEnd+int(r)))
			continue
		}
		key = append(key, naturalWord)
		for _, c := range []byte(s[start:i]) {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			key = append(key, c)
		}
		key = append(key, 0)
	}
	return append(key, naturalEnd)
}

func flushZeros(key []byte, zeros int) []byte {
	for ; zeros > 0; zeros-- {
		key = append(key, naturalNumber, 0)
	}
	return key
}
