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

// Glance is a Look at a tenth of the rows that a look takes as a sample: enough to tell large tables from small ones
// while they grow.
func Glance(ctx context.Context, tx *Tx, tables ...string) error {
	if tx.Engine != PostgreSQL {
		return nil
	}
	if _, err := tx.Exec(ctx, `SET LOCAL default_statistics_target = 10`); err != nil {
		return err
	}
	return Look(ctx, tx, tables...)
}

// Grown reports whether so many new rows have come that another look is worth its while: at 1,000 and at every fourfold.
func Grown(had, has int) bool {
	for n := 1_000; n <= has; n *= 4 {
		if had < n {
			return true
		}
	}
	return false
}
