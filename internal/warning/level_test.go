// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestPropose(t *testing.T) {
	for _, c := range []struct {
		grade, exploited string
		share            float64
		want             warning.Level
	}{
		{"critical", "yes", 0.51, warning.Red},
		{"critical", "yes", 0.5, warning.Orange},
		{"critical", "yes", 0, warning.Orange},
		{"critical", "unknown", 0.2, warning.Orange},
		{"critical", "no", 0.1, warning.Yellow},
		{"high", "yes", 0, warning.Yellow},
		{"high", "no", 0.11, warning.Blue},
		{"high", "unknown", 0.1, warning.Risk},
		{"medium", "yes", 1, warning.Risk},
		{"low", "no", 0, warning.Risk},
		{"", "yes", 1, warning.Risk},
	} {
		got, reason := warning.Propose(c.grade, c.exploited, c.share)
		if got != c.want || !i18n.Has(reason) {
			t.Errorf("%s, exploited %s, share %v: %s because %s, want %s", c.grade, c.exploited, c.share, got, reason, c.want)
		}
	}
}

// What makes a vulnerability worse never lowers the level, and a graver level leaves less time.
func TestWorseIsNeverLower(t *testing.T) {
	grades, exploited := []string{"low", "medium", "high", "critical"}, []string{"no", "yes"}
	rank := func(g, e int, share float64) int {
		l, _ := warning.Propose(grades[g], exploited[e], share)
		return slices.Index(warning.Levels, l)
	}
	rapid.Check(t, func(t *rapid.T) {
		g, e, s := rapid.IntRange(0, 3).Draw(t, "grade"), rapid.IntRange(0, 1).Draw(t, "exploited"), rapid.Float64Range(0, 1).Draw(t, "share")
		g2, e2, s2 := rapid.IntRange(g, 3).Draw(t, "worse grade"), rapid.IntRange(e, 1).Draw(t, "worse exploited"), rapid.Float64Range(s, 1).Draw(t, "worse share")
		if rank(g2, e2, s2) > rank(g, e, s) {
			t.Fatalf("%s/%s/%v is lower than %s/%s/%v", grades[g2], exploited[e2], s2, grades[g], exploited[e], s)
		}
	})
	last := time.Duration(0)
	for _, l := range warning.Levels {
		if l.Within() <= last {
			t.Errorf("%s: %v, no more than the graver level", l, l.Within())
		}
		last = l.Within()
	}
}

func TestEveryValueHasItsWord(t *testing.T) {
	var keys []string
	for _, l := range warning.Levels {
		keys = append(keys, "warning.level."+string(l))
	}
	for _, a := range warning.Answers {
		keys = append(keys, "warning.answer."+string(a))
	}
	for _, s := range []warning.State{warning.Draft, warning.Pending, warning.Out} {
		keys = append(keys, "warning.state."+string(s))
	}
	for _, s := range []delivery.State{delivery.Queued, delivery.Delivered, delivery.Failed, delivery.Superseded} {
		keys = append(keys, "warning.delivery."+string(s))
	}
	for _, k := range append(keys, "warning.wave.1", "warning.wave.2", "warning.wave.3", "warning.answer.none", "warning.channel.email", "warning.channel.webhook") {
		if !i18n.Has(k) {
			t.Errorf("%s has no text", k)
		}
	}
}

func TestProposal(t *testing.T) {
	each(t, func(w *world) {
		for _, o := range []string{"a", "b", "c"} {
			w.partner(o, "telecom")
		}
		id := w.kase(casework.Assessed, "critical", "yes")
		for n, want := range []warning.Level{warning.Orange, warning.Orange, warning.Orange, warning.Red} { // the platform is a partner as well: 3 of 4
			if n > 0 {
				w.hit(id, string(rune('a'+n-1)), 2)
			}
			p, err := w.s.Proposal(ctx, watch, id)
			w.ok(err)
			if p.Level != want || p.Orgs != n || p.Products != 2*n {
				w.Errorf("%d of 4 partners affected: %+v, want %s", n, p, want)
			}
		}
	})
}
