// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func TestIssueToken(t *testing.T) {
	each(t, func(b bench) {
		ctx, by := context.Background(), b.as(member.OrgAdmin)
		for _, c := range []struct {
			name   string
			by     member.Actor
			label  string
			scopes []string
			ttl    time.Duration
			want   fault.Kind
			about  string
		}{
			{"nobody", member.Anonymous("web"), "CI", member.AllScopes, 0, fault.Unauthenticated, ""},
			{"the system has no account", member.System(), "CI", member.AllScopes, 0, fault.Unauthenticated, ""},
			{"a token with every scope", scoped(by, member.AllScopes...), "CI", []string{member.ScopeReport}, 0, fault.Forbidden, "member.token-by-token"},
			{"a token without scope", scoped(by, []string{}...), "CI", []string{member.ScopeReport}, 0, fault.Forbidden, "member.token-by-token"},
			{"no name", by, " ", []string{member.ScopeReport}, 0, fault.Invalid, "name"},
			{"no scope", by, "CI", nil, 0, fault.Invalid, "scopes"},
			{"unknown scope", by, "CI", []string{"root"}, 0, fault.Invalid, "scopes"},
			{"already over", by, "CI", []string{member.ScopeReport}, -time.Second, fault.Invalid, "ttl"},
			{"too long", by, "CI", []string{member.ScopeReport}, 11 * 365 * 24 * time.Hour, fault.Invalid, "ttl"},
		} {
			plain, _, err := b.IssueToken(ctx, c.by, c.label, c.scopes, c.ttl)
			b.want(c.name, err, c.want, c.about)
			if plain != "" {
				b.Errorf("%s: a refused request gave a token", c.name)
			}
		}
		plain, token, err := b.IssueToken(ctx, suspended(by), "CI", []string{member.ScopeWarning, member.ScopeReport, member.ScopeReport}, time.Hour)
		b.want("issue", err, "", "")
		if !strings.HasPrefix(plain, "fst_") || len(plain) != 47 || b.count("token WHERE hash = $1", []byte(plain)) != 0 {
			b.Errorf("token %q, or it is stored in clear", plain)
		}
		if diff := cmp.Diff([]string{member.ScopeReport, member.ScopeWarning}, token.Scopes); diff != "" {
			b.Error(diff)
		}
		actor, err := b.ResolveToken(ctx, plain, "cli")
		b.want("resolve", err, "", "")
		want := member.Actor{AccountID: b.admin.ID, OrgID: b.own.ID, Name: "某人", Roles: []member.Role{member.OrgAdmin},
			OrgRoles: []member.OrgRole{member.Provider}, Scopes: token.Scopes, Via: "cli", Locale: "zh-CN"}
		if diff := cmp.Diff(want, actor); diff != "" {
			b.Error(diff)
		}
		token.UsedAt = b.clock.Now()
		got, err := b.Tokens(ctx, by)
		if diff := cmp.Diff([]member.Token{token}, got); diff != "" || err != nil {
			b.Errorf("%v %s", err, diff)
		}
		for _, bad := range []string{"", "fst_", plain + "A", plain[:46], strings.TrimPrefix(plain, "fst_"), "fst_\x00"} {
			_, err := b.ResolveToken(ctx, bad, "api")
			b.want("resolve "+bad, err, fault.Unauthenticated, "fault.sign-in")
		}
		b.clock.Advance(time.Hour)
		_, err = b.ResolveToken(ctx, plain, "api")
		b.want("at its end", err, fault.Unauthenticated, "fault.sign-in")
	})
}

func TestRevokeToken(t *testing.T) {
	each(t, func(b bench) {
		ctx, owner := context.Background(), member.Actor{AccountID: b.engineer.ID, OrgID: b.own.ID, Roles: []member.Role{member.Engineer}, Via: "web"}
		issue := func() (string, string) {
			b.Helper()
			plain, token, err := b.IssueToken(ctx, owner, "CI", []string{member.ScopeReport}, 0)
			b.want("issue", err, "", "")
			return plain, token.ID
		}
		plain, id := issue()
		stranger := member.Actor{AccountID: "x", OrgID: b.other.ID, Roles: []member.Role{member.OrgAdmin}, Via: "web"}
		for _, c := range []struct {
			name string
			by   member.Actor
			id   string
			want fault.Kind
		}{
			{"nobody", member.Anonymous("web"), id, fault.Unauthenticated},
			{"a colleague", b.as(member.Engineer), id, fault.Withheld},
			{"another organisation's administrator", stranger, id, fault.Withheld},
			{"staff without an organisation", staff(member.Analyst, member.OrgAdmin), id, fault.Withheld},
			{"the token itself", scoped(owner, member.ScopeReport), id, fault.Forbidden},
			{"an unknown one", owner, "none", fault.NotFound},
			{"an impossible one", owner, "\x00", fault.NotFound},
		} {
			b.want(c.name, b.RevokeToken(ctx, c.by, c.id), c.want, "")
		}
		_, err := b.ResolveToken(ctx, plain, "api")
		b.want("still valid", err, "", "")
		for _, by := range []member.Actor{owner, b.as(member.OrgAdmin), staff(member.Administrator)} {
			plain, id := issue()
			b.want("revoke", b.RevokeToken(ctx, by, id), "", "")
			b.want("revoke again", b.RevokeToken(ctx, by, id), "", "")
			_, err := b.ResolveToken(ctx, plain, "api")
			b.want("revoked", err, fault.Unauthenticated, "fault.sign-in")
		}
		if n := b.count("event WHERE kind = $1", "member.token-revoked"); n != 3 {
			b.Errorf("%d revocations are recorded, want 3", n)
		}
		own, err := b.Tokens(ctx, owner)
		if others, err2 := b.Tokens(ctx, b.as(member.OrgAdmin)); len(own) != 4 || len(others) != 0 || err != nil || err2 != nil {
			b.Errorf("%d own tokens, %d of somebody without: %v %v", len(own), len(others), err, err2)
		}
		_, err = b.Tokens(ctx, scoped(owner, member.ScopeReport))
		b.want("list by a token", err, fault.Forbidden, "fault.scope")
		_, err = b.Tokens(ctx, member.System())
		b.want("list by nobody", err, fault.Unauthenticated, "")
	})
}

// A suspended member keeps its tokens: it can still report.
func TestTokenOfSuspended(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		plain, _, err := b.IssueToken(ctx, b.as(member.OrgAdmin), "CI", []string{member.ScopeReport}, 0)
		b.want("issue", err, "", "")
		b.suspend(b.own.ID)
		actor, err := b.ResolveToken(ctx, plain, "api")
		if err != nil || !actor.Suspended || !actor.Allows(member.ScopeReport) || actor.Allows(member.ScopeAdmin) {
			b.Errorf("%+v, %v", actor, err)
		}
	})
}
