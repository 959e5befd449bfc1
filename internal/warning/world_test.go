// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var ctx = context.Background()

// secret is a word of the undisclosed details: it must not turn up where details may not.
const secret = "jndi-lookup-gadget"

// world is a platform with warnings and nothing on top of them.
type world struct {
	*testing.T
	s     *warning.Service
	d     *db.DB
	clock *calendar.Driven
	key   *seal.Keyring
	kicks int
}

func newWorld(t *testing.T, d *db.DB, clock *calendar.Driven) *world {
	t.Helper()
	w := &world{T: t, d: d, clock: clock}
	log, err := evidence.Open(d, t.TempDir(), "test.example/log")
	w.ok(err)
	w.key, err = seal.Load(t.TempDir())
	w.ok(err)
	events := &event.Log{DB: d, Evidence: log}
	cases := &casework.Service{DB: d, Events: events, Seal: w.key, Prefix: "FS"}
	w.s = &warning.Service{
		DB: d, Events: events, Seal: w.key, Cases: cases, Prefix: "FS", BaseURL: "https://fengsui.example",
		Matches: &match.Service{DB: d, Events: events, Cases: cases},
		Members: &member.Service{DB: d, Events: events, Seal: w.key},
		Blobs:   blob.Store{Dir: t.TempDir(), Seal: w.key},
		Notify:  func() { w.kicks++ },
	}
	w.org(member.Org{Slug: "platform", NameZH: "烽燧值班室", Roles: []member.OrgRole{member.Platform}, Phone: "010-00000000", Partner: true})
	return w
}

func each(t *testing.T, test func(w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) { test(newWorld(t, d, clock)) })
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

// number runs a query that counts.
func (w *world) number(query string, args ...any) (n int) {
	w.Helper()
	w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
		n, err = db.Get(ctx, tx, db.Value[int], query, args...)
		return err
	}))
	return n
}

// org adds an organisation; its id is its slug.
func (w *world) org(o member.Org) string {
	w.Helper()
	if o.Status == "" {
		o.Status = member.Active
	}
	if o.NameZH == "" {
		o.NameZH = "单位 " + o.Slug
	}
	if o.Roles == nil {
		o.Roles = []member.OrgRole{member.Operator}
	}
	var sealed any
	if o.WebhookURL != "" {
		sealed = w.key.Seal("org/"+o.Slug+"/webhook_secret", []byte("0123456789abcdef0123456789abcdef"))
	}
	w.exec(`INSERT INTO org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspended_until,
		suspension_reason, email, phone, webhook_url, webhook_secret_sealed, domains, note, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,0,$7,'',$8,$9,$10,'',$11,$12,$13,$14,'[]','',$15)`,
		o.Slug, o.Slug, o.NameZH, o.NameEN, db.ToJSON(o.Roles), o.Partner, o.Sector, o.Country, o.Status, db.At(o.SuspendedUntil),
		o.Email, o.Phone, o.WebhookURL, sealed, db.At(w.clock.Now()))
	return o.Slug
}

// partner adds an active partner unit with a mailbox.
func (w *world) partner(slug, sector string) string {
	return w.org(member.Org{Slug: slug, Sector: sector, Partner: true, Email: slug + "@member.example"})
}

func (w *world) kase(state casework.State, technical, exploited string) string {
	w.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	content, err := seal.SealJSON(w.key, "casefile/"+id+"/content", casework.Content{
		Title: "组件远程代码执行 " + secret, TitleEN: "Remote code execution " + secret, Description: "说明 " + secret, DescriptionEN: "Text " + secret,
		Fix: "升级 " + secret, FixEN: "Upgrade " + secret, Workaround: "关闭查找",
	})
	w.ok(err)
	var published time.Time
	if state == casework.Published {
		published = w.clock.Now()
	}
	w.exec(`INSERT INTO casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at, published_at)
		VALUES ($1,$2,$3,$4,$5,1,$6,$7,$8,'','',$9,$10,$11)`,
		id, "FS-2021-"+id[30:], state, db.At(w.clock.Now()), content, technical, technical, exploited, db.At(w.clock.Now()), db.At(w.clock.Now()), db.At(published))
	return id
}

// hit says that n products of an organisation contain the case's flaw.
func (w *world) hit(caseID, org string, n int) {
	w.Helper()
	for i := range n {
		id := fmt.Sprintf("%s-p%d-%s", org, i, caseID[24:])
		w.exec(`INSERT INTO product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, model_key, created_at)
			VALUES ($1,$2,'',$3,'','','software','','','','','','',$4)`, id, org, "产品"+fmt.Sprint(i), db.At(w.clock.Now()))
		why := match.Why{By: "component", Path: []string{"app@1", "lib@2.14.1"}, Found: secret + ":lib@2.14.1", Range: ">= 2.0, < 2.15.0"}
		sealed, err := seal.SealJSON(w.key, match.Place(match.Finding{CaseID: caseID, ProductID: id, ComponentID: 1, Version: "1.0"}), why)
		w.ok(err)
		w.exec(`INSERT INTO finding (case_id, product_id, component_id, org_id, version, verdict, why_sealed, run, at) VALUES ($1,$2,1,$3,'1.0','affected',$4,'r',$5)`,
			caseID, id, org, sealed, db.At(w.clock.Now()))
	}
}

// People of the platform.
var (
	analyst = member.Actor{AccountID: "analyst", OrgID: "platform", Roles: []member.Role{member.Analyst}, Via: "web"}
	officer = member.Actor{AccountID: "officer", OrgID: "platform", Roles: []member.Role{member.DutyOfficer}, Via: "web"}
	second  = member.Actor{AccountID: "second", OrgID: "platform", Roles: []member.Role{member.DutyOfficer}, Via: "web"}
	watch   = member.Actor{AccountID: "watch", OrgID: "platform", Roles: []member.Role{member.Supervisor}, Via: "web"}
)

// engineer is a security engineer of a member.
func engineer(org string) member.Actor {
	return member.Actor{AccountID: "e-" + org, OrgID: org, Roles: []member.Role{member.Engineer}, Via: "web"}
}

// says is an answer, with the reason that it may need.
func says(a warning.Answer) warning.AnswerInput {
	in := warning.AnswerInput{Answer: a}
	if a == warning.AffectedNo {
		in.Justification = openvex.ComponentNotPresent
	}
	return in
}

// draft drafts a warning about a graded critical flaw, which is exploited: orange, or red when most are affected.
func (w *world) draft(hits map[string]int) warning.Warning {
	w.Helper()
	id := w.kase(casework.Assessed, "critical", "yes")
	for org, n := range hits {
		w.hit(id, org, n)
	}
	out, err := w.s.Draft(ctx, analyst, id)
	w.ok(err)
	return out
}

// rev is the present state of a warning's text, 0 of none.
func (w *world) rev(id string) int {
	x, _, _ := w.s.Get(ctx, officer, id)
	return x.Rev
}

// release lets a warning out, by as many people as it needs.
func (w *world) release(id string) warning.Warning {
	w.Helper()
	x, _, err := w.s.Get(ctx, officer, id)
	w.ok(err)
	if x.Level.TwoPersons() {
		w.ok(w.s.Approve(ctx, officer, id, w.rev(id)))
	}
	x, err = w.s.Release(ctx, second, id, w.rev(id))
	w.ok(err)
	return x
}

// waves are the recipients of a revision with their waves.
func (w *world) waves(id string, revision int) map[string]int {
	w.Helper()
	type row struct {
		org  string
		wave int
	}
	out := map[string]int{}
	w.ok(w.d.View(ctx, func(tx *db.Tx) error {
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.org, &x.wave) },
			`SELECT org_id, wave FROM warning_recipient WHERE warning_id = $1 AND revision = $2`, id, revision)
		for _, x := range rows {
			out[x.org] = x.wave
		}
		return err
	}))
	return out
}

func (w *world) want(err error, kind fault.Kind) {
	w.Helper()
	if !fault.Is(err, kind) {
		w.Errorf("got %v, want %s", err, kind)
	}
}

// matrix is the board of the newest released revision: its first 2 000 rows.
func (w *world) matrix(by member.Actor, id string) ([]warning.Row, error) {
	rows, _, err := w.s.Board(ctx, by, id, warning.BoardQuery{Limit: 2000})
	return rows, err
}
