// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/purl"
)

// Limits of a content. Texts count in characters.
const (
	maxShort      = 300
	maxVersion    = 200
	maxURL        = 2_000
	maxAliases    = 50
	maxCredits    = 50
	maxAffected   = 200
	maxVersions   = 2_000
	maxReferences = 100
)

// ReferenceKinds lists the types of references of OSV 1.7, in lower case.
var ReferenceKinds = []string{"advisory", "article", "detection", "discussion", "evidence", "fix", "introduced", "package", "report", "web"}

const purlExample = "pkg:maven/org.apache.logging.log4j/log4j-core"

var cweForm = regexp.MustCompile(`^CWE-[0-9]{1,5}$`)

// A text is one text field of a content.
type text struct {
	name string
	s    *string
	max  int
}

// texts lists the text fields, so that each rule about texts is written once.
func (c *Content) texts() []text {
	return []text{
		{"title", &c.Title, maxShort}, {"title_en", &c.TitleEN, maxShort}, {"description", &c.Description, maxText}, {"description_en", &c.DescriptionEN, maxText},
		{"cwe", &c.CWE, maxShort}, {"fix", &c.Fix, maxText}, {"fix_en", &c.FixEN, maxText}, {"workaround", &c.Workaround, maxText}, {"workaround_en", &c.WorkaroundEN, maxText},
	}
}

func textsOf(a *report.Affected) []text {
	return []text{
		{"purl", &a.PURL, purl.MaxLength}, {"vendor", &a.Vendor, maxShort}, {"product", &a.Product, maxShort}, {"model", &a.Model, maxShort},
		{"introduced", &a.Introduced, maxVersion}, {"fixed", &a.Fixed, maxVersion}, {"last_affected", &a.LastAffected, maxVersion},
	}
}

// tidied is the content as it is kept: without stray blanks and control characters, empty items left out. It shares no
// memory with c.
func (c Content) tidied() Content {
	for _, t := range c.texts() {
		*t.s = tidy(*t.s)
	}
	c.CWE = strings.ToUpper(c.CWE)
	c.Aliases, c.Credits = tidyList(c.Aliases), tidyList(c.Credits)
	var affected []report.Affected
	for _, a := range c.Affected {
		whole := ""
		for _, t := range textsOf(&a) {
			*t.s = tidy(*t.s)
			whole += *t.s
		}
		if a.Versions = tidyList(a.Versions); whole != "" || a.Versions != nil {
			affected = append(affected, a)
		}
	}
	var references []Reference
	for _, r := range c.References {
		if r = (Reference{strings.ToLower(tidy(r.Kind)), tidy(r.URL)}); r != (Reference{}) && !slices.Contains(references, r) {
			references = append(references, r)
		}
	}
	c.Affected, c.References = affected, references
	return c
}

func tidyList(in []string) (out []string) {
	for _, s := range in {
		if s = tidy(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
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

// check collects every rule that a tidied content breaks.
func (c Content) check() error {
	var k fault.Check
	k.That(c.Title != "" || c.TitleEN != "", "content.title", "rule.required", "")
	for _, t := range c.texts() {
		k.That(utf8.RuneCountInString(*t.s) <= t.max, "content."+t.name, "rule.too-long", "", t.max)
	}
	k.That(c.CWE == "" || cweForm.MatchString(c.CWE), "content.cwe", "report.rule.cwe", "CWE-502")
	checkList(&k, "content.aliases", "CVE-2021-44228", c.Aliases, maxAliases, maxShort)
	checkList(&k, "content.credits", "", c.Credits, maxCredits, maxShort)
	k.That(len(c.Affected) <= maxAffected, "content.affected", "report.rule.count", "", maxAffected)
	for i, a := range c.Affected[:min(len(c.Affected), maxAffected)] {
		checkAffected(&k, fmt.Sprintf("content.affected[%d].", i), a)
	}
	k.That(len(c.References) <= maxReferences, "content.references", "report.rule.count", "", maxReferences)
	for i, r := range c.References[:min(len(c.References), maxReferences)] {
		name := fmt.Sprintf("content.references[%d].", i)
		k.That(slices.Contains(ReferenceKinds, r.Kind), name+"kind", "rule.one-of", "advisory", strings.Join(ReferenceKinds, ", "))
		k.That(isURL(r.URL), name+"url", "rule.url", "https://example.org/advisory")
	}
	if err := k.Err(); err != nil {
		return err
	}
	return c.checkSize()
}

func checkList(k *fault.Check, name, example string, list []string, most, length int) {
	k.That(len(list) <= most, name, "report.rule.count", "", most)
	for i, s := range list[:min(len(list), most)] {
		k.That(utf8.RuneCountInString(s) <= length, fmt.Sprintf("%s[%d]", name, i), "rule.too-long", example, length)
	}
}

func checkAffected(k *fault.Check, prefix string, a report.Affected) {
	for _, t := range textsOf(&a) {
		k.That(utf8.RuneCountInString(*t.s) <= t.max, prefix+t.name, "rule.too-long", "", t.max)
	}
	_, err := purl.Parse(a.PURL)
	k.That(a.PURL == "" || err == nil, prefix+"purl", "report.rule.purl", purlExample)
	k.That(a.PURL != "" || a.Product != "", prefix+"purl", "report.rule.affected", purlExample)
	k.That(a.Fixed == "" || a.LastAffected == "", prefix+"last_affected", "report.rule.one-end", "")
	checkList(k, prefix+"versions", "2.14.1", a.Versions, maxVersions, maxVersion)
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxURL && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
