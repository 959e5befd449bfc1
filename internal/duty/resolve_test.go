// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
)

// learned is the morning on which the Log4j2 flaw was found: 10:00 in Beijing.
var learned = time.Date(2021, 11, 24, 10, 0, 0, 0, calendar.Beijing())

func TestResolve(t *testing.T) {
	type line struct {
		Rule, Article string
		Force         duty.Force
		Due, Latest   string // after learning
		Soft          bool
	}
	verify := line{duty.RuleVerify, "7(1)", duty.Mandatory, "4h0m0s", "4h0m0s", true}
	upstream := line{duty.RuleUpstream, "7(1)", duty.Mandatory, "24h0m0s", "24h0m0s", true}
	report := line{duty.RuleReport, "7(2)", duty.Mandatory, "48h0m0s", "62h0m0s", false}
	partner := line{duty.RulePartner, "", duty.Contractual, "48h0m0s", "62h0m0s", false}
	remedy := line{duty.RuleRemedy, "8", duty.Mandatory, "24h0m0s", "24h0m0s", true}
	encouraged := line{duty.RuleReport, "10", duty.Encouraged, "", "", false}
	for _, c := range []struct {
		name     string
		relation duty.Relation
		partner  bool
		upstream bool
		want     []line
	}{
		{"provider", duty.MakesProduct, false, false, []line{verify, report}},
		{"provider, flaw upstream", duty.MakesProduct, true, true, []line{verify, upstream, report}},
		{"embeds, flaw upstream", duty.Embeds, false, true, []line{verify, upstream, report}},
		{"embeds", duty.Embeds, false, false, []line{verify, report}},
		{"operator", duty.Operates, false, true, []line{remedy}},
		{"operator and partner", duty.Operates, true, false, []line{remedy, partner}},
		{"finder and partner: the Log4j2 case", duty.Found, true, true, []line{partner}},
		{"finder", duty.Found, false, true, []line{encouraged}},
		{"flash report of a partner", "", true, false, []line{partner}},
		{"flash report", "", false, false, []line{encouraged}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []line
			for _, d := range duty.Resolve(duty.Facts{Relation: c.relation, Partner: c.partner, Upstream: c.upstream, LearnedAt: learned}) {
				if d.Anchor != "learned" || !d.AnchorAt.Equal(learned) || d.Law == "" {
					t.Errorf("%s runs from %s %v by %q", d.Rule, d.Anchor, d.AnchorAt, d.Law)
				}
				l := line{Rule: d.Rule, Article: d.Article, Force: d.Force, Soft: d.Soft}
				if !d.DueAt.IsZero() {
					l.Due, l.Latest = d.DueAt.Sub(learned).String(), d.LatestAt.Sub(learned).String()
				}
				got = append(got, l)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Without a time of learning no duty may pretend to have a due time.
func TestResolveWithoutAnchor(t *testing.T) {
	for _, r := range append(duty.Relations, "") {
		for _, d := range duty.Resolve(duty.Facts{Relation: r, Partner: true, Upstream: true}) {
			if !d.DueAt.IsZero() || !d.LatestAt.IsZero() || !d.AnchorAt.IsZero() {
				t.Errorf("%q %s: due %v, latest %v", r, d.Rule, d.DueAt, d.LatestAt)
			}
			if got := duty.Sentence(i18n.For("en"), d); d.Force != duty.Encouraged && !strings.HasSuffix(got, "which is not known yet") {
				t.Errorf("%s: %s", d.Rule, got)
			}
		}
	}
}

func TestStateAt(t *testing.T) {
	due, latest := learned.Add(48*time.Hour), learned.Add(62*time.Hour)
	at := func(h int) time.Time { return learned.Add(time.Duration(h) * time.Hour) }
	for _, c := range []struct {
		name      string
		met, void time.Time
		ask       time.Time
		want      duty.State
	}{
		{"open", time.Time{}, time.Time{}, at(1), duty.Running},
		{"at the due time it still runs", time.Time{}, time.Time{}, due, duty.Running},
		{"between the readings", time.Time{}, time.Time{}, at(50), duty.Arguable},
		{"at the latest time it is arguable", time.Time{}, time.Time{}, latest, duty.Arguable},
		{"after both", time.Time{}, time.Time{}, at(63), duty.Overdue},
		{"met", at(3), time.Time{}, at(99), duty.Met},
		{"met at the due time", due, time.Time{}, at(99), duty.Met},
		{"met late", at(49), time.Time{}, at(99), duty.MetLate},
		{"met later than asked", at(70), time.Time{}, at(63), duty.Overdue},
		{"void", time.Time{}, at(3), at(99), duty.Void},
		{"void later than asked", time.Time{}, at(70), at(1), duty.Running},
	} {
		d := duty.Duty{Due: duty.Due{AnchorAt: learned, DueAt: due, LatestAt: latest}, MetAt: c.met, VoidAt: c.void}
		if got := d.StateAt(c.ask); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSentence(t *testing.T) {
	provider := duty.Resolve(duty.Facts{Relation: duty.MakesProduct, LearnedAt: learned})
	partner := duty.Resolve(duty.Facts{Relation: duty.Found, Partner: true, LearnedAt: learned.Add(14 * time.Hour)})
	finder := duty.Resolve(duty.Facts{Relation: duty.Found, LearnedAt: learned})
	for _, c := range []struct {
		due    duty.Due
		zh, en string
	}{
		{provider[1],
			"《网络产品安全漏洞管理规定》第七条第（二）项：自 2021-11-24 10:00（UTC+8）获知起 2 日内，即 2021-11-26 10:00 前；按整日计算，最迟 2021-11-26 24:00",
			"RMSV 2021 art. 7(2): within 2 days of learning at 2021-11-24 10:00 (UTC+8): by 2021-11-26 10:00; counting whole days, by 2021-11-26 24:00 at the latest"},
		{provider[0],
			"《网络产品安全漏洞管理规定》第七条第（一）项：自 2021-11-24 10:00（UTC+8）获知起立即办理；规定未给出具体时限，本平台目标为 4 小时，即 2021-11-24 14:00 前",
			"RMSV 2021 art. 7(1): at once after learning at 2021-11-24 10:00 (UTC+8); the law gives no figure, this platform's target is 4 hours: by 2021-11-24 14:00"},
		{partner[0], // learned at midnight, so the whole-day reading gives one day more
			"合作单位协议：自 2021-11-25 00:00（UTC+8）获知起 2 日内，即 2021-11-27 00:00 前；按整日计算，最迟 2021-11-27 24:00",
			"Partner agreement: within 2 days of learning at 2021-11-25 00:00 (UTC+8): by 2021-11-27 00:00; counting whole days, by 2021-11-27 24:00 at the latest"},
		{finder[0],
			"《网络产品安全漏洞管理规定》第十条：鼓励报送，没有时限要求",
			"RMSV 2021 art. 10: a report is encouraged; there is no time limit"},
	} {
		if got := duty.Sentence(i18n.For("zh-CN"), c.due); got != c.zh {
			t.Errorf("got  %s\nwant %s", got, c.zh)
		}
		if got := duty.Sentence(i18n.For("en"), c.due); got != c.en {
			t.Errorf("got  %s\nwant %s", got, c.en)
		}
	}
}

func TestEveryEnumHasWords(t *testing.T) {
	var keys []string
	for _, r := range duty.Rules {
		for _, lang := range i18n.Languages {
			if got := duty.Label(i18n.For(lang), r); got == r || got == "" {
				t.Errorf("no label for %s", r)
			}
		}
	}
	for _, s := range duty.States {
		keys = append(keys, "duty.state."+string(s))
	}
	for _, r := range duty.Relations {
		keys = append(keys, "duty.relation."+string(r))
	}
	for _, f := range []duty.Force{duty.Mandatory, duty.Contractual, duty.Encouraged, duty.Policy} {
		keys = append(keys, "duty.force."+string(f))
	}
	for _, k := range keys {
		if !i18n.Has(k) {
			t.Errorf("no text for %s", k)
		}
	}
}

// What stands still, waits, or was ended by two people is none of the states of a running clock.
func TestFurtherStates(t *testing.T) {
	due, at := learned.Add(48*time.Hour), func(h int) time.Time { return learned.Add(time.Duration(h) * time.Hour) }
	running := duty.Duty{Due: duty.Due{AnchorAt: learned, DueAt: due, LatestAt: due}}
	for _, c := range []struct {
		name string
		with func(*duty.Duty)
		ask  time.Time
		want duty.State
	}{
		{"waiting", func(d *duty.Duty) { d.Due = duty.Due{} }, at(99), duty.NotTriggered},
		{"done before it was triggered", func(d *duty.Duty) { d.Due, d.MetAt = duty.Due{}, at(3) }, at(99), duty.Met},
		{"standing still", func(d *duty.Duty) { d.PausedAt, d.DueAt, d.LatestAt = at(3), time.Time{}, time.Time{} }, at(99), duty.Paused},
		{"met while it stood still", func(d *duty.Duty) { d.PausedAt, d.DueAt, d.MetAt = at(3), time.Time{}, at(5) }, at(99), duty.Met},
		{"waived", func(d *duty.Duty) { d.VoidAt, d.Waived = at(3), true }, at(99), duty.Waived},
		{"waived later than asked", func(d *duty.Duty) { d.VoidAt, d.Waived = at(70), true }, at(60), duty.Overdue},
	} {
		d := running
		c.with(&d)
		if got := d.StateAt(c.ask); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
