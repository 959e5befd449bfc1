// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/vers"
)

// A target is one thing that a case calls flawed, with the versions it says so of: a package, or a product that no
// package manager knows.
type target struct {
	caseID string

	key                string // of a package: purl.Key
	ecosystem, release string // of a package: OSV names, "" where it has none

	vendor, name, model string   // of a product: product.Key
	bare                []string // of a product: how a component without a package URL may be called

	says     osv.Affected
	contrary []osv.Range // end before they begin: somebody mixed something up
}

// targets reads what a case calls flawed. Entries about the same thing become one, because a version is affected when
// any of them holds it.
func targets(c casework.Case) (out []*target) {
	at := map[string]*target{}
	for _, a := range c.Content.Affected {
		t := read(a)
		if t == nil {
			continue
		}
		id := strings.Join([]string{t.key, t.release, t.vendor, t.name, t.model}, "\x00")
		if at[id] == nil {
			t.caseID = c.ID
			at[id] = t
			out = append(out, t)
		}
		at[id].add(a)
	}
	return out
}

// read finds out what an entry speaks of. What names neither a package nor a product speaks of nothing.
func read(a report.Affected) *target {
	if p, err := purl.Parse(a.PURL); a.PURL != "" && err == nil {
		t := &target{key: p.Key(), ecosystem: p.Ecosystem(), release: p.Release()}
		if t.ecosystem != "" {
			t.says.Package = &osv.Package{Ecosystem: of(t.ecosystem, t.release), Name: p.FullName()}
		}
		return t
	}
	t := &target{vendor: product.Key(a.Vendor), name: product.Key(a.Product), model: product.Key(a.Model)}
	if t.name == "" && t.model == "" {
		return nil
	}
	if a.Product != "" {
		t.bare = append(t.bare, a.Product)
		if a.Vendor != "" {
			t.bare = append(t.bare, a.Vendor+"/"+a.Product)
		}
	}
	return t
}

// of joins an ecosystem and a release as OSV does.
func of(ecosystem, release string) string {
	if release == "" {
		return ecosystem
	}
	return ecosystem + ":" + release
}

// add takes in an entry's versions: a range, single versions, or, when it tells neither, every version.
func (t *target) add(a report.Affected) {
	t.says.Versions = append(t.says.Versions, a.Versions...)
	if a.Introduced == "" && a.Fixed == "" && a.LastAffected == "" {
		if len(a.Versions) > 0 {
			return
		}
		if p, err := purl.Parse(a.PURL); a.PURL != "" && err == nil && p.Version != "" {
			t.says.Versions = append(t.says.Versions, p.Version)
			return
		}
	}
	from := a.Introduced
	if from == "" || product.Key(from) == "*" {
		from = "0"
	}
	r := osv.Range{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: from}}}
	switch {
	case a.Fixed != "":
		r.Events = append(r.Events, osv.Event{Fixed: a.Fixed})
	case a.LastAffected != "":
		r.Events = append(r.Events, osv.Event{LastAffected: a.LastAffected})
	}
	if end := a.Fixed + a.LastAffected; from != "0" && end != "" {
		if order, err := vers.Compare(t.ecosystem, from, end); err == nil && order > 0 {
			t.contrary = append(t.contrary, r)
			return
		}
	}
	t.says.Ranges = append(t.says.Ranges, r)
}

// A decision is what is said of one version of one thing.
type decision struct {
	verdict    Verdict
	held, note string // the range that holds it; what could not be decided
}

// decide compares a version with what the target says; ok is false when it is not affected. release is the distribution's
// that the component was built for, where it is known.
func (t *target) decide(release, version string) (d decision, ok bool) {
	ecosystem := of(t.ecosystem, release)
	v := osv.Affects(t.says, ecosystem, version)
	if v.State != osv.Hit && len(t.contrary) > 0 && v.Reason != osv.OtherEcosystem {
		v = osv.Verdict{State: osv.Unknown, Reason: osv.BadRange}
	}
	return decided(t.says, t.contrary, v)
}

// notes say why a version was not compared.
var notes = map[osv.Reason]string{
	osv.NoVersion:   "match.note.no-version",
	osv.BadRange:    "match.note.bad-range",
	osv.NoRelease:   "match.note.no-release",
	osv.OnlyCommits: "match.note.only-commits",
	osv.NothingSaid: "match.note.nothing-said",
}

// words writes a range as people do: ">= 2.0-beta9, < 2.15.0".
func words(r osv.Range) string {
	var parts []string
	for _, e := range r.Events {
		switch {
		case e.Introduced != "" && e.Introduced != "0":
			parts = append(parts, ">= "+e.Introduced)
		case e.Fixed != "":
			parts = append(parts, "< "+e.Fixed)
		case e.LastAffected != "":
			parts = append(parts, "<= "+e.LastAffected)
		}
	}
	if len(parts) == 0 {
		return "*"
	}
	return strings.Join(parts, ", ")
}

// maxListed bounds how many ranges and how many single versions ranges names.
const maxListed = 10

// ranges writes all that is said of versions.
func ranges(says osv.Affected, contrary []osv.Range) string {
	var parts []string
	for i, r := range slices.Concat(says.Ranges, contrary) {
		if r.Type == osv.RangeGit {
			continue
		}
		if i == maxListed {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, words(r))
	}
	for i, v := range says.Versions {
		if i == maxListed {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, "= "+v)
	}
	return strings.Join(parts, "; ")
}

// fits reports whether a member's product is the one that the target names, and what is not certain about it: a note.
func (t *target) fits(w ware, of product.Vendors) (note string, ok bool) {
	if t.key != "" {
		return "", t.key == w.purlKey
	}
	vendors := t.vendor != "" && w.vendorKey != ""
	name := t.name != "" && (t.name == w.nameKey || t.name == w.nameENKey)
	model := t.model != "" && t.model == w.modelKey
	switch {
	case t.model != "" && w.modelKey != "" && !model:
		return "", false
	case vendors && !of.Same(t.vendor, w.vendorKey): // vendors go by names that nobody has put together: a name and a model that agree are worth a look
		return "match.note.other-vendor", name && model
	case name && !vendors:
		return "match.note.no-vendor", true
	case name && t.model != "" && !model:
		return "match.note.no-model", true
	case name:
		return "", true
	case model && vendors:
		return "match.note.other-name", true
	}
	return "", false
}

// made are the keys under which component lists may call a product that the target names with its vendor.
func (t *target) made(of product.Vendors) (out []string) {
	for _, n := range []string{t.name, t.model} {
		if w := t.vendor + "/" + n; t.vendor != "" && n != "" && !slices.Contains(out, w) {
			out = append(out, renamed(of, w)...)
		}
	}
	return out
}

// tokens are keyed digests of what the target may be found by, so that a product finds the cases that may concern it
// while the database does not say what they are about.
func (s *Service) tokens(t *target) (out [][]byte) {
	for _, k := range t.packages() {
		out = append(out, s.token("package", k.ecosystem+"\x00"+k.name))
	}
	if t.key != "" {
		return append(out, s.token("purl", t.key))
	}
	for kind, key := range map[string]string{"name": t.name, "model": t.model} {
		if key != "" {
			out = append(out, s.token(kind, key))
		}
	}
	return out
}

func (s *Service) token(kind, value string) []byte { return s.Cases.Seal.Token("match/"+kind, value) }

// packages are the names under which components may be stored that are the target.
func (t *target) packages() (out []packageKey) {
	if t.key == "" {
		for _, b := range t.bare {
			out = append(out, packageKey{"", b})
		}
		return out
	}
	ecosystem, name, _ := strings.Cut(t.key, "/")
	return []packageKey{{ecosystem, name}}
}
