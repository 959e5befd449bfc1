// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
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
