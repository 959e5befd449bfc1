// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
)

// Label names what a rule asks for, in a few words.
func Label(p i18n.Printer, rule string) string { return p.T("duty." + rule + ".label") }

// Source cites where a duty comes from: "RMSV 2021 art. 7(2)".
func Source(p i18n.Printer, d Due) string {
	if d.Force == Encouraged {
		return p.T("duty.encouraged.source")
	}
	return p.T("duty." + d.Rule + ".source")
}

// Sentence explains a duty's due time: its source, the fact from which the clock runs, and every reading of the law.
func Sentence(p i18n.Printer, d Due) string {
	from := Source(p, d)
	switch {
	case d.Force == Encouraged:
		return p.T("duty.sentence.encouraged", from)
	case d.AnchorAt.IsZero():
		return p.T("duty.sentence.waiting", from)
	case d.Soft:
		return p.T("duty.sentence.soft", from, p.DateTime(d.AnchorAt), p.Zone(), p.Span(d.DueAt.Sub(d.AnchorAt)), p.DateTime(d.DueAt))
	}
	return p.T("duty.sentence.days", from, p.DateTime(d.AnchorAt), p.Zone(), reportDays, p.DateTime(d.DueAt), endOf(p, d.LatestAt))
}

// endOf writes a time; midnight is the end of the day that it closes: "2021-11-26 24:00".
func endOf(p i18n.Printer, t time.Time) string {
	s := p.DateTime(t)
	if strings.HasSuffix(s, " 00:00") {
		return p.Date(t.Add(-time.Minute)) + " 24:00"
	}
	return s
}
