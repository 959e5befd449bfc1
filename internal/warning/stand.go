// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/spec/openvex"
)

// Stands says of a copy that the answer given to an earlier revision holds for this one, too. Everything else that can
// stand in Recipient.Carried is a reason why it does not.
const Stands = "stands"

// Why an answer is void.
const (
	VoidRange      = "range"      // the range or the fixed version moved for what the unit holds
	VoidUnlisted   = "unlisted"   // ranges moved, and no component list shows what the unit holds
	VoidFound      = "found"      // the unit said that it has no such component, and its component list says otherwise
	VoidName       = "name"       // a further package or product is affected
	VoidFlaw       = "flaw"       // a further flaw is dealt with, which is reached in another way
	VoidMitigation = "mitigation" // what kept the flaw from being used does not do so any more
	VoidSupersede  = "supersede"  // the advice was replaced as a whole
	VoidRecall     = "recall"     // the revision that was answered was recalled
)

// Voids lists the reasons.
var Voids = []string{VoidRange, VoidUnlisted, VoidFound, VoidName, VoidFlaw, VoidMitigation, VoidSupersede, VoidRecall}

// turn is what a revision turns over: on it depends which answers stand.
type turn struct {
	ranges, names, flaws, mitigation bool
	supersede, recalled              bool
	moved                            map[string]bool // ranges, in the words of findings, that are not what they were
}

func turnOf(old, w Warning) turn {
	t := turn{supersede: w.Kind == Supersede, recalled: old.Kind == Recall, moved: map[string]bool{}}
	for _, c := range changes(old, w) {
		switch c.What {
		case ChangedRange:
			t.ranges = true
			t.names = t.names || c.From == ""
		case ChangedFlaw:
			t.flaws = true
		case ChangedWorkaround:
			t.mitigation = true
		}
	}
	of := func(s Snapshot) map[string]string { // what is affected in a range
		out := map[string][]string{}
		for name, rs := range byName(s.Affected) {
			for _, r := range rs {
				out[r] = append(out[r], name)
			}
		}
		flat := map[string]string{}
		for r, names := range out {
			slices.Sort(names)
			flat[r] = strings.Join(names, "\x00")
		}
		return flat
	}
	before := of(old.Known)
	for r, names := range of(w.Known) {
		t.moved[r] = before[r] != names
	}
	return t
}

// touches reports whether what moved concerns a unit: by its own findings, and where its component lists have never shown
// the flaw (listed is false), by any range that moved.
func (t turn) touches(own []match.Finding, listed bool) (reason string) {
	if !t.ranges {
		return ""
	}
	for _, f := range own {
		if moved, known := t.moved[f.Why.Range]; moved || !known { // several ranges at once, of what a person must check
			return VoidRange
		}
	}
	if !listed {
		return VoidUnlisted
	}
	return ""
}

// void says why an answer does not hold for the next revision, "" when it stands. This is the whole table:
//
//	fixed          void when the range or the fixed version moved for what the unit holds, or when ranges moved and no
//	               component list shows what it holds; when the advice was replaced without a range that says how
//	not affected   by its justification: component not present – void when a further name is affected, or the unit's own
//	               list shows the component; code not present, or none given – like fixed; not in the execute path, not
//	               controllable – void when a further flaw is dealt with; mitigated – when the mitigation changed, too
//	checking       stands
//	affected       stands
func (t turn) void(a Answer, j openvex.Justification, own []match.Finding, listed bool) string {
	if a != FixedAll && a != AffectedNo {
		return ""
	}
	if t.recalled {
		return VoidRecall
	}
	replaced := ""
	if t.supersede && !t.ranges {
		replaced = VoidSupersede
	}
	if a == FixedAll {
		return or(t.touches(own, listed), replaced)
	}
	switch j {
	case openvex.ComponentNotPresent:
		switch {
		case t.touches(own, true) != "":
			return VoidFound
		case t.names:
			return VoidName
		}
		return ""
	case openvex.CodeNotInExecutePath, openvex.CodeNotControllable, openvex.InlineMitigationsExist:
		switch {
		case t.flaws:
			return VoidFlaw
		case t.mitigation && j == openvex.InlineMitigationsExist:
			return VoidMitigation
		}
		return replaced
	}
	return or(t.touches(own, listed), replaced)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// carriedAnswer is an answer that came along from the revision before.
type carriedAnswer struct {
	org           string
	answer        Answer
	justification openvex.Justification
	wave          int
}

// reopen makes those answers void that came along with the copies of a significant revision and do not hold for it, and
// returns how many.
func (s *Service) reopen(ctx context.Context, tx *db.Tx, old, w Warning) (n int, err error) {
	if w.Revision == 1 || !w.Significant || w.Kind.Closes() {
		return 0, nil
	}
	falls, err := s.falling(ctx, tx, old, w, w.Revision)
	if err != nil {
		return 0, err
	}
	for _, reason := range Voids {
		for part := range slices.Chunk(falls[reason], 400) {
			var a db.Args
			_, err := tx.Exec(ctx, `UPDATE warning_recipient SET was = answer, answer = '', carried = `+a.P(reason)+`, comment_sealed = NULL, assets = 0, justification = '',
				answered_by = '', answered_via = '', acked_at = NULL, fixed_at = NULL, said_in = 0
				WHERE warning_id = `+a.P(w.ID)+` AND revision = `+a.P(w.Revision)+` AND org_id IN `+db.In(&a, part), a...)
			if err != nil {
				return 0, err
			}
			n += len(part)
		}
	}
	return n, nil
}

// falling are the organisations whose answers, as they stand in the copies of a revision, do not hold for w, by reason.
func (s *Service) falling(ctx context.Context, tx *db.Tx, old, w Warning, revision int) (map[string][]string, error) {
	as, err := db.List(ctx, tx, func(r db.Row) (x carriedAnswer, err error) {
		return x, r.Scan(&x.org, &x.answer, &x.justification, &x.wave)
	}, `SELECT org_id, answer, justification, wave FROM warning_recipient WHERE warning_id = $1 AND revision = $2 AND `+onBoard+` AND answer IN ('fixed', 'not-affected') ORDER BY org_id`, w.ID, revision)
	if err != nil || len(as) == 0 {
		return nil, err
	}
	orgs := make([]string, len(as))
	for i, x := range as {
		orgs[i] = x.org
	}
	own, err := s.Matches.OfOrgs(ctx, tx, w.CaseID, orgs)
	if err != nil {
		return nil, err
	}
	t, out := turnOf(old, w), map[string][]string{}
	for _, x := range as {
		if reason := t.void(x.answer, x.justification, own[x.org], x.wave == WaveAffected); reason != "" {
			out[reason] = append(out[reason], x.org)
		}
	}
	return out, nil
}
