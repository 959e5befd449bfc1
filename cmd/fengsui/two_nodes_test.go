// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// TestKillEitherOfTwoNodes runs two servers on one database and kills each of them at random moments while warnings are
// released and go out by webhook and mail, in batches. Every unit has every warning once in its inbox; at the sinks no
// message is missing, and none came under two names.
func TestKillEitherOfTwoNodes(t *testing.T) {
	binary := build(t)
	for engine, url := range dbtest.URLs(t) {
		if engine != db.PostgreSQL { // the other one serves one node
			continue
		}
		t.Run(string(engine), func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			r := newRig(t, binary, engine, url)
			r.units, r.releases, r.mailed = 520, 3, true // so many that a release is made of batches
			l, err := net.Listen("tcp", "127.0.0.1:0")
			r.ok(err)
			r.addrs = append(r.addrs, l.Addr().String())
			l.Close()
			r.prepare()
			r.killBoth(seed)
			second := r.node(r.addrs[1])
			r.settle()
			r.ok(second.Process.Signal(os.Interrupt))
			r.ok(second.Wait())
			r.once()
		})
	}
}

// killBoth releases all warnings while both nodes are killed again and again, and goes on for a while.
func (r *rig) killBoth(seed uint64) {
	r.Helper()
	var released atomic.Bool
	var kills atomic.Int64
	var nodes sync.WaitGroup
	for i, addr := range r.addrs {
		nodes.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for !released.Load() || kills.Load() < 12 {
				cmd := r.node(addr)
				life := time.Duration(random.IntN(400)) * time.Millisecond
				if random.IntN(6) == 0 {
					life *= 4
				}
				end := make(chan struct{})
				timer := time.AfterFunc(life, func() { cmd.Process.Kill(); close(end) }) //nolint:errcheck // what is dead is dead
				<-end
				timer.Stop()
				cmd.Wait() //nolint:errcheck // it says that it was killed
				kills.Add(1)
			}
		})
	}
	for _, id := range r.warnings {
		r.post("/warnings/"+id+"/release", r.officer, "", []byte(`{"rev":2}`), func(status int, body []byte) bool {
			return status == http.StatusOK || status == http.StatusConflict && strings.Contains(string(body), "released")
		})
	}
	released.Store(true)
	nodes.Wait()
	r.Logf("killed %d times", kills.Load())
}

// once holds what the database and the sinks say to the promise.
func (r *rig) once() {
	r.Helper()
	ctx := context.Background()
	s, err := app.Assemble(ctx, r.config, calendar.System{}, slog.New(slog.DiscardHandler))
	r.ok(err)
	defer s.Close()
	all := int64(r.units + 1) // and the reporter
	r.ok(s.DB.View(ctx, func(tx *db.Tx) error {
		for _, id := range r.warnings {
			for what, query := range map[string]string{
				"copies":                  `SELECT count(*) FROM warning_recipient WHERE warning_id = $1`,
				"units with a copy":       `SELECT count(DISTINCT org_id) FROM warning_recipient WHERE warning_id = $1`,
				"webhooks that arrived":   `SELECT count(*) FROM delivery WHERE purpose = 'warning' AND subject = $1 || ':1' AND channel = 'webhook' AND state = 'delivered'`,
				"mails that arrived":      `SELECT count(*) FROM delivery WHERE purpose = 'warning' AND subject = $1 || ':1' AND channel = 'email' AND state = 'delivered'`,
				"units of all deliveries": `SELECT count(DISTINCT org_id) FROM delivery WHERE purpose = 'warning' AND subject = $1 || ':1'`,
			} {
				n, err := db.Get(ctx, tx, db.Value[int64], query, id)
				if err != nil || n != all {
					r.Errorf("%s of a warning: %d, want %d (%v)", what, n, all, err)
				}
			}
		}
		r.names(ctx, tx)
		left, err := db.Get(ctx, tx, db.Value[int64], `SELECT count(*) FROM delivery_batch`)
		if left != 0 {
			r.Errorf("%d batches are left", left)
		}
		return err
	}))
	twice, again := 0, 0
	for _, n := range r.letters.ids() {
		if n > 1 {
			twice++
		}
	}
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	for _, ids := range r.sink.seen {
		for _, n := range ids {
			if n > 1 {
				again++
			}
		}
	}
	r.Logf("%d mails and %d webhooks came more than once, under the same name", twice, again)
}
