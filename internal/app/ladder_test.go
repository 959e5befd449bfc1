// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
)

// proofs are routes that show whether a member has a capability: whose standing counts, and who asks.
var proofs = map[member.Capability]struct{ of, asks, method, path string }{
	member.ToSignIn:      {"own engineer", "own engineer", "GET", "/duties"},
	member.ToReport:      {"own engineer", "own engineer", "POST", "/api/v1/reports"},
	member.ToSupplement:  {"own engineer", "own engineer", "POST", "/api/v1/reports/{id}/supplements"},
	member.ToCommit:      {"own engineer", "own engineer", "GET", "/api/v1/commitments/{id}"},
	member.ToOwnCases:    {"own engineer", "own engineer", "GET", "/api/v1/cases/{id}"},
	member.ToOwnDuties:   {"own engineer", "own engineer", "GET", "/api/v1/duties"},
	member.ToProducts:    {"own engineer", "own engineer", "POST", "/api/v1/products"},
	member.ToOwnWarnings: {"own engineer", "own engineer", "GET", "/api/v1/warnings/{id}"},
	member.ToDefend:      {"own engineer", "own engineer", "POST", "/api/v1/inquiries/{id}/objections"},
	member.ToTokens:      {"own engineer", "own engineer", "POST", "/tokens"},
	member.ToPublic:      {"own engineer", "own engineer", "GET", "/api/v1/decisions"},
	member.ToWarnings:    {"other engineer", "other engineer", "GET", "/api/v1/warnings/{id}"},
	member.ToDirectory:   {"other engineer", "other engineer", "GET", "/api/v1/members/{id}"},
	member.ToBeListed:    {"own engineer", "other engineer", "GET", "/api/v1/members/{id}"},
}

// elsewhere are capabilities whose proof is a property test of their own package.
var elsewhere = map[member.Capability]string{member.ToInvitedCases: "casework: CanRead agrees with Scope", member.ToServe: "warning: TestAccess, a suspended officer"}

// The policy is what the routes do: every capability in every standing, asked over HTTP.
func TestRoutesFollowThePolicy(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			w := newWorld(t, engine, url)
			for i, standing := range member.Columns {
				for _, of := range []string{"own engineer", "other engineer"} {
					h := w.copied(engine)
					h.enter(w.actors[of].OrgID, standing)
					for _, r := range member.Policy {
						p, ok := proofs[r.Capability]
						if !ok && elsewhere[r.Capability] == "" {
							t.Errorf("no route shows what becomes of %s", r.Capability)
						}
						if p.of != of {
							continue
						}
						asks := p.asks
						if standing == member.Left && r.Effects[i] == member.Keeps {
							asks = "anonymous" // what everybody may
						}
						status, body := w.ask(h, route{p.method, p.path}, asks, true)
						if may := cellOf(route{p.method, p.path}, status, body) == "+"; may != (r.Effects[i] == member.Keeps) {
							t.Errorf("%s, %s: the policy says %s, %s %s answers %d %.200s", standing, r.Capability, r.Effects[i], p.method, p.path, status, body)
						}
					}
					h.close()
				}
			}
		})
	}
}

// enter gives an organisation a standing; a restriction takes all that it can.
func (x *platform) enter(org string, standing member.Status) {
	x.w.Helper()
	ctx := context.Background()
	x.w.ok(x.s.DB.Tx(ctx, func(tx *db.Tx) error {
		m := member.Measure{Number: "FS-Q-2021-000098", Kind: standing, From: tx.Now, Until: tx.Now.AddDate(0, 6, 0)}
		switch standing {
		case member.Active:
			return nil
		case member.Left:
			_, err := tx.Exec(ctx, `UPDATE org SET status = 'left' WHERE id = $1`, org)
			return err
		case member.Restricted:
			m.Without = member.Restrictable()
		}
		return x.s.Members.Enter(ctx, tx, org, m)
	}))
}

// A scenario is a platform on a driven clock, asked over HTTP.
type scenario struct {
	*world
	clock *calendar.Driven
	http  http.Handler
}

func newScenario(t *testing.T, engine db.Engine, url string) *scenario {
	w := &world{T: t, ids: map[string]string{}, actors: map[string]member.Actor{}, session: map[string]string{}, token: map[string]string{}}
	c := app.Defaults()
	c.Data, c.MetricsListen, c.Listen = t.TempDir(), "", "127.0.0.1:0"
	if engine == db.PostgreSQL {
		c.Database = url
	}
	x := &scenario{world: w, clock: calendar.NewDriven(dbtest.Start)}
	x.set("2021-11-24T10:00:00+08:00")
	var err error
	w.s, err = app.Assemble(context.Background(), c, x.clock, slog.New(slog.DiscardHandler))
	w.ok(err)
	t.Cleanup(func() { w.ok(w.s.Close()) })
	t.Cleanup(integrate(t, w.s))
	ctx := context.Background()
	w.ok(w.s.Jobs.Start(ctx))
	t.Cleanup(func() { w.ok(w.s.Jobs.Stop(ctx)) })
	w.join(ctx)
	for _, who := range []string{"second supervisor"} {
		a, err := w.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: w.actors["supervisor"].OrgID, Email: "second@desk.example", Name: who, Roles: []member.Role{member.Supervisor}, Locale: "en"})
		w.ok(err)
		w.actors[who] = member.Actor{AccountID: a.ID, OrgID: a.OrgID, Roles: a.Roles, Via: "web"}
	}
	cloud, err := w.s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: "yunfan", NameZH: "云帆云计算", NameEN: "Yunfan Cloud", Roles: []member.OrgRole{member.Finder, member.Provider, member.Operator},
		Partner: true, PartnerLevel: 1, Country: "CN", Email: "psirt@yunfan.example", Phone: "010-5555-0100"})
	w.ok(err)
	song, err := w.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: cloud.ID, Email: "song@yunfan.example", Name: "宋知远", Roles: []member.Role{member.Engineer}, Locale: "zh-CN"})
	w.ok(err)
	w.actors["finder"] = member.Actor{AccountID: song.ID, OrgID: cloud.ID, Name: song.Name, Roles: song.Roles, OrgRoles: cloud.Roles, Via: "web", Locale: "zh-CN"}
	for name, a := range w.actors {
		w.token[name], _, err = w.s.Members.IssueToken(ctx, a, "scenario", member.AllScopes, 0)
		w.ok(err)
	}
	x.http = app.New(c, w.s, "test").Handler()
	return x
}

func (x *scenario) set(at string) time.Time {
	x.Helper()
	t, err := time.Parse(time.RFC3339, at)
	x.ok(err)
	x.clock.Set(t)
	return t
}

// call asks the API as a person and wants a status.
func (x *scenario) call(as, method, path, body string, want int) (out map[string]any) {
	x.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if t := x.token[as]; t != "" {
		r.Header.Set("Authorization", "Bearer "+t)
	}
	rec := httptest.NewRecorder()
	x.http.ServeHTTP(rec, r)
	if rec.Code != want {
		x.Fatalf("%s %s as %s: %d, want %d: %s", method, path, as, rec.Code, want, rec.Body)
	}
	x.ok(json.Unmarshal(rec.Body.Bytes(), &out))
	return out
}

// found reports a flaw of a product, with the names that it has elsewhere, takes its case to its warning, and releases that.
func (x *scenario) found(reporter, vendor, name string, aliases ...string) (warningID string) {
	x.Helper()
	ctx, c := context.Background(), flaw("details of "+name)
	c.Title, c.Vendor, c.Product, c.Model, c.LearnedAt = "Flaw in "+name, vendor, name, "M-"+name, x.clock.Now().Add(-time.Hour)
	c.Affected = []report.Affected{{Vendor: vendor, Product: name, Model: "M-" + name, Introduced: "1.0", Fixed: "1.5"}}
	b, err := json.Marshal(map[string]any{"product": c.Product, "vendor": c.Vendor, "model": c.Model, "versions": c.Versions, "technical": c.Technical, "harm": c.Harm, "scope": c.Scope,
		"exploited": "no", "public": "no", "upstream": "no", "relation": "finder", "learned_at": c.LearnedAt.Format(time.RFC3339), "learned_by": "research", "fix": c.Fix, "title": c.Title,
		"affected": []map[string]any{{"vendor": vendor, "product": name, "model": "M-" + name, "introduced": "1.0", "fixed": "1.5"}}})
	x.ok(err)
	if len(aliases) > 0 {
		b = fmt.Appendf(b[:len(b)-1], `,"aliases":[%q]}`, strings.Join(aliases, `","`))
	}
	r := x.call(reporter, "POST", "/reports", `{"content":`+string(b)+`}`, http.StatusCreated)
	return x.warned(ctx, x.graded(ctx, r["report"].(map[string]any)["id"].(string)))
}

// TestTheCaseOf2021 is the story that the platform is built to make impossible, with fictional names, over HTTP: a partner
// unit finds a flaw and tells the upstream project alone; a public record thanks it for the find; it is asked, heard and
// suspended for six months, appeals, and is back on the day.
func TestTheCaseOf2021(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			x := newScenario(t, engine, url)
			ctx, finder, other := context.Background(), x.actors["finder"], x.actors["other engineer"]
			for _, p := range []struct {
				by   member.Actor
				name string
			}{{finder, "Console"}, {other, "Gateway"}} {
				_, err := x.s.Products.Register(ctx, p.by, product.Input{OrgID: p.by.OrgID, Vendor: "Maker", Name: p.name, Model: "M-" + p.name, Kind: product.Hardware, Versions: []string{"1.2"}})
				x.ok(err)
			}
			// Day 0: the finder finds it and tells the upstream project. The platform hears nothing and asks nothing.
			for _, list := range []string{"/reports", "/duties", "/inquiries", "/credits"} {
				if n := len(x.call("finder", "GET", list, "", 200)["items"].([]any)); n != 0 {
					t.Errorf("%s: %d on the day of the find", list, n)
				}
			}
			// Day 15: others report. Everybody concerned is warned, the finder too.
			x.set("2021-12-09T09:10:00+08:00")
			before := x.found("other engineer", "Maker", "Console", "CVE-2021-99001")
			x.call("finder", "GET", "/warnings/"+before, "", 200)

			// The same day a public record thanks it. Taken in twice, it makes one question, with evidence and a proposed
			// date, that presumes nothing.
			x.set("2021-12-09T14:00:00+08:00")
			record := publicRecord("CVE-2021-99001", "Song Zhiyuan of Yunfan Cloud Security Team")
			for range 2 {
				if status, body := x.send(x.http, "POST", "/api/v1/credits/records?source=up.json", "analyst", "application/octet-stream", record); status != 200 {
					t.Fatalf("import: %d %s", status, body)
				}
				x.ok(x.s.Jobs.Idle(ctx))
			}
			lead := x.only("finder", "/credits")
			opened := x.only("finder", "/inquiries")
			id := opened["id"].(string)
			if lead["state"] != "asked" || lead["inquiry"] != id || opened["state"] != "open" || opened["anchor"] != "2021-11-24T02:00:00Z" {
				t.Fatalf("%v\n%v", lead, opened)
			}
			page := "/credits/" + lead["id"].(string) // the member's page and the supervisor's show the same; others find nothing
			for who, want := range map[string]int{"finder": 200, "supervisor": 200, "other engineer": 404, "analyst": 404} {
				session, err := x.s.Members.LoginAs(ctx, x.actors[who].AccountID, "test")
				x.ok(err)
				x.session[who] = session.Token
				status, body := x.send(x.http, "GET", page, who, "", "")
				if status != want || want == 200 && (!strings.Contains(body, "Yunfan Cloud Security Team") || !strings.Contains(body, "2021-11-24 10:00") || !strings.Contains(body, "SHA-256")) {
					t.Errorf("%s as %s: %d %s", page, who, status, body)
				}
			}
			if n := x.count("event WHERE payload LIKE '%Song%' AND kind LIKE 'credit.%'"); n != 0 {
				t.Error("an event holds what the record says")
			}

			file := "/inquiries/" + id
			x.call("other engineer", "GET", file, "", http.StatusNotFound)
			x.set("2021-12-10T10:00:00+08:00")
			x.call("supervisor", "POST", file+"/notice", `{"text":"We intend to decide."}`, 200)
			x.call("supervisor", "POST", file+"/decisions", `{"outcome":"suspension","months":6,"reasons":"r","public_zh":"理由"}`, http.StatusConflict)
			// It reports now: late, seen beside the question, which stays.
			late := x.call("finder", "POST", "/reports", `{"content":{"product":"Beacon Log","vendor":"Upstream Project","versions":"1.0","technical":"The details.","harm":"Full control.","scope":"All.","exploited":"no","public":"yes",
				"upstream":"yes","relation":"finder","learned_at":"2021-11-24T10:00:00+08:00","learned_by":"research","aliases":["cve-2021-99001"]}}`, http.StatusCreated)["report"].(map[string]any)
			x.ok(x.s.Jobs.Idle(ctx))
			if lead := x.only("supervisor", "/credits"); lead["state"] != "asked" || lead["report"] != late["id"] {
				t.Errorf("after the late report: %v", lead)
			}
			x.set("2021-12-20T15:00:00+08:00")
			x.call("finder", "POST", file+"/statements", `{"text":"We told the upstream project and did not see how serious it was."}`, 200)
			x.set("2021-12-21T16:00:00+08:00")
			d := x.call("supervisor", "POST", file+"/decisions", `{"outcome":"suspension","months":6,"reasons":"not reported for fifteen days","public_zh":"未按期报送。","publish":"effect"}`, 200)
			decision := d["decisions"].([]any)[0].(map[string]any)["id"].(string)
			x.call("supervisor", "POST", file+"/sign", fmt.Sprintf(`{"decision":%q}`, decision), http.StatusForbidden)
			x.set("2021-12-22T10:00:00+08:00")
			x.call("duty officer", "POST", file+"/sign", fmt.Sprintf(`{"decision":%q}`, decision), 200)
			if m := x.call("supervisor", "GET", "/members/"+finder.OrgID, "", 200); m["status"] != "suspended" || m["suspended_until"] != "2022-06-22T16:00:00Z" {
				t.Errorf("standing: %v", m)
			}
			if p := x.only("", "/decisions"); p["standing"] != "appealable" || !strings.Contains(fmt.Sprint(p["text"]), "理由：未按期报送。") {
				t.Errorf("register: %v", p)
			}

			// What the suspended member can do.
			x.call("finder", "POST", "/reports", `{"content":`+someContent+`}`, http.StatusCreated)
			x.call("finder", "GET", "/duties", "", 200)
			x.call("finder", "GET", file, "", 200)
			x.call("finder", "GET", "/warnings/"+before, "", 200)
			x.call("finder", "POST", "/warnings/"+before+"/answer", `{"answer":"affected"}`, 200)
			x.call("finder", "POST", "/products", `{"vendor":"Yunfan","name":"Switch"}`, http.StatusCreated)
			hit := x.found("other engineer", "Maker", "Console")
			x.call("finder", "GET", "/warnings/"+hit, "", 200)
			if n, err := x.wave(hit, finder.OrgID); err != nil || n != 1 {
				t.Errorf("warned about its own product in wave %d, %v", n, err)
			}
			// What it cannot.
			general := x.found("other engineer", "Maker", "Gateway")
			x.call("finder", "GET", "/warnings/"+general, "", http.StatusNotFound)
			x.call("finder", "GET", "/members/"+other.OrgID, "", http.StatusNotFound)
			x.call("other engineer", "GET", "/members/"+finder.OrgID, "", http.StatusNotFound)
			if ms := x.call("finder", "GET", "/members", "", 200)["items"].([]any); len(ms) != 1 {
				t.Errorf("it sees %d members", len(ms))
			}
			if ws := x.call("finder", "GET", "/warnings", "", 200)["items"].([]any); len(ws) != 2 {
				t.Errorf("it sees %d warnings, want the two about its product", len(ws))
			}

			x.set("2021-12-30T17:00:00+08:00")
			x.call("finder", "POST", file+"/appeal", `{"grounds":"Six months are too long."}`, 200)
			x.call("supervisor", "POST", file+"/answer", `{"text":"No."}`, http.StatusForbidden)
			x.set("2022-01-20T10:00:00+08:00")
			if f := x.call("second supervisor", "POST", file+"/answer", `{"text":"Telling others does not replace the report."}`, 200); f["state"] != "upheld" || f["final"] != true {
				t.Errorf("answered: %v", f)
			}

			// Back by itself, at midnight in Beijing, whether or not the schedule has run.
			end := x.set("2022-06-23T00:00:00+08:00")
			x.clock.Set(end.Add(-time.Microsecond))
			x.call("finder", "GET", "/members/"+other.OrgID, "", http.StatusNotFound)
			x.clock.Set(end)
			x.call("finder", "GET", "/members/"+other.OrgID, "", 200)
			n, err := x.s.Members.ReinstateDue(ctx)
			x.ok(err)
			if again, err := x.s.Members.ReinstateDue(ctx); n != 2 || again != 0 || err != nil { // with the one that was suspended from the beginning
				t.Errorf("reinstated %d and %d times, %v", n, again, err)
			}
			x.call("finder", "GET", "/warnings/"+x.found("other engineer", "Maker", "Gateway"), "", 200)
			if p := x.only("", "/decisions"); p["standing"] != "expired" {
				t.Errorf("register at the end: %v", p)
			}
		})
	}
}

// only returns the one entry of a list.
func (x *scenario) only(as, path string) map[string]any {
	x.Helper()
	items := x.call(as, "GET", path, "", 200)["items"].([]any)
	if len(items) != 1 {
		x.Fatalf("%s as %s: %d entries: %v", path, as, len(items), items)
	}
	return items[0].(map[string]any)
}

// wave is the wave in which an organisation was warned.
func (x *scenario) wave(warningID, org string) (n int, err error) {
	err = x.s.DB.View(context.Background(), func(tx *db.Tx) error {
		n, err = db.Get(context.Background(), tx, db.Value[int], `SELECT wave FROM warning_recipient WHERE warning_id = $1 AND org_id = $2`, warningID, org)
		return err
	})
	return n, err
}
