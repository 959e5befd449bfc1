// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

const orgColumns = `o.id, o.slug, o.name_zh, o.name_en, o.roles, o.partner, o.partner_level, o.sector, o.region, o.country, o.status,
	o.suspended_until, o.suspension_reason, o.email, o.phone, o.webhook_url, o.domains, o.note, o.created_at,
	o.certificate, o.webhook_former_until`

// whole selects organisations with their secrets.
const whole = `SELECT ` + orgColumns + `, o.webhook_secret_sealed, o.webhook_former_sealed FROM org o`

// orgFields are the destinations of orgColumns, and done finishes what they filled.
func orgFields(o *Org) (dest []any, done func()) {
	var roles db.JSON[[]OrgRole]
	var domains db.JSON[[]string]
	var until, created, former db.Time
	return []any{&o.ID, &o.Slug, &o.NameZH, &o.NameEN, &roles, &o.Partner, &o.PartnerLevel, &o.Sector, &o.Region, &o.Country, &o.Status,
			&until, &o.SuspendedWhy, &o.Email, &o.Phone, &o.WebhookURL, &domains, &o.Note, &created, &o.Certificate, &former}, func() {
			o.Roles, o.Domains, o.SuspendedUntil, o.CreatedAt, o.FormerUntil = roles.V, domains.V, until.Time, created.Time, former.Time
		}
}

func scanOrg(r db.Row) (o Org, err error) {
	dest, done := orgFields(&o)
	err = r.Scan(dest...)
	done()
	return o, err
}

// standing shows an organisation as it stands at t: a suspension whose end has come is over, recorded or not.
func (o Org) standing(t time.Time) Org {
	if o.Status == Suspended && !o.SuspendedAt(t) {
		o.Status, o.SuspendedUntil, o.SuspendedWhy = Active, time.Time{}, ""
	}
	return o
}

// orgByID returns an organisation as it is stored; suffix may lock it.
func orgByID(ctx context.Context, tx *db.Tx, id, suffix string) (Org, error) {
	if !storable(id) {
		return Org{}, fault.Missing()
	}
	return db.Get(ctx, tx, scanOrg, `SELECT `+orgColumns+` FROM org o WHERE o.id = $1`+suffix, id)
}

// storable reports whether both databases take s as text.
func storable(s string) bool { return utf8.ValidString(s) && !slices.Contains([]byte(s), 0) }

// secretPlace binds a sealed webhook secret to its organisation.
func secretPlace(org string) string { return "org/" + org + "/webhook_secret" }

// formerPlace binds the one before it.
func formerPlace(org string) string { return "org/" + org + "/webhook_former" }

func (s *Service) insertOrg(ctx context.Context, tx *db.Tx, o Org) error {
	var sealed any // NULL without a secret
	if len(o.WebhookSecret) > 0 {
		sealed = s.Seal.Seal(secretPlace(o.ID), o.WebhookSecret)
	}
	err := db.Bulk(ctx, tx, `org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status,
		suspension_reason, email, phone, webhook_url, webhook_secret_sealed, domains, note, created_at)`, "", [][]any{{
		o.ID, o.Slug, o.NameZH, o.NameEN, db.ToJSON(o.Roles), o.Partner, o.PartnerLevel, o.Sector, o.Region, o.Country, string(o.Status),
		"", o.Email, o.Phone, o.WebhookURL, sealed, db.ToJSON(o.Domains), o.Note, db.At(o.CreatedAt)}})
	if db.Duplicate(err) {
		return fault.Clash("member.slug-taken", o.Slug)
	}
	return err
}

const accountColumns = `a.id, a.org_id, a.email, a.name, a.roles, a.password_hash, a.locale, a.status, a.last_login_at, a.created_at`

func accountFields(a *Account) (dest []any, done func()) {
	var roles db.JSON[[]Role]
	var login, created db.Time
	return []any{&a.ID, db.Null(&a.OrgID), &a.Email, &a.Name, &roles, &a.PasswordHash, &a.Locale, &a.Status, &login, &created}, func() {
		a.Roles, a.LastLoginAt, a.CreatedAt = roles.V, login.Time, created.Time
	}
}

func scanAccount(r db.Row) (a Account, err error) {
	dest, done := accountFields(&a)
	err = r.Scan(dest...)
	done()
	return a, err
}

func insertAccount(ctx context.Context, tx *db.Tx, a Account) error {
	err := db.Bulk(ctx, tx, `account (id, org_id, email, name, roles, password_hash, locale, status, created_at)`, "", [][]any{{
		a.ID, db.Opt(a.OrgID), a.Email, a.Name, db.ToJSON(a.Roles), a.PasswordHash, a.Locale, a.Status, db.At(a.CreatedAt)}})
	if db.Duplicate(err) {
		return fault.Clash("member.email-taken")
	}
	return err
}

// A holder is an account with its organisation: whom a session or a token speaks for.
type holder struct {
	Account
	org      Org    // zero for an account without one
	measures string // "warned:,restricted:directory"
}

// holderColumns takes the present time from the parameter that names it: the measures in force are in one text.
func holderColumns(now string) string {
	return accountColumns + `, o.roles, o.status, o.suspended_until, (SELECT string_agg(m.kind || ':' || m.capability, ',') FROM org_measure m
		WHERE m.org_id = a.org_id AND m.from_at <= ` + now + ` AND m.until_at > ` + now + `)`
}

// holderFields are the destinations of holderColumns, from account a LEFT JOIN org o.
func holderFields(h *holder) (dest []any, done func()) {
	dest, account := accountFields(&h.Account)
	var roles db.JSON[[]OrgRole]
	var status string
	var until db.Time
	return append(dest, &roles, db.Null(&status), &until, db.Null(&h.measures)), func() {
		account()
		h.org = Org{ID: h.OrgID, Roles: roles.V, Status: Status(status), SuspendedUntil: until.Time}
	}
}

const holderJoin = ` JOIN account a ON a.id = x.account_id LEFT JOIN org o ON o.id = a.org_id`

// open reports whether the account may be used: it is active, and so is its organisation, or suspended (a suspended
// member can still report and answer warnings).
func (h holder) open() bool {
	return h.Status == AccountActive && (h.OrgID == "" || h.org.Status.Keeps(ToSignIn))
}

// actor is the holder as it acts at t.
func (h holder) actor(t time.Time, scopes []string, via string) Actor {
	a := Actor{AccountID: h.ID, OrgID: h.OrgID, Name: h.Name, Roles: h.Roles, OrgRoles: h.org.Roles,
		Suspended: h.org.SuspendedAt(t), Scopes: scopes, Via: via, Locale: h.Locale}
	for m := range strings.SplitSeq(h.measures, ",") {
		switch kind, c, _ := strings.Cut(m, ":"); Status(kind) {
		case Warned:
			a.Warned = true
		case Restricted:
			if !slices.Contains(a.Without, Capability(c)) {
				a.Without = append(a.Without, Capability(c))
			}
		}
	}
	slices.Sort(a.Without)
	return a
}

// OrgTx returns an organisation as it stands now, with its webhook secret in clear: deliveries are made from it.
// The caller authorises.
func (s *Service) OrgTx(ctx context.Context, tx *db.Tx, id string) (Org, error) {
	if !storable(id) {
		return Org{}, fault.Missing()
	}
	o, err := db.Get(ctx, tx, s.scanWhole, whole+` WHERE o.id = $1`, id)
	if err == nil {
		o.Measures, err = measures(ctx, tx, o.ID)
	}
	return o.standing(tx.Now), err
}

// rolePattern finds a role in the stored list of roles, whose form is ["provider", "finder"] on one database and the
// same without blanks on the other.
func rolePattern(r OrgRole) string { return `%"` + string(r) + `"%` }

func (s *Service) scanWhole(r db.Row) (o Org, err error) {
	var sealed, former []byte
	dest, done := orgFields(&o)
	if err := r.Scan(append(dest, &sealed, &former)...); err != nil {
		return o, err
	}
	done()
	if sealed != nil {
		o.WebhookSecret, err = s.Seal.Open(secretPlace(o.ID), sealed)
	}
	if former != nil && err == nil {
		o.WebhookFormer, err = s.Seal.Open(formerPlace(o.ID), former)
	}
	if err != nil {
		return o, fmt.Errorf("webhook secret of %s: %w", o.ID, err)
	}
	return o, nil
}

// OrgNames returns the organisations with the given ids, by id; unknown ids are left out. The caller authorises.
func (s *Service) OrgNames(ctx context.Context, tx *db.Tx, ids []string) (map[string]Org, error) {
	out := map[string]Org{}
	for part := range slices.Chunk(ids, 400) {
		var a db.Args
		os, err := db.List(ctx, tx, scanOrg, `SELECT `+orgColumns+` FROM org o WHERE o.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, o := range os {
			out[o.ID] = o.standing(tx.Now)
		}
	}
	return out, nil
}

// AccountNames returns the names of the accounts with the given ids, by id; unknown ids are left out. The caller authorises.
func (s *Service) AccountNames(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range slices.Chunk(ids, 400) {
		var a db.Args
		as, err := db.List(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM account a WHERE a.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, x := range as {
			out[x.ID] = x.Name
		}
	}
	return out, nil
}
