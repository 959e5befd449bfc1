// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package dryrun

import (
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Headline says it in one sentence: "cn-rmsv-2021@1.1.0 would have made 12 duties late …".
func (r Result) Headline(p i18n.Printer) string {
	from, to := p.Date(r.From), p.Date(r.To)
	switch {
	case r.Reports == 0:
		return p.T("dryrun.nothing", from, to)
	case r.Changed() == 0:
		return p.T("dryrun.same", r.Pack, from, to)
	}
	return p.T("dryrun.headline", r.Pack, from, to, r.NewlyLate, r.NewlyInTime, r.Added, r.Removed)
}

// Sentences say when the duty is due as the laws are and by the candidate; "" where it is not owed.
func (x Sample) Sentences(p i18n.Printer) (before, after string) {
	return sentence(p, x.Before), sentence(p, x.After)
}

func sentence(p i18n.Printer, o lawpack.Owed) string {
	if o.Duty == nil {
		return ""
	}
	return o.Sentence(p)
}
