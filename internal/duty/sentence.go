// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
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
	if d.Force == Encouraged {
		return p.T("duty.sentence.encouraged", Source(p, d))
	}
	return lawpack.Recall(d.of(), packLearned, d.AnchorAt, d.DueAt, d.LatestAt).Sentence(p)
}

// of is the duty in its pack.
func (d Due) of() *lawpack.Duty {
	if d.Force == Encouraged {
		return lawpack.Lookup(encouraged, d.Pack)
	}
	return lawpack.Lookup(d.Rule, d.Pack)
}
