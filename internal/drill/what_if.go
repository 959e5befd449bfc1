// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

// A Branch is what would have been, had the report come on a day: played, not computed.
type Branch struct {
	Day        int           `json:"day"`
	ReportedAt time.Time     `json:"reported_at"` // the first report at all
	ReleasedAt time.Time     `json:"released_at"` // everybody was warned
	LeakAt     time.Time     `json:"leak_at"`     // everybody could know
	HeadStart  time.Duration `json:"head_start"`  // from the warning to the leak; negative when the leak came first
	Gained     time.Duration `json:"gained"`      // against what happened
	Rule       string        `json:"rule"`        // the duty to report of who learned first
	DueAt      time.Time     `json:"due_at"`
	Duty       duty.State    `json:"duty"`   // as it stood when the exercise ended; "" without a report of theirs
	Warned     int           `json:"warned"` // units
}

// errNoWhatIf says that a scenario asks no such question.
var errNoWhatIf = errors.New("this scenario has no what-if")

// Branch plays s on a platform of its own, in a directory that is gone afterwards, with the report on a day counted from
// when the flaw was learned of. A day after the one on which others reported changes nothing for those who are warned.
// Day -1 is what happened.
func (s *Scenario) Branch(ctx context.Context, day int) (b Branch, err error) {
	w := s.WhatIf
	switch {
	case w == nil:
		return b, errNoWhatIf
	case day < -1 || day > w.Days:
		return b, fmt.Errorf("a day is between 0 and %d", w.Days)
	}
	dir, err := os.MkdirTemp("", "fengsui-drill")
	if err != nil {
		return b, err
	}
	defer os.RemoveAll(dir)
	c := app.Defaults()
	c.Data, c.MetricsListen, c.Log.Level = dir, "", "error"
	branch := s.with(day)
	x, err := Open(ctx, c, branch, Options{Clock: calendar.NewDriven(s.Start.Time), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	o, err := x.Play(ctx, nil)
	if err != nil {
		return b, err
	}
	return x.branch(ctx, day, o)
}

// early is the move that a what-if adds.
const early = "what-if"

// with is the scenario with the report on a day: what followed the first report follows the earlier one, in the same
// intervals.
func (s *Scenario) with(day int) *Scenario {
	if day < 0 {
		return s
	}
	w, out := s.WhatIf, *s
	actual, _ := s.move(w.For)
	was := s.momentOf(w.For)
	at := w.Base.AddDate(0, 0, day)
	// a quarter of an hour to write it down: the law counts from when it was learned
	m := Move{ID: early, At: Instant{at.Add(15 * time.Minute)}, Who: w.Who, Do: Report, Say: w.Label, Flaw: w.Flaw, Learned: w.Base}
	out.Moves = append([]Move{m}, s.Moves...)
	if !m.At.Before(was) {
		return &out
	}
	// the platform's own steps hang on the report that came first; the others' reports come when they came
	for i, x := range out.Moves {
		if x.After == actual.ID && x.Do != Report && x.Do != Flash {
			out.Moves[i].After = early
		}
	}
	return &out
}

// momentOf is when a move happens in the scenario as written.
func (s *Scenario) momentOf(id string) time.Time {
	for _, m := range s.schedule() {
		if m.ID == id {
			return m.when
		}
	}
	return time.Time{}
}

func (x *Exercise) branch(ctx context.Context, day int, o *Outcome) (Branch, error) {
	w := x.Scenario.WhatIf
	b := Branch{Day: day, LeakAt: x.Scenario.momentOf(w.Leak)}
	for _, m := range o.Milestones {
		switch m.Kind {
		case "report.submitted":
			b.ReportedAt = m.At
		case "warning.released":
			b.ReleasedAt = m.At
		}
	}
	if b.ReleasedAt.IsZero() {
		return b, errors.New("nobody was warned")
	}
	b.HeadStart = b.LeakAt.Sub(b.ReleasedAt)
	org, _, _ := x.Scenario.person(w.Who)
	ds, err := x.s.Duties.Owed(ctx, member.System(), x.orgs[org.Slug].ID, false)
	if err != nil {
		return b, err
	}
	for _, d := range ds {
		if d.Rule == duty.RulePartner || d.Rule == duty.RuleReport {
			b.Rule, b.DueAt, b.Duty = d.Rule, d.DueAt, d.StateAt(o.To)
		}
	}
	for _, r := range o.Goals {
		b.Warned = max(b.Warned, r.Asked)
	}
	return b, nil
}

// Branches plays a scenario's days and keeps what came of them: a scenario never changes while the program runs.
type Branches struct {
	mu   sync.Mutex
	kept map[string]map[int]Branch
}

// Of returns what happened and what would have been on every day, playing what has not been played before. The first
// call takes a while; calls at the same time share it.
func (bs *Branches) Of(ctx context.Context, s *Scenario) (actual Branch, days []Branch, err error) {
	if s.WhatIf == nil {
		return actual, nil, errNoWhatIf
	}
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if bs.kept == nil {
		bs.kept = map[string]map[int]Branch{}
	}
	kept := bs.kept[s.ID+"@"+s.Version]
	if kept == nil {
		kept = map[int]Branch{}
		bs.kept[s.ID+"@"+s.Version] = kept
	}
	if err := s.playMissing(ctx, kept); err != nil {
		return actual, nil, err
	}
	actual = kept[-1]
	for day := range s.WhatIf.Days + 1 {
		b := kept[day]
		b.Gained = b.HeadStart - actual.HeadStart
		days = append(days, b)
	}
	return actual, days, nil
}

// playMissing plays the days that kept has not, a few at a time.
func (s *Scenario) playMissing(ctx context.Context, kept map[int]Branch) error {
	var mu sync.Mutex
	var errs []error
	var plays sync.WaitGroup
	slots := make(chan struct{}, 2*runtime.GOMAXPROCS(0)) // a play waits more than it works
	var missing []int
	for day := -1; day <= s.WhatIf.Days; day++ {
		if _, ok := kept[day]; !ok {
			missing = append(missing, day)
		}
	}
	for _, day := range missing {
		plays.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			b, err := s.Branch(ctx, day)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, fmt.Errorf("day %d: %w", day, err))
				return
			}
			kept[day] = b
		})
	}
	plays.Wait()
	return errors.Join(errs...)
}
