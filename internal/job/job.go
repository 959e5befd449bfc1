// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package job runs work that follows an event: rows of a queue, written in the event's own transaction and worked at
// least once, on any node, after any crash.
package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/fengsui/fengsui/internal/db"
)

// A Step is one job: do what Rule says about event Event.
type Step struct {
	Rule  string `json:"rule"`
	Event string `json:"event"`
}

// Kind is the stored name of the job type.
func (Step) Kind() string { return "step" }

// Options of a Queue; zero values are usable.
type Options struct {
	Workers     int           // jobs worked at the same time on this node; 0 means 8
	Timeout     time.Duration // of one attempt; 0 means 2 minutes
	RescueAfter time.Duration // when a job of a dead node is taken over; 0 means 3 minutes, must exceed Timeout
	Retry       time.Duration // fixed wait between attempts, for tests; 0 means growing waits
	Log         *slog.Logger
}

// A Queue queues and works steps.
type Queue struct {
	db     *db.DB
	client *river.Client[*sql.Tx]
	pool   *pgxpool.Pool // listens for new jobs on PostgreSQL

	finished finished
}

// Open makes the queue of a database; do works one step and must be safe to run twice.
func Open(ctx context.Context, d *db.DB, o Options, do func(context.Context, Step) error) (*Queue, error) {
	q := &Queue{db: d}
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(d.Writer())
	poll := 50 * time.Millisecond
	if d.Engine == db.PostgreSQL {
		pool, err := pgxpool.New(ctx, d.URL)
		if err != nil {
			return nil, fmt.Errorf("open job queue: %w", err)
		}
		q.pool, driver, poll = pool, riverdatabasesql.NewWithPgxListener(d.Writer(), pool), time.Second
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, j *river.Job[Step]) error {
		err := do(ctx, j.Args)
		if err == nil {
			q.finished.add(j.ID)
		}
		return err
	}))
	config := &river.Config{
		Workers:                     workers,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: orElse(o.Workers, 8)}},
		JobTimeout:                  orElse(o.Timeout, 2*time.Minute),
		RescueStuckJobsAfter:        orElse(o.RescueAfter, 3*time.Minute),
		DiscardedJobRetentionPeriod: -1, // never forget silently what was given up
		FetchCooldown:               20 * time.Millisecond,
		FetchPollInterval:           poll,
		Logger:                      o.Log,
	}
	if o.Retry > 0 {
		config.RetryPolicy = fixedRetry(o.Retry)
	}
	client, err := river.NewClient(driver, config)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open job queue: %w", err), q.close())
	}
	q.client = client
	return q, nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Enqueue adds a step in the caller's transaction: it exists exactly if the transaction commits.
func (q *Queue) Enqueue(ctx context.Context, tx *db.Tx, steps ...Step) error {
	if len(steps) == 0 {
		return nil
	}
	jobs := make([]river.InsertManyParams, len(steps))
	for i, s := range steps {
		jobs[i].Args = s
	}
	if _, err := q.client.InsertManyTx(ctx, tx.SQL(), jobs); err != nil {
		return fmt.Errorf("enqueue %s: %w", steps[0].Rule, err)
	}
	return nil
}

// Start begins to work.
func (q *Queue) Start(ctx context.Context) error { return q.client.Start(ctx) }

// Pause lets running steps finish, until ctx ends; Start begins again.
func (q *Queue) Pause(ctx context.Context) error { return q.client.Stop(ctx) }

// Stop lets running steps finish, until ctx ends, and closes the queue.
func (q *Queue) Stop(ctx context.Context) error {
	return errors.Join(q.client.Stop(ctx), q.close())
}

func (q *Queue) close() error {
	if q.pool != nil {
		q.pool.Close()
	}
	return nil
}

// Counts are jobs by state, for metrics and the operator's page.
type Counts struct{ Waiting, Running, GivenUp int64 }

// Counts counts the jobs.
func (q *Queue) Counts(ctx context.Context) (c Counts, err error) {
	err = q.db.View(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT CAST(state AS TEXT), count(*) FROM river_job WHERE state <> 'completed' GROUP BY 1`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var state string
			var n int64
			if err := rows.Scan(&state, &n); err != nil {
				return err
			}
			switch state {
			case "running":
				c.Running += n
			case "discarded":
				c.GivenUp += n
			case "cancelled":
			default:
				c.Waiting += n
			}
		}
		return rows.Err()
	})
	return c, err
}
