// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
)

// Limits of a content. Texts count in characters.
const (
	longText    = 20_000
	shortText   = 300
	purlText    = 1024
	versionText = 200
	maxAliases  = 50
	maxTold     = 50
	maxAffected = 200
	maxVersions = 2000
	maxContent  = 1 << 20 // bytes of the whole, as JSON
)

var answers = []string{"yes", "no", "unknown"}

// A text is one text field of a content.
type text struct {
	name string
	s    *string
	max  int
}

// texts lists the text fields, so that each rule about texts is written once.
func (c *Content) texts() []text {
	return []text{
		{"title", &c.Title, shortText}, {"vendor", &c.Vendor, shortText}, {"product", &c.Product, shortText}, {"model", &c.Model, shortText},
		{"versions", &c.Versions, longText}, {"purl", &c.PURL, purlText}, {"technical", &c.Technical, longText}, {"harm", &c.Harm, longText},
		{"scope", &c.Scope, longText}, {"cwe", &c.CWE, shortText}, {"cvss", &c.CVSS, shortText}, {"exploited", &c.Exploited, shortText},
		{"public", &c.Public, shortText}, {"fix", &c.Fix, longText}, {"upstream", &c.Upstream, shortText},
		{"learned_by", &c.LearnedBy, longText}, {"credit", &c.Credit, shortText},
	}
}

func (a *Affected) texts() []text {
	return []text{
		{"purl", &a.PURL, purlText}, {"vendor", &a.Vendor, shortText}, {"product", &a.Product, shortText}, {"model", &a.Model, shortText},
		{"introduced", &a.Introduced, versionText}, {"fixed", &a.Fixed, versionText}, {"last_affected", &a.LastAffected, versionText},
	}
}

// tidied is the content as it is kept: without stray blanks and control characters, times in UTC, empty items left
// out. It shares no memory with c.
func (c Content) tidied() Content {
	for _, t := range c.texts() {
		*t.s = tidy(*t.s)
	}
	c.CWE = strings.ToUpper(c.CWE)
	c.LearnedAt = moment(c.LearnedAt)
	aliases := c.Aliases
	c.Aliases = nil
	for _, a := range aliases {
		if a = tidy(a); a != "" && !slices.Contains(c.Aliases, a) {
			c.Aliases = append(c.Aliases, a)
		}
	}
	told := c.Told
	c.Told = nil
	for _, t := range told {
		if t = (Told{Who: tidy(t.Who), At: moment(t.At)}); t != (Told{}) {
			c.Told = append(c.Told, t)
		}
	}
	affected := c.Affected
	c.Affected = nil
	for _, a := range affected {
		if a = a.tidied(); !a.empty() {
			c.Affected = append(c.Affected, a)
		}
	}
	return c
}

func (a Affected) tidied() Affected {
	for _, t := range a.texts() {
		*t.s = tidy(*t.s)
	}
	versions := a.Versions
	a.Versions = nil
	for _, v := range versions {
		if v = tidy(v); v != "" {
			a.Versions = append(a.Versions, v)
		}
	}
	return a
}

func (a Affected) empty() bool {
	for _, t := range a.texts() {
		if *t.s != "" {
			return false
		}
	}
	return len(a.Versions) == 0
}

// tidy keeps what a person can see: line breaks and tabs, but no other control characters and no broken text.
func tidy(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s))
}

// moment is t as the database keeps it; a year that JSON cannot write is no time.
func moment(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Microsecond)
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

var (
	cweForm  = regexp.MustCompile(`^CWE-[0-9]{1,5}$`)
	cvssForm = regexp.MustCompile(`^[A-Za-z0-9:./]+$`)
	purlForm = regexp.MustCompile(`^pkg:[^\s/]+/\S+$`)
)

var kinds = []string{Generic, Event}

// checkForm collects what is wrong with what is there; what is missing is checkStage's business.
func (c Content) checkForm(k *fault.Check, now time.Time) {
	for _, t := range c.texts() {
		k.That(utf8.RuneCountInString(*t.s) <= t.max, t.name, "rule.too-long", "", t.max)
	}
	oneOf(k, "exploited", c.Exploited, answers)
	oneOf(k, "public", c.Public, answers)
	oneOf(k, "upstream", c.Upstream, answers)
	oneOf(k, "relation", c.Relation, duty.Relations)
	oneOf(k, "kind", c.Kind, kinds)
	k.That(c.CWE == "" || cweForm.MatchString(c.CWE), "cwe", "report.rule.cwe", "CWE-502")
	k.That(c.CVSS == "" || cvssForm.MatchString(c.CVSS), "cvss", "report.rule.cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H")
	k.That(c.PURL == "" || purlForm.MatchString(c.PURL), "purl", "report.rule.purl", purlExample)
	k.That(c.LearnedAt.IsZero() || past(c.LearnedAt, now), "learned_at", "rule.time", timeExample)
	k.That(len(c.Aliases) <= maxAliases, "aliases", "report.rule.count", "", maxAliases)
	for i, a := range c.Aliases[:min(len(c.Aliases), maxAliases)] {
		k.That(utf8.RuneCountInString(a) <= shortText, fmt.Sprintf("aliases[%d]", i), "rule.too-long", "CVE-2021-44228", shortText)
	}
	k.That(len(c.Told) <= maxTold, "told", "report.rule.count", "", maxTold)
	for i, t := range c.Told[:min(len(c.Told), maxTold)] {
		name := fmt.Sprintf("told[%d]", i)
		k.That(t.Who != "", name+".who", "rule.required", "security@example.org")
		k.That(utf8.RuneCountInString(t.Who) <= shortText, name+".who", "rule.too-long", "", shortText)
		k.That(past(t.At, now), name+".at", "rule.time", timeExample)
	}
	k.That(len(c.Affected) <= maxAffected, "affected", "report.rule.count", "", maxAffected)
	for i, a := range c.Affected[:min(len(c.Affected), maxAffected)] {
		a.checkForm(k, fmt.Sprintf("affected[%d].", i))
	}
}

func (a Affected) checkForm(k *fault.Check, prefix string) {
	for _, t := range a.texts() {
		k.That(utf8.RuneCountInString(*t.s) <= t.max, prefix+t.name, "rule.too-long", "", t.max)
	}
	k.That(a.PURL != "" || a.Product != "", prefix+"purl", "report.rule.affected", purlExample)
	k.That(a.PURL == "" || purlForm.MatchString(a.PURL), prefix+"purl", "report.rule.purl", purlExample)
	k.That(a.Fixed == "" || a.LastAffected == "", prefix+"last_affected", "report.rule.one-end", "")
	k.That(len(a.Versions) <= maxVersions, prefix+"versions", "report.rule.count", "", maxVersions)
	for i, v := range a.Versions[:min(len(a.Versions), maxVersions)] {
		k.That(utf8.RuneCountInString(v) <= versionText, fmt.Sprintf("%sversions[%d]", prefix, i), "rule.too-long", "", versionText)
	}
}

func oneOf[T ~string](k *fault.Check, name string, v T, of []T) {
	words := make([]string, len(of))
	for i, o := range of {
		words[i] = string(o)
	}
	k.That(v == "" || slices.Contains(of, v), name, "rule.one-of", words[0], strings.Join(words, ", "))
}

// past reports whether t can be the time of something that has happened.
func past(t, now time.Time) bool { return t.Year() >= 1970 && !t.After(now) }

// checkSize refuses a content that is too large as a whole.
func (c Content) checkSize() error {
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode content: %w", err)
	}
	if len(b) > maxContent {
		return &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"1 MiB"}}
	}
	return nil
}

const (
	timeExample = "2021-11-24T10:00:00+08:00"
	purlExample = "pkg:maven/org.apache.logging.log4j/log4j-core"
)

// titled gives the content a title when it has none, in the reporter's language.
func (c Content) titled(locale string) Content {
	if c.Title != "" || c.Product == "" {
		return c
	}
	name := c.Product
	if r := []rune(name); len(r) > 200 {
		name = string(r[:200]) + "…"
	}
	p := i18n.For(locale)
	if c.Title = p.T("report.title", name); c.CWE != "" {
		c.Title = p.T("report.title-weakness", name, c.CWE)
	}
	return c
}
