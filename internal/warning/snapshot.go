// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// A Snapshot is what was known when a revision was released. It is kept, sealed, with the revision, so that the next one
// can say what has changed.
type Snapshot struct {
	Technical  string            `json:"technical"` // grade of the case
	Exploited  string            `json:"exploited"`
	Affected   []report.Affected `json:"affected"`
	Aliases    []string          `json:"aliases"`
	Workaround string            `json:"workaround"` // in both languages
	Products   int               `json:"products"`   // that matched, of Orgs organisations
	Orgs       int               `json:"orgs"`
}

func snapshotOf(c casework.Case, f figures) Snapshot {
	return Snapshot{Technical: c.Technical, Exploited: c.Exploited, Affected: c.Content.Affected, Aliases: c.Content.Aliases,
		Workaround: lines(c.Content.Workaround, c.Content.WorkaroundEN), Products: f.Products, Orgs: f.Orgs}
}

// A Change is one thing in which a revision differs from the one before.
type Change struct {
	What        string // one of Changes
	Of          string // of a range: the package or product
	From, To    string // as they stand in the data; "" for nothing
	Significant bool
}

// What can change. What is significant makes the revision so: it reaches everybody at once and voids the answers that
// depended on it. The rest is editorial.
const (
	ChangedLevel      = "level"
	ChangedGrade      = "grade"
	ChangedExploited  = "exploited"
	ChangedRange      = "range"      // an affected range, or its fixed version
	ChangedFlaw       = "flaw"       // a further CVE number: another flaw is dealt with as well
	ChangedWorkaround = "workaround" // what keeps the flaw from being used without an upgrade
	ChangedLimit      = "limit"      // significant when it comes earlier
	ChangedLabel      = "label"      // TLP
	ChangedReach      = "reach"      // products that match
	ChangedTerritory  = "territory"
	ChangedText       = "text"
)

// ChangeKinds lists them in the order in which they are shown.
var ChangeKinds = []string{ChangedLevel, ChangedGrade, ChangedExploited, ChangedRange, ChangedFlaw, ChangedWorkaround, ChangedLimit, ChangedTerritory, ChangedLabel, ChangedReach, ChangedText}

// changes says in what w differs from old, its predecessor; w.RespondBy counts when it was set by hand (Limited).
func changes(old, w Warning) (out []Change) {
	add := func(what, from, to string, significant bool) {
		if from != to {
			out = append(out, Change{What: what, From: from, To: to, Significant: significant})
		}
	}
	a, b := old.Known, w.Known
	add(ChangedLevel, string(old.Level), string(w.Level), true)
	add(ChangedGrade, a.Technical, b.Technical, true)
	add(ChangedExploited, a.Exploited, b.Exploited, b.Exploited == "yes" || a.Exploited == "yes")
	out = append(out, rangesChanged(a.Affected, b.Affected)...)
	if from, to := flaws(a.Aliases), flaws(b.Aliases); len(from) > 0 {
		for _, cve := range to {
			if !slices.Contains(from, cve) {
				add(ChangedFlaw, "", cve, true)
			}
		}
	}
	add(ChangedWorkaround, a.Workaround, b.Workaround, true)
	if w.Limited {
		add(ChangedLimit, moment(old.RespondBy), moment(w.RespondBy), w.RespondBy.Before(old.RespondBy))
	}
	add(ChangedTerritory, old.Territory, w.Territory, true)
	add(ChangedLabel, old.TLP, w.TLP, false)
	add(ChangedReach, strconv.Itoa(a.Products), strconv.Itoa(b.Products), false)
	if x, y := old.Content, w.Content; x.texts() != y.texts() {
		out = append(out, Change{What: ChangedText})
	}
	return out
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// texts are what people read, without the sentence that only counts.
func (c Content) texts() string {
	return strings.Join([]string{c.Title, c.TitleEN, c.Summary, c.SummaryEN, c.Measures, c.MeasuresEN, c.Issuer, c.Phone, c.Basis, c.Pack.String(),
		c.Leads.Affected, c.Leads.AffectedEN, c.Leads.Sector, c.Leads.SectorEN, c.Leads.All, c.Leads.AllEN}, "\x00")
}

// rangesChanged compares what is called flawed, name by name.
func rangesChanged(old, now []report.Affected) (out []Change) {
	a, b := byName(old), byName(now)
	names := slices.Sorted(maps.Keys(a))
	for _, n := range slices.Sorted(maps.Keys(b)) {
		if _, had := a[n]; !had {
			names = append(names, n)
		}
	}
	for _, n := range names {
		if from, to := strings.Join(a[n], "; "), strings.Join(b[n], "; "); from != to {
			out = append(out, Change{What: ChangedRange, Of: n, From: from, To: to, Significant: true})
		}
	}
	return out
}

// byName are the ranges by what they are of, sorted.
func byName(as []report.Affected) map[string][]string {
	out := map[string][]string{}
	for _, a := range as {
		if name, rs := match.Ranges(a); name != "" {
			out[name] = append(out[name], rs...)
		}
	}
	for n, rs := range out {
		slices.Sort(rs)
		out[n] = slices.Compact(rs)
	}
	return out
}

// flaws are the CVE numbers among aliases: further numbers of other lists name the same flaw.
func flaws(aliases []string) (out []string) {
	for _, x := range aliases {
		if x = strings.ToUpper(strings.TrimSpace(x)); strings.HasPrefix(x, "CVE-") {
			out = append(out, x)
		}
	}
	return out
}

// significant reports whether a revision reaches everybody at once and makes answers void.
func significant(k Kind, cs []Change) bool {
	return k != Amendment || slices.ContainsFunc(cs, func(c Change) bool { return c.Significant })
}

// A Difference is what a revision changes against the one that was released before it.
type Difference struct {
	Kind        Kind // as it would be released
	Significant bool
	Changes     []Change
}

// Differences says what the revision that is being written changes, for those who write and release it. Before the
// second revision there is nothing to compare.
func (s *Service) Differences(ctx context.Context, by member.Actor, id string) (d Difference, err error) {
	if err := watcher(by); err != nil {
		return d, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := s.load(ctx, tx, id)
		if err != nil || w.Revision < 2 {
			return err
		}
		before := w.Revision - 1
		old, err := s.revision(ctx, tx, id, before)
		if err != nil {
			return err
		}
		if w.State != Out {
			if w, err = s.known(ctx, tx, w); err != nil {
				return err
			}
		} else if w, err = s.revision(ctx, tx, id, w.Revision); err != nil {
			return err
		}
		d = difference(old, w)
		return nil
	})
	if err != nil {
		return Difference{}, fmt.Errorf("compare warning %s with its last revision: %w", id, err)
	}
	return d, nil
}

func difference(old, w Warning) Difference {
	d := Difference{Kind: w.Kind.by(old.Level, w.Level), Changes: changes(old, w)}
	d.Significant = significant(d.Kind, d.Changes)
	return d
}

// known fills in what is known now.
func (s *Service) known(ctx context.Context, tx *db.Tx, w Warning) (Warning, error) {
	c, err := s.Cases.ContentTx(ctx, tx, w.CaseID)
	if err != nil {
		return w, err
	}
	f, err := figuresOf(ctx, tx, w.CaseID)
	w.Known = snapshotOf(c, f)
	return w, err
}
