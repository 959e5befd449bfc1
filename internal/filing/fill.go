// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package filing

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// A Source names one thing that a report, or who sent it, fills in.
type Source string

// sources are what packs may name, with the field of the report form, or the page of settings, where it is entered; "" is
// what nobody enters, because the platform gives it.
var sources = map[Source]string{
	"title": "title", "vendor": "vendor", "product": "product", "model": "model", "versions": "versions", "purl": "purl", "technical": "technical",
	"harm": "harm", "scope": "scope", "cwe": "cwe", "cvss": "cvss", "aliases": "aliases", "exploited": "exploited", "public": "public", "fix": "fix",
	"upstream": "upstream", "relation": "relation", "learned_by": "learned_by", "credit": "credit", "learned_at": "learned_at", "learned_date": "learned_at",
	"cve": "aliases", "cnvd": "aliases", "cnnvd": "aliases", "euvd": "aliases",
	"number": "", "received_at": "", "reporter": "", "org_name_zh": settings, "org_name_en": settings, "org_country": settings, "org_email": settings, "org_phone": settings,
}

// settings stands for what is entered on the page of settings.
const settings = "settings"

func known(s Source) bool { _, ok := sources[s]; return ok }

// State of a field of a filled form.
type State string

// The states.
const (
	Ready   State = "ready"   // to be copied
	Missing State = "missing" // the receiver insists on it and the report does not say it
	Absent  State = "absent"  // the report does not say it, and need not
	ByHand  State = "by-hand" // this platform does not hold it: it is entered at the receiver
)

// A Filled is a field with its value.
type Filled struct {
	*Field
	State State
	Value string
	Whole string // the value before it was cut to the receiver's limit, "" when it was not
	Where string // where what is missing is entered: a field of the report form, Settings, or ""
}

// Settings reports whether what is missing is entered on the page of settings.
func (f Filled) Settings() bool { return f.Where == settings }

// Length is the number of characters of the value as the receiver would count it.
func (f Filled) Length() int { return utf8.RuneCountInString(f.Value) }

// sure is how surely the field is known.
func (p *Pack) sure(f *Field) lawpack.Confidence {
	if f.Confidence == "" {
		return p.Confidence
	}
	return f.Confidence
}

// fill fills in the form.
func (p *Pack) fill(given map[Source]string) (out []Filled) {
	for _, f := range p.Fields {
		x := Filled{Field: f, State: Ready, Value: f.Fixed}
		var parts []string
		for _, s := range f.From {
			v := strings.TrimSpace(given[s])
			if t, ok := f.Values[v]; ok && v != "" {
				if v = t.EN; p.Lang == "zh" {
					v = t.ZH
				}
			}
			if v != "" {
				parts = append(parts, v)
			} else if x.Where == "" {
				x.Where = sources[s]
			}
		}
		if len(f.From) > 0 {
			join := f.Join
			if join == "" {
				join = "\n"
			}
			x.Value = strings.Join(parts, join)
		}
		switch {
		case len(f.From) == 0 && f.Fixed == "":
			x.State = ByHand
		case x.Value == "" && f.Need == Required:
			x.State = Missing
		case x.Value == "":
			x.State = Absent
		default:
			x.Where = ""
		}
		if r := []rune(x.Value); f.Limit > 0 && len(r) > f.Limit {
			x.Whole, x.Value = x.Value, strings.TrimSpace(string(r[:f.Limit-1]))+"…"
		}
		out = append(out, x)
	}
	return out
}

// given is what a report and its organisation fill in.
func given(r report.Report, org member.Org, person string) map[Source]string {
	c := r.Content
	at := func(t time.Time, layout string) string {
		if t.IsZero() {
			return ""
		}
		return t.In(calendar.Beijing()).Format(layout)
	}
	out := map[Source]string{
		"title": c.Title, "vendor": c.Vendor, "product": c.Product, "model": c.Model, "versions": c.Versions, "purl": c.PURL, "technical": c.Technical, "harm": c.Harm,
		"scope": c.Scope, "cwe": c.CWE, "cvss": c.CVSS, "aliases": strings.Join(c.Aliases, ", "), "exploited": c.Exploited, "public": c.Public, "fix": c.Fix,
		"upstream": c.Upstream, "relation": string(c.Relation), "learned_by": c.LearnedBy, "credit": c.Credit,
		"learned_at": at(r.LearnedAt, "2006-01-02 15:04 UTC-07:00"), "learned_date": at(r.LearnedAt, "2006-01-02"),
		"number": r.Number, "received_at": at(r.ReceivedAt, "2006-01-02 15:04 UTC-07:00"), "reporter": person,
		"org_name_zh": org.Name("zh-CN"), "org_name_en": org.Name("en"), "org_country": org.Country, "org_email": org.Email, "org_phone": org.Phone,
	}
	if c.Versions == "" {
		out["versions"] = ranges(c.Affected)
	}
	for _, a := range c.Aliases {
		for prefix, s := range map[string]Source{"CVE-": "cve", "CNVD-": "cnvd", "CNNVD-": "cnnvd", "EUVD-": "euvd"} {
			if strings.HasPrefix(strings.ToUpper(a), prefix) && out[s] == "" {
				out[s] = a
			}
		}
	}
	return out
}

// ranges writes machine-readable ranges as people write them.
func ranges(as []report.Affected) string {
	var lines []string
	for _, a := range as {
		from := a.Introduced
		if from == "" {
			from = "0"
		}
		switch {
		case a.Fixed != "":
			lines = append(lines, from+" <= x < "+a.Fixed)
		case a.LastAffected != "":
			lines = append(lines, from+" – "+a.LastAffected)
		case len(a.Versions) > 0:
			lines = append(lines, strings.Join(a.Versions, ", "))
		}
	}
	return strings.Join(lines, "\n")
}
