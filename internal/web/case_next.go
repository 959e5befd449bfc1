// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// What a case waits for. The workbench shows the form of it first.
const (
	nextTake      = "take"
	nextInfo      = "needs-info"
	nextVerify    = "verify"
	nextAffected  = "affected"
	nextGrade     = "grade"
	nextUpstream  = "upstream"
	nextMatch     = "match"
	nextWarn      = "warn"
	nextRelease   = "release"
	nextPublish   = "publish"
	nextReview    = "review"
	nextPublished = "published"
	nextClosed    = "closed"
	nextDuplicate = "duplicate"
	nextRejected  = "rejected"
)

// next is the one thing to do now, from what is there already.
func (x caseView) next() string {
	switch x.Case.State {
	case casework.Triage:
		return nextTake
	case casework.NeedsInfo:
		return nextInfo
	case casework.Verifying:
		return nextVerify
	case casework.Checked:
		if len(x.Case.Content.Affected) == 0 {
			return nextAffected
		}
		return nextGrade
	case casework.Assessed, casework.Warned:
		return x.nextGraded()
	case casework.Published:
		return nextPublished
	case casework.Duplicate:
		return nextDuplicate
	case casework.Rejected:
		return nextRejected
	}
	return nextClosed
}

// nextGraded is what a graded case waits for: upstream knows, it is known who is affected, they are warned, all know.
func (x caseView) nextGraded() string {
	switch {
	case len(x.Case.Content.Affected) == 0:
		return nextAffected
	case len(x.Notices) == 0 && len(x.Candidates) > 0:
		return nextUpstream
	case len(x.Findings) == 0 && !x.happened(match.Found{}.Kind()):
		return nextMatch
	case len(x.Warnings) == 0:
		return nextWarn
	case x.Case.State != casework.Warned && x.unreleased() != nil:
		return nextRelease
	case x.Advisory == nil:
		return nextPublish
	case x.Advisory.State != advisory.Public:
		return nextReview
	}
	return nextPublished
}

func (x caseView) happened(kind string) bool {
	for _, l := range x.Lines {
		if l.Kind == kind {
			return true
		}
	}
	return false
}

// unreleased is the case's warning that has not left yet, or nil.
func (x caseView) unreleased() *warning.Warning {
	for i := range x.Warnings {
		if x.Warnings[i].State != warning.Out {
			return &x.Warnings[i]
		}
	}
	return nil
}

// can reports whether the machine of states lets the case go there.
func (x caseView) can(to casework.State) bool { return casework.CanMove(x.Case.State, to) }

// works reports whether the reader may work on cases, not only read them.
func (v *view) works() bool { return v.Actor.Is(member.Analyst, member.DutyOfficer) }

// why is the sentence below the title of the next step.
func (v *view) why(x caseView, next string) string {
	switch next {
	case nextWarn:
		if x.Blast.Products == 0 {
			return v.T("web.case.next.warn.none")
		}
		return v.T("web.case.next.warn.why", x.Blast.Products, x.Blast.Orgs)
	case nextRelease:
		return v.T("web.case.next.release.why", x.unreleased().Number)
	case nextReview:
		return v.T("web.case.next.review.why", x.Advisory.Number)
	case nextPublished:
		return v.T("web.case.next.published.why", v.P.DateTime(x.Case.PublishedAt))
	}
	return v.T("web.case.next." + next + ".why")
}

// hits counts the products, organisations and doubtful findings of a case.
func (x caseView) hits() (products, orgs, check int) {
	ps, os := map[string]bool{}, map[string]bool{}
	for _, f := range x.Findings {
		ps[f.ProductID], os[f.OrgID] = true, true
		if f.Verdict == match.Check {
			check++
		}
	}
	return len(ps), len(os), check
}
