// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// A house is a platform with its people, a partner unit that finds things, and another member.
type house struct {
	*credit.Service
	*testing.T
	ctx     context.Context
	clock   *calendar.Driven
	reports *report.Service

	platform, cloud, other               member.Org
	supervisor, analyst, auditor         member.Actor
	engineer, admin, stranger, applicant member.Actor // engineer and admin are of cloud, stranger of other
}

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		ring, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			log.Run(ctx, 20*time.Millisecond, func(err error) { t.Error(err) })
		}()
		t.Cleanup(func() { cancel(); <-stopped })
		h := &house{T: t, ctx: t.Context(), clock: clock}
		events := &event.Log{DB: d, Evidence: log}
		rules := &rulebook.Book{DB: d, Events: events}
		duties := &duty.Service{DB: d, Packs: rules}
		members := &member.Service{DB: d, Events: events, Seal: ring}
		blobs := blob.Store{Dir: t.TempDir(), Seal: ring}
		products := &product.Service{DB: d, Events: events, Blobs: blobs}
		h.reports = &report.Service{DB: d, Events: events, Evidence: log, Seal: ring, Duties: duties, Blobs: blobs, Prefix: "FS"}
		cases := &casework.Service{DB: d, Events: events, Seal: ring, Duties: duties, Reports: h.reports, Products: products, Prefix: "FS", BaseURL: "https://fengsui.example"}
		asks := &compliance.Service{DB: d, Events: events, Seal: ring, Members: members, Prefix: "FS", BaseURL: "https://fengsui.example"}
		h.Service = &credit.Service{DB: d, Events: events, Seal: ring, Members: members, Cases: cases, Products: products, Compliance: asks, Rules: rules, Prefix: "FS", Auto: true}
		h.platform = h.org("platform", "烽燧平台", "Platform", member.Platform)
		h.cloud, h.other = h.org("yunfan", "云帆云计算", "Yunfan Cloud", member.Finder), h.org("zhuzhao", "烛照安全", "Zhuzhao Security", member.Finder)
		h.supervisor, h.analyst, h.auditor = h.person(h.platform, member.Supervisor), h.person(h.platform, member.Analyst), h.person(h.platform, member.Auditor)
		h.engineer, h.admin, h.stranger = h.person(h.cloud, member.Engineer), h.person(h.cloud, member.OrgAdmin), h.person(h.other, member.Engineer)
		test(h)
	})
}

func (h *house) org(slug, zh, en string, role member.OrgRole) member.Org {
	h.Helper()
	in := member.OrgInput{Slug: slug, NameZH: zh, NameEN: en, Roles: []member.OrgRole{role}, Country: "CN", Email: slug + "@" + slug + ".example", Domains: []string{slug + ".example"}}
	if role == member.Finder {
		in.Partner, in.PartnerLevel = true, 1
	}
	o, err := h.Members.AddOrg(h.ctx, member.System(), in)
	h.ok(err)
	return o
}

func (h *house) person(o member.Org, role member.Role) member.Actor {
	h.Helper()
	a, err := h.Members.AddAccount(h.ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: string(role) + "@" + o.Slug + ".example", Name: string(role), Roles: []member.Role{role}, Locale: "zh-CN"})
	h.ok(err)
	return member.Actor{AccountID: a.ID, OrgID: o.ID, Roles: a.Roles, OrgRoles: o.Roles, Via: "web"}
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// want holds an error to a kind and, unless it is "", to a word of it.
func (h *house) want(what string, err error, kind fault.Kind, about string) {
	h.Helper()
	if err == nil || fault.KindOf(err) != kind || !strings.Contains(err.Error(), about) {
		h.Errorf("%s: got %v, want %s %s", what, err, kind, about)
	}
}

func (h *house) count(query string, args ...any) (n int) {
	h.Helper()
	h.ok(h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
		n, err = db.Get(h.ctx, tx, db.Value[int], query, args...)
		return err
	}))
	return n
}

// happens does what follows from the leads that were found or changed, as the flow does.
func (h *house) happens() {
	h.Helper()
	ls, _, err := h.List(h.ctx, h.supervisor, credit.Filter{Limit: 200})
	h.ok(err)
	for _, l := range ls {
		h.ok(h.OnFound(h.ctx, credit.FoundFor(l)))
	}
}

func (h *house) take(doc string) credit.Result {
	h.Helper()
	r, err := h.Import(h.ctx, h.supervisor, "records.json", []byte(doc))
	h.ok(err)
	h.happens()
	return r
}

func (h *house) only() credit.Lead {
	h.Helper()
	ls, _, err := h.List(h.ctx, h.supervisor, credit.Filter{})
	h.ok(err)
	if len(ls) != 1 {
		h.Fatalf("%d leads: %+v", len(ls), ls)
	}
	return ls[0]
}

func (h *house) none() {
	h.Helper()
	if n := h.count(`SELECT count(*) FROM credit_lead`); n != 0 {
		h.Errorf("%d leads", n)
	}
}

// public is the record of a flaw that somebody is thanked for.
func public(id, credit, kind string) string {
	return fmt.Sprintf(`{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":%q,"assignerOrgId":"x","assignerShortName":"upstream-demo","state":"PUBLISHED",
"dateReserved":"2021-11-25T02:00:00Z","datePublished":"2021-12-09T12:00:00Z","dateUpdated":"2021-12-09T12:00:00Z"},
"containers":{"cna":{"providerMetadata":{"orgId":"x","shortName":"upstream-demo"},"title":"Beacon Log","descriptions":[{"lang":"en","value":"d"}],
"affected":[{"vendor":"Upstream Project","product":"Beacon Log","packageURL":"pkg:maven/example.upstream/beacon-log"}],"references":[{"url":"https://upstream.example/1"}],
"credits":[{"lang":"en","value":%q,"type":%q}],"timeline":[{"time":"2021-11-24T02:00:00Z","lang":"en","value":"Reported to the project"}]}}}`, id, credit, kind)
}

const find = "CVE-2021-99001"

var credited = public(find, "Song Zhiyuan of Yunfan Cloud Security Team", "finder")

// reportFind reports the find by its number, as the flow of a report goes.
func (h *house) reportFind(by member.Actor, aliases ...string) report.Result {
	h.Helper()
	c := report.Content{Title: "Beacon Log 远程代码执行", Vendor: "Upstream Project", Product: "Beacon Log", Versions: "2.0", PURL: "pkg:maven/example.upstream/beacon-log", Technical: "t", Harm: "h", Scope: "s",
		Exploited: "no", Public: "no", Upstream: "no", Relation: duty.Found, LearnedAt: h.clock.Now().Add(-time.Hour), LearnedBy: "r", Aliases: aliases}
	r, err := h.reports.Submit(h.ctx, by, report.Input{Content: c})
	h.ok(err)
	h.ok(h.Cases.Open(h.ctx, report.Submitted{ReportID: r.Report.ID}))
	k, err := h.Cases.OfReport(h.ctx, h.analyst, r.Report.ID)
	h.ok(err)
	h.ok(h.OnCase(h.ctx, k.ID))
	return r
}
