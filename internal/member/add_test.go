// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func TestAddOrg(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		valid := member.OrgInput{Slug: "donghai", NameZH: "东海云", Roles: []member.OrgRole{member.Provider}}
		for _, c := range []struct {
			name  string
			by    member.Actor
			spoil func(*member.OrgInput)
			want  fault.Kind
			about string
		}{
			{"nobody", member.Anonymous("api"), nil, fault.Unauthenticated, ""},
			{"organisation's administrator", b.as(member.OrgAdmin), nil, fault.Forbidden, "fault.role"},
			{"token without scope", scoped(staff(member.Administrator), member.ScopeReport), nil, fault.Forbidden, "fault.scope"},
			{"slug in use", member.System(), func(in *member.OrgInput) { in.Slug = "own" }, fault.Conflict, "member.slug-taken"},
			{"slug", member.System(), func(in *member.OrgInput) { in.Slug = "../etc" }, fault.Invalid, "slug"},
			{"name", member.System(), func(in *member.OrgInput) { in.NameZH = "" }, fault.Invalid, "name_zh"},
			{"role", member.System(), func(in *member.OrgInput) { in.Roles = []member.OrgRole{"king"} }, fault.Invalid, "roles"},
			{"level", member.System(), func(in *member.OrgInput) { in.PartnerLevel = 4 }, fault.Invalid, "partner_level"},
			{"http", staff(member.Administrator), func(in *member.OrgInput) { in.WebhookURL = "http://a.example" }, fault.Invalid, "webhook_url"},
			{"short secret", member.System(), func(in *member.OrgInput) {
				in.WebhookURL, in.WebhookSecret = "https://a.example", []byte("short")
			}, fault.Invalid, "webhook_secret"},
		} {
			in := valid
			if c.spoil != nil {
				c.spoil(&in)
			}
			_, err := b.AddOrg(ctx, c.by, in)
			b.want(c.name, err, c.want, c.about)
		}
		if n := b.count("org"); n != 2 {
			b.Errorf("%d organisations after refusals, want 2", n)
		}
		in, secret := valid, []byte("0123456789abcdef0123456789abcdef")
		in.WebhookURL, in.WebhookSecret, in.PartnerLevel = "https://soc.donghai.example/hook", secret, 3
		o, err := b.AddOrg(ctx, staff(member.Administrator), in)
		b.want("add", err, "", "")
		if o.WebhookSecret != nil || !o.Partner || o.Country != "CN" || o.Status != member.Active {
			b.Errorf("added %+v", o)
		}
		got := b.whole(o.ID)
		if !bytes.Equal(got.WebhookSecret, secret) || b.count("org WHERE webhook_secret_sealed = $1", secret) != 0 {
			b.Error("the secret is lost, or stands in the database in clear")
		}
		got.WebhookSecret = nil
		if diff := cmp.Diff(o, got); diff != "" {
			b.Error(diff)
		}
		if len(b.whole(b.own.ID).WebhookSecret) != 32 {
			b.Error("no secret was made for a webhook that came without")
		}
		if diff := cmp.Diff([]string{"member.added"}, b.events(o.ID)); diff != "" {
			b.Error(diff)
		}
	})
}

func TestAddAccount(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		waiting, _, err := b.Join(ctx, member.Anonymous("web"), application())
		b.want("join", err, "", "")
		n := b.count("account")
		person := func(org string, roles ...member.Role) member.AccountInput {
			return member.AccountInput{OrgID: org, Email: "new@own.example", Name: "王芳", Roles: roles}
		}
		spoilt := func(spoil func(*member.AccountInput)) member.AccountInput {
			in := person(b.own.ID, member.Engineer)
			spoil(&in)
			return in
		}
		for _, c := range []struct {
			name  string
			by    member.Actor
			in    member.AccountInput
			want  fault.Kind
			about string
		}{
			{"nobody", member.Anonymous("web"), person(b.own.ID, member.Engineer), fault.Unauthenticated, ""},
			{"engineer", b.as(member.Engineer), person(b.own.ID, member.Engineer), fault.Forbidden, "fault.role"},
			{"another organisation's", b.as(member.OrgAdmin), person(b.other.ID, member.Engineer), fault.Forbidden, "fault.role"},
			{"raises itself to staff", b.as(member.OrgAdmin), person(b.own.ID, member.Engineer, member.Analyst), fault.Forbidden, "fault.role"},
			{"makes an administrator", b.as(member.OrgAdmin), person(b.own.ID, member.Administrator), fault.Forbidden, "fault.role"},
			{"without organisation", staff(member.OrgAdmin), person("", member.Engineer), fault.Forbidden, "fault.role"},
			{"token without scope", scoped(b.as(member.OrgAdmin), member.ScopeProduct), person(b.own.ID, member.Engineer), fault.Forbidden, "fault.scope"},
			{"no organisation for an engineer", member.System(), person("", member.Engineer), fault.Invalid, "org_id"},
			{"no such organisation", member.System(), person("none", member.Engineer), fault.NotFound, ""},
			{"applicant", member.System(), person(waiting.ID, member.Engineer), fault.Conflict, "member.not-member"},
			{"no role", member.System(), person(b.own.ID), fault.Invalid, "roles"},
			{"unknown role", member.System(), person(b.own.ID, "king"), fault.Invalid, "roles"},
			{"address in use", member.System(), spoilt(func(in *member.AccountInput) { in.Email = " ADMIN@own.example" }), fault.Conflict, "member.email-taken"},
			{"address", member.System(), spoilt(func(in *member.AccountInput) { in.Email = "new" }), fault.Invalid, "email"},
			{"name", member.System(), spoilt(func(in *member.AccountInput) { in.Name = "" }), fault.Invalid, "name"},
			{"language", member.System(), spoilt(func(in *member.AccountInput) { in.Locale = "fr" }), fault.Invalid, "locale"},
			{"password", member.System(), spoilt(func(in *member.AccountInput) { in.Password = "short" }), fault.Invalid, "password"},
		} {
			_, err := b.AddAccount(ctx, c.by, c.in)
			b.want(c.name, err, c.want, c.about)
		}
		if got := b.count("account"); got != n {
			b.Errorf("%d accounts after refusals, want %d", got, n)
		}
		b.suspend(b.own.ID)
		a, err := b.AddAccount(ctx, suspended(b.as(member.OrgAdmin)), person(b.own.ID, member.OrgAdmin, member.Engineer))
		b.want("a suspended organisation adds a person", err, "", "")
		if a.Locale != "zh-CN" || a.Status != member.AccountActive || a.OrgID != b.own.ID {
			b.Errorf("added %+v", a)
		}
		analyst, err := b.AddAccount(ctx, staff(member.Administrator), member.AccountInput{Email: "a@platform.example", Name: "A", Roles: []member.Role{member.Analyst}, Locale: "en"})
		b.want("staff", err, "", "")
		stored, err := b.Account(ctx, analyst.ID)
		if diff := cmp.Diff(analyst, stored); diff != "" || err != nil {
			b.Errorf("%v %s", err, diff)
		}
		_, _, err = b.Login(ctx, a.Email, "", "")
		b.want("no password is no password", err, fault.Unauthenticated, "member.login-failed")
	})
}

func TestConfigure(t *testing.T) {
	each(t, func(b bench) {
		ctx, admin := context.Background(), b.as(member.OrgAdmin)
		in := member.Channels{Email: "SOC@own.example", Phone: "+86 10 5550 0000", WebhookURL: "https://soc.own.example/hook"}
		for _, c := range []struct {
			name  string
			by    member.Actor
			id    string
			in    member.Channels
			want  fault.Kind
			about string
		}{
			{"nobody", member.Anonymous("web"), b.own.ID, in, fault.Unauthenticated, ""},
			{"engineer", b.as(member.Engineer), b.own.ID, in, fault.Forbidden, "fault.role"},
			{"administrator of the platform", staff(member.Administrator), b.own.ID, in, fault.Forbidden, "fault.role"},
			{"another organisation's", admin, b.other.ID, in, fault.Withheld, ""},
			{"no organisation's", member.Actor{AccountID: "x", Roles: admin.Roles}, "", in, fault.Withheld, ""},
			{"token without scope", scoped(admin, member.ScopeWarning), b.own.ID, in, fault.Forbidden, "fault.scope"},
			{"no address", admin, b.own.ID, member.Channels{}, fault.Invalid, "email"},
			{"http", admin, b.own.ID, member.Channels{Email: in.Email, WebhookURL: "http://soc.own.example"}, fault.Invalid, "webhook_url"},
			{"no host", admin, b.own.ID, member.Channels{Email: in.Email, WebhookURL: "https:///hook"}, fault.Invalid, "webhook_url"},
			{"a password in it", admin, b.own.ID, member.Channels{Email: in.Email, WebhookURL: "https://u:p@soc.own.example"}, fault.Invalid, "webhook_url"},
			{"no URL", admin, b.own.ID, member.Channels{Email: in.Email, WebhookURL: "https://soc.own.example/\x00"}, fault.Invalid, "webhook_url"},
			{"phone", admin, b.own.ID, member.Channels{Email: in.Email, Phone: strings.Repeat("1", 201)}, fault.Invalid, "phone"},
		} {
			_, secret, err := b.Configure(ctx, c.by, c.id, c.in)
			b.want(c.name, err, c.want, c.about)
			if secret != "" {
				b.Errorf("%s: a refused change gave a secret", c.name)
			}
		}
		o, secret, err := b.Configure(ctx, suspended(admin), b.own.ID, in)
		b.want("configure", err, "", "")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		got := b.whole(b.own.ID)
		if err != nil || len(raw) != 32 || !bytes.Equal(raw, got.WebhookSecret) || !strings.HasPrefix(secret, "whsec_") {
			b.Errorf("secret %q is not what deliveries are signed with (%v)", secret, err)
		}
		if o.Email != "soc@own.example" || got.WebhookURL != in.WebhookURL || o.WebhookSecret != nil {
			b.Errorf("configured %+v", o)
		}
		in.Phone = ""
		_, again, err := b.Configure(ctx, admin, b.own.ID, in)
		if err != nil || again != "" || !bytes.Equal(b.whole(b.own.ID).WebhookSecret, raw) {
			b.Errorf("the same address gave another secret (%v)", err)
		}
		_, _, err = b.Configure(ctx, admin, b.own.ID, in)
		b.want("nothing new", err, "", "")
		in.WebhookURL = ""
		_, _, err = b.Configure(ctx, admin, b.own.ID, in)
		if got := b.whole(b.own.ID); err != nil || got.WebhookURL != "" || got.WebhookSecret != nil {
			b.Errorf("a webhook taken away left %q and a secret of %d bytes (%v)", got.WebhookURL, len(got.WebhookSecret), err)
		}
		if diff := cmp.Diff([]string{"member.added", "member.account-added", "member.account-added", "member.configured", "member.configured", "member.configured"}, b.events(b.own.ID)); diff != "" {
			b.Error(diff)
		}
	})
}
