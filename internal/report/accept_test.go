// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// Reports that arrive at the same time, of different people and for different organisations, some of them refused only
// inside the transaction: everybody gets its own answer, and numbers have no gap.
func TestManyAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const n = 36
		outs := make([]report.Result, n)
		actor := func(i int) member.Actor {
			return []member.Actor{h.unit, h.other, member.Anonymous("web"), h.analyst}[i%4]
		}
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				in := report.Input{Content: whole(), IdempotencyKey: fmt.Sprint("k", i/8), Attachments: []report.File{{Name: "a", Bytes: []byte{byte(i / 8)}}}} // every key comes twice from everybody
				in.Content.Product = fmt.Sprint("Product ", i/8, "/", i%4)
				if i%12 == 11 {
					in.OnBehalfOf, in.IdempotencyKey = "00000000-0000-7000-8000-000000000000", ""
				}
				var err error
				if outs[i], err = h.Submit(t.Context(), actor(i), in); i%12 == 11 {
					wantKind(t, err, fault.Invalid)
				} else if err != nil {
					t.Error(i, err)
				}
			})
		}
		wg.Wait()
		first, reports := map[string]string{}, map[string]bool{}
		for i, out := range outs {
			if i%12 == 11 {
				continue
			}
			number, who := out.Report.Number, fmt.Sprint(i/8, "/", i%4)
			reports[number] = true
			if first[who] != "" && first[who] != number {
				t.Errorf("one key of %s got %s and %s", who, first[who], number)
			}
			first[who] = number
			if by := actor(i); out.Report.OrgID != by.OrgID || out.Report.AccountID != by.AccountID || out.Report.Content.Product != "Product "+who {
				t.Errorf("%d got somebody else's report: %+v", i, out.Report)
			}
			if v, err := evidence.Verify(out.Receipt.Encode(), h.Evidence.PublicKey()); err != nil || !v.InLog && !out.Replayed || out.Receipt.Entry.Subject != number {
				t.Errorf("receipt of %s: %+v, %v", number, v, err)
			}
			if got := len(h.transfers(out.Report.ID)); got != 2 {
				t.Errorf("%s has %d transfers", number, got)
			}
			same(t, number+": stored duties", h.count(`SELECT count(*) FROM duty WHERE report_id = $1 AND owed_to = ''`, out.Report.ID), len(out.Duties))
			same(t, number+": files", h.count(`SELECT count(*) FROM attachment WHERE report_id = $1`, out.Report.ID), 1)
			same(t, number+": versions", h.count(`SELECT count(*) FROM report_version v JOIN report r ON r.event_id = v.event_id WHERE r.id = $1`, out.Report.ID), 1)
		}
		for i := range len(first) {
			if number := fmt.Sprintf("FS-R-2021-%06d", i+1); !reports[number] {
				t.Errorf("nobody has %s", number)
			}
		}
		same(t, "reports", h.count(`SELECT count(*) FROM report`), len(first))
	})
}
