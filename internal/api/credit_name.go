// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/member"
)

// KnownBy is everything by which an organisation is known beside the two names of the register.
type KnownBy struct {
	Names        []OrgName     `json:"names" nullable:"false" doc:"removed ones last"`
	Affiliations []Affiliation `json:"affiliations" nullable:"false" doc:"what public records say; removed ones last, without names"`
}

// OrgName is a name by which an organisation is known.
type OrgName struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind" enum:"alias,former,team,domain"`
	Name       string    `json:"name"`
	AddedAt    time.Time `json:"added_at"`
	RemovedAt  time.Time `json:"removed_at,omitzero"`
	RemovedWhy string    `json:"removed_why,omitempty"`
}

// Affiliation is what a public record says of who works for an organisation.
type Affiliation struct {
	ID          string    `json:"id"`
	Person      string    `json:"person,omitempty"`
	Source      string    `json:"source,omitempty" doc:"https address of the public record"`
	From        time.Time `json:"from,omitzero"`
	Until       time.Time `json:"until,omitzero"`
	AddedAt     time.Time `json:"added_at"`
	DisputedAt  time.Time `json:"disputed_at,omitzero"`
	DisputedWhy string    `json:"disputed_why,omitempty"`
	RemovedAt   time.Time `json:"removed_at,omitzero"`
	RemovedWhy  string    `json:"removed_why,omitempty"`
}

func orgNameOf(n member.Name) OrgName {
	return OrgName{ID: n.ID, Kind: string(n.Kind), Name: n.Name, AddedAt: n.AddedAt, RemovedAt: n.RemovedAt, RemovedWhy: n.RemovedWhy}
}

func affiliationOf(a member.Affiliation) Affiliation {
	return Affiliation{ID: a.ID, Person: a.Person, Source: a.Source, From: a.From, Until: a.Until, AddedAt: a.AddedAt, DisputedAt: a.DisputedAt, DisputedWhy: a.DisputedWhy, RemovedAt: a.RemovedAt, RemovedWhy: a.RemovedWhy}
}

func (s *Server) creditNames(ctx context.Context, by member.Actor, in *ByID) (*reply[KnownBy], error) {
	ns, err := s.Members.Names(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	as, err := s.Members.Affiliations(ctx, by, in.ID)
	return answer(KnownBy{each(ns, orgNameOf), each(as, affiliationOf)}, err)
}

// NewName is a further name.
type NewName struct {
	Kind string `json:"kind" enum:"alias,former,team,domain"`
	Name string `json:"name" maxLength:"800"`
}

func (s *Server) creditNameAdd(ctx context.Context, by member.Actor, in *withBody[NewName]) (*reply[OrgName], error) {
	n, err := s.Members.AddName(ctx, by, in.ID, member.NameKind(in.Body.Kind), in.Body.Name)
	return answer(orgNameOf(n), err)
}

type creditNameInput struct {
	ByID
	Name string `path:"name" maxLength:"64" doc:"id of the name"`
	Body Reason
}

func (s *Server) creditNameRemove(ctx context.Context, by member.Actor, in *creditNameInput) (*none, error) {
	return nil, s.Members.RemoveName(ctx, by, in.ID, in.Name, in.Body.Why)
}

// NewAffiliation is what a public record says.
type NewAffiliation struct {
	Person string    `json:"person" maxLength:"800" doc:"as the source writes it"`
	Source string    `json:"source" maxLength:"2000" doc:"https address of the public record"`
	From   time.Time `json:"from,omitzero" doc:"where the source says"`
	Until  time.Time `json:"until,omitzero"`
}

func (s *Server) creditPersonAdd(ctx context.Context, by member.Actor, in *withBody[NewAffiliation]) (*reply[Affiliation], error) {
	a, err := s.Members.AddAffiliation(ctx, by, in.ID, member.AffiliationInput(in.Body))
	return answer(affiliationOf(a), err)
}

type creditPersonInput struct {
	ByID
	Affiliation string `path:"affiliation" maxLength:"64" doc:"id of the affiliation"`
	Body        Reason
}

func (s *Server) creditPersonDispute(ctx context.Context, by member.Actor, in *creditPersonInput) (*none, error) {
	return nil, s.Members.DisputeAffiliation(ctx, by, in.ID, in.Affiliation, in.Body.Why)
}

func (s *Server) creditPersonRemove(ctx context.Context, by member.Actor, in *creditPersonInput) (*none, error) {
	return nil, s.Members.RemoveAffiliation(ctx, by, in.ID, in.Affiliation, in.Body.Why)
}
