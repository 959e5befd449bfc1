// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Me is who a token acts for.
type Me struct {
	Name         string   `json:"name"`
	Roles        []string `json:"roles" nullable:"false"`
	Organisation *Member  `json:"organisation,omitempty"`
	Scopes       []string `json:"scopes" nullable:"false"`
}

// Member is a member organisation.
type Member struct {
	ID             string    `json:"id"`
	Slug           string    `json:"slug"`
	Name           string    `json:"name" doc:"in your language"`
	Roles          []string  `json:"roles" nullable:"false"`
	Sector         string    `json:"sector,omitempty"`
	Partner        bool      `json:"partner"`
	PartnerLevel   int       `json:"partner_level,omitempty"`
	Status         string    `json:"status"`
	SuspendedUntil time.Time `json:"suspended_until,omitzero"`
}

func memberOf(p i18n.Printer, o member.Org) Member {
	return Member{ID: o.ID, Slug: o.Slug, Name: o.Name(p.Lang()), Roles: each(o.Roles, func(r member.OrgRole) string { return string(r) }), Sector: o.Sector,
		Partner: o.Partner, PartnerLevel: o.PartnerLevel, Status: string(o.Status), SuspendedUntil: o.SuspendedUntil}
}

type none struct{}

func (s *Server) me(ctx context.Context, by member.Actor, _ *none) (*reply[Me], error) {
	out := Me{Name: by.Name, Roles: each(by.Roles, func(r member.Role) string { return string(r) }), Scopes: each(by.Scopes, func(x string) string { return x })}
	if by.OrgID != "" {
		o, err := s.Members.Org(ctx, by, by.OrgID)
		if err != nil {
			return nil, err
		}
		m := memberOf(printer(ctx), o)
		out.Organisation = &m
	}
	return answer(out, nil)
}

// Application asks to join.
type Application struct {
	NameZH      string   `json:"name_zh" maxLength:"200"`
	NameEN      string   `json:"name_en,omitempty" maxLength:"200"`
	Roles       []string `json:"roles" nullable:"false" maxItems:"6" enum:"provider,operator,finder,collector"`
	Partner     bool     `json:"partner,omitempty" doc:"wants to be a partner unit"`
	Sector      string   `json:"sector,omitempty" maxLength:"60"`
	Region      string   `json:"region,omitempty" maxLength:"60"`
	Country     string   `json:"country,omitempty" maxLength:"2" example:"CN"`
	Email       string   `json:"email" maxLength:"300" doc:"security contact"`
	Phone       string   `json:"phone,omitempty" maxLength:"60"`
	Domains     []string `json:"domains,omitempty" nullable:"false" maxItems:"50"`
	Why         string   `json:"why,omitempty" maxLength:"5000"`
	PersonName  string   `json:"person_name" maxLength:"200"`
	PersonEmail string   `json:"person_email" maxLength:"300"`
	Password    string   `json:"password" maxLength:"200"`
}

func (s *Server) memberJoin(ctx context.Context, by member.Actor, in *body[Application]) (*reply[Member], error) {
	b := in.Body
	o, _, err := s.Members.Join(ctx, by, member.JoinInput{NameZH: b.NameZH, NameEN: b.NameEN, Roles: each(b.Roles, func(r string) member.OrgRole { return member.OrgRole(r) }),
		Partner: b.Partner, Sector: b.Sector, Region: b.Region, Country: b.Country, Email: b.Email, Phone: b.Phone, Domains: b.Domains, Why: b.Why,
		PersonName: b.PersonName, PersonEmail: b.PersonEmail, Password: b.Password})
	return answer(memberOf(printer(ctx), o), err)
}

type memberListInput struct {
	Page
	Status string `query:"status" maxLength:"20" doc:"applicant, active, suspended"`
	Text   string `query:"q" maxLength:"200" doc:"part of the name"`
}

func (s *Server) memberList(ctx context.Context, by member.Actor, in *memberListInput) (*reply[list[Member]], error) {
	os, err := s.Members.Orgs(ctx, by, member.OrgFilter{Status: member.Status(in.Status), Text: in.Text, After: in.After, Limit: in.Limit})
	next := ""
	if len(os) == in.Limit {
		next = os[len(os)-1].ID
	}
	return answer(lists(os, next, func(o member.Org) Member { return memberOf(printer(ctx), o) }), err)
}

// Approval makes an applicant a member.
type Approval struct {
	PartnerLevel int `json:"partner_level,omitempty" minimum:"0" maximum:"3" doc:"1 is highest; 0 for none"`
}

func (s *Server) memberApprove(ctx context.Context, by member.Actor, in *withBody[Approval]) (*reply[Member], error) {
	o, err := s.Members.Approve(ctx, by, in.ID, in.Body.PartnerLevel)
	return answer(memberOf(printer(ctx), o), err)
}

// Reason explains a decision.
type Reason struct {
	Why string `json:"why" maxLength:"5000"`
}
