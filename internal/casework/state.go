// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"slices"

	"github.com/fengsui/fengsui/internal/fault"
)

// State of a case. The names follow the phases of GB/T 30276-2020 (receive, verify, handle, publish, track).
type State string

// The states.
const (
	Triage    State = "triage"     // received; completeness and duplicates are looked at
	NeedsInfo State = "needs-info" // the reporter was asked for more; may stop the platform's clocks, never the reporter's
	Verifying State = "verifying"
	Checked   State = "verified"
	Assessed  State = "graded" // graded; upstream told; ready for a warning
	Warned    State = "warned" // a warning about it was released
	Published State = "published"
	Closed    State = "closed"
	Duplicate State = "duplicate"
	Rejected  State = "rejected"
)

// States lists the states in the order of the line.
var States = []State{Triage, NeedsInfo, Verifying, Checked, Assessed, Warned, Published, Closed, Duplicate, Rejected}

// moves is the whole state machine: from where a case may go where.
var moves = map[State][]State{
	Triage:    {NeedsInfo, Verifying, Duplicate, Rejected},
	NeedsInfo: {Triage, Verifying, Duplicate, Rejected},
	Verifying: {NeedsInfo, Checked, Duplicate, Rejected},
	Checked:   {Assessed, NeedsInfo, Duplicate, Rejected},
	Assessed:  {Assessed, Warned, Published, Duplicate},
	Warned:    {Warned, Assessed, Published},
	Published: {Warned, Closed},
	Closed:    {Published},
	Duplicate: {Triage},
	Rejected:  {Triage},
}

// CanMove reports whether a case may go from one state to another.
func CanMove(from, to State) bool { return slices.Contains(moves[from], to) }

// Next lists where a case may go from s.
func Next(s State) []State { return slices.Clone(moves[s]) }

// move checks a move; a wrong one is a conflict that names both states.
func move(from, to State) error {
	if !CanMove(from, to) {
		return fault.Clash("case.cannot-move", string(from), string(to))
	}
	return nil
}
