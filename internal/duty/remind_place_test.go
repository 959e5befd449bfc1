// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
)

// yard is a watchroom whose member has places, and what arrived there.
type yard struct {
	*watchroom
	destinations *destination.Service

	mu   sync.Mutex
	got  map[string][]delivery.Message // by address
	dead map[string]bool
}

type path struct {
	*yard
	channel string
}

// Send implements delivery.Channel.
func (p path) Send(_ context.Context, _ string, _ time.Time, m delivery.Message) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := m.To.URL
	if p.channel == delivery.Email {
		at = m.To.Email
	}
	if p.dead[at] {
		return 410, delivery.Permanent{Err: errors.New("gone")}
	}
	if m.Type != "reachability.test" {
		p.got[at] = append(p.got[at], m)
	}
	return 200, nil
}

func eachYard(t *testing.T, test func(y *yard)) {
	eachWatchroom(t, func(o *watchroom) {
		y := &yard{watchroom: o, got: map[string][]delivery.Message{}, dead: map[string]bool{}}
		y.destinations = &destination.Service{DB: o.DB, Events: o.Events, Seal: o.Seal, BaseURL: "https://fengsui.example", Private: true}
		o.sender.Purposes[duty.Purpose] = duty.Messages{Service: o.Service, Members: o.members, Destinations: y.destinations}
		o.sender.Purposes[destination.Purpose] = destination.Messages{Service: y.destinations, Members: o.members}
		for _, c := range destination.Channels {
			o.sender.Channels[c] = path{y, c}
		}
		write(t, o.DB, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE org SET webhook_url = 'https://own.example/hook' WHERE id = $1`, o.own)
			return err
		})
		test(y)
	})
}

func (y *yard) place(channel, address string) string {
	y.Helper()
	d, _, err := y.destinations.Add(y.Context(), y.head, destination.Input{Channel: channel, Label: channel, Address: address})
	y.ok(err)
	write(y.T, y.DB, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE destination SET verified_at = $1 WHERE id = $2`, db.At(tx.Now), d.ID)
		return err
	})
	return d.ID
}

// arrived are the addresses at which something has arrived, each as often as it did.
func (y *yard) arrived() (out []string) {
	y.Helper()
	for range 2 { // what fails at a place for good goes elsewhere
		_, err := y.sender.Drain(y.Context())
		y.ok(err)
	}
	for at, ms := range y.got {
		for range ms {
			out = append(out, at)
		}
	}
	clear(y.got)
	slices.Sort(out)
	return out
}

// till lets a part of a duty's time pass, in percent, and reminds twice.
func (y *yard) till(d duty.Duty, percent int) {
	y.Helper()
	y.clock.Set(d.AnchorAt.Add(d.DueAt.Sub(d.AnchorAt) * time.Duration(percent) / 100))
	for range 2 {
		_, err := y.Remind(y.Context())
		y.ok(err)
	}
}

func (y *yard) same(what string, want []string) {
	y.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, y.arrived()); diff != "" {
		y.Errorf("%s: %s", what, diff)
	}
}

// What an organisation owes comes to its people by the roster, and to its places by their class: promptly first, and whatever
// they have chosen from where the desk would call.
func TestDutiesRemindPlaces(t *testing.T) {
	eachYard(t, func(y *yard) {
		robot := y.place(delivery.WeCom, "https://own.example/robot")
		y.place(delivery.Slack, "https://own.example/slack")
		y.place(delivery.Email, "soc@own.example")
		y.place(delivery.Email, "HEAD@head.example") // where the head is written to in any case
		y.ok(y.destinations.Choose(y.Context(), y.head, []destination.Choice{{Target: robot, Class: destination.Prompt, How: destination.None}}, nil))
		d := y.owes(1)
		y.arrived()
		prompt := []string{"https://own.example/hook", "https://own.example/slack", "soc@own.example"}
		y.till(d, 50)
		y.same("at 50 %", append([]string{"head@head.example", "worker@worker.example"}, prompt...))
		y.till(d, 75)
		y.same("at 75 %", append([]string{"head@head.example", "worker@worker.example"}, prompt...))
		y.till(d, 90)
		_, err := y.sender.Drain(y.Context())
		y.ok(err)
		m := y.got["https://own.example/robot"][0]
		if m.Short != "FS-R-2021-000001 紧急："+duty.Label(i18n.For(i18n.Chinese), d.Rule) || m.Link != "https://fengsui.example/duties" || m.Class != "mandatory" {
			t.Errorf("%+v", m)
		}
		b, _ := json.Marshal(y.got["https://own.example/hook"][0].Data)
		if want := fmt.Sprintf(`{"step":90,"duties":[{"id":%q,"number":"FS-R-2021-000001","rule":%q,"force":"mandatory","step":90,"due_at":%q}],"url":"https://fengsui.example/duties"}`, d.ID, d.Rule, d.DueAt.UTC().Format(time.RFC3339Nano)); string(b) != want {
			t.Errorf("%s, want %s", b, want)
		}
		if m := y.got["soc@own.example"][0]; !strings.Contains(m.Text, "https://fengsui.example/duties") || strings.Contains(m.Text, "/reminders/") || m.Unsubscribe != "" {
			t.Errorf("%+v", m)
		}
		y.same("at 90 %", append([]string{"head@head.example", "https://own.example/robot"}, prompt...))
		y.till(d, 100)
		y.same("at 100 %", append([]string{"head@head.example", "worker@worker.example", "watch@watch.example", "https://own.example/robot"}, prompt...))

		told, _, err := y.Reminders(y.Context(), y.worker, duty.ReminderFilter{OrgID: y.own})
		y.ok(err)
		n := 0
		for _, x := range told {
			for _, r := range x.To {
				if r.To == duty.Places {
					n++
					if x.Duty.ID == d.ID && (r.State != delivery.Delivered || r.EndedAt.IsZero()) {
						t.Errorf("%+v", r)
					}
				}
			}
		}
		if n < 4 {
			t.Errorf("%d reminders are known to have come to places", n)
		}
		cs, _, err := y.Calls(y.Context(), y.watch, duty.CallFilter{Open: true})
		y.ok(err)
		_, err = y.RecordCall(y.Context(), y.watch, cs[0].ID, duty.CallInput{To: y.head.AccountID, Outcome: duty.Spoken, Note: "xylophone"})
		y.ok(err)
		if _, err := y.sender.Drain(y.Context()); err != nil || strings.Contains(fmt.Sprint(y.got), "xylophone") {
			t.Errorf("what was said leaves: %v, %v", y.got, err)
		}
		y.same("the written follow-up", append([]string{"head@head.example", "https://own.example/robot"}, prompt...))
	})
}

// What is met before it was sent is not sent, what fails at a place comes to the main address, and what is new hears of what
// follows.
func TestDutyPlacesThatChangeBetween(t *testing.T) {
	eachYard(t, func(y *yard) {
		robot := y.place(delivery.Feishu, "https://own.example/robot")
		p := destination.UsualPace
		p.Quiet, p.From, p.Until = true, 0, 23*60+30
		y.ok(y.destinations.Choose(y.Context(), y.head, []destination.Choice{{Target: destination.MainWebhook, Class: destination.Prompt, How: destination.None}, {Target: destination.MainWebhook, Class: destination.Mandatory, How: destination.None}}, &p))
		d := y.owes(1)
		y.arrived()
		y.till(d, 50)
		y.same("in quiet hours", []string{"worker@worker.example"})
		y.ok(y.destinations.Remove(y.Context(), y.head, robot))
		y.same("when the place is gone", []string{"security@own.example"})
		dead := y.place(delivery.Feishu, "https://own.example/dead")
		y.arrived()
		y.dead["https://own.example/dead"] = true
		y.till(d, 90)
		y.same("at a dead place", []string{"head@head.example", "security@own.example", "worker@worker.example"})
		y.ok(y.destinations.Remove(y.Context(), y.head, dead))
	})
}

// Nodes that sweep at once tell every place of every step once.
func TestDutyPlacesOfManyNodes(t *testing.T) {
	eachYard(t, func(y *yard) {
		y.place(delivery.DingTalk, "https://own.example/robot")
		for i := range 60 {
			y.owes(i)
		}
		y.arrived()
		y.clock.Advance(40 * 24 * time.Hour)
		var nodes sync.WaitGroup
		for range 3 {
			nodes.Go(func() {
				if _, err := y.Remind(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		_, err := y.Remind(y.Context())
		y.ok(err)
		want := 0 // reminders of what is open, in as many messages as there were sweeps and classes
		y.ok(y.DB.View(y.Context(), func(tx *db.Tx) (err error) {
			want, err = db.Get(y.Context(), tx, db.Value[int], `SELECT count(*) FROM duty_reminder r WHERE r.org_id = $1`, y.own)
			return err
		}))
		_, err = y.sender.Drain(y.Context())
		y.ok(err)
		seen := map[string]int{}
		for _, m := range y.got["https://own.example/hook"] {
			b, _ := json.Marshal(m.Data)
			var x struct {
				Duties []struct{ ID string }
				More   int
			}
			y.ok(json.Unmarshal(b, &x))
			for _, d := range x.Duties {
				seen[m.Class+" "+d.ID]++
			}
		}
		for what, n := range seen {
			if n != 1 {
				t.Errorf("%s was told %d times", what, n)
			}
		}
		if want == 0 || len(seen) == 0 || len(y.got["https://own.example/hook"]) != len(y.got["https://own.example/robot"]) {
			t.Errorf("%d reminders, %d told, %d and %d messages", want, len(seen), len(y.got["https://own.example/hook"]), len(y.got["https://own.example/robot"]))
		}
	})
}

// Nobody's places hear of what another organisation owes.
func TestDutyPlacesAreForTheirOrganisation(t *testing.T) {
	eachYard(t, func(y *yard) {
		_, _, err := y.destinations.Add(y.Context(), y.foreign, destination.Input{Channel: delivery.Slack, Address: "https://foreign.example/robot"})
		y.ok(err)
		y.arrived()
		d := y.owes(1)
		y.till(d, 100)
		if got := y.arrived(); slices.Contains(got, "https://foreign.example/robot") || !slices.Contains(got, "https://own.example/hook") {
			t.Errorf("%v", got)
		}
	})
}
