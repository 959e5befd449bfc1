// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"sync"
	"time"
)

// Paced is the clock of an exercise with people: it runs faster than the machine's, stands still, or is moved on.
type Paced struct {
	mu    sync.Mutex
	shown time.Time // at from
	from  time.Time // of the machine
	pace  float64   // seconds of the exercise in one of the machine's; 0 stands still
}

// MaxPace bounds how fast an exercise runs: a day in about nine seconds.
const MaxPace = 10_000

// NewPaced returns a clock that shows t and runs at pace.
func NewPaced(t time.Time, pace float64) *Paced {
	return &Paced{shown: t, from: time.Now(), pace: min(max(pace, 0), MaxPace)}
}

// Now returns the exercise's time.
func (c *Paced) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Paced) now() time.Time {
	return c.shown.Add(time.Duration(float64(time.Since(c.from)) * c.pace))
}

// Set shows t and runs on from there.
func (c *Paced) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.from = t, time.Now()
}

// Pace returns how fast the clock runs.
func (c *Paced) Pace() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pace
}

// SetPace lets the clock run at another pace from now on.
func (c *Paced) SetPace(pace float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.from, c.pace = c.now(), time.Now(), min(max(pace, 0), MaxPace)
}
