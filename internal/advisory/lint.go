// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A Finding of the linter that checks the publication rules of the Provisions of 2021, art. 9.
type Finding struct {
	Rule     string // "P1" … of regulation.md: fix first, no live targets, no hype, no exploit tools, fix together
	Blocking bool   // publication must wait; otherwise the reviewer decides
	Key      string // i18n key of the sentence
	Where    string // field
	What     string // the words that gave rise to it
}

var (
	address = regexp.MustCompile(`(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)`)
	mail    = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+`)
	exploit = regexp.MustCompile(`(?i)\$\{jndi:|\$\{\$\{|<script\b|;\s*(?:curl|wget)\s|/bin/(?:ba)?sh\s+-[ic]|\bmsfvenom\b|\bysoserial\b|union\s+(?:all\s+)?select\b|\bnc\s+-[el]`)
	hype    = regexp.MustCompile(`史诗级|核弹级|毁灭性|末日|全球瘫痪|互联网最大|(?i:apocalyp|doomsday|nuclear|biggest ever|internet is on fire)`)
)

// Lint checks an advisory against the publication rules that a machine can check. Rules it cannot check (major events,
// recipients abroad) are the reviewer's: an advisory goes to the public, and only when it is disclosed.
func Lint(c Content) (out []Finding) {
	add := func(rule string, blocking bool, key, where, what string) {
		out = append(out, Finding{rule, blocking, key, where, what})
	}
	if !c.FixReady {
		add("P1", true, "advisory.lint.fix-first", "fix_ready", "")
	}
	for _, f := range texts(c) {
		for _, ip := range liveAddresses(c, f.text) {
			add("P2", true, "advisory.lint.live-target", f.name, ip)
		}
		for _, m := range mail.FindAllString(f.text, 3) {
			add("P8", false, "advisory.lint.personal-data", f.name, m)
		}
		if m := hype.FindString(f.text); m != "" {
			add("P3", c.Composite != "critical", "advisory.lint.hype", f.name, m)
		}
		if m := exploit.FindString(f.text); m != "" {
			add("P4", true, "advisory.lint.exploit", f.name, m)
		}
	}
	if strings.TrimSpace(c.Fix) == "" && strings.TrimSpace(c.Workaround) == "" {
		add("P5", true, "advisory.lint.remediation", "fix", "")
	}
	return out
}

type field struct{ name, text string }

// texts is everything that people wrote and everybody will read.
func texts(c Content) []field {
	out := []field{{"title", c.Title}, {"title_en", c.TitleEN}, {"description", c.Description}, {"description_en", c.DescriptionEN},
		{"fix", c.Fix}, {"fix_en", c.FixEN}, {"workaround", c.Workaround}, {"workaround_en", c.WorkaroundEN}, {"summary", c.Summary}}
	for i, r := range c.References {
		if u, err := url.PathUnescape(r.URL); err == nil {
			out = append(out, field{fmt.Sprintf("references[%d].url", i), u})
		}
	}
	for i, who := range c.Credits {
		out = append(out, field{fmt.Sprintf("credits[%d]", i), who})
	}
	return out
}

var (
	versionBefore = regexp.MustCompile(`(?i)(?:版本|version|[<>=≤≥]|\bv|至|到|升级)\s*$`)
	versionAfter  = regexp.MustCompile(`(?i)^\s*(?:及|以|之|版本|or (?:earlier|later|newer|older)|and (?:earlier|later|newer|older))`)
)

// liveAddresses finds IPv4 addresses that may belong to somebody: no versions, which look alike, and none of the
// addresses that are kept for documents and for the own machine.
func liveAddresses(c Content, text string) (out []string) {
	for _, at := range address.FindAllStringIndex(text, -1) {
		before, ip, after := text[:at[0]], text[at[0]:at[1]], text[at[1]:]
		if partOfNumber(before, after) || versionBefore.MatchString(before) || versionAfter.MatchString(after) || isVersionOf(c, ip) || reserved(ip) {
			continue
		}
		if out = append(out, ip); len(out) == 3 {
			break
		}
	}
	return out
}

// partOfNumber: the digits go on, as in 1.2.3.4.5 or 1.2.3.45678.
func partOfNumber(before, after string) bool {
	digit := func(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }
	head := strings.TrimSuffix(before, ".")
	return head != "" && digit(head[len(head)-1:]) || digit(strings.TrimPrefix(after, "."))
}

// isVersionOf: the advisory itself names the text as a version of what is affected.
func isVersionOf(c Content, text string) bool {
	for _, a := range c.Affected {
		if slices.Contains(append([]string{a.Introduced, a.Fixed, a.LastAffected}, a.Versions...), text) {
			return true
		}
	}
	return false
}

var forDocuments = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), // RFC 5737
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("255.255.255.255/32")}

func reserved(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && slices.ContainsFunc(forDocuments, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Blocked reports whether a finding stops the publication.
func Blocked(fs []Finding) bool {
	for _, f := range fs {
		if f.Blocking {
			return true
		}
	}
	return false
}
