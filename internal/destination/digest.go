// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
)

// DigestPurpose is the purpose of digests among deliveries. Their subject is the sweep that made them.
const DigestPurpose = "digest"

// perSweep bounds the digests that one transaction makes.
const perSweep = 2000

// MakeDigests makes the digests that are due: at most one for a target in an hour, out of all that waits there. What was
// due while nothing ran is in one of them, once. It returns how many it made; a second node that runs it at the same time
// makes none of them again.
func (s *Service) MakeDigests(ctx context.Context) (n int, err error) {
	for {
		k := 0
		idle := false
		err := s.DB.View(ctx, func(tx *db.Tx) error {
			due, err := db.List(ctx, tx, db.Value[int], `SELECT 1 FROM digest_item WHERE digest IS NULL AND due_at <= $1 LIMIT 1`, db.At(tx.Now))
			idle = len(due) == 0
			return err
		})
		if err == nil && !idle {
			err = s.DB.Tx(ctx, func(tx *db.Tx) error {
				k, err = s.sweep(ctx, tx)
				return err
			})
		}
		if n += k; err != nil || k == 0 {
			if err != nil {
				err = fmt.Errorf("make digests: %w", err)
			}
			return n, err
		}
	}
}

func (s *Service) sweep(ctx context.Context, tx *db.Tx) (int, error) {
	now := db.At(tx.Now)
	if err := move(ctx, tx, `i.due_at <= $1 AND i.target NOT IN ('email', 'webhook') AND NOT EXISTS (SELECT 1 FROM destination x
		WHERE x.id = i.target AND x.verified_at IS NOT NULL AND x.paused_at IS NULL)`, now); err != nil {
		return 0, err
	}
	period, name := db.At(tx.Now.Truncate(time.Hour)), tx.Now.UTC().Format("2006-01-02T15")
	id := uuid.Must(uuid.NewV7()).String()
	n, err := tx.Exec(ctx, `INSERT INTO digest (id, org_id, target, period, sweep)
		SELECT i.org_id || '/' || i.target || '/' || $1, i.org_id, i.target, $2, $3 FROM (SELECT DISTINCT w.org_id, w.target FROM digest_item w
			WHERE w.digest IS NULL AND w.due_at <= $4 AND NOT EXISTS (SELECT 1 FROM digest g WHERE g.org_id = w.org_id AND g.target = w.target AND g.period = $5) LIMIT $6) i
		WHERE i.org_id <> '' ON CONFLICT DO NOTHING`, name, period, id, now, period, perSweep)
	if err != nil || n == 0 {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `UPDATE digest_item SET digest = (SELECT g.id FROM digest g WHERE g.sweep = $1 AND g.org_id = digest_item.org_id AND g.target = digest_item.target)
		WHERE digest IS NULL AND due_at <= $2 AND EXISTS (SELECT 1 FROM digest g WHERE g.sweep = $3 AND g.org_id = digest_item.org_id AND g.target = digest_item.target)`,
		id, now, id); err != nil {
		return 0, err
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	return int(n), s.queueDigests(ctx, tx, id)
}

// queueDigests queues the digests of a sweep, for people after their quiet hours: after an outage it may be night.
func (s *Service) queueDigests(ctx context.Context, tx *db.Tx, sweep string) (err error) {
	q := queuing{tx: tx}
	if q.rules, err = rules(ctx, tx); err != nil {
		return err
	}
	var a db.Args
	due := `CASE WHEN g.target = 'webhook' OR x.channel = 'webhook' THEN ` + q.when(&a, tx.Now)
	for end, texts := range q.ends() {
		due += ` WHEN p.rule IN ` + db.In(&a, texts) + ` THEN ` + q.when(&a, end)
	}
	due += ` ELSE ` + q.when(&a, tx.Now) + ` END`
	err = delivery.QueueSet(ctx, tx, DigestPurpose, sweep, `SELECT g.org_id, coalesce(x.channel, g.target), CASE WHEN x.id IS NULL THEN '' ELSE g.target END, `+due+`
		FROM digest g LEFT JOIN destination x ON x.id = g.target LEFT JOIN destination_pace p ON p.org_id = g.org_id WHERE g.sweep = `+a.P(sweep), a...)
	return err
}
