// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/warning"
)

// Each wave is spoken to in its own sentence, on the page, in the mail and in the webhook; what a person wrote goes only
// where the warning may go.
func TestLeads(t *testing.T) {
	each(t, func(w *world) {
		w.partner("hit", "telecom")
		w.partner("peer", "telecom")
		w.partner("rest", "energy")
		d := w.draft(map[string]int{"hit": 1})
		c := d.Content
		c.Leads = warning.Leads{Affected: "请一小时内断开管理口", AffectedEN: "Take the management port off within the hour", SectorEN: "Look at your gateways"}
		c.Basis = "x"
		edit := func(label string) {
			w.Helper()
			var err error
			d, err = w.s.Edit(ctx, officer, d.ID, warning.EditInput{Rev: d.Rev, Level: d.Level, TLP: label, Content: c})
			w.ok(err)
		}
		for label, open := range map[string]bool{"GREEN": true, "AMBER": false} {
			edit(label)
			for org, want := range map[string]string{"hit": c.Leads.Affected, "peer": c.Leads.SectorEN, "rest": ""} {
				x, err := w.s.ViewAs(ctx, watch, d.ID, org)
				w.ok(err)
				for _, text := range []string{x.Text, x.HTML, string(x.Hook)} {
					if want != "" && strings.Contains(text, want) != open {
						w.Errorf("%s to %s, sentence there: %t, want %t:\n%s", label, org, !open, open, text)
					}
					for _, other := range []string{c.Leads.Affected, c.Leads.SectorEN} {
						if other != want && strings.Contains(text, other) {
							w.Errorf("%s reads another wave's sentence: %s", org, text)
						}
					}
				}
				if (org == "hit") != (len(x.Findings) == 1 && len(x.Products) == 1) {
					w.Errorf("%s sees the findings %+v", org, x.Findings)
				}
			}
		}
		if x, err := w.s.ViewAs(ctx, watch, d.ID, "rest"); err != nil || !strings.Contains(x.Text, "本预警发给全体合作单位") || !strings.Contains(x.Text, "This warning goes to all partner units") {
			w.Errorf("the platform's own sentence is missing: %v\n%s", err, x.Text)
		}
		c.Leads.All = strings.Repeat("长", 301)
		_, err := w.s.Edit(ctx, officer, d.ID, warning.EditInput{Rev: d.Rev, Level: d.Level, TLP: "AMBER", Content: c})
		w.want(err, fault.Invalid)
	})
}
