// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"strconv"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// An arm is a part of what the register is asked of. Now it is the table; a time that has passed has three, which are
// read one after the other because no index holds them together.
type arm int

const (
	current  arm = iota // the table as it stands
	standing            // of the past: rows that nothing has ended
	ended               // of the past: rows that were ended, by then or since
	replaced            // of the past: what acts have changed since
)

var pastArms = []arm{standing, ended, replaced}

// unbounded is lasted of a duty that is open.
const unbounded = 20

// longest is the largest class of lasted that is worked out: 2^13 days are 22 years.
const longest = 13

func days(class int) time.Duration { return 24 * time.Hour << class }

// lasted writes the class of how long a row's duty was open in the register when its end is recorded at a time: the least
// n so that it was less than 2^n days. It may be more, never less.
func lasted(a *db.Args, end time.Time) string {
	sql := `CASE`
	for class := range longest + 1 {
		sql += ` WHEN created_at > ` + a.P(db.At(end.Add(-days(class)))) + ` THEN ` + strconv.Itoa(class)
	}
	return sql + ` ELSE ` + strconv.Itoa(unbounded) + ` END`
}

// lastedOf is what lasted writes, of a duty that enters the register at created as one that was met by end; zero is never.
func lastedOf(created, end time.Time) int {
	if end.IsZero() {
		return unbounded
	}
	for class := range longest + 1 {
		if end.Before(created.Add(days(class))) {
			return class
		}
	}
	return unbounded
}

// source is what an arm is: the table, or its rows as they stood at w.asOf. With a state it may leave out what cannot be
// in it, so that an index serves.
func (w *where) source(of arm, s State) string {
	if of == current {
		return `duty`
	}
	t := w.t()
	met := func(column string) string {
		return `CASE WHEN COALESCE(d.met_noted_at, d.met_at) <= ` + t + ` THEN d.` + column + ` END AS ` + column
	}
	from, row, since := `duty d`, `d`, `d.since`
	recorded, fence := `d.created_at <= `+t, ``
	cond := `(d.since IS NULL OR d.since <= ` + t + `)`
	switch of {
	case replaced:
		from, row, since = `duty_past p CROSS JOIN duty d`, `p`, `p.from_at`
		cond = `d.id = p.duty_id AND p.from_at <= ` + t + ` AND p.until_at > ` + t
	case ended:
		cond += ` AND d.void_at IS NOT NULL`
	case standing:
		cond += ` AND d.void_at IS NULL`
		switch {
		case s == Met:
			cond += ` AND d.met_at IS NOT NULL AND d.met_at <= d.due_at`
		case s == MetLate:
			cond += ` AND d.met_at IS NOT NULL AND d.met_at > d.due_at`
			recorded = `COALESCE(d.created_at, d.created_at) <= ` + t // these few have an index of their own
		case s.open():
			cond += ` AND (` + w.openThen() + `)`
			fence = ` LIMIT 1000000000` // these are few: they are found before they are put in order
		}
	}
	return `(SELECT d.id, d.rule, d.force, d.org_id, d.report_id, d.case_id, d.number, ` + row + `.anchor, ` + row + `.anchor_at, ` + row + `.due_at, ` + row + `.latest_at, ` +
		met(`met_at`) + `, ` + met(`met_event`) + `, ` + row + `.void_at, ` + row + `.void_why, d.created_at, d.law, d.article, d.pack, d.owed_to, ` + row + `.ended, ` + row + `.paused_at, ` +
		since + ` AS since FROM ` + from + ` WHERE ` + recorded + ` AND ` + cond + fence + `) duty`
}

// openThen narrows rows to those that may have been open at w.asOf, and some more: class by class, what had entered the
// register not too long before.
func (w *where) openThen() string {
	t := w.t()
	sql := `d.lasted = ` + strconv.Itoa(unbounded) + ` AND d.created_at <= ` + t
	for class := range longest + 1 {
		sql += ` OR d.lasted = ` + strconv.Itoa(class) + ` AND d.created_at > ` + w.args.P(db.At(w.asOf.Add(-days(class)))) + ` AND d.created_at <= ` + t
	}
	return sql
}
