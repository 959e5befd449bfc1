// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// together makes every message that was ever queued with all others of its subject and channel, and alone, and returns how
// many of them came out how.
func (a *air) together(moment string) (made, needless, broken int) {
	a.Helper()
	type kind struct{ purpose, subject, channel string }
	kinds := map[kind][]delivery.Delivery{}
	a.ok(a.d.View(ctx, func(tx *db.Tx) error {
		ds, err := db.List(ctx, tx, func(r db.Row) (d delivery.Delivery, err error) {
			return d, r.Scan(&d.ID, &d.Purpose, &d.Subject, &d.OrgID, &d.Channel, &d.Destination)
		}, `SELECT id, purpose, subject, org_id, channel, destination FROM delivery ORDER BY org_id, id`)
		for _, d := range ds {
			k := kind{d.Purpose, d.Subject, d.Channel}
			kinds[k] = append(kinds[k], d)
		}
		return err
	}))
	for k, ds := range kinds {
		p, ok := a.sender.Purposes[k.purpose].(delivery.Bulk)
		if !ok && k.purpose == destination.Purpose { // asks each place alone whether it is right
			continue
		}
		if !ok {
			a.Fatalf("%s makes no messages together", k.purpose)
		}
		ds = append(ds, delivery.Delivery{ID: "nobody's", Purpose: k.purpose, Subject: k.subject, OrgID: "nobody", Channel: k.channel})
		many := p.RenderMany(ctx, ds)
		if len(many) != len(ds) {
			a.Fatalf("%d of %d messages", len(many), len(ds))
		}
		for i, d := range ds {
			m, err := p.Render(ctx, d)
			if diff := cmp.Diff(m, many[i].Message); diff != "" {
				a.Errorf("%s, %s: %s", moment, d.ID, diff)
			}
			said := func(err error) (s string, permanent, superseded bool) {
				if err != nil {
					s = err.Error()
				}
				return s, errors.As(err, new(delivery.Permanent)), errors.Is(err, delivery.ErrSuperseded)
			}
			what, permanent, superseded := said(err)
			if w, p, s := said(many[i].Err); w != what || p != permanent || s != superseded {
				a.Errorf("%s, %s: alone %q, together %q", moment, d.ID, what, w)
			}
			switch {
			case k.purpose != warning.SilencePurpose:
			case d.OrgID == "nobody":
				if !permanent {
					a.Errorf("%s, to nobody: %v", moment, err)
				}
			case superseded:
				needless++
			case err != nil:
				broken++
			default:
				made++
			}
		}
	}
	return made, needless, broken
}

// Messages that are made together are those that are made alone: for units that differ in all that a message tells, when some
// have answered, left or have no such place any more, in every step, and after revisions.
func TestMadeTogetherAsAlone(t *testing.T) {
	eachAir(t, func(a *air) {
		a.clock.Set(time.Date(2021, 12, 10, 9, 0, 0, 0, calendar.Beijing()))
		a.s.ReplyDomain = "reply.example"
		orgs := []string{"a", "b", "c", "d", "e", "f", "g"}
		robots := map[string]string{}
		for i, o := range orgs {
			x := member.Org{Slug: o, NameEN: "Unit " + o, Sector: "x", Partner: true, Email: o + "@member.example", WebhookURL: "https://" + o + ".example/hook"}
			if i%2 > 0 {
				x.Country = "DE"
			}
			a.org(x)
			a.person(o, "p-"+o, member.Engineer)
			robots[o] = a.place(o, delivery.Feishu, "https://"+o+".example/robot")
			a.place(o, delivery.SMS, "+861380000000"+string(rune('0'+i)))
			a.place(o, delivery.Email, "soc@"+o+".example")
			a.place(o, delivery.Email, "p-"+o+"@person.example") // who is written to in any case
		}
		d := a.draft(map[string]int{"a": 2, "b": 1})
		a.release(d.ID)
		a.clock.Advance(6 * time.Hour)
		a.remind(len(orgs))
		want := func(moment string, made, needless, broken int) {
			a.Helper()
			if m, n, b := a.together(moment); m != made || n != needless || b != broken {
				a.Errorf("%s: %d, %d needless and %d impossible, want %d, %d and %d", moment, m, n, b, made, needless, broken)
			}
		}
		// for each: webhook, robot, SMS, mailbox, and the letter, which stands for the person's own mailbox
		want("at half the time", 35, 7, 0)
		_, err := a.s.Acknowledge(ctx, engineer("c"), d.ID, says(warning.Checking))
		a.ok(err)
		a.ok(a.s.Destinations.Remove(ctx, boss("d"), robots["d"]))
		a.exec(`UPDATE account SET status = 'disabled' WHERE id = 'p-f'`)
		a.exec(`UPDATE org SET status = 'left' WHERE id = 'e'`)
		want("when things have changed", 24, 10, 8) // the place that was the mailbox of f's person tells something new now
		a.exec(`UPDATE org SET status = 'active' WHERE id = 'e'`)
		a.clock.Advance(6 * time.Hour)
		a.remind(6)
		a.ok(a.s.RecordCall(ctx, officer, d.ID, "a", duty.CallInput{To: "org/a", Outcome: duty.Spoken}))
		want("at the end, after a call", 36, 47, 0)

		r, err := a.s.Revise(ctx, analyst, d.ID, warning.Amendment)
		a.ok(err)
		in := edit(r)
		in.RespondBy, in.Content.Title = time.Time{}, "错字"
		_, err = a.s.Edit(ctx, analyst, d.ID, in)
		a.ok(err)
		if x := a.release(d.ID); x.Significant {
			t.Fatal("a slip of the pen is a new warning")
		}
		want("after an editorial revision", 36, 47, 0)
		_, err = a.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		a.ok(err)
		a.release(d.ID)
		want("after a warning that takes its place", 0, 83, 0)
	})
}
