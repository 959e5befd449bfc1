// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cpe

import (
	"bytes"
	"slices"

	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/vers"
)

// An Operator joins the parts of a statement.
type Operator string

// The operators; an empty one is Or.
const (
	And Operator = "AND"
	Or  Operator = "OR"
)

// A Criterion is a set of products: a name, and perhaps bounds on the version, which are in natural order. It is
// vulnerable, or only what the vulnerable thing runs on or with.
type Criterion struct {
	Vulnerable     bool   `json:"vulnerable"`
	Criteria       Name   `json:"criteria"`
	ID             string `json:"matchCriteriaId,omitempty"`
	StartIncluding string `json:"versionStartIncluding,omitempty"`
	StartExcluding string `json:"versionStartExcluding,omitempty"`
	EndIncluding   string `json:"versionEndIncluding,omitempty"`
	EndExcluding   string `json:"versionEndExcluding,omitempty"`
}

// A Node joins criteria.
type Node struct {
	Operator Operator    `json:"operator,omitempty"`
	Negate   bool        `json:"negate,omitempty"`
	Matches  []Criterion `json:"cpeMatch,omitempty"`
}

// A Configuration joins nodes, as in NVD's configurations and in a CVE record's cpeApplicability.
type Configuration struct {
	Operator Operator `json:"operator,omitempty"`
	Negate   bool     `json:"negate,omitempty"`
	Nodes    []Node   `json:"nodes,omitempty"`
}

// An Applicability is a list of configurations, of which any may apply.
type Applicability []Configuration

// Keys are the keys (Name.Key) of the vulnerable criteria, sorted and each once. A criterion without a key is about
// products of any name; open reports whether there is one.
func (a Applicability) Keys() (keys []string, open bool) {
	for _, c := range a {
		for _, n := range c.Nodes {
			for _, m := range n.Matches {
				switch key := m.Criteria.Key(); {
				case !m.Vulnerable:
				case key == "":
					open = true
				default:
					keys = append(keys, key)
				}
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), open
}

// A Verdict is the answer of Affects with what it rests on.
type Verdict struct {
	State     osv.State
	Reason    Reason
	Config    int         // index of the configuration that decided, -1 where none did
	Criterion *Criterion  // the vulnerable criterion that the product matches
	Assumed   []Attribute // Hit: what the criterion asks for and the product's name leaves open
	Needs     []Name      // NoPlatform: what the product would have to run on or with
}

// A Reason says why. The names are stable: they are stored with a match.
type Reason string

// The reasons.
const (
	Matches    Reason = "cpe-matches"     // Hit: a vulnerable criterion stands for the product, and the rest of the configuration holds
	NoMatch    Reason = "cpe-other"       // Miss: no vulnerable criterion stands for the product
	NoVersion  Reason = "cpe-no-version"  // Unknown: the version is missing or cannot be compared
	NoPlatform Reason = "cpe-no-platform" // Unknown: the criterion stands for the product, but only together with what is not known to be there
	Excluded   Reason = "cpe-excluded"    // Miss: the rest of the configuration does not hold
	WildTarget Reason = "cpe-wild-target" // Unknown: the product's own name has wildcards
)

// truth is a verdict of three: what is not known stays so.
type truth int

const (
	no truth = iota
	maybe
	yes
)

// Affects decides whether the product that target names is affected where a applies. With are the names of everything
// else that is known to be there; what is not among them may be there all the same.
//
// A hardware criterion without versions holds for the firmware of that hardware: of the same vendor, and named as it is
// with "_firmware" behind.
func (a Applicability) Affects(target Name, with []Name) Verdict {
	best := Verdict{State: osv.Miss, Reason: NoMatch, Config: -1}
	for i := range a {
		v := a[i].affects(target, with)
		if v.Config = i; v.State == osv.Hit {
			return v
		}
		if v.State == osv.Unknown && best.State != osv.Unknown || v.Reason == Excluded && best.Reason == NoMatch {
			best = v
		}
	}
	if best.Reason == NoMatch {
		best.Config = -1
	}
	return best
}

func (c *Configuration) affects(target Name, with []Name) Verdict {
	v := Verdict{State: osv.Miss, Reason: NoMatch}
	for i := range c.Nodes {
		for j := range c.Nodes[i].Matches {
			m := &c.Nodes[i].Matches[j]
			if !m.Vulnerable || v.State == osv.Hit {
				continue
			}
			if one := m.Affects(target); one.State == osv.Hit || one.State == osv.Unknown && v.State == osv.Miss {
				v = one
			}
		}
	}
	if v.State == osv.Miss {
		return v
	}
	needs := needs{by: v.Criterion, state: v.State}
	switch holds := c.holds(target, with, &needs); {
	case holds == no:
		return Verdict{State: osv.Miss, Reason: Excluded, Criterion: v.Criterion}
	case holds == maybe && v.State == osv.Hit:
		return Verdict{State: osv.Unknown, Reason: NoPlatform, Criterion: v.Criterion, Needs: needs.names}
	}
	return v
}

// needs are what would make a configuration hold, and is not known. It knows already how one criterion stands.
type needs struct {
	names []Name
	by    *Criterion
	state osv.State
}

// holds follows a configuration in three-valued logic.
func (c *Configuration) holds(target Name, with []Name, needs *needs) truth {
	return join(c.Operator, c.Negate, len(c.Nodes), needs, func(i int) truth {
		n := &c.Nodes[i]
		return join(n.Operator, n.Negate, len(n.Matches), needs, func(j int) truth { return n.Matches[j].holds(target, with, needs) })
	})
}

func join(op Operator, negate bool, n int, needs *needs, of func(int) truth) truth {
	before := len(needs.names)
	result := no
	if op == And && n > 0 {
		result = yes
	}
	for i := range n {
		if t := of(i); op == And {
			result = min(result, t)
		} else if result = max(result, t); result == yes {
			break
		}
	}
	if result != maybe {
		needs.names = needs.names[:before]
	}
	if negate {
		result = yes - result
	}
	return result
}

// holds asks for m among the target and the others. What nobody names may be there all the same; but who has a product
// in another version is not taken to have a second one.
func (m *Criterion) holds(target Name, with []Name, needs *needs) truth {
	state := needs.state
	if m != needs.by {
		state = m.Affects(target).State
	}
	if state == osv.Hit || m.carries(target) {
		return yes
	}
	key := m.Criteria.Key()
	named := key != "" && key == target.Key()
	for _, other := range with {
		if state == osv.Hit {
			break
		}
		if s := m.Affects(other).State; s != osv.Miss {
			state = s
		}
		named = named || key != "" && key == other.Key()
	}
	switch {
	case state == osv.Hit:
		return yes
	case state == osv.Miss && named:
		return no
	}
	needs.names = append(needs.names, m.Criteria)
	return maybe
}

// carries reports whether m is the hardware whose firmware n is.
func (m *Criterion) carries(n Name) bool {
	hardware := m.Criteria
	return hardware[Part] == "h" && n[Part] == "o" && hardware[Vendor] == n[Vendor] && hardware[Product]+"_firmware" == n[Product] &&
		(hardware[Version] == Any || hardware[Version] == NA) && !m.bounded()
}

func (m *Criterion) bounded() bool {
	return m.StartIncluding+m.StartExcluding+m.EndIncluding+m.EndExcluding != ""
}

// Affects decides whether target is among the products that m stands for, whether vulnerable or not. Versions that differ
// only as it is usual to write one version in several ways ("V1.0", "1.0.0") are the same.
func (m *Criterion) Affects(target Name) Verdict {
	miss := Verdict{State: osv.Miss, Reason: NoMatch, Config: -1}
	v := Verdict{State: osv.Hit, Reason: Matches, Config: -1, Criterion: m}
	unknown := Reason("")
	for i := range target {
		a := Attribute(i)
		if a == Version || a == Update {
			continue
		}
		switch CompareValues(m.Criteria[a], target[a]) {
		case Disjoint:
			return miss
		case Undefined:
			unknown = WildTarget
		case Subset:
			v.Assumed = append(v.Assumed, a)
			if a <= Product {
				unknown = WildTarget
			}
		}
	}
	switch t, reason := m.version(target); {
	case t == no:
		return miss
	case t == maybe && unknown == "":
		unknown = reason
	}
	if unknown != "" {
		return Verdict{State: osv.Unknown, Reason: unknown, Config: -1, Criterion: m}
	}
	return v
}

// version decides on the version and the update.
func (m *Criterion) version(target Name) (truth, Reason) {
	version, update := CompareValues(m.Criteria[Version], target[Version]), CompareValues(m.Criteria[Update], target[Update])
	if m.bounded() {
		return m.within(target, version, update)
	}
	if same(m.Criteria.VersionText(), target.VersionText()) {
		return yes, "" // also 1.0 with update rc1, and 1.0-rc1
	}
	if version == Disjoint && same(text(m.Criteria[Version]), text(target[Version])) {
		version = Equal
	}
	return both(version, update)
}

func both(version, update Relation) (truth, Reason) {
	switch {
	case version == Disjoint, update == Disjoint:
		return no, ""
	case version == Undefined, update == Undefined:
		return maybe, WildTarget
	case version == Subset, update == Subset:
		return maybe, NoVersion
	}
	return yes, ""
}

// within holds the version of target to the bounds of m.
func (m *Criterion) within(target Name, version, update Relation) (truth, Reason) {
	if m.Criteria[Version] == NA {
		version = Superset // the bounds say which versions
	}
	at := target.VersionText()
	if m.Criteria[Update] != Any {
		at = text(target[Version])
	}
	switch t, reason := both(version, update); {
	case t != yes:
		return t, reason
	case at == "":
		return maybe, NoVersion
	}
	var natural orderer
	for _, b := range [...]struct {
		bound string
		least int // of how at compares with it, seen from inside
		upper bool
	}{{m.StartIncluding, 0, false}, {m.StartExcluding, 1, false}, {m.EndIncluding, 0, true}, {m.EndExcluding, 1, true}} {
		if b.bound == "" {
			continue
		}
		order, ok := natural.compare(at, b.bound)
		if !ok {
			return maybe, NoVersion
		}
		if b.upper {
			order = -order
		}
		if order < b.least {
			return no, ""
		}
	}
	return yes, ""
}

func text(v Value) string {
	t, _ := v.Text()
	return t
}

// same compares two versions in natural order; what is none is the same as nothing.
func same(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	var natural orderer
	order, ok := natural.compare(a, b)
	return ok && order == 0
}

// An orderer compares versions with one in natural order, by keys where there are any.
type orderer struct {
	of    string
	key   []byte
	small [2][64]byte
}

func (o *orderer) compare(a, b string) (order int, ok bool) {
	if o.key == nil || o.of != a {
		o.of = a
		if o.key, ok = vers.AppendKey(o.small[0][:0], vers.Natural, a); !ok {
			o.key = nil
		}
	}
	if o.key != nil {
		if key, ok := vers.AppendKey(o.small[1][:0], vers.Natural, b); ok {
			return bytes.Compare(o.key, key), true
		}
	}
	n, err := vers.Compare(vers.Natural, a, b)
	return n, err == nil
}
