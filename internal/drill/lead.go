// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"strconv"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Leads reports whether an actor leads the exercise: the supervisors of the body that runs the platform.
func (x *Exercise) Leads(by member.Actor) bool { return by.Is(member.Supervisor) }

// Ahead returns up to n moves that are still to come, soonest first, for who leads; nothing for others.
func (x *Exercise) Ahead(by member.Actor, n int) (out []timed) {
	if !x.Leads(by) {
		return nil
	}
	now := x.clock.Now()
	for _, m := range x.moves {
		if m.when.After(now) && len(out) < n {
			out = append(out, m)
		}
	}
	return out
}

// Skip moves the clock on to the next move; after the last one it stays. Faults: hidden to who does not lead, and where
// the clock is not a Paced one.
func (x *Exercise) Skip(by member.Actor) error {
	c, err := x.lead(by)
	if err != nil {
		return err
	}
	if next := x.Ahead(by, 1); len(next) > 0 {
		c.Set(next[0].when)
	}
	return nil
}

// SetPace lets the clock run at pace, in seconds of the exercise for one of the machine's; 0 stops it. Faults: as of
// Skip; Invalid below 0 and above MaxPace.
func (x *Exercise) SetPace(by member.Actor, pace float64) error {
	c, err := x.lead(by)
	if err != nil {
		return err
	}
	if !(pace >= 0 && pace <= MaxPace) { // also what is no number
		return fault.FieldError("pace", "drill.pace", strconv.Itoa(MaxPace))
	}
	c.SetPace(pace)
	return nil
}

// lead is the clock for who may drive it.
func (x *Exercise) lead(by member.Actor) (*Paced, error) {
	c, ok := x.clock.(*Paced)
	if !ok || !x.Leads(by) {
		return nil, fault.Hidden()
	}
	return c, nil
}
