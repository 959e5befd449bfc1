// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
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

const recipientColumns = `r.warning_id, r.revision, r.org_id, r.wave, r.products, r.at, r.read_at, r.acked_at, r.answer, r.comment_sealed,
	r.assets, r.answered_by, r.answered_via, r.fixed_at, r.justification, r.said_in, r.was, r.carried`

func (r *Recipient) into(k *seal.Keyring) []any {
	return []any{&r.WarningID, &r.Revision, &r.OrgID, &r.Wave, &r.Products, timeInto{&r.At}, timeInto{&r.ReadAt}, timeInto{&r.AckedAt},
		&r.Answer, commentInto{k, r}, &r.Assets, &r.AnsweredBy, &r.AnsweredVia, timeInto{&r.FixedAt}, &r.Justification, &r.SaidIn, &r.Was, &r.Carried}
}

func (s *Service) scanRecipient(r db.Row) (x Recipient, err error) {
	return x, r.Scan(x.into(s.Seal)...)
}

// commentInto opens what a unit said with its answer, when it is known whose copy it is.
type commentInto struct {
	seal *seal.Keyring
	r    *Recipient
}

// Scan implements sql.Scanner.
func (x commentInto) Scan(v any) error {
	sealed, _ := v.([]byte)
	if len(sealed) == 0 {
		x.r.Comment = ""
		return nil
	}
	said, err := x.seal.Open(x.r.placeComment(), sealed)
	x.r.Comment = string(said)
	return err
}

// sealComment is what is stored of a comment: nothing while there is none.
func (r Recipient) sealComment(k *seal.Keyring) []byte {
	if r.Comment == "" {
		return nil
	}
	return k.Seal(r.placeComment(), []byte(r.Comment))
}

// placeComment is the same in all revisions: an answer that stands is copied as it is.
func (r Recipient) placeComment() string {
	return "warning_recipient/" + r.WarningID + "/" + r.OrgID + "/comment"
}

// newest returns an organisation's copy of the newest revision it received.
func (s *Service) newest(ctx context.Context, tx *db.Tx, id, orgID, lock string) (Recipient, error) {
	if err := storable(id); err != nil {
		return Recipient{}, err
	}
	return db.Get(ctx, tx, s.scanRecipient, `SELECT `+recipientColumns+` FROM warning_recipient r WHERE r.warning_id = $1 AND r.org_id = $2
		ORDER BY r.revision DESC LIMIT 1`+lock, id, orgID)
}

// A reach says which organisations a revision goes to, and in which wave: columns n (of its products that match) and
// wave, tables o (org), f and, from the second revision on, p (the copy of the revision before). Members whose products
// contain the flaw come first, whether they are partner units or not, wherever they are and even when they are suspended;
// so do those whom an earlier revision had called affected, because a correction must reach everybody it concerns. Then
// come the partner units of the territory in the same sector, then all its others, and whoever got an earlier revision. A
// lift reaches those who got the warning and nobody else; a recall all of them, members or not any more. Authorities and
// the platform itself are no recipients.
type reach struct{ wave, n, from, where string }

func reachOf(a *db.Args, w Warning, now time.Time) reach {
	theCase := a.P(w.CaseID)
	r := reach{
		n: `coalesce(f.n, 0)`,
		from: ` FROM org o
			LEFT JOIN (SELECT org_id, count(DISTINCT product_id) AS n FROM finding WHERE case_id = ` + theCase + ` GROUP BY org_id) f ON f.org_id = o.id`,
	}
	first := `f.n IS NOT NULL`
	if w.Revision > 1 {
		r.from += ` LEFT JOIN warning_recipient p ON p.warning_id = ` + a.P(w.ID) + ` AND p.revision = ` + a.P(w.Revision-1) + ` AND p.org_id = o.id`
		first = `(f.n IS NOT NULL OR p.wave = 1)`
	}
	r.wave = `CASE WHEN ` + first + ` THEN 1
		WHEN o.sector <> '' AND o.sector IN (SELECT s.sector FROM finding g JOIN org s ON s.id = g.org_id WHERE g.case_id = ` + theCase + `) THEN 2
		ELSE 3 END`
	r.where = ` WHERE ` + w.reaches(a, now)
	return r
}

// reaches is the condition of reach.
func (w Warning) reaches(a *db.Args, now time.Time) string {
	own := member.Keeping(member.ToOwnWarnings, "o", "") // whatever the time
	switch {
	case w.Kind == Recall && w.Revision > 1:
		return `p.org_id IS NOT NULL`
	case w.Kind == Lift && w.Revision > 1:
		return `p.org_id IS NOT NULL AND ` + own
	}
	general := member.Keeping(member.ToWarnings, "o", a.P(db.At(now)))
	out := `f.n IS NOT NULL OR o.partner AND ` + general
	if w.Territory != "" {
		out += ` AND o.region = ` + a.P(w.Territory)
	}
	if w.Revision > 1 {
		out += ` OR p.wave = 1 OR p.org_id IS NOT NULL AND ` + general
	}
	return own + ` AND CAST(o.roles AS TEXT) NOT LIKE '%"authority"%' AND CAST(o.roles AS TEXT) NOT LIKE '%"platform"%' AND (` + out + `)`
}

// A column of a revision's copies holds a value that is the same in all of them, or what an expression over reach says.
type column struct {
	name string
	same any
	each string
}

// columns are those of a revision's copies, those with each last, and of these first the organisation, the wave and how
// many products match. A copy comes with the answer that the unit gave to the revision before.
func columns(a *db.Args, w Warning, r reach, now time.Time) []column {
	same := []column{{name: "warning_id", same: w.ID}, {name: "revision", same: w.Revision}}
	each := []column{{name: "org_id", each: `o.id`}, {name: "wave", each: r.wave}, {name: "products", each: r.n}}
	if w.Revision == 1 {
		return append(append(same, column{name: "at", same: db.At(now)}, column{name: "answer", same: ""},
			column{name: "assets", same: 0}, column{name: "answered_by", same: ""}, column{name: "answered_via", same: ""}), each...)
	}
	each = append(each, column{name: "answer", each: `coalesce(p.answer, '')`}, column{name: "comment_sealed", each: `p.comment_sealed`},
		column{name: "assets", each: `coalesce(p.assets, 0)`}, column{name: "answered_by", each: `coalesce(p.answered_by, '')`},
		column{name: "answered_via", each: `coalesce(p.answered_via, '')`}, column{name: "acked_at", each: `p.acked_at`}, column{name: "fixed_at", each: `p.fixed_at`},
		column{name: "justification", each: `coalesce(p.justification, '')`},
		column{name: "said_in", each: `CASE WHEN p.said_in = 0 AND p.answer <> '' THEN p.revision ELSE coalesce(p.said_in, 0) END`})
	if w.Significant {
		same = append(same, column{name: "at", same: db.At(now)})
		return append(append(same, each...), column{name: "carried", each: `CASE WHEN coalesce(p.answer, '') = '' THEN '' ELSE 'stands' END`})
	}
	each = append(each, column{name: "carried", each: `CASE WHEN coalesce(p.answer, '') = '' THEN coalesce(p.carried, '') ELSE 'stands' END`},
		column{name: "at", each: `coalesce(p.at, ` + a.P(db.At(now)) + `)`}, column{name: "read_at", each: `p.read_at`}, // nothing begins anew
		column{name: "was", each: `coalesce(p.was, '')`}, column{name: "reminded", each: `coalesce(p.reminded, 0)`})
	return append(same, each...)
}

// send makes the recipients of a revision, and says who they are and how many of them are affected.
func send(ctx context.Context, tx *db.Tx, w Warning) (to []destination.Recipient, affected int, err error) {
	var a db.Args
	var names, exprs []string
	var same []any
	r := reachOf(&a, w, tx.Now)
	for _, c := range columns(&a, w, r, tx.Now) {
		names = append(names, c.name)
		if c.each == "" {
			same = append(same, c.same)
		} else {
			exprs = append(exprs, c.each)
		}
	}
	var x destination.Recipient
	values, into := make([]any, len(exprs)), make([]any, len(exprs))
	for i := range values {
		into[i] = &values[i]
	}
	into = append(into, &x.Email, &x.Webhook)
	rows, err := db.List(ctx, tx, func(r db.Row) ([]any, error) {
		if err := r.Scan(into...); err != nil {
			return nil, err
		}
		for i, v := range values {
			if t, ok := v.(time.Time); ok {
				values[i] = db.At(t)
			}
		}
		wave := int(values[1].(int64))
		if wave == WaveAffected {
			affected++
		}
		x.OrgID, x.Due = values[0].(string), dueIn(wave, tx.Now)
		to = append(to, x)
		return slices.Clone(values), nil
	}, `SELECT `+strings.Join(exprs, ", ")+`, `+destination.MainColumns+r.from+r.where, a...)
	if err != nil {
		return nil, 0, err
	}
	return to, affected, db.Spread(ctx, tx, `warning_recipient (`+strings.Join(names, ", ")+`)`, same, rows)
}

// sendLate gives affected units that have none a copy of a revision that is out, and brings the count of those that have one
// up to date.
func sendLate(ctx context.Context, tx *db.Tx, w Warning) error {
	var a db.Args
	var names, values []string
	r := reachOf(&a, w, tx.Now)
	for _, c := range columns(&a, w, r, tx.Now) {
		names = append(names, c.name)
		if c.each == "" {
			c.each = a.P(c.same)
		}
		values = append(values, c.each)
	}
	_, err := tx.Exec(ctx, `INSERT INTO warning_recipient (`+strings.Join(names, ", ")+`) SELECT `+strings.Join(values, ", ")+r.from+r.where+
		` AND f.n IS NOT NULL ON CONFLICT (warning_id, revision, org_id) DO UPDATE SET wave = 1, products = excluded.products`, a...)
	return err
}

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

// count counts the copies of a revision, and those for affected units.
func count(ctx context.Context, tx *db.Tx, id string, revision int) (recipients, affected int, err error) {
	type row struct{ all, hit int }
	x, err := db.Get(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.all, &x.hit) },
		`SELECT count(*), coalesce(sum(CASE WHEN wave = 1 THEN 1 ELSE 0 END), 0) FROM warning_recipient WHERE warning_id = $1 AND revision = $2`, id, revision)
	return x.all, x.hit, err
}
