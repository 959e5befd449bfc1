// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
)

// A Pace is when a member wants what is not mandatory.
type Pace struct {
	Zone        string // IANA name
	Quiet       bool   // between From and Until people are told nothing that is not mandatory
	From, Until int    // minutes of the day; From may be later than Until: over night
	Daily       int    // of the daily digest, in minutes of the day
	PerHour     int    // messages on a target in an hour, at most; the rest waits for the next hourly digest. Webhooks have no limit
}

// UsualPace holds for whoever has set none.
var UsualPace = Pace{Zone: "Asia/Shanghai", From: 22 * 60, Until: 7 * 60, Daily: 8*60 + 30, PerHour: 10}

// rule is what is stored of it: members with the same rule are told at the same times.
func (p Pace) rule() string {
	quiet := "|"
	if p.Quiet {
		quiet = strconv.Itoa(p.From) + "|" + strconv.Itoa(p.Until)
	}
	return p.Zone + "|" + quiet + "|" + strconv.Itoa(p.Daily)
}

func parseRule(rule string) (p Pace, err error) {
	parts := strings.Split(rule, "|")
	if len(parts) != 4 {
		return Pace{}, fmt.Errorf("%q is no rule of a pace", rule)
	}
	p = UsualPace
	p.Zone, p.Quiet = parts[0], parts[1] != ""
	if p.Quiet {
		if p.From, err = strconv.Atoi(parts[1]); err != nil {
			return Pace{}, err
		}
		if p.Until, err = strconv.Atoi(parts[2]); err != nil {
			return Pace{}, err
		}
	}
	p.Daily, err = strconv.Atoi(parts[3])
	return p, err
}

// zone is the place whose clocks count. What the machine does not know is read as Beijing's.
func (p Pace) zone() *time.Location {
	if loc, err := time.LoadLocation(p.Zone); err == nil && p.Zone != "" && p.Zone != "Local" {
		return loc
	}
	return calendar.Beijing()
}

// at is the instant on the day of t, moved by days, at which the clocks show the minute.
func (p Pace) at(t time.Time, days, minute int) time.Time {
	l := t.In(p.zone())
	return calendar.Wall(p.zone(), l.Year(), l.Month(), l.Day()+days, minute/60, minute%60, 0, 0)
}

// Awake is t, or the end of the quiet hours that t lies in.
func (p Pace) Awake(t time.Time) time.Time {
	if !p.Quiet || p.From == p.Until {
		return t
	}
	for days := -1; days <= 0; days++ { // those that began yesterday, and those that begin today
		from, until := p.at(t, days, p.From), p.at(t, days, p.Until)
		if p.From > p.Until {
			until = p.at(t, days+1, p.Until)
		}
		if !t.Before(from) && t.Before(until) {
			return until
		}
	}
	return t
}

// NextHour is when the next hourly digest is due.
func (p Pace) NextHour(t time.Time) time.Time { return p.Awake(t.Truncate(time.Hour).Add(time.Hour)) }

// NextDay is when the next daily digest is due.
func (p Pace) NextDay(t time.Time) time.Time {
	next := p.at(t, 0, p.Daily)
	if !next.After(t) {
		next = p.at(t, 1, p.Daily)
	}
	return p.Awake(next)
}

// pace returns an organisation's pace.
func pace(ctx context.Context, tx *db.Tx, orgID string) (Pace, error) {
	type row struct {
		rule string
		n    int
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.rule, &x.n) },
		`SELECT rule, per_hour FROM destination_pace WHERE org_id = $1`, orgID)
	if err != nil || len(rows) == 0 {
		return UsualPace, err
	}
	p, err := parseRule(rows[0].rule)
	p.PerHour = rows[0].n
	return p, err
}
