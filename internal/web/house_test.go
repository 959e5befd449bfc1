// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/dryrun"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/job"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/web"
	"github.com/fengsui/fengsui/internal/witness"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var learned = dbtest.Start.Add(-3 * time.Hour)

const password = "a tower sees the next tower"

// A house is a platform behind its pages.
type house struct {
	*testing.T
	*web.Server
	clock *calendar.Driven
	jobs  *job.Queue
	http  *httptest.Server
	orgs  map[string]string // ids by short name
}

// each builds a house on every database.
func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		h := &house{T: t, clock: clock, orgs: map[string]string{}}
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
	s := &web.Server{DB: d, Clock: h.clock, Log: slog.New(slog.NewTextHandler(h.Output(), nil)), Evidence: log}
	s.Members = &member.Service{DB: d, Events: events, Seal: ring}
	s.Destinations = &destination.Service{DB: d, Events: events, Seal: ring, BaseURL: base}
	s.Rulebook = &rulebook.Book{DB: d, Events: events, Trusted: trusted(h.T)}
	s.DryRuns = &dryrun.Service{DB: d, Book: s.Rulebook}
	s.Duties = &duty.Service{DB: d, Packs: s.Rulebook, Events: events, Seal: ring}
	s.Compliance = &compliance.Service{DB: d, Events: events, Seal: ring, Members: s.Members, Second: []member.Role{member.DutyOfficer}, Prefix: "FS"}
	s.Reports = &report.Service{DB: d, Events: events, Evidence: log, Seal: ring, Duties: s.Duties, Blobs: blobs, Prefix: "FS"}
	s.Products = &product.Service{DB: d, Events: events, Blobs: blobs}
	s.Assessments = &assessment.Service{DB: d, Events: events, Seal: ring, Blobs: blobs, Products: s.Products}
	s.Cases = &casework.Service{DB: d, Events: events, Seal: ring, Duties: s.Duties, Reports: s.Reports, Products: s.Products, Prefix: "FS", BaseURL: base}
	s.Filings = &filing.Service{DB: d, Events: events, Seal: ring, Blobs: blobs, Members: s.Members, Duties: s.Duties, Reports: s.Reports, Cases: s.Cases}
	s.Vulns = &vuln.Service{DB: d, Events: events}
	s.Matches = &match.Service{DB: d, Events: events, Cases: s.Cases, Products: s.Products, Vulns: s.Vulns, Assessments: s.Assessments, Grounds: []match.Ground{warning.Ground}}
	s.Warnings = &warning.Service{DB: d, Events: events, Seal: ring, Cases: s.Cases, Matches: s.Matches, Members: s.Members, Prefix: "FS", BaseURL: base}
	s.Witnesses = &witness.Service{DB: d, Evidence: log}
	s.Credits = &credit.Service{DB: d, Events: events, Seal: ring, Members: s.Members, Cases: s.Cases, Products: s.Products, Compliance: s.Compliance, Rules: s.Rulebook, Prefix: "FS"}
	s.Advisories = &advisory.Service{DB: d, Events: events, Seal: ring, Cases: s.Cases, BaseURL: base,
		Publisher: advisory.Publisher{NameZH: "测试平台", NameEN: "Test platform", Namespace: base, Contact: "security@share.example"}}
	events.Follow([]event.Rule{event.On[report.Submitted]("open a case", s.Cases.Open), event.On[report.Supplemented]("go on with the case", s.Cases.OnSupplemented)})
	h.Server = s
	h.ok(h.jobs.Start(context.Background()))
	ctx, cancel := context.WithCancel(context.Background())
	integrated := make(chan struct{})
	go func() {
		defer close(integrated)
		log.Run(ctx, 50*time.Millisecond, func(err error) { h.Error(err) })
	}()
	mux := http.NewServeMux()
	s.Routes(mux)
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
	h.org("cloud", true, member.Provider, member.Operator)
	h.org("lab", false, member.Finder)
	for who, role := range map[string]member.Role{"analyst": member.Analyst, "supervisor": member.Supervisor, "auditor": member.Auditor, "administrator": member.Administrator} {
		h.person("desk", who, role)
	}
	h.person("cloud", "engineer", member.Engineer, member.OrgAdmin)
	h.person("lab", "outsider", member.Engineer)
}

func (h *house) org(slug string, partner bool, roles ...member.OrgRole) {
	h.Helper()
	in := member.OrgInput{Slug: slug, NameZH: "单位 " + slug, NameEN: "Member " + slug, Roles: roles, Partner: partner, Sector: "cloud", Country: "CN", Email: "security@" + slug + ".example"}
	if partner {
		in.PartnerLevel = 2
	}
	o, err := h.Members.AddOrg(h.Context(), member.System(), in)
	h.ok(err)
	h.orgs[slug] = o.ID
}

func (h *house) person(org, who string, roles ...member.Role) {
	h.Helper()
	_, err := h.Members.AddAccount(h.Context(), member.System(), member.AccountInput{OrgID: h.orgs[org], Email: who + "@" + org + ".example", Name: who, Password: password, Roles: roles, Locale: "en"})
	h.ok(err)
}

// suspend brings a suspension of six months in, as a decision does.
func (h *house) suspend(org string) {
	h.Helper()
	h.ok(h.DB.Tx(h.Context(), func(tx *db.Tx) error {
		return h.Members.Enter(h.Context(), tx, org, member.Measure{Number: "FS-Q-2021-000099", Kind: member.Suspended, From: tx.Now, Until: tx.Now.AddDate(0, 6, 0)})
	}))
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

// A visitor has cookies and a language, and no JavaScript.
type visitor struct {
	*house
	client *http.Client
	lang   string
}

func (h *house) visitor(lang string) *visitor {
	jar, err := cookiejar.New(nil)
	h.ok(err)
	return &visitor{house: h, client: &http.Client{Jar: jar}, lang: lang}
}

// signedIn is a visitor who has signed in by the form.
func (h *house) signedIn(lang, who, org string) *visitor {
	h.Helper()
	v := h.visitor(lang)
	if p := v.post("/sign-in", url.Values{"email": {who + "@" + org + ".example"}, "password": {password}}); p.status != http.StatusOK || strings.HasPrefix(p.path, "/sign-in") {
		h.Fatalf("%s cannot sign in: %d %s", who, p.status, p.path)
	}
	return v
}

// A page is an answer.
type page struct {
	path, body string
	status     int
	header     http.Header
}

func (v *visitor) get(path string) page { return v.do(http.MethodGet, path, nil) }

func (v *visitor) post(path string, form url.Values) page { return v.do(http.MethodPost, path, form) }

// upload posts one file.
func (v *visitor) upload(path, field string, content []byte) page {
	v.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, "file.json")
	v.ok(err)
	_, err = part.Write(content)
	v.ok(err)
	v.ok(w.Close())
	return v.send(http.MethodPost, path, w.FormDataContentType(), &b)
}

func (v *visitor) do(method, path string, form url.Values) page {
	v.Helper()
	contentType := ""
	if form != nil {
		contentType = "application/x-www-form-urlencoded"
	}
	return v.send(method, path, contentType, strings.NewReader(form.Encode()))
}

func (v *visitor) send(method, path, contentType string, body io.Reader) page {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, v.http.URL+path, body)
	v.ok(err)
	r.Header.Set("Accept-Language", v.lang)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	a, err := v.client.Do(r)
	v.ok(err)
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	v.ok(err)
	return page{a.Request.URL.Path, string(b), a.StatusCode, a.Header}
}
