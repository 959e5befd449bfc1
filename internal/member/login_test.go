// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Known or not, an address gets the same answers: failed ten times, then locked for a quarter of an hour.
func TestLoginGivesNothingAway(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		for _, email := range []string{b.admin.Email, b.engineer.Email, "nobody@own.example", "no address", "\x00\xff"} {
			for n := range 12 {
				_, _, err := b.Login(ctx, email, "wrong wrong wrong", "")
				if n < 10 {
					b.want(fmt.Sprintf("attempt %d for %q", n+1, email), err, fault.Unauthenticated, "member.login-failed")
				} else {
					b.want(fmt.Sprintf("attempt %d for %q", n+1, email), err, fault.Limited, "member.locked")
				}
			}
		}
		_, _, err := b.Login(ctx, b.admin.Email, password, "")
		b.want("the right password while locked", err, fault.Limited, "member.locked")
		b.clock.Advance(15*time.Minute - time.Second)
		_, _, err = b.Login(ctx, b.admin.Email, password, "")
		b.want("a second before the end", err, fault.Limited, "member.locked")
		b.clock.Advance(time.Second)
		_, _, err = b.Login(ctx, b.admin.Email, password, "")
		b.want("after the end", err, "", "")
		if n := b.count("login_failure"); n != 4 {
			b.Errorf("%d addresses have failures, want 4: a success forgets them", n)
		}
		if n, err := b.Purge(ctx); n != 4 || err != nil {
			b.Errorf("purged %d, %v; want 4", n, err)
		}
	})
}

// Guessing in parallel gets no more guesses than guessing in turn.
func TestLockoutHoldsInParallel(t *testing.T) {
	each(t, func(b bench) {
		var guesses atomic.Int32
		var wg sync.WaitGroup
		for range 24 {
			wg.Go(func() {
				_, _, err := b.Login(context.Background(), b.admin.Email, "wrong wrong wrong", "")
				if fault.Is(err, fault.Unauthenticated) {
					guesses.Add(1)
				} else if !fault.Is(err, fault.Limited) {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		if n := guesses.Load(); n != 10 {
			b.Errorf("%d guesses were answered, want 10", n)
		}
	})
}

func TestLoginRefusesLongPasswords(t *testing.T) {
	each(t, func(b bench) {
		_, _, err := b.Login(context.Background(), b.admin.Email, password+strings.Repeat("x", 1<<20), "")
		b.want("a megabyte", err, fault.Unauthenticated, "member.login-failed")
	})
}

func TestSessionLifetime(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		session, a, err := b.Login(ctx, b.admin.Email, password, "Browser\x00\xff 1\n")
		if err != nil {
			b.Fatal(err)
		}
		if a.PasswordHash != "" || !a.LastLoginAt.Equal(b.clock.Now()) || !session.ExpiresAt.Equal(b.clock.Now().Add(7*24*time.Hour)) {
			b.Errorf("%+v until %v", a, session.ExpiresAt)
		}
		want := member.Actor{AccountID: b.admin.ID, OrgID: b.own.ID, Name: "某人", Roles: []member.Role{member.OrgAdmin},
			OrgRoles: []member.OrgRole{member.Provider}, Via: "web", Locale: "zh-CN"}
		got, err := b.ResolveSession(ctx, session.Token, "web")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			b.Errorf("%v %s", err, diff)
		}
		if b.count("session WHERE agent = $1", "Browser 1") != 1 || b.count("session WHERE hash = $1", []byte(session.Token)) != 0 {
			b.Error("the session is stored otherwise than thought")
		}
		for range 15 { // used every 11 hours it lasts until the seventh day
			b.clock.Advance(11 * time.Hour)
			_, err := b.ResolveSession(ctx, session.Token, "web")
			b.want("in use", err, "", "")
		}
		b.clock.Set(session.ExpiresAt)
		_, err = b.ResolveSession(ctx, session.Token, "web")
		b.want("after 7 days", err, fault.Unauthenticated, "fault.sign-in")
		idle, err := b.LoginAs(ctx, b.engineer.ID, "demo")
		b.want("persona", err, "", "")
		b.clock.Advance(12*time.Hour - time.Second)
		_, err = b.ResolveSession(ctx, idle.Token, "web")
		b.want("just in time", err, "", "")
		b.clock.Advance(12 * time.Hour)
		_, err = b.ResolveSession(ctx, idle.Token, "web")
		b.want("idle", err, fault.Unauthenticated, "fault.sign-in")
		if n, err := b.Purge(ctx); n != 2 || err != nil || b.count("session") != 0 {
			b.Errorf("purged %d, %v; want both sessions", n, err)
		}
	})
}

// The time of use is written at most once a minute, so that reading does not cost a write.
func TestSeenIsWrittenOncePerMinute(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		session, err := b.LoginAs(ctx, b.engineer.ID, "")
		b.want("persona", err, "", "")
		plain, _, err := b.IssueToken(ctx, b.as(member.Engineer), "CI", []string{member.ScopeReport}, 0)
		b.want("issue", err, "", "")
		use := func() {
			b.Helper()
			_, err := b.ResolveSession(ctx, session.Token, "web")
			b.want("session", err, "", "")
			_, err = b.ResolveToken(ctx, plain, "api")
			b.want("token", err, "", "")
		}
		stamped := func() int {
			return b.count("session WHERE seen_at > created_at") + b.count("token WHERE used_at > created_at")
		}
		use()
		b.clock.Advance(time.Minute - time.Microsecond)
		if use(); stamped() != 0 {
			b.Error("written within a minute")
		}
		b.clock.Advance(time.Microsecond)
		if use(); stamped() != 2 {
			b.Error("not written after a minute")
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		session, err := b.LoginAs(ctx, b.engineer.ID, "")
		b.want("persona", err, "", "")
		b.suspend(b.own.ID)
		actor, err := b.ResolveSession(ctx, session.Token, "web")
		if err != nil || !actor.Suspended {
			b.Errorf("a suspended member must still get in, as suspended: %+v, %v", actor, err)
		}
		b.clock.Advance(24 * time.Hour)
		session, err = b.LoginAs(ctx, b.engineer.ID, "")
		b.want("persona", err, "", "")
		if actor, err = b.ResolveSession(ctx, session.Token, "web"); err != nil || actor.Suspended {
			b.Errorf("the suspension outlives its end: %+v, %v", actor, err)
		}
		for range 2 {
			b.want("logout", b.Logout(ctx, session.Token), "", "")
		}
		for _, token := range []string{session.Token, "", "\x00", session.Token + "x"} {
			_, err = b.ResolveSession(ctx, token, "web")
			b.want("no session", err, fault.Unauthenticated, "fault.sign-in")
		}
		_, err = b.LoginAs(ctx, "nobody\x00", "")
		b.want("nobody", err, fault.NotFound, "")
	})
}

// What ends with the account or its organisation: sessions, tokens, signing in.
func TestClosedAccountsAreClosedEverywhere(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		session, err := b.LoginAs(ctx, b.admin.ID, "")
		b.want("persona", err, "", "")
		plain, _, err := b.IssueToken(ctx, b.as(member.OrgAdmin), "CI", member.AllScopes, 0)
		b.want("issue", err, "", "")
		for _, end := range []struct{ now, back string }{
			{`UPDATE account SET status = 'closed'`, `UPDATE account SET status = 'active'`},
			{`UPDATE org SET status = 'left'`, `UPDATE org SET status = 'active'`},
			{`UPDATE org SET status = 'applicant'`, `UPDATE org SET status = 'active'`},
		} {
			b.exec(end.now)
			_, err = b.ResolveSession(ctx, session.Token, "web")
			b.want(end.now+": session", err, fault.Unauthenticated, "fault.sign-in")
			_, err = b.ResolveToken(ctx, plain, "api")
			b.want(end.now+": token", err, fault.Unauthenticated, "fault.sign-in")
			_, _, err = b.Login(ctx, b.admin.Email, password, "")
			b.want(end.now+": login", err, fault.Unauthenticated, "member.login-failed")
			_, err = b.LoginAs(ctx, b.admin.ID, "")
			b.want(end.now+": persona", err, fault.Conflict, "member.account-closed")
			b.exec(end.back)
			_, err = b.ResolveSession(ctx, session.Token, "web")
			b.want(end.back, err, "", "")
		}
	})
}

// A damaged hash is our fault, not the person's, and does not show in the error.
func TestDamagedHash(t *testing.T) {
	each(t, func(b bench) {
		for _, hash := range []string{"x", "$argon2id$v=19$m=1,t=1,p=1$$", "$argon2id$v=19$m=8,t=0,p=0$c2FsdHNhbHRzYWx0$a2V5", "$argon2id$v=18$m=8,t=1,p=1$c2FsdA$a2V5", "$argon2id$v=19$m=8,t=1,p=1$!$a2V5"} {
			b.exec(`UPDATE account SET password_hash = '` + hash + `'`)
			_, _, err := b.Login(context.Background(), b.admin.Email, password, "")
			if fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), hash[1:]) && hash != "x" {
				b.Errorf("%s: %v", hash, err)
			}
		}
	})
}
