// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

func TestWhoSeesWhatOfAnOrganisation(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		waiting, _, err := b.Join(ctx, member.Anonymous("web"), application())
		b.want("join", err, "", "")
		public := member.Org{ID: b.other.ID, Slug: "other", NameZH: "单位 other", NameEN: "Org other",
			Roles: []member.OrgRole{member.Operator, member.Finder}, Sector: "cloud", Status: member.Active}
		for _, c := range []struct {
			name string
			by   member.Actor
			id   string
			want member.Org
			kind fault.Kind
		}{
			{"nobody", member.Anonymous("web"), b.own.ID, member.Org{}, fault.Unauthenticated},
			{"own", b.as(member.Engineer), b.own.ID, b.own, ""},
			{"own, by any token", scoped(b.as(member.Engineer), member.ScopeReport), b.own.ID, b.own, ""},
			{"another", b.as(member.OrgAdmin), b.other.ID, public, ""},
			{"another, suspended actor", suspended(b.as(member.OrgAdmin)), b.other.ID, member.Org{}, fault.Withheld},
			{"own, suspended actor", suspended(b.as(member.OrgAdmin)), b.own.ID, b.own, ""},
			{"another, by a token", scoped(b.as(member.OrgAdmin), member.ScopeReport), b.other.ID, member.Org{}, fault.Forbidden},
			{"auditor", staff(member.Auditor), b.other.ID, public, ""},
			{"administrator", staff(member.Administrator), b.other.ID, b.other, ""},
			{"analyst", staff(member.Analyst), b.other.ID, b.other, ""},
			{"an applicant", b.as(member.OrgAdmin), waiting.ID, member.Org{}, fault.Withheld},
			{"an applicant, supervisor", staff(member.Supervisor), waiting.ID, waiting, ""},
			{"none", staff(member.Supervisor), "none", member.Org{}, fault.NotFound},
			{"none, without organisation", staff(member.Auditor), "", member.Org{}, fault.NotFound},
		} {
			got, err := b.Org(ctx, c.by, c.id)
			b.want(c.name, err, c.kind, "")
			if diff := cmp.Diff(c.want, got); diff != "" {
				b.Errorf("%s: %s", c.name, diff)
			}
		}
		b.suspend(b.other.ID)
		_, err = b.Org(ctx, b.as(member.OrgAdmin), b.other.ID)
		b.want("a suspended one", err, fault.Withheld, "")
		b.clock.Advance(24 * time.Hour)
		got, err := b.Org(ctx, b.as(member.OrgAdmin), b.other.ID)
		if diff := cmp.Diff(public, got); diff != "" || err != nil {
			b.Errorf("after its suspension: %v %s", err, diff)
		}
	})
}

func TestOrgs(t *testing.T) {
	each(t, func(b bench) {
		ctx, yes, no := context.Background(), true, false
		joined, _, err := b.Join(ctx, member.Anonymous("web"), application())
		b.want("join", err, "", "")
		odd := b.org("odd", member.Authority)
		b.suspend(b.other.ID)
		own, other, waiting, authority := b.own.Slug, b.other.Slug, joined.Slug, odd.Slug
		supervisor, engineer := staff(member.Supervisor), b.as(member.Engineer)
		for _, c := range []struct {
			name string
			by   member.Actor
			f    member.OrgFilter
			want []string
		}{
			{"all", supervisor, member.OrgFilter{}, []string{own, other, waiting, authority}},
			{"for a member", engineer, member.OrgFilter{}, []string{own, authority}},
			{"for a suspended member", member.Actor{AccountID: "x", OrgID: b.other.ID, Suspended: true}, member.OrgFilter{}, []string{other}},
			{"suspended", supervisor, member.OrgFilter{Status: member.Suspended}, []string{other}},
			{"suspended, for a member", engineer, member.OrgFilter{Status: member.Suspended}, nil},
			{"applicants", supervisor, member.OrgFilter{Status: member.Applicant}, []string{waiting}},
			{"applicants, for a member", engineer, member.OrgFilter{Status: member.Applicant}, nil},
			{"active", supervisor, member.OrgFilter{Status: member.Active}, []string{own, authority}},
			{"partners", supervisor, member.OrgFilter{Partner: &yes, Role: member.Finder}, []string{other, waiting}},
			{"no partners", supervisor, member.OrgFilter{Partner: &no}, nil},
			{"role", supervisor, member.OrgFilter{Role: member.Authority}, []string{authority}},
			{"sector", supervisor, member.OrgFilter{Sector: "software"}, []string{waiting}},
			{"English name", supervisor, member.OrgFilter{Text: "nanSHAN"}, []string{waiting}},
			{"Chinese name", supervisor, member.OrgFilter{Text: "山软"}, []string{waiting}},
			{"no wildcard", supervisor, member.OrgFilter{Text: "o_n"}, nil},
			{"no wildcard either", supervisor, member.OrgFilter{Text: "%"}, nil},
			{"a hidden field", engineer, member.OrgFilter{Text: "psirt"}, nil},
			{"first page", supervisor, member.OrgFilter{Limit: 2}, []string{own, other}},
			{"second page", supervisor, member.OrgFilter{Limit: 2, After: b.other.ID}, []string{waiting, authority}},
		} {
			got, err := b.Orgs(ctx, c.by, c.f)
			var slugs []string
			for _, o := range got {
				slugs = append(slugs, o.Slug)
				if c.by.OrgID != "" && o.ID != c.by.OrgID && (o.Email != "" || o.Partner || o.Domains != nil) {
					b.Errorf("%s: %+v shows more than is public", c.name, o)
				}
			}
			if diff := cmp.Diff(c.want, slugs); diff != "" || err != nil {
				b.Errorf("%s: %v %s", c.name, err, diff)
			}
		}
		for field, f := range map[string]member.OrgFilter{"limit": {Limit: 1001}, "role": {Role: `%`}, "status": {Status: "king"}, "text": {Text: "\x00"}} {
			_, err := b.Orgs(ctx, supervisor, f)
			b.want("filter", err, fault.Invalid, field)
		}
		_, err = b.Orgs(ctx, member.Anonymous("web"), member.OrgFilter{})
		b.want("nobody", err, fault.Unauthenticated, "")
		_, err = b.Orgs(ctx, scoped(supervisor, member.ScopeCase), member.OrgFilter{})
		b.want("token", err, fault.Forbidden, "fault.scope")
	})
}

func TestAccounts(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		analyst := b.account("", "analyst@platform.example", password, member.Analyst)
		stranger := member.Actor{AccountID: "x", OrgID: b.other.ID, Roles: []member.Role{member.OrgAdmin}}
		own := []member.Account{b.admin, b.engineer}
		for _, c := range []struct {
			name string
			by   member.Actor
			id   string
			want []member.Account
			kind fault.Kind
		}{
			{"nobody", member.Anonymous("web"), b.own.ID, nil, fault.Unauthenticated},
			{"own administrator", b.as(member.OrgAdmin), b.own.ID, own, ""},
			{"own engineer", b.as(member.Engineer), b.own.ID, nil, fault.Forbidden},
			{"another's administrator", stranger, b.own.ID, nil, fault.Withheld},
			{"administrator", staff(member.Administrator), b.own.ID, own, ""},
			{"duty officer", staff(member.DutyOfficer), b.own.ID, own, ""},
			{"auditor", staff(member.Auditor), b.own.ID, nil, fault.Withheld},
			{"staff without organisation", staff(member.Administrator), "", []member.Account{analyst}, ""},
			{"no organisation, somebody without one", staff(member.OrgAdmin), "", nil, fault.Withheld},
			{"token without scope", scoped(b.as(member.OrgAdmin), member.ScopeReport), b.own.ID, nil, fault.Forbidden},
		} {
			got, err := b.Accounts(ctx, c.by, c.id)
			b.want(c.name, err, c.kind, "")
			if diff := cmp.Diff(c.want, got); diff != "" {
				b.Errorf("%s: %s", c.name, diff)
			}
		}
		_, err := b.Account(ctx, "none")
		b.want("none", err, fault.NotFound, "")
	})
}

func TestReadersForOthers(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		one, two := b.org("notice", member.Authority), b.org("cert", member.Authority, member.Platform)
		err := b.db.View(ctx, func(tx *db.Tx) error {
			as, platform, err := b.OfficesTx(ctx, tx)
			if err != nil {
				return err
			}
			if platform != two.ID {
				b.Errorf("the platform is %q", platform)
			}
			if len(as) != 2 || as[0].ID != one.ID || as[1].ID != two.ID || len(as[0].WebhookSecret) != 32 {
				b.Errorf("authorities: %+v", as)
			}
			ids := []string{b.own.ID, "", "none", b.own.ID, two.ID}
			for i := range 1000 { // more than one statement takes
				ids = append(ids, fmt.Sprint("unknown", i))
			}
			os, err := b.OrgNames(ctx, tx, ids)
			if err != nil {
				return err
			}
			if len(os) != 2 || os[b.own.ID].Name("en") != "Org own" || os[two.ID].Name("zh-CN") != "单位 cert" || os[b.own.ID].WebhookSecret != nil {
				b.Errorf("names: %+v", os)
			}
			names, err := b.AccountNames(ctx, tx, slices.Concat(ids, []string{b.admin.ID}))
			if diff := cmp.Diff(map[string]string{b.admin.ID: "某人"}, names); diff != "" {
				b.Error(diff)
			}
			_, missing := b.OrgTx(ctx, tx, "none")
			b.want("none", missing, fault.NotFound, "")
			return err
		})
		b.want("read", err, "", "")
	})
}

func TestEveryEnumHasWords(t *testing.T) {
	var keys []string
	for _, r := range member.OrgRoles {
		keys = append(keys, "member.org-role."+string(r))
	}
	for _, r := range member.Roles {
		keys = append(keys, "member.role."+string(r))
	}
	for _, s := range member.Statuses {
		keys = append(keys, "member.status."+string(s))
	}
	for _, s := range member.AllScopes {
		keys = append(keys, "member.scope."+s)
	}
	for _, e := range []interface{ Kind() string }{member.Joined{}, member.Approved{}, member.Declined{}, member.OrgAdded{}, member.AccountAdded{},
		member.Configured{}, member.TokenIssued{}, member.TokenRevoked{}, member.OrgSuspended{}, member.OrgReinstated{}, member.OrgWarned{},
		member.OrgRestricted{}, member.MeasureLifted{}} {
		keys = append(keys, e.Kind())
	}
	for _, k := range keys {
		if !i18n.Has(k) {
			t.Errorf("no text for %s", k)
		}
	}
}
