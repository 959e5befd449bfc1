// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

func TestSupplementAddsAStage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.submit(h.unit, flash())
		received := h.clock.Now()
		h.clock.Advance(72 * time.Hour)
		c := whole()
		c.LearnedAt = h.clock.Now() // a later story does not move the clocks
		out, err := h.Supplement(t.Context(), h.person(h.unit.OrgID, member.OrgAdmin), first.Report.ID, report.Input{Content: c, Flash: false,
			Attachments: []report.File{{Name: "a.txt", Bytes: []byte("a")}}})
		if err != nil {
			t.Fatal(err)
		}
		r := out.Report
		if r.Version != 2 || r.Flash || r.Completeness != 100 || r.Number != first.Report.Number || !r.ReceivedAt.Equal(received) || !r.LearnedAt.Equal(learned) || out.Secret != "" {
			t.Errorf("report is %+v", r)
		}
		state := map[string]duty.State{}
		for _, d := range out.Duties {
			if state[d.Rule] = d.StateAt(h.clock.Now()); !d.AnchorAt.Equal(learned) {
				t.Errorf("%s runs from %s", d.Rule, d.AnchorAt)
			}
		}
		same(t, "duties", state, map[string]duty.State{duty.RulePartner: duty.Met, duty.RuleReport: duty.Met, duty.RuleVerify: duty.Overdue})
		if v, err := evidence.Verify(out.Receipt.Encode(), h.Evidence.PublicKey()); err != nil || v.Entry.Kind != "report.supplemented" {
			t.Errorf("receipt: %+v, %v", v, err)
		}
		if n := len(h.transfers(r.ID)); n != 4 {
			t.Errorf("%d transfers, want two per stage", n)
		}
		vs, err := h.Versions(t.Context(), h.unit, r.ID)
		if err != nil || len(vs) != 2 || vs[0].Content.Technical != "" || vs[1].Content.Technical == "" || !vs[0].At.Equal(received) {
			t.Errorf("versions: %+v, %v", vs, err)
		}
		got, err := h.Get(t.Context(), h.unit, r.ID)
		if err != nil || got.Content.Scope != c.Scope {
			t.Errorf("newest content: %+v, %v", got.Content, err)
		}
		for n, kind := range map[int]string{1: "report.submitted", 2: "report.supplemented"} {
			rc, err := h.ReceiptOf(t.Context(), h.unit, r.ID, n)
			if v, err2 := evidence.Verify(rc.Encode(), h.Evidence.PublicKey()); err != nil || err2 != nil || v.Entry.Kind != kind {
				t.Errorf("receipt of version %d: %+v, %v, %v", n, v, err, err2)
			}
		}
		_, err = h.ReceiptOf(t.Context(), h.unit, r.ID, 3)
		wantKind(t, err, fault.NotFound)
	})
}

func TestSupplementAgainChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.submit(h.unit, flash())
		in := report.Input{Content: whole(), Attachments: []report.File{{Name: "a", Bytes: []byte("a")}}}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				out, err := h.Supplement(t.Context(), h.unit, first.Report.ID, in)
				if err != nil || out.Report.Version != 2 {
					t.Errorf("%+v, %v", out.Report, err)
				}
			})
		}
		wg.Wait()
		before := h.rows()
		out, err := h.Supplement(t.Context(), h.unit, first.Report.ID, in)
		if err != nil || !out.Replayed || out.Report.Content.Scope != in.Content.Scope || out.Receipt.Entry.Kind != "report.supplemented" {
			t.Errorf("%+v, %v", out, err)
		}
		same(t, "rows", h.rows(), before)
		if before["attachment"] != 1 || before["report_version"] != 2 {
			t.Errorf("rows: %v", before)
		}
	})
}

func TestSupplementRefuses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		early, full := h.submit(h.unit, flash()).Report, h.submit(h.unit, report.Input{Content: whole()}).Report
		nameless := h.submit(member.Anonymous("web"), flash()).Report
		withdrawn := h.submit(h.unit, report.Input{Content: whole()}).Report
		h.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE report SET state = 'withdrawn' WHERE id = $1`, withdrawn.ID)
			return err
		})
		narrow := h.unit
		narrow.Scopes = []string{member.ScopeCase}
		more := report.Input{Content: whole()}
		more.Content.Fix = "2.15.0"
		before := h.rows()
		for _, c := range []struct {
			name string
			by   member.Actor
			id   string
			in   report.Input
			want fault.Kind
		}{
			{"nobody", member.Anonymous("web"), early.ID, more, fault.Unauthenticated},
			{"stranger", h.other, early.ID, more, fault.Withheld},
			{"stranger to a nameless report", h.other, nameless.ID, more, fault.Withheld},
			{"administrator", h.operator, early.ID, more, fault.Withheld},
			{"analyst", h.analyst, early.ID, more, fault.Forbidden},
			{"token without the scope", narrow, early.ID, more, fault.Forbidden},
			{"no report", h.unit, "00000000-0000-7000-8000-000000000000", more, fault.NotFound},
			{"no id", h.unit, "\x00'", more, fault.NotFound},
			{"back to four facts", h.unit, full.ID, flash(), fault.Invalid},
			{"less than four facts", h.unit, early.ID, report.Input{Flash: true}, fault.Invalid},
			{"withdrawn", h.unit, withdrawn.ID, more, fault.Conflict},
		} {
			_, err := h.Supplement(t.Context(), c.by, c.id, c.in)
			if err == nil || fault.KindOf(err) != c.want {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		same(t, "rows", h.rows(), before)
		if _, err := h.Supplement(t.Context(), member.System(), nameless.ID, more); err != nil {
			t.Errorf("system: %v", err)
		}
	})
}

func TestTwoSupplementsAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.submit(h.unit, flash()).Report
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for _, word := range []string{"a", "b", "c", "d", "e", "f"} {
			wg.Go(func() {
				in := report.Input{Content: whole()}
				in.Content.Fix = word
				_, err := h.Supplement(t.Context(), h.unit, first.ID, in)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if fault.KindOf(err) != fault.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := h.count(`SELECT version FROM report WHERE id = $1`, first.ID); won == 0 || got != won+1 || h.count(`SELECT count(*) FROM report_version`) != got {
			t.Errorf("%d won, version is %d", won, got)
		}
	})
}
