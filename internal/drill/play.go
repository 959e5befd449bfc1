// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Play plays the whole scenario at once, moving the clock from move to move, and returns what came of it. told, when it
// is not nil, hears each move. A move that the platform refuses ends the play: a scenario that is played by scripts alone
// must work.
func (x *Exercise) Play(ctx context.Context, told func(Line)) (*Outcome, error) {
	if err := x.s.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	stop := x.loop(ctx)
	err := x.playAll(ctx, told)
	stop()
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if stopErr := x.s.Jobs.Stop(down); err == nil {
		err = stopErr
	}
	if err != nil {
		return nil, err
	}
	if err := x.end(ctx); err != nil {
		return nil, err
	}
	return x.Outcome(ctx)
}

// loop keeps the evidence log going, so that receipts come with their proof, until stop is called.
func (x *Exercise) loop(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		x.s.Evidence.Run(ctx, time.Second, func(err error) { x.s.Log.Error("loop failed", "component", "evidence", "error", err) })
	}()
	return func() { cancel(); <-done }
}

func (x *Exercise) playAll(ctx context.Context, told func(Line)) error {
	for _, m := range x.moves {
		x.clock.Set(m.when)
		if err := x.step(ctx, m, told); err != nil {
			return err
		}
	}
	x.clock.Set(x.Scenario.End.Time)
	return nil
}

// step plays one move and lets follow what follows from it.
func (x *Exercise) step(ctx context.Context, m timed, told func(Line)) error {
	how, err := x.try(ctx, m)
	if err != nil {
		return fmt.Errorf("move %s: %w", m.ID, err)
	}
	if err := x.settle(ctx); err != nil {
		return fmt.Errorf("after move %s: %w", m.ID, err)
	}
	if err := x.note(ctx, m, how, ""); err != nil {
		return err
	}
	if told != nil {
		told(x.Scenario.line(Done{Move: m.ID, How: how, DueAt: m.when, DoneAt: x.clock.Now()}))
	}
	return nil
}

// try plays m, unless it is only told or a participant has the seat.
func (x *Exercise) try(ctx context.Context, m timed) (how string, err error) {
	if x.seats[m.Who] || m.Do == Tell {
		return Told, nil
	}
	if err := x.act(ctx, m); err != nil {
		return Failed, err
	}
	return Played, nil
}

// settle lets everything that follows from the last act happen: steps, deliveries, evidence.
func (x *Exercise) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := x.s.Jobs.Idle(ctx); err != nil {
		return err
	}
	if _, err := x.s.Sender.Drain(ctx); err != nil {
		return err
	}
	_, err := x.s.Evidence.Integrate(ctx)
	return err
}

// Run plays the scenario beside people, at the pace of the clock, until every move has had its time or ctx ends. The
// app must have been started. A move that the platform refuses, because a participant was there before, is noted.
func (x *Exercise) Run(ctx context.Context) error {
	done, err := x.done(ctx)
	if err != nil {
		return err
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for _, m := range x.moves {
		if slices.ContainsFunc(done, func(d Done) bool { return d.Move == m.ID }) {
			continue
		}
		for x.clock.Now().Before(m.when) {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
		// what follows from the moves before comes first, however fast the clock runs
		if err := x.s.Jobs.Idle(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		remark := ""
		how, err := x.try(ctx, m)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			remark = err.Error()
		}
		if err := x.note(ctx, m, how, remark); err != nil {
			return err
		}
	}
	return nil
}
