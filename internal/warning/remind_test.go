// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

func found(caseID string) match.Found { return match.Found{CaseID: caseID} }

// person adds somebody to an organisation; the id is the name.
func (w *world) person(org, name string, roles ...member.Role) string {
	w.Helper()
	w.exec(`INSERT INTO account (id, org_id, email, name, roles, locale, status, password_hash, created_at) VALUES ($1,$2,$3,$4,$5,'en','active','',$6)`,
		name, org, name+"@person.example", name, db.ToJSON(roles), db.At(w.clock.Now()))
	return name
}

// steps are the reminders of a warning's newest revision: "a 50", in the order in which they fell.
func (w *world) steps(id string) (out []string) {
	w.Helper()
	rs, err := w.s.Reminders(ctx, watch, id)
	w.ok(err)
	for i := len(rs) - 1; i >= 0; i-- {
		x := rs[i].OrgID + map[int]string{50: " 50", 100: " 100"}[rs[i].Step]
		if rs[i].Late {
			x += " late"
		}
		out = append(out, x)
	}
	return out
}

func (w *world) remind(want int) {
	w.Helper()
	n, err := w.s.Remind(ctx)
	w.ok(err)
	if n != want {
		w.Errorf("%d reminders, want %d", n, want)
	}
}

// letters are the people who are written to, with the mails.
func (w *world) letters() map[string]delivery.Message {
	w.Helper()
	out := map[string]delivery.Message{}
	var ds []delivery.Delivery
	w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
		ds, err = db.List(ctx, tx, func(r db.Row) (d delivery.Delivery, err error) { return d, r.Scan(&d.Subject, &d.OrgID, &d.Channel) },
			`SELECT subject, org_id, channel FROM delivery WHERE purpose = 'warning-silence' AND state = 'queued'`)
		return err
	}))
	for _, d := range ds {
		m, err := warning.Silence{Service: w.s}.Render(ctx, d)
		if errors.Is(err, delivery.ErrSuperseded) {
			continue
		}
		w.ok(err)
		if _, twice := out[m.To.Email]; twice {
			w.Errorf("%s is written to twice", m.To.Email)
		}
		out[m.To.Email] = m
	}
	return out
}

func TestSilenceClimbs(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		w.person("a", "on-duty", member.Engineer)
		w.person("a", "head", member.OrgAdmin)
		w.exec(`INSERT INTO roster (org_id, post, account_id, phone) VALUES ('a', 'officer', 'on-duty', ''), ('a', 'deputy', 'on-duty', ''), ('a', 'head', 'head', '139')`)
		d := w.draft(map[string]int{"a": 1}) // orange: 12 hours
		w.release(d.ID)
		w.remind(0)
		w.clock.Advance(6*time.Hour - time.Second)
		w.remind(0)
		w.clock.Advance(time.Second)
		w.remind(2)
		w.remind(0)
		ls := w.letters()
		if m, ok := ls["on-duty@person.example"]; !ok || len(ls) != 2 || !strings.Contains(m.Text, "half of the time limit") || !strings.Contains(m.Text, w.s.Link(d.ID, 1, "a")) || strings.Contains(m.Subject+m.Text, secret) {
			t.Errorf("at half the time: %+v", ls)
		}
		if _, ok := ls["b@member.example"]; !ok {
			t.Error("a unit without people is not written to at its contact address")
		}
		_, err := w.s.Acknowledge(ctx, engineer("b"), d.ID, says(warning.Checking))
		w.ok(err)
		if cs, err := w.s.Calls(ctx, officer); err != nil || len(cs) != 0 {
			t.Errorf("a call before its time: %+v, %v", cs, err)
		}
		w.clock.Advance(6 * time.Hour)
		w.remind(1)
		w.remind(0)
		if diff := cmp.Diff([]string{"a 50", "b 50", "a 100"}, w.steps(d.ID)); diff != "" {
			t.Error(diff)
		}
		ls = w.letters()
		if len(ls) != 2 || !strings.Contains(ls["head@person.example"].Text, "going to call") {
			t.Errorf("at the end of the time: %+v", ls)
		}

		cs, err := w.s.Calls(ctx, officer)
		w.ok(err)
		if len(cs) != 1 || cs[0].Org.ID != "a" || cs[0].Lines[0].To != "head" || cs[0].Lines[0].Phone != "139" || cs[0].Warning.Number != d.Number {
			t.Fatalf("%+v", cs)
		}
		for name, c := range map[string]struct {
			by   member.Actor
			org  string
			in   duty.CallInput
			want fault.Kind
		}{
			"the unit":      {engineer("a"), "a", duty.CallInput{To: "head", Outcome: duty.Spoken}, fault.Withheld},
			"the platform":  {member.System(), "a", duty.CallInput{To: "head", Outcome: duty.Spoken}, fault.Forbidden},
			"a supervisor":  {watch, "a", duty.CallInput{To: "head", Outcome: duty.Spoken}, fault.Forbidden},
			"who answered":  {officer, "b", duty.CallInput{To: "org/b", Outcome: duty.Spoken}, fault.NotFound},
			"no such unit":  {officer, "nobody", duty.CallInput{To: "head", Outcome: duty.Spoken}, fault.NotFound},
			"another line":  {officer, "a", duty.CallInput{To: "on-duty2", Outcome: duty.Spoken}, fault.Invalid},
			"without words": {officer, "a", duty.CallInput{To: "head", Outcome: duty.Written}, fault.Invalid},
		} {
			if err := w.s.RecordCall(ctx, c.by, d.ID, c.org, c.in); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		w.ok(w.s.RecordCall(ctx, officer, d.ID, "a", duty.CallInput{To: "head", Outcome: duty.NoAnswer}))
		if cs, err = w.s.Calls(ctx, officer); err != nil || len(cs) != 1 || len(cs[0].Tries) != 1 {
			t.Errorf("%+v, %v", cs, err)
		}
		w.exec(`UPDATE delivery SET state = 'delivered', next_at = NULL WHERE purpose = 'warning-silence'`)
		w.ok(w.s.RecordCall(ctx, officer, d.ID, "a", duty.CallInput{To: "head", Outcome: duty.Spoken, Note: "xylophone"}))
		if cs, err = w.s.Calls(ctx, officer); err != nil || len(cs) != 0 {
			t.Errorf("after the call: %+v, %v", cs, err)
		}
		if m := w.letters()["head@person.example"]; !strings.Contains(m.Text, "written follow-up") || strings.Contains(m.Text, "xylophone") {
			t.Errorf("%+v", m)
		}
		if n := w.number(`SELECT count(*) FROM event WHERE payload LIKE '%xylophone%'`); n != 0 {
			t.Error("an event holds what was said")
		}
	})
}

// Down for the whole time limit: every step is noted once, marked late, and one message goes out. Several nodes do it once.
func TestSilenceCatchesUp(t *testing.T) {
	each(t, func(w *world) {
		orgs := []string{}
		for i := range 600 {
			orgs = append(orgs, w.partner("u"+string(rune('a'+i/26%26))+string(rune('a'+i%26))+string(rune('a'+i/676)), "x"))
		}
		w.person(orgs[0], "somebody", member.Engineer)
		d := w.draft(nil)
		w.release(d.ID)
		w.clock.Advance(48 * time.Hour)
		var nodes sync.WaitGroup
		var noted [3]int
		for i := range noted {
			nodes.Go(func() {
				n, err := w.s.Remind(context.Background())
				if err != nil {
					t.Error(err)
				}
				noted[i] = n
			})
		}
		nodes.Wait()
		if sum := noted[0] + noted[1] + noted[2]; sum != 1200 {
			t.Errorf("%v noted", noted)
		}
		w.remind(0)
		if n := w.number(`SELECT count(*) FROM warning_reminder WHERE late`); n != 1200 {
			t.Errorf("%d marked as late", n)
		}
		if n := w.number(`SELECT count(*) FROM delivery WHERE purpose = 'warning-silence'`); n != 600 {
			t.Errorf("%d messages", n)
		}
	})
}

// Who joins later has as much time as everybody; a revision starts the time anew for the silent, and an editorial one does
// not.
func TestSilenceRunsPerUnit(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		w.clock.Advance(6 * time.Hour)
		w.remind(1)
		w.org(member.Org{Slug: "late", Email: "late@member.example"})
		w.hit(d.CaseID, "late", 1)
		w.ok(w.s.OnFound(ctx, found(d.CaseID)))
		w.remind(0)
		w.clock.Advance(time.Hour)
		r, err := w.s.Revise(ctx, analyst, d.ID, warning.Amendment)
		w.ok(err)
		in := edit(r)
		in.RespondBy, in.Content.Title = time.Time{}, "错字"
		_, err = w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		if x := w.release(d.ID); x.Significant {
			t.Fatal("significant")
		}
		w.remind(0)
		w.clock.Advance(5 * time.Hour)
		w.remind(2) // a at its end, late at its half
		if diff := cmp.Diff([]string{"a 100", "late 50"}, w.steps(d.ID)); diff != "" {
			t.Error(diff)
		}
		_, err = w.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		w.ok(err)
		w.release(d.ID)
		w.clock.Advance(6 * time.Hour)
		w.remind(2)
		if diff := cmp.Diff([]string{"a 50", "late 50"}, w.steps(d.ID)); diff != "" {
			t.Error(diff)
		}
		if cs, err := w.s.Calls(ctx, officer); err != nil || len(cs) != 0 {
			t.Errorf("a call about the old revision: %+v, %v", cs, err)
		}
	})
}
