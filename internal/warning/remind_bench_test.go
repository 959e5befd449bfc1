// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// BenchmarkRemind lets half of the time limit of a warning to FENGSUI_BENCH_MEMBERS units (10 000 if not set) pass in silence:
// half of them have a webhook, every tenth a robot, and none people of its own. messages are letters and messages to places.
func BenchmarkRemind(b *testing.B) {
	members, err := strconv.Atoi(os.Getenv("FENGSUI_BENCH_MEMBERS"))
	if err != nil {
		members = 10_000
	}
	for engine := range dbtest.URLs(b) {
		b.Run(string(engine), func(b *testing.B) {
			for b.Loop() {
				clock := calendar.NewDriven(dbtest.Start)
				d, err := db.Open(ctx, dbtest.URLs(b)[engine], clock)
				if err != nil {
					b.Fatal(err)
				}
				s, _, _ := releasedTo(b, d, members)
				if err := d.Tx(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec(ctx, `INSERT INTO destination (id, org_id, channel, label, address_sealed, certificate, types, created_at, verified_at)
						SELECT 'd-' || o.id, o.id, 'dingtalk', '', $1, '', '[]', o.created_at, o.created_at FROM org o WHERE o.id LIKE '%7'`, []byte{1})
					return err
				}); err != nil {
					b.Fatal(err)
				}
				clock.Advance(13 * time.Hour)
				start := time.Now()
				n, err := s.Remind(ctx)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "remind-ms")
				b.ReportMetric(float64(n), "steps")
				messages := 0
				if err := d.View(ctx, func(tx *db.Tx) (err error) {
					messages, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM delivery WHERE purpose = 'warning-silence'`)
					return err
				}); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(messages), "messages")
				d.Close()
			}
		})
	}
}
