// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// publicRecord thanks somebody for a find.
func publicRecord(id, whom string) string {
	return fmt.Sprintf(`{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":%q,"state":"PUBLISHED","dateReserved":"2021-11-25T02:00:00Z","datePublished":"2021-12-09T04:00:00Z","dateUpdated":"2021-12-09T04:00:00Z"},
"containers":{"cna":{"title":"Remote code execution in Beacon Log","affected":[{"vendor":"Upstream Project","product":"Beacon Log"}],"credits":[{"lang":"en","value":%q,"type":"finder"}],
"timeline":[{"time":"2021-11-24T02:00:00Z","lang":"en","value":"Reported to the project"}]}}}`, id, whom)
}

// thanked gives the world a lead about "own" that waits for a person, and names.
func (w *world) thanked(ctx context.Context) {
	w.Helper()
	n, err := w.s.Members.AddName(ctx, w.actors["own administrator"], w.ids["org"], member.TeamName, "天枢实验室")
	w.ok(err)
	a, err := w.s.Members.AddAffiliation(ctx, w.actors["supervisor"], w.ids["org"], member.AffiliationInput{Person: "Song Zhiyuan", Source: "https://talks.example.org/2021"})
	w.ok(err)
	_, err = w.s.Credits.Import(ctx, w.actors["analyst"], "a.json", []byte(publicRecord("CVE-2021-99001", "own")))
	w.ok(err)
	ls, _, err := w.s.Credits.List(ctx, w.actors["supervisor"], credit.Filter{State: credit.Waiting})
	w.ok(err)
	if len(ls) != 1 {
		w.Fatalf("%d leads wait", len(ls))
	}
	x, err := w.s.Credits.Get(ctx, w.actors["supervisor"], ls[0].ID)
	w.ok(err)
	w.ids["names"], w.ids["affiliations"], w.ids["credits"], w.ids["records"] = n.ID, a.ID, ls[0].ID, x.Records[0].ID
}

// TestCreditWatch is the case of 2021 as far as credit watch tells it: a partner unit finds a flaw on day 0, tells the upstream
// project alone, and is thanked in a public record on day 15.
func TestCreditWatch(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			w := &world{T: t, ids: map[string]string{}, actors: map[string]member.Actor{}, session: map[string]string{}, token: map[string]string{}}
			w.config = app.Defaults()
			w.config.Data, w.config.MetricsListen, w.config.Listen = t.TempDir(), "", "127.0.0.1:0"
			if engine == db.PostgreSQL {
				w.config.Database = url
			}
			w.s = assemble(t, w.config)
			ctx, clock := t.Context(), w.s.Clock.(*calendar.Driven)
			w.ok(w.s.Jobs.Start(ctx))
			t.Cleanup(func() {
				w.ok(w.s.Jobs.Stop(context.Background()))
				w.ok(w.s.Close())
			})
			stop := w.integrate()
			t.Cleanup(stop)
			w.join(ctx)
			cloud, err := w.s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: "yunfan", NameZH: "云帆云计算", NameEN: "Yunfan Cloud", Roles: []member.OrgRole{member.Finder, member.Provider}, Partner: true, PartnerLevel: 1, Country: "CN", Email: "psirt@yunfan.example"})
			w.ok(err)
			acc, err := w.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: cloud.ID, Email: "song@yunfan.example", Name: "宋知远", Roles: []member.Role{member.Engineer}, Locale: "zh-CN"})
			w.ok(err)
			w.actors["finder"] = member.Actor{AccountID: acc.ID, OrgID: cloud.ID, Roles: acc.Roles, OrgRoles: cloud.Roles, Via: "web"}
			// Day 0: it finds the flaw and tells the upstream project. Day 15: others report, and a record thanks it.
			clock.Set(dbtest.Start.AddDate(0, 0, 15).Add(4 * time.Hour))
			for _, who := range []string{"finder", "supervisor", "analyst", "other engineer"} {
				session, err := w.s.Members.LoginAs(ctx, w.actors[who].AccountID, "test")
				w.ok(err)
				w.session[who] = session.Token
				w.token[who], _, err = w.s.Members.IssueToken(ctx, w.actors[who], "test", member.AllScopes, 0)
				w.ok(err)
			}
			other := flaw("others")
			other.Relation, other.Aliases = duty.Found, []string{"CVE-2021-99001"}
			_, err = w.s.Reports.Submit(ctx, w.actors["other engineer"], report.Input{Content: other})
			w.ok(err)
			h := app.New(w.config, w.s, "test").Handler()
			record := publicRecord("CVE-2021-99001", "Song Zhiyuan of Yunfan Cloud Security Team")
			for range 2 {
				if status, body := w.send(h, "POST", "/api/v1/credits/records?source=up.json", "analyst", "application/octet-stream", record); status != 200 {
					t.Fatalf("import: %d %s", status, body)
				}
				w.ok(w.s.Jobs.Idle(ctx))
			}
			// One question, with evidence and a proposed date, that presumes nothing.
			var leads, inquiries struct{ Items []map[string]any }
			w.read(h, "/api/v1/credits", "finder", &leads)
			w.read(h, "/api/v1/inquiries", "finder", &inquiries)
			if len(leads.Items) != 1 || len(inquiries.Items) != 1 || leads.Items[0]["state"] != "asked" || leads.Items[0]["inquiry"] != inquiries.Items[0]["id"] ||
				inquiries.Items[0]["state"] != "open" || inquiries.Items[0]["anchor"] != "2021-11-24T02:00:00Z" {
				t.Fatalf("%v\n%v", leads, inquiries)
			}
			// Pages: the member's and the supervisor's show the same; others find nothing.
			page := "/credits/" + leads.Items[0]["id"].(string)
			for who, want := range map[string]int{"finder": 200, "supervisor": 200, "other engineer": 404, "analyst": 404} {
				status, body := w.send(h, "GET", page, who, "", "")
				if status != want || want == 200 && (!strings.Contains(body, "Yunfan Cloud Security Team") || !strings.Contains(body, "2021-11-24 10:00") || !strings.Contains(body, "SHA-256")) {
					t.Errorf("%s as %s: %d %s", page, who, status, body)
				}
			}
			if n := w.count("event WHERE payload LIKE '%Song%' AND kind LIKE 'credit.%'"); n != 0 {
				t.Error("an event holds what the record says")
			}
			// A late report is seen beside the question, which stays.
			clock.Advance(24 * time.Hour)
			late := flaw("late")
			late.Relation, late.Aliases = duty.Found, []string{"cve-2021-99001"}
			r, err := w.s.Reports.Submit(ctx, w.actors["finder"], report.Input{Content: late})
			w.ok(err)
			w.ok(w.s.Jobs.Idle(ctx))
			w.read(h, "/api/v1/credits", "supervisor", &leads)
			if len(leads.Items) != 1 || leads.Items[0]["state"] != "asked" || leads.Items[0]["report"] != r.Report.ID {
				t.Errorf("%v", leads)
			}
		})
	}
}

// integrate keeps the evidence log going until stop is called.
func (w *world) integrate() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.s.Evidence.Run(ctx, 20*time.Millisecond, func(err error) { w.Error(err) })
	}()
	return func() { cancel(); <-done }
}

func (w *world) count(from string) (n int) {
	w.Helper()
	w.ok(w.s.DB.View(context.Background(), func(tx *db.Tx) (err error) {
		n, err = db.Get(context.Background(), tx, db.Value[int], `SELECT count(*) FROM `+from)
		return err
	}))
	return n
}

// send asks as a person: the API by token, the web by session.
func (w *world) send(h http.Handler, method, path, who, kind, body string) (int, string) {
	w.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if strings.HasPrefix(path, "/api/") {
		r.Header.Set("Authorization", "Bearer "+w.token[who])
	} else {
		r.AddCookie(&http.Cookie{Name: "fengsui_session", Value: w.session[who]})
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	b, err := io.ReadAll(rec.Body)
	w.ok(err)
	return rec.Code, string(b)
}

func (w *world) read(h http.Handler, path, who string, v any) {
	w.Helper()
	status, body := w.send(h, "GET", path, who, "", "")
	if status != 200 {
		w.Fatalf("%s: %d %s", path, status, body)
	}
	w.ok(json.Unmarshal([]byte(body), v))
}
