// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func TestNamesOfAnOrganisation(t *testing.T) {
	each(t, func(b bench) {
		ctx, admin := context.Background(), b.as(member.OrgAdmin)
		for _, c := range []struct {
			what       string
			by         member.Actor
			org        string
			kind       member.NameKind
			name       string
			want       fault.Kind
			about      string
			mayNotRead bool
		}{
			{"nobody", member.Anonymous("web"), b.own.ID, member.TeamName, "天枢实验室", fault.Unauthenticated, "", true},
			{"an engineer", b.as(member.Engineer), b.own.ID, member.TeamName, "天枢实验室", fault.Forbidden, "fault.role", false},
			{"somebody else's administrator", admin, b.other.ID, member.TeamName, "天枢实验室", fault.Withheld, "", true},
			{"an auditor", staff(member.Auditor), b.own.ID, member.TeamName, "天枢实验室", fault.Withheld, "", true},
			{"a token without scope", scoped(admin, member.ScopeReport), b.own.ID, member.TeamName, "天枢实验室", fault.Forbidden, "fault.scope", true},
			{"no kind", admin, b.own.ID, "nick", "天枢实验室", fault.Invalid, "kind", false},
			{"no name", admin, b.own.ID, member.TeamName, " ", fault.Invalid, "name", false},
			{"a name that many have", admin, b.own.ID, member.TeamName, "Cloud Security Team", fault.Invalid, "name", false},
			{"the same in Chinese", admin, b.own.ID, member.TeamName, "网络安全实验室", fault.Invalid, "name", false},
			{"no domain", admin, b.own.ID, member.DomainName, "天枢", fault.Invalid, "name", false},
			{"a domain of everybody", admin, b.own.ID, member.DomainName, "@QQ.com", fault.Invalid, "name", false},
			{"no such organisation", staff(member.Supervisor), "none", member.TeamName, "天枢实验室", fault.NotFound, "", true},
		} {
			_, err := b.AddName(ctx, c.by, c.org, c.kind, c.name)
			b.want(c.what, err, c.want, c.about)
			if _, err := b.Names(ctx, c.by, c.org); (err != nil) != c.mayNotRead {
				b.Errorf("%s reads: %v", c.what, err)
			}
		}
		team, err := b.AddName(ctx, admin, b.own.ID, member.TeamName, " 天枢实验室 ")
		b.want("add", err, "", "")
		_, err = b.AddName(ctx, staff(member.Analyst), b.own.ID, member.AliasName, "天枢 实验室")
		b.want("another spelling", err, fault.Conflict, "member.name-known")
		_, err = b.AddName(ctx, admin, b.own.ID, member.AliasName, b.own.NameZH)
		b.want("its own name", err, fault.Conflict, "member.name-known")
		_, err = b.AddName(ctx, staff(member.Administrator), b.own.ID, member.DomainName, "@Lab.Example.COM.")
		b.want("domain", err, "", "")
		b.want("without a reason", b.RemoveName(ctx, admin, b.own.ID, team.ID, ""), fault.Invalid, "why")
		b.want("of another organisation", b.RemoveName(ctx, staff(member.Supervisor), b.other.ID, team.ID, "x"), fault.NotFound, "")
		b.want("remove", b.RemoveName(ctx, admin, b.own.ID, team.ID, "已更名"), "", "")
		b.want("again", b.RemoveName(ctx, admin, b.own.ID, team.ID, "已更名"), fault.Conflict, "member.name-removed-already")
		ns, err := b.Names(ctx, b.as(member.Engineer), b.own.ID)
		b.want("list", err, "", "")
		if len(ns) != 2 || ns[0].Name != "lab.example.com" || ns[1].Standing() || ns[1].RemovedWhy != "已更名" || ns[1].RemovedBy != admin.AccountID {
			b.Errorf("%+v", ns)
		}
		if kinds := b.events(b.own.ID); !slices.Contains(kinds, "member.name-added") || !slices.Contains(kinds, "member.name-removed") {
			b.Error(kinds)
		}
	})
}

func TestAffiliations(t *testing.T) {
	each(t, func(b bench) {
		ctx, admin, supervisor := context.Background(), b.as(member.OrgAdmin), staff(member.Supervisor)
		in := member.AffiliationInput{Person: "Song Zhiyuan", Source: "https://talks.example.org/2021", From: b.clock.Now().AddDate(-1, 0, 0), Until: b.clock.Now().AddDate(0, 1, 0)}
		for what, c := range map[string]struct {
			change func(*member.AffiliationInput)
			about  string
		}{
			"no person":        {func(x *member.AffiliationInput) { x.Person = "" }, "person"},
			"no letter":        {func(x *member.AffiliationInput) { x.Person = "..." }, "person"},
			"unpublished":      {func(x *member.AffiliationInput) { x.Source = "" }, "source"},
			"no public link":   {func(x *member.AffiliationInput) { x.Source = "http://intranet/people" }, "source"},
			"ends before 'on'": {func(x *member.AffiliationInput) { x.Until = x.From.AddDate(0, 0, -1) }, "until"},
		} {
			x := in
			c.change(&x)
			_, err := b.AddAffiliation(ctx, supervisor, b.own.ID, x)
			b.want(what, err, fault.Invalid, c.about)
		}
		a, err := b.AddAffiliation(ctx, supervisor, b.own.ID, in)
		b.want("add", err, "", "")
		same := in
		same.Person = "zhiyuan SONG"
		_, err = b.AddAffiliation(ctx, admin, b.own.ID, same)
		b.want("twice", err, fault.Conflict, "member.affiliation-known")
		for at, want := range map[time.Time]bool{in.From.Add(-time.Hour): false, in.From: true, in.Until.Add(23 * time.Hour): true, in.Until.AddDate(0, 0, 1): false} {
			if a.At(at) != want {
				b.Errorf("at %s: %v", at, a.At(at))
			}
		}
		b.want("the platform disputes", b.DisputeAffiliation(ctx, supervisor, b.own.ID, a.ID, "x"), fault.Forbidden, "fault.role")
		b.want("an engineer disputes", b.DisputeAffiliation(ctx, b.as(member.Engineer), b.own.ID, a.ID, "x"), fault.Forbidden, "fault.role")
		b.want("dispute", b.DisputeAffiliation(ctx, admin, b.own.ID, a.ID, "此人从未任职"), "", "")
		b.want("again", b.DisputeAffiliation(ctx, admin, b.own.ID, a.ID, "x"), fault.Conflict, "member.affiliation-disputed-already")
		var known []member.Known
		b.want("known", b.DB.View(ctx, func(tx *db.Tx) (err error) { known, err = b.KnownTx(ctx, tx); return err }), "", "")
		i := slices.IndexFunc(known, func(k member.Known) bool { return k.ID == b.own.ID })
		if i < 0 || len(known[i].Affiliations) != 1 || !known[i].Affiliations[0].Disputed() {
			b.Fatalf("%+v", known)
		}
		b.want("remove", b.RemoveAffiliation(ctx, admin, b.own.ID, a.ID, "应本人要求"), "", "")
		b.want("again", b.RemoveAffiliation(ctx, admin, b.own.ID, a.ID, "应本人要求"), fault.Conflict, "member.affiliation-removed-already")
		as, err := b.Affiliations(ctx, supervisor, b.own.ID)
		b.want("list", err, "", "")
		if diff := cmp.Diff([]string{"", "", "应本人要求"}, []string{as[0].Person, as[0].Source, as[0].RemovedWhy}); len(as) != 1 || diff != "" {
			b.Error(diff)
		}
		if _, err := b.Affiliations(ctx, staff(member.Auditor), b.own.ID); !fault.Is(err, fault.Withheld) {
			b.Error(err)
		}
		if n := b.count("event WHERE payload LIKE '%Song%' OR payload LIKE '%talks.example%'"); n != 0 {
			b.Errorf("%d events hold the person, who cannot be erased there", n)
		}
	})
}
