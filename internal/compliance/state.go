// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"slices"

	"github.com/fengsui/fengsui/internal/fault"
)

// State of an inquiry. Periods that have passed are no states: they are asked of the time, see File.Waits.
type State string

// The states.
const (
	Open     State = "open"     // a question; nothing was served yet
	Noticed  State = "noticed"  // the notice was served
	Stated   State = "stated"   // the organisation made its statement
	Proposed State = "proposed" // a decision waits for the second signature
	Decided  State = "decided"
	Appealed State = "appealed"
	Revising State = "revising" // a milder decision in answer to the appeal waits for the second signature
	Upheld   State = "upheld"   // the appeal was answered: the decision stands
	Revised  State = "revised"  // the appeal was answered: a milder decision came in its place
	Annulled State = "annulled" // the appeal was answered: the decision falls
)

// States lists them in the order of the ladder.
var States = []State{Open, Noticed, Stated, Proposed, Decided, Appealed, Revising, Upheld, Revised, Annulled}

// moves is the whole state machine: from where an inquiry may go where. A decision that was not signed leads back.
var moves = map[State][]State{
	Open:     {Noticed, Proposed}, // without a notice only a dismissal is proposed
	Noticed:  {Stated, Proposed},
	Stated:   {Stated, Proposed},
	Proposed: {Decided, Stated, Noticed, Open},
	Decided:  {Appealed},
	Appealed: {Upheld, Annulled, Revising},
	Revising: {Revised, Appealed},
}

// CanMove reports whether an inquiry may go from one state to another.
func CanMove(from, to State) bool { return slices.Contains(moves[from], to) }

// moveTo changes the state of a loaded file by the table of moves; a wrong move is a conflict that names both states.
func (f *File) moveTo(to State) error {
	if !CanMove(f.State, to) {
		return fault.Clash("compliance.cannot-move", string(f.State), string(to))
	}
	f.State = to
	return nil
}
