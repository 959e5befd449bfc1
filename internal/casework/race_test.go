// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
)

// atOnce runs n calls side by side and counts those that succeed; the others must be refused as Conflict.
func (h *house) atOnce(n int, call func(i int) error) (won int) {
	h.t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = call(i) })
	}
	wg.Wait()
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !fault.Is(err, fault.Conflict):
			h.t.Error(err)
		}
	}
	return won
}

func TestAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Triage)
		if n := h.atOnce(4, func(i int) error {
			x := c.Content
			x.Fix = fmt.Sprint(i)
			_, err := h.Edit(h.ctx, h.analyst, c.ID, 1, x)
			return err
		}); n != 1 || h.now(c.ID).Rev != 2 {
			t.Errorf("%d edits of one revision", n)
		}
		if n := h.atOnce(4, func(int) error { return h.StartVerifying(h.ctx, h.analyst, c.ID) }); n != 1 {
			t.Errorf("verifying began %d times", n)
		}
		if n := h.atOnce(4, func(int) error {
			_, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "x"})
			return err
		}); n != 1 || h.count(`SELECT count(*) FROM notice`) != 1 {
			t.Errorf("%d notices", n)
		}
	})
}

// The provider confirms while the mail leaves: both end well, and the notice arrived once.
func TestConfirmWhileSending(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for range 5 {
			c := h.kase(casework.Triage)
			n, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "x"})
			h.ok(err)
			s, _, _ := h.sender()
			if won := h.atOnce(3, func(i int) error {
				if i == 0 {
					_, err := s.Drain(h.ctx)
					return err
				}
				_, err := h.AcknowledgeNotice(h.ctx, h.upstream, n.ID)
				return err
			}); won != 3 {
				t.Errorf("%d of 3 ended well", won)
			}
			if got := h.count(`SELECT count(*) FROM event WHERE kind = 'case.upstream-reached' AND payload LIKE '%' || $1 || '%'`, n.ID); got != 1 {
				t.Errorf("it arrived %d times", got)
			}
			if h.count(`SELECT count(*) FROM delivery WHERE subject = $1 AND state = $2`, n.ID, string(delivery.Queued)) != 0 || h.notice(n.ID).AckedAt.IsZero() {
				t.Error("the notice is still on its way")
			}
		}
	})
}

// Two joins that meet head on do not wait for each other forever, and one of them wins.
func TestJoinsMeet(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, a := h.report(h.reporter, flaw())
		_, b := h.report(h.other, flaw())
		if n := h.atOnce(2, func(i int) error {
			if i == 0 {
				return h.Join(h.ctx, h.analyst, a.ID, b.ID)
			}
			return h.Join(h.ctx, h.analyst, b.ID, a.ID)
		}); n != 1 {
			t.Errorf("%d joins", n)
		}
		if n := h.count(`SELECT count(DISTINCT case_id) FROM case_report`); n != 1 {
			t.Errorf("reports in %d cases", n)
		}
	})
}
