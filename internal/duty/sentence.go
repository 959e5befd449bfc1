// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Label names what a rule asks for, in a few words.
func Label(p i18n.Printer, rule string) string {
	if d := lawpack.Lookup(rule, ""); d != nil {
		return d.Name.In(p)
	}
	return rule
}

// Source cites where a duty comes from: "RMSV 2021 art. 7(2)".
func Source(p i18n.Printer, d Due) string { return d.of().Source(p) }

// Sentence explains a duty's due time: its source, the fact from which the clock runs, and every reading of the law.
func Sentence(p i18n.Printer, d Due) string {
	switch {
	case d.Force == Encouraged:
		return p.T("duty.sentence.encouraged", Source(p, d))
	case d.DueAt.IsZero() && !d.AnchorAt.IsZero():
		return p.T("duty.sentence.stands", Source(p, d))
	}
	return lawpack.Recall(d.of(), packName(d.Anchor), d.AnchorAt, d.DueAt, d.LatestAt).Sentence(p)
}

// Tell explains what a duty comes to at a time, whatever its state.
func Tell(p i18n.Printer, d Duty, t time.Time) string {
	switch d.StateAt(t) {
	case Waived:
		return p.T("duty.sentence.waived", Source(p, d.Due), p.DateTime(d.VoidAt))
	case Void:
		if d.VoidWhy != "" {
			return p.T("law.sentence.void", Source(p, d.Due), d.VoidWhy)
		}
		return p.T("duty.sentence.void", Source(p, d.Due), p.DateTime(d.VoidAt))
	case Paused:
		return p.T("duty.sentence.paused", Source(p, d.Due), p.DateTime(d.PausedAt))
	}
	return Sentence(p, d.Due)
}

// of is the duty in its pack.
func (d Due) of() *lawpack.Duty {
	if d.Force == Encouraged {
		return lawpack.Lookup(encouraged, d.Pack)
	}
	return lawpack.Lookup(d.Rule, d.Pack)
}
