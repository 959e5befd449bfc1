// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// mails is a mail server; failing makes it refuse for good.
type mails struct {
	sent    []delivery.Message
	failing bool
}

// Send implements delivery.Channel.
func (m *mails) Send(_ context.Context, _ string, _ time.Time, x delivery.Message) (int, error) {
	if m.failing {
		return 550, delivery.Permanent{Err: fmt.Errorf("no such mailbox")}
	}
	m.sent = append(m.sent, x)
	return 250, nil
}

// watchroom is a member with people, the desk, and a mail server.
type watchroom struct {
	*duty.Service
	*testing.T
	clock                        *calendar.Driven
	members                      *member.Service
	sender                       *delivery.Sender
	mails                        *mails
	own                          string
	worker, head, watch, foreign member.Actor
}

func eachWatchroom(t *testing.T, test func(o *watchroom)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		clock.Set(learned)
		o := &watchroom{T: t, Service: reminding(t, d), clock: clock, mails: &mails{}}
		o.members = &member.Service{DB: d, Events: o.Events, Seal: o.Seal}
		o.sender = &delivery.Sender{DB: d, Parallel: 1, Channels: map[string]delivery.Channel{delivery.Email: o.mails}, Purposes: map[string]delivery.Purpose{duty.Purpose: duty.Messages{Service: o.Service}}}
		o.own = o.join("own", member.Provider)
		desk, foreign := o.join("desk", member.Platform), o.join("foreign", member.Operator)
		o.worker, o.head = o.person(o.own, "worker", member.Engineer), o.person(o.own, "head", member.OrgAdmin)
		o.watch, o.foreign = o.person(desk, "watch", member.DutyOfficer), o.person(foreign, "foreign", member.OrgAdmin)
		test(o)
	})
}

func (o *watchroom) ok(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *watchroom) join(slug string, role member.OrgRole) string {
	o.Helper()
	x, err := o.members.AddOrg(o.Context(), member.System(), member.OrgInput{Slug: slug, NameZH: slug, NameEN: slug, Roles: []member.OrgRole{role}, Country: "CN", Email: "security@" + slug + ".example", Phone: "010-5555-0100"})
	o.ok(err)
	return x.ID
}

func (o *watchroom) person(org, name string, role member.Role) member.Actor {
	o.Helper()
	a, err := o.members.AddAccount(o.Context(), member.System(), member.AccountInput{OrgID: org, Email: name + "@" + name + ".example", Name: name, Roles: []member.Role{role}, Locale: "en"})
	o.ok(err)
	return member.Actor{AccountID: a.ID, OrgID: org, Name: name, Roles: a.Roles, Via: "web"}
}

// owes starts the duty of an operator to remedy: by law, in one day, and named like a report.
func (o *watchroom) owes(n int) (d duty.Duty) {
	o.Helper()
	o.ok(o.DB.Tx(o.Context(), func(tx *db.Tx) error {
		b := duty.Begin{ReportID: uuid.NewString(), Number: fmt.Sprintf("FS-R-2021-%06d", n), AccountID: o.worker.AccountID, Facts: duty.Facts{OrgID: o.own, Relation: duty.Operates, LearnedAt: tx.Now}}
		all, err := o.StartAll(o.Context(), tx, []duty.Begin{b})
		for _, x := range all[b.ReportID] {
			if x.Rule == duty.RuleRemedy {
				d = x
			}
		}
		return err
	}))
	if d.ID == "" || d.Force != duty.Mandatory {
		o.Fatalf("the duty is not there: %+v", d)
	}
	return d
}

// pass lets a part of a duty's time pass, in percent, and everything be sent.
func (o *watchroom) pass(d duty.Duty, percent int) {
	o.Helper()
	o.clock.Set(d.AnchorAt.Add(d.DueAt.Sub(d.AnchorAt) * time.Duration(percent) / 100))
	_, err := o.Remind(o.Context())
	o.ok(err)
	_, err = o.sender.Drain(o.Context())
	o.ok(err)
}

func (o *watchroom) to() (out []string) {
	for _, m := range o.mails.sent {
		out = append(out, m.To.Email)
	}
	slices.Sort(out)
	o.mails.sent = nil
	return out
}

func TestEscalationClimbsTheRoles(t *testing.T) {
	eachWatchroom(t, func(o *watchroom) {
		d := o.owes(1)
		for _, x := range []struct {
			percent int
			want    string
		}{{50, "worker@worker.example"}, {75, "head@head.example worker@worker.example"}, {90, "head@head.example"}, {100, "head@head.example watch@watch.example worker@worker.example"}, {200, ""}} {
			o.pass(d, x.percent)
			for _, m := range o.mails.sent {
				if !strings.HasPrefix(m.Subject, "FS-R-2021-000001 ") || !strings.Contains(m.Text, duty.Sentence(i18n.For(i18n.English), d.Due)) || !strings.Contains(m.Text, "https://fengsui.example/reminders/") {
					t.Errorf("%s\n%s", m.Subject, m.Text)
				}
			}
			if got := strings.Join(o.to(), " "); got != x.want {
				t.Errorf("at %d %%: %q, want %q", x.percent, got, x.want)
			}
		}
	})
}

func TestNothingIsSentOfWhatHasBeenMet(t *testing.T) {
	eachWatchroom(t, func(o *watchroom) {
		met, open := o.owes(1), o.owes(2)
		o.clock.Set(met.AnchorAt.Add(met.DueAt.Sub(met.AnchorAt) * 3 / 4))
		_, err := o.Remind(o.Context())
		o.ok(err)
		write(t, o.DB, func(ctx context.Context, tx *db.Tx) error {
			return o.Meet(ctx, tx, met.ReportID, met.Rule, tx.Now, "e1")
		})
		_, err = o.sender.Drain(o.Context())
		o.ok(err)
		for _, m := range o.mails.sent {
			if strings.Contains(m.Subject+m.Text, "FS-R-2021-000001") || !strings.Contains(m.Text, "FS-R-2021-000002") {
				t.Errorf("%s\n%s", m.Subject, m.Text)
			}
		}
		if got := strings.Join(o.to(), " "); got != "head@head.example worker@worker.example" {
			t.Errorf("one mail a person for everything that fell due: %s", got)
		}
		o.pass(open, 90)
		o.to()
		_, err = o.Remind(o.Context())
		o.ok(err)
		o.clock.Set(open.DueAt)
		_, err = o.Remind(o.Context())
		o.ok(err)
		write(t, o.DB, func(ctx context.Context, tx *db.Tx) error {
			return o.Meet(ctx, tx, open.ReportID, open.Rule, tx.Now, "e1")
		})
		if _, err = o.sender.Drain(o.Context()); err != nil || len(o.mails.sent) != 0 {
			t.Errorf("mails about nothing: %v, %v", o.to(), err)
		}
	})
}

func TestTheDeskCallsFirstAndWritesAfterwards(t *testing.T) {
	eachWatchroom(t, func(o *watchroom) {
		ctx := t.Context()
		_, err := o.members.SetRoster(ctx, o.head, o.own, []member.Posting{{Post: member.Head, AccountID: o.head.AccountID, Phone: "139-5555-0101"}})
		o.ok(err)
		d := o.owes(1)
		o.pass(d, 75)
		calls := func() []duty.Call {
			cs, _, err := o.Calls(ctx, o.watch, duty.CallFilter{Open: true})
			o.ok(err)
			return cs
		}
		if cs := calls(); len(cs) != 0 {
			t.Fatalf("a call before its time: %+v", cs)
		}
		o.pass(d, 90)
		cs := calls()
		if len(cs) != 1 || cs[0].OrgID != o.own || cs[0].Lines[0].Phone != "139-5555-0101" || !cs[0].Pressing(o.clock.Now()) {
			t.Fatalf("%+v", cs)
		}
		id := cs[0].ID
		for name, x := range map[string]struct {
			by   member.Actor
			in   duty.CallInput
			want fault.Kind
		}{
			"the member itself": {o.head, duty.CallInput{To: o.head.AccountID, Outcome: duty.Spoken}, fault.Withheld},
			"a stranger":        {o.foreign, duty.CallInput{To: o.head.AccountID, Outcome: duty.Spoken}, fault.Withheld},
			"nobody":            {member.Anonymous("web"), duty.CallInput{}, fault.Unauthenticated},
			"the machine":       {member.System(), duty.CallInput{To: o.head.AccountID, Outcome: duty.Spoken}, fault.Forbidden},
			"to a stranger":     {o.watch, duty.CallInput{To: o.foreign.AccountID, Outcome: duty.Spoken}, fault.Invalid},
			"no reason":         {o.watch, duty.CallInput{To: o.head.AccountID, Outcome: duty.Written}, fault.Invalid},
			"another outcome":   {o.watch, duty.CallInput{To: o.head.AccountID, Outcome: "shrug"}, fault.Invalid},
		} {
			if _, err := o.RecordCall(ctx, x.by, id, x.in); fault.KindOf(err) != x.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		o.to()
		_, err = o.RecordCall(ctx, o.watch, id, duty.CallInput{To: o.head.AccountID, Outcome: duty.NoAnswer})
		o.ok(err)
		c, err := o.RecordCall(ctx, o.watch, id, duty.CallInput{To: o.head.AccountID, Outcome: duty.Spoken, Note: "said the word xylophone"})
		o.ok(err)
		_, err = o.sender.Drain(ctx)
		o.ok(err)
		if len(o.mails.sent) != 1 || !strings.Contains(o.mails.sent[0].Text, "written follow-up") || strings.Contains(o.mails.sent[0].Text, "xylophone") {
			t.Errorf("the follow-up: %+v", o.mails.sent)
		}
		if _, err := o.RecordCall(ctx, o.watch, id, duty.CallInput{To: o.head.AccountID, Outcome: duty.Spoken}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a call that is over: %v", err)
		}
		if got := calls(); len(got) != 0 || len(c.Tries) != 2 || c.Tries[1].By != o.watch.AccountID {
			t.Errorf("%+v %+v", got, c)
		}
		o.pass(d, 100)
		if got := calls(); len(got) != 1 || got[0].ID == id {
			t.Errorf("the end of the time asks for another call: %+v", got)
		}
		write(t, o.DB, func(ctx context.Context, tx *db.Tx) error { return o.Meet(ctx, tx, d.ReportID, d.Rule, tx.Now, "e1") })
		if got := calls(); len(got) != 0 {
			t.Errorf("a call about what has been met: %+v", got)
		}
	})
}

func TestAMailThatFailsIsCalledAbout(t *testing.T) {
	eachWatchroom(t, func(o *watchroom) {
		o.mails.failing = true
		o.pass(o.owes(1), 50)
		cs, _, err := o.Calls(t.Context(), o.watch, duty.CallFilter{Open: true})
		o.ok(err)
		if len(cs) != 1 || len(cs[0].Items) != 1 || cs[0].Items[0].Step != 50 {
			t.Errorf("%+v", cs)
		}
	})
}

func TestLettersAreForWhomTheyAreAbout(t *testing.T) {
	eachWatchroom(t, func(o *watchroom) {
		ctx := t.Context()
		o.pass(o.owes(1), 100)
		ls, unread, _, err := o.Inbox(ctx, o.worker, "", 10)
		o.ok(err)
		if len(ls) == 0 || unread != len(ls) {
			t.Fatalf("%d letters, %d unread", len(ls), unread)
		}
		if _, err := o.ReadLetter(ctx, o.head, ls[0].ID); err != nil {
			t.Errorf("a colleague: %v", err)
		}
		if _, n, _, _ := o.Inbox(ctx, o.worker, "", 10); n != unread {
			t.Error("what a colleague has read is not read")
		}
		if _, err := o.ReadLetter(ctx, o.foreign, ls[0].ID); fault.KindOf(err) != fault.Withheld {
			t.Errorf("another organisation: %v", err)
		}
		if _, err := o.ReadLetter(ctx, o.foreign, uuid.NewString()); fault.KindOf(err) != fault.NotFound {
			t.Errorf("no such letter: %v", err)
		}
		_, err = o.ReadLetter(ctx, o.worker, ls[0].ID)
		o.ok(err)
		if _, n, _, _ := o.Inbox(ctx, o.worker, "", 10); n != unread-1 {
			t.Errorf("%d unread after reading one of %d", n, unread)
		}
		told, _, err := o.Reminders(ctx, o.head, duty.ReminderFilter{Step: 100})
		o.ok(err)
		var to []string
		for _, x := range told[0].To {
			to = append(to, x.To)
		}
		if slices.Contains(to, o.watch.AccountID) || !slices.Contains(to, duty.Desk) || !slices.Contains(to, o.worker.AccountID) {
			t.Errorf("a member learns who is at the desk: %v", to)
		}
		desk, _, _, err := o.Inbox(ctx, o.watch, "", 10)
		o.ok(err)
		if _, err := o.ReadLetter(ctx, o.worker, desk[0].ID); err != nil && fault.KindOf(err) != fault.Withheld {
			t.Errorf("the desk's letter: %v", err)
		}
		o.owes(2)
	})
}
