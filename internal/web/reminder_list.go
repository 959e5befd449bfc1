// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web/look"
)

// reminderView is what the page of reminders shows.
type reminderView struct {
	Filter duty.ReminderFilter
	Told   []duty.Told
	Next   string // address of the next page
	Inbox  []duty.Letter
	Unread int
	Calls  []duty.Call // that press, for the desk
	Orgs   map[string]member.Org
	People map[string]string
}

func (s *Server) reminderList(v *view) (err error) {
	q := v.URL.Query()
	x := reminderView{Filter: duty.ReminderFilter{OrgID: q.Get("organisation"), DutyID: q.Get("duty"), Late: q.Get("late") != "", After: q.Get("after"), Limit: 50}}
	if step, err := strconv.Atoi(q.Get("step")); err == nil {
		x.Filter.Step = step
	}
	var next string
	if x.Told, next, err = s.Duties.Reminders(v.Context(), v.Actor, x.Filter); err != nil {
		return err
	}
	if next != "" {
		q.Set("after", next)
		x.Next = "/reminders?" + q.Encode()
	}
	if x.Filter.After == "" {
		if x.Inbox, x.Unread, _, err = s.Duties.Inbox(v.Context(), v.Actor, "", 5); err != nil {
			return err
		}
		if v.Actor.Staff() {
			if x.Calls, _, err = s.Duties.Calls(v.Context(), v.Actor, duty.CallFilter{Open: true}); err != nil {
				return err
			}
		}
	}
	orgs, people := x.named()
	if x.Orgs, err = s.names(v, orgs); err != nil {
		return err
	}
	if x.People, err = s.people(v, people); err != nil {
		return err
	}
	return v.ok(reminderListPage(v, x))
}

// named are the organisations and people that the page mentions.
func (x reminderView) named() (orgs, people []string) {
	for _, r := range x.Told {
		orgs = append(orgs, r.OrgID)
		for _, t := range r.To {
			if id, ok := strings.CutPrefix(t.To, "org/"); ok {
				orgs = append(orgs, id)
			} else if t.To != duty.Desk && t.To != duty.Places {
				people = append(people, t.To)
			}
		}
	}
	for _, c := range x.Calls {
		orgs = append(orgs, c.OrgID)
	}
	return orgs, people
}

// recipient names who was told, or called.
func (v *view) recipient(key string, orgs map[string]member.Org, people map[string]string) string {
	switch id, isOrg := strings.CutPrefix(key, "org/"); {
	case isOrg:
		return v.T("web.reminder.contact-of", v.orgName(orgs, id))
	case key == duty.Desk:
		return v.T("web.reminder.desk")
	case key == duty.Places:
		return v.T("web.reminder.places")
	case people[key] != "":
		return people[key]
	}
	return "—"
}

// toldHow says how somebody was told.
func (v *view) toldHow(r duty.Receipt) string {
	switch {
	case r.To == duty.Places:
		return v.T("web.reminder.place-"+string(r.State), v.P.DateTime(r.EndedAt))
	case !r.ReadAt.IsZero():
		return v.T("web.reminder.read-at", v.P.DateTime(r.ReadAt))
	case r.State == delivery.Delivered && !r.EndedAt.IsZero():
		return v.T("web.reminder.sent-at", v.P.DateTime(r.EndedAt))
	case r.State == "":
		return v.T("web.reminder.here-only")
	}
	return v.T("web.reminder.state-" + string(r.State))
}

// reminderTone is how urgent a step is.
func reminderTone(r duty.Reminder) string {
	switch {
	case r.Step == 100:
		return look.Bad
	case r.Step == 90:
		return look.Wait
	}
	return look.Plain
}

func (v *view) stepOptions() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for _, s := range duty.Steps {
		out = append(out, look.Option{Value: strconv.Itoa(s), Label: strconv.Itoa(s) + " % · " + duty.StepText(v.P, s)})
	}
	return out
}

func (v *view) lateOptions() []look.Option {
	return []look.Option{{Label: v.T("web.all")}, {Value: "yes", Label: v.T("web.reminder.only-late")}}
}

// letterTitle says in one line what a letter is about.
func (v *view) letterTitle(l duty.Letter) string {
	if len(l.Items) == 0 {
		return l.ID
	}
	d := l.Items[0].Duty
	title := strings.TrimSpace(d.Number + " " + duty.Label(v.P, d.Rule))
	if n := len(l.Groups()); n > 1 {
		title = v.T("reminder.mail.several", title, n-1)
	}
	return title
}

// letterStep is the highest step of a letter.
func letterStep(l duty.Letter) (r duty.Reminder) {
	for _, i := range l.Items {
		if i.Step > r.Step {
			r = i.Reminder
		}
	}
	return r
}

// reminderHref leads to the reminders of a duty.
func reminderHref(dutyID string) string { return "/reminders?" + url.Values{"duty": {dutyID}}.Encode() }
