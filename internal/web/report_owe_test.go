// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"strings"
	"testing"
)

// Facts beyond the report are answered on the form, by other laws too, and are no part of the report.
func TestOtherLawsAnswerOnTheForm(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		form := flash()
		form.Set("do", "owe")
		form.Set("relation", "provider")
		if p := v.post("/reports", form); strings.Contains(p.body, "CRA art. 14") {
			h.Error("without a word about the EU its law is told")
		}
		form.Set("fact_eu_market", "yes")
		form.Set("happened_exploitation_aware_at", "2026-09-15T08:00") // laws count by the day of the event
		form.Set("fact_cn_entity", "<b>nothing</b>")                   // what is no value of a fact is no fact
		p := v.post("/reports", form)
		v.sound(p)
		for _, want := range []string{"Exploited vulnerability: early warning", "CRA art. 14(2)(a): within 24 hours of becoming aware of active exploitation at 2026-09-15 08:00 (UTC+8): by 2026-09-16 08:00",
			"CRA art. 14(2)(c): starts when", "RMSV art. 9(7) against CRA art. 14", "Verify at once", "Keep a channel for reports open"} {
			if !strings.Contains(p.body, want) {
				h.Errorf("the page lacks %q", want)
			}
		}
	})
}
