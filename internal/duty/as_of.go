// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// source is what the register is asked of: the table, or, for a time that has passed, the rows as they stood then.
func source(a *db.Args, asOf, now time.Time) string {
	if !asOf.Before(now) {
		return `duty`
	}
	t := a.P(db.At(asOf))
	met := func(column string) string {
		return `CASE WHEN COALESCE(d.met_noted_at, d.met_at) <= ` + t + ` THEN d.` + column + ` END AS ` + column
	}
	const same = `d.id, d.rule, d.force, d.org_id, d.report_id, d.case_id, d.number, `
	const rest = `, d.created_at, d.law, d.article, d.pack, d.owed_to, `
	done := `, ` + met(`met_at`) + `, ` + met(`met_event`) + `, `
	return `(SELECT ` + same + `d.anchor, d.anchor_at, d.due_at, d.latest_at` + done + `d.void_at, d.void_why` + rest + `d.ended, d.paused_at, d.since
		FROM duty d WHERE (d.since IS NULL OR d.since <= ` + t + `)
		UNION ALL SELECT ` + same + `p.anchor, p.anchor_at, p.due_at, p.latest_at` + done + `p.void_at, p.void_why` + rest + `p.ended, p.paused_at, p.from_at
		FROM duty_past p JOIN duty d ON d.id = p.duty_id WHERE p.from_at <= ` + t + ` AND p.until_at > ` + t + `) duty`
}
