// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/warning"
)

// What is optional can be ended by one click, for its own class alone; what is mandatory cannot. The type on the wire
// says what became of the warning.
func TestWhatIsOptionalCanBeEnded(t *testing.T) {
	each(t, func(w *world) {
		w.s.Destinations = &destination.Service{DB: w.d, Events: w.s.Events, Seal: w.key, BaseURL: w.s.BaseURL}
		w.partner("hit", "cloud")
		w.partner("other", "energy")
		for _, x := range []struct {
			level     warning.Level
			hit, rest destination.Class
		}{{warning.Orange, destination.Mandatory, destination.Mandatory}, {warning.Yellow, destination.Prompt, destination.Prompt}, {warning.Blue, destination.Prompt, destination.Digest}} {
			d := w.draft(map[string]int{"hit": 1})
			in := edit(d)
			in.Level = x.level
			_, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.ok(err)
			w.release(d.ID)
			for org, class := range map[string]destination.Class{"hit": x.hit, "other": x.rest} {
				m, err := w.render(d.ID, "1", org, delivery.Email)
				w.ok(err)
				if m.Type != "warning.released" || m.Class != string(class) || (m.Unsubscribe == "") != (class == destination.Mandatory) {
					t.Errorf("%s to %s: %s, %s, %q", x.level, org, m.Type, m.Class, m.Unsubscribe)
				}
				if m.Unsubscribe == "" {
					continue
				}
				orgID, target, c, err := w.s.Destinations.MutedByLink(strings.TrimPrefix(m.Unsubscribe, w.s.BaseURL+"/mute/"))
				if err != nil || orgID != org || target != destination.MainEmail || c != class {
					t.Errorf("it ends %s of %s at %s: %v", c, orgID, target, err)
				}
			}
			for i, kind := range []warning.Kind{warning.Supersede, warning.Lift} {
				w.clock.Advance(time.Hour)
				_, err = w.s.Revise(ctx, analyst, d.ID, kind)
				w.ok(err)
				w.release(d.ID)
				m, err := w.render(d.ID, string(rune('2'+i)), "hit", delivery.Email)
				w.ok(err)
				if want := []string{"warning.revised", "warning.lifted"}[i]; m.Type != want {
					t.Errorf("%s: %s, want %s", kind, m.Type, want)
				}
			}
		}
	})
}

// Silence is news for the unit that is silent, and for nobody else but the platform's people.
func TestSilenceIsNews(t *testing.T) {
	each(t, func(w *world) {
		for _, org := range []string{"silent", "quick"} {
			w.partner(org, "cloud")
		}
		d := w.draft(map[string]int{"silent": 1})
		x := w.release(d.ID)
		_, err := w.s.Acknowledge(ctx, engineer("quick"), d.ID, says(warning.Checking))
		w.ok(err)
		w.clock.Advance(x.RespondBy.Sub(w.clock.Now())/2 + time.Second)
		w.remind(1)
		for {
			n, err := w.s.Events.Evidence.Integrate(ctx)
			w.ok(err)
			if n == 0 {
				break
			}
		}
		for who, want := range map[string]bool{"silent": true, "quick": false} {
			news, _, err := w.s.Follow(ctx, engineer(who), -1)
			w.ok(err)
			if got := slices.ContainsFunc(news, func(n warning.News) bool { return n.Kind == "warning.silent" }); got != want {
				t.Errorf("%s hears of silence: %t, %+v", who, got, news)
			}
		}
		news, _, err := w.s.Follow(ctx, watch, -1)
		w.ok(err)
		if !slices.ContainsFunc(news, func(n warning.News) bool { return n.Kind == "warning.silent" }) {
			t.Errorf("the platform's people do not hear of silence: %+v", news)
		}
	})
}
