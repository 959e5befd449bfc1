// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// A bench is the service on one database, with two organisations.
type bench struct {
	*testing.T
	*member.Service
	db       *db.DB
	clock    *calendar.Driven
	own      member.Org // with an administrator and an engineer
	other    member.Org
	admin    member.Account
	engineer member.Account
}

const password = "correct horse battery"

func each(t *testing.T, test func(b bench)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ev, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		keys, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		b := bench{T: t, Service: &member.Service{DB: d, Events: &event.Log{DB: d, Evidence: ev}, Seal: keys}, db: d, clock: clock}
		b.own, b.other = b.org("own", member.Provider), b.org("other", member.Operator, member.Finder)
		b.admin = b.account(b.own.ID, "admin@own.example", password, member.OrgAdmin)
		b.engineer = b.account(b.own.ID, "engineer@own.example", "", member.Engineer)
		test(b)
	})
}

func (b bench) org(slug string, roles ...member.OrgRole) member.Org {
	b.Helper()
	o, err := b.AddOrg(context.Background(), member.System(), member.OrgInput{Slug: slug, NameZH: "单位 " + slug, NameEN: "Org " + slug, Roles: roles,
		Partner: true, PartnerLevel: 1, Sector: "cloud", Email: "psirt@" + slug + ".example", Domains: []string{slug + ".example"},
		WebhookURL: "http://127.0.0.1:1/" + slug})
	if err != nil {
		b.Fatal(err)
	}
	return o
}

func (b bench) account(org, email, password string, roles ...member.Role) member.Account {
	b.Helper()
	a, err := b.AddAccount(context.Background(), member.System(), member.AccountInput{OrgID: org, Email: email, Name: "某人", Roles: roles, Password: password})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// as is an account of the own organisation on the web.
func (b bench) as(roles ...member.Role) member.Actor {
	return member.Actor{AccountID: b.admin.ID, OrgID: b.own.ID, Roles: roles, Via: "web"}
}

// staff is a person of the platform.
func staff(roles ...member.Role) member.Actor {
	return member.Actor{AccountID: "staff", Roles: roles, Via: "web"}
}

func scoped(a member.Actor, scopes ...string) member.Actor { a.Scopes = scopes; return a }

func suspended(a member.Actor) member.Actor { a.Suspended = true; return a }

// want fails unless err is a fault of the kind and with the key or a field of the name; "" for none.
func (b bench) want(what string, err error, kind fault.Kind, about string) {
	b.Helper()
	if kind == "" {
		if err != nil {
			b.Errorf("%s: %v", what, err)
		}
		return
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind {
		b.Errorf("%s: %v, want %s", what, err, kind)
		return
	}
	found := about == "" || f.Key == about
	for _, x := range f.Fields {
		found = found || x.Name == about
	}
	if !found {
		b.Errorf("%s: %v says nothing of %s", what, err, about)
	}
}

// events are the kinds on an organisation's time line.
func (b bench) events(org string) (kinds []string) {
	b.Helper()
	err := b.db.View(context.Background(), func(tx *db.Tx) error {
		lines, err := event.TimeLine(context.Background(), tx, "org/"+org)
		for _, l := range lines {
			kinds = append(kinds, l.Kind)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return kinds
}

// count counts rows.
func (b bench) count(from string, args ...any) (n int) {
	b.Helper()
	err := b.db.View(context.Background(), func(tx *db.Tx) (err error) {
		n, err = db.Get(context.Background(), tx, db.Value[int], `SELECT count(*) FROM `+from, args...)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// exec changes the database behind the service's back.
func (b bench) exec(statement string) {
	b.Helper()
	err := b.db.Tx(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), statement)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// whole reads an organisation as deliveries see it.
func (b bench) whole(id string) (o member.Org) {
	b.Helper()
	err := b.db.View(context.Background(), func(tx *db.Tx) (err error) {
		o, err = b.OrgTx(context.Background(), tx, id)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return o
}

// suspend suspends an organisation for 24 hours.
func (b bench) suspend(id string) {
	b.Helper()
	at := b.clock.Now()
	b.want("suspend", b.enter(id, member.Measure{Number: "FS-Q-2021-000001", Kind: member.Suspended, From: at, Until: at.Add(24 * time.Hour)}), "", "")
}
