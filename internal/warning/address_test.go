// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// ways are the ways on which a revision was sent.
func (w *many) ways(revision int) map[[3]string]bool {
	w.Helper()
	out := map[[3]string]bool{}
	w.ok(w.d.View(ctx, func(tx *db.Tx) error {
		ds, err := delivery.Of(ctx, tx, "warning", w.id+":"+strconv.Itoa(revision))
		for _, d := range ds {
			out[[3]string{d.OrgID, d.Channel, d.Destination}] = true
		}
		return err
	}))
	return out
}

// recall recalls the warning, and returns how long its release took.
func (w *many) recall() time.Duration {
	w.Helper()
	first := member.Actor{AccountID: "first", OrgID: "platform", Roles: []member.Role{member.DutyOfficer}, Via: "web"}
	second := first
	second.AccountID = "second"
	x, err := w.s.Revise(ctx, first, w.id, warning.Recall)
	w.ok(err)
	w.ok(w.s.Approve(ctx, first, w.id, x.Rev))
	start := time.Now()
	_, err = w.s.Release(ctx, second, w.id, x.Rev)
	w.ok(err)
	return time.Since(start)
}

// What was warned of is corrected where it was said, whatever a unit has as its addresses now: also of what still stands
// in line, and of what came before.
func TestARecallGoesWhereTheWarningWent(t *testing.T) {
	eachMany(t, 1200, func(w *many) {
		had := w.ways(1)
		w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
			one, err := db.Get(ctx, tx, db.Value[string], `SELECT min(org_id) FROM warning_recipient`)
			if err != nil {
				return err
			}
			// one message has gone out, and one more was made of what had been said before
			if err := delivery.Queue(ctx, tx, delivery.Delivery{Purpose: "warning", Subject: w.id + ":1+", OrgID: one, Channel: "sms", Destination: "d-1"}); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `UPDATE org SET webhook_url = '' WHERE webhook_url <> ''`)
			return err
		}))
		one := ""
		for x := range had {
			if one == "" || x[0] < one {
				one = x[0]
			}
		}
		had[[3]string{one, "sms", "d-1"}] = true
		w.recall()
		if diff := cmp.Diff(had, w.ways(2)); diff != "" {
			t.Error(diff)
		}
		w.ok(w.d.View(ctx, func(tx *db.Tx) error {
			left, err := delivery.Counts(ctx, tx, "warning", w.id+":2")
			if n := left[delivery.Queued]; int(n) != len(had) {
				t.Errorf("%d deliveries wait for %d ways", n, len(had))
			}
			return err
		}))
	})
}

// A recall to as many units as MEMBERS says: what it takes beyond the release of the warning.
func TestRecallAtScale(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("MEMBERS"))
	if err != nil {
		n = 2000
	}
	eachMany(t, n, func(w *many) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		took := w.recall()
		runtime.ReadMemStats(&after)
		t.Logf("%d units: recalled in %s, %d MB allocated on the way", n, took, (after.TotalAlloc-before.TotalAlloc)>>20)
		if len(w.ways(2)) != len(w.ways(1)) {
			t.Errorf("%d ways, %d before", len(w.ways(2)), len(w.ways(1)))
		}
	})
}
