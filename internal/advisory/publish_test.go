// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func TestNothingIsReadableBeforePublication(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		a, err := h.Draft(ctx, analyst, h.graded("FS-2021-000001", log4j2()))
		h.ok(err)
		_, err = h.Submit(ctx, analyst, a.ID)
		h.ok(err)
		unseen := func() {
			h.Helper()
			for table, text := range h.tables() {
				for _, word := range []string{secret, "Log4j2", "log4j-core", "44228", "JndiLookup", "GW-100"} {
					if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
						h.Errorf("table %s holds %q in clear", table, word)
					}
				}
			}
			for _, number := range []string{"FS-2021-000001", "CVE-2021-44228"} {
				_, _, err := h.PublicByNumber(ctx, number)
				h.want(err, fault.NotFound)
			}
			if as, _, err := h.Public(ctx, advisory.Filter{}); err != nil || len(as) != 0 {
				h.Errorf("drafts are listed: %+v, %v", as, err)
			}
		}
		unseen()
		for _, by := range []member.Actor{engineer, {AccountID: "auditor", Roles: []member.Role{member.Auditor}}, {AccountID: "admin", Roles: []member.Role{member.Administrator}}} {
			_, err := h.Get(ctx, by, a.ID)
			h.want(err, fault.Withheld)
			_, err = h.OfCase(ctx, by, a.CaseID)
			h.want(err, fault.Withheld)
			_, err = h.Publish(ctx, by, a.ID, h.rev(a.ID))
			h.want(err, fault.Withheld)
		}
		_, err = h.Get(ctx, member.Actor{}, a.ID)
		h.want(err, fault.Unauthenticated)
		_, err = h.Get(ctx, member.Actor{AccountID: "analyst", Roles: analyst.Roles, Scopes: []string{member.ScopeReport}}, a.ID)
		h.want(err, fault.Forbidden)
		unseen()
	})
}

func TestPublicationNeedsASecondPerson(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		a, err := h.Draft(ctx, analyst, h.graded("FS-2021-000001", log4j2()))
		h.ok(err)
		_, err = h.Publish(ctx, reviewer, a.ID, h.rev(a.ID))
		h.want(err, fault.Conflict) // nobody asked for a review
		_, err = h.Submit(ctx, analyst, a.ID)
		h.ok(err)
		_, err = h.Publish(ctx, analyst, a.ID, h.rev(a.ID))
		h.want(err, fault.Forbidden)
		supervisor := member.Actor{AccountID: "supervisor", Roles: []member.Role{member.Supervisor}}
		_, err = h.Publish(ctx, supervisor, a.ID, h.rev(a.ID))
		h.want(err, fault.Forbidden)
		// who changes a draft has written it: the review ends, and the other one must do it
		_, err = h.Edit(ctx, reviewer, a.ID, h.rev(a.ID), a.Content, "")
		h.ok(err)
		_, err = h.Publish(ctx, analyst, a.ID, h.rev(a.ID))
		h.want(err, fault.Conflict)
		_, err = h.Submit(ctx, reviewer, a.ID)
		h.ok(err)
		_, err = h.Publish(ctx, reviewer, a.ID, h.rev(a.ID))
		h.want(err, fault.Forbidden)
		out, err := h.Publish(ctx, analyst, a.ID, h.rev(a.ID))
		h.ok(err)
		if out.State != advisory.Public || out.ReviewedBy != "analyst" || out.DraftedBy != "reviewer" || !out.PublishedAt.Equal(h.clock.Now()) {
			h.Errorf("published %+v", out)
		}
		_, err = h.Publish(ctx, analyst, a.ID, h.rev(a.ID))
		h.want(err, fault.Conflict)
	})
}

func TestPublicationTakesTheCaseWithIt(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		a := h.published("FS-2021-000001", log4j2())
		h.ok(h.DB.View(ctx, func(tx *db.Tx) error {
			c, err := h.Cases.ContentTx(ctx, tx, a.CaseID)
			if err != nil {
				return err
			}
			if c.State != casework.Published || !c.PublishedAt.Equal(a.PublishedAt) {
				h.Errorf("case is %s since %v", c.State, c.PublishedAt)
			}
			n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM event WHERE kind = 'advisory.published'`)
			if n != 1 {
				h.Errorf("%d events", n)
			}
			return err
		}))
		for _, number := range []string{"FS-2021-000001", "fs-2021-000001", "CVE-2021-44228", "ghsa-JFH8-c2jp-5v3q"} {
			got, revs, err := h.PublicByNumber(ctx, number)
			if err != nil || got.ID != a.ID || len(revs) != 1 {
				h.Errorf("%s: %+v, %v", number, got, err)
			}
		}
	})
}

func TestRulesOfPublicationBlock(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		c := log4j2()
		c.Affected[0].Fixed = "" // no fix yet
		a, err := h.Draft(ctx, analyst, h.graded("FS-2021-000001", c))
		h.ok(err)
		try := func(change func(*advisory.Content), summary string) error {
			h.Helper()
			c := a.Content
			c.FixReady = true
			change(&c)
			_, err := h.Edit(ctx, analyst, a.ID, h.rev(a.ID), c, summary)
			h.ok(err)
			_, err = h.Submit(ctx, analyst, a.ID)
			h.ok(err)
			_, err = h.Publish(ctx, reviewer, a.ID, h.rev(a.ID))
			return err
		}
		h.want(try(func(c *advisory.Content) { c.FixReady = false }, ""), fault.Conflict)
		h.want(try(func(c *advisory.Content) { c.Description += " 目标 10.20.30.40" }, ""), fault.Conflict)
		h.want(try(func(c *advisory.Content) { c.WorkaroundEN += " ${jndi:ldap://x}" }, ""), fault.Conflict)
		h.want(try(func(c *advisory.Content) { c.Fix, c.Workaround = "", "" }, ""), fault.Conflict)
		h.want(try(func(c *advisory.Content) {}, "see 10.20.30.40"), fault.Conflict) // the summary is public too
		if _, _, err := h.PublicByNumber(ctx, a.Number); err == nil {
			h.Error("a blocked advisory is public")
		}
		h.ok(try(func(c *advisory.Content) {}, ""))
	})
}

func TestTheNextRevisionStaysUnseen(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		a := h.published("FS-2021-000001", log4j2())
		first := a.PublishedAt
		h.clock.Advance(18 * 24 * time.Hour)
		c := a.Content
		c.Affected[0].Fixed, c.TitleEN = "2.17.1", "next-"+secret
		c.Fix, c.FixEN, c.Aliases = "升级到 2.17.1。", "Upgrade to 2.17.1.", append(c.Aliases, "CVE-2021-45046")
		_, err := h.Edit(ctx, analyst, a.ID, 2, c, "")
		h.want(err, fault.Conflict) // it was revision 1 that everybody read
		next, err := h.Edit(ctx, analyst, a.ID, h.rev(a.ID), c, "2.15.0 does not mend it")
		h.ok(err)
		if next.Revision != 2 || next.State != advisory.Draft {
			h.Errorf("next is %+v", next)
		}
		got, revs, err := h.PublicByNumber(ctx, a.Number)
		h.ok(err)
		if got.Revision != 1 || got.Content.TitleEN != log4j2().TitleEN || len(revs) != 1 || got.State != advisory.Public {
			h.Errorf("everybody reads %+v", got)
		}
		_, _, err = h.PublicByNumber(ctx, "CVE-2021-45046")
		h.want(err, fault.NotFound)
		for table, text := range h.tables() {
			if strings.Contains(text, "next-"+secret) || strings.Contains(text, "does not mend") || strings.Contains(text, "45046") {
				h.Errorf("table %s holds the next revision in clear", table)
			}
		}
		h.release(a.ID)
		got, revs, err = h.PublicByNumber(ctx, "CVE-2021-45046")
		h.ok(err)
		if got.Revision != 2 || !got.PublishedAt.Equal(first) || !got.UpdatedAt.Equal(h.clock.Now()) || len(revs) != 2 || revs[1].Summary != "2.15.0 does not mend it" {
			h.Errorf("everybody reads %+v, %+v", got, revs)
		}
		d := h.CSAF(got, revs)
		if err := d.Check(); err != nil || d.Document.Tracking.Version != "2" || len(d.Document.Tracking.RevisionHistory) != 2 {
			h.Errorf("%v: %+v", err, d.Document.Tracking)
		}
	})
}

func TestOneCaseHasOneAdvisory(t *testing.T) {
	each(t, func(h *house) {
		for n := range 12 {
			id := h.graded(fmt.Sprintf("FS-2021-%06d", n+1), log4j2())
			var all sync.WaitGroup
			ids := make([]string, 8)
			for i := range ids {
				all.Go(func() {
					a, err := h.Draft(h.Context(), analyst, id)
					if err != nil {
						h.Error(err)
					}
					ids[i] = a.ID
				})
			}
			all.Wait()
			for _, x := range ids {
				if x == "" || x != ids[0] {
					h.Fatalf("advisories %v", ids)
				}
			}
		}
	})
}

func TestPagesAndSearch(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		c := log4j2()
		h.published("FS-2021-000001", c)
		c.Title, c.TitleEN, c.Aliases, c.Affected = "网关 100% 越权", "Gateway", []string{"CNVD-2021-1", "FS-2021-000001"}, c.Affected[1:]
		c.Affected[0].Fixed = "3.3"
		h.clock.Advance(time.Minute)
		h.published("FS-2021-000002", c)
		find := func(text string) (out string) {
			as, _, err := h.Public(ctx, advisory.Filter{Text: text})
			h.ok(err)
			for _, a := range as {
				out += a.Number[len(a.Number)-1:]
			}
			return out
		}
		for text, want := range map[string]string{"": "21", "cve-2021": "1", "远程": "1", "log4j2 remote": "1", "log4j-core": "1", "gw-100": "21", "100%": "2", "0%0": "", "_": "",
			"越权 gateway": "2", "越权 remote": "", "FS-2021-000002": "2", `\`: ""} {
			if got := find(text); got != want {
				h.Errorf("%q finds %q, want %q", text, got, want)
			}
		}
		as, next, err := h.Public(ctx, advisory.Filter{Limit: 1})
		if err != nil || len(as) != 1 || next == "" {
			h.Fatalf("first page: %v, %q, %v", as, next, err)
		}
		more, last, err := h.Public(ctx, advisory.Filter{Limit: 1, After: next})
		if err != nil || len(more) != 1 || more[0].ID == as[0].ID || last != "" {
			h.Errorf("second page: %v, %q, %v", more, last, err)
		}
		// an alias does not take over somebody else's number
		if a, _, err := h.PublicByNumber(ctx, "FS-2021-000001"); err != nil || a.Number != "FS-2021-000001" {
			h.Errorf("%s, %v", a.Number, err)
		}
	})
}

func TestEditsAreHeldToTheRules(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		a, err := h.Draft(ctx, analyst, h.graded("FS-2021-000001", log4j2()))
		h.ok(err)
		c := a.Content
		c.Title, c.TitleEN, c.CWE = " ", "", "502"
		c.References = append(c.References, casework.Reference{Kind: "web", URL: "javascript:alert(1)"})
		_, err = h.Edit(ctx, analyst, a.ID, h.rev(a.ID), c, "")
		h.want(err, fault.Invalid)
		for _, name := range []string{"content.title", "content.cwe", "content.references[2].url"} {
			if !strings.Contains(err.Error(), name+":") {
				h.Errorf("%v does not name %s", err, name)
			}
		}
		_, err = h.Edit(ctx, analyst, a.ID, h.rev(a.ID), a.Content, strings.Repeat("长", 1001))
		h.want(err, fault.Invalid)
		c = a.Content
		c.Exploited = "perhaps"
		_, err = h.Edit(ctx, analyst, a.ID, h.rev(a.ID), c, "")
		h.want(err, fault.Invalid)
		// what the database of one engine cannot hold is gone before it gets there; numbers and grades are not the editor's
		c = a.Content
		c.Title, c.Number, c.Composite, c.Grades = "一\x00二", "FS-2021-000099", "low", nil
		_, err = h.Edit(ctx, analyst, a.ID, h.rev(a.ID), c, "sum\x00mary\n")
		h.ok(err)
		out := h.release(a.ID)
		if out.Content.Title != "一二" || out.Content.Number != "FS-2021-000001" || out.Content.Composite != "critical" || len(out.Content.Grades) != 3 {
			h.Errorf("published %+v", out.Content)
		}
		for _, g := range out.Content.Grades {
			if g.Rationale != "" || g.AccountID != "" {
				h.Errorf("a grade tells who gave it and why: %+v", g)
			}
		}
		if _, revs, err := h.PublicByNumber(ctx, a.Number); err != nil || revs[0].Summary != "sum mary" {
			h.Errorf("%+v, %v", revs, err)
		}
	})
}

// A reviewer publishes exactly the text he has read, and nobody writes over what another has written meanwhile.
func TestNothingIsPublishedUnread(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		a, err := h.Draft(ctx, analyst, h.graded("FS-2021-000001", log4j2()))
		h.ok(err)
		read, err := h.Submit(ctx, analyst, a.ID)
		h.ok(err)
		c := a.Content
		c.Title = "没有人读过的标题"
		_, err = h.Edit(ctx, analyst, a.ID, read.Rev, c, "")
		h.ok(err)
		_, err = h.Edit(ctx, reviewer, a.ID, read.Rev, a.Content, "")
		h.want(err, fault.Conflict) // somebody was faster
		_, err = h.Submit(ctx, analyst, a.ID)
		h.ok(err)
		_, err = h.Publish(ctx, reviewer, a.ID, read.Rev)
		h.want(err, fault.Conflict)
		now, err := h.Get(ctx, reviewer, a.ID)
		h.ok(err)
		if now.State != advisory.InReview || now.Content.Title != c.Title {
			h.Errorf("after both refusals: %s, %q", now.State, now.Content.Title)
		}
		_, err = h.Publish(ctx, reviewer, a.ID, now.Rev)
		h.ok(err)
	})
}

// A draft holds what the case holds: who reads it before its publication stands on the ledger of the case.
func TestReadersOfDraftsStandOnTheLedger(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		a, err := h.Draft(ctx, analyst, h.graded("FS-2021-000001", log4j2()))
		h.ok(err)
		readers := func() (n int) {
			h.ok(h.DB.View(ctx, func(tx *db.Tx) (err error) {
				n, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM case_read WHERE case_id = $1 AND account_id <> 'analyst'`, a.CaseID)
				return err
			}))
			return n
		}
		_, err = h.Get(ctx, reviewer, a.ID)
		h.ok(err)
		_, err = h.OfCase(ctx, member.Actor{AccountID: "supervisor", Roles: []member.Role{member.Supervisor}}, a.CaseID)
		h.ok(err)
		if n := readers(); n != 2 {
			h.Errorf("%d of 2 readers stand on the ledger", n)
		}
		h.release(a.ID)
		h.clock.Advance(24 * time.Hour)
		_, err = h.Get(ctx, reviewer, a.ID)
		h.ok(err)
		if n := readers(); n != 2 {
			h.Errorf("%d readers: what is public needs no ledger", n)
		}
	})
}
