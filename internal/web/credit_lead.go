// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web/look"
)

func (s *Server) creditList(v *view) error {
	return s.creditsAgain(v, v.blank(nil), nil, http.StatusOK)
}

func (s *Server) creditsAgain(v *view, f *form, done *credit.Result, status int) error {
	q := v.URL.Query()
	if !v.Actor.Staff() && !v.seesLeads() {
		return fault.Hidden()
	}
	filter := credit.Filter{State: credit.State(q.Get("state")), OrgID: q.Get("organisation"), After: q.Get("after")}
	ls, next, err := s.Credits.List(v.Context(), v.Actor, filter)
	if err != nil {
		return err
	}
	var ids []string
	for _, l := range ls {
		ids = append(ids, l.OrgID)
	}
	orgs, err := s.names(v, ids)
	if err != nil {
		return err
	}
	return v.show(status, creditListPage(v, filter, ls, next, orgs, f, done))
}

// seesLeads reports whether there may be leads for the reader: others of the platform's people bring records in and do not
// learn what follows from them.
func (v *view) seesLeads() bool {
	return v.Actor.Is(member.Supervisor) || v.Actor.OrgID != "" && v.Actor.Is(member.Engineer, member.OrgAdmin)
}

// creditImport takes in uploaded records.
func (s *Server) creditImport(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	files, err := f.Files("file")
	if err != nil {
		return err
	}
	var done credit.Result
	if len(files) != 1 || len(files[0].Bytes) == 0 {
		err = fault.FieldError("file", "rule.required", "")
	} else {
		done, err = s.Credits.Import(v.Context(), v.Actor, files[0].Name, files[0].Bytes)
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.creditsAgain(v, f, nil, http.StatusUnprocessableEntity)
	}
	return s.creditsAgain(v, v.blank(nil), &done, http.StatusOK)
}

// creditSheet is what the page of a lead shows.
type creditSheet struct {
	credit.Sheet
	Org     member.Org
	Orgs    map[string]member.Org
	People  map[string]string
	Inquiry compliance.File // when one was opened
}

func (s *Server) creditShow(v *view) error { return s.creditAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) creditAgain(v *view, f *form, status int) (err error) {
	var x creditSheet
	if x.Sheet, err = s.Credits.Get(v.Context(), v.Actor, v.PathValue("id")); err != nil {
		return err
	}
	orgs, people := []string{x.OrgID}, []string{}
	for _, w := range x.Words {
		orgs, people = append(orgs, w.ByOrg), append(people, w.By)
	}
	if x.Orgs, err = s.names(v, orgs); err != nil {
		return err
	}
	if x.People, err = s.people(v, people); err != nil {
		return err
	}
	x.Org = x.Orgs[x.OrgID]
	if x.InquiryID != "" {
		if x.Inquiry, err = s.Compliance.Get(v.Context(), v.Actor, x.InquiryID); err != nil {
			return err
		}
	}
	return v.show(status, creditPage(v, x, f))
}

// creditDo does what a button of the page says.
func (s *Server) creditDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	to := "/credits/" + pathEscape(id)
	switch f.Get("do") {
	case "ask":
		var l credit.Lead
		var at time.Time
		if at, err = f.anchor(); err == nil {
			if l, err = s.Credits.Ask(v.Context(), v.Actor, id, at, f.Get("question")); err == nil {
				to = "/inquiries/" + pathEscape(l.InquiryID)
			}
		}
	case "dismiss":
		_, err = s.Credits.Dismiss(v.Context(), v.Actor, id, f.Get("why"), f.Get("stranger") != "")
	case "deny":
		_, err = s.Credits.Deny(v.Context(), v.Actor, id, f.Get("why"))
	default:
		err = fault.Missing()
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.creditAgain(v, f, http.StatusUnprocessableEntity)
	}
	return v.see(to)
}

// anchor is the chosen date: one of the record's, or another.
func (f *form) anchor() (time.Time, error) {
	if f.Get("anchor") == "other" || f.Get("anchor") == "" {
		return f.Time("at")
	}
	t, err := time.Parse(time.RFC3339Nano, f.Get("anchor"))
	if err != nil {
		return t, fault.FieldError("anchor", "web.rule.time", "2021-11-24T10:00")
	}
	return t, nil
}

// creditRecord gives a record as it was imported.
func (s *Server) creditRecord(v *view) error {
	r, body, err := s.Credits.Body(v.Context(), v.Actor, v.PathValue("id"), v.PathValue("record"))
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "record-" + r.SHA256[:12] + ".json"}))
	_, err = v.w.Write(body)
	return err
}

// leadTone says how a lead stands.
func leadTone(s credit.State) string {
	switch s {
	case credit.Waiting, credit.Denied:
		return look.Wait
	case credit.Reported:
		return look.Good
	case credit.Asked:
		return look.Plain
	}
	return look.Off
}

// rule says why a sign is thought to mean the member.
func (v *view) rule(s credit.Sign) string { return v.T("credit.rule-of."+s.Rule, s.Party, s.Name) }

// role is as what somebody is thanked.
func (v *view) role(role string) string {
	if key := "credit.role." + role; slices.Contains([]string{"finder", "reporter", "analyst", "coordinator"}, role) {
		return v.T(key)
	}
	return v.T("credit.role.other")
}

// signsOf are the signs of one record.
func (x creditSheet) signsOf(recordID string) (out []credit.Sign) {
	for _, s := range x.Signs {
		if s.RecordID == recordID {
			out = append(out, s)
		}
	}
	return out
}

// quotes are the places of a record that name the member, each once, with the signs found there.
func quotes(ss []credit.Sign) (out [][]credit.Sign) {
	for _, s := range ss {
		i := slices.IndexFunc(out, func(q []credit.Sign) bool { return q[0].Field == s.Field })
		if i < 0 {
			out = append(out, []credit.Sign{s})
		} else {
			out[i] = append(out[i], s)
		}
	}
	return out
}

// marked cuts a text around the stretch that was compared; the stretch is empty when it is not found as it stands.
func marked(s credit.Sign) (before, mark, after string) {
	i := strings.Index(strings.ToLower(s.Text), strings.ToLower(s.Party))
	if i < 0 || s.Party == "" || len(strings.ToLower(s.Text)) != len(s.Text) {
		return s.Text, "", ""
	}
	return s.Text[:i], s.Text[i : i+len(s.Party)], s.Text[i+len(s.Party):]
}

func (v *view) whys(ws []string) string {
	var out []string
	for _, w := range ws {
		out = append(out, v.T("credit.near."+w))
	}
	return strings.Join(out, v.T("web.comma"))
}

// anchorOptions are the dates that a supervisor may choose from.
func (v *view) anchorOptions(x creditSheet) (out []look.Option) {
	for i, a := range x.Anchors {
		if a.At.After(v.Now) || len(out) == 6 {
			continue
		}
		o := look.Option{Value: a.At.Format(time.RFC3339Nano), Label: v.P.DateTime(a.At) + " · " + v.T("credit.date."+a.What)}
		if i == 0 {
			o.Label += " · " + v.T("web.credit.proposed")
		}
		out = append(out, o)
	}
	return append(out, look.Option{Value: "other", Label: v.T("web.credit.anchor-other")})
}
