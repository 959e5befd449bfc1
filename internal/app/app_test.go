// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// lines keeps what was logged.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// with returns the lines that hold part.
func (l *lines) with(part string) (out []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, part) {
			out = append(out, line)
		}
	}
	return out
}

// each starts a node on every engine. more may add routes.
func each(t *testing.T, more func(*http.ServeMux, *web.Server), test func(t *testing.T, a *app.App, log *lines)) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			c := app.Defaults()
			c.Listen, c.MetricsListen, c.Data = "127.0.0.1:0", "127.0.0.1:0", t.TempDir()
			if c.Database = ""; engine == db.PostgreSQL {
				c.Database = url
			}
			log := &lines{}
			s, err := app.Assemble(t.Context(), c, calendar.System{}, slog.New(slog.NewTextHandler(log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			a := app.New(c, s, "test")
			a.More = more
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { stop(t, a) })
			test(t, a, log)
		})
	}
}

func stop(t *testing.T, a *app.App) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := a.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) (int, string, http.Header) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func TestANodeServesAllItsSurfaces(t *testing.T) {
	each(t, nil, func(t *testing.T, a *app.App, log *lines) {
		base := "http://" + a.Addr()
		for path, want := range map[string]int{"/healthz": 204, "/readyz": 204, "/": 200, "/api/v1/openapi.json": 200, "/api/v1/evidence": 200, "/api/v1/me": 401,
			"/.well-known/csaf/provider-metadata.json": 200, "/feeds/advisories.atom": 200, "/nowhere": 404, "/metrics": 404} {
			status, _, header := get(t, base+path)
			if status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
			if header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s: headers %v", path, header)
			}
		}
		if got := log.with(`route="GET /healthz"`); len(got) != 1 || !strings.Contains(got[0], "status=204") || !strings.Contains(got[0], "ms=") {
			t.Errorf("one wide line for a request: %q", got)
		}
		get(t, base+"/w/a-secret-link")
		if got := log.with("a-secret-link"); got != nil {
			t.Errorf("a path with a secret was logged: %q", got)
		}
		if got := log.with(`route="GET /w/{token}"`); len(got) != 1 {
			t.Errorf("the pattern does not stand for the path: %q", got)
		}
		_, metrics, _ := get(t, "http://"+a.MetricsAddr()+"/metrics")
		for _, name := range []string{`fengsui_request_seconds_count{route="GET /healthz",status="2xx"}`, `fengsui_jobs{state="given-up"} 0`, "fengsui_evidence_pending 0", "go_goroutines"} {
			if !strings.Contains(metrics, name) {
				t.Errorf("metrics lack %s", name)
			}
		}
	})
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	each(t, nil, func(t *testing.T, a *app.App, _ *lines) {
		for site, want := range map[string]bool{"cross-site": false, "same-origin": true} {
			r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+a.Addr()+"/preferences", strings.NewReader("lang=en"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", site)
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if ok := resp.StatusCode != http.StatusForbidden; ok != want {
				t.Errorf("a form of a %s page: %d", site, resp.StatusCode)
			}
		}
	})
}

// TestStopIsGraceful: what was under way is answered, then nobody listens, and nothing is left running.
func TestStopIsGraceful(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	slow := func(mux *http.ServeMux, _ *web.Server) {
		mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
			started <- struct{}{}
			<-release
			io.WriteString(w, "answered") //nolint:errcheck // the test reads it
		})
	}
	each(t, slow, func(t *testing.T, a *app.App, _ *lines) {
		addr := a.Addr()
		answered, stopped := make(chan string), make(chan struct{})
		go func() {
			_, body, _ := get(t, "http://"+addr+"/slow")
			answered <- body
		}()
		<-started
		go func() { stop(t, a); close(stopped) }()
		for { // Stop closes the listener first
			c, err := net.Dial("tcp", addr)
			if err != nil {
				break
			}
			c.Close()
		}
		select {
		case <-stopped:
			t.Error("Stop did not wait for the answer")
		default:
		}
		release <- struct{}{}
		if body := <-answered; body != "answered" {
			t.Errorf("the request under way got %q", body)
		}
		<-stopped
		if err := a.DB.Ping(context.Background()); err == nil {
			t.Error("the database is still open")
		}
		stop(t, a) // once more does nothing
	})
}

func TestAPanicIsAnsweredAndLeavesNoSecretBehind(t *testing.T) {
	each(t, func(mux *http.ServeMux, _ *web.Server) {
		mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic(errors.New("undisclosed detail")) })
	}, func(t *testing.T, a *app.App, log *lines) {
		if status, body, _ := get(t, "http://"+a.Addr()+"/panic"); status != 500 || strings.Contains(body, "undisclosed") {
			t.Errorf("%d %q", status, body)
		}
		if len(log.with("handler panicked")) != 1 || len(log.with("undisclosed")) != 0 {
			t.Errorf("log: %q", log.with(""))
		}
	})
}

func TestReadyAsksTheDatabase(t *testing.T) {
	c := app.Defaults()
	c.Data = t.TempDir()
	s, err := app.Assemble(t.Context(), c, calendar.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h := app.New(c, s, "test").Handler()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/readyz": http.StatusServiceUnavailable, "/healthz": http.StatusNoContent} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want {
			t.Errorf("%s without a database: %d, want %d", path, w.Code, want)
		}
	}
}

func TestStartFailsCleanly(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := app.Defaults()
	c.Listen, c.MetricsListen, c.Data = taken.Addr().String(), "", t.TempDir()
	s, err := app.Assemble(t.Context(), c, calendar.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a := app.New(c, s, "test")
	if err := a.Start(t.Context()); err == nil {
		t.Error("two listen at one address")
	}
	stop(t, a)
	c.Data = "/dev/null/nothing"
	if _, err := app.Assemble(t.Context(), c, calendar.System{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a data directory that cannot be was accepted")
	}
}

// TestDoctor: a fresh platform lacks people; a platform with them is well; a rewritten event is found.
func TestDoctor(t *testing.T) {
	each(t, nil, func(t *testing.T, a *app.App, _ *lines) {
		wrong := func() map[string]bool {
			t.Helper()
			found, err := a.Doctor(t.Context(), a.Config)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]bool{}
			for _, f := range found {
				if !f.OK {
					out[f.Name] = true
				}
			}
			return out
		}
		if got := wrong(); len(got) != 3 || !got["administrators"] || !got["authorities"] {
			t.Errorf("a fresh platform: %v", got) // and the test's directory is open to others
		}
		desk, err := a.Members.AddOrg(t.Context(), member.System(), member.OrgInput{Slug: "desk", NameZH: "值班室", Roles: []member.OrgRole{member.Platform, member.Authority}, Email: "duty@desk.example"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Members.AddAccount(t.Context(), member.System(), member.AccountInput{OrgID: desk.ID, Email: "li@desk.example", Name: "Li", Roles: []member.Role{member.Administrator}, Locale: "en"}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Evidence.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := wrong(); len(got) != 1 {
			t.Errorf("a platform with people: %v", got)
		}
		if err := a.DB.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE event SET payload = '{}'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := wrong(); !got["evidence log"] {
			t.Errorf("rewritten events: %v", got)
		}
	})
}
