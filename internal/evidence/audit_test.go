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

func TestAuditSeesWhatWasRewritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := context.Background()
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		write := func(query string, args ...any) {
			t.Helper()
			if err := d.Tx(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, query, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		want := int64(0)
		audit := func(broken bool) {
			t.Helper()
			switch n, err := log.Audit(ctx); {
			case broken && !errors.Is(err, evidence.ErrRewritten):
				t.Errorf("the audit says %v", err)
			case !broken && (err != nil || n != want):
				t.Errorf("the audit says %d, %v; want %d", n, err, want)
			}
		}
		audit(false)
		for _, n := range []int{1, 1, 3, 8, 20} { // trees of every shape
			for i := range n {
				e := evidence.Entry{ID: fmt.Sprintf("%04d-%d", want, i), Kind: "test", At: clock.Now(), Digest: "00"}
				if err := d.Tx(ctx, func(tx *db.Tx) error { return log.Append(ctx, tx, e) }); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := log.Integrate(ctx); err != nil {
				t.Fatal(err)
			}
			want += int64(n)
			audit(false)
		}
		leaf := (evidence.Entry{ID: "0002-1", Kind: "test", At: clock.Now().AddDate(0, 0, -15), Digest: "00"}).Leaf()
		honest := (evidence.Entry{ID: "0002-1", Kind: "test", At: clock.Now(), Digest: "00"}).Leaf()
		write(`UPDATE evidence SET leaf = $1 WHERE id = '0002-1'`, leaf)
		audit(true)
		write(`UPDATE evidence SET leaf = $1 WHERE id = '0002-1'`, honest)
		audit(false)
		write(`DELETE FROM evidence WHERE seq = 32`)
		audit(true)
	})
}
