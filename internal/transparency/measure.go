// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// trendQuarters is how many quarters the trend goes back.
const trendQuarters = 8

// maxBreaches bounds the list of breaches.
const maxBreaches = 1000

// measure makes the figures of a period as of tx.Now, without what fell overdue at members.
func (s *Service) measure(ctx context.Context, tx *db.Tx, p Period) (f Figures, err error) {
	f = Figures{Format: Format, Period: p.Name, From: p.From, Until: p.Until, AsOf: tx.Now, Trend: []Point{}}
	if f.Spans, err = allSpans(ctx, tx, p); err != nil {
		return f, err
	}
	for _, q := range p.lastQuarters(trendQuarters) {
		if q.From.After(tx.Now) {
			continue
		}
		spans, err := allSpans(ctx, tx, q)
		if err != nil {
			return f, err
		}
		point := Point{Quarter: q.Name, Medians: []Median{}}
		for _, x := range spans {
			point.Medians = append(point.Medians, Median{x.Name, x.N, x.P50})
		}
		f.Trend = append(f.Trend, point)
	}
	for what, do := range map[string]func(context.Context, *db.Tx, Period, *Figures) error{
		"volume": volume, "warnings": warnings, "breaches": breaches, "conduct": conduct, "readers": readers, "log": logged} {
		if err := do(ctx, tx, p, &f); err != nil {
			return f, fmt.Errorf("%s: %w", what, err)
		}
	}
	return f, nil
}

// opening is the receipt of a case's first report.
const opening = `(SELECT cr.case_id AS case_id, MIN(r.received_at) AS at FROM case_report cr JOIN report r ON r.id = cr.report_id GROUP BY cr.case_id)`

// spanQueries give from when to when each step took: in their period $1 to $2 a report came in, or a warning or an
// advisory went out.
var spanQueries = map[string]string{
	ToReceipt: `SELECT r.received_at, COALESCE(d.met_at, CASE WHEN d.id IS NULL THEN r.received_at END) FROM report r
		LEFT JOIN duty d ON d.report_id = r.id AND d.rule = '` + duty.RuleAcknowledge + `' WHERE r.received_at >= $1 AND r.received_at < $2`,
	ToTransfer: `SELECT MIN(x.received_at), CASE WHEN COUNT(*) = COUNT(x.done) THEN MAX(x.done) END FROM (
			SELECT r.id AS id, r.received_at AS received_at, MIN(CASE WHEN d.state = 'delivered' THEN d.done_at END) AS done
			FROM report r JOIN delivery d ON d.purpose = 'transfer' AND d.subject = r.id || '/1'
			WHERE r.received_at >= $1 AND r.received_at < $2 GROUP BY r.id, r.received_at, d.org_id) x GROUP BY x.id`,
	ToPerson: `SELECT o.at, (SELECT MIN(e.at) FROM event_subject s JOIN event e ON e.id = s.event_id
			WHERE s.subject = 'case/' || o.case_id AND e.by_user <> '' AND e.kind IN ('case.taken','case.moved','case.verified','case.joined'))
		FROM ` + opening + ` o WHERE o.at >= $1 AND o.at < $2`,
	ToVerified: `SELECT o.at, COALESCE((SELECT MIN(v.at) FROM verification v WHERE v.case_id = o.case_id AND v.result <> 'not-attempted'),
			CASE WHEN c.state = 'rejected' THEN c.state_since END)
		FROM ` + opening + ` o JOIN casefile c ON c.id = o.case_id WHERE o.at >= $1 AND o.at < $2 AND c.state <> 'duplicate'`,
	ToProvider: `SELECT o.at, (SELECT MIN(COALESCE(n.delivered_at, n.opened_at, n.acked_at)) FROM notice n WHERE n.case_id = o.case_id)
		FROM ` + opening + ` o WHERE o.at >= $1 AND o.at < $2 AND EXISTS (SELECT 1 FROM notice n WHERE n.case_id = o.case_id)`,
	ToWarning: `SELECT o.at, v.released_at FROM warning_revision v JOIN warning w ON w.id = v.warning_id JOIN ` + opening + ` o ON o.case_id = w.case_id
		WHERE v.revision = 1 AND NOT w.exercise AND v.released_at >= $1 AND v.released_at < $2`,
	ToAdvisory: `SELECT o.at, x.at FROM (SELECT advisory_id, MIN(at) AS at FROM advisory_revision GROUP BY advisory_id) x
		JOIN advisory a ON a.id = x.advisory_id JOIN ` + opening + ` o ON o.case_id = a.case_id WHERE x.at >= $1 AND x.at < $2`,
}

func allSpans(ctx context.Context, tx *db.Tx, p Period) (out []Span, err error) {
	for _, name := range SpanNames {
		var s spans
		if err := stream(ctx, tx, spanQueries[name], func(r db.Row) error {
			var from, to db.Time
			err := r.Scan(&from, &to)
			s.add(from.Time, to.Time, tx.Now)
			return err
		}, db.At(p.From), db.At(p.Until)); err != nil {
			return nil, fmt.Errorf("span to %s: %w", name, err)
		}
		out = append(out, s.span(name))
	}
	return out, nil
}

// stream calls do for each row of a query, without keeping them.
func stream(ctx context.Context, tx *db.Tx, query string, do func(db.Row) error, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// counts fills several numbers from one query each; $1 to $2 is the period.
func counts(ctx context.Context, tx *db.Tx, p Period, into map[*int]string) (err error) {
	for n, query := range into {
		if *n, err = db.Get(ctx, tx, db.Value[int], query, db.At(p.From), db.At(p.Until)); err != nil {
			return err
		}
	}
	return nil
}

func volume(ctx context.Context, tx *db.Tx, p Period, f *Figures) error {
	const of = ` >= $1 AND `
	v := &f.Volume
	return counts(ctx, tx, p, map[*int]string{
		&v.Reports:   `SELECT COUNT(*) FROM report WHERE received_at` + of + `received_at < $2`,
		&v.Anonymous: `SELECT COUNT(*) FROM report WHERE account_id IS NULL AND received_at` + of + `received_at < $2`,
		&v.Cases:     `SELECT COUNT(*) FROM ` + opening + ` o WHERE o.at` + of + `o.at < $2`,
		&v.Duplicates: `SELECT COUNT(*) FROM report r JOIN case_report cr ON cr.report_id = r.id JOIN ` + opening + ` o ON o.case_id = cr.case_id
			WHERE r.received_at > o.at AND r.received_at` + of + `r.received_at < $2`,
		&v.Advisories: `SELECT COUNT(*) FROM (SELECT advisory_id, MIN(at) AS at FROM advisory_revision GROUP BY advisory_id) x WHERE x.at` + of + `x.at < $2`,
	})
}

// levels in the order of their gravity.
var levels = []string{"red", "orange", "yellow", "blue", "notice"}

func warnings(ctx context.Context, tx *db.Tx, p Period, f *Figures) error {
	by := map[string]Warned{}
	err := stream(ctx, tx, `SELECT v.level, v.revision, COUNT(r.org_id), COUNT(CASE WHEN r.acked_at <= v.respond_by THEN 1 END), COUNT(CASE WHEN r.acked_at <= $3 THEN 1 END),
			COUNT(CASE WHEN r.products > 0 THEN 1 END), COUNT(CASE WHEN r.products > 0 AND r.fixed_at <= $3 THEN 1 END)
		FROM warning_revision v JOIN warning w ON w.id = v.warning_id AND NOT w.exercise LEFT JOIN warning_recipient r ON r.warning_id = v.warning_id AND r.revision = v.revision
		WHERE v.significant AND v.released_at >= $1 AND v.released_at < $2 GROUP BY v.warning_id, v.level, v.revision`, func(r db.Row) error {
		var level string
		var revision int
		var x Warned
		if err := r.Scan(&level, &revision, &x.Recipients, &x.InTime, &x.Answered, &x.Affected, &x.Fixed); err != nil {
			return err
		}
		y := by[level]
		if revision == 1 {
			y.Warnings++
		}
		y.Revisions++
		y.Recipients, y.InTime, y.Answered, y.Affected, y.Fixed = y.Recipients+x.Recipients, y.InTime+x.InTime, y.Answered+x.Answered, y.Affected+x.Affected, y.Fixed+x.Fixed
		by[level] = y
		return nil
	}, db.At(p.From), db.At(p.Until), db.At(tx.Now))
	f.Warnings = []Warned{}
	for _, l := range levels {
		if x := by[l]; x.Revisions > 0 {
			x.Level = l
			f.Warnings = append(f.Warnings, x)
		}
	}
	return err
}

// owed are the platform's own clocks that fell due in the period, unless they were waived or turned out not to run.
const owed = ` FROM duty d WHERE d.owed_to <> '' AND d.void_at IS NULL AND d.latest_at >= $1 AND d.latest_at < $2`

// ranOut are those of them that ran out before they were met.
const ranOut = ` AND d.latest_at < $3 AND (d.met_at IS NULL OR d.met_at > d.latest_at)`

func breaches(ctx context.Context, tx *db.Tx, p Period, f *Figures) (err error) {
	from, until, now := db.At(p.From), db.At(p.Until), db.At(tx.Now)
	f.Breaches.List = []Breach{}
	if f.Breaches.Due, err = db.Get(ctx, tx, db.Value[int], `SELECT COUNT(*)`+owed+` AND (d.latest_at < $3 OR d.met_at IS NOT NULL)`, from, until, now); err != nil {
		return err
	}
	late, err := db.Get(ctx, tx, db.Value[int], `SELECT COUNT(*)`+owed+ranOut, from, until, now)
	if err != nil {
		return err
	}
	if late > maxBreaches {
		f.Breaches.More = late - maxBreaches
	}
	list, err := db.List(ctx, tx, func(r db.Row) (b Breach, err error) {
		var due, met db.Time
		err = r.Scan(&b.DutyID, &b.Number, &b.Rule, &due, &met, db.Null(&b.ReasonZH), db.Null(&b.ReasonEN))
		b.DueAt, b.MetAt = due.Time, met.Time
		end := b.MetAt
		if end.IsZero() || end.After(tx.Now) {
			b.MetAt, end = time.Time{}, tx.Now
		}
		b.Late = int(end.Sub(b.DueAt) / time.Minute)
		return b, err
	}, `SELECT d.id, (SELECT number FROM report WHERE id = d.report_id), d.rule, d.latest_at, d.met_at,
		(SELECT reason_zh FROM transparency_reason WHERE duty_id = d.id), (SELECT reason_en FROM transparency_reason WHERE duty_id = d.id)`+owed+ranOut+`
		ORDER BY d.latest_at, d.id LIMIT 1000`, from, until, now)
	f.Breaches.List = append(f.Breaches.List, list...)
	return err
}

func conduct(ctx context.Context, tx *db.Tx, p Period, f *Figures) error {
	const decided = `SELECT COUNT(*) FROM inquiry_decision WHERE signed_at >= $1 AND signed_at < $2 AND revises IS NULL AND outcome = `
	const appealed = `SELECT COUNT(*) FROM inquiry_appeal a JOIN inquiry q ON q.id = a.inquiry_id WHERE a.filed_at >= $1 AND a.filed_at < $2`
	c := &f.Conduct
	return counts(ctx, tx, p, map[*int]string{
		&c.Inquiries:    `SELECT COUNT(*) FROM inquiry WHERE opened_at >= $1 AND opened_at < $2`,
		&c.Dismissed:    decided + `'dismissed'`,
		&c.Warnings:     decided + `'warning'`,
		&c.Restrictions: decided + `'restriction'`,
		&c.Suspensions:  decided + `'suspension'`,
		&c.Appeals:      appealed,
		&c.Upheld:       appealed + ` AND q.state = 'upheld'`,
		&c.Annulled:     appealed + ` AND q.state = 'annulled'`,
		&c.Revised:      appealed + ` AND q.state = 'revised'`,
		&c.Waiting:      appealed + ` AND q.state = 'appealed'`,
	})
}

func readers(ctx context.Context, tx *db.Tx, p Period, f *Figures) error {
	const undisclosed = ` FROM case_read x JOIN casefile c ON c.id = x.case_id WHERE x.at >= $1 AND x.at < $2 AND (c.published_at IS NULL OR x.at < c.published_at)`
	const staff = `(x.org_id = '' OR EXISTS (SELECT 1 FROM org o WHERE o.id = x.org_id AND CAST(o.roles AS TEXT) LIKE '%"platform"%'))`
	r := &f.Readers
	return counts(ctx, tx, p, map[*int]string{
		&r.Cases:   `SELECT COUNT(DISTINCT x.case_id)` + undisclosed,
		&r.People:  `SELECT COUNT(DISTINCT x.account_id)` + undisclosed,
		&r.Staff:   `SELECT COUNT(*)` + undisclosed + ` AND ` + staff,
		&r.Members: `SELECT COUNT(*)` + undisclosed + ` AND NOT ` + staff,
	})
}

func logged(ctx context.Context, tx *db.Tx, p Period, f *Figures) error {
	if err := counts(ctx, tx, p, map[*int]string{&f.Log.Events: `SELECT COUNT(*) FROM event WHERE at >= $1 AND at < $2`}); err != nil {
		return err
	}
	note, err := db.Get(ctx, tx, db.Value[string], `SELECT note FROM evidence_checkpoint ORDER BY size DESC LIMIT 1`)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	lines := strings.Split(note, "\n") // c2sp.org/tlog-checkpoint: origin, size, root hash
	if len(lines) < 3 {
		return errors.New("the newest checkpoint is no checkpoint")
	}
	f.Log.Checkpoint, f.Log.Root = note, lines[2]
	f.Log.Size, err = strconv.ParseInt(lines[1], 10, 64)
	return err
}

// kinds of organisations for the breakdown, in the order in which a role decides: each organisation has one.
var kinds = []member.OrgRole{member.Provider, member.Operator, member.Finder, member.Collector}

// Kinds lists the keys of the breakdown by kind.
var Kinds = []string{"provider", "operator", "finder", "collector", "other"}

func kindOf(roles []member.OrgRole) string {
	for _, k := range kinds {
		if (member.Org{Roles: roles}).Has(k) {
			return string(k)
		}
	}
	return "other"
}

// contributions are what each organisation adds to the breakdowns of a quarter: its duties by law that fell due in it, in
// the latest arguable reading. Encouraged ones, and those of the platform, its authorities and of nobody are left out.
func contributions(ctx context.Context, tx *db.Tx, q Period) (out []contribution, err error) {
	type counted struct {
		org, law string
		Count
	}
	cs, err := db.List(ctx, tx, func(r db.Row) (c counted, err error) { return c, r.Scan(&c.org, &c.law, &c.N, &c.Late) },
		`SELECT org_id, law, COUNT(*), COUNT(CASE WHEN met_at IS NULL OR met_at > latest_at THEN 1 END) FROM duty
		WHERE latest_at >= $1 AND latest_at < $2 AND owed_to = '' AND void_at IS NULL AND force <> 'encouraged' GROUP BY org_id, law ORDER BY org_id, law`, db.At(q.From), db.At(q.Until))
	if err != nil {
		return nil, err
	}
	roles := map[string][]member.OrgRole{}
	if err := stream(ctx, tx, `SELECT id, roles FROM org`, func(r db.Row) error {
		var id string
		var rs db.JSON[[]member.OrgRole]
		err := r.Scan(&id, &rs)
		roles[id] = rs.V
		return err
	}); err != nil {
		return nil, err
	}
	for _, c := range cs {
		o := member.Org{Roles: roles[c.org]}
		if o.Has(member.Platform) || o.Has(member.Authority) {
			continue
		}
		out = append(out, contribution{c.org, kindOf(o.Roles), c.law, c.Count})
	}
	return out, nil
}
