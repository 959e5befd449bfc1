// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func asFault(err error) (*fault.Error, bool) {
	var e *fault.Error
	ok := errors.As(err, &e)
	return e, ok
}

func (s *Server) memberJoin(v *view) error { return v.ok(joinPage(v, v.blank(nil), false)) }

func (s *Server) memberJoinPost(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	var roles []member.OrgRole
	for _, r := range f.All("roles") {
		roles = append(roles, member.OrgRole(r))
	}
	_, _, err = s.Members.Join(v.Context(), v.Actor, member.JoinInput{NameZH: f.Get("name_zh"), NameEN: f.Get("name_en"), Roles: roles, Partner: f.Get("partner") != "",
		Sector: f.Get("sector"), Region: f.Get("region"), Country: f.Get("country"), Email: f.Get("email"), Phone: f.Get("phone"), Domains: f.Lines("domains"), Why: f.Get("why"),
		PersonName: f.Get("person_name"), PersonEmail: f.Get("person_email"), Password: v.PostFormValue("password")})
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return v.show(http.StatusUnprocessableEntity, joinPage(v, f, false))
	}
	return v.ok(joinPage(v, f, true))
}

func (s *Server) memberList(v *view) error {
	q := v.URL.Query()
	os, err := s.Members.Orgs(v.Context(), v.Actor, member.OrgFilter{Status: member.Status(q.Get("status")), Text: q.Get("q"), After: q.Get("after"), Limit: 100})
	if err != nil {
		return err
	}
	return v.ok(memberListPage(v, os))
}

func (s *Server) memberShow(v *view) error { return s.memberAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) memberAgain(v *view, f *form, status int) error {
	o, err := s.Members.Org(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	accounts, err := s.Members.Accounts(v.Context(), v.Actor, o.ID)
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
		return err
	}
	return v.show(status, memberPage(v, o, accounts, f))
}

func (s *Server) memberDo(v *view, do func(f *form, id string) error) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	if err := do(f, id); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.memberAgain(v, f, http.StatusUnprocessableEntity)
	}
	return v.see("/members/" + pathEscape(id))
}

func (s *Server) memberApprove(v *view) error {
	return s.memberDo(v, func(f *form, id string) error {
		if f.Get("do") == "decline" {
			return s.Members.Decline(v.Context(), v.Actor, id, f.Get("why"))
		}
		level, err := f.Int("level")
		if err != nil {
			return err
		}
		_, err = s.Members.Approve(v.Context(), v.Actor, id, level)
		return err
	})
}

func (s *Server) tokenList(v *view) error { return s.tokenAgain(v, v.blank(nil), "", http.StatusOK) }

func (s *Server) tokenAgain(v *view, f *form, plain string, status int) error {
	ts, err := s.Members.Tokens(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	return v.show(status, tokenListPage(v, ts, f, plain))
}

func (s *Server) tokenIssue(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	days, err := f.Int("days")
	if err != nil {
		return err
	}
	plain, _, err := s.Members.IssueToken(v.Context(), v.Actor, f.Get("name"), f.All("scopes"), time.Duration(days)*24*time.Hour)
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.tokenAgain(v, f, "", http.StatusUnprocessableEntity)
	}
	return s.tokenAgain(v, v.blank(nil), plain, http.StatusOK)
}

func (s *Server) tokenRevoke(v *view) error {
	if err := s.Members.RevokeToken(v.Context(), v.Actor, v.PathValue("id")); err != nil {
		return err
	}
	return v.see("/tokens")
}
