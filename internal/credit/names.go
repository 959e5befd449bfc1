// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"strings"
	"time"
	"unicode"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/orgname"
)

// A spelling is one name of one member, ready to be compared.
type spelling struct {
	org  int // index of the member
	name string
	id   string // of the member.Name or member.Affiliation; "" for the two names of the register
}

// An index finds members by the names in public records.
type index struct {
	members []member.Known
	exact   map[string][]spelling // by orgname.Key
	short   map[string][]spelling // by orgname.Core, where it differs from the key
	near    map[string][]spelling // by the key with one letter left out: keys one letter apart share an entry
	domains map[string][]spelling
	people  map[string][]person
}

type person struct {
	spelling
	aff member.Affiliation
}

// nearest is the length from which a name with one letter wrong may still be the name, in characters.
const nearest = 8

func newIndex(members []member.Known) *index {
	x := &index{members: members, exact: map[string][]spelling{}, short: map[string][]spelling{}, near: map[string][]spelling{}, domains: map[string][]spelling{}, people: map[string][]person{}}
	for i, m := range members {
		x.name(spelling{i, m.NameZH, ""})
		x.name(spelling{i, m.NameEN, ""})
		for _, d := range m.Domains {
			x.domains[d] = append(x.domains[d], spelling{i, d, ""})
		}
		for _, n := range m.Names {
			if n.Kind == member.DomainName {
				x.domains[n.Name] = append(x.domains[n.Name], spelling{i, n.Name, n.ID})
			} else {
				x.name(spelling{i, n.Name, n.ID})
			}
		}
		for _, a := range m.Affiliations {
			k := orgname.Person(a.Person)
			x.people[k] = append(x.people[k], person{spelling{i, a.Person, a.ID}, a})
		}
	}
	return x
}

func (x *index) name(s spelling) {
	key := orgname.Key(s.name)
	if key == "" || has(x.exact[key], s.org) {
		return
	}
	x.exact[key] = append(x.exact[key], s)
	if core := orgname.Core(s.name); core != key && !orgname.Short(core) && !orgname.Generic(core) {
		x.short[core] = append(x.short[core], s)
	}
	if rs := []rune(key); len(rs) >= nearest && !orgname.Generic(s.name) {
		for _, k := range lacking(rs) {
			x.near[k] = append(x.near[k], s)
		}
	}
}

func has(ss []spelling, org int) bool {
	for _, s := range ss {
		if s.org == org {
			return true
		}
	}
	return false
}

// lacking are the keys with one letter left out, and the key itself.
func lacking(rs []rune) []string {
	out := []string{string(rs)}
	for i := range rs {
		out = append(out, string(rs[:i])+string(rs[i+1:]))
	}
	return out
}

// The rules by which a party in a record is thought to be a member, the surest first.
const (
	RuleName        = "name"        // it is one of the member's names
	RuleTeam        = "team"        // it is one of the member's names with a word for a part of the house
	RuleDomain      = "domain"      // an address in the credit is the member's
	RuleAffiliation = "affiliation" // a public record says that the person works for the member
	RuleJoined      = "joined"      // a name of the member with something behind it, without a gap
	RuleInside      = "inside"      // a longer name begins with one of the member's
	RuleShort       = "short-form"  // it is a name of the member without a word for a part of the house
	RuleNear        = "near"        // it is one letter away from a name of the member
	RuleAssigner    = "assigner"    // the member assigned the number or published the record
)

// A hit is one member that a party may be, and by which rule.
type hit struct {
	spelling
	rule string
	aff  *member.Affiliation
}

// find looks a party up. at is when the find became public, for the periods of affiliations.
func (x *index) find(p party, at time.Time) (out []hit) {
	if p.as == address {
		for d := p.text; strings.Contains(d, "."); _, d, _ = strings.Cut(d, ".") {
			for _, s := range x.domains[d] {
				out = append(out, hit{spelling: s, rule: RuleDomain})
			}
		}
		return out
	}
	for i, key := range orgname.Keys(p.text) {
		for _, s := range x.exact[key] {
			rule := RuleName
			if i > 0 {
				rule = RuleTeam
			}
			out = append(out, hit{spelling: s, rule: rule})
		}
		if len(out) > 0 {
			break // the longest name is meant
		}
	}
	if len(out) == 0 {
		out = x.guess(p.text)
	}
	for _, a := range x.people[orgname.Person(p.text)] {
		if at.IsZero() || a.aff.At(at) {
			out = append(out, hit{spelling: a.spelling, rule: RuleAffiliation, aff: &a.aff})
		}
	}
	return out
}

// guess looks for names that are not quite those of a member.
func (x *index) guess(text string) (out []hit) {
	ts := orgname.Tokens(text)
	if len(ts) == 0 {
		return nil
	}
	if rs := []rune(ts[0]); unicode.Is(unicode.Han, rs[0]) {
		for n := len(rs) - 1; n >= 2 && len(out) == 0; n-- {
			for _, s := range x.exact[string(rs[:n])] {
				if rule := joined(string(rs[n:])); rule == RuleTeam || n > 2 { // two characters begin too many words
					out = append(out, hit{spelling: s, rule: rule})
				}
			}
		}
	}
	for n := len(ts) - 1; n >= 1 && len(out) == 0; n-- {
		name := strings.Join(ts[:n], " ")
		if orgname.Short(name) || orgname.Generic(name) {
			continue
		}
		for _, s := range x.exact[strings.Join(ts[:n], "")] {
			out = append(out, hit{spelling: s, rule: RuleInside})
		}
	}
	if len(out) == 0 {
		out = x.shortForm(text)
	}
	if rs := []rune(orgname.Key(text)); len(out) == 0 && len(rs) >= nearest-1 {
		seen := map[spelling]bool{}
		for _, k := range lacking(rs) {
			for _, s := range x.near[k] {
				if !seen[s] && oneApart(rs, []rune(orgname.Key(s.name))) {
					seen[s] = true
					out = append(out, hit{spelling: s, rule: RuleNear})
				}
			}
		}
	}
	return out
}

// shortForm looks for names that lack a word for a part of the house, or have another one; their words must be the same:
// "Jian Wei" is a person, whatever the Jianwei Labs are.
func (x *index) shortForm(text string) (out []hit) {
	words := strings.Join(orgname.Tokens(text), " ")
	for _, key := range orgname.Keys(text) {
		for _, s := range x.short[key] {
			core, name := words, strings.Join(orgname.Tokens(s.name), " ")
			for len(core) > 0 && strings.ReplaceAll(core, " ", "") != key {
				core = core[:len(core)-1]
			}
			if strings.HasPrefix(name, core) {
				out = append(out, hit{spelling: s, rule: RuleShort})
			}
		}
	}
	return out
}

// joined says what stands behind a name without a gap: a part of the house and perhaps a person, or something else.
func joined(rest string) string {
	if !orgname.PartOf(rest) {
		return RuleJoined
	}
	// After the words for a part of the house a person's name may follow: two to four characters.
	if n := len([]rune(orgname.AfterPart(rest))); n == 0 || n >= 2 && n <= 4 {
		return RuleTeam
	}
	return RuleJoined
}

// oneApart reports whether one letter was changed, added, left out, or exchanged with its neighbour.
func oneApart(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return string(a[i:]) == string(b[i+1:])
	}
	if i == len(a) {
		return false // the same
	}
	return string(a[i+1:]) == string(b[i+1:]) || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && string(a[i+2:]) == string(b[i+2:])
}
