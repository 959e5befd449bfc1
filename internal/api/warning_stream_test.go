// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/warning"
)

// A told is one event as it came.
type told struct{ id, kind, data string }

// A listener reads a stream.
type listener struct {
	h     *house
	lines *bufio.Scanner
	all   strings.Builder // every byte that came
	cut   context.CancelFunc
	rs    *http.Response
}

// listen opens a stream at a node; cursor is what an EventSource sends when it comes back.
func (h *house) listen(node, token, query, cursor string) *listener {
	h.Helper()
	ctx, cut := context.WithCancel(h.Context())
	rq, err := http.NewRequestWithContext(ctx, "GET", node+"/api/v1/stream"+query, nil)
	h.ok(err)
	rq.Header.Set("Authorization", "Bearer "+token)
	if cursor != "" {
		rq.Header.Set("Last-Event-ID", cursor)
	}
	rs, err := http.DefaultClient.Do(rq)
	h.ok(err)
	l := &listener{h: h, lines: bufio.NewScanner(rs.Body), cut: cut, rs: rs}
	h.Cleanup(l.close)
	return l
}

func (l *listener) close() {
	l.cut()
	l.rs.Body.Close()
}

// next waits for the next event; ok is false at the end of the stream.
func (l *listener) next() (e told, ok bool) {
	for l.lines.Scan() {
		line := l.lines.Text()
		l.all.WriteString(line + "\n")
		field, value, _ := strings.Cut(line, ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			e.data = value
		case "":
			if e.kind != "" {
				return e, true
			}
		}
	}
	return e, false
}

// rest reads what there is of a stream that ends.
func (l *listener) rest() (out []told) {
	for {
		e, ok := l.next()
		if !ok {
			return out
		}
		if e.kind != "ready" {
			out = append(out, e)
		}
	}
}

// second is another node on the same database.
func (h *house) second() (url string) {
	s := *h.Server
	mux := http.NewServeMux()
	s.Routes(mux)
	node := httptest.NewServer(mux)
	h.Cleanup(node.Close)
	return node.URL
}

// warn releases a yellow warning that no unit is known to be affected by.
func (h *house) warn(title string) warning.Warning {
	h.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	sealed, err := seal.SealJSON(h.Cases.Seal, "casefile/"+id+"/content", casework.Content{Title: title, TitleEN: title, Description: title, Fix: title})
	h.ok(err)
	h.ok(h.DB.Tx(h.Context(), func(tx *db.Tx) error {
		return db.Bulk(h.Context(), tx, `casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at)`, "",
			[][]any{{id, "FS-2021-" + id[30:], casework.Assessed, db.At(tx.Now), sealed, 1, "critical", "critical", "no", "", "", db.At(tx.Now), db.At(tx.Now)}})
	}))
	w, err := h.Warnings.Draft(h.Context(), h.people["analyst"], id)
	h.ok(err)
	w, err = h.Warnings.Edit(h.Context(), h.people["analyst"], w.ID, warning.EditInput{Rev: w.Rev, Level: warning.Yellow, TLP: "GREEN", Content: w.Content})
	h.ok(err)
	w, err = h.Warnings.Release(h.Context(), h.people["officer"], w.ID, w.Rev)
	h.ok(err)
	return w
}

// integrated waits until everything that has happened has its place.
func (h *house) integrated() {
	h.Helper()
	for {
		if n, err := h.Evidence.Integrate(h.Context()); err != nil {
			h.Fatal(err)
		} else if n == 0 {
			return
		}
	}
}

// A reader that is cut off again and again, and comes back to whichever node, hears everything once and nothing that is
// for others.
func TestStreamIsResumedWhereItBroke(t *testing.T) {
	each(t, func(h *house) {
		nodes := []string{h.http.URL, h.second()}
		l := h.listen(nodes[0], h.tokens["engineer"], "", "")
		if got := l.rs.Header; got.Get("Content-Type") != "text/event-stream" || got.Get("Cache-Control") != "no-store" || got.Get("X-Accel-Buffering") != "no" {
			h.Errorf("headers %v", got)
		}
		ready, ok := l.next()
		if !ok || ready.kind != "ready" || ready.id == "" {
			h.Fatalf("first event %+v", ready)
		}
		l.close() // before anything happened
		var want []string
		for range 5 {
			w := h.warn("canary-of-the-text")
			want = append(want, "warning.released "+w.ID)
		}
		answered, err := h.Warnings.Acknowledge(h.Context(), h.people["engineer"], strings.Fields(want[2])[1], warning.AnswerInput{Answer: warning.Checking})
		h.ok(err)
		want = append(want, "warning.answered "+answered.WarningID)
		h.integrated()
		var got []string
		cursor := ready.id
		for i := 0; len(got) < len(want); i++ {
			l := h.listen(nodes[i%2], h.tokens["engineer"], "", cursor)
			for range 1 + i%2 { // cut off after one event, or two
				e, ok := l.next()
				if ok && e.kind == "ready" {
					e, ok = l.next()
				}
				if !ok {
					h.Fatalf("the stream ended after %v", got)
				}
				var n api.WarningNews
				h.ok(json.Unmarshal([]byte(e.data), &n))
				if n.Level != "yellow" || n.TLP != "GREEN" || n.Revision != 1 || n.Wave != 3 {
					h.Errorf("%+v", n)
				}
				cursor = e.id
				if got = append(got, e.kind+" "+n.Warning); len(got) == len(want) {
					break
				}
			}
			if strings.Contains(l.all.String(), "canary") {
				h.Errorf("a text is on the stream: %s", l.all.String())
			}
			l.close()
		}
		if !slices.Equal(got, want) {
			h.Errorf("got  %v\nwant %v", got, want)
		}
		if all := h.listen(nodes[1], h.tokens["engineer"], "?no_wait=true&from="+ready.id, "").rest(); len(all) != len(want) {
			h.Errorf("at once: %v", all)
		}
		// another unit does not hear of the answer, one without copies of nothing, staff of everything
		for who, n := range map[string]int{"operator": 5, "outsider": 0, "officer": 6} {
			if all := h.listen(nodes[0], h.tokens[who], "?no_wait=true", ready.id).rest(); len(all) != n {
				h.Errorf("%s hears %v", who, all)
			}
		}
	})
}

// What happens while a reader listens reaches it, whichever node it happened at; a token that is revoked ends its stream.
func TestStreamTellsAtOnce(t *testing.T) {
	each(t, func(h *house) {
		l := h.listen(h.second(), h.tokens["operator"], "", "")
		if e, ok := l.next(); !ok || e.kind != "ready" {
			h.Fatalf("%+v", e)
		}
		w := h.warn("x")
		if e, ok := l.next(); !ok || e.kind != "warning.released" || !strings.Contains(e.data, w.ID) {
			h.Fatalf("%+v", e)
		}
		ts, err := h.Members.Tokens(h.Context(), h.people["operator"])
		h.ok(err)
		h.ok(h.Members.RevokeToken(h.Context(), h.people["operator"], ts[0].ID))
		h.warn("y")
		if e, ok := l.next(); ok {
			h.Errorf("after the token has ended: %+v", e)
		}
	})
}

func TestStreamCursors(t *testing.T) {
	each(t, func(h *house) {
		h.warn("x")
		h.integrated()
		head, err := h.Warnings.Head(h.Context())
		h.ok(err)
		for cursor, want := range map[string]string{"999999": "reset", "-5": "reset", "-1": "warning.released"} {
			l := h.listen(h.http.URL, h.tokens["engineer"], "?no_wait=true&from="+cursor, "")
			all := l.rest()
			if len(all) == 0 || all[0].kind != want {
				h.Errorf("from %s: %v", cursor, all)
			}
			if want == "reset" {
				if again := h.listen(h.http.URL, h.tokens["engineer"], "?no_wait=true", all[0].id).rest(); len(again) != 0 {
					h.Errorf("after the reset to %s at %d: %v", all[0].id, head, again)
				}
			}
		}
		for token, want := range map[string]int{"": 401, "fst_x": 401, h.token("engineer", member.ScopeReport): 403, h.token("engineer", member.ScopeFeed): 403} {
			if l := h.listen(h.http.URL, token, "?no_wait=true", ""); l.rs.StatusCode != want {
				h.Errorf("token %q: %d, want %d", token, l.rs.StatusCode, want)
			}
		}
		if l := h.listen(h.http.URL, h.tokens["engineer"], "?from=abc", ""); l.rs.StatusCode != 422 {
			h.Errorf("a cursor that is none: %d", l.rs.StatusCode)
		}
	})
}

// A node that stops lets its readers go, so that they come back to another.
func TestStreamEndsWithTheNode(t *testing.T) {
	each(t, func(h *house) {
		s, ending := *h.Server, make(chan struct{})
		s.Ending = ending
		mux := http.NewServeMux()
		s.Routes(mux)
		node := httptest.NewServer(mux)
		l := h.listen(node.URL, h.tokens["engineer"], "", "")
		if e, ok := l.next(); !ok || e.kind != "ready" {
			h.Fatalf("%+v", e)
		}
		close(ending)
		if e, ok := l.next(); ok {
			h.Errorf("%+v", e)
		}
		stop, cancel := context.WithTimeout(h.Context(), 20*time.Second)
		defer cancel()
		h.ok(node.Config.Shutdown(stop))
		node.Close()
	})
}

// breaking is a line to a server that breaks after a few hundred bytes, again and again.
func (h *house) breaking(server string) string {
	h.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.ok(err)
	h.Cleanup(func() { l.Close() })
	go func() {
		for n := int64(0); ; n++ {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer near.Close()
				far, err := net.Dial("tcp", strings.TrimPrefix(server, "http://"))
				if err != nil {
					return
				}
				defer far.Close()
				go func() {
					io.Copy(far, near) //nolint:errcheck // it breaks
					far.Close()
				}()
				io.CopyN(near, far, 800+n%3*100) //nolint:errcheck // it breaks
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// A client that others wrote (scripts/conformance names one in FENGSUI_EVENTSOURCE, and the library in
// FENGSUI_EVENTSOURCE_LIB) hears everything once over a line that keeps breaking; without one, a client of this test does.
func TestStreamOverABreakingLine(t *testing.T) {
	each(t, func(h *house) {
		line, first := h.breaking(h.http.URL), h.warn("first")
		h.integrated()
		var heard []string
		if client := os.Getenv("FENGSUI_EVENTSOURCE"); client != "" {
			run := exec.CommandContext(h.Context(), "node", client, os.Getenv("FENGSUI_EVENTSOURCE_LIB"), line+"/api/v1/stream?from=-1", h.tokens["engineer"], "4")
			out, err := run.StdoutPipe()
			h.ok(err)
			h.ok(run.Start())
			said := bufio.NewScanner(out)
			for said.Scan() {
				id, kind, _ := strings.Cut(said.Text(), " ")
				if kind == "ready" {
					continue
				}
				if heard = append(heard, id); len(heard) < 4 {
					h.warn("next")
				}
			}
			h.ok(run.Wait())
		} else {
			for cursor := ""; len(heard) < 4; {
				l := h.listen(line, h.tokens["engineer"], "?from=-1", cursor)
				for e, ok := l.next(); ok; e, ok = l.next() {
					if cursor = e.id; e.kind == "ready" {
						continue
					}
					if heard = append(heard, e.id); len(heard) == 4 {
						break
					}
					h.warn("next")
				}
				l.close()
			}
		}
		h.integrated()
		var want []string
		for _, e := range h.listen(h.http.URL, h.tokens["engineer"], "?no_wait=true&from=-1", "").rest() {
			want = append(want, e.id)
		}
		if !slices.Equal(heard, want) || len(want) != 4 {
			h.Errorf("after %s heard %v of %v", first.Number, heard, want)
		}
	})
}
