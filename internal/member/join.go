// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// JoinInput is an application for membership: the organisation and its first person.
type JoinInput struct {
	NameZH, NameEN                    string // at least one of the two
	Roles                             []OrgRole
	Partner                           bool // it wishes to be a partner unit
	Sector, Region, Country           string
	Email, Phone                      string // security contact
	Domains                           []string
	Why                               string
	PersonName, PersonEmail, Password string
}

// joinable are the roles that an organisation may claim; the others are given.
var joinable = []OrgRole{Provider, Operator, Finder, Collector}

// Join files an application, which anybody may do. The person is the organisation's administrator and can sign in
// once the application is approved. Faults: Invalid; Conflict when the person's e-mail address is in use.
func (s *Service) Join(ctx context.Context, by Actor, in JoinInput) (Org, Account, error) {
	if !by.Allows(ScopeAdmin) {
		return Org{}, Account{}, fault.Deny("fault.scope", ScopeAdmin)
	}
	o, a, err := in.check()
	if err != nil {
		return Org{}, Account{}, err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return Org{}, Account{}, fmt.Errorf("join: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		o.CreatedAt, a.CreatedAt = tx.Now, tx.Now
		if o.Slug, err = freeSlug(ctx, tx, o); err != nil {
			return err
		}
		if err := s.insertOrg(ctx, tx, o); err != nil {
			return err
		}
		stored := a
		stored.PasswordHash = hash
		if err := insertAccount(ctx, tx, stored); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), Joined{OrgID: o.ID, Name: o.Name("")})
		return err
	})
	if err != nil {
		return Org{}, Account{}, fmt.Errorf("join: %w", err)
	}
	return o, a, nil
}

func (in JoinInput) check() (o Org, a Account, err error) {
	var f form
	o = Org{ID: newID(), Roles: chosen(&f, "roles", in.Roles, joinable), Partner: in.Partner, Status: Applicant}
	o.NameZH, o.NameEN = f.names(in.NameZH, in.NameEN)
	o.Sector, o.Region, o.Country = f.text("sector", in.Sector, maxShort), f.text("region", in.Region, maxShort), f.country(in.Country)
	o.Email, o.Phone = f.email("email", in.Email, true), f.text("phone", in.Phone, maxShort)
	o.Domains = f.domains(in.Domains)
	o.Note = f.required("why", in.Why, maxLong, "")
	a = Account{ID: newID(), OrgID: o.ID, Roles: []Role{OrgAdmin}, Locale: f.locale(""), Status: AccountInvited}
	a.Name = f.required("person_name", in.PersonName, maxShort, "李明")
	a.Email = f.email("person_email", in.PersonEmail, true)
	f.password(in.Password)
	return o, a, f.Err()
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// freeSlug makes a slug of the organisation's English name that no other one has.
func freeSlug(ctx context.Context, tx *db.Tx, o Org) (string, error) {
	slug := notSlug.ReplaceAllString(strings.ToLower(o.NameEN), "-")
	slug = strings.Trim(slug[:min(len(slug), 40)], "-")
	tail := o.ID[len(o.ID)-8:]
	if slug == "" {
		return "org-" + tail, nil
	}
	taken, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM org WHERE slug = $1`, slug)
	if taken > 0 {
		slug += "-" + tail
	}
	return slug, err
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
