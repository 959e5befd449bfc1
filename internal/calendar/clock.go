// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package calendar knows what time it is and how a law counts days.
package calendar

import (
	"sync"
	"time"
)

// A Clock tells the time. All of the platform's time comes from one Clock, so that tests, the demo and drills can drive it.
type Clock interface{ Now() time.Time }

// System is the machine's clock.
type System struct{}

// Now returns the machine's time.
func (System) Now() time.Time { return time.Now() }

// Driven is a clock that stands still until it is moved.
type Driven struct {
	mu  sync.Mutex
	now time.Time
}

// NewDriven returns a clock that shows t.
func NewDriven(t time.Time) *Driven { return &Driven{now: t} }

// Now returns the time the clock was set to.
func (d *Driven) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// Set moves the clock to t, forwards or backwards.
func (d *Driven) Set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = t
}

// Advance moves the clock forward by by and returns the new time.
func (d *Driven) Advance(by time.Duration) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
	return d.now
}

// Offset runs at the pace of the machine's clock from another starting point: the demo's clock.
type Offset struct {
	mu    sync.Mutex
	start time.Time // on the machine's clock
	from  time.Time // what Offset showed then
}

// NewOffset returns a clock that shows t now and runs on.
func NewOffset(t time.Time) *Offset { return &Offset{start: time.Now(), from: t} }

// Now returns the shifted time.
func (o *Offset) Now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.from.Add(time.Since(o.start))
}

// Set makes the clock show t now.
func (o *Offset) Set(t time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.start, o.from = time.Now(), t
}
