// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"testing"

	"github.com/fengsui/fengsui/internal/member"
)

// TestTokensDoWhatTheirScopesSay: a token opens its own door and no other.
func TestTokensDoWhatTheirScopesSay(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		report := c.do(rq{op: "submit-report", as: "engineer", body: object{"content": whole()}, want: 201}).text("report.id")
		h.settle()
		for _, x := range []struct {
			rq     rq
			who    string
			scopes []string // each of them alone suffices
		}{
			{rq{op: "submit-report", body: object{"content": whole()}, want: 201}, "engineer", []string{member.ScopeReport}},
			{rq{op: "get-report", path: []string{report}}, "engineer", []string{member.ScopeReport}},
			{rq{op: "get-report", path: []string{report}}, "analyst", []string{member.ScopeCase}},
			{rq{op: "register-product", body: object{"vendor": "v", "name": "n"}, want: 201}, "engineer", []string{member.ScopeProduct}},
			{rq{op: "list-products"}, "engineer", []string{member.ScopeProduct}},
			{rq{op: "list-warnings"}, "engineer", []string{member.ScopeWarning}},
			{rq{op: "list-tokens"}, "engineer", []string{member.ScopeAdmin}},
			{rq{op: "list-members"}, "administrator", []string{member.ScopeAdmin}},
		} {
			for _, scope := range member.AllScopes {
				want := 403
				for _, s := range x.scopes {
					if s == scope {
						want = x.rq.want
					}
				}
				h.tokens["scoped"] = h.token(x.who, scope)
				r := x.rq
				r.as, r.want = "scoped", want
				c.do(r)
			}
		}
		h.tokens["scoped"] = h.token("engineer", member.AllScopes...)
		list := c.do(rq{op: "list-tokens", as: "scoped"})
		c.do(rq{op: "revoke-token", as: "scoped", path: []string{list.text("items.0.id")}, want: 204})
		c.do(rq{op: "whoami", as: "scoped", want: 401})
	})
}

// TestNobodyIsAskedToSignIn: without a token only what is open answers, everything else asks for one.
func TestNobodyIsAskedToSignIn(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		open := map[string]bool{"join": true, "submit-report": true, "report-status": true, "explain-duties": true, "list-advisories": true, "get-advisory": true, "get-evidence": true,
			"list-law-packs": true, "get-law-pack": true, "get-law-pack-text": true, "get-policy": true, "list-decisions": true, "get-decision": true, "get-evaluation-scheme": true,
			"list-vulnerabilities": true, "get-vulnerability": true, "get-vulnerability-record": true, "list-transparency-editions": true, "get-transparency": true, "get-transparency-edition": true, "get-transparency-receipt": true,
			"take-in-mail": true} // by the secret of the mail gateway; without it nothing is there
		for id, op := range c.ops {
			a := c.send(op.method, placeholder.ReplaceAllString(op.path, "x"), rq{body: []byte(`{}`)})
			if got := a.status != 401; got != open[id] {
				t.Errorf("%s answers nobody with %d", id, a.status)
			}
			c.check(op, a)
		}
	})
}
