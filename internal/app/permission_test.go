// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

var update = flag.Bool("update", false, "write testdata/permissions.txt anew; read the difference as a reviewer")

const matrixFile = "testdata/permissions.txt"

// TestPermissions asks every route of the web and of the API as everybody, and compares the answers with the matrix
// that people have reviewed. Where an answer is "no such thing", it must be the very answer that an id gets which
// nobody has. Undisclosed details stand in the answers of those alone who may read the case.
func TestPermissions(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			w := newWorld(t, engine, url)
			var got []string
			shared := w.copied(engine)
			defer shared.close()
			own := w.copied(engine)
			defer func() { own.close() }()
			for _, r := range routes(t) {
				if r.method == http.MethodGet {
					got = append(got, w.row(shared, r))
					continue
				}
				got = append(got, w.row(own, r))
				if own.changed() { // whatever comes next finds the world as it was
					own.close()
					own = w.copied(engine)
				}
			}
			text := legend() + strings.Join(got, "\n") + "\n"
			if *update {
				w.ok(os.MkdirAll(filepath.Dir(matrixFile), 0o755))
				w.ok(os.WriteFile(matrixFile, []byte(text), 0o644))
				return
			}
			want, err := os.ReadFile(matrixFile)
			w.ok(err)
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text, "\n")); diff != "" {
				t.Errorf("the matrix has changed (-reviewed +now); 'go test ./internal/app -run Permissions -args -update' writes it anew:\n%s", diff)
			}
		})
	}
}

func legend() string {
	var b strings.Builder
	b.WriteString("# Who may do what: one row a route, one column a person.\n# + may (answered, or refused for another reason than the person)  0 no such thing  x known, but not allowed  i sign in first\n#\n")
	for i, p := range personas {
		fmt.Fprintf(&b, "# %d %s\n", i, p)
	}
	b.WriteString("#\n")
	return b.String()
}

// route is one entry of a mux or of the OpenAPI document.
type route struct{ method, path string }

var registered = regexp.MustCompile(`mux\.Handle(?:Func)?\("([A-Z]+) ([^"]+)"`)

// routes reads the routes of the web from their source and those of the API from its document. The feeds ask nobody who
// they are.
func routes(t *testing.T) (out []route) {
	t.Helper()
	src, err := os.ReadFile("../web/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range registered.FindAllStringSubmatch(string(src), -1) {
		if m[2] != "/static/" && m[2] != "/" {
			out = append(out, route{m[1], m[2]})
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d routes found: their registration has changed its form", len(out))
	}
	c := app.Defaults()
	c.Data = t.TempDir()
	s := assemble(t, c)
	defer s.Close()
	rec := httptest.NewRecorder()
	app.New(c, s, "test").Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/api/v1/openapi.json", nil))
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var api []route
	for path, operations := range doc.Paths {
		for method := range operations {
			api = append(api, route{strings.ToUpper(method), path})
		}
	}
	slices.SortFunc(api, func(a, b route) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	return append(out, api...)
}

// insiders may read the case whose details hold the word that is looked for.
var insiders = []string{"own engineer", "own administrator", "analyst", "duty officer", "supervisor"}

// bySecret says that a route is opened by a secret in its path, whoever holds it.
func bySecret(r route) bool {
	return strings.HasPrefix(r.path, "/status/") || strings.HasPrefix(r.path, "/n/") || strings.HasPrefix(r.path, "/calendar/")
}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

// named are parameters that are no ids: too short to be looked for in an answer.
var named = map[string]string{"transparency {period}": "2021-Q4", "transparency {edition}": "live", "transparency {file}": "figures.csv", "editions {n}": "1", "evaluation-schemes {year}": "2021"}

// fill puts ids in the place of a route's parameters: of things that exist, or of things that do not.
func (w *world) fill(r route, exists bool) string {
	parts := strings.Split(strings.Trim(strings.TrimSuffix(r.path, "{$}"), "/"), "/")
	thing := ""
	for i, p := range parts {
		if !parameter.MatchString(p) {
			thing = p
			continue
		}
		id := w.ids[w.named(r, thing)]
		if x := named[thing+" "+p]; x != "" {
			id = x
		}
		if id == "" {
			w.Fatalf("%s %s: the world has no %q", r.method, r.path, thing)
		}
		if !exists {
			id = nowhere(id)
		}
		parts[i] = id
	}
	return "/" + strings.Join(parts, "/")
}

// named says which thing of the world a path is about.
func (w *world) named(r route, thing string) string {
	switch {
	case thing == "as", thing == "calls" && strings.Contains(r.path, "/warnings/"):
		return "org"
	case thing == "members" && strings.HasSuffix(r.path, "/approve"):
		return "applicant"
	case thing == "filings" && strings.Contains(r.path, "{pack}"):
		return "pack"
	case thing == "members":
		return "org"
	case thing == "law-packs" && strings.HasPrefix(r.path, "/api/"):
		return "laws"
	case thing == "law-packs":
		return "law-versions"
	case thing == "status":
		return "secret"
	case thing == "w":
		return "warning-link"
	case thing == "n":
		return "notice-link"
	case thing == "advisories" && r.method != "GET":
		return "advisory-drafts"
	}
	return thing
}

// nowhere is an id of the same form that nobody has.
func nowhere(id string) string {
	if uuid.Validate(id) == nil {
		return "01890a5d-ac96-774b-bcce-b302099a8057"
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '9' - (r - '0')
		}
		return r
	}, id)
}

// A platform serves a copy of the world.
type platform struct {
	http.Handler
	w    *world
	s    *app.Services
	rows int64 // the last record in the journal of rows when the copy was made
	stop func()
}

func (w *world) copied(engine db.Engine) *platform {
	w.Helper()
	c := w.config
	c.Data = w.TempDir()
	w.ok(os.CopyFS(c.Data, os.DirFS(w.config.Data)))
	if engine == db.PostgreSQL {
		c.Database = dbtest.Clone(w.T, w.config.Database)
	}
	x := &platform{w: w, s: assemble(w.T, c)}
	x.Handler = app.New(c, x.s, "test").Handler()
	x.rows, x.stop = x.last(), integrate(w.T, x.s)
	return x
}

// integrate lets the log run until it is stopped: whoever reports waits for its entry.
func integrate(t *testing.T, s *app.Services) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var loop sync.WaitGroup
	loop.Go(func() { s.Evidence.Run(ctx, time.Hour, func(err error) { t.Error(err) }) })
	return func() { cancel(); loop.Wait() }
}

// last is the newest record in the journal of rows.
func (x *platform) last() (n int64) {
	x.w.Helper()
	x.w.ok(x.s.DB.View(context.Background(), func(tx *db.Tx) (err error) {
		n, err = db.Get(context.Background(), tx, db.Value[int64], `SELECT coalesce(max(n), 0) FROM row_journal`)
		return err
	}))
	return n
}

// changed reports whether anything was written since the copy was made.
func (x *platform) changed() bool { return x.last() != x.rows }

func (x *platform) close() {
	x.stop()
	x.w.ok(x.s.Close())
}

// row asks a route as everybody.
func (w *world) row(h http.Handler, r route) string {
	w.Helper()
	var cells strings.Builder
	for _, p := range personas {
		status, body := w.ask(h, r, p, true)
		cell := cellOf(r, status, body)
		cells.WriteString(cell)
		hides := cell == "0" || cell == "x" && !slices.Contains(insiders, p) && !strings.Contains(r.path, "/members/")
		if hides && strings.Contains(r.path, "{") {
			if s2, b2 := w.ask(h, r, p, false); s2 != status || w.plain(b2) != w.plain(body) {
				w.Errorf("%s %s as %s: what is hidden does not look like what does not exist: %d %s / %d %s", r.method, r.path, p, status, body, s2, b2)
			}
		}
		if !slices.Contains(insiders, p) && strings.Contains(body, undisclosed) && !bySecret(r) {
			w.Errorf("%s %s tells %s undisclosed details", r.method, r.path, p)
		}
	}
	return fmt.Sprintf("%s  %-6s %s", cells.String(), r.method, r.path)
}

func cellOf(r route, status int, body string) string {
	switch status {
	case http.StatusNotFound:
		return "0"
	case http.StatusForbidden:
		return "x"
	case http.StatusUnauthorized:
		return "i"
	case http.StatusInternalServerError:
		return "!"
	}
	return "+"
}

// plain takes out of an answer what belongs to the request.
func (w *world) plain(body string) string {
	ids := slices.Collect(maps.Values(w.ids))
	slices.SortFunc(ids, func(a, b string) int { return len(b) - len(a) }) // some hold others
	for _, id := range ids {
		body = strings.ReplaceAll(strings.ReplaceAll(body, id, "ID"), nowhere(id), "ID")
	}
	return body
}

// ask sends one request as a person: to the web with a session and a form, to the API with a token and JSON.
func (w *world) ask(h http.Handler, r route, persona string, exists bool) (status int, body string) {
	w.Helper()
	path := w.fill(r, exists)
	var req *http.Request
	if strings.HasPrefix(path, "/api/v1") {
		sent, kind := apiBodies[r.method+" "+r.path], "application/json"
		if sent == "" && r.method != "GET" && r.method != "DELETE" {
			sent = "{}"
		}
		sent = strings.NewReplacer("$own", w.ids["org"], "$case", w.ids["published"]).Replace(sent)
		if strings.HasSuffix(r.path, "/sboms") || strings.HasSuffix(r.path, "/uploads") {
			path += "?version=1.2"
			kind = "application/octet-stream"
		}
		if strings.HasSuffix(r.path, "/stream") { // it would not end
			path += "?no_wait=true"
		}
		if strings.HasSuffix(r.path, "/credits/records") || strings.HasSuffix(r.path, "/vex") || strings.HasSuffix(r.path, "/product-tables") {
			kind = "application/octet-stream"
		}
		req = httptest.NewRequest(r.method, path, strings.NewReader(sent))
		if r.method != "GET" {
			req.Header.Set("Content-Type", kind)
		}
		if t := w.token[persona]; t != "" {
			req.Header.Set("Authorization", "Bearer "+t)
		}
	} else {
		req = httptest.NewRequest(r.method, path, strings.NewReader(webForms[r.method+" "+r.path]))
		if r.method != "GET" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if t := w.session[persona]; t != "" {
			req.AddCookie(&http.Cookie{Name: "fengsui_session", Value: t})
		}
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	status, body = rec.Code, rec.Body.String()
	if status == http.StatusSeeOther && strings.HasPrefix(rec.Header().Get("Location"), "/sign-in") && path != "/sign-out" {
		status = http.StatusUnauthorized
	}
	return status, body
}

const (
	someContent = `{"product":"Router","vendor":"Own","model":"XR-1","versions":"1.0","technical":"t","harm":"h","scope":"s","exploited":"no","public":"no","upstream":"no","relation":"provider","learned_at":"2021-11-24T00:00:00Z","learned_by":"research"}`
	someCase    = `{"title":"Flaw"}`
)

// apiBodies are bodies that the API's schemas accept; what stands behind them decides. Others get "{}".
var apiBodies = map[string]string{
	"POST /api/v1/law-packs/dry-run":                               `{"text":"x","from":"2021-09-01T00:00:00Z","to":"2021-10-01T00:00:00Z"}`,
	"POST /api/v1/law-versions":                                    `{"text":"x"}`,
	"POST /api/v1/law-versions/{id}/retire":                        `{"why":"w"}`,
	"POST /api/v1/law-versions/{id}/withdraw":                      `{"why":"w"}`,
	"POST /api/v1/reports/{id}/filings/{pack}":                     `{"at":"2021-11-26T00:00:00Z","number":"1"}`,
	"POST /api/v1/destinations":                                    `{"channel":"email","address":"new@own.example"}`,
	"PUT /api/v1/destinations/{id}":                                `{"address":"other@own.example"}`,
	"POST /api/v1/commitments/{id}/opening":                        `{"salt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","words":"w"}`,
	"POST /api/v1/members":                                         `{"name_zh":"单位","roles":["operator"],"country":"CN","email":"a@b.example","why":"w","person_name":"P","person_email":"p@b.example","password":"a long passphrase 2"}`,
	"POST /api/v1/reports":                                         `{"content":` + someContent + `}`,
	"POST /api/v1/products/{id}/versions":                          `{"version":"1.3"}`,
	"POST /api/v1/reports/{id}/supplements":                        `{"content":` + someContent + `}`,
	"POST /api/v1/duties/explain":                                  `{"relation":"provider"}`,
	"POST /api/v1/duties/{id}/anchor":                              `{"at":"2021-11-23T00:00:00Z","why":"w"}`,
	"POST /api/v1/duties/{id}/decisions":                           `{"why":"w"}`,
	"POST /api/v1/duties/{id}/acts":                                `{"kind":"void","why":"w"}`,
	"POST /api/v1/duty-acts/{id}/refuse":                           `{"why":"w"}`,
	"POST /api/v1/clashes/{id}/answer":                             `{"answer":"a"}`,
	"POST /api/v1/products":                                        `{"vendor":"V","name":"N"}`,
	"POST /api/v1/products/{id}/sboms":                             `{"bomFormat":"CycloneDX","specVersion":"1.4","version":1}`,
	"POST /api/v1/products/{id}/uploads":                           `{"bomFormat":"CycloneDX","specVersion":"1.4","version":1}`,
	"POST /api/v1/products/{id}/assessments":                       `{"vulnerability":"CVE-2021-44228","status":"affected"}`,
	"POST /api/v1/products/{id}/private-lists":                     `{"version":"1.2","parts":["` + strings.Repeat("0", 64) + `"]}`,
	"POST /api/v1/cases/{id}/moves":                                `{"do":"ask","why":"more"}`,
	"PUT /api/v1/cases/{id}/content":                               `{"rev":1,"content":` + someCase + `}`,
	"POST /api/v1/cases/{id}/verifications":                        `{"result":"reproduced"}`,
	"POST /api/v1/cases/{id}/grades":                               `{"scheme":"cvss-3.1","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}`,
	"POST /api/v1/cases/{id}/notices":                              `{"organisation":"$own","text":"t"}`,
	"POST /api/v1/cases/{id}/answers":                              `{"status":"affected"}`,
	"PUT /api/v1/warnings/{id}":                                    `{"rev":1,"level":"blue","tlp":"AMBER","respond_by":"2021-12-24T00:00:00Z","content":{"title":"t","summary":"s","measures":"m"}}`,
	"POST /api/v1/warnings/{id}/approve":                           `{"rev":2}`,
	"POST /api/v1/warnings/{id}/release":                           `{"rev":2}`,
	"POST /api/v1/advisory-drafts/{id}/publish":                    `{"rev":1}`,
	"POST /api/v1/warnings/{id}/answer":                            `{"answer":"checking"}`,
	"POST /api/v1/warnings/{id}/revisions":                         `{"kind":"amendment"}`,
	"POST /api/v1/warnings/{id}/proofs":                            `{"name":"a.txt","content":"ZG9uZQ=="}`,
	"POST /api/v1/warnings/{id}/calls/{org}":                       `{"to":"x","outcome":"reached"}`,
	"PUT /api/v1/advisory-drafts/{id}":                             `{"rev":1,"fix_ready":true,"content":` + someCase + `}`,
	"POST /api/v1/members/{id}/decline":                            `{"why":"because"}`,
	"PUT /api/v1/members/{id}/channels":                            `{"email":"new@own.example"}`,
	"POST /api/v1/members/{id}/names":                              `{"kind":"team","name":"天璇实验室"}`,
	"POST /api/v1/members/{id}/names/{name}/removal":               `{"why":"w"}`,
	"POST /api/v1/members/{id}/affiliations":                       `{"person":"Li Heng","source":"https://talks.example.org/2021"}`,
	"POST /api/v1/members/{id}/affiliations/{affiliation}/dispute": `{"why":"w"}`,
	"POST /api/v1/members/{id}/affiliations/{affiliation}/removal": `{"why":"w"}`,
	"POST /api/v1/credits/{id}/dismissal":                          `{"why":"w"}`,
	"POST /api/v1/credits/{id}/denial":                             `{"why":"w"}`,
	"POST /api/v1/calls/{id}/tries":                                `{"to":"x","outcome":"reached"}`,
	"PUT /api/v1/members/{id}/roster":                              `{"items":[]}`,
	"POST /api/v1/inquiries":                                       `{"organisation":"$own","question":"q","evidence":[{"kind":"url","ref":"https://a.example/1"}]}`,
	"POST /api/v1/evaluations":                                     `{"year":2020}`,
	"POST /api/v1/evaluations/{id}/objections":                     `{"criterion":"duties","text":"t"}`,
	"POST /api/v1/evaluations/{id}/answers":                        `{"objection":"o","accept":false,"text":"t"}`,
	"POST /api/v1/evaluations/{id}/proposal":                       `{"rev":1,"level":3,"reasons":"r"}`,
	"POST /api/v1/evaluations/{id}/sign":                           `{"rev":1}`,
	"POST /api/v1/transparency-drafts":                             `{"period":"2021-Q3"}`,
	"POST /api/v1/transparency-drafts/{id}/drop":                   `{"why":"w"}`,
	"POST /api/v1/transparency-reasons/{id}":                       `{"reason_zh":"缘由"}`,
	"POST /api/v1/inquiries/{id}/notice":                           `{"text":"t"}`,
	"POST /api/v1/inquiries/{id}/extension":                        `{"until":"2022-02-24T00:00:00Z"}`,
	"POST /api/v1/inquiries/{id}/statements":                       `{"text":"t"}`,
	"POST /api/v1/inquiries/{id}/decisions":                        `{"outcome":"warning","reasons":"r"}`,
	"POST /api/v1/inquiries/{id}/sign":                             `{"decision":"d"}`,
	"POST /api/v1/inquiries/{id}/refuse":                           `{"why":"w"}`,
	"POST /api/v1/inquiries/{id}/appeal":                           `{"grounds":"g"}`,
	"POST /api/v1/inquiries/{id}/answer":                           `{"annul":false,"text":"t"}`,
	"POST /api/v1/inquiries/{id}/end":                              `{"why":"w"}`,
	"POST /api/v1/inquiries/{id}/service":                          `{}`,
	"POST /api/v1/inquiries/{id}/objections":                       `{"about":"evidence/0","text":"t"}`,
	"POST /api/v1/inquiries/{id}/objection-answers":                `{"objection":"o","text":"t"}`,
	"POST /api/v1/inquiries/{id}/rectifications":                   `{"text":"t"}`,
	"POST /api/v1/tokens":                                          `{"name":"t","scopes":["report"]}`,
}

// webForms are forms without which a page cannot be asked; others are empty.
var webForms = map[string]string{
	"POST /cases/{id}/move":             "do=ask&why=more",
	"POST /evaluations":                 "year=2020",
	"POST /evaluations/{id}":            "do=sign&rev=1",
	"POST /transparency":                "period=2021-Q3",
	"POST /transparency-drafts/{id}":    "do=sign",
	"POST /transparency-reasons/{duty}": "reason_zh=r",
	"POST /cases/{id}/verify":           "result=reproduced",
	"POST /cases/{id}/answer":           "status=affected",
	"POST /duties/{id}":                 "do=decide&why=w",
	"POST /clashes/{id}":                "answer=a",
	"POST /warnings/{id}/answer":        "answer=checking",
	"POST /members/{id}/approve":        "level=3",
	"POST /members/{id}/names":          "do=add-name&kind=team&name=%E5%A4%A9%E7%92%87%E5%AE%9E%E9%AA%8C%E5%AE%A4",
	"POST /credits/{id}":                "do=deny&why=w",
}
