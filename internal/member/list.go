// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// OrgFilter narrows a list of organisations; the zero value asks for the first 100.
type OrgFilter struct {
	Status  Status
	Partner *bool
	Role    OrgRole
	Sector  string
	Text    string // part of a name
	After   string // id of the last one seen
	Limit   int    // 1 to 1000; 0 means 100
}

// Org returns an organisation: all of it to its own people (by any token), administrators and staff; to other members
// that see the directory the public fields of one that is listed in it. The webhook secret is never in it.
func (s *Service) Org(ctx context.Context, by Actor, id string) (o Org, err error) {
	if err := mayRead(by); err != nil && (id == "" || id != by.OrgID) {
		return Org{}, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		o, err = orgByID(ctx, tx, id, "")
		if o = o.standing(tx.Now); err == nil && (readsAll(by) || o.ID == by.OrgID) {
			o.Measures, err = measures(ctx, tx, o.ID)
		}
		return err
	})
	switch {
	case err != nil:
		return Org{}, fmt.Errorf("organisation %q: %w", id, err)
	case readsAll(by) || o.ID == by.OrgID:
		return o, nil
	case !o.Status.Keeps(ToBeListed) || !by.May(ToDirectory):
		return Org{}, fault.Hidden()
	}
	return o.public(), nil
}

// Orgs lists organisations in the order in which they came, as Org shows them.
func (s *Service) Orgs(ctx context.Context, by Actor, f OrgFilter) (os []Org, err error) {
	if err := mayRead(by); err != nil {
		return nil, err
	}
	var c form
	c.That(f.Limit >= 0 && f.Limit <= 1000, "limit", "member.rule.limit", "100")
	c.That(f.Role == "" || slices.Contains(OrgRoles, f.Role), "role", "member.rule.unknown", string(Provider))
	c.That(f.Status == "" || slices.Contains(Statuses, f.Status), "status", "member.rule.unknown", string(Active))
	f.Sector, f.Text, f.After = c.text("sector", f.Sector, maxShort), c.text("text", f.Text, maxShort), c.text("after", f.After, maxShort)
	if err := c.Err(); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		query, args := f.query(tx, by)
		os, err = db.List(ctx, tx, scanOrg, query, args...)
		for i := range os {
			if os[i] = os[i].standing(tx.Now); !readsAll(by) && os[i].ID != by.OrgID {
				os[i] = os[i].public()
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return os, nil
}

func (f OrgFilter) query(tx *db.Tx, by Actor) (string, db.Args) {
	var a db.Args
	where := []string{`o.id > ` + a.P(f.After)}
	add := func(cond string) { where = append(where, cond) }
	listed := func() string { return Keeping(ToBeListed, "o", now(&a, tx.Now)) }
	switch {
	case readsAll(by):
	case by.May(ToDirectory):
		add(`(` + listed() + ` OR o.id = ` + a.P(by.OrgID) + `)`)
	default:
		add(`o.id = ` + a.P(by.OrgID))
	}
	switch f.Status {
	case "":
	case Active:
		add(listed())
	case Suspended:
		add(`o.status = 'suspended' AND (o.suspended_until IS NULL OR o.suspended_until > ` + a.P(db.At(tx.Now)) + `)`)
	default:
		add(`o.status = ` + a.P(string(f.Status)))
	}
	if f.Partner != nil {
		add(`o.partner = ` + a.P(*f.Partner))
	}
	if f.Role != "" {
		add(`CAST(o.roles AS TEXT) LIKE ` + a.P(rolePattern(f.Role)))
	}
	if f.Sector != "" {
		add(`o.sector = ` + a.P(f.Sector))
	}
	if f.Text != "" {
		part := a.P(`%` + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(f.Text)) + `%`)
		add(`(lower(o.name_zh) LIKE ` + part + ` ESCAPE '\' OR lower(o.name_en) LIKE ` + part + ` ESCAPE '\')`)
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	return `SELECT ` + orgColumns + ` FROM org o WHERE ` + strings.Join(where, ` AND `) + ` ORDER BY o.id LIMIT ` + a.P(f.Limit), a
}

// public is what every member may know of another one.
func (o Org) public() Org {
	return Org{ID: o.ID, Slug: o.Slug, NameZH: o.NameZH, NameEN: o.NameEN, Roles: o.Roles, Sector: o.Sector, Status: o.Status}
}

func mayRead(by Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(ScopeAdmin):
		return fault.Deny("fault.scope", ScopeAdmin)
	}
	return nil
}

func readsAll(by Actor) bool { return by.Is(Administrator) || by.Staff() }

// Accounts lists the people of an organisation in the order in which they came; "" stands for staff without one. For
// administrators, staff and the organisation's own administrator.
func (s *Service) Accounts(ctx context.Context, by Actor, orgID string) (as []Account, err error) {
	if err := mayRead(by); err != nil {
		return nil, err
	}
	switch own := orgID != "" && orgID == by.OrgID; {
	case own && !readsAll(by) && !by.Is(OrgAdmin):
		return nil, fault.Deny("fault.role")
	case !own && !readsAll(by):
		return nil, fault.Hidden()
	case !storable(orgID):
		return nil, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		query, args := `SELECT `+accountColumns+` FROM account a WHERE a.org_id IS NULL ORDER BY a.id`, []any(nil)
		if orgID != "" {
			query, args = `SELECT `+accountColumns+` FROM account a WHERE a.org_id = $1 ORDER BY a.id`, []any{orgID}
		}
		as, err = db.List(ctx, tx, scanAccount, query, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	for i := range as {
		as[i].PasswordHash = ""
	}
	return as, nil
}

// Account returns a person, for the platform's own use: the caller authorises.
func (s *Service) Account(ctx context.Context, id string) (a Account, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if !storable(id) {
			return fault.Missing()
		}
		a, err = db.Get(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM account a WHERE a.id = $1`, id)
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("account %q: %w", id, err)
	}
	a.PasswordHash = ""
	return a, nil
}
