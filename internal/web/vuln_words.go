// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/web/look"
)

// severityWord is a severity of CVSS in the reader's words.
func (v *view) severityWord(s vuln.Severity) string {
	if s == "" {
		return v.T("web.vuln.severity.unsaid")
	}
	return v.T("web.vuln.severity." + string(s))
}

// score writes tenths: 98 is "9.8"; without a score it is "".
func score(tenths int) string {
	if tenths == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d", tenths/10, tenths%10)
}

// percent writes a probability with as many digits as say something.
func percent(f float64) string {
	if f > 0 && f < 0.01 {
		return fmt.Sprintf("%.2f %%", 100*f)
	}
	return fmt.Sprintf("%.1f %%", 100*f)
}

// ecosystems names the kinds of packages for a choice.
var ecosystems = []string{"Maven", "npm", "PyPI", "Go", "crates.io", "NuGet", "Packagist", "RubyGems", "Debian", "Alpine"}

func (v *view) ecosystemOptions(chosen string) []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	list := ecosystems
	if chosen != "" && !slices.Contains(list, chosen) {
		list = append([]string{chosen}, list...)
	}
	for _, e := range list {
		out = append(out, look.Option{Value: e, Label: e})
	}
	return out
}

func (v *view) severityOptions() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for _, s := range vuln.Severities {
		out = append(out, look.Option{Value: string(s), Label: v.severityWord(s)})
	}
	return out
}

// claimRanges are what a claim says of versions, one stretch a line, and the versions that mend it.
func (v *view) claimRanges(a osv.Affected) (lines, fixed []string) {
	for _, r := range a.Ranges {
		if r.Type == osv.RangeGit {
			continue
		}
		from, open := "", false
		add := func(to string) {
			line := strings.TrimSpace(strings.Join([]string{from, to}, " "))
			lines = append(lines, cmp.Or(line, v.T("web.vuln.range.all")))
			from, open = "", false
		}
		for _, e := range r.Events {
			switch {
			case e.Introduced != "":
				if open {
					add("")
				}
				if open = true; e.Introduced != "0" {
					from = "≥ " + e.Introduced
				}
			case e.Fixed != "":
				add("< " + e.Fixed)
				fixed = append(fixed, e.Fixed)
			case e.LastAffected != "":
				add("≤ " + e.LastAffected)
			}
		}
		if open {
			add("")
		}
	}
	if len(lines) == 0 && len(a.Versions) > 0 {
		const most = 12
		lines = append(lines, strings.Join(a.Versions[:min(len(a.Versions), most)], ", "))
		if more := len(a.Versions) - most; more > 0 {
			lines = append(lines, v.T("web.vuln.range.more", more))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, v.T("web.vuln.range.unsaid"))
	}
	return lines, slices.Compact(fixed)
}

// claimName is what a claim is about, as people read it.
func claimName(c vuln.Claim) string {
	if c.Says.Package != nil && c.Says.Package.Name != "" {
		return c.Says.Package.Name
	}
	return c.Name
}

// claimWhere is by what a claim names it.
func (v *view) claimWhere(c vuln.Claim) string {
	switch c.Kind {
	case vuln.ByCPE:
		return "CPE"
	case vuln.ByWare:
		return v.T("web.vuln.claim.ware")
	}
	if c.Says.Package != nil {
		return c.Says.Package.Ecosystem
	}
	return c.Ecosystem
}

// recordOf finds the record that says something.
func (d vulnDetail) recordOf(id int64) vuln.Record {
	for _, r := range d.Records {
		if r.ID == id {
			return r
		}
	}
	return vuln.Record{}
}

// opinionsOf are the live records' views on how grave it is, side by side.
func (v *view) opinionsOf(d vulnDetail) (out []look.Opinion) {
	for _, r := range d.Records {
		if !r.State.Live() || r.Severity == "" {
			continue
		}
		out = append(out, look.Opinion{Scale: cmp.Or(r.Issuer, strings.ToUpper(string(r.Source))), Grade: string(r.Severity), Word: v.severityWord(r.Severity), Score: score(r.Score), By: shortKey(r.Key), Note: r.CVSS,
			Counts: r.Severity == d.Severity && r.Score == d.Score})
	}
	return out
}

// disagreement says from which word to which the views reach; "" while they agree.
func (v *view) disagreement(d vulnDetail) string {
	best, worst := -1, len(vuln.Severities)
	for _, r := range d.Records {
		if i := slices.Index(vuln.Severities, r.Severity); r.State.Live() && i >= 0 {
			best, worst = max(best, i), min(worst, i)
		}
	}
	if best <= worst {
		return ""
	}
	return v.T("web.vuln.disagree", v.severityWord(vuln.Severities[best]), v.severityWord(vuln.Severities[worst]))
}

// recordState is whether a record counts, with its tone.
func (v *view) recordState(s vuln.State) (tone, word string) {
	if s.Live() {
		return look.Good, v.T("web.vuln.state.published")
	}
	return look.Off, v.T("web.vuln.state." + string(s))
}

// inOwn reports whether a text is in the reader's language, as far as its characters tell.
func (v *view) inOwn(text string) bool { return v.P.English() != strings.ContainsFunc(text, isHan) }

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// titleOf is the title that a live record gives in the reader's language, or the one that it is known by.
func (v *view) titleOf(d vulnDetail) string {
	for _, r := range d.Records {
		if r.State.Live() && r.Title != "" && v.inOwn(r.Title) {
			return r.Title
		}
	}
	return vulnTitle(d.Vuln)
}

// summaryOf is what a live record says of it: in the reader's language where there is one, else that of the record whose
// words are worth most.
func (v *view) summaryOf(d vulnDetail) (best vuln.Record) {
	for _, r := range d.Records {
		if !r.State.Live() || strings.TrimSpace(r.Summary) == "" {
			continue
		}
		if v.inOwn(r.Summary) {
			return r
		}
		if best.ID == 0 {
			best = r
		}
	}
	return best
}

// shortKey is a record's name without its publisher, and without the vulnerability of its document.
func shortKey(key string) string {
	if _, rest, ok := strings.Cut(key, ":"); ok {
		key = rest
	}
	key, _, _ = strings.Cut(key, "#")
	return key
}

// namesOf are the vulnerability's names as people write them, each once.
func (d vulnDetail) namesOf() (out []string) {
	for _, n := range d.Names {
		if n = shortKey(n); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
