// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

// Facts and events beyond the report's content that the form asks about, so that other laws can be told, too. They are
// used for the answer, and open decision tasks where laws clash.
var (
	formFacts  = []string{"eu_market", "incident", "nis2_entity", "financial_entity", "cn_entity", "incident_grade"}
	formEvents = []string{"exploitation_aware_at", "incident_aware_at", "measure_available_at"}
)

// explained is what follows by all laws from what the form says so far: what has or will have a clock, and the rest.
func (v *view) explained(f *form, c report.Content) (main, further []lawpack.Owed, clashes []lawpack.Clash) {
	facts := duty.Facts{OrgID: v.Actor.OrgID, Partner: v.Org.Partner, Relation: c.Relation, Upstream: c.Upstream == "yes", LearnedAt: c.LearnedAt,
		More: lawpack.Facts{}, Happened: map[string]time.Time{}}
	for _, name := range formFacts {
		if x := f.Get("fact_" + name); slices.Contains(lawpack.FactValues[name], x) {
			facts.More[name] = x
		}
	}
	for _, name := range formEvents {
		if at, err := f.Time("happened_" + name); err == nil && !at.IsZero() {
			facts.Happened[name] = at
		}
	}
	packs, err := v.s.Rulebook.Current(v.Context())
	if err != nil { // a form is worth more than what it tells beside it
		packs = lawpack.BuiltinSet()
	}
	owed, _, err := duty.ExplainBy(packs, facts, v.Now)
	if err != nil { // the names are ours and the values were looked at
		return nil, nil, nil
	}
	for _, o := range owed {
		switch o.Duty.Due.Kind {
		case lawpack.Standing, lawpack.Retention, lawpack.NoLimit:
			further = append(further, o)
		default:
			main = append(main, o)
		}
	}
	if len(main) == 0 {
		return further, nil, nil
	}
	return main, further, lawpack.Clashes(owed)
}

// askedFurther reports whether a further fact or event was given.
func (v *view) askedFurther(f *form) bool {
	return slices.ContainsFunc(formFacts, func(name string) bool { return f.Get("fact_"+name) != "" }) ||
		slices.ContainsFunc(formEvents, func(name string) bool { return f.Get("happened_"+name) != "" })
}

func (v *view) factField(f *form, name string) look.Field {
	x := f.field("fact_"+name, v.T("law.ask."+name))
	x.Options = []look.Option{{Label: v.T("law.value.unknown")}}
	for _, value := range lawpack.FactValues[name] {
		x.Options = append(x.Options, look.Option{Value: value, Label: v.T("law.value." + value)})
	}
	return x
}

func (v *view) eventField(f *form, name string) look.Field {
	x := f.field("happened_"+name, v.T("law.when."+name))
	x.Type = "datetime-local"
	return x
}
