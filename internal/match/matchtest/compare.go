// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package matchtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// Timing compares matching a case with the bare indexed join that finds the rows, on the same inventory.
type Timing struct {
	Rows    int           // components in current lists that the join returns: hits
	Join    time.Duration // median of the bare join, affected versions given
	Hits    time.Duration // median of finding out the same: versions read and decided, the answer sorted
	Answer  time.Duration // median of finding out and explaining: also the paths
	Slowest time.Duration // of Answer
	Find    time.Duration // one whole run: the answer, stored and recorded
}

// Compare measures a case about Affected, n times each. It is an error when matching and join disagree.
func Compare(ctx context.Context, s *match.Service, caseID string, n int) (t Timing, err error) {
	var joins, hits, answers []time.Duration
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c, err := s.Cases.ContentTx(ctx, tx, caseID)
		if err != nil {
			return err
		}
		for range n {
			start := time.Now()
			if t.Rows, err = join(ctx, tx); err != nil {
				return err
			}
			joins = append(joins, time.Since(start))
			start = time.Now()
			if _, err := s.Hits(ctx, tx, []casework.Case{c}, ""); err != nil {
				return err
			}
			hits = append(hits, time.Since(start))
			start = time.Now()
			fs, err := s.Evaluate(ctx, tx, []casework.Case{c}, "")
			if err != nil {
				return err
			}
			answers = append(answers, time.Since(start))
			if len(fs) != t.Rows {
				return fmt.Errorf("matching found %d products, the join %d", len(fs), t.Rows)
			}
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	slices.Sort(joins)
	slices.Sort(hits)
	slices.Sort(answers)
	t.Join, t.Hits, t.Answer, t.Slowest = joins[n/2], hits[n/2], answers[n/2], answers[n-1]
	start := time.Now()
	_, err = s.FindNow(ctx, member.System(), caseID)
	t.Find = time.Since(start)
	return t, err
}

// join is what a database can do at best: the affected versions are given.
func join(ctx context.Context, tx *db.Tx) (int, error) {
	var a db.Args
	var versions []string
	for v := 5; v < 15; v++ {
		versions = append(versions, fmt.Sprintf("2.0.%d", v))
	}
	type row struct{ sbom, product, org, version string }
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.sbom, &x.product, &x.org, &x.version) },
		`SELECT s.id, p.id, p.org_id, s.version FROM component c JOIN holding h ON h.component_id = c.id JOIN sbom s ON s.n = h.sbom_n JOIN product p ON p.id = s.product_id
		WHERE c.ecosystem = 'Maven' AND c.name = `+a.P(Flawed)+` AND c.version IN `+db.In(&a, versions), a...)
	return len(rows), err
}
