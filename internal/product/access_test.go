// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"testing"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// TestWhoMayDoWhat tries every verb as everybody: what one may not see looks like what does not exist.
func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n", Versions: []string{"1"}})
		s := b.push(b.own, p, "1", cycloneDX("pkg:npm/a@1"))
		with := func(a member.Actor, change func(*member.Actor)) member.Actor { change(&a); return a }
		scopes := func(list ...string) func(*member.Actor) { return func(a *member.Actor) { a.Scopes = list } }
		suspended := func(a *member.Actor) { a.Suspended = true }
		role := func(r member.Role) func(*member.Actor) {
			return func(a *member.Actor) { a.Roles = []member.Role{r} }
		}
		for name, e := range map[string]struct {
			by           member.Actor
			read, change fault.Kind // "" for allowed
			seen         int        // products in the list, -1 for refused
		}{
			"its engineer":            {b.own, "", "", 1},
			"suspended":               {with(b.own, suspended), "", "", 1},
			"token":                   {with(b.own, scopes(member.ScopeProduct)), "", "", 1},
			"token without scope":     {with(b.own, scopes(member.ScopeReport, member.ScopeCase)), fault.Forbidden, fault.Forbidden, -1},
			"its administrator":       {with(b.own, role(member.OrgAdmin)), "", fault.Forbidden, 1},
			"another member":          {b.other, fault.Withheld, fault.Withheld, 0},
			"another's token":         {with(b.other, scopes(member.ScopeReport)), fault.Withheld, fault.Withheld, -1},
			"analyst":                 {b.people["analyst"], "", fault.Forbidden, 1},
			"duty officer":            {b.people["duty-officer"], "", fault.Forbidden, 1},
			"supervisor":              {b.people["supervisor"], "", fault.Forbidden, 1},
			"analyst's token":         {with(b.people["analyst"], scopes(member.ScopeCase)), "", fault.Forbidden, 1},
			"analyst's narrow token":  {with(b.people["analyst"], scopes(member.ScopeProduct)), fault.Forbidden, fault.Forbidden, -1},
			"auditor":                 {b.people["auditor"], fault.Withheld, fault.Withheld, 0},
			"administrator":           {b.people["administrator"], fault.Withheld, fault.Withheld, 0},
			"its own auditor":         {with(b.own, role(member.Auditor)), fault.Withheld, fault.Withheld, 0},
			"nobody":                  {member.Anonymous("web"), fault.Unauthenticated, fault.Unauthenticated, -1},
			"the platform":            {member.System(), "", "", 1},
			"somebody of no org":      {member.Actor{AccountID: "x", Roles: []member.Role{member.Engineer}}, fault.Withheld, fault.Withheld, 0},
			"a person without a role": {with(b.own, func(a *member.Actor) { a.Roles = nil }), fault.Withheld, fault.Withheld, 0},
		} {
			ctx := b.Context()
			check := func(verb string, err error, want fault.Kind) {
				t.Helper()
				if want == "" && err == nil {
					return
				}
				if got := fault.KindOf(err); err == nil || got != want {
					t.Errorf("%s, %s: got %v, want %q", name, verb, err, want)
				}
			}
			_, err := b.Get(ctx, e.by, p.ID)
			check("Get", err, e.read)
			_, err = b.SBOMs(ctx, e.by, p.ID)
			check("SBOMs", err, e.read)
			_, err = b.Components(ctx, e.by, s.ID, 0)
			check("Components", err, e.read)
			_, err = b.AddVersion(ctx, e.by, p.ID, "1")
			check("AddVersion", err, e.change)
			_, err = b.PushSBOM(ctx, e.by, p.ID, "1", cycloneDX("pkg:npm/a@1"))
			check("PushSBOM", err, e.change)
			_, err = b.PushSBOM(ctx, e.by, p.ID, "", []byte("nonsense"))
			if e.change != "" {
				check("PushSBOM of nonsense", err, e.change)
			}
			ps, _, err := b.List(ctx, e.by, product.Filter{})
			if len(ps) != max(e.seen, 0) || (err != nil) != (e.seen < 0) {
				t.Errorf("%s, List: %d products, %v", name, len(ps), err)
			}
			if ps, _, _ := b.List(ctx, e.by, product.Filter{OrgID: p.OrgID}); len(ps) != max(e.seen, 0) {
				t.Errorf("%s, List of the organisation: %d products", name, len(ps))
			}
		}
		for _, id := range []string{"", "x", "\x00", "00000000-0000-7000-8000-000000000000"} {
			_, err := b.Get(b.Context(), b.own, id)
			b.wantKind("Get of nothing", err, fault.NotFound)
			_, err = b.Components(b.Context(), b.own, id, 0)
			b.wantKind("Components of nothing", err, fault.NotFound)
			_, err = b.PushSBOM(b.Context(), b.own, id, "1", cycloneDX("pkg:npm/a@1"))
			b.wantKind("PushSBOM to nothing", err, fault.NotFound)
		}
		b.same("nothing was changed", []string{"1"}, b.list(`SELECT CAST(count(*) AS TEXT) FROM sbom`))
	})
}

func TestWhoMayRegister(t *testing.T) {
	each(t, func(b bench) {
		before := b.rows()
		for name, e := range map[string]struct {
			by   member.Actor
			org  string
			want fault.Kind
		}{
			"for another":       {b.other, b.own.OrgID, fault.Withheld},
			"analyst":           {b.people["analyst"], b.own.OrgID, fault.Forbidden},
			"analyst, own":      {b.people["analyst"], b.people["analyst"].OrgID, fault.Forbidden},
			"auditor, own":      {b.people["auditor"], b.people["auditor"].OrgID, fault.Forbidden},
			"administrator":     {b.people["administrator"], b.own.OrgID, fault.Withheld},
			"nobody":            {member.Anonymous("api"), b.own.OrgID, fault.Unauthenticated},
			"its administrator": {b.person(b.own.OrgID, member.OrgAdmin), b.own.OrgID, fault.Forbidden},
			"narrow token":      {member.Actor{AccountID: "x", OrgID: b.own.OrgID, Roles: []member.Role{member.Engineer}, Scopes: []string{}}, b.own.OrgID, fault.Forbidden},
		} {
			_, err := b.Register(b.Context(), e.by, product.Input{OrgID: e.org, Vendor: "v", Name: "n"})
			b.wantKind(name, err, e.want)
		}
		b.same("rows", before, b.rows())
	})
}

func TestList(t *testing.T) {
	each(t, func(b bench) {
		var want []string
		for _, n := range []string{"驿路 企业路由器", "Object_Storage 100%", "ERP"} {
			want = append([]string{b.register(b.own, product.Input{Vendor: "云帆", Name: n, NameEN: "en " + n, Model: "M-1"}).ID}, want...)
		}
		theirs := b.register(b.other, product.Input{Vendor: "云帆", Name: "another"})
		ids := func(by member.Actor, f product.Filter) (out []string) {
			t.Helper()
			for {
				ps, next, err := b.List(b.Context(), by, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range ps {
					out = append(out, p.ID)
				}
				if f.After = next; next == "" {
					return out
				}
			}
		}
		b.same("own", want, ids(b.own, product.Filter{}))
		b.same("by pages", want, ids(b.own, product.Filter{Limit: 1}))
		b.same("of another", []string(nil), ids(b.own, product.Filter{OrgID: b.other.OrgID}))
		b.same("all", append([]string{theirs.ID}, want...), ids(b.people["analyst"], product.Filter{Limit: 2}))
		b.same("of one", want, ids(b.people["analyst"], product.Filter{OrgID: b.own.OrgID}))
		for text, n := range map[string]int{"企业路由": 1, "object storage": 1, "ｅｒｐ": 1, "m_1": 3, "云 帆": 3, "100%": 1, "%": 1, "none": 0} {
			if got := ids(b.own, product.Filter{Text: text}); len(got) != n {
				t.Errorf("%q finds %d, want %d", text, len(got), n)
			}
		}
		for _, f := range []product.Filter{{Limit: -1}, {Limit: 201}, {After: "x"}, {OrgID: "x"}, {Text: "\x00a"}, {Text: "\xff"}} {
			_, _, err := b.List(b.Context(), b.own, f)
			b.wantKind("a bad filter", err, fault.Invalid)
		}
	})
}
