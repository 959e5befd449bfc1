// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A watcher whose connection breaks comes back behind what it has printed, prints each revision once, and gives up when the
// platform refuses it.
func TestWatchComesBackWhereItWas(t *testing.T) {
	var came []string // with which cursors
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/stream", func(w http.ResponseWriter, r *http.Request) {
		came = append(came, r.Header.Get("Last-Event-ID"))
		told := func(id int, warning string) {
			fmt.Fprintf(w, "id: %d\nevent: warning.released\ndata: {\"warning\":%q,\ndata: \"revision\":1}\n\n", id, warning)
		}
		switch len(came) {
		case 1:
			io.WriteString(w, ": hello\nretry: 1\nid: 7\nevent: ready\ndata: {}\n\n") //nolint:errcheck // the test looks at what comes of it
			told(9, "a")
			io.WriteString(w, "id: 10\nevent: warning.released\ndata: {\"warning\":\"b\"") //nolint:errcheck // it breaks in the middle
		case 2:
			io.WriteString(w, "id: 9\nevent: ready\ndata: {}\n\n") //nolint:errcheck // as above
			told(10, "b")
			told(11, "a") // answered, say: its text is printed already
		default:
			http.Error(w, "no", http.StatusUnauthorized)
		}
	})
	mux.HandleFunc("GET /api/v1/warnings", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"items":[{"id":"old","number":"FS-W-old","revision":1}]}`) //nolint:errcheck // as above
	})
	mux.HandleFunc("GET /api/v1/warnings/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"id":%q,"number":"FS-W-%s","revision":1}`, r.PathValue("id"), r.PathValue("id"))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	var out bytes.Buffer
	c := &client{remote: remote{URL: server.URL, Token: "t", Lang: "en"}}
	c.env.Stdout = &out
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := (&warningWatchCmd{}).Run(ctx, c)
	if err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("refused: %v", err)
	}
	if got := fmt.Sprint(came); got != "[ 9 11]" {
		t.Errorf("came back behind %s", got)
	}
	var printed []string
	for line := range strings.Lines(out.String()) {
		printed = append(printed, strings.Fields(line)[0])
	}
	if got := fmt.Sprint(printed); got != "[FS-W-old FS-W-a FS-W-b]" {
		t.Errorf("printed %s", got)
	}
}
