// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// EditInput is the whole of what a person decides about a draft.
type EditInput struct {
	Rev       int // of the draft that was edited
	Level     Level
	TLP       string // TLP 2.0 label; CLEAR only after publication. A part with a stricter one makes it that of the whole
	Content   Content
	RespondBy time.Time // zero: by level, from the release on; of an editorial revision: as before
	Territory string    // province for which it is issued, as regions of members are written; "" for the whole country
}

// Edit changes a draft; when somebody changed it since in.Rev, nothing is changed (Conflict). Changing one that waits for its
// second person voids the first person's approval.
func (s *Service) Edit(ctx context.Context, by member.Actor, id string, in EditInput) (w Warning, err error) {
	if err := drafter(by); err != nil {
		return Warning{}, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		old, _, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		c, err := s.Cases.ContentTx(ctx, tx, old.CaseID)
		if err != nil {
			return err
		}
		if err := in.check(tx.Now, c); err != nil {
			return err
		}
		if old.State == Out {
			return fault.Clash("warning.is-released", old.Number)
		}
		if old.Rev != in.Rev {
			return fault.Clash("fault.stale")
		}
		w = old
		w.Rev++
		w.Level, w.TLP, w.Content, w.RespondBy, w.Territory = in.Level, in.Content.Labels.strictest(in.TLP), in.Content, in.RespondBy, strings.TrimSpace(in.Territory)
		w.Content.Labels = in.Content.Labels.apart(in.TLP)
		w.State, w.ApprovedBy = Draft, ""
		if w.DraftedBy == "" { // by the platform: from now on a person answers for it
			w.DraftedBy = by.AccountID
		}
		if err := s.update(ctx, tx, w); err != nil {
			return err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), Edited{w.on(), w.Revision, old.State == Pending}); err != nil {
			return err
		}
		w, err = s.load(ctx, tx, id)
		return err
	})
	if err != nil {
		return Warning{}, fmt.Errorf("edit warning %s: %w", id, err)
	}
	return w, nil
}

// Limits of the texts, in characters.
const (
	maxShort = 300
	maxText  = 20_000
)

func (in EditInput) check(now time.Time, about casework.Case) error {
	var c fault.Check
	c.That(slices.Contains(Levels, in.Level), "level", "rule.one-of", string(Yellow), list(Levels))
	c.That(tlp.Label(in.TLP).Valid(), "tlp", "rule.one-of", string(tlp.Amber), list(tlp.Labels()))
	c.That(in.TLP != string(tlp.Clear) || !about.PublishedAt.IsZero(), "tlp", "warning.rule.tlp-undisclosed", string(tlp.Amber))
	c.That(in.RespondBy.IsZero() || in.RespondBy.After(now), "respond_by", "warning.rule.respond-by", now.Add(in.Level.Within()).UTC().Format(time.RFC3339))
	t := in.Content
	for name, l := range map[string]string{"summary": t.Labels.Summary, "measures": t.Labels.Measures, "pack": t.Labels.Pack} {
		c.That(l == "" || tlp.Label(l).Valid(), "content.labels."+name, "rule.one-of", string(tlp.Amber), list(tlp.Labels()))
		c.That(l != string(tlp.Clear) || !about.PublishedAt.IsZero(), "content.labels."+name, "warning.rule.tlp-undisclosed", string(tlp.Amber))
	}
	c.That(utf8.RuneCountInString(in.Territory) <= maxShort && storable(in.Territory) == nil, "territory", "rule.too-long", "", maxShort)
	t.Pack.check(&c)
	for _, f := range []struct {
		name, text string
		limit      int
	}{
		{"title", t.Title, maxShort}, {"title_en", t.TitleEN, maxShort}, {"issuer", t.Issuer, maxShort}, {"phone", t.Phone, maxShort},
		{"basis", t.Basis, maxShort},
		{"summary", t.Summary, maxText}, {"summary_en", t.SummaryEN, maxText}, {"scope", t.Scope, maxText}, {"scope_en", t.ScopeEN, maxText},
		{"measures", t.Measures, maxText}, {"measures_en", t.MeasuresEN, maxText},
		{"leads.affected", t.Leads.Affected, maxShort}, {"leads.affected_en", t.Leads.AffectedEN, maxShort}, {"leads.sector", t.Leads.Sector, maxShort},
		{"leads.sector_en", t.Leads.SectorEN, maxShort}, {"leads.all", t.Leads.All, maxShort}, {"leads.all_en", t.Leads.AllEN, maxShort},
	} {
		c.That(utf8.RuneCountInString(f.text) <= f.limit, "content."+f.name, "rule.too-long", "", f.limit)
	}
	return c.Err()
}

// complete checks that a warning says all that the emergency plan of 2017 asks of one: level, scope and harm,
// measures, time limit, issuing body and telephone; and that its case is graded. One language is enough: a translation
// must not hold up a warning.
func (w Warning) complete(now time.Time, limit bool, about casework.Case) error {
	in := EditInput{Level: w.Level, TLP: w.TLP, Content: w.Content, Territory: w.Territory}
	if limit {
		in.RespondBy = w.RespondBy
	}
	if err := in.check(now, about); err != nil {
		return err
	}
	var c fault.Check
	c.That(w.Exercise || slices.Contains(issuable, about.State), "case", "warning.rule.case", about.Number)
	t := w.Content
	for _, f := range []struct{ name, text string }{
		{"title", t.Title + t.TitleEN}, {"summary", t.Summary + t.SummaryEN}, {"scope", t.Scope + t.ScopeEN},
		{"measures", t.Measures + t.MeasuresEN}, {"issuer", t.Issuer}, {"phone", t.Phone},
	} {
		c.That(strings.TrimSpace(f.text) != "", "content."+f.name, "rule.required", "")
	}
	return c.Err()
}

// list writes enum values for a rule's sentence.
func list[T ~string](vs []T) string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}
