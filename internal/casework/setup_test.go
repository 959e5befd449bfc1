// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var learned = dbtest.Start.Add(-3 * time.Hour)

// secret is a word of the undisclosed details: it must not turn up where details may not.
const secret = "zebracrossing"

// A house is a platform with its people, a reporter, the provider of a component and somebody else.
type house struct {
	*casework.Service
	t     *testing.T
	ctx   context.Context
	clock *calendar.Driven
	ring  *seal.Keyring
	kicks int

	platform                             string
	analyst, second, officer, supervisor member.Actor
	auditor, operator                    member.Actor // operator: an administrator of the platform
	reporter, upstream, other            member.Actor // engineers; reporter and upstream are of providers
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
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
		h := &house{t: t, ctx: t.Context(), clock: clock, ring: ring}
		events := &event.Log{DB: d, Evidence: log}
		duties := &duty.Service{DB: d, Events: events, Seal: ring}
		blobs := blob.Store{Dir: t.TempDir(), Seal: ring}
		h.Service = &casework.Service{DB: d, Events: events, Seal: ring, Duties: duties, Prefix: "FS", BaseURL: "https://fengsui.example", Notify: func() { h.kicks++ },
			Reports:  &report.Service{DB: d, Events: events, Evidence: log, Seal: ring, Duties: duties, Blobs: blobs, Prefix: "FS"},
			Products: &product.Service{DB: d, Events: events, Blobs: blobs}}
		h.platform = h.org("platform", member.Platform)
		h.analyst, h.second, h.officer = h.person(h.platform, member.Analyst), h.person(h.platform, member.Analyst), h.person(h.platform, member.DutyOfficer)
		h.supervisor, h.auditor, h.operator = h.person(h.platform, member.Supervisor), h.person(h.platform, member.Auditor), h.person(h.platform, member.Administrator)
		h.reporter, h.upstream, h.other = h.person(h.org("reporter", member.Provider), member.Engineer), h.person(h.org("upstream", member.Provider), member.Engineer), h.person(h.org("other", member.Operator), member.Engineer)
		h.reporter.OrgRoles, h.upstream.OrgRoles = []member.OrgRole{member.Provider}, []member.OrgRole{member.Provider}
		test(t, h)
	})
}

// org adds an organisation; one whose slug is "hooked" has a webhook.
func (h *house) org(slug string, role member.OrgRole) string {
	id := uuid.Must(uuid.NewV7()).String()
	var url string
	var sealed any
	if slug == "hooked" {
		url, sealed = "https://hooked.example/hook", h.ring.Seal("org/"+id+"/webhook_secret", []byte("sixteen bytes or more"))
	}
	h.write(func(tx *db.Tx) error {
		return db.Bulk(h.ctx, tx, `org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status,
			suspension_reason, email, phone, webhook_url, webhook_secret_sealed, domains, note, created_at)`, "", [][]any{{id, slug, "单位" + slug, slug,
			db.ToJSON([]string{string(role)}), false, 0, "", "", "CN", "active", "", slug + "@member.example", "", url, sealed, db.ToJSON([]string{}), "", db.At(tx.Now)}})
	})
	return id
}

func (h *house) person(org string, role member.Role) member.Actor {
	id := uuid.Must(uuid.NewV7()).String()
	h.write(func(tx *db.Tx) error {
		return db.Bulk(h.ctx, tx, `account (id, org_id, email, name, roles, password_hash, locale, status, created_at)`, "", [][]any{{
			id, org, id + "@example.org", "", db.ToJSON([]string{string(role)}), "", "zh-CN", "active", db.At(tx.Now)}})
	})
	return member.Actor{AccountID: id, OrgID: org, Roles: []member.Role{role}, Via: "web", Locale: "zh-CN"}
}

func (h *house) write(do func(*db.Tx) error) {
	h.t.Helper()
	if err := h.DB.Tx(h.ctx, do); err != nil {
		h.t.Fatal(err)
	}
}

// count runs a query that returns one number.
func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	h.write(func(tx *db.Tx) (err error) {
		n, err = db.Get(h.ctx, tx, db.Value[int], query, args...)
		return err
	})
	return n
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		_, err := tx.Exec(h.ctx, query, args...)
		return err
	})
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// flaw is what a report says: a flaw in somebody else's component, told by a provider that embeds it.
func flaw() report.Content {
	return report.Content{Title: "Flaw " + secret, Vendor: "Example Software", Product: "Example Logger", Versions: "2.0 – 2.14.1", PURL: "pkg:maven/org.example/logger",
		Technical: "a look-up loads a class " + secret, Harm: "code of the sender runs", Scope: "whoever logs input", CWE: "CWE-502", Exploited: "no",
		Upstream: "yes", Relation: duty.Embeds, LearnedAt: learned, Aliases: []string{"CVE-2021-00001"},
		Affected: []report.Affected{{PURL: "pkg:maven/org.example/logger", Introduced: "2.0", Fixed: "2.15.0"}}}
}

// report submits and opens the case, as the flow does.
func (h *house) report(by member.Actor, c report.Content) (report.Report, casework.Case) {
	h.t.Helper()
	out, err := h.Reports.Submit(h.ctx, by, report.Input{Content: c})
	h.ok(err)
	h.ok(h.Open(h.ctx, report.Submitted{ReportID: out.Report.ID}))
	k, err := h.OfReport(h.ctx, member.System(), out.Report.ID)
	h.ok(err)
	return out.Report, k
}

// kase is a case in a state, reported by the reporter.
func (h *house) kase(state casework.State) casework.Case {
	h.t.Helper()
	_, c := h.report(h.reporter, flaw())
	return h.put(c, state)
}

func (h *house) put(c casework.Case, state casework.State) casework.Case {
	h.t.Helper()
	published := db.Time{}
	if state == casework.Published || state == casework.Closed {
		published = db.At(h.clock.Now())
	}
	h.exec(`UPDATE casefile SET state = $1, published_at = $2 WHERE id = $3`, string(state), published, c.ID)
	return h.now(c.ID)
}

// now is a case as it stands.
func (h *house) now(id string) casework.Case {
	h.t.Helper()
	c, err := h.Get(h.ctx, member.System(), id)
	h.ok(err)
	return c
}

// party lets an organisation take part.
func (h *house) party(caseID, orgID string, r casework.Relation) {
	h.t.Helper()
	h.exec(`INSERT INTO case_party (case_id, org_id, relation, status, since) VALUES ($1,$2,$3,'not-contacted',$4)`, caseID, orgID, string(r), db.At(h.clock.Now()))
}

// registers enters a product in the directory.
func (h *house) registers(orgID, vendor, name, purl string) string {
	h.t.Helper()
	p, err := h.Products.Register(h.ctx, member.System(), product.Input{OrgID: orgID, Vendor: vendor, Name: name, PURL: purl})
	h.ok(err)
	return p.ID
}

// lines are the kinds on a time line.
func (h *house) kinds(subject string) (out []string) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		ls, err := event.TimeLine(h.ctx, tx, subject)
		for _, l := range ls {
			out = append(out, l.Kind)
		}
		return err
	})
	return out
}

// duty is a report's duty by a rule.
func (h *house) duty(reportID, rule string) (d duty.Duty) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		ds, err := h.Duties.ForReport(h.ctx, tx, reportID)
		for _, x := range ds {
			if x.Rule == rule {
				d = x
			}
		}
		return err
	})
	return d
}

func payload[E any](t *testing.T, l event.Line) (e E) {
	t.Helper()
	if err := json.Unmarshal([]byte(l.Payload), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func wantKind(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); err == nil || got != kind {
		t.Errorf("got %v (%s), want %s", err, got, kind)
	}
}

// fields returns the rules that an error says were broken, by field.
func fields(err error) map[string]string {
	out := map[string]string{}
	var f *fault.Error
	if errors.As(err, &f) {
		for _, x := range f.Fields {
			out[x.Name] = x.Rule
		}
	}
	return out
}
