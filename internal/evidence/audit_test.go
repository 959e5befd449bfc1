// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/evidence"
)

func audit(t *testing.T, l *evidence.Log, kept ...string) (f *evidence.Findings) {
	t.Helper()
	err := l.DB.View(context.Background(), func(tx *db.Tx) (err error) {
		f, err = l.Audit(context.Background(), tx, kept...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	ctx := context.Background()
	if err := d.Tx(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, query, args...); return err }); err != nil {
		t.Fatal(query, err)
	}
}

func TestAuditAcceptsTreesOfEveryShape(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		if f := audit(t, l); f.Err() != nil || f.Size != 0 {
			t.Errorf("an empty log: %+v", f)
		}
		size := 0
		for _, n := range []int{1, 1, 1, 4, 8, 20} {
			for range n {
				appendEntry(t, l, fmt.Sprintf("%04d", size))
				size++
			}
			integrate(t, l)
			if f := audit(t, l); f.Err() != nil || f.Size != int64(size) || f.Pending != 0 {
				t.Errorf("%d entries: %+v", size, f)
			}
		}
	})
}

// The newest part of a log can be cut off without a trace in the database. Who has kept a checkpoint sees it.
func TestAKeptCheckpointShowsWhatWasCutOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		appendEntry(t, l, "a")
		integrate(t, l)
		early, _ := l.Checkpoint(context.Background())
		appendEntry(t, l, "b")
		integrate(t, l)
		late, _ := l.Checkpoint(context.Background())
		if f := audit(t, l, early, late); f.Err() != nil {
			t.Error(f.Err())
		}
		for _, q := range []string{`DELETE FROM evidence WHERE seq = 1`, `DELETE FROM evidence_hash WHERE idx > 0`, `DELETE FROM evidence_checkpoint WHERE size = 2`} {
			write(t, d, q)
		}
		if f := audit(t, l, early); f.Err() != nil {
			t.Errorf("cut at a checkpoint: %v", f.Err())
		}
		if f := audit(t, l, late); !errors.Is(f.Err(), evidence.ErrRewritten) {
			t.Error("the kept checkpoint does not show the cut")
		}
		appendEntry(t, l, "c") // another history of the same length
		integrate(t, l)
		if f := audit(t, l); f.Err() != nil {
			t.Error(f.Err())
		}
		if f := audit(t, l, late); !errors.Is(f.Err(), evidence.ErrRewritten) {
			t.Error("the kept checkpoint does not show the other history")
		}
	})
}
