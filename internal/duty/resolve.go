// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
)

// The sources of duties.
const (
	LawRMSV   = "RMSV 2021"         // Provisions on the Management of Network Product Security Vulnerabilities
	Agreement = "partner agreement" // between a partner unit and the platform
)

// Targets of this platform where the law says "at once", and the period where it gives a figure.
const (
	verifyTarget   = 4 * time.Hour
	upstreamTarget = 24 * time.Hour
	remedyTarget   = 24 * time.Hour
	reportDays     = 2
)

// learned is the anchor of all rules of this register.
const learned = "learned"

// Resolve tells which duties follow from the facts, in the order in which they fall due. A relation that is not known
// yet is treated as Found, which claims least. Without a time of learning the duties have no clock: DueAt is zero.
// A duty that is only encouraged never has one (Provisions of 2021, art. 7, 8, 10).
func Resolve(f Facts) []Due {
	switch {
	case f.Relation == MakesProduct || f.Relation == Embeds:
		dues := []Due{soft(f, RuleVerify, verifyTarget)}
		if f.Upstream {
			dues = append(dues, soft(f, RuleUpstream, upstreamTarget))
		}
		return append(dues, days(f, RuleReport))
	case f.Relation == Operates && f.Partner:
		return []Due{soft(f, RuleRemedy, remedyTarget), days(f, RulePartner)}
	case f.Relation == Operates:
		return []Due{soft(f, RuleRemedy, remedyTarget)}
	case f.Partner:
		return []Due{days(f, RulePartner)}
	}
	return []Due{{Rule: RuleReport, Law: LawRMSV, Article: "10", Force: Encouraged, Anchor: learned, AnchorAt: f.LearnedAt}}
}

// soft is a duty "at once": due by the platform's own target, in one reading.
func soft(f Facts, rule string, target time.Duration) Due {
	d := source(rule)
	d.Force, d.Anchor, d.AnchorAt = Mandatory, learned, f.LearnedAt
	if !f.LearnedAt.IsZero() {
		d.DueAt = f.LearnedAt.Add(target)
		d.LatestAt = d.DueAt
	}
	return d
}

// days is a duty "within 2 days", due in both readings of the words.
func days(f Facts, rule string) Due {
	d := source(rule)
	d.Force, d.Anchor, d.AnchorAt = Mandatory, learned, f.LearnedAt
	if rule == RulePartner {
		d.Force = Contractual
	}
	if !f.LearnedAt.IsZero() {
		d.DueAt = calendar.HoursAfter(f.LearnedAt, reportDays)
		d.LatestAt = calendar.DaysAfter(f.LearnedAt, reportDays, calendar.Beijing())
	}
	return d
}

// source is what a rule alone determines; the rest of a duty is stored.
func source(rule string) Due {
	d := Due{Rule: rule, Law: LawRMSV}
	switch rule {
	case RuleVerify, RuleUpstream:
		d.Article, d.Soft = "7(1)", true
	case RuleReport:
		d.Article = "7(2)"
	case RuleRemedy:
		d.Article, d.Soft = "8", true
	case RulePartner:
		d.Law = Agreement
	}
	return d
}
