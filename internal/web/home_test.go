// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/report"
)

// TestUnsentDraftsClockIsShown: to who wrote it, and to nobody else; the auditor's home is the journal.
func TestUnsentDraftsClockIsShown(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		_, err := h.Reports.SaveDraft(h.Context(), h.actor("engineer", "cloud"), "", report.Content{Product: "Lantern", Relation: duty.Found, LearnedAt: learned})
		h.ok(err)
		p := v.get("/")
		v.sound(p)
		if !strings.Contains(p.body, "A draft was never sent") || !strings.Contains(p.body, "Lantern") || !strings.Contains(p.body, "/reports/new?draft=") || strings.Contains(p.body, "overdue") {
			h.Error("the home page does not warn of the draft in time")
		}
		h.clock.Advance(5 * 24 * 3600e9)
		if p := h.signedIn("en", "engineer", "cloud").get("/"); !strings.Contains(p.body, "overdue") {
			h.Error("the time is over, and the home page does not say so")
		}
		if p := h.signedIn("en", "outsider", "lab").get("/"); strings.Contains(p.body, "Lantern") {
			h.Error("somebody else's draft is shown")
		}
		if p := h.signedIn("en", "auditor", "desk").get("/"); p.path != "/journal" {
			h.Errorf("the auditor comes to %s", p.path)
		}
	})
}
