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

// timeInto scans a time column into a field.
type timeInto struct{ t *time.Time }

// Scan implements sql.Scanner.
func (x timeInto) Scan(v any) error {
	var t db.Time
	err := t.Scan(v)
	*x.t = t.Time
	return err
}

const recipientColumns = `r.warning_id, r.revision, r.org_id, r.wave, r.products, r.at, r.read_at, r.acked_at, r.answer, r.comment,
	r.assets, r.answered_by, r.answered_via, r.fixed_at`

func (r *Recipient) into() []any {
	return []any{&r.WarningID, &r.Revision, &r.OrgID, &r.Wave, &r.Products, timeInto{&r.At}, timeInto{&r.ReadAt}, timeInto{&r.AckedAt},
		&r.Answer, &r.Comment, &r.Assets, &r.AnsweredBy, &r.AnsweredVia, timeInto{&r.FixedAt}}
}

func scanRecipient(r db.Row) (x Recipient, err error) { return x, r.Scan(x.into()...) }

// newest returns an organisation's copy of the newest revision it received.
func newest(ctx context.Context, tx *db.Tx, id, orgID, lock string) (Recipient, error) {
	if err := storable(id); err != nil {
		return Recipient{}, err
	}
	return db.Get(ctx, tx, scanRecipient, `SELECT `+recipientColumns+` FROM warning_recipient r WHERE r.warning_id = $1 AND r.org_id = $2
		ORDER BY r.revision DESC LIMIT 1`+lock, id, orgID)
}

// A reach says which organisations a revision goes to, and in which wave: columns n (of its products that match) and
// wave, tables o (org) and f. Members whose products contain the flaw come first, whether they are partner units or
// not and even when they are suspended; so do those whom an earlier revision had called affected, because a correction
// must reach everybody it concerns. Then come the partner units in the same sector, then all others. Authorities
// and the platform itself are no recipients.
type reach struct{ wave, n, from string }

func reachOf(a *db.Args, w Warning, now time.Time) reach {
	theCase, at := a.P(w.CaseID), a.P(db.At(now))
	before := `o.id IN (SELECT p.org_id FROM warning_recipient p WHERE p.warning_id = ` + a.P(w.ID) + ` AND p.revision < ` + a.P(w.Revision) + ` AND p.wave = 1)`
	return reach{
		n: `coalesce(f.n, 0)`,
		wave: `CASE WHEN f.n IS NOT NULL OR ` + before + ` THEN 1
			WHEN o.sector <> '' AND o.sector IN (SELECT s.sector FROM finding g JOIN org s ON s.id = g.org_id WHERE g.case_id = ` + theCase + `) THEN 2
			ELSE 3 END`,
		from: ` FROM org o
			LEFT JOIN (SELECT org_id, count(DISTINCT product_id) AS n FROM finding WHERE case_id = ` + theCase + ` GROUP BY org_id) f ON f.org_id = o.id
			WHERE ` + member.Keeping(member.ToOwnWarnings, "o", at) + `
			AND CAST(o.roles AS TEXT) NOT LIKE '%"authority"%' AND CAST(o.roles AS TEXT) NOT LIKE '%"platform"%'
			AND (f.n IS NOT NULL OR (o.partner AND ` + member.Keeping(member.ToWarnings, "o", at) + `) OR ` + before + `)`,
	}
}

// send makes the recipients of a revision. With late it adds only affected units that have no copy yet, and brings
// the count of those that have one up to date.
func send(ctx context.Context, tx *db.Tx, w Warning, late bool) error {
	var a db.Args
	r := reachOf(&a, w, tx.Now)
	query := `INSERT INTO warning_recipient (warning_id, revision, org_id, wave, products, at, answer, comment, assets, answered_by, answered_via)
		SELECT ` + a.P(w.ID) + `, ` + a.P(w.Revision) + `, o.id, ` + r.wave + `, ` + r.n + `, ` + a.P(db.At(tx.Now)) + `, '', '', 0, '', ''` + r.from
	if late {
		query += ` AND f.n IS NOT NULL ON CONFLICT (warning_id, revision, org_id) DO UPDATE SET wave = 1, products = excluded.products`
	}
	_, err := tx.Exec(ctx, query, a...)
	return err
}

// queue makes the deliveries of the copies that were made in this transaction, on every channel a recipient has. The
// waves are due within the same second, the affected first.
func queue(ctx context.Context, tx *db.Tx, w Warning) error {
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
	b := destination.Batch{
		Purpose: purpose, Subject: subject, Class: destination.ClassOf(string(w.Level), false), Type: Released{}.Kind(), Level: string(w.Level),
		From: `FROM warning_recipient r JOIN org o ON o.id = r.org_id`,
		Near: `r.wave = 1`, Few: strings.HasSuffix(subject, again),
		Due: func(a *db.Args) string {
			return `CASE r.wave WHEN 1 THEN ` + a.P(db.At(tx.Now.Add(-2*time.Millisecond))) + ` WHEN 2 THEN ` + a.P(db.At(tx.Now.Add(-time.Millisecond))) + ` ELSE r.at END`
		},
	}
	b.Where = `r.warning_id = ` + a.P(w.ID) + ` AND r.revision = ` + a.P(w.Revision) + ` AND ` + where + a.P(arg) + strings.Join(after, "")
	b.Args = a
	return destination.Queue(ctx, tx, b)
}

// purpose is the name of warnings among deliveries.
const purpose = "warning"

// again ends the subject of a second delivery of a revision: what did not concern the unit when it was released does now.
const again = "+"

// subject names a revision among deliveries.
func subject(id string, revision int) string { return id + ":" + strconv.Itoa(revision) }

// count counts the copies of a revision, and those for affected units.
func count(ctx context.Context, tx *db.Tx, id string, revision int) (recipients, affected int, err error) {
	type row struct{ all, hit int }
	x, err := db.Get(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.all, &x.hit) },
		`SELECT count(*), coalesce(sum(CASE WHEN wave = 1 THEN 1 ELSE 0 END), 0) FROM warning_recipient WHERE warning_id = $1 AND revision = $2`, id, revision)
	return x.all, x.hit, err
}
