// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import "context"

// Look lets PostgreSQL look at tables that have grown: it plans by figures that are as old as its last look, and takes full
// tables that it has seen empty for small ones. SQLite needs none.
func Look(ctx context.Context, tx *Tx, tables ...string) error {
	if tx.Engine != PostgreSQL {
		return nil
	}
	for _, table := range tables {
		if _, err := tx.Exec(ctx, "ANALYZE "+table); err != nil {
			return err
		}
	}
	return nil
}

// Glance is Look at a tenth of the rows that it takes as a sample, and a tenth of its time. The figures of the transaction's
// later looks are as rough.
func Glance(ctx context.Context, tx *Tx, tables ...string) error {
	if tx.Engine != PostgreSQL {
		return nil
	}
	if _, err := tx.Exec(ctx, `SET LOCAL default_statistics_target = 10`); err != nil {
		return err
	}
	return Look(ctx, tx, tables...)
}

// Grew is told how many rows somebody had added to tables and has by now, and looks at them in passing when these are many
// more: a Glance at 1,000 and at every fourfold tells large tables from small ones while they grow.
func (d *DB) Grew(ctx context.Context, had, has int, tables ...string) error {
	if d.Engine != PostgreSQL || !grown(had, has) {
		return nil
	}
	return d.Tx(ctx, func(tx *Tx) error { return Glance(ctx, tx, tables...) })
}

func grown(had, has int) bool {
	for n := 1_000; n <= has; n *= 4 {
		if had < n {
			return true
		}
	}
	return false
}
