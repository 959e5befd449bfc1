// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web/look"
)

// dutyFile is a duty's file with the names that it mentions.
type dutyFile struct {
	duty.File
	orgs   map[string]member.Org
	people map[string]string // to staff; members deal with organisations
	told   []duty.Told       // reminders that were sent
}

func (s *Server) dutyShow(v *view) error { return s.dutyAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) dutyAgain(v *view, f *form, status int) (err error) {
	x := dutyFile{}
	if x.File, err = s.Duties.Get(v.Context(), v.Actor, v.PathValue("id")); err != nil {
		return err
	}
	orgs, people := []string{x.OrgID}, []string{}
	for _, a := range x.Anchors {
		orgs, people = append(orgs, a.By.Org), append(people, a.By.Account)
	}
	for _, a := range x.Acts {
		orgs, people = append(orgs, a.ByOrg), append(people, a.By, a.SignedBy, a.FellBy, a.EndedBy, a.SeenBy)
	}
	if x.orgs, err = s.names(v, orgs); err != nil {
		return err
	}
	if v.Actor.Staff() {
		if x.people, err = s.people(v, people); err != nil {
			return err
		}
	}
	if x.told, _, err = s.Duties.Reminders(v.Context(), v.Actor, duty.ReminderFilter{OrgID: x.OrgID, DutyID: x.ID}); err != nil {
		return err
	}
	return v.show(status, dutyFilePage(v, x, f))
}

// dutyFileDo does what a button of the file says.
func (s *Server) dutyFileDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	if err := s.dutyAct(v, f, id); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.dutyAgain(v, f, http.StatusUnprocessableEntity)
	}
	return v.see("/duties/" + pathEscape(id))
}

func (s *Server) dutyAct(v *view, f *form, id string) (err error) {
	ctx, by, d := v.Context(), v.Actor, s.Duties
	if _, err := d.Get(ctx, by, id); err != nil { // an act is about the duty of the page
		return err
	}
	why := f.Get("why")
	switch f.Get("do") {
	case "correct", "take-back":
		in := duty.Correction{Why: why}
		if f.Get("do") == "correct" {
			if in.At, err = f.Time("at"); err != nil {
				return err
			}
			if in.At.IsZero() {
				return fault.FieldError("at", "rule.required", "")
			}
		}
		_, err = d.CorrectAnchor(ctx, by, id, in)
	case "decide":
		_, err = d.Decide(ctx, by, id, why)
	case "propose":
		_, err = d.Propose(ctx, by, id, duty.ActKind(f.Get("kind")), why)
	case "sign":
		_, err = d.Sign(ctx, by, f.Get("act"))
	case "refuse":
		err = d.Refuse(ctx, by, f.Get("act"), why)
	case "resume":
		_, err = d.Resume(ctx, by, id)
	case "see":
		err = d.See(ctx, by, f.Get("act"))
	default:
		err = fault.FieldError("do", "member.rule.unknown", "")
	}
	return err
}

// steps are what a duty came to, one after the other: the last one is what it comes to now.
func (v *view) dutySteps(x dutyFile) (out []look.Moment) {
	for i, p := range x.Past {
		out = append(out, look.Moment{Kind: "due", At: v.P.DateTime(x.since(i)), ISO: v.iso(x.since(i)), Title: v.T("web.duty.was", v.dutyDue(p.Duty)), Note: duty.Tell(v.P, p.Duty, p.Until)})
	}
	return append(out, look.Moment{Kind: "due", At: v.P.DateTime(x.since(len(x.Past))), ISO: v.iso(x.since(len(x.Past))), Title: v.T("web.duty.now", v.dutyDue(x.Duty)), Note: duty.Tell(v.P, x.Duty, v.Now)})
}

// dutyDue is the due time of a duty in a word: a time, or why there is none.
func (v *view) dutyDue(d duty.Duty) string {
	switch {
	case !d.VoidAt.IsZero() && d.Waived:
		return v.T("duty.state.waived")
	case !d.VoidAt.IsZero():
		return v.T("duty.state.void")
	case d.AnchorAt.IsZero():
		return v.T("duty.state.not-triggered")
	case d.DueAt.IsZero():
		return v.T("duty.state.paused")
	}
	return v.endOf(d.DueAt)
}

// actState says how far an act is.
func (v *view) actState(a duty.Act) (tone, word string) {
	switch {
	case !a.FellAt.IsZero():
		return look.Off, v.T("web.duty.act.refused")
	case a.Open():
		return look.Wait, v.T("web.duty.act.waits")
	case a.Kind == duty.Pausing && a.EndedAt.IsZero():
		return look.Wait, v.T("web.duty.act.stands")
	case !a.EndedAt.IsZero():
		return look.Off, v.T("web.duty.act.over")
	case a.Kind == duty.Deciding:
		return look.Plain, v.T("web.duty.act.recorded")
	}
	return look.Good, v.T("web.duty.act.counts")
}

// actBy names who did something: to staff the person, to members the organisation.
func (v *view) actBy(x dutyFile, account, org string) string {
	if name := x.people[account]; name != "" {
		return name
	}
	if o, ok := x.orgs[org]; ok {
		return o.Name(v.P.Lang())
	}
	return v.T("web.by-platform")
}
