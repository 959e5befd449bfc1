// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/member"
)

// An import is killed when its last record has just been written, and so has not come to its end. Nobody imports again:
// Settle ends it, puts the tables in order, tells what was taken in, and gives its place a turn. What is imported then goes
// on, and has nothing left to do but to end.
func TestWhatADeadImportLeftIsDone(t *testing.T) {
	const records = 6_000
	var b strings.Builder
	for i := range records {
		b.WriteString(record(fmt.Sprintf("GHSA-%d", i), "2021-12-10T00:00:00Z", "") + "\n")
	}
	path := filepath.Join(files(t, map[string]string{"all.ndjson": b.String()}), "all.ndjson")
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			ctx, keys := t.Context(), t.TempDir()
			s, err := service(url, keys)
			if err != nil {
				t.Fatal(err)
			}
			defer s.DB.Close()
			s.Feeds = []Feed{{Kind: "osv", Source: path, Every: 24 * time.Hour}}
			if due, _, err := s.claim(ctx, s.Feeds[0]); err != nil || !due { // as the node that dies has done
				t.Fatal(due, err)
			}
			cmd := exec.Command(os.Args[0], "-test.run=^$")
			cmd.Env = append(os.Environ(), "VULN_IMPORT="+path, "VULN_DATABASE="+url, "VULN_KEYS="+keys, fmt.Sprint("VULN_DIES_AT=", records))
			if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.Exited() {
				t.Fatalf("it was not killed: %v %s", err, out)
			}
			number := func(query string, args ...any) (n int) {
				t.Helper()
				if err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
					n, err = db.Get(ctx, tx, db.Value[int], query, args...)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return n
			}
			if place, state := last(t, s); place != records || state != Running {
				t.Fatalf("%d, %s", place, state)
			}
			if n := number(`SELECT count(*) FROM event WHERE kind = 'vuln.imported'`); n != 0 {
				t.Fatalf("%d events of an import that has not ended", n)
			}
			if engine == db.PostgreSQL { // whether its last words lie aside depends on when it was killed: these do
				if err := s.DB.Tx(ctx, func(tx *db.Tx) error {
					if err := leaveWords(ctx, tx); err != nil {
						return err
					}
					w := wordRows{}
					for i := range 2_000 {
						w.add(int64(-1-i), fmt.Sprintf("aside word%d other%d", i, i))
					}
					return w.insert(ctx, tx)
				}); err != nil {
					t.Fatal(err)
				}
			}

			if err := s.Settle(ctx); err != nil {
				t.Fatal(err)
			}
			rs, _, err := s.Imports(ctx, member.System(), "", 0)
			if err != nil || len(rs) != 1 || rs[0].State != Interrupted || rs[0].New != records || rs[0].Ended.IsZero() || !rs[0].Ended.Equal(rs[0].Beat) {
				t.Fatalf("%+v, %v", rs, err)
			}
			if n := number(`SELECT count(*) FROM event WHERE kind = 'vuln.imported'`); n != 1 {
				t.Errorf("%d events", n)
			}
			soon := db.At(s.DB.Clock.Now().Add(retry))
			if n := number(`SELECT count(*) FROM import_source WHERE failures = 1 AND next_at <= $1`, soon); n != 1 {
				t.Errorf("its place waits for its interval")
			}
			if engine == db.PostgreSQL {
				if n := number(`SELECT gin_clean_pending_list('vuln_word_words')`); n != 0 {
					t.Errorf("%d pages of words lay aside", n)
				}
				if n := number(`SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE oid = CAST('vuln_record' AS regclass)`); n < records*9/10 || n > records*11/10 {
					t.Errorf("PostgreSQL takes it for %d records", n)
				}
			}
			if err := s.Settle(ctx); err != nil { // there is nothing left
				t.Fatal(err)
			}
			r, err := s.Import(ctx, member.System(), Input{Kind: "osv", Source: path})
			if err != nil || r.ID != rs[0].ID || r.State != Done || r.New != records {
				t.Errorf("it did not go on: %+v, %v", r, err)
			}
			if n := number(`SELECT count(*) FROM event WHERE kind = 'vuln.imported'`); n != 2 {
				t.Errorf("%d events", n)
			}
		})
	}
}

// One that lives is not ended, and one that another import finds dead, and does not go on with, is told of.
func TestOnlyTheDeadAreEnded(t *testing.T) {
	at := time.Unix(0, 0)
	was := []Run{{ID: "dead", Beat: at}, {ID: "lives", Beat: at}, {ID: "ended", Beat: at}}
	if got := silent(was, []Run{{ID: "began", Beat: at}, {ID: "lives", Beat: at.Add(1)}, {ID: "dead", Beat: at}}); len(got) != 1 || got[0].ID != "dead" {
		t.Errorf("silent: %+v", got)
	}
	each(t, func(h *house) {
		h.Lease = 300 * time.Millisecond
		dead, err := h.begin(h.ctx, member.System(), "osv", "/elsewhere", "x", 1)
		if err != nil {
			h.Fatal(err)
		}
		settled, beats := make(chan error, 1), 0
		go func() { settled <- h.Settle(h.ctx) }()
		for ended := false; !ended; {
			select {
			case err := <-settled:
				if err != nil {
					h.Fatal(err)
				}
				ended = true
			default:
				h.clock.Advance(time.Millisecond)
				beats++
				if err := h.DB.Tx(h.ctx, func(tx *db.Tx) error {
					_, err := tx.Exec(h.ctx, `UPDATE import_run SET beat_at = $1 WHERE id = $2`, db.At(tx.Now), dead.ID)
					return err
				}); err != nil {
					h.Fatal(err)
				}
			}
		}
		if _, state := last(h.T, h.Service); state != Running && beats > 3 { // fewer may have come before it looked, or after
			h.Errorf("it lived, and is %s after %d signs of life", state, beats)
		}
		h.take("osv", files(h.T, map[string]string{"GHSA-1.json": record("GHSA-1", "2021-12-10T00:00:00Z", "")}))
		n := 0
		if err := h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
			n, err = db.Get(h.ctx, tx, db.Value[int], `SELECT count(*) FROM event WHERE kind = 'vuln.imported'`)
			return err
		}); err != nil || n != 2 {
			h.Errorf("%d events, %v", n, err)
		}
	})
}

// A node that stops during an import leaves its place to whoever is there next, and not until its interval has passed.
func TestAStoppedNodeLeavesItsTurn(t *testing.T) {
	each(t, func(h *house) {
		ctx, stop := context.WithCancel(h.ctx)
		defer stop()
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stop() }))
		defer server.Close()
		f := Feed{Kind: "osv", Source: server.URL + "/all.zip", Every: 24 * time.Hour}
		h.Feeds = []Feed{f}
		if err := h.Refresh(ctx); !errors.Is(err, context.Canceled) {
			h.Fatal(err)
		}
		if due, failures, err := h.claim(h.ctx, f); err != nil || !due || failures != 0 {
			h.Errorf("its turn has come: %v, after %d failures, %v", due, failures, err)
		}
	})
}
