// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"slices"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
)

// The table of moves, written down a second time.
func TestMoves(t *testing.T) {
	want := map[casework.State]string{
		casework.Triage: "needs-info verifying duplicate rejected", casework.NeedsInfo: "triage verifying duplicate rejected",
		casework.Verifying: "needs-info verified duplicate rejected", casework.Checked: "graded needs-info duplicate rejected",
		casework.Assessed: "graded warned published duplicate", casework.Warned: "warned graded published", casework.Published: "warned closed",
		casework.Closed: "published", casework.Duplicate: "triage", casework.Rejected: "triage",
	}
	if len(want) != len(casework.States) {
		t.Errorf("%d states, %d expected", len(casework.States), len(want))
	}
	for _, from := range casework.States {
		var got string
		for _, to := range casework.Next(from) {
			got += " " + string(to)
		}
		if got != " "+want[from] {
			t.Errorf("from %s: got%s", from, got)
		}
		for _, to := range casework.States {
			if casework.CanMove(from, to) != slices.Contains(casework.Next(from), to) {
				t.Errorf("%s to %s: CanMove and Next differ", from, to)
			}
		}
	}
	if casework.CanMove("", casework.Triage) || casework.CanMove("nowhere", "nowhere") {
		t.Error("a move from an unknown state")
	}
	casework.Next(casework.Triage)[0] = casework.Published
	if casework.CanMove(casework.Triage, casework.Published) {
		t.Error("the table can be changed from outside")
	}
}

// Every verb that moves, from every state: it goes where the table says, or says Conflict and changes nothing.
func TestVerbsKeepToTheTable(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Triage)
		_, into := h.report(h.other, flaw())
		verbs := map[casework.State]func() error{
			casework.NeedsInfo: func() error { return h.AskInfo(h.ctx, h.analyst, c.ID, "which version?") },
			casework.Verifying: func() error { return h.StartVerifying(h.ctx, h.analyst, c.ID) },
			casework.Rejected:  func() error { return h.Reject(h.ctx, h.analyst, c.ID, "no flaw") },
			casework.Duplicate: func() error { return h.Join(h.ctx, h.analyst, c.ID, into.ID) },
		}
		for to, verb := range verbs {
			for _, from := range casework.States {
				h.put(c, from)
				events := h.count(`SELECT count(*) FROM event`)
				err := verb()
				now := h.now(c.ID)
				if casework.CanMove(from, to) {
					if err != nil || now.State != to {
						t.Errorf("%s to %s: %v, now %s", from, to, err, now.State)
					}
					continue
				}
				wantConflict(t, err)
				if now.State != from || h.count(`SELECT count(*) FROM event`) != events {
					t.Errorf("%s to %s was refused, and left traces", from, to)
				}
			}
		}
	})
}
