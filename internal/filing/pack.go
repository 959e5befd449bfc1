// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package filing

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/spec/strictyaml"
)

// Schema is the form of a pack that this package reads.
const Schema = "filingpack/v1"

// maxPack is the largest file that is read.
const maxPack = 256 << 10

// A Pack is one version of one receiver's form.
type Pack struct {
	Schema       string             `yaml:"schema"`
	ID           string             `yaml:"id"`      // stable: "cnvd"
	Version      string             `yaml:"version"` // semantic
	Order        int                `yaml:"order"`   // of the list
	Receiver     lawpack.Text       `yaml:"receiver"`
	Form         lawpack.Text       `yaml:"form"`
	Site         string             `yaml:"site"`
	Jurisdiction string             `yaml:"jurisdiction"`
	Lang         string             `yaml:"lang"` // in which the receiver reads: zh or en
	Confidence   lawpack.Confidence `yaml:"confidence"`
	Source       string             `yaml:"source"`
	Note         lawpack.Text       `yaml:"note"`
	Meets        []string           `yaml:"meets"` // stored names of the duties that handing it in meets
	Fields       []*Field           `yaml:"fields"`
	Tests        []Case             `yaml:"tests"`
}

// Ref names a version of a pack: "cnvd@1.0.0".
func (p *Pack) Ref() string { return p.ID + "@" + p.Version }

// Need says how much the receiver insists on a field.
type Need string

// The needs.
const (
	Required    Need = "required"
	IfAvailable Need = "if_available"
	Optional    Need = "optional"
	Carried     Need = "carried" // over from an earlier stage; corrected where it has changed
)

// A Field is one field of the form, as the receiver has it.
type Field struct {
	ID         string                  `yaml:"id"`
	Label      lawpack.Text            `yaml:"label"`
	From       []Source                `yaml:"from"` // what of the report fills it in; none: entered at the receiver
	Join       string                  `yaml:"join"` // between several; "" is a line break
	Values     map[string]lawpack.Text `yaml:"values"`
	Fixed      string                  `yaml:"fixed"`
	Need       Need                    `yaml:"need"`
	Limit      int                     `yaml:"limit"` // characters, 0 for none known
	Hint       lawpack.Text            `yaml:"hint"`
	Confidence lawpack.Confidence      `yaml:"confidence"` // "" is the pack's
}

// A Case is a pack's own test: what a report fills in.
type Case struct {
	Name    string            `yaml:"name"`
	Given   map[string]string `yaml:"given"`   // by source
	Want    map[string]string `yaml:"want"`    // by field
	Missing []string          `yaml:"missing"` // fields, exactly these
	Cut     []string          `yaml:"cut"`     // fields, exactly these
}

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9-]{1,40}$`)
	fieldForm   = regexp.MustCompile(`^[a-z][a-z0-9_]{1,40}$`)
	versionForm = regexp.MustCompile(`^\d{1,4}\.\d{1,4}\.\d{1,4}$`)
)

// Parse reads a pack and refuses a wrong one, with all reasons: unknown or double keys, sources and duties that nobody
// knows, a text in one language alone, a field that none of its tests looks at.
func Parse(file string, data []byte) (*Pack, error) {
	var p Pack
	if _, err := strictyaml.Read(file, "pack", data, maxPack, &p); err != nil {
		return nil, err
	}
	if wrong := p.check(); len(wrong) > 0 {
		return nil, fmt.Errorf("%s: %s", file, strings.Join(wrong, "; "))
	}
	return &p, nil
}

// both reports whether a text stands in both languages.
func both(t lawpack.Text) bool { return strings.TrimSpace(t.ZH) != "" && strings.TrimSpace(t.EN) != "" }

var (
	needs       = []Need{Required, IfAvailable, Optional, Carried}
	confidences = []lawpack.Confidence{lawpack.Found, lawpack.Secondary, lawpack.Memory}
)

func (p *Pack) check() (wrong []string) {
	that := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	that(p.Schema == Schema, "schema is %q, not %s", p.Schema, Schema)
	that(idForm.MatchString(p.ID), "%q is no id of a pack", p.ID)
	that(versionForm.MatchString(p.Version), "%q is no version", p.Version)
	that(both(p.Receiver) && both(p.Form) && both(p.Note), "receiver, form and note need both languages")
	that(p.Lang == "zh" || p.Lang == "en", "lang is zh or en")
	that(p.Jurisdiction != "" && p.Source != "" && strings.HasPrefix(p.Site, "https://"), "jurisdiction, source and site are needed")
	that(slices.Contains(confidences, p.Confidence), "confidence %q", p.Confidence)
	for _, rule := range p.Meets {
		that(lawpack.Lookup(rule, "") != nil, "no law pack has a duty %q", rule)
	}
	that(len(p.Fields) > 0, "there are no fields")
	looked := map[string]bool{}
	for _, t := range p.Tests {
		for id := range t.Want {
			looked[id] = true
		}
		for _, id := range slices.Concat(t.Missing, t.Cut) {
			looked[id] = true
		}
		for s := range t.Given {
			that(known(Source(s)), "test %q: nothing is called %q", t.Name, s)
		}
	}
	seen := map[string]bool{}
	for i, f := range p.Fields {
		if f == nil {
			that(false, "field %d is empty", i+1)
			continue
		}
		that(fieldForm.MatchString(f.ID) && !seen[f.ID], "%q is no id of a field, or stands twice", f.ID)
		seen[f.ID] = true
		that(both(f.Label), "%s: the label needs both languages", f.ID)
		that((f.Hint == lawpack.Text{}) || both(f.Hint), "%s: the hint needs both languages", f.ID)
		that(slices.Contains(needs, f.Need), "%s: need %q", f.ID, f.Need)
		that(f.Limit >= 0, "%s: limit %d", f.ID, f.Limit)
		that(f.Confidence == "" || slices.Contains(confidences, f.Confidence), "%s: confidence %q", f.ID, f.Confidence)
		that(len(f.From) == 0 || f.Fixed == "", "%s: a fixed value comes from nowhere", f.ID)
		for _, s := range f.From {
			that(known(s), "%s: nothing is called %q", f.ID, s)
		}
		for v, t := range f.Values {
			that(both(t), "%s: the words for %q need both languages", f.ID, v)
		}
		that(looked[f.ID] || len(f.From) == 0 && f.Fixed == "", "%s: no test of the pack looks at it", f.ID)
		delete(looked, f.ID)
	}
	for id := range looked {
		that(seen[id], "a test names the field %q, which is not there", id)
	}
	slices.Sort(wrong)
	return wrong
}

// Test runs the pack's own tests and returns what failed.
func (p *Pack) Test() (failed []string) {
	for _, t := range p.Tests {
		given := map[Source]string{}
		for s, v := range t.Given {
			given[Source(s)] = v
		}
		var missing, cut []string
		for _, f := range p.fill(given) {
			if want, ok := t.Want[f.ID]; ok && f.Value != want {
				failed = append(failed, fmt.Sprintf("%s: %s: %s is %q, want %q", p.ID, t.Name, f.ID, f.Value, want))
			}
			if f.State == Missing {
				missing = append(missing, f.ID)
			}
			if f.Whole != "" {
				cut = append(cut, f.ID)
			}
		}
		if !slices.Equal(missing, t.Missing) {
			failed = append(failed, fmt.Sprintf("%s: %s: missing %v, want %v", p.ID, t.Name, missing, t.Missing))
		}
		if !slices.Equal(cut, t.Cut) {
			failed = append(failed, fmt.Sprintf("%s: %s: cut %v, want %v", p.ID, t.Name, cut, t.Cut))
		}
	}
	return failed
}

//go:embed packs/*.yaml
var files embed.FS

// Packs returns the packs that come with the platform, in the order in which they are shown.
func Packs() []*Pack { return packs() }

var packs = sync.OnceValue(func() (out []*Pack) {
	names, err := fs.Glob(files, "packs/*.yaml")
	for _, name := range names {
		data, err2 := files.ReadFile(name)
		p, err3 := Parse(name, data)
		err = errors.Join(err, err2, err3)
		out = append(out, p)
	}
	if err != nil {
		panic(err) // an embedded pack is broken; the tests of this package say so first
	}
	slices.SortFunc(out, func(a, b *Pack) int { return cmp.Or(cmp.Compare(a.Order, b.Order), strings.Compare(a.ID, b.ID)) })
	return out
})

// byID returns a pack, nil for none.
func byID(id string) *Pack {
	for _, p := range Packs() {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Suits reports whether a receiver's form is for somebody with this relation to the product: the duties that it meets are
// those of a provider, or it meets none.
func (p *Pack) Suits(r report.Report) bool {
	if p.Jurisdiction == "CN" {
		return true
	}
	return r.Relation == "provider" || r.Relation == "embeds" || r.Relation == ""
}
