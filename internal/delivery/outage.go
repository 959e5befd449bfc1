// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// An Outage is a time in which a destination, or a channel as a whole, did not answer and was left alone.
type Outage struct {
	Name     string    // "email", "webhook/psirt.example.com"
	Since    time.Time // the first failure
	Ended    time.Time // when something got through again; zero while nothing has
	Failures int       // in a row
	Why      Reason    // of the last of them
}

// outageKept is how long an outage that has ended is remembered.
const outageKept = 400 * 24 * time.Hour

func noteOutage(ctx context.Context, tx *db.Tx, l *lane, since time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE delivery_outage SET failures = $1, last_error = $2 WHERE name = $3 AND ended_at IS NULL`, l.failures, l.why.Stored(), l.name)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO delivery_outage (name, since, failures, last_error) VALUES ($1,$2,$3,$4)
		ON CONFLICT (name, since) DO UPDATE SET ended_at = NULL, failures = excluded.failures, last_error = excluded.last_error`, l.name, db.At(since), l.failures, l.why.Stored())
	return err
}

// endOutage ends it, unless another node has found meanwhile that it goes on.
func endOutage(ctx context.Context, tx *db.Tx, name string) error {
	n, err := tx.Exec(ctx, `UPDATE delivery_outage SET ended_at = $1 WHERE name = $2 AND ended_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM delivery_lane WHERE name = $2 AND opened > 0)`, db.At(tx.Now), name)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM delivery_outage WHERE ended_at < $1`, db.At(tx.Now.Add(-outageKept)))
	return err
}

// Outages returns those that have ended since a time: of whole channels before those of destinations, the latest first.
func Outages(ctx context.Context, tx *db.Tx, since time.Time, limit int) ([]Outage, error) {
	return db.List(ctx, tx, func(r db.Row) (o Outage, err error) {
		var began, ended db.Time
		var why string
		err = r.Scan(&o.Name, &began, &ended, &o.Failures, &why)
		o.Since, o.Ended, o.Why = began.Time, ended.Time, reasonIn(why)
		return o, err
	}, `SELECT name, since, ended_at, failures, last_error FROM delivery_outage WHERE ended_at >= $1 ORDER BY CASE WHEN name LIKE '%/%' THEN 1 ELSE 0 END, ended_at DESC, name LIMIT $2`, db.At(since), limit)
}
