// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"time"
)

// A task runs on every node, again and again. Tasks of several nodes do not hurt each other: what they change is
// claimed by row.
type task struct {
	name  string
	every time.Duration
	do    func(context.Context) error
}

// schedule says what runs when, beside the loops that wait to be kicked (evidence, deliveries).
func schedule(s *Services) []task {
	return []task{
		{"end suspensions whose time has come", time.Second, func(ctx context.Context) error {
			_, err := s.Members.ReinstateDue(ctx)
			return err
		}},
		{"note reminders of duties", time.Minute, func(ctx context.Context) error {
			_, err := s.Duties.Remind(ctx)
			return err
		}},
		{"note who is silent about a warning", time.Minute, func(ctx context.Context) error {
			_, err := s.Warnings.Remind(ctx)
			return err
		}},
		{"see law packs that another node has activated", time.Second, s.Rulebook.Refresh},
		{"enter suspensions whose time has come", time.Second, s.Compliance.TakeEffectDue},
		{"hold components against public records, where a step did not end", 10 * time.Second, s.Matches.CatchUp},
		{"take in public records from the directory", time.Minute, s.Credits.Watch},
		{"import what is publicly known where it is time", time.Minute, s.Vulns.Refresh},
		{"end imports whose process died, and do what they left undone", time.Minute, s.Vulns.Settle},
		{"enter levels of partner units on their day", time.Minute, s.Evaluations.TakeEffectDue},
		{"ask witnesses to cosign the evidence log", time.Minute, s.Witnesses.Ask},
		{"compare private lists with what has been learned since", time.Minute, s.Matches.CatchUpPrivate},
		{"make the digests that are due", time.Minute, func(ctx context.Context) error {
			_, err := s.Destinations.MakeDigests(ctx)
			return err
		}},
		{"test whether members can be reached, where a month has passed", time.Minute, func(ctx context.Context) error {
			_, err := s.Destinations.Heartbeat(ctx)
			return err
		}},
		{"forget sessions that have ended", time.Hour, func(ctx context.Context) error {
			_, err := s.Members.Purge(ctx)
			return err
		}},
	}
}

// run runs a task at once, so that a node catches up as soon as it is back, and then again and again until ctx ends.
func (t task) run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(t.every)
	defer tick.Stop()
	for {
		if err := t.do(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
