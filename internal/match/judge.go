// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/vers"
	"github.com/fengsui/fengsui/internal/vuln"
)

// A thing is what public records are held against: a component, or a product in one version.
type thing struct {
	component int64  // or 0
	product   string // or ""

	packageKey        // "" where it is no package
	release    string // of a distribution
	version    string
	cpe        string            // "" where it has none
	wares      []string          // keys as a vendor's product, the surest first
	named      bool              // its names are its organisation's own entry in the directory, and not what a document happens to call it
	keys       map[string][]byte // of its version by scheme, made when first needed
}

// places are where claims about the thing stand.
func (t *thing) places() (out []vuln.Package) {
	if t.name != "" && t.ecosystem != "" {
		out = append(out, vuln.Package{Ecosystem: t.ecosystem, Name: t.name})
	}
	if n := cpeKey(t.cpe); n != "" {
		out = append(out, vuln.Package{Ecosystem: vuln.EcosystemCPE, Name: n})
	}
	for _, w := range t.wares {
		out = append(out, vuln.Package{Ecosystem: vuln.EcosystemWare, Name: w})
	}
	return out
}

func cpeKey(text string) string {
	if text == "" {
		return ""
	}
	n, err := cpe.Parse(text)
	if err != nil {
		return ""
	}
	return n.Key()
}

// A judge decides about things by claims, each claim compiled once.
type judge struct {
	compiled map[[2]int64]*osv.Compiled
}

func newJudge() *judge { return &judge{map[[2]int64]*osv.Compiled{}} }

// says decides about one thing by one claim; ok is false when it is not affected.
func (j *judge) says(t *thing, c vuln.Claim) (d decision, ok bool) {
	switch c.Kind {
	case vuln.ByCPE:
		return byCPE(t, c)
	case vuln.ByWare:
		if d, ok = j.byVersion(t, c, ""); ok && d.verdict == Hit && !t.named {
			d.verdict, d.note = Check, "match.note.name-only"
		}
		return d, ok
	}
	return j.byVersion(t, c, released(c.Says.Package, t.ecosystem, t.release))
}

// released is the ecosystem of a component with its release as the claim writes it: OSV's "Ubuntu:22.04:LTS" is the release
// that package URLs call 22.04.
func released(p *osv.Package, ecosystem, release string) string {
	if p == nil {
		return ""
	}
	if release != "" && strings.HasPrefix(p.Ecosystem, ecosystem+":"+release+":") {
		return p.Ecosystem
	}
	return of(ecosystem, release)
}

func (j *judge) byVersion(t *thing, c vuln.Claim, ecosystem string) (decision, bool) {
	id := [2]int64{c.Record, int64(c.N)}
	rule := j.compiled[id]
	if rule == nil {
		rule = osv.Compile(c.Says)
		j.compiled[id] = rule
	}
	return decided(c.Says, nil, rule.Affects(ecosystem, t.version, t.key(ecosystem)))
}

// key is that of the thing's version by the rules of an ecosystem, or nil.
func (t *thing) key(ecosystem string) []byte {
	scheme, _, _ := strings.Cut(ecosystem, ":")
	k, ok := t.keys[scheme]
	if !ok {
		if t.keys == nil {
			t.keys = map[string][]byte{}
		}
		if k, ok = vers.Key(scheme, strings.TrimSpace(t.version)); !ok {
			k = nil
		}
		t.keys[scheme] = k
	}
	return k
}

// decided puts a verdict about versions in the words of findings.
func decided(says osv.Affected, contrary []osv.Range, v osv.Verdict) (d decision, ok bool) {
	switch v.State {
	case osv.Hit:
		d = decision{verdict: Hit, held: "= " + v.Listed}
		if v.Reason != osv.Listed {
			d.held = words(says.Ranges[v.Range])
		}
		return d, true
	case osv.Unknown:
		return decision{Check, ranges(says, contrary), cmp.Or(notes[v.Reason], notes[osv.BadRange])}, true
	}
	return decision{}, false
}

// byCPE decides by statements of applicability. A name that leaves the version open takes the thing's.
func byCPE(t *thing, c vuln.Claim) (d decision, ok bool) {
	name, err := cpe.Parse(t.cpe)
	if err != nil {
		return d, false
	}
	if _, said := name[cpe.Version].Text(); !said && t.version != "" {
		if v, err := cpe.TextOf(t.version); err == nil {
			name[cpe.Version] = v
		}
	}
	v := c.CPEs.Affects(name, nil)
	switch v.State {
	case osv.Hit:
		return decision{verdict: Hit, held: bounds(v.Criterion)}, true
	case osv.Unknown:
		return decision{Check, bounds(v.Criterion), cmp.Or(cpeNotes[v.Reason], notes[osv.BadRange])}, true
	}
	return d, false
}

var cpeNotes = map[cpe.Reason]string{
	cpe.NoVersion:  "match.note.no-version",
	cpe.NoPlatform: "match.note.no-platform",
	cpe.WildTarget: "match.note.no-version",
}

// bounds writes the versions of a criterion as people do.
func bounds(m *cpe.Criterion) string {
	if m == nil {
		return "*"
	}
	var parts []string
	for _, x := range []struct{ sign, at string }{{">= ", m.StartIncluding}, {"> ", m.StartExcluding}, {"< ", m.EndExcluding}, {"<= ", m.EndIncluding}} {
		if x.at != "" {
			parts = append(parts, x.sign+x.at)
		}
	}
	if v := m.Criteria.VersionText(); len(parts) == 0 && v != "" {
		return "= " + v
	}
	if len(parts) == 0 {
		return "*"
	}
	return strings.Join(parts, ", ")
}

// A word is what is said of a thing by one record: the surest of its claims.
type word struct {
	record int64
	decision
}

// about decides about a thing by the claims at its places, which are sorted by record.
func (j *judge) about(t *thing, claims map[vuln.Package][]vuln.Claim) []word {
	best := map[int64]decision{}
	for _, p := range t.places() {
		for _, c := range claims[p] {
			if d, ok := j.says(t, c); ok {
				if old, had := best[c.Record]; !had || d.verdict == Hit && old.verdict != Hit {
					best[c.Record] = d
				}
			}
		}
	}
	out := make([]word, 0, len(best))
	for record, d := range best {
		out = append(out, word{record, d})
	}
	slices.SortFunc(out, func(a, b word) int { return cmp.Compare(a.record, b.record) })
	return out
}
