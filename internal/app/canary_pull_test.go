// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// hours lets everything go out that is due within some hours.
func (m *mine) hours(n int) {
	m.Helper()
	for range n {
		m.clock.Advance(time.Hour)
		m.due()
	}
}

// days lets everything go out that is due within some days; the desk calls whom it has to.
func (m *mine) days(n int) {
	m.Helper()
	for i := range n {
		m.clock.Advance(24 * time.Hour)
		m.due()
		if i == 2 || i == n/2 {
			m.call()
		}
	}
	m.due()
}

// due does what the schedule does.
func (m *mine) due() {
	m.Helper()
	ctx := m.Context()
	for _, do := range []func(context.Context) (int, error){m.s.Duties.Remind, m.s.Warnings.Remind, m.s.Destinations.MakeDigests, m.s.Destinations.Heartbeat} {
		_, err := do(ctx)
		m.ok(err)
	}
	_, err := m.s.Sender.Drain(ctx)
	m.ok(err)
}

// A visitor asks the platform for pages.
type visitor struct {
	m       *mine
	h       http.Handler
	to      string // whose people it is
	session string
	token   string
}

// get asks for something, by session or token as the path wants it, and keeps the whole answer as something that left.
func (v visitor) get(way, address string) (status int) {
	return v.ask(way, "GET", address, "", "")
}

func (v visitor) ask(way, method, address, kind, body string) (status int) {
	v.m.Helper()
	rq := httptest.NewRequestWithContext(v.m.Context(), method, address, strings.NewReader(body))
	rq.Header.Set("Accept-Encoding", "gzip")
	if kind != "" {
		rq.Header.Set("Content-Type", kind)
	}
	if v.token != "" && strings.HasPrefix(address, "/api/v1") {
		rq.Header.Set("Authorization", "Bearer "+v.token)
	} else if v.session != "" {
		rq.AddCookie(&http.Cookie{Name: "fengsui_session", Value: v.session})
	}
	rec := httptest.NewRecorder()
	v.m.left500(method, address, rec, func() { v.h.ServeHTTP(rec, rq) })
	var head bytes.Buffer
	rec.Header().Write(&head) //nolint:errcheck // into memory
	v.m.take(way, v.to, rec.Body.Bytes())
	v.m.take(way, v.to, head.Bytes())
	return rec.Code
}

// left500 serves, and minds answers that are none.
func (m *mine) left500(method, address string, rec *httptest.ResponseRecorder, serve func()) {
	m.Helper()
	serve()
	if rec.Code >= 500 {
		m.Errorf("%s %s: %d %s", method, address, rec.Code, rec.Body)
	}
}

func (m *mine) visitor(h http.Handler, name string) visitor {
	m.Helper()
	v := visitor{m: m, h: h, to: name}
	by, ok := m.people[name]
	if !ok { // anybody
		return v
	}
	session, err := m.s.Members.LoginAs(m.Context(), by.AccountID, "test")
	m.ok(err)
	v.session, v.token = session.Token, m.token(name, member.AllScopes...)
	return v
}

func (m *mine) token(name string, scopes ...string) string {
	m.Helper()
	plain, _, err := m.s.Members.IssueToken(m.Context(), m.people[name], uuid.NewString(), scopes, 0)
	m.ok(err)
	return plain
}

func (m *mine) handler() http.Handler { return app.New(m.config, m.s, "test").Handler() }

// pull fetches what can be fetched: feeds, alerts, the stream, bundles, the pages of signed links; by those who were warned,
// and by one who was not.
func (m *mine) pull() {
	m.Helper()
	ctx, h := m.Context(), m.handler()
	public, err := m.s.Warnings.Public(ctx, 100)
	m.ok(err)
	if len(public) == 0 {
		m.Fatal("no warning is public")
	}
	anybody := m.visitor(h, "")
	want := func(status, got int, address string) {
		m.Helper()
		if status != got {
			m.Errorf("%s: %d, want %d", address, got, status)
		}
	}
	for _, form := range []string{"atom", "json"} {
		want(200, anybody.get("public feed", "/feeds/warnings."+form), form)
	}
	for _, x := range public {
		want(200, anybody.get("public feed", "/feeds/warnings/"+x.Number+".cap"), x.Number)
	}
	for _, name := range []string{"unit", "other", "outsider", "barred"} {
		v := m.visitor(h, name)
		items, _, err := m.s.Warnings.Mine(ctx, m.people[name], warning.Filter{})
		m.ok(err)
		if slices.Contains(warned, name) != (len(items) >= 10) {
			m.Fatalf("%d warnings to %s", len(items), name)
		}
		for way, token := range map[string]string{"feed": m.token(name, member.ScopeFeed), "amber feed": m.token(name, member.ScopeFeedAmber)} {
			for _, form := range []string{"atom?lang=en", "json", "atom", "json?lang=en"} {
				want(200, v.get(way, "/feeds/my/"+token+"/warnings."+form), form)
			}
			for _, id := range m.ids["warnings"] {
				w, _, err := m.s.Warnings.Get(ctx, m.people["desk"], id)
				m.ok(err)
				v.get(way, "/feeds/my/"+token+"/warnings/"+w.Number+".cap")
			}
		}
		v.get("bundle", "/warning-bundle/file")
		for _, id := range m.ids["warnings"] {
			v.get("bundle", "/warnings/"+id+"/bundle")
			v.get("bundle", "/api/v1/warnings/"+id+"/bundle")
			v.get("refused", "/feeds/warnings/"+id+".cap")
			for _, revision := range []int{1, 2} { // whoever has the link has it from somebody who was warned
				for _, to := range warned {
					v := visitor{m: m, h: h, to: to}
					v.get("link", "/w/"+m.s.Warnings.Link(id, revision, m.people[to].OrgID))
				}
				v.get("link", "/w/"+m.s.Warnings.Link(id, revision, m.people[name].OrgID))
			}
		}
		want(200, v.get("stream", "/api/v1/stream?no_wait=true&from=-1"), "stream")
	}
}

// crawl asks for every page and every operation of the API about everything there is, as everybody; and lets those who have
// no right to anything try everything else, too.
func (m *mine) crawl() {
	m.Helper()
	for {
		n, err := m.s.Evidence.Integrate(m.Context())
		m.ok(err)
		if n == 0 {
			break
		}
	}
	calendar, err := m.s.Duties.OpenCalendar(m.Context(), m.people["other"])
	m.ok(err)
	h, all := m.handler(), routes(m.T)
	for _, p := range []string{"/csaf/", "/csaf/index.txt", "/csaf/changes.csv", "/osv/all.zip", "/osv/index.json", "/feeds/advisories.atom", "/.well-known/security.txt", "/.well-known/csaf/provider-metadata.json", "/v1/vulns/CVE-2021-44228",
		"/log/checkpoint", "/log/cosigned", "/log/witnesses", "/log/keys", "/log/tile/0/000", "/log/tile/entries/000", "/vulnerabilities?q=router", "/advisories?q=router", "/cases?q=router", "/warnings?q=router", "/members?q=unit", "/products?q=router", "/api/v1/openapi.json", "/healthz", "/readyz"} {
		all = append(all, route{"GET", p})
	}
	asked := 0
	for _, name := range []string{"", "outsider", "barred", "auditor", "other", "unit", "desk"} {
		v := m.visitor(h, name)
		for _, r := range all {
			if r.method != http.MethodGet {
				continue
			}
			for _, address := range m.fill(r, name) {
				if strings.HasSuffix(r.path, "/stream") {
					address += "?no_wait=true&from=-1"
				}
				v.get("page", address)
				asked++
			}
		}
	}
	visitor{m: m, h: h, to: "other"}.get("page", "/calendar/"+calendar)
	for _, id := range m.ids["notices"][1:] {
		visitor{m: m, h: h, to: "upstream"}.get("page", "/n/"+m.s.Cases.Link(id))
	}
	for _, name := range []string{"", "outsider", "barred"} {
		v := m.visitor(h, name)
		for _, r := range all {
			if r.method == http.MethodGet {
				continue
			}
			sent, kind := apiBodies[r.method+" "+r.path], "application/json"
			if !strings.HasPrefix(r.path, "/api/") {
				sent, kind = webForms[r.method+" "+r.path], "application/x-www-form-urlencoded"
			} else if sent == "" {
				sent = "{}"
			}
			for _, address := range m.fill(r, name) {
				v.ask("page", r.method, address, kind, sent)
				asked++
			}
		}
		for _, query := range []string{`{"package":{"ecosystem":"npm","name":"core"},"version":"2.0.7"}`, `{"package":{"purl":"pkg:generic/router@1.2"}}`} {
			v.ask("page", "POST", "/v1/query", "application/json", query)
			v.ask("page", "POST", "/v1/querybatch", "application/json", `{"queries":[`+query+`]}`)
		}
	}
	m.Logf("%d questions", asked)
}

// fill puts the ids of what there is into the path of a route: of some of everything, and of what is nowhere. Ids of
// organisations are its own.
func (m *mine) fill(r route, name string) (out []string) {
	names := parameter.FindAllString(r.path, -1)
	if len(names) == 0 {
		return []string{strings.TrimSuffix(r.path, "{$}")}
	}
	parts := strings.Split(strings.Trim(r.path, "/"), "/")
	thing := ""
	places := map[int][]string{}
	for i, p := range parts {
		if !parameter.MatchString(p) {
			thing = p
			continue
		}
		ids := m.ids[thing]
		switch {
		case named[thing+" "+p] != "":
			ids = []string{named[thing+" "+p]}
		case p == "{org}", thing == "members":
			ids = m.ids["org"]
		case thing == "calls" && len(m.ids["calls"]) == 0, len(ids) == 0:
			ids = []string{"01890a5d-ac96-774b-bcce-b302099a8057"}
		}
		if name == "desk" { // who may read all: so that we know that there is something to read
			ids = ids[:min(len(ids), 2)]
		}
		if len(names) > 1 && len(ids) > 8 {
			ids = ids[:8]
		}
		places[i] = ids
	}
	out = []string{""}
	for i, p := range parts {
		ids, ok := places[i]
		if !ok {
			ids = []string{p}
		}
		var next []string
		for _, head := range out {
			for _, id := range ids {
				next = append(next, head+"/"+id)
			}
		}
		out = next
	}
	return out
}

// plain are the columns in which texts of members stand as they are: names of products, by which they are found.
var plain = map[string]bool{"product.name": true}

// rest reads what the tables hold. What is sealed stands in none of them, and what happened, what failed and what waits has no
// texts at all.
func (m *mine) rest() {
	m.Helper()
	m.ok(m.s.DB.View(m.Context(), func(tx *db.Tx) error {
		query := `SELECT name FROM sqlite_master WHERE type = 'table'`
		if tx.Engine == db.PostgreSQL {
			query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
		}
		tables, err := db.List(m.Context(), tx, db.Value[string], query)
		if err != nil {
			return err
		}
		if len(tables) < 100 {
			m.Fatalf("only %d tables", len(tables))
		}
		for _, table := range tables {
			if err := m.table(tx, table); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		return nil
	}))
}

func (m *mine) table(tx *db.Tx, table string) error {
	rows, err := tx.Query(m.Context(), `SELECT * FROM "`+table+`"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	columns := make([]bytes.Buffer, len(names))
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			switch x := v.(type) {
			case []byte:
				columns[i].Write(append(x, '\n'))
			case string:
				columns[i].WriteString(x + "\n")
			}
		}
	}
	for i, name := range names {
		if !plain[table+"."+name] {
			m.take("table", table+"."+name, columns[i].Bytes())
		}
	}
	return rows.Err()
}

// running starts the whole program anew, for what it shows of itself to those who run it.
func (m *mine) running() {
	m.Helper()
	m.ok(m.s.Close())
	m.assemble()
	a := app.New(m.config, m.s, "test")
	m.ok(a.Start(m.Context()))
	defer func() { m.ok(a.Stop(context.WithoutCancel(m.Context()))) }()
	for _, address := range []string{a.MetricsAddr() + "/metrics", a.Addr() + "/healthz"} {
		rs, err := http.Get("http://" + address)
		m.ok(err)
		b, err := io.ReadAll(rs.Body)
		rs.Body.Close()
		m.ok(err)
		m.take(path.Base(address), "", b)
	}
}
