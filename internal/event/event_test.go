// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/job"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type lit struct {
	Tower string `json:"tower"`
}

func (lit) Kind() string { return "test.lit" }
func (l lit) About() event.About {
	return event.About{Number: "T-1", Subjects: []string{"tower/" + l.Tower, "wall/1", "wall/1"}}
}

func open(t *testing.T, d *db.DB) *event.Log {
	t.Helper()
	ev, err := evidence.Open(d, t.TempDir(), "test.example/log")
	if err != nil {
		t.Fatal(err)
	}
	l := &event.Log{DB: d, Evidence: ev}
	l.Jobs, err = job.Open(context.Background(), d, job.Options{Retry: 10 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}, l.Work)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRecordIsEvidenceTriggerAndTimeLine(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		l := open(t, d)
		var calls atomic.Int32
		seen := make(chan lit, 4)
		l.Follow([]event.Rule{event.On[lit]("light the next", func(_ context.Context, e lit) error {
			if calls.Add(1) == 1 {
				return errors.New("wet wood") // at least once: it is tried again
			}
			seen <- e
			return nil
		})})
		var id string
		err := d.Tx(ctx, func(tx *db.Tx) (err error) {
			id, err = l.Record(ctx, tx, event.By{Account: "a", Org: "o", Via: "web"}, lit{Tower: "1"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Jobs.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if got := <-seen; got.Tower != "1" {
			t.Errorf("the step saw %+v", got)
		}
		wait, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if err := l.Jobs.Idle(wait); err != nil {
			t.Fatal(err)
		}
		if err := l.Jobs.Stop(wait); err != nil {
			t.Fatal(err)
		}
		err = d.View(ctx, func(tx *db.Tx) error {
			for _, subject := range []string{"tower/1", "wall/1"} {
				lines, err := event.TimeLine(ctx, tx, subject)
				if err != nil {
					return err
				}
				if len(lines) != 1 || lines[0].ID != id || lines[0].Payload != `{"tower":"1"}` || !lines[0].At.Equal(dbtest.Start) {
					t.Errorf("%s: %+v", subject, lines)
				}
				if diff := cmp.Diff(event.By{Account: "a", Org: "o", Via: "web"}, lines[0].By); diff != "" {
					t.Error(diff)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := l.Evidence.Integrate(ctx); n != 1 || err != nil {
			t.Errorf("integrated %d, %v; want the one event", n, err)
		}
	})
}

// A verb that fails after Record leaves no event, no evidence and no job.
func TestRollbackLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		l := open(t, d)
		l.Follow([]event.Rule{event.On[lit]("light the next", func(context.Context, lit) error { return nil })})
		boom := errors.New("boom")
		err := d.Tx(ctx, func(tx *db.Tx) error {
			if _, err := l.Record(ctx, tx, event.By{}, lit{Tower: "1"}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		err = d.View(ctx, func(tx *db.Tx) error {
			for _, table := range []string{"event", "event_subject", "evidence", "river_job"} {
				n, err := db.Get(ctx, tx, db.Value[int64], `SELECT count(*) FROM `+table)
				if err != nil {
					return err
				}
				if n != 0 {
					t.Errorf("%s has %d rows", table, n)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
