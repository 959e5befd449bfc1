// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"crypto/rand"
	"net/http"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// settingsView is what an organisation's administrator looks after. What is shown once stands in it once.
type settingsView struct {
	Channels, Person *form // one of them may be shown again
	People           []member.Account
	Secret           string         // of a new webhook address
	Added            member.Account // who has just been added
	Password         string         // of the one who has just been added
	Saved            bool
}

// admin is member for the administrator of an organisation.
func (s *Server) admin(do func(*view) error) http.Handler {
	return s.member(func(v *view) error {
		if v.Actor.OrgID == "" || !v.Actor.Is(member.OrgAdmin) {
			return fault.Deny("fault.role")
		}
		return do(v)
	})
}

func (s *Server) settings(v *view) error { return s.settingsAgain(v, settingsView{}, http.StatusOK) }

func (s *Server) settingsAgain(v *view, x settingsView, status int) (err error) {
	if x.People, err = s.Members.Accounts(v.Context(), v.Actor, v.Actor.OrgID); err != nil {
		return err
	}
	if x.Channels == nil {
		x.Channels = v.blank(map[string]string{"email": v.Org.Email, "phone": v.Org.Phone, "webhook_url": v.Org.WebhookURL, "certificate": v.Org.Certificate})
	}
	if x.Person == nil {
		x.Person = v.blank(map[string]string{"roles": string(member.Engineer)})
	}
	return v.show(status, settingsPage(v, x))
}

func (s *Server) settingsPost(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	o, secret, err := s.Members.Configure(v.Context(), v.Actor, v.Actor.OrgID, member.Channels{Email: f.Get("email"), Phone: f.Get("phone"), WebhookURL: f.Get("webhook_url"), Certificate: f.Get("certificate")})
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.settingsAgain(v, settingsView{Channels: f}, http.StatusUnprocessableEntity)
	}
	v.Org = o
	return s.settingsAgain(v, settingsView{Secret: secret, Saved: true}, http.StatusOK)
}

// settingsPerson adds a person, with a password that is shown this once.
func (s *Server) settingsPerson(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	f.prefix = "person-"
	var roles []member.Role
	for _, r := range f.All("roles") {
		roles = append(roles, member.Role(r))
	}
	password := rand.Text()
	a, err := s.Members.AddAccount(v.Context(), v.Actor, member.AccountInput{OrgID: v.Actor.OrgID, Email: f.Get("email"), Name: f.Get("name"), Roles: roles, Locale: v.P.Lang(), Password: password})
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.settingsAgain(v, settingsView{Person: f}, http.StatusUnprocessableEntity)
	}
	return s.settingsAgain(v, settingsView{Added: a, Password: password}, http.StatusOK)
}
