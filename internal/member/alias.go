// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/orgname"
)

// NameKind says what sort of name an organisation is known by.
type NameKind string

// The kinds of names.
const (
	AliasName  NameKind = "alias"  // 简称、英文名
	FormerName NameKind = "former" // 曾用名
	TeamName   NameKind = "team"   // 团队、实验室
	DomainName NameKind = "domain" // of its e-mail and pages
)

// NameKinds lists them in the order in which they are shown.
var NameKinds = []NameKind{AliasName, FormerName, TeamName, DomainName}

// A Name is one by which an organisation is known beside NameZH and NameEN. A removed one stays on record.
type Name struct {
	ID, OrgID  string
	Kind       NameKind
	Name       string
	AddedBy    string // account
	AddedAt    time.Time
	RemovedBy  string // account
	RemovedAt  time.Time
	RemovedWhy string
}

// Standing reports whether the name counts.
func (n Name) Standing() bool { return n.RemovedAt.IsZero() }

// maxNames bounds what stands on an organisation's record.
const maxNames = 200

// mailHosts give addresses to everybody: such a domain says nothing about an organisation.
var mailHosts = []string{"126.com", "139.com", "163.com", "21cn.com", "aliyun.com", "fastmail.com", "foxmail.com", "github.com", "gitee.com", "gmail.com", "gmx.de", "googlemail.com", "hotmail.com", "icloud.com",
	"live.com", "mail.ru", "me.com", "msn.com", "outlook.com", "pm.me", "proton.me", "protonmail.com", "qq.com", "sina.com", "sina.cn", "sohu.com", "tutanota.com", "users.noreply.github.com", "vip.qq.com", "yahoo.com", "yandex.ru", "yeah.net"}

type (
	// NameAdded: an organisation is known by a further name.
	NameAdded struct {
		OrgID  string   `json:"org"`
		NameID string   `json:"name_id"`
		Sort   NameKind `json:"sort"`
		Name   string   `json:"name"`
	}
	// NameRemoved: a name no longer counts.
	NameRemoved struct {
		OrgID  string `json:"org"`
		NameID string `json:"name_id"`
		Name   string `json:"name"`
		Why    string `json:"why"`
	}
)

// Kind is the stored name.
func (NameAdded) Kind() string { return "member.name-added" }

// About puts it on the organisation's time line.
func (e NameAdded) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (NameRemoved) Kind() string { return "member.name-removed" }

// About puts it on the organisation's time line.
func (e NameRemoved) About() event.About { return about(e.OrgID) }

// keepsNames: who may say by which names an organisation is known: its own administrator, suspended or not, and the
// platform's people.
func keepsNames(by Actor, orgID string) error {
	own := by.Is(OrgAdmin) && orgID != "" && by.OrgID == orgID
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !own && !readsAll(by):
		if by.OrgID == orgID {
			return fault.Deny("fault.role")
		}
		return fault.Hidden()
	case !by.Allows(ScopeAdmin):
		return fault.Deny("fault.scope", ScopeAdmin)
	}
	return nil
}

// readsNames: they are read by the organisation's people, too.
func readsNames(by Actor, orgID string) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !readsAll(by) && (orgID == "" || by.OrgID != orgID):
		return fault.Hidden()
	case !by.Allows(ScopeAdmin):
		return fault.Deny("fault.scope", ScopeAdmin)
	}
	return nil
}

const nameColumns = `n.id, n.org_id, n.kind, n.name, n.added_by, n.added_at, n.removed_by, n.removed_at, n.removed_why`

func scanName(r db.Row) (n Name, err error) {
	var added, removed db.Time
	err = r.Scan(&n.ID, &n.OrgID, &n.Kind, &n.Name, &n.AddedBy, &added, &n.RemovedBy, &removed, &n.RemovedWhy)
	n.AddedAt, n.RemovedAt = added.Time, removed.Time
	return n, err
}

// AddName says by which further name an organisation is known. For the organisation's administrator and the platform's
// people. Faults: Invalid for a name that many have, or a domain that gives addresses to everybody; Conflict when the
// organisation is known by it already.
func (s *Service) AddName(ctx context.Context, by Actor, orgID string, kind NameKind, name string) (n Name, err error) {
	if err := keepsNames(by, orgID); err != nil {
		return Name{}, err
	}
	var f form
	name = f.known(kind, name)
	if err := f.Err(); err != nil {
		return Name{}, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := orgByID(ctx, tx, orgID, tx.ForUpdate())
		if err != nil {
			return err
		}
		standing, err := db.List(ctx, tx, scanName, `SELECT `+nameColumns+` FROM org_name n WHERE n.org_id = $1 AND n.removed_at IS NULL`, orgID)
		if err != nil {
			return err
		}
		if len(standing) >= maxNames {
			return fault.FieldError("name", "member.rule.count", "", maxNames)
		}
		if o.knownAs(kind, name, standing) {
			return fault.Clash("member.name-known", name)
		}
		n = Name{ID: newID(), OrgID: orgID, Kind: kind, Name: name, AddedBy: by.AccountID, AddedAt: tx.Now}
		if _, err := tx.Exec(ctx, `INSERT INTO org_name (id, org_id, kind, name, added_by, added_at, removed_by, removed_why) VALUES ($1,$2,$3,$4,$5,$6,'','')`,
			n.ID, n.OrgID, string(n.Kind), n.Name, n.AddedBy, db.At(n.AddedAt)); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), NameAdded{OrgID: orgID, NameID: n.ID, Sort: kind, Name: name})
		return err
	})
	if err != nil {
		return Name{}, fmt.Errorf("add name of organisation: %w", err)
	}
	return n, nil
}

// known is a name that can stand for one organisation.
func (f *form) known(kind NameKind, name string) string {
	f.That(slices.Contains(NameKinds, kind), "kind", "rule.one-of", string(TeamName), joined(NameKinds))
	name = f.required("name", name, maxShort, "烛照安全实验室")
	if kind != DomainName {
		f.That(name == "" || !orgname.Generic(name), "name", "member.rule.generic", "烛照安全实验室")
		return name
	}
	name = strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(name), "."), "@")
	f.That(name == "" || len(name) <= 253 && domainForm.MatchString(name), "name", "member.rule.domain", "example.com")
	f.That(!slices.Contains(mailHosts, name), "name", "member.rule.mail-host", "example.com")
	return name
}

func joined[T ~string](vs []T) string {
	words := make([]string, len(vs))
	for i, v := range vs {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

// knownAs reports whether the organisation is known by a name already, in any spelling.
func (o Org) knownAs(kind NameKind, name string, standing []Name) bool {
	if kind == DomainName {
		return slices.Contains(o.Domains, name) || slices.ContainsFunc(standing, func(n Name) bool { return n.Kind == DomainName && n.Name == name })
	}
	key := orgname.Key(name)
	return key == orgname.Key(o.NameZH) || key == orgname.Key(o.NameEN) ||
		slices.ContainsFunc(standing, func(n Name) bool { return n.Kind != DomainName && orgname.Key(n.Name) == key })
}

// RemoveName says that an organisation is not known by a name any more, and why. The name stays on record. For the
// organisation's administrator and the platform's people.
func (s *Service) RemoveName(ctx context.Context, by Actor, orgID, id, why string) error {
	if err := keepsNames(by, orgID); err != nil {
		return err
	}
	var f form
	why = f.required("why", why, maxLong, "")
	if err := f.Err(); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if !storable(id) {
			return fault.Missing()
		}
		n, err := db.Get(ctx, tx, scanName, `SELECT `+nameColumns+` FROM org_name n WHERE n.id = $1 AND n.org_id = $2`+tx.ForUpdate(), id, orgID)
		switch {
		case err != nil:
			return err
		case !n.Standing():
			return fault.Clash("member.name-removed-already")
		}
		if _, err := tx.Exec(ctx, `UPDATE org_name SET removed_by = $1, removed_at = $2, removed_why = $3 WHERE id = $4`, by.AccountID, db.At(tx.Now), why, id); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), NameRemoved{OrgID: orgID, NameID: id, Name: n.Name, Why: why})
		return err
	})
	if err != nil {
		return fmt.Errorf("remove name of organisation: %w", err)
	}
	return nil
}

// Names returns the names by which an organisation is known beside its own two, the removed ones last. For the
// organisation's people, administrators and staff.
func (s *Service) Names(ctx context.Context, by Actor, orgID string) (ns []Name, err error) {
	if err := readsNames(by, orgID); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := orgByID(ctx, tx, orgID, ""); err != nil {
			return err
		}
		ns, err = db.List(ctx, tx, scanName, `SELECT `+nameColumns+` FROM org_name n WHERE n.org_id = $1 ORDER BY CASE WHEN n.removed_at IS NULL THEN 0 ELSE 1 END, n.kind, n.added_at, n.id`, orgID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("names of organisation: %w", err)
	}
	return ns, nil
}
