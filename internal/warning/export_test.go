// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// What units wrote is no formula in a spreadsheet, and Chinese is Chinese there.
func TestExport(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "a", Partner: true, NameZH: "=HYPERLINK(\"https://evil.example\")", Email: "a@member.example"})
		w.partner("b", "telecom")
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		for org, comment := range map[string]string{"a": "+1+cmd|' /C calc'!A0", "b": "\t@SUM(1)\n两行"} {
			in := says(warning.AffectedYes)
			in.Comment = comment
			_, err := w.s.Acknowledge(ctx, engineer(org), d.ID, in)
			w.ok(err)
		}
		var b bytes.Buffer
		name := ""
		zh := i18n.For(i18n.Chinese)
		w.ok(w.s.Export(ctx, watch, d.ID, warning.BoardQuery{}, warning.CSV, zh, &b, func(n string) { name = n }))
		text, ok := strings.CutPrefix(b.String(), "\uFEFF单位,行业")
		if !ok || !strings.HasPrefix(name, d.Number+"-r1-") || !strings.HasSuffix(name, ".csv") {
			w.Fatalf("%s: %s", name, b.String())
		}
		rows, err := csv.NewReader(strings.NewReader("单位,行业" + text)).ReadAll()
		w.ok(err)
		if len(rows) != 3 {
			w.Fatalf("%d lines", len(rows))
		}
		for _, row := range rows {
			for _, cell := range row {
				if t := strings.TrimSpace(cell); t != "" && strings.ContainsRune("=+-@", rune(t[0])) {
					w.Errorf("a formula: %q", cell)
				}
			}
		}
		if rows[1][0] != "'=HYPERLINK(\"https://evil.example\")" {
			w.Errorf("%q", rows[1])
		}
		b.Reset()
		w.ok(w.s.Export(ctx, watch, d.ID, warning.BoardQuery{Sector: "telecom"}, warning.JSON, zh, &b, func(string) {}))
		var doc struct {
			Number string         `json:"number"`
			Units  []warning.Unit `json:"units"`
		}
		w.ok(json.Unmarshal(b.Bytes(), &doc))
		if doc.Number != d.Number || len(doc.Units) != 1 || doc.Units[0].Answer != warning.AffectedYes || doc.Units[0].Deliveries[0].Channel != "email" {
			w.Errorf("%s", b.String())
		}
		b.Reset()
		w.ok(w.s.Export(ctx, watch, d.ID, warning.BoardQuery{Search: "nobody"}, warning.JSON, zh, &b, func(string) {}))
		w.ok(json.Unmarshal(b.Bytes(), &doc))
		for _, f := range []warning.Format{warning.CSV, warning.JSON} {
			b.Reset()
			w.ok(w.s.ExportFigures(ctx, watch, d.ID, 0, f, zh, &b, func(string) {}))
			if !strings.Contains(b.String(), "telecom") {
				w.Errorf("%s", b.String())
			}
		}
		nothing := func(string) { w.Error("it began") }
		b.Reset()
		w.want(w.s.Export(ctx, watch, d.ID, warning.BoardQuery{}, "xlsx", zh, &b, nothing), fault.Invalid)
		w.want(w.s.Export(ctx, watch, d.ID, warning.BoardQuery{Revision: 7}, warning.CSV, zh, &b, nothing), fault.NotFound)
		w.want(w.s.Export(ctx, engineer("b"), d.ID, warning.BoardQuery{}, warning.CSV, zh, &b, nothing), fault.NotFound)
		w.want(w.s.ExportFigures(ctx, engineer("b"), d.ID, 0, warning.CSV, zh, &b, nothing), fault.NotFound)
		if b.Len() > 0 {
			w.Errorf("%s", b.String())
		}
	})
}

// A file holds every unit exactly once, however many there are.
func TestExportOfMany(t *testing.T) {
	eachMany(t, 2500, func(w *many) {
		var b bytes.Buffer
		w.ok(w.s.Export(ctx, watch, w.id, warning.BoardQuery{}, warning.JSON, i18n.For(i18n.English), &b, func(string) {}))
		var doc struct{ Units []warning.Unit }
		w.ok(json.Unmarshal(b.Bytes(), &doc))
		seen := map[string]bool{}
		for _, u := range doc.Units {
			seen[u.Organisation] = true
		}
		if len(doc.Units) != 2500 || len(seen) != 2500 {
			w.Errorf("%d units, %d of them different", len(doc.Units), len(seen))
		}
	})
}
