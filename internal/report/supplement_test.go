// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"path/filepath"
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

// Two people supplement what both saw in the same version: one is told to look again, and nothing of it is written.
func TestTwoSupplementsAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.submit(h.unit, flash()).Report
		var wg sync.WaitGroup
		errs := make([]error, 2)
		h.write(func(ctx context.Context, tx *db.Tx) error { // holds the report until both have read it and wait
			if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM report WHERE id = $1`+tx.ForUpdate(), first.ID); err != nil {
				return err
			}
			for i := range errs {
				wg.Go(func() {
					word := string(rune('a' + i))
					in := report.Input{Content: whole(), Attachments: []report.File{{Name: word, Bytes: []byte(word)}}}
					in.Content.Fix = word
					_, errs[i] = h.Supplement(t.Context(), h.unit, first.ID, in)
				})
			}
			for { // a file is kept after the report was read and before it is locked
				kept, err := filepath.Glob(filepath.Join(h.Blobs.Dir, "*", "[0-9a-f]*"))
				if err != nil || len(kept) == len(errs) {
					return err
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(time.Millisecond):
				}
			}
		})
		wg.Wait()
		kinds := map[fault.Kind]int{}
		for _, err := range errs {
			if err == nil {
				kinds["won"]++
			} else {
				kinds[fault.KindOf(err)]++
			}
		}
		same(t, "outcomes", kinds, map[fault.Kind]int{"won": 1, fault.Conflict: 1})
		if v, a := h.count(`SELECT version FROM report WHERE id = $1`, first.ID), h.count(`SELECT count(*) FROM attachment`); v != 2 || a != 1 {
			t.Errorf("version %d with %d attachments", v, a)
		}
	})
}
