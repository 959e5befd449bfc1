// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/fault"
)

// A Pack is the part of a warning that machines take in: indicators, detection rules and links.
type Pack struct {
	Indicators []Indicator `json:"indicators,omitempty"` // at most 500
	Sigma      string      `json:"sigma,omitempty"`      // detection rules in the language of their tool
	YARA       string      `json:"yara,omitempty"`
	Suricata   string      `json:"suricata,omitempty"`
	Links      []string    `json:"links,omitempty"` // at most 50
}

// An Indicator is a trace of an attack.
type Indicator struct {
	Type  string `json:"type"` // one of IndicatorTypes
	Value string `json:"value"`
}

// IndicatorTypes lists what an indicator can be.
var IndicatorTypes = []string{"ipv4", "ipv6", "domain", "url", "sha256", "sha1", "md5", "email", "file", "registry"}

const (
	maxIndicators = 500
	maxIndicator  = 2_000  // characters
	maxRules      = 40_000 // characters of one language
	maxLinks      = 50
)

// Empty reports whether there is nothing in the pack.
func (p Pack) Empty() bool {
	return len(p.Indicators) == 0 && len(p.Links) == 0 && p.Sigma == "" && p.YARA == "" && p.Suricata == ""
}

// String is the pack as it is compared.
func (p Pack) String() string {
	if p.Empty() {
		return ""
	}
	b, _ := json.Marshal(p) // strings alone
	return string(b)
}

func (p Pack) check(c *fault.Check) {
	c.That(len(p.Indicators) <= maxIndicators, "content.pack.indicators", "warning.rule.count", "", maxIndicators)
	for i, x := range p.Indicators[:min(len(p.Indicators), maxIndicators)] {
		name := fmt.Sprintf("content.pack.indicators[%d]", i)
		c.That(slices.Contains(IndicatorTypes, x.Type), name+".type", "rule.one-of", "sha256", strings.Join(IndicatorTypes, ", "))
		c.That(!slices.Contains(IndicatorTypes, x.Type) || x.valid(), name+".value", "warning.rule.indicator", indicatorExamples[x.Type], x.Type)
	}
	for name, text := range map[string]string{"sigma": p.Sigma, "yara": p.YARA, "suricata": p.Suricata} {
		c.That(utf8.RuneCountInString(text) <= maxRules, "content.pack."+name, "rule.too-long", "", maxRules)
		c.That(storable(text) == nil, "content.pack."+name, "warning.rule.characters", "")
	}
	c.That(len(p.Links) <= maxLinks, "content.pack.links", "warning.rule.count", "", maxLinks)
	for i, l := range p.Links[:min(len(p.Links), maxLinks)] {
		c.That(webAddress(l), fmt.Sprintf("content.pack.links[%d]", i), "rule.url", "https://example.org/advisory")
	}
}

var indicatorExamples = map[string]string{
	"ipv4": "192.0.2.7", "ipv6": "2001:db8::7", "domain": "c2.example", "url": "https://c2.example/payload", "email": "sender@phish.example",
	"sha256": strings.Repeat("0", 64), "sha1": strings.Repeat("0", 40), "md5": strings.Repeat("0", 32), "file": "/tmp/.x", "registry": `HKLM\Software\Example`,
}

var domainForm = regexp.MustCompile(`^([\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$`)

// valid reports whether the value is one of the indicator's type.
func (x Indicator) valid() bool {
	v := x.Value
	if v == "" || utf8.RuneCountInString(v) > maxIndicator || storable(v) != nil || strings.ContainsFunc(v, unicode.IsControl) {
		return false
	}
	hash := func(bytes int) bool {
		b, err := hex.DecodeString(v)
		return err == nil && len(b) == bytes
	}
	switch x.Type {
	case "ipv4", "ipv6":
		a, err := netip.ParseAddr(v)
		if p, perr := netip.ParsePrefix(v); err != nil && perr == nil {
			a, err = p.Addr(), nil
		}
		return err == nil && a.Zone() == "" && a.Is4() == (x.Type == "ipv4")
	case "domain":
		return len(v) <= 253 && domainForm.MatchString(v)
	case "url":
		u, err := url.Parse(v)
		return err == nil && u.Scheme != "" && u.Host != ""
	case "sha256":
		return hash(32)
	case "sha1":
		return hash(20)
	case "md5":
		return hash(16)
	case "email":
		a, err := mail.ParseAddress(v)
		return err == nil && a.Address == v
	}
	return true
}

// webAddress reports whether s is a link that a page may show.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxIndicator && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// ReadIndicators reads indicators as people write them, one a line: the type, a blank, the value. A line without a type
// that is known becomes an indicator without a valid type, which check refuses by its number.
func ReadIndicators(text string) (out []Indicator) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		kind, value, _ := strings.Cut(line, " ")
		out = append(out, Indicator{strings.ToLower(kind), strings.TrimSpace(value)})
		if len(out) > maxIndicators {
			break
		}
	}
	return out
}

// WriteIndicators is what ReadIndicators reads.
func WriteIndicators(xs []Indicator) string {
	var b strings.Builder
	for _, x := range xs {
		b.WriteString(x.Type + " " + x.Value + "\n")
	}
	return b.String()
}
