// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"maps"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// learned is how the register names the anchor of its rules; packs call it discovered_or_learned_at.
const (
	learned     = "learned"
	packLearned = "discovered_or_learned_at"
)

// encouraged is the duty of a finder whom nothing else binds (Provisions of 2021, art. 10).
const encouraged = "cn-rmsv-2021/encouraged_report"

// Resolve tells which duties of the register follow from the facts, in the order in which they fall due. A relation
// that is not known yet is treated as Found, which claims least. Without a time of learning the duties have no clock:
// DueAt is zero. A duty that is only encouraged never has one (Provisions of 2021, art. 7, 8, 10). It asks the packs that
// come with the platform; ResolveBy asks those that are in force on it.
func Resolve(f Facts) []Due { return ResolveBy(lawpack.BuiltinSet(), f) }

// ResolveBy is Resolve by a set of packs: rulebook.Book.In or Current gives those that count now.
func ResolveBy(packs *lawpack.Set, f Facts) (dues []Due) {
	var free []Due
	for _, o := range lawpack.Evaluate(packs.Stored(), f.input(f.LearnedAt)) {
		switch d := o.Duty; {
		case o.State == lawpack.Upcoming: // a proposal starts no clock
		case d.Rule != "":
			dues = append(dues, dueOf(o))
		case d.Key() == encouraged:
			free = []Due{{Rule: RuleReport, Law: d.Pack().Law, Article: d.Article, Pack: d.Pack().Ref(), Force: Encouraged, Anchor: learned, AnchorAt: f.LearnedAt}}
		}
	}
	if len(dues) == 0 {
		return free
	}
	return dues
}

// Explain tells everything that follows from the facts at a time by all packs that come with the platform, and what
// would follow if facts that are not known were so.
func Explain(f Facts, now time.Time) (owed, open []lawpack.Owed, err error) {
	return ExplainBy(lawpack.BuiltinSet(), f, now)
}

// ExplainBy is Explain by a set of packs.
func ExplainBy(packs *lawpack.Set, f Facts, now time.Time) (owed, open []lawpack.Owed, err error) {
	if err := f.check(); err != nil {
		return nil, nil, err
	}
	in := f.input(now)
	return lawpack.Evaluate(packs.Packs(), in), lawpack.Hinges(packs.Packs(), in), nil
}

// check refuses roles, facts and events that no pack knows: they would be silently without effect.
func (f Facts) check() error {
	var c fault.Check
	for _, r := range f.Roles {
		c.That(slices.Contains(lawpack.Roles, r), "roles", "duty.role-unknown", string(lawpack.Collector))
	}
	for _, name := range slices.Sorted(maps.Keys(f.More)) {
		c.That(slices.Contains(lawpack.FactValues[name], f.More[name]), "facts."+name, "duty.fact-unknown", "eu_market=yes")
	}
	for _, name := range slices.Sorted(maps.Keys(f.Happened)) {
		c.That(slices.Contains(lawpack.Anchors, name), "happened."+name, "duty.event-unknown", "exploitation_aware_at")
	}
	return c.Err()
}

// everLater stands for now where nobody says what time it is: of every regime the newest version counts.
var everLater = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// input puts the facts into the words of the packs.
func (f Facts) input(now time.Time) lawpack.Input {
	if now.IsZero() {
		now = everLater
	}
	in := lawpack.Input{Roles: slices.Clone(f.Roles), Facts: lawpack.Facts{}, Now: now}
	role, relation := lawpack.Finder, f.Relation
	switch relation {
	case MakesProduct, Embeds:
		role = lawpack.Provider
	case Operates:
		role = lawpack.Operator
	case "":
		relation = Found
	}
	in.Roles = append(in.Roles, role)
	if f.Partner {
		in.Roles = append(in.Roles, lawpack.Partner)
	}
	for name, value := range f.More {
		in.Facts[name] = value
	}
	in.Facts["relation"] = string(relation)
	if in.Facts["upstream"] = lawpack.No; f.Upstream {
		in.Facts["upstream"] = lawpack.Yes
	}
	for name, at := range f.Happened {
		in.Anchors = append(in.Anchors, lawpack.Anchor{Name: name, At: at})
	}
	if !f.LearnedAt.IsZero() {
		in.Anchors = append(in.Anchors, lawpack.Anchor{Name: packLearned, At: f.LearnedAt})
	}
	return in
}

func dueOf(o lawpack.Owed) Due {
	d := o.Duty
	return Due{Rule: d.Rule, Law: d.Pack().Law, Article: d.Article, Pack: d.Pack().Ref(), Force: Force(d.Force), Anchor: learned,
		AnchorAt: o.AnchorAt, DueAt: o.DueAt, LatestAt: o.LatestAt, Soft: atOnce(d)}
}

// atOnce reports whether the law gives no figure.
func atOnce(d *lawpack.Duty) bool { return !d.Due.Soft.IsZero() }
