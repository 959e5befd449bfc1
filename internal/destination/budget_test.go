// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
)

// found asks where each of some subjects is on its way to for an organisation.
func (w *world) found(org string, want map[string][]string) {
	w.Helper()
	for subject, targets := range want {
		if diff := cmp.Diff(targets, w.told(org, subject)); diff != "" {
			w.Errorf("%s, %s: %s", org, subject, diff)
		}
	}
}

// budget lets an organisation have n messages an hour on a target.
func (w *world) budget(org string, n int, cs ...destination.Choice) {
	w.Helper()
	p := destination.UsualPace
	p.PerHour = n
	w.ok(w.s.Choose(ctx, admin(org), cs, &p))
}

// A unit's budget is used up by what the unit was sent, on the target that it was sent to, and by nothing else.
func TestABudgetIsUsedUpByWhatTheUnitWasSent(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 15:20")
		for _, o := range []string{"a", "b"} {
			w.org(o, "https://"+o+".example/main")
			w.budget(o, 2)
		}
		w.queueTo(`o.id = 'a'`, "y1", "yellow")
		w.queueTo(`o.id = 'a'`, "y2", "yellow")
		night := w.add("a", delivery.Email, "night@a.example")
		w.queue("y3", "yellow")
		w.found("a", map[string][]string{"y3": {night.ID, "later email", "webhook"}})
		w.found("b", map[string][]string{"y1": nil, "y3": {"email", "webhook"}})
		// what was taken back before it left used up nothing
		w.queueTo(`o.id = 'b'`, "y4", "yellow")
		w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
			_, err := delivery.Supersede(ctx, tx, "warning", "y4")
			return err
		}))
		w.queue("y5", "yellow")
		w.found("a", map[string][]string{"y5": {night.ID, "later email", "webhook"}})
		w.found("b", map[string][]string{"y5": {"email", "webhook"}})
		w.queue("y6", "yellow")
		w.found("b", map[string][]string{"y6": {"later email", "webhook"}})
		w.queue("r1", "red")
		w.found("a", map[string][]string{"r1": {night.ID, "email", "webhook"}})
		// a unit that joins what is older than an hour is sent something now
		w.clock.Advance(61 * time.Minute)
		w.org("c", "")
		w.budget("c", 1)
		w.queueTo(`o.id = 'c'`, "y6", "yellow")
		w.queue("y7", "yellow")
		w.found("a", map[string][]string{"y7": {night.ID, "email", "webhook"}, "y5": {night.ID, "later email", "webhook"}})
		w.found("c", map[string][]string{"y6": {"email"}, "y7": {"later email"}})
	})
}

// What concerns a unit's own products is prompt, whatever it is for others: it uses up the budget of what is prompt, which
// lesser messages do not, and is not held up by them.
func TestLesserMessagesTakeNothingFromGraverOnes(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 15:20")
		for _, o := range []string{"a", "b"} {
			w.org(o, "")
			w.budget(o, 2, destination.Choice{Target: "email", Class: destination.Digest, How: destination.Now})
		}
		w.queue("b1", "blue")
		w.queue("b2", "blue", "a")
		w.queue("b3", "notice", "a")
		w.queue("b4", "notice", "a")
		w.queue("y1", "yellow")
		w.found("a", map[string][]string{"b1": {"email"}, "b2": {"email"}, "b3": {"email"}, "b4": {"later email"}, "y1": {"later email"}})
		w.found("b", map[string][]string{"b1": {"email"}, "b2": {"email"}, "b3": {"later email"}, "b4": {"later email"}, "y1": {"email"}})
		w.queue("y1", "yellow") // again: nothing new, also when there is room
		w.clock.Advance(time.Hour)
		w.queue("y1", "yellow")
		w.found("a", map[string][]string{"y1": {"later email"}})
		w.found("b", map[string][]string{"y1": {"email"}})
	})
}

// What went to many at once counts for each of them, whether its message has left or waits with others.
func TestBudgetsOfMany(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 15:20")
		w.many(1200)
		w.budget("m0000007", 2)
		w.budget("m0000008", 2)
		w.queue("y1", "yellow")
		w.queueTo(`o.id <> 'm0000008'`, "y2", "yellow")
		if n := w.number(`SELECT count(*) FROM delivery_batch`); n == 0 {
			w.Fatal("there is no batch")
		}
		w.exec(`INSERT INTO delivery (id, purpose, subject, org_id, channel, destination, state, attempts, next_at, last_error, created_at, done_at)
			VALUES ('warning:y1:m0000007:email', 'warning', 'y1', 'm0000007', 'email', '', 'delivered', 1, NULL, '', $1, $2)`, db.At(w.clock.Now()), db.At(w.clock.Now()))
		w.queue("y3", "yellow")
		w.found("m0000007", map[string][]string{"y3": {"later email"}})
		w.found("m0000008", map[string][]string{"y3": {"email"}})
		if n := w.number(`SELECT count(*) FROM digest_item`); n != 1 {
			w.Errorf("%d messages are put aside", n)
		}
	})
}

// many adds organisations with a mailbox.
func (w *world) many(n int) {
	w.Helper()
	w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
		var rows [][]any
		for i := range n {
			id := fmt.Sprintf("m%07d", i)
			rows = append(rows, []any{id, id, "单位", "", `["operator"]`, true, 0, "", "", "CN", "active", "", id + "@member.example", "", "", "[]", "", db.At(w.clock.Now())})
		}
		return db.Bulk(ctx, tx, `org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspension_reason, email, phone, webhook_url, domains, note, created_at)`, "", rows)
	}))
}

// BenchmarkBudget queues messages for FENGSUI_BENCH_MEMBERS units (10 000 if not set), each with one mailbox: one that is
// mandatory, the first prompt one, the tenth, for which budgets are counted as one unit has a limit of its own, and the
// twelfth, which finds every budget used up.
func BenchmarkBudget(b *testing.B) {
	members, err := strconv.Atoi(os.Getenv("FENGSUI_BENCH_MEMBERS"))
	if err != nil {
		members = 10_000
	}
	for engine, url := range dbtest.URLs(b) {
		b.Run(string(engine), func(b *testing.B) {
			clock := calendar.NewDriven(time.Date(2021, 12, 10, 7, 20, 0, 0, time.UTC))
			d, err := db.Open(ctx, url, clock)
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			w := newWorld(b, d, clock)
			w.many(members)
			w.budget("m0000007", 3)
			for b.Loop() {
				clock.Advance(2 * time.Hour)
				for i := range 12 {
					start := time.Now()
					level, name := "yellow", map[int]string{0: "first-ms", 9: "tenth-ms", 11: "twelfth-ms"}[i]
					w.queue(fmt.Sprint(clock.Now().Unix(), i), level)
					if name != "" {
						b.ReportMetric(float64(time.Since(start).Microseconds())/1000, name)
					}
				}
				start := time.Now()
				w.queue(fmt.Sprint(clock.Now().Unix(), "r"), "red")
				b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "mandatory-ms")
			}
		})
	}
}
