// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// Sent is a query of SQL: organisation (org_id), target (the destination, or the channel of the main address) and further
// columns of q, of the deliveries to members that were made after a time and not superseded, wherever they stand, each once.
// q is a query of purposes, subjects and those columns: what is looked at. orgs is the condition that an organisation, an
// expression, is looked at; of the batches b only those are opened of which a further condition holds. Webhooks are left out.
func Sent(a *db.Args, engine db.Engine, q, columns string, after time.Time, orgs func(org string) string, opened string) string {
	since := a.P(db.At(after))
	lines, org, destination := split(engine)
	return `SELECT d.org_id, CASE WHEN d.destination = '' THEN d.channel ELSE d.destination END AS target, ` + columns + `
			FROM (` + q + `) q JOIN delivery d ON d.purpose = q.purpose AND d.subject = q.subject
			WHERE d.created_at > ` + since + ` AND d.org_id <> '' AND d.state <> 'superseded' AND d.channel <> 'webhook' AND ` + orgs(`d.org_id`) + `
		UNION ALL SELECT ` + org + `, CASE WHEN ` + destination + ` = '' THEN b.channel ELSE ` + destination + ` END, ` + columns + `
			FROM (` + q + `) q JOIN delivery_batch b ON b.purpose = q.purpose AND b.subject = q.subject, ` + lines + `
			WHERE b.created_at > ` + since + ` AND b.state <> 'superseded' AND b.channel <> 'webhook' AND ` + opened + ` AND ` + orgs(org) + ` AND (b.claims = 0 OR NOT EXISTS (SELECT 1 FROM delivery d
				WHERE d.id = b.purpose || ':' || b.subject || ':' || ` + org + ` || ':' || CASE WHEN ` + destination + ` = '' THEN b.channel ELSE ` + destination + ` END))`
}

// split is what joins the lines of a batch b as rows x, and what their parts are, in SQL.
func split(engine db.Engine) (lines, org, destination string) {
	if engine == db.PostgreSQL {
		return `string_to_table(b.items, chr(10)) AS x (value)`, `split_part(x.value, chr(9), 1)`, `split_part(x.value, chr(9), 2)`
	}
	return `json_each('["' || replace(replace(b.items, char(9), '\t'), char(10), '","') || '"]') x`,
		`substr(x.value, 1, instr(x.value, char(9)) - 1)`, `substr(x.value, instr(x.value, char(9)) + 1)`
}
