// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func application() member.JoinInput {
	return member.JoinInput{NameZH: "南山软件有限公司", NameEN: "Nanshan Software, Ltd.", Roles: []member.OrgRole{member.Finder, member.Provider, member.Finder},
		Partner: true, Sector: "software", Country: "CN", Email: " PSIRT@nanshan.example", Domains: []string{"nanshan.example", "Nanshan.example."},
		Why: "我们希望\n共享信息", PersonName: "李明", PersonEmail: "li@nanshan.example", Password: password}
}

func TestJoinApproveSignIn(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		o, a, err := b.Join(ctx, member.Anonymous("web"), application())
		if err != nil {
			b.Fatal(err)
		}
		got := []any{o.Status, o.Slug, o.Email, o.Roles, o.Domains, a.Email, a.Status, a.Roles, a.PasswordHash}
		want := []any{member.Applicant, "nanshan-software-ltd", "psirt@nanshan.example", []member.OrgRole{member.Provider, member.Finder},
			[]string{"nanshan.example"}, "li@nanshan.example", member.AccountInvited, []member.Role{member.OrgAdmin}, ""}
		if diff := cmp.Diff(want, got); diff != "" {
			b.Error(diff)
		}
		_, _, err = b.Login(ctx, a.Email, password, "")
		b.want("an applicant signs in", err, fault.Forbidden, "member.waiting")
		_, _, err = b.Login(ctx, a.Email, "wrong wrong wrong", "")
		b.want("somebody asks whether there is an applicant", err, fault.Unauthenticated, "member.login-failed")
		_, err = b.LoginAs(ctx, a.ID, "")
		b.want("an applicant signs in by the demo", err, fault.Conflict, "member.account-closed")
		approved, err := b.Approve(ctx, staff(member.Administrator), o.ID, 2)
		b.want("approve", err, "", "")
		o.Status, o.PartnerLevel = member.Active, 2
		if diff := cmp.Diff(o, approved); diff != "" {
			b.Error(diff)
		}
		session, _, err := b.Login(ctx, "LI@nanshan.example ", password, "")
		b.want("a member signs in", err, "", "")
		actor, err := b.ResolveSession(ctx, session.Token, "web")
		b.want("resolve", err, "", "")
		if actor.OrgID != o.ID || !actor.Is(member.OrgAdmin) || actor.Staff() {
			b.Errorf("signed in as %+v", actor)
		}
		if diff := cmp.Diff([]string{"member.joined", "member.approved"}, b.events(o.ID)); diff != "" {
			b.Error(diff)
		}
		again := application()
		again.PersonEmail = "wang@nanshan.example"
		second, _, err := b.Join(ctx, member.Anonymous("web"), again)
		if err != nil || !strings.HasPrefix(second.Slug, "nanshan-software-ltd-") {
			b.Errorf("a second one of the same name: %q, %v", second.Slug, err)
		}
	})
}

func TestJoinRefuses(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		for _, c := range []struct {
			field string
			spoil func(*member.JoinInput)
		}{
			{"name_zh", func(in *member.JoinInput) { in.NameZH, in.NameEN = "", " " }},
			{"name_en", func(in *member.JoinInput) { in.NameEN = strings.Repeat("n", 201) }},
			{"name_zh", func(in *member.JoinInput) { in.NameZH = "南\x00山" }},
			{"name_zh", func(in *member.JoinInput) { in.NameZH = "\xff" }},
			{"roles", func(in *member.JoinInput) { in.Roles = nil }},
			{"roles", func(in *member.JoinInput) { in.Roles = []member.OrgRole{member.Authority} }},
			{"roles", func(in *member.JoinInput) { in.Roles = []member.OrgRole{member.Provider, member.Platform} }},
			{"country", func(in *member.JoinInput) { in.Country = "China" }},
			{"email", func(in *member.JoinInput) { in.Email = "" }},
			{"email", func(in *member.JoinInput) { in.Email = "PSIRT <psirt@nanshan.example>" }},
			{"email", func(in *member.JoinInput) { in.Email = "a@b.example\r\nBcc: c@d.example" }},
			{"domains", func(in *member.JoinInput) { in.Domains = []string{"https://nanshan.example"} }},
			{"domains", func(in *member.JoinInput) {
				for i := range 60 {
					in.Domains = append(in.Domains, fmt.Sprintf("d%d.example", i))
				}
			}},
			{"why", func(in *member.JoinInput) { in.Why = "\n" }},
			{"person_name", func(in *member.JoinInput) { in.PersonName = "" }},
			{"person_email", func(in *member.JoinInput) { in.PersonEmail = "li" }},
			{"password", func(in *member.JoinInput) { in.Password = "short" }},
			{"password", func(in *member.JoinInput) { in.Password = strings.Repeat("p", 201) }},
		} {
			in := application()
			c.spoil(&in)
			_, _, err := b.Join(ctx, member.Anonymous("web"), in)
			b.want("spoilt "+c.field, err, fault.Invalid, c.field)
		}
		in := application()
		in.PersonEmail = "Admin@own.example"
		_, _, err := b.Join(ctx, member.Anonymous("web"), in)
		b.want("an address in use", err, fault.Conflict, "member.email-taken")
		_, _, err = b.Join(ctx, scoped(b.as(member.Engineer), member.ScopeReport), application())
		b.want("a token without scope", err, fault.Forbidden, "fault.scope")
		if n := b.count("org"); n != 2 {
			b.Errorf("%d organisations after refused applications, want 2", n)
		}
	})
}

func TestDecline(t *testing.T) {
	each(t, func(b bench) {
		ctx, admin := context.Background(), staff(member.Administrator)
		o, a, err := b.Join(ctx, member.Anonymous("web"), application())
		b.want("join", err, "", "")
		b.want("without a reason", b.Decline(ctx, admin, o.ID, " "), fault.Invalid, "why")
		b.want("decline", b.Decline(ctx, admin, o.ID, "资料不全"), "", "")
		b.want("again", b.Decline(ctx, admin, o.ID, "资料不全"), fault.Conflict, "member.not-applicant")
		_, err = b.Approve(ctx, admin, o.ID, 1)
		b.want("approve a declined one", err, fault.Conflict, "member.not-applicant")
		_, _, err = b.Login(ctx, a.Email, password, "")
		b.want("sign in", err, fault.Unauthenticated, "member.login-failed")
		_, _, err = b.Join(ctx, member.Anonymous("web"), application())
		b.want("apply again", err, "", "")
		if diff := cmp.Diff([]string{"member.joined", "member.declined"}, b.events(o.ID)); diff != "" {
			b.Error(diff)
		}
	})
}

func TestApproveIsForAdministrators(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		o, _, err := b.Join(ctx, member.Anonymous("web"), application())
		b.want("join", err, "", "")
		for _, c := range []struct {
			name string
			by   member.Actor
			id   string
			want fault.Kind
		}{
			{"nobody", member.Anonymous("web"), o.ID, fault.Unauthenticated},
			{"organisation's administrator", b.as(member.OrgAdmin), o.ID, fault.Forbidden},
			{"supervisor", staff(member.Supervisor, member.Auditor), o.ID, fault.Forbidden},
			{"token without scope", scoped(staff(member.Administrator), member.ScopeCase), o.ID, fault.Forbidden},
			{"token with no scope at all", scoped(staff(member.Administrator), []string{}...), o.ID, fault.Forbidden},
			{"no such organisation", staff(member.Administrator), "none", fault.NotFound},
			{"no possible organisation", staff(member.Administrator), "\x00", fault.NotFound},
			{"a member", staff(member.Administrator), b.own.ID, fault.Conflict},
		} {
			_, err := b.Approve(ctx, c.by, c.id, 1)
			b.want("approve by "+c.name, err, c.want, "")
			b.want("decline by "+c.name, b.Decline(ctx, c.by, c.id, "理由"), c.want, "")
		}
		for _, level := range []int{-1, 4} {
			_, err := b.Approve(ctx, staff(member.Administrator), o.ID, level)
			b.want("approve at an unknown level", err, fault.Invalid, "partner_level")
		}
		got, err := b.Approve(ctx, scoped(staff(member.Administrator), member.ScopeAdmin), o.ID, 0)
		if err != nil || got.Partner {
			b.Errorf("approved without a level: partner %v, %v", got.Partner, err)
		}
	})
}
