// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wip

package advisory

import (
	"regexp"
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
	address = regexp.MustCompile(`\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b`)
	mail    = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+`)
	exploit = regexp.MustCompile(`(?i)\$\{jndi:|\$\{\$\{|<script\b|;\s*(?:curl|wget)\s|/bin/(?:ba)?sh\s+-[ic]|\bmsfvenom\b|\bysoserial\b|union\s+select\b|\bnc\s+-[el]`)
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
		for _, ip := range address.FindAllString(f.text, 3) {
			if !looksLikeVersion(f.text, ip) {
				add("P2", true, "advisory.lint.live-target", f.name, ip)
			}
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

func texts(c Content) []field {
	return []field{{"title", c.Title}, {"title_en", c.TitleEN}, {"description", c.Description}, {"description_en", c.DescriptionEN},
		{"fix", c.Fix}, {"fix_en", c.FixEN}, {"workaround", c.Workaround}, {"workaround_en", c.WorkaroundEN}}
}

var versionBefore = regexp.MustCompile(`(?i)(?:版本|version|[<>=≤≥]|\bv|至|到|升级)\s*$`)

// looksLikeVersion tells "upgrade to 10.0.1.2" from an address: a word for versions stands before it.
func looksLikeVersion(text, ip string) bool {
	before, _, _ := strings.Cut(text, ip)
	return versionBefore.MatchString(before)
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
