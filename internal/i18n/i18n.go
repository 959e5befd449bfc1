// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package i18n speaks the platform's two languages: zh-CN (default) and en.
//
// Texts stand in TOML files, one pair per area (zh-CN/report.toml, en/report.toml): key = "text with {0} and {1}".
// {0} is the first argument; integers are grouped (1,234). {0|day|days} chooses by the number {0} in English.
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// The languages.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Languages lists the languages, the default first.
var Languages = []string{Chinese, English}

//go:embed zh-CN/*.toml en/*.toml
var files embed.FS

// texts are the raw messages by language and key.
var texts = sync.OnceValues(func() (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for _, lang := range Languages {
		out[lang] = map[string]string{}
		names, err := fs.Glob(files, lang+"/*.toml")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			var m map[string]string
			if _, err := toml.DecodeFS(files, name, &m); err != nil {
				return nil, fmt.Errorf("i18n: %s: %w", name, err)
			}
			for key, text := range m {
				if _, twice := out[lang][key]; twice {
					return nil, fmt.Errorf("i18n: %s: %q stands in two files", name, key)
				}
				out[lang][key] = text
			}
		}
	}
	return out, nil
})

var messages = sync.OnceValues(func() (catalog.Catalog, error) {
	all, err := texts()
	if err != nil {
		return nil, err
	}
	b := catalog.NewBuilder(catalog.Fallback(language.SimplifiedChinese))
	for lang, m := range all {
		for key, text := range m {
			if err := b.Set(tag(lang), key, compile(text)...); err != nil {
				return nil, fmt.Errorf("i18n: %s %q: %w", lang, key, err)
			}
		}
	}
	return b, nil
})

func tag(lang string) language.Tag {
	if lang == English {
		return language.English
	}
	return language.SimplifiedChinese
}

var slot = regexp.MustCompile(`\{(\d)(?:\|([^|{}]*)\|([^|{}]*))?\}`)

// compile turns our notation into the catalogue's.
func compile(text string) (ms []catalog.Message) {
	n := 0
	s := slot.ReplaceAllStringFunc(strings.ReplaceAll(text, "%", "%%"), func(m string) string {
		p := slot.FindStringSubmatch(m)
		arg := int(p[1][0]-'0') + 1
		if p[2] == "" && p[3] == "" {
			return fmt.Sprintf("%%[%d]v", arg)
		}
		n++
		name := fmt.Sprintf("p%d", n)
		ms = append(ms, catalog.Var(name, plural.Selectf(arg, "%d", plural.One, p[2], plural.Other, p[3])))
		return "${" + name + "}"
	})
	return append(ms, catalog.String(s))
}

// Keys returns the keys of a language, sorted.
func Keys(lang string) ([]string, error) {
	all, err := texts()
	return slices.Sorted(maps.Keys(all[lang])), err
}

// Has reports whether the key exists: for keys that are put together from data.
func Has(key string) bool {
	all, err := texts()
	_, ok := all[Chinese][key]
	return err == nil && ok
}

// A Printer speaks one language in one time zone.
type Printer struct {
	lang string
	p    *message.Printer
	zone zone
}

// For returns the printer of a language; anything but "en" is Chinese.
func For(lang string) Printer {
	if lang != English {
		lang = Chinese
	}
	c, err := messages()
	if err != nil {
		panic(err) // the embedded files are broken; the tests of this package say so first
	}
	return Printer{lang: lang, p: message.NewPrinter(tag(lang), message.Catalog(c)), zone: beijing}
}

// Lang is the printer's language: "zh-CN" or "en".
func (p Printer) Lang() string { return p.lang }

// English reports whether the printer speaks English.
func (p Printer) English() bool { return p.lang == English }

// T returns the text of key. An unknown key is returned as it is, which a test of the whole tree finds.
func (p Printer) T(key string, args ...any) string {
	return p.p.Sprintf(message.Key(key, key), args...)
}

// Pick returns zh or en by the printer's language, or the other one when that is empty.
func (p Printer) Pick(zh, en string) string {
	if p.English() && en != "" || zh == "" {
		return en
	}
	return zh
}

// Number writes n with grouping.
func (p Printer) Number(n int) string { return p.p.Sprintf("%d", n) }

// Match chooses a language from an Accept-Language header.
func Match(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return Chinese
	}
	_, i, _ := matcher.Match(tags...)
	return Languages[i]
}

var matcher = language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English})
