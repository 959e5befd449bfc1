// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"github.com/fengsui/fengsui/internal/evidence"
)

// printed is a receipt for paper: what it proves, and the proof as a code. The words of the report are not on it.
type printed struct {
	Receipt evidence.Receipt
	Verdict evidence.Verdict
	Path    string // of the QR code's dark cells
	Side    int    // of the code with its quiet zone, in cells
}

// receiptPrint is the receipt of a stage as one page for printing.
func (s *Server) receiptPrint(v *view) error {
	n, err := version(v)
	if err != nil {
		return err
	}
	r, err := s.Reports.ReceiptOf(v.Context(), v.Actor, v.PathValue("id"), n)
	return s.printed(v, r, err)
}

// statusReceiptPrint is receiptPrint for the holder of a report's secret.
func (s *Server) statusReceiptPrint(v *view) error {
	n, err := version(v)
	if err != nil {
		return err
	}
	r, err := s.Reports.ReceiptBySecret(v.Context(), v.PathValue("secret"), n)
	return s.printed(v, r, err)
}

func (s *Server) printed(v *view, r evidence.Receipt, err error) error {
	if err != nil {
		return err
	}
	keys, err := s.Evidence.Keys(v.Context())
	if err != nil {
		return err
	}
	x := printed{Receipt: r}
	if x.Verdict, err = evidence.Verify(r.Encode(), string(keys.Encode())); err != nil {
		return fmt.Errorf("receipt of %s: %w", r.Entry.Subject, err)
	}
	code, err := qr.Encode(r.Paper(), qr.L)
	if err != nil {
		return fmt.Errorf("code of a receipt: %w", err)
	}
	x.Path, x.Side = cells(code)
	return v.ok(receiptPrintPage(v, x))
}

// cells draws the dark cells of a code as runs of a path, within a quiet zone of four cells (ISO/IEC 18004).
func cells(code *qr.Code) (path string, side int) {
	const quiet = 4
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := x
			for run < code.Size && code.Black(run, y) {
				run++
			}
			if run > x {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run-x, run-x)
				x = run
			}
		}
	}
	return b.String(), code.Size + 2*quiet
}
