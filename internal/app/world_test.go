// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"log/slog"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

// undisclosed is a word of the case's details that only those may read who may read the case.
const undisclosed = "jndi-lookup-gadget"

// personas are the columns of the permission matrix.
var personas = []string{"anonymous", "own engineer", "own administrator", "other engineer", "suspended engineer", "analyst", "duty officer", "supervisor", "auditor", "administrator", "restricted engineer"}

// world is a platform in the middle of a case: one undisclosed, reported by "own" and warned about, one published.
type world struct {
	*testing.T
	s       *app.Services
	config  app.Config
	ids     map[string]string // what routes ask for, by the word in their path
	actors  map[string]member.Actor
	session map[string]string // by persona
	token   map[string]string // by persona, with every scope
}

func newWorld(t *testing.T, engine db.Engine, url string) *world {
	t.Helper()
	w := &world{T: t, ids: map[string]string{}, actors: map[string]member.Actor{}, session: map[string]string{}, token: map[string]string{}}
	w.config = app.Defaults()
	w.config.Data, w.config.MetricsListen, w.config.Listen = t.TempDir(), "", "127.0.0.1:0"
	if engine == db.PostgreSQL {
		w.config.Database = url
	}
	w.config.LawPacks.TrustedKeys = []string{lawVKey}
	w.s = assemble(t, w.config)
	defer w.s.Close()
	ctx := context.Background()
	w.ok(w.s.Jobs.Start(ctx))
	w.join(ctx)
	w.live(ctx)
	for name, a := range w.actors {
		session, err := w.s.Members.LoginAs(ctx, a.AccountID, "test")
		w.ok(err)
		w.session[name] = session.Token
		w.token[name], _, err = w.s.Members.IssueToken(ctx, a, "matrix", member.AllScopes, 0)
		w.ok(err)
	}
	w.ok(w.s.Jobs.Stop(ctx))
	return w
}

func assemble(t testing.TB, c app.Config) *app.Services {
	t.Helper()
	s, err := app.Assemble(context.Background(), c, calendar.NewDriven(dbtest.Start), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) join(ctx context.Context) {
	w.Helper()
	org := func(slug string, partner bool, roles ...member.OrgRole) member.Org {
		o, err := w.s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: slug, NameZH: slug, NameEN: slug, Roles: roles, Partner: partner, Sector: slug, Country: "CN",
			Email: "security@" + slug + ".example", Phone: "010-5555-0100"})
		w.ok(err)
		return o
	}
	person := func(name string, o member.Org, roles ...member.Role) {
		a, err := w.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: strings.ReplaceAll(name, " ", ".") + "@" + o.Slug + ".example", Name: name, Roles: roles, Locale: "en"})
		w.ok(err)
		w.actors[name] = member.Actor{AccountID: a.ID, OrgID: o.ID, Name: name, Roles: a.Roles, OrgRoles: o.Roles, Via: "web", Locale: "en"}
	}
	desk := org("desk", false, member.Platform)
	person("analyst", desk, member.Analyst)
	person("duty officer", desk, member.DutyOfficer)
	person("second officer", desk, member.DutyOfficer, member.Analyst)
	person("supervisor", desk, member.Supervisor)
	person("auditor", desk, member.Auditor)
	person("administrator", desk, member.Administrator)
	org("authority", false, member.Authority)
	own := org("own", true, member.Provider, member.Operator)
	person("own engineer", own, member.Engineer)
	person("own administrator", own, member.OrgAdmin)
	person("other engineer", org("other", true, member.Operator), member.Engineer)
	suspended := org("suspended", true, member.Provider)
	person("suspended engineer", suspended, member.Engineer)
	person("decided engineer", org("decided", true, member.Operator), member.Engineer)
	restricted := org("restricted", true, member.Provider)
	person("restricted engineer", restricted, member.Engineer)
	w.ids["org"] = own.ID
	applicant, _, err := w.s.Members.Join(ctx, member.Anonymous("web"), member.JoinInput{NameZH: "申请单位", Roles: []member.OrgRole{member.Operator}, Country: "CN", Email: "security@new.example",
		Why: "to be warned", PersonName: "New", PersonEmail: "new@new.example", Password: "a long passphrase 1"})
	w.ok(err)
	w.ids["applicant"] = applicant.ID
	w.measure(ctx, suspended.ID, member.Measure{Kind: member.Suspended})
	w.measure(ctx, restricted.ID, member.Measure{Kind: member.Restricted, Without: member.Restrictable()})
	a := w.actors["suspended engineer"]
	a.Suspended = true
	w.actors["suspended engineer"] = a
	a = w.actors["restricted engineer"]
	a.Without = member.Restrictable()
	w.actors["restricted engineer"] = a
}

// measure brings a measure of six months in, as a decision does.
func (w *world) measure(ctx context.Context, org string, m member.Measure) {
	w.Helper()
	m.Number, m.From, m.Until = "FS-Q-2021-000099", dbtest.Start, dbtest.Start.AddDate(0, 6, 0)
	w.ok(w.s.DB.Tx(ctx, func(tx *db.Tx) error { return w.s.Members.Enter(ctx, tx, org, m) }))
}

func flaw(details string) report.Content {
	return report.Content{Title: "Flaw in a router", Vendor: "Own", Product: "Router", Model: "XR-1", Versions: "1.0 to 1.4", Technical: "The details: " + details + ".", Harm: "Full control.",
		Scope: "All routers.", Exploited: "no", Public: "no", Upstream: "no", Relation: duty.MakesProduct, LearnedAt: dbtest.Start.Add(-time.Hour), LearnedBy: "research", Fix: "Update to 1.5.",
		Affected: []report.Affected{{Vendor: "Own", Product: "Router", Model: "XR-1", Introduced: "1.0", Fixed: "1.5"}}}
}

// live takes two reports through the line: the first as far as a released warning and a draft advisory, the second to
// its publication.
func (w *world) live(ctx context.Context) {
	w.Helper()
	own := w.actors["own engineer"]
	p, err := w.s.Products.Register(ctx, own, product.Input{OrgID: own.OrgID, Vendor: "Own", Name: "Router", Model: "XR-1", Kind: product.Hardware, Versions: []string{"1.2"}})
	w.ok(err)
	bom, err := w.s.Products.PushSBOM(ctx, own, p.ID, "1.2", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.4","version":1,"components":[{"type":"library","name":"shell","version":"1","purl":"pkg:generic/shell@1"}]}`))
	w.ok(err)
	w.ids["products"], w.ids["sboms"], w.ids["diff"] = p.ID, bom.ID, bom.ID
	known, err := w.s.Vulns.Upload(ctx, member.System(), "osv", "GHSA-jfh8-c2jp-5v3q.json", []byte(`{"id":"GHSA-jfh8-c2jp-5v3q","modified":"2021-11-20T00:00:00Z","aliases":["CVE-2021-44228"],"summary":"Code from afar runs"}`))
	w.ok(err)
	w.ids["imports"], w.ids["vulnerabilities"], w.ids["vulnerability-records"] = known.ID, "CVE-2021-44228", "osv"
	up, err := w.s.Products.Upload(ctx, own, p.ID, "1.2", "", []byte(`{}`))
	w.ok(err)
	w.ids["uploads"] = up.ID
	first, err := w.s.Reports.Submit(ctx, own, report.Input{Content: flaw(undisclosed), Attachments: []report.File{{Name: "trace.txt", MediaType: "text/plain", Bytes: []byte("trace")}}})
	w.ok(err)
	w.ids["reports"], w.ids["secret"] = first.Report.ID, first.Secret
	files, err := w.s.Reports.Attachments(ctx, own, first.Report.ID)
	w.ok(err)
	w.ids["attachments"] = files[0].ID
	committed, _, err := w.s.Commitments.Make(ctx, own, evidence.Digest(nil, []byte(undisclosed)))
	w.ok(err)
	w.ids["commitments"] = committed.ID
	reached, _, err := w.s.Destinations.Add(ctx, w.actors["own administrator"], destination.Input{Channel: "webhook", Address: "https://soc.own.example/in"})
	w.ok(err)
	w.ids["destinations"] = reached.ID
	reach, err := w.s.Destinations.Reach(ctx, w.actors["own administrator"])
	w.ok(err)
	w.ids["reached"] = path.Base(w.s.Destinations.AnswerURL(reach.Health[reached.ID].Test))
	w.ids["mute"] = path.Base(w.s.Destinations.MuteURL(own.OrgID, "email", destination.Digest))
	w.ids["drafts"], err = w.s.Reports.SaveDraft(ctx, own, "", flaw(undisclosed))
	w.ok(err)
	w.ids["cases"] = w.graded(ctx, first.Report.ID)
	n, err := w.s.Cases.NotifyUpstream(ctx, w.actors["analyst"], w.ids["cases"], casework.NoticeInput{OrgID: own.OrgID, Text: "Please look: " + undisclosed})
	w.ok(err)
	w.ids["notices"] = n.ID
	w.ids["deliveries"] = delivery.ID(casework.PurposeNotice, n.ID, own.OrgID, delivery.Email)
	guest, err := w.s.Cases.NotifyUpstream(ctx, w.actors["analyst"], w.ids["cases"], casework.NoticeInput{Email: "guest@upstream.example", Text: "Please look: " + undisclosed})
	w.ok(err)
	w.ids["notice-link"] = w.s.Cases.Link(guest.ID)
	a, err := w.s.Advisories.Draft(ctx, w.actors["analyst"], w.ids["cases"])
	w.ok(err)
	w.ids["advisory-drafts"] = a.ID
	w.ids["warnings"] = w.warned(ctx, w.ids["cases"])
	w.ids["warning-link"] = w.s.Warnings.Link(w.ids["warnings"], 1, own.OrgID)
	proof, err := w.s.Warnings.AddProof(ctx, own, w.ids["warnings"], "scan.txt", []byte("all servers were scanned"))
	w.ok(err)
	w.ids["proofs"] = proof.ID
	handed, err := w.s.Filings.HandIn(ctx, own, first.Report.ID, "cnvd", filing.Input{At: w.s.Clock.Now(), Note: undisclosed, Proof: filing.File{Name: "proof.txt", Bytes: []byte(undisclosed)}})
	w.ok(err)
	w.ids["filings"], w.ids["pack"] = handed.ID, "cnvd"
	w.ids["calendar"], err = w.s.Duties.OpenCalendar(ctx, own)
	w.ok(err)

	second, err := w.s.Reports.Submit(ctx, w.actors["other engineer"], report.Input{Content: flaw("published")})
	w.ok(err)
	published := w.graded(ctx, second.Report.ID)
	b, err := w.s.Advisories.Draft(ctx, w.actors["analyst"], published)
	w.ok(err)
	_, err = w.s.Advisories.Submit(ctx, w.actors["analyst"], b.ID)
	w.ok(err)
	_, err = w.s.Advisories.Publish(ctx, w.actors["second officer"], b.ID, b.Rev)
	w.ok(err)
	w.ids["advisories"], w.ids["published"] = b.Number, published
	w.ids["decisions"] = w.decided(ctx)
	w.ids["inquiries"] = w.asked(ctx)
	w.ids["laws"], w.ids["law-versions"] = "cn-rmsv-2021", w.lawed(ctx)
	w.deciding(ctx)
	w.thanked(ctx)
	w.reminded(ctx)
	w.reviewed(ctx)
	_, t, err := w.s.Members.IssueToken(ctx, own, "script", []string{member.ScopeReport}, 0)
	w.ok(err)
	w.ids["tokens"] = t.ID
}

// graded takes a report's case up to its grade.
func (w *world) graded(ctx context.Context, reportID string) string {
	w.Helper()
	w.ok(w.s.Jobs.Idle(ctx))
	by := w.actors["analyst"]
	c, err := w.s.Cases.OfReport(ctx, by, reportID)
	w.ok(err)
	w.ok(w.s.Cases.Take(ctx, by, c.ID))
	w.ok(w.s.Cases.StartVerifying(ctx, by, c.ID))
	_, err = w.s.Cases.Verify(ctx, by, c.ID, casework.VerifyInput{Result: "reproduced", Environment: "lab", Steps: undisclosed})
	w.ok(err)
	_, err = w.s.Cases.AddGrade(ctx, by, c.ID, casework.GradeInput{Scheme: "gbt30279-2020", Vector: "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", Rationale: "reachable from the network"})
	w.ok(err)
	w.ok(w.s.Jobs.Idle(ctx))
	return c.ID
}

// warned releases the warning about a case.
func (w *world) warned(ctx context.Context, caseID string) string {
	w.Helper()
	officer, second := w.actors["duty officer"], w.actors["second officer"]
	ws, _, err := w.s.Warnings.List(ctx, officer, warning.Filter{CaseID: caseID})
	w.ok(err)
	if len(ws) != 1 {
		w.Fatalf("%d warnings were drafted, want 1", len(ws))
	}
	ws[0].Content.Summary = "The management page is open to attackers."
	edited, err := w.s.Warnings.Edit(ctx, officer, ws[0].ID, warning.EditInput{Rev: ws[0].Rev, Level: warning.Orange, TLP: "AMBER", Content: ws[0].Content})
	w.ok(err)
	w.ok(w.s.Warnings.Approve(ctx, officer, ws[0].ID, edited.Rev))
	_, err = w.s.Warnings.Release(ctx, second, ws[0].ID, edited.Rev)
	w.ok(err)
	return ws[0].ID
}

// decided warns another member by a published decision, and returns the decision's number.
func (w *world) decided(ctx context.Context) string {
	w.Helper()
	other, by := w.actors["decided engineer"], w.actors["supervisor"]
	f, err := w.s.Compliance.OpenInquiry(ctx, by, compliance.Question{OrgID: other.OrgID, Text: "When did you learn of it?",
		Evidence: []compliance.Evidence{{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/16"}}})
	w.ok(err)
	_, err = w.s.Compliance.Serve(ctx, by, f.ID, "We intend to decide.", 0)
	w.ok(err)
	_, err = w.s.Compliance.State(ctx, other, f.ID, "A week before.", time.Time{})
	w.ok(err)
	f, err = w.s.Compliance.Propose(ctx, by, f.ID, compliance.Proposal{Outcome: compliance.Warning, Reasons: "late", Publish: compliance.PublishEffect, PublicZH: "未按期报送。"})
	w.ok(err)
	_, err = w.s.Compliance.Sign(ctx, w.actors["duty officer"], f.ID, f.Decisions[0].ID)
	w.ok(err)
	public, _, err := w.s.Compliance.Register(ctx, "", 1)
	w.ok(err)
	return public[0].Number
}

// asked takes an inquiry into "own" up to a decision that waits for its second signature.
func (w *world) asked(ctx context.Context) string {
	w.Helper()
	own, by := w.actors["own engineer"], w.actors["supervisor"]
	f, err := w.s.Compliance.OpenInquiry(ctx, by, compliance.Question{OrgID: own.OrgID, Text: "When did you learn of it? " + undisclosed,
		Evidence: []compliance.Evidence{{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/17"}}})
	w.ok(err)
	_, err = w.s.Compliance.Serve(ctx, by, f.ID, "We intend to decide.", 0)
	w.ok(err)
	_, err = w.s.Compliance.State(ctx, own, f.ID, "The day after.", time.Time{})
	w.ok(err)
	_, err = w.s.Compliance.Propose(ctx, by, f.ID, compliance.Proposal{Outcome: compliance.Warning, Reasons: "late"})
	w.ok(err)
	return f.ID
}
