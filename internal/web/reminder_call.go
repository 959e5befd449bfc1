// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strings"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/web/look"
)

func (s *Server) letterShow(v *view) error {
	l, err := s.Duties.ReadLetter(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.ok(letterPage(v, l))
}

func (s *Server) callList(v *view) error { return s.callsAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) callsAgain(v *view, f *form, status int) error {
	all := v.URL.Query().Get("all") != ""
	cs, next, err := s.Duties.Calls(v.Context(), v.Actor, duty.CallFilter{Open: !all, After: v.URL.Query().Get("after")})
	if err != nil {
		return err
	}
	var ids []string
	for _, c := range cs {
		ids = append(ids, c.OrgID)
	}
	orgs, err := s.names(v, ids)
	if err != nil {
		return err
	}
	if next != "" {
		next = "/calls?after=" + next
		if all {
			next += "&all=yes"
		}
	}
	silent, people, err := s.silent(v)
	if err != nil {
		return err
	}
	return v.show(status, callListPage(v, cs, orgs, silent, people, all, next, f))
}

// silent are the units to be called about warnings, for those who see warnings.
func (s *Server) silent(v *view) ([]warning.Call, map[string]string, error) {
	cs, err := s.Warnings.Calls(v.Context(), v.Actor)
	if fault.Is(err, fault.Forbidden) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, c := range cs {
		for _, t := range c.Tries {
			ids = append(ids, t.By)
		}
	}
	people, err := s.people(v, ids)
	return cs, people, err
}

func (s *Server) callShow(v *view) error { return s.callAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) callAgain(v *view, f *form, status int) error {
	c, err := s.Duties.Call(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	orgs, err := s.names(v, []string{c.OrgID})
	if err != nil {
		return err
	}
	var ids []string
	for _, t := range c.Tries {
		ids = append(ids, t.By, strings.TrimPrefix(t.To, "org/"))
	}
	for _, l := range c.Lines {
		ids = append(ids, l.To)
	}
	people, err := s.people(v, ids)
	if err != nil {
		return err
	}
	return v.show(status, callPage(v, c, orgs, people, f))
}

func (s *Server) callRecord(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	_, err = s.Duties.RecordCall(v.Context(), v.Actor, id, duty.CallInput{To: f.Get("to"), Outcome: duty.Outcome(f.Get("outcome")), Note: f.Get("note")})
	if err == nil {
		return v.see("/calls/" + pathEscape(id))
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.callAgain(v, f, http.StatusUnprocessableEntity)
}

// lineLabel names somebody to call, with the number.
func (v *view) lineLabel(l duty.CallLine, org member.Org) string {
	name := l.Name
	if name == "" {
		name = v.T("web.reminder.contact-of", org.Name(v.P.Lang()))
	}
	if l.Post != "" {
		name = v.T("member.post."+string(l.Post)) + " " + name
	}
	if l.Phone == "" {
		return name + " · " + v.T("web.reminder.no-phone")
	}
	return name + " · " + l.Phone
}

func (v *view) lineOptions(c duty.Call, org member.Org) (out []look.Option) {
	for _, l := range c.Lines {
		out = append(out, look.Option{Value: l.To, Label: v.lineLabel(l, org)})
	}
	return out
}

func (v *view) outcomeOptions() (out []look.Option) {
	for _, o := range duty.Outcomes {
		out = append(out, look.Option{Value: string(o), Label: v.T("reminder.outcome." + string(o)), Hint: v.T("web.reminder.outcome-hint-" + string(o))})
	}
	return out
}

// rosterSave names who holds the posts.
func (s *Server) rosterSave(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	var ps []member.Posting
	for _, p := range member.Posts {
		x := member.Posting{Post: p, AccountID: f.Get(string(p)), Phone: f.Get(string(p) + "_phone"), StandIn: f.Get(string(p) + "_stand_in")}
		if x.AwayFrom, err = f.Time(string(p) + "_from"); err == nil {
			x.AwayUntil, err = f.Time(string(p) + "_until")
		}
		if err != nil {
			break
		}
		ps = append(ps, x)
	}
	if err == nil {
		_, err = s.Members.SetRoster(v.Context(), v.Actor, v.Actor.OrgID, ps)
	}
	if err == nil {
		return v.see("/roster")
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.rosterAgain(v, f, http.StatusUnprocessableEntity)
}

func (s *Server) rosterShow(v *view) error {
	values := map[string]string{}
	ps, err := s.Members.Roster(v.Context(), v.Actor, v.Actor.OrgID)
	if err != nil {
		return err
	}
	for _, p := range ps {
		values[string(p.Post)], values[string(p.Post)+"_phone"], values[string(p.Post)+"_stand_in"] = p.AccountID, p.Phone, p.StandIn
		if v.Now.Before(p.AwayUntil) {
			values[string(p.Post)+"_from"], values[string(p.Post)+"_until"] = input(p.AwayFrom), input(p.AwayUntil)
		}
	}
	return s.rosterAgain(v, v.blank(values), http.StatusOK)
}

func (s *Server) rosterAgain(v *view, f *form, status int) error {
	people, err := s.Members.Accounts(v.Context(), v.Actor, v.Actor.OrgID)
	if err != nil {
		return err
	}
	return v.show(status, rosterPage(v, people, f))
}

// postField is the choice of who holds a post.
func (v *view) postField(f *form, p member.Post, people []member.Account) look.Field {
	x := f.field(string(p), v.T("member.post."+string(p)))
	x.Hint = v.T("web.reminder.roster-default-" + string(p))
	x.Options = []look.Option{{Label: v.T("web.reminder.roster-nobody")}}
	for _, a := range people {
		if a.Status == member.AccountActive {
			x.Options = append(x.Options, look.Option{Value: a.ID, Label: a.Name + " · " + v.roles(a.Roles)})
		}
	}
	return x
}

// postStandIn is the choice of who is reached while the holder of a post is away.
func (v *view) postStandIn(f *form, p member.Post, people []member.Account) look.Field {
	x := v.postField(f, p, people)
	y := f.field(string(p)+"_stand_in", v.T("web.reminder.roster-stand-in"))
	y.Options = x.Options
	return y
}

func (v *view) postAway(f *form, p member.Post, end string) look.Field {
	x := f.field(string(p)+"_"+end, v.T("web.reminder.roster-away-"+end))
	x.Type = "datetime-local"
	return x
}

func (v *view) postPhone(f *form, p member.Post) look.Field {
	x := f.field(string(p)+"_phone", v.T("web.reminder.roster-phone"))
	x.Type = "tel"
	return x
}
