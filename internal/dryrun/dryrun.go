// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package dryrun tells what a version of a law would have changed: it derives the duties of the past once more, by the
// laws as they are and by the laws with the candidate among them, and compares. It changes nothing.
package dryrun

import (
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Effect is what a candidate does to one duty.
type Effect string

// The effects.
const (
	Added   Effect = "added"   // would be owed, and is not
	Removed Effect = "removed" // would not be owed, and is
	Earlier Effect = "earlier" // would fall due earlier
	Later   Effect = "later"   // would fall due later
	Moved   Effect = "moved"   // the same due time, another latest arguable one
	Same    Effect = "same"    // nothing changes
)

// Effects lists them in the order in which they are shown.
var Effects = []Effect{Added, Removed, Earlier, Later, Moved, Same}

// Counts are numbers of duties. Late is met after the due time, or open and overdue as of the run.
type Counts struct {
	Added, Removed, Earlier, Later, Moved, Same int
	NewlyLate                                   int // in time as the laws are, late by the candidate
	NewlyInTime                                 int // the other way round
	AddedLate                                   int // of Added: late by what is on record; nobody was asked for it then
}

// Changed is how many duties change at all.
func (c Counts) Changed() int { return c.Added + c.Removed + c.Earlier + c.Later + c.Moved }

// An OrgCounts is what the candidate does to the duties of one organisation.
type OrgCounts struct {
	OrgID string
	Counts
}

// A Sample shows one duty that changes.
type Sample struct {
	Effect          Effect
	OrgID           string
	ReportID        string
	Rule            string
	Before, After   lawpack.Owed // the zero value when it is not owed
	MetAt           time.Time    // zero: nothing on record
	WasLate, IsLate bool         // as the laws are; by the candidate
}

// A Result is what a candidate would have changed.
type Result struct {
	Pack          string    // the candidate
	From, To      time.Time // of learning
	AsOf          time.Time
	Reports       int // looked at
	Reconstructed int // of them: their facts were put together after the fact
	Void          int // duties that were waived or did not exist, and are left out
	Counts
	Orgs    []OrgCounts // those whose duties change, the most first; maxOrgs at most
	AllOrgs int         // how many there are
	Samples []Sample    // perEffect of each effect at most, as they come
	Until   time.Time   // not zero: the run was cut short after maxReports, and what was learned after it was not looked at
}

// Bounds of one run and of its answer.
const (
	maxReports = 2_000_000
	maxOrgs    = 200
	perEffect  = 4
	batch      = 500
	maxSpan    = 10 * 366 * 24 * time.Hour
)

// Service holds the verb.
type Service struct {
	DB   *db.DB
	Book *rulebook.Book
}

// mayTry lets through who keeps the rulebook.
func mayTry(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Is(member.Supervisor, member.Administrator):
		return fault.Hidden()
	case !by.Allows(member.ScopeAdmin):
		return fault.Deny("fault.scope", member.ScopeAdmin)
	}
	return nil
}

// Of is the number of duties with an effect.
func (c Counts) Of(e Effect) int {
	return map[Effect]int{Added: c.Added, Removed: c.Removed, Earlier: c.Earlier, Later: c.Later, Moved: c.Moved, Same: c.Same}[e]
}
