// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/commitment"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/dryrun"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evaluation"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/job"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/scan"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/transparency"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/witness"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var learned = dbtest.Start.Add(-3 * time.Hour)

// A house is a platform behind its API, with people who hold tokens.
// gatewaySecret is what the mail gateway proves itself with.
const gatewaySecret = "0123456789abcdef0123456789abcdef"

type house struct {
	*testing.T
	*api.Server
	clock  *calendar.Driven
	warned *warning.Service
	jobs   *job.Queue
	http   *httptest.Server
	api    huma.API
	log    *safeLog
	orgs   map[string]string // ids by short name
	people map[string]member.Actor
	tokens map[string]string // by person; "" is nobody
}

// safeLog keeps what was logged.
type safeLog struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// each builds a house on every database.
func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		h := &house{T: t, clock: clock, log: &safeLog{}, orgs: map[string]string{}, people: map[string]member.Actor{}, tokens: map[string]string{"": ""}}
		h.build(d)
		h.settleIn()
		test(h)
	})
}

func (h *house) build(d *db.DB) {
	log, err := evidence.Open(d, h.TempDir(), "test.example/log")
	h.ok(err)
	ring, err := seal.Load(h.TempDir())
	h.ok(err)
	events := &event.Log{DB: d, Evidence: log}
	h.jobs, err = job.Open(context.Background(), d, job.Options{Retry: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}, events.Work)
	h.ok(err)
	events.Jobs = h.jobs
	blobs := blob.Store{Dir: h.TempDir(), Seal: ring}
	const base = "https://share.example"
	s := &api.Server{DB: d, Clock: h.clock, Log: slog.New(slog.NewTextHandler(h.log, nil)), Version: "test", Evidence: log, InboundSecret: gatewaySecret}
	s.Members = &member.Service{DB: d, Events: events, Seal: ring}
	s.Destinations = &destination.Service{DB: d, Events: events, Seal: ring, BaseURL: base}
	s.Rulebook = &rulebook.Book{DB: d, Events: events, Trusted: trusted(h.T)}
	s.DryRuns = &dryrun.Service{DB: d, Book: s.Rulebook}
	s.Duties = &duty.Service{DB: d, Packs: s.Rulebook, Events: events, Seal: ring}
	s.Reports = &report.Service{DB: d, Events: events, Evidence: log, Seal: ring, Duties: s.Duties, Blobs: blobs, Prefix: "FS"}
	s.Witnesses = &witness.Service{DB: d, Evidence: log}
	s.Commitments = &commitment.Service{DB: d, Events: events, Evidence: log, Seal: ring, Prefix: "FS"}
	s.Products = &product.Service{DB: d, Events: events, Blobs: blobs}
	s.Assessments = &assessment.Service{DB: d, Events: events, Seal: ring, Blobs: blobs, Products: s.Products}
	s.Cases = &casework.Service{DB: d, Events: events, Seal: ring, Duties: s.Duties, Reports: s.Reports, Products: s.Products, Prefix: "FS", BaseURL: base}
	s.Filings = &filing.Service{DB: d, Events: events, Seal: ring, Blobs: blobs, Members: s.Members, Duties: s.Duties, Reports: s.Reports, Cases: s.Cases}
	s.Vulns = &vuln.Service{DB: d, Events: events}
	s.Scans = &scan.Service{DB: d, Shelf: &scan.Shelf{Vulns: s.Vulns}}
	s.Matches = &match.Service{DB: d, Events: events, Cases: s.Cases, Products: s.Products, Vulns: s.Vulns, Assessments: s.Assessments, Grounds: []match.Ground{warning.Ground}}
	s.Warnings = &warning.Service{DB: d, Events: events, Seal: ring, Cases: s.Cases, Matches: s.Matches, Members: s.Members, Blobs: blob.Store{Dir: h.TempDir(), Seal: ring}, Prefix: "FS", BaseURL: base}
	s.Warnings.ReplyDomain = "reply.example"
	h.warned = s.Warnings
	s.Compliance = &compliance.Service{DB: d, Events: events, Seal: ring, Members: s.Members, Second: []member.Role{member.DutyOfficer}, Prefix: "FS", BaseURL: base}
	s.Credits = &credit.Service{DB: d, Events: events, Seal: ring, Members: s.Members, Cases: s.Cases, Products: s.Products, Compliance: s.Compliance, Rules: &rulebook.Book{DB: d, Events: events}, Prefix: "FS"}
	s.Evaluations = &evaluation.Service{DB: d, Events: events, Seal: ring, Members: s.Members, Second: []member.Role{member.DutyOfficer}, Prefix: "FS"}
	s.Transparency = &transparency.Service{DB: d, Events: events, Evidence: log, Second: []member.Role{member.DutyOfficer}}
	s.Advisories = &advisory.Service{DB: d, Events: events, Seal: ring, Cases: s.Cases, BaseURL: base,
		Publisher: advisory.Publisher{NameZH: "测试平台", NameEN: "Test platform", Namespace: base, Contact: "security@share.example"}}
	events.Follow([]event.Rule{event.On[report.Submitted]("open a case", s.Cases.Open), event.On[casework.Graded]("match", s.Matches.Find),
		event.On[product.Changed]("match", s.Matches.OnChanged), event.On[product.Uploaded]("read", s.Products.OnUploaded), event.On[product.PrivateChanged]("compare", s.Matches.OnPrivate), event.On[match.Found]("draft", s.Warnings.OnFound)})
	h.Server = s
	h.ok(h.jobs.Start(context.Background()))
	ctx, cancel := context.WithCancel(context.Background())
	integrated := make(chan struct{})
	go func() {
		defer close(integrated)
		log.Run(ctx, 50*time.Millisecond, func(err error) { h.Error(err) })
	}()
	mux := http.NewServeMux()
	h.api = s.Routes(mux)
	h.http = httptest.NewServer(mux)
	h.Cleanup(func() {
		h.http.Close()
		stop, done := context.WithTimeout(context.Background(), 20*time.Second)
		defer done()
		if err := h.jobs.Stop(stop); err != nil {
			h.Error(err)
		}
		cancel()
		<-integrated
	})
}

// settleIn lets the organisations and their people join.
func (h *house) settleIn() {
	h.org("desk", false, member.Platform)
	h.org("centre", false, member.Authority)
	h.org("upstream", false, member.Provider)
	h.org("cloud", true, member.Provider, member.Operator)
	h.org("grid", true, member.Operator)
	for who, role := range map[string]member.Role{"analyst": member.Analyst, "reviewer": member.Analyst, "officer": member.DutyOfficer, "deputy": member.DutyOfficer,
		"supervisor": member.Supervisor, "auditor": member.Auditor, "administrator": member.Administrator} {
		h.person("desk", who, role)
	}
	h.person("upstream", "maintainer", member.Engineer)
	h.person("cloud", "engineer", member.Engineer, member.OrgAdmin)
	h.org("lab", false, member.Finder)
	h.person("lab", "outsider", member.Engineer)
	h.person("grid", "operator", member.Engineer)
}

func (h *house) org(slug string, partner bool, roles ...member.OrgRole) {
	h.Helper()
	in := member.OrgInput{Slug: slug, NameZH: "单位 " + slug, NameEN: "Member " + slug, Roles: roles, Partner: partner, Sector: "cloud", Country: "CN", Email: "security@" + slug + ".example", Phone: "010-55550100"}
	if partner {
		in.PartnerLevel = 2
	}
	o, err := h.Members.AddOrg(h.Context(), member.System(), in)
	h.ok(err)
	h.orgs[slug] = o.ID
}

func (h *house) person(org, who string, roles ...member.Role) {
	h.Helper()
	a, err := h.Members.AddAccount(h.Context(), member.System(), member.AccountInput{OrgID: h.orgs[org], Email: who + "@" + org + ".example", Name: who, Roles: roles, Locale: "en"})
	h.ok(err)
	h.people[who] = member.Actor{AccountID: a.ID, OrgID: a.OrgID, Name: a.Name, Roles: roles, Via: "web"}
	h.tokens[who] = h.token(who, member.AllScopes...)
}

// token issues a token to a person.
func (h *house) token(who string, scopes ...string) string {
	h.Helper()
	plain, _, err := h.Members.IssueToken(h.Context(), h.people[who], who, scopes, 0)
	h.ok(err)
	return plain
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// settle waits until nothing follows any more from what was done.
func (h *house) settle() {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), 30*time.Second)
	defer cancel()
	h.ok(h.jobs.Idle(ctx))
}

// rows counts what requests may write.
func (h *house) rows() map[string]int {
	h.Helper()
	out := map[string]int{}
	h.ok(h.DB.View(h.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"org", "account", "report", "report_version", "attachment", "event", "duty", "delivery", "casefile", "product", "sbom", "warning", "advisory"} {
			n, err := db.Get(h.Context(), tx, db.Value[int], `SELECT count(*) FROM `+table)
			if err != nil {
				return err
			}
			out[table] = n
		}
		return nil
	}))
	return out
}
