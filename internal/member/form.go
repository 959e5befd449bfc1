// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
)

// Limits of what members may say of themselves, in characters.
const (
	maxShort    = 200
	maxLong     = 2000
	maxURL      = 500
	maxDomains  = 50
	minPassword = 10
)

var (
	slugForm    = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$`)
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
	domainForm  = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`)
)

// form checks input and cleans it on the way: every method returns the text to store.
type form struct{ fault.Check }

// text is one line of text, or several when it may be long.
func (f *form) text(name, v string, limit int) string {
	v = strings.TrimSpace(v)
	odd := strings.ContainsFunc(v, func(r rune) bool {
		return unicode.IsControl(r) && (limit <= maxShort || r != '\n' && r != '\r' && r != '\t')
	})
	f.That(utf8.ValidString(v) && !odd, name, "member.rule.characters", "")
	f.That(utf8.RuneCountInString(v) <= limit, name, "rule.too-long", "", limit)
	return v
}

func (f *form) required(name, v string, limit int, example string) string {
	v = f.text(name, v, limit)
	f.That(v != "", name, "rule.required", example)
	return v
}

// email is one address without a name, in lower case.
func (f *form) email(name, v string, required bool) string {
	v = normalEmail(v)
	f.That(v != "" || !required, name, "rule.required", "psirt@example.com")
	f.That(v == "" || validEmail(v), name, "rule.email", "psirt@example.com")
	return v
}

func normalEmail(v string) string { return strings.ToLower(strings.TrimSpace(v)) }

func validEmail(v string) bool {
	a, err := mail.ParseAddress(v)
	return err == nil && a.Address == v && len(v) <= 254 && storable(v) && !strings.ContainsFunc(v, unicode.IsControl)
}

// webhook is where warnings are posted: https, unless the platform itself seeds a local sink.
func (f *form) webhook(v string, local bool) string {
	v = strings.TrimSpace(v)
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	ok := err == nil && u.Hostname() != "" && u.User == nil && u.Fragment == "" && len(v) <= maxURL && storable(v)
	ok = ok && (u.Scheme == "https" || local && u.Scheme == "http")
	f.That(ok, "webhook_url", "rule.url", "https://soc.example.com/hooks/fengsui")
	return v
}

func (f *form) password(v string) {
	n := utf8.RuneCountInString(v)
	f.That(utf8.ValidString(v) && n >= minPassword && n <= maxShort, "password", "member.rule.password", "", minPassword, maxShort)
}

func (f *form) locale(v string) string {
	if v == "" {
		return i18n.Chinese
	}
	f.That(slices.Contains(i18n.Languages, v), "locale", "rule.one-of", i18n.English, strings.Join(i18n.Languages, ", "))
	return v
}

func (f *form) country(v string) string {
	if v == "" {
		v = "CN"
	}
	f.That(countryForm.MatchString(v), "country", "member.rule.country", "CN")
	return v
}

func (f *form) domains(vs []string) []string {
	out := []string{}
	for _, v := range vs {
		v = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(v)), ".")
		if v == "" {
			continue
		}
		f.That(len(v) <= 253 && domainForm.MatchString(v), "domains", "member.rule.domain", "example.com")
		out = append(out, v)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	f.That(len(out) <= maxDomains, "domains", "member.rule.count", "", maxDomains)
	return out
}

// names are an organisation's: at least one of the two.
func (f *form) names(zh, en string) (string, string) {
	zh, en = f.text("name_zh", zh, maxShort), f.text("name_en", en, maxShort)
	f.That(zh != "" || en != "", "name_zh", "member.rule.name", "东海云计算有限公司")
	return zh, en
}

// chosen are one or more of the allowed values, each once, in the allowed order.
func chosen[T ~string](f *form, name string, vs, allowed []T) []T {
	words := make([]string, len(allowed))
	for i, v := range allowed {
		words[i] = string(v)
	}
	f.That(len(vs) > 0, name, "rule.required", words[0])
	for _, v := range vs {
		if !slices.Contains(allowed, v) {
			f.That(false, name, "rule.one-of", words[0], strings.Join(words, ", "))
			break
		}
	}
	return slices.DeleteFunc(slices.Clone(allowed), func(v T) bool { return !slices.Contains(vs, v) })
}
