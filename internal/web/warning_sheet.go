// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"github.com/fengsui/fengsui/internal/warning"
)

// sheet is a warning for the notice board: one page of A4, with a code that leads back to it.
type sheet struct {
	Warning  warning.Warning
	Yours    *warning.Recipient
	Measures []string
	Summary  string
	Scope    string
	Clipped  bool   // the page holds more
	Path     string // of the code's dark cells
	Side     int    // of the code with its quiet zone, in cells
}

// What fits on one page beside the rest, in characters; Latin letters take half as much room.
const (
	sheetSummary = 200
	sheetScope   = 120
	sheetMeasure = 280
)

// warningSheet is a warning on one page, to print.
func (s *Server) warningSheet(v *view) error {
	w, yours, err := s.Warnings.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	x := sheet{Warning: w, Yours: yours}
	width := 1
	if v.P.English() {
		width = 2
	}
	clip := func(text string, limit int) string {
		if r := []rune(strings.TrimSpace(text)); len(r) > limit*width {
			x.Clipped = true
			return strings.TrimSpace(string(r[:limit*width])) + "…"
		}
		return strings.TrimSpace(text)
	}
	c := w.Content
	x.Summary, x.Scope = clip(v.P.Pick(c.Summary, c.SummaryEN), sheetSummary), clip(v.P.Pick(c.Scope, c.ScopeEN), sheetScope)
	room := sheetMeasure
	for _, m := range v.measures(c) {
		if room <= 0 {
			x.Clipped = true
			break
		}
		m = clip(m, room)
		x.Measures = append(x.Measures, m)
		room -= max(len([]rune(m))/width, 40)
	}
	code, err := qr.Encode(s.Warnings.BaseURL+"/warnings/"+w.ID, qr.M)
	if err != nil {
		return fmt.Errorf("code of a warning: %w", err)
	}
	x.Path, x.Side = cells(code)
	return v.ok(warningSheetPage(v, x))
}
