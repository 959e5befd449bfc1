// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// OrgInput is an organisation that the platform enters itself.
type OrgInput struct {
	Slug                    string
	NameZH, NameEN          string // at least one of the two
	Roles                   []OrgRole
	Partner                 bool
	PartnerLevel            int // 1–3, 0 for none
	Sector, Region, Country string
	Email, Phone            string
	WebhookURL              string
	WebhookSecret           []byte // 24–64 bytes (Standard Webhooks 1.0.0); made when empty
	Domains                 []string
}

// AddOrg enters an active organisation. For administrators and the system; only the latter may give a webhook without
// TLS, for the demo's and tests' own sinks. Faults: Invalid; Conflict when the slug is in use.
func (s *Service) AddOrg(ctx context.Context, by Actor, in OrgInput) (Org, error) {
	if err := administers(by); err != nil {
		return Org{}, err
	}
	o, err := in.check(by)
	if err != nil {
		return Org{}, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		o.CreatedAt = tx.Now
		if err := s.insertOrg(ctx, tx, o); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), OrgAdded{OrgID: o.ID, Name: o.Name("")})
		return err
	})
	if err != nil {
		return Org{}, fmt.Errorf("add organisation: %w", err)
	}
	o.WebhookSecret = nil
	return o, nil
}

func (in OrgInput) check(by Actor) (Org, error) {
	var f form
	o := Org{ID: newID(), Slug: strings.TrimSpace(in.Slug), Roles: chosen(&f, "roles", in.Roles, OrgRoles), Status: Active,
		Partner: in.Partner || in.PartnerLevel > 0, PartnerLevel: in.PartnerLevel}
	f.That(slugForm.MatchString(o.Slug), "slug", "member.rule.slug", "donghai-cloud")
	o.NameZH, o.NameEN = f.names(in.NameZH, in.NameEN)
	f.That(in.PartnerLevel >= 0 && in.PartnerLevel <= 3, "partner_level", "member.rule.partner-level", "1")
	o.Sector, o.Region, o.Country = f.text("sector", in.Sector, maxShort), f.text("region", in.Region, maxShort), f.country(in.Country)
	o.Email, o.Phone = f.email("email", in.Email, false), f.text("phone", in.Phone, maxShort)
	o.Domains = f.domains(in.Domains)
	if o.WebhookURL = f.webhook(in.WebhookURL, by.Via == System().Via); o.WebhookURL != "" {
		o.WebhookSecret = slices.Clone(in.WebhookSecret)
		if len(o.WebhookSecret) == 0 {
			o.WebhookSecret = newWebhookSecret()
		}
		f.That(len(o.WebhookSecret) >= 24 && len(o.WebhookSecret) <= 64, "webhook_secret", "member.rule.secret", "")
	}
	return o, f.Err()
}

func newWebhookSecret() []byte {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // never fails
	return b
}

// AccountInput is a person that shall be able to sign in.
type AccountInput struct {
	OrgID       string // "" for staff without an organisation
	Email, Name string
	Roles       []Role
	Locale      string // "" for Chinese
	Password    string // "" when the person cannot sign in by password
}

// AddAccount enters a person. For administrators and the system, and for an organisation's own administrator when the
// roles are Engineer and OrgAdmin. Faults: Invalid; NotFound without such an organisation; Conflict when the e-mail
// address is in use or the organisation is no member.
func (s *Service) AddAccount(ctx context.Context, by Actor, in AccountInput) (Account, error) {
	if err := mayAddAccount(by, in); err != nil {
		return Account{}, err
	}
	a, err := in.check()
	if err != nil {
		return Account{}, err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return Account{}, fmt.Errorf("add account: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a.OrgID != "" {
			o, err := orgByID(ctx, tx, a.OrgID, tx.ForUpdate())
			if err != nil {
				return err
			}
			if !o.Status.Keeps(ToSignIn) {
				return fault.Clash("member.not-member")
			}
		}
		a.CreatedAt = tx.Now
		stored := a
		stored.PasswordHash = hash
		if err := insertAccount(ctx, tx, stored); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), AccountAdded{OrgID: a.OrgID, AccountID: a.ID, Roles: a.Roles})
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("add account: %w", err)
	}
	return a, nil
}

// ownRoles are the roles that an organisation's administrator may give to its people.
var ownRoles = []Role{Engineer, OrgAdmin}

func mayAddAccount(by Actor, in AccountInput) error {
	if err := allow(by, Administrator, OrgAdmin); err != nil || by.Is(Administrator) {
		return err
	}
	staff := slices.ContainsFunc(in.Roles, func(r Role) bool { return !slices.Contains(ownRoles, r) })
	if by.OrgID == "" || in.OrgID != by.OrgID || staff {
		return fault.Deny("fault.role")
	}
	return nil
}

func (in AccountInput) check() (Account, error) {
	var f form
	a := Account{ID: newID(), OrgID: in.OrgID, Roles: chosen(&f, "roles", in.Roles, Roles), Locale: f.locale(in.Locale), Status: AccountActive}
	a.Email, a.Name = f.email("email", in.Email, true), f.required("name", in.Name, maxShort, "李明")
	ofOrg := slices.ContainsFunc(in.Roles, func(r Role) bool { return slices.Contains(ownRoles, r) })
	f.That(in.OrgID != "" || !ofOrg, "org_id", "rule.required", "")
	if in.Password != "" {
		f.password(in.Password)
	}
	return a, f.Err()
}
