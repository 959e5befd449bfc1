// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/feed"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const origin = "https://fengsui.example"

var (
	analyst  = member.Actor{AccountID: "analyst", Roles: []member.Role{member.Analyst}, Via: "web"}
	reviewer = member.Actor{AccountID: "reviewer", Roles: []member.Role{member.DutyOfficer}, Via: "web"}
)

// station is a platform that publishes.
type station struct {
	*testing.T
	s     *advisory.Service
	clock *calendar.Driven
	mux   *http.ServeMux
	log   bytes.Buffer

	warnings *warning.Service
	members  *member.Service
	people   map[string]member.Actor
}

func each(t *testing.T, test func(st *station)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		st := &station{T: t, clock: clock}
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		st.ok(err)
		key, err := seal.Load(t.TempDir())
		st.ok(err)
		clock.Set(time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC))
		events := &event.Log{DB: d, Evidence: log}
		st.s = &advisory.Service{DB: d, Events: events, Seal: key, BaseURL: origin, Cases: &casework.Service{DB: d, Events: events, Seal: key, Prefix: "FS"},
			Publisher: advisory.Publisher{NameZH: "烽燧示范平台", NameEN: "Fengsui Demonstration Platform", Namespace: origin, Contact: "security@fengsui.example"}}
		st.members = &member.Service{DB: d, Events: events, Seal: key}
		st.warnings = &warning.Service{DB: d, Events: events, Seal: key, Cases: st.s.Cases, Matches: &match.Service{DB: d, Events: events, Cases: st.s.Cases}, Members: st.members, Prefix: "FS", BaseURL: origin}
		st.at(origin)
		test(st)
	})
}

// at gives the platform its URL.
func (st *station) at(url string) {
	st.s.BaseURL, st.mux = url, http.NewServeMux()
	(&feed.Server{Advisories: st.s, Warnings: st.warnings, Members: st.members, Log: slog.New(slog.NewTextHandler(&st.log, nil)), Origin: url}).Routes(st.mux)
}

func (st *station) ok(err error) {
	st.Helper()
	if err != nil {
		st.Fatal(err)
	}
}

// draft drafts the advisory of a case about one component.
func (st *station) draft(number, title string, aliases ...string) advisory.Advisory {
	st.Helper()
	return st.draftOf(number, casework.Content{Title: title, TitleEN: "EN " + title, Description: "说明 <b>&</b>", DescriptionEN: "Text <b>&</b>", Aliases: aliases, Fix: "升级", FixEN: "Upgrade",
		Affected: []report.Affected{{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core", Introduced: "2.0-beta9", Fixed: "2.15.0"}}})
}

// draftOf drafts the advisory of a graded case.
func (st *station) draftOf(number string, c casework.Content) advisory.Advisory {
	st.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	sealed, err := seal.SealJSON(st.s.Seal, "casefile/"+id+"/content", c)
	st.ok(err)
	st.ok(st.s.DB.Tx(st.Context(), func(tx *db.Tx) error {
		if err := db.Bulk(st.Context(), tx, `casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at)`, "",
			[][]any{{id, number, casework.Assessed, db.At(tx.Now), sealed, 1, "critical", "critical", "yes", "", "", db.At(tx.Now), db.At(tx.Now)}}); err != nil {
			return err
		}
		var rows [][]any
		for scheme, vector := range map[string]string{"cvss-3.1": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "cvss-4.0": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H",
			"gbt30279-2020": "GBT30279:2020/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H"} {
			g := uuid.Must(uuid.NewV7()).String()
			rows = append(rows, []any{g, id, scheme, vector, "critical", "10.0", st.s.Seal.Seal("grade/"+g+"/rationale", nil), "analyst", "platform", db.At(tx.Now)})
		}
		return db.Bulk(st.Context(), tx, `grade (id, case_id, scheme, vector, value, score, rationale_sealed, account_id, org_id, at)`, "", rows)
	}))
	a, err := st.s.Draft(st.Context(), analyst, id)
	st.ok(err)
	return a
}

func (st *station) publish(a advisory.Advisory) advisory.Advisory {
	st.Helper()
	a, err := st.s.Submit(st.Context(), analyst, a.ID)
	st.ok(err)
	a, err = st.s.Publish(st.Context(), reviewer, a.ID, a.Rev)
	st.ok(err)
	return a
}

// ask sends a request with headers "name", "value", ….
func (st *station) ask(method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	st.mux.ServeHTTP(w, r)
	return w
}

// get returns the body of a path that must be there.
func (st *station) get(path string) string {
	st.Helper()
	w := st.ask("GET", path)
	if w.Code != http.StatusOK {
		st.Fatalf("%s: %d %s\n%s", path, w.Code, w.Body, st.log.String())
	}
	return w.Body.String()
}
