// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/member"
)

// dueIn is when a wave is told what is said at once: all within the same second, the affected first.
func dueIn(wave int, now time.Time) time.Time {
	return now.Add(-time.Duration(WaveAll-wave) * time.Millisecond)
}

// queueSent makes the deliveries of the copies that send has made.
func queueSent(ctx context.Context, tx *db.Tx, w Warning, to []destination.Recipient) error {
	if w.Class() != destination.Mandatory {
		return queue(ctx, tx, w)
	}
	b := batchOf(w, subject(w.ID, w.Revision))
	b.Recipients = to
	return destination.Queue(ctx, tx, b)
}

// queue makes the deliveries of the copies that were made in this transaction.
func queue(ctx context.Context, tx *db.Tx, w Warning) error {
	if !w.Significant { // copies keep the time of the one before
		return queueTo(ctx, tx, w, subject(w.ID, w.Revision), `r.at <= `, db.At(tx.Now))
	}
	return queueTo(ctx, tx, w, subject(w.ID, w.Revision), `r.at = `, db.At(tx.Now))
}

// queueAgain makes second deliveries for units that were told that nothing of theirs was affected, and are now; to be
// called before send notes it. A first message that has not left yet, or an answer that says so, makes it needless.
func queueAgain(ctx context.Context, tx *db.Tx, w Warning) error {
	return queueTo(ctx, tx, w, subject(w.ID, w.Revision)+again, `r.wave > 1 AND r.answer NOT IN ('affected', 'fixed') AND `+member.Keeping(member.ToOwnWarnings, "o", "")+`
		AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.purpose = 'warning' AND d.subject = r.warning_id || ':' || r.revision AND d.org_id = r.org_id AND d.state = 'queued')
		AND NOT `+delivery.InLine(`'warning'`, `r.warning_id || ':' || r.revision`, `r.org_id`)+`
		AND r.org_id IN (SELECT f.org_id FROM finding f WHERE f.case_id = `, w.CaseID, `)`)
}

// queueTo makes deliveries for the copies that a condition holds for: its text before, and after, its one argument. Where
// and when each unit is told is for it to choose, within its class.
func queueTo(ctx context.Context, tx *db.Tx, w Warning, subject, where string, arg any, after ...string) error {
	var a db.Args
	b := batchOf(w, subject)
	b.From = `FROM warning_recipient r JOIN org o ON o.id = r.org_id`
	b.Due = func(a *db.Args) string {
		return `CASE r.wave WHEN 1 THEN ` + a.P(db.At(dueIn(1, tx.Now))) + ` WHEN 2 THEN ` + a.P(db.At(dueIn(2, tx.Now))) + ` ELSE r.at END`
	}
	if w.Significant {
		b.Near = `r.wave = 1`
	}
	b.Where = `r.warning_id = ` + a.P(w.ID) + ` AND r.revision = ` + a.P(w.Revision) + ` AND ` + where + a.P(arg) + strings.Join(after, "")
	b.Args = a
	return destination.Queue(ctx, tx, b)
}

// batchOf says what a revision is to whoever queues it.
func batchOf(w Warning, subject string) destination.Batch {
	return destination.Batch{Purpose: purpose, Subject: subject, Class: w.Class(), Type: w.Type(), Also: []string{Released{}.Kind()}, Level: string(w.Level),
		Few: strings.HasSuffix(subject, again)}
}

// purpose is the name of warnings among deliveries.
const purpose = "warning"

// again ends the subject of a second delivery of a revision: what did not concern the unit when it was released does now.
const again = "+"

// subject names a revision among deliveries.
func subject(id string, revision int) string { return id + ":" + strconv.Itoa(revision) }
