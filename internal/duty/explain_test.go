// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// rawKey is a key of a text where the text should stand.
var rawKey = regexp.MustCompile(`\b(?:law|duty)\.[a-z]`)

// answered says what is wrong with an answer of the resolver, or "".
func answered(f duty.Facts, now time.Time) string {
	owed, open, err := duty.Explain(f, now)
	if err != nil {
		return err.Error()
	}
	if len(owed) == 0 {
		return "no answer"
	}
	zh, en := i18n.For(i18n.Chinese), i18n.For(i18n.English)
	for _, o := range append(slices.Clone(owed), open...) {
		d := o.Duty
		switch {
		case !slices.Contains([]lawpack.Force{lawpack.Mandatory, lawpack.Contractual, lawpack.Encouraged, lawpack.Policy}, d.Force):
			return d.Key() + ": no force"
		case d.Force == lawpack.Encouraged && !o.DueAt.IsZero():
			return d.Key() + ": encouraged, with a due time"
		case d.Pack().Status == lawpack.Proposed && (!o.DueAt.IsZero() || o.State.Alarms()):
			return d.Key() + ": a proposal with a clock"
		case o.DueAt.IsZero() != o.LatestAt.IsZero():
			return d.Key() + ": one reading without the other"
		}
		for _, p := range []i18n.Printer{zh, en} {
			for _, s := range []string{o.Sentence(p), d.By(p), d.Name.In(p), d.Text.In(p), d.Source(p), p.T("duty.force." + string(d.Force))} {
				if s == "" || rawKey.MatchString(s) || strings.Contains(s, "%!") || strings.Contains(s, "{") || strings.Contains(s, "0001-") {
					return d.Key() + ": " + s
				}
			}
		}
	}
	for _, o := range open {
		if len(o.Open) == 0 {
			return o.Duty.Key() + ": open, and no question"
		}
	}
	return ""
}

// Whoever asks gets an answer: every role with every relation, as a partner unit or not, upstream or not, with a time of
// learning or without, in every year in which some pack is in force.
func TestEveryRoleAndRelationHasAnAnswer(t *testing.T) {
	times := []time.Time{{}, learned, time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC), time.Date(2027, 12, 31, 16, 0, 0, 0, time.UTC), time.Date(2031, 2, 28, 16, 0, 0, 0, time.UTC)}
	n := 0
	for _, role := range lawpack.Roles {
		for _, relation := range append(slices.Clone(duty.Relations), "") {
			for bits := range 4 {
				for _, at := range times {
					f := duty.Facts{Relation: relation, Partner: bits&1 > 0, Upstream: bits&2 > 0, LearnedAt: at, Roles: []lawpack.Role{role}}
					now := at
					if now.IsZero() {
						now = times[2]
					}
					if why := answered(f, now.Add(time.Hour)); why != "" {
						t.Errorf("%s, %q, partner %v, upstream %v, learned %s: %s", role, relation, f.Partner, f.Upstream, at, why)
					}
					n++
				}
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d combinations", n)
	}
}

// And so does whoever tells more: any facts with any events, in any mixture.
func TestEveryMixtureOfFactsHasAnAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hour := func(name string) time.Time {
			return learned.Add(time.Duration(rapid.IntRange(0, 24*365*7).Draw(t, name)) * time.Hour)
		}
		f := duty.Facts{Relation: rapid.SampledFrom(append(slices.Clone(duty.Relations), "")).Draw(t, "relation"), Partner: rapid.Bool().Draw(t, "partner"), Upstream: rapid.Bool().Draw(t, "upstream"),
			Roles: rapid.SliceOfDistinct(rapid.SampledFrom(lawpack.Roles), rapid.ID).Draw(t, "roles"), More: lawpack.Facts{}, Happened: map[string]time.Time{}}
		for _, name := range slices.Sorted(maps.Keys(lawpack.FactValues)) {
			if v := rapid.SampledFrom(append([]string{""}, lawpack.FactValues[name]...)).Draw(t, name); v != "" {
				f.More[name] = v
			}
		}
		for _, name := range lawpack.Anchors {
			if rapid.Bool().Draw(t, name) {
				f.Happened[name] = hour("at")
			}
		}
		if rapid.Bool().Draw(t, "learned") {
			f.LearnedAt = hour("learned at")
		}
		if why := answered(f, hour("now")); why != "" {
			t.Fatal(why)
		}
	})
}

// What no pack knows is refused, and named: it would be without effect in silence.
func TestWhatNoPackKnowsIsRefused(t *testing.T) {
	for name, f := range map[string]duty.Facts{
		"roles":             {Roles: []lawpack.Role{"boss"}},
		"facts.weather":     {More: lawpack.Facts{"weather": "fine"}},
		"facts.eu_market":   {More: lawpack.Facts{"eu_market": "perhaps"}},
		"happened.long_ago": {Happened: map[string]time.Time{"long_ago": learned}},
	} {
		if _, _, err := duty.Explain(f, learned); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
