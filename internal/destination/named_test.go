// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
)

// remind sends a subject to the organisations that are named, beside what their people are written to.
func (w *world) remind(subject, level string, orgs ...string) {
	w.Helper()
	w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
		return destination.QueueOf(ctx, tx, destination.Batch{Purpose: "warning", Subject: subject, Class: destination.ClassOf(level, false), Level: level, Type: "warning.silence",
			Without: []string{destination.MainEmail}}, orgs)
	}))
}

// What goes to named organisations goes to nobody else, and not to the main addresses that the caller writes to itself; in all
// else the rules are the same.
func TestNamedOrganisations(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 23:30")
		w.org("a", "https://a.example/main")
		w.org("b", "https://b.example/main")
		w.org("c", "")
		robot, second := w.add("a", delivery.DingTalk, "https://a.example/robot"), w.add("a", delivery.Email, "soc@a.example")
		other := w.add("b", delivery.DingTalk, "https://b.example/robot")
		p := destination.UsualPace
		p.Quiet = true
		w.ok(w.s.Choose(ctx, admin("a"), []destination.Choice{{Target: second.ID, Class: destination.Mandatory, How: destination.None}, {Target: destination.MainWebhook, Class: destination.Prompt, How: destination.None}}, &p))

		w.remind("red", "red", "a", "c")
		w.remind("yellow", "yellow", "a", "c")
		w.remind("blue", "blue", "a", "c")
		w.remind("nobody", "red")
		sorted := func(xs ...string) []string { slices.Sort(xs); return xs }
		for _, x := range []struct {
			org, subject string
			want         []string
		}{
			{"a", "red", sorted("webhook", robot.ID)},
			{"a", "yellow", sorted(robot.ID, second.ID)}, // at the end of the night
			{"a", "blue", sorted("webhook", "later "+robot.ID, "later "+second.ID)},
			{"b", "red", nil}, {"b", "yellow", nil}, {"b", "blue", nil}, {"c", "red", nil}, {"c", "yellow", nil}, {"c", "blue", nil},
		} {
			if diff := cmp.Diff(x.want, w.told(x.org, x.subject)); diff != "" {
				t.Errorf("%s of %s: %s", x.org, x.subject, diff)
			}
		}
		if n := w.number(`SELECT count(*) FROM delivery WHERE subject = 'yellow' AND last_error = $1 AND next_at > created_at`, destination.Held); n != 2 {
			t.Errorf("%d wait for the morning", n)
		}
		if n := w.number(`SELECT count(*) FROM delivery WHERE purpose = 'warning' AND (destination = $1 OR channel = 'email' AND destination = '')`, other.ID); n != 0 {
			t.Errorf("%d went to whom nobody named", n)
		}
	})
}

// The noise budget counts what goes to named organisations with what went to all.
func TestBudgetOfNamedOrganisations(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 09:10")
		for _, o := range []string{"a", "b"} {
			w.org(o, "")
		}
		a, b := w.add("a", delivery.Slack, "https://a.example/robot"), w.add("b", delivery.Slack, "https://b.example/robot")
		p := destination.UsualPace
		p.PerHour = 2
		w.ok(w.s.Choose(ctx, admin("a"), nil, &p))
		w.queue("first", "yellow")
		w.remind("second", "yellow", "a", "b")
		w.remind("third", "yellow", "a", "b")
		w.remind("third", "yellow", "a", "b")
		if got := append(w.told("a", "second"), w.told("a", "third")...); !slices.Equal(got, []string{a.ID, "later " + a.ID}) {
			t.Errorf("a: %v", got)
		}
		if got := append(w.told("b", "second"), w.told("b", "third")...); !slices.Equal(got, []string{b.ID, b.ID}) {
			t.Errorf("b: %v", got)
		}
	})
}

// Several that queue the same at once, in parts that overlap, while there are many, tell every place once.
func TestNamedOrganisationsAtOnce(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 09:10")
		const n = 40
		var orgs []string
		for i := range n {
			o := fmt.Sprintf("o%02d", i)
			orgs = append(orgs, o)
			w.org(o, "https://"+o+".example/main")
			w.add(o, delivery.WeCom, "https://"+o+".example/robot")
		}
		for _, level := range []string{"red", "yellow"} {
			var all sync.WaitGroup
			for i := range 4 {
				all.Go(func() {
					for part := range slices.Chunk(orgs[i*5:], 11) {
						w.remind("w-"+level, level, part...)
					}
				})
			}
			all.Wait()
			if got := w.number(`SELECT count(*) FROM delivery WHERE subject = $1`, "w-"+level); got != 2*n {
				t.Errorf("%s: %d messages, want %d", level, got, 2*n)
			}
		}
	})
}
