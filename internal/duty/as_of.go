// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// An arm is a part of what the register is asked of. Now it is the table; a time that has passed has four, which are
// read one after the other because no index holds them together.
type arm int

const (
	current  arm = iota // the table as it stands
	undone              // of the past: rows that were never met, nor ended
	done                // of the past: rows that were met, by then or since
	ended               // of the past: rows that were ended, by then or since
	replaced            // of the past: what acts have changed since
)

var pastArms = []arm{undone, done, ended, replaced}

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
// in it, so that an index serves. To count needs few columns, which an index holds; a page needs them all.
func (w *where) source(of arm, s State, columns ...string) string {
	if of == current {
		return `duty`
	}
	t := w.t()
	from, row, since := `duty d`, `d`, `d.since`
	recorded, fence := `d.created_at <= `+t, ``
	cond := `(d.since IS NULL OR d.since <= ` + t + `)`
	switch of {
	case replaced:
		from, row, since = `duty_past p CROSS JOIN duty d`, `p`, `p.from_at`
		cond = `d.id = p.duty_id AND p.from_at <= ` + t + ` AND p.until_at > ` + t
	case ended:
		cond += ` AND d.void_at IS NOT NULL`
	case undone:
		cond += ` AND d.void_at IS NULL AND d.met_at IS NULL AND d.created_at > '1970-01-01T00:00:00Z'` // the last as its index says it
	case done:
		cond += ` AND d.void_at IS NULL`
		switch {
		case s == Met:
			cond += ` AND d.met_at IS NOT NULL AND d.met_at <= d.due_at`
			recorded = `COALESCE(d.created_at, d.created_at) <= ` + t // by their own index, which has what is asked for
		case s == MetLate:
			cond += ` AND d.met_at IS NOT NULL AND d.met_at > d.due_at`
			recorded = `COALESCE(d.created_at, d.created_at) <= ` + t // likewise
		case s.open():
			cond += ` AND d.met_at IS NOT NULL AND (` + w.openThen() + `)`
			fence = ` LIMIT 1000000000` // these are few: they are found before they are put in order
		default:
			cond += ` AND d.met_at IS NOT NULL`
		}
	}
	if columns == nil {
		columns = everyColumn
	}
	exprs := make([]string, len(columns))
	for i, c := range columns {
		switch c {
		case "met_at", "met_event":
			exprs[i] = `CASE WHEN COALESCE(d.met_noted_at, d.met_at) <= ` + t + ` THEN d.` + c + ` END`
			if of == undone {
				exprs[i] = `d.` + c // there is none, and the index knows it
			}
		case "anchor", "anchor_at", "due_at", "latest_at", "void_at", "void_why", "ended", "paused_at":
			exprs[i] = row + `.` + c
		case "since":
			exprs[i] = since
		default:
			exprs[i] = `d.` + c
		}
		exprs[i] += ` AS ` + c
	}
	return `(SELECT ` + strings.Join(exprs, `, `) + ` FROM ` + from + ` WHERE ` + recorded + ` AND ` + cond + fence + `) duty`
}

// everyColumn is what a page shows.
var everyColumn = []string{"id", "rule", "force", "org_id", "report_id", "case_id", "number", "anchor", "anchor_at", "due_at", "latest_at", "met_at", "met_event",
	"void_at", "void_why", "created_at", "law", "article", "pack", "owed_to", "ended", "paused_at", "since"}

// countedColumns are what a state and the filters of a query follow from.
func (q Query) countedColumns() []string {
	columns := []string{"id", "rule", "force", "org_id", "anchor_at", "due_at", "latest_at", "met_at", "void_at", "law", "ended", "paused_at"}
	if q.Side != "" {
		columns = append(columns, "owed_to") // no index has it
	}
	return columns
}

// openThen narrows rows that were met to those that may have been open at w.asOf, and some more: class by class, what had
// entered the register not too long before.
func (w *where) openThen() string {
	t := w.t()
	sql := `d.lasted = ` + strconv.Itoa(unbounded) + ` AND d.created_at <= ` + t + ` AND d.met_at IS NOT NULL`
	for class := range longest + 1 {
		sql += ` OR d.lasted = ` + strconv.Itoa(class) + ` AND d.created_at > ` + w.args.P(db.At(w.asOf.Add(-days(class)))) + ` AND d.created_at <= ` + t
	}
	return sql
}
