// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/web/look"
)

// mineView is a unit's own warnings: what is owed, with why and by when, and what is done.
type mineView struct {
	Filter         warning.Filter
	Owed, Done     []warning.Item
	Next, NextDone string
	Why            map[string][]match.Finding // of the unit, by case
	Products       map[string]product.Product
}

const (
	mineRows = 20
	doneRows = 30
	whyRows  = 3 // findings of a warning that a list shows
)

// warningMine answers for a unit: which of these concern me, why, and what do I owe by when?
func (s *Server) warningMine(v *view) error {
	q := v.URL.Query()
	x := mineView{Filter: warning.Filter{Part: warning.Part(q.Get("part")), Own: q.Get("own") != "", Level: warning.Level(q.Get("level")), After: q.Get("after"), Limit: mineRows}, Why: map[string][]match.Finding{}}
	var err error
	if f := x.Filter; f.Part != warning.Done {
		f.Part = warning.Owed
		if x.Owed, x.Next, err = s.Warnings.Mine(v.Context(), v.Actor, f); err != nil {
			return err
		}
	}
	if f := x.Filter; f.Part != warning.Owed && (f.After == "" || f.Part == warning.Done) {
		f.Part, f.Limit = warning.Done, doneRows
		if x.Done, x.NextDone, err = s.Warnings.Mine(v.Context(), v.Actor, f); err != nil {
			return err
		}
	}
	var all []match.Finding
	for _, i := range x.Owed {
		id := i.Warning.CaseID
		if _, ok := x.Why[id]; ok || i.Recipient.Products == 0 {
			continue
		}
		fs, err := s.Matches.Findings(v.Context(), v.Actor, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		x.Why[id] = warningView{Findings: fs}.own(v.Actor.OrgID)
		all = append(all, x.Why[id][:min(len(x.Why[id]), whyRows)]...)
	}
	c := caseView{Findings: all}
	if err := s.caseNames(v, &c); err != nil {
		return err
	}
	x.Products = c.Products
	return v.ok(warningMinePage(v, x))
}

// narrowed reports whether less than everything is asked for.
func (x mineView) narrowed() bool {
	return x.Filter.Part != "" || x.Filter.Own || x.Filter.Level != "" || x.Filter.After != ""
}

func (v *view) minePager(part warning.Part, after string) string {
	if after == "" {
		return ""
	}
	return v.boardHref("/warnings", "part", string(part), "after", after)
}

func (v *view) mineParts() []look.Option {
	return []look.Option{{Label: v.T("web.all")}, {Value: string(warning.Owed), Label: v.T("web.mine.owed")}, {Value: string(warning.Done), Label: v.T("web.mine.done")}}
}

func (v *view) mineLevels() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for _, l := range warning.Levels {
		out = append(out, look.Option{Value: string(l), Label: v.levelWord(l)})
	}
	return out
}

func (v *view) mineOwn() []look.Option {
	return []look.Option{{Label: v.T("web.all")}, {Value: "yes", Label: v.T("web.mine.own")}}
}

func ownValue(own bool) string {
	if own {
		return "yes"
	}
	return ""
}
