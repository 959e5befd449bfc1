// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

// A measure reads the rows of one criterion. Its outcomes stand from the best to the worst for the unit.
type measure struct {
	kind      string
	outcomes  []string
	unordered bool // the outcomes are of different kinds, not better or worse
	term      bool // it needs Criterion.Days
	rows      func(context.Context, *db.Tx, *span) ([]Row, error)
}

// span is what is measured: one unit, one year, with the term of the criterion.
type span struct {
	org         string
	from, until time.Time
	days        int
}

// verifyDays is the platform's own promise: within so many working days a report is verified. What takes longer is its
// delay, and counts as if it had been done in time.
const verifyDays = 5

var measures = map[string]measure{
	"reports-in-time":  {kind: KindCount, outcomes: []string{"in-time", "late"}, rows: reportsInTime},
	"reports-verified": {kind: KindCount, outcomes: []string{"verified", "platform-late", "rejected"}, rows: reportsVerified},
	"finds":            {kind: KindCount, outcomes: []string{"first", "shared"}, rows: finds},
	"help":             {kind: KindCount, outcomes: []string{"verification", "grade"}, unordered: true, rows: help},
	"acknowledgements": {kind: KindShare, outcomes: []string{"in-time", "late", "silent"}, rows: acknowledgements},
	"answers":          {kind: KindShare, outcomes: []string{"answered", "silent"}, rows: answers},
	"fixes":            {kind: KindShare, outcomes: []string{"fixed", "not-affected", "late", "open"}, term: true, rows: fixes},
	"duties":           {kind: KindClean, outcomes: []string{"met", "late", "overdue"}, rows: duties},
	"inventory":        {kind: KindShare, outcomes: []string{"current", "stale", "missing"}, term: true, rows: inventory},
	"reachability":     {kind: KindShare, outcomes: []string{"reached", "failed"}, rows: reachability},
	"decisions":        {kind: KindDeduct, outcomes: []string{"warning", "restriction", "suspension"}, rows: decisions},
}

func measureNames() []string { return slices.Sorted(maps.Keys(measures)) }

// Outcomes lists the outcomes of a measure, from the best to the worst for the unit.
func Outcomes(measure string) []string { return slices.Clone(measures[measure].outcomes) }

// read reads the rows of every criterion of a scheme as they stood at the end of the span.
func (s *Scheme) read(ctx context.Context, tx *db.Tx, roles []member.OrgRole, x span) (map[string][]Row, error) {
	out := map[string][]Row{}
	for _, c := range s.Criteria {
		if !c.Applies(roles) {
			continue
		}
		x.days = c.Days
		rows, err := measures[c.Measure].rows(ctx, tx, &x)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", c.Measure, err)
		}
		out[c.ID] = rows
	}
	return out, nil
}

// within reports whether t lies in the span.
func (x *span) within(t time.Time) bool { return !t.Before(x.from) && t.Before(x.until) }

// by is t if it came before the end of the span, else nothing: what happened later does not count.
func (x *span) by(t time.Time) time.Time {
	if !t.Before(x.until) {
		return time.Time{}
	}
	return t
}

func (x *span) args() []any { return []any{x.org, db.At(x.from), db.At(x.until)} }

// promise is until when the platform verifies what it received at t.
func promise(t time.Time) time.Time { return calendar.China().After(t, verifyDays, nil).UTC() }

// before is how far back receipts reach whose verification falls into a span, public holidays included.
const before = 60 * 24 * time.Hour

// reportsInTime are the unit's reports that were owed, in the year in which they came in: late or not by the latest
// arguable reading. One row a report, whatever number of laws ask for it.
func reportsInTime(ctx context.Context, tx *db.Tx, x *span) ([]Row, error) {
	rows, err := db.List(ctx, tx, func(r db.Row) (w Row, err error) {
		var learned, due, latest, met db.Time
		err = r.Scan(&w.ID, &w.Label, &w.Note, &learned, &due, &latest, &met)
		w.Kind, w.At, w.Due, w.Done, w.Outcome = "report", learned.Time, latest.Time, met.Time, "in-time"
		if met.After(latest.Time) {
			w.Outcome = "late"
		}
		return w, err
	}, `SELECT r.id, r.number, d.rule, d.anchor_at, d.due_at, d.latest_at, d.met_at FROM duty d JOIN report r ON r.id = d.report_id
		WHERE d.org_id = $1 AND d.met_at >= $2 AND d.met_at < $3 AND d.void_at IS NULL AND d.owed_to = '' AND d.rule IN ('`+duty.RuleReport+`','`+duty.RulePartner+`') ORDER BY d.rule, r.id`, x.args()...)
	if err != nil {
		return nil, err
	}
	return once(rows, func(a, b Row) bool { return a.Outcome == "late" && b.Outcome != "late" }), nil
}

// once keeps one row for each id: the worse of two.
func once(rows []Row, worse func(a, b Row) bool) []Row {
	at := map[string]int{}
	out := []Row{}
	for _, w := range rows {
		i, there := at[w.ID]
		switch {
		case !there:
			at[w.ID] = len(out)
			out = append(out, w)
		case worse(w, out[i]):
			out[i] = w
		}
	}
	return out
}

// reportsVerified are the unit's reports by what verification found. A report belongs to the year in which it was
// verified or rejected, or in which the platform should have done so: then it counts as verified, and the row says so.
func reportsVerified(ctx context.Context, tx *db.Tx, x *span) (out []Row, err error) {
	rows, err := db.List(ctx, tx, func(r db.Row) (w Row, err error) {
		var at, verified, rejected db.Time
		err = r.Scan(&w.ID, &w.Label, &at, &verified, &rejected)
		w.Kind, w.At, w.Due = "report", at.Time, promise(at.Time)
		switch v, no := x.by(verified.Time), x.by(rejected.Time); {
		case !v.IsZero():
			w.Outcome, w.Done = "verified", v
		case !no.IsZero():
			w.Outcome, w.Done = "rejected", no
		default:
			w.Outcome = "platform-late"
		}
		return w, err
	}, `SELECT r.id, r.number, r.received_at, (SELECT MIN(v.at) FROM case_report cr JOIN verification v ON v.case_id = cr.case_id WHERE cr.report_id = r.id AND v.result IN ('reproduced','partly')),
			(SELECT MIN(c.state_since) FROM case_report cr JOIN casefile c ON c.id = cr.case_id WHERE cr.report_id = r.id AND c.state = 'rejected')
		FROM report r WHERE r.org_id = $1 AND r.received_at >= $2 AND r.received_at < $3 ORDER BY r.received_at, r.id`, x.org, db.At(x.from.Add(-before)), db.At(x.until))
	for _, w := range rows {
		if x.within(effective(w)) {
			out = append(out, w)
		}
	}
	return out, err
}

// effective is when a report counts: when it was dealt with, but not later than the platform has promised.
func effective(w Row) time.Time {
	if !w.Done.IsZero() && w.Done.Before(w.Due) {
		if w.Done.Before(w.At) { // it joined a case that had been verified
			return w.At
		}
		return w.Done
	}
	return w.Due
}

// finds are verified cases that the unit reported: first, or with others. They belong to a year as reports do.
func finds(ctx context.Context, tx *db.Tx, x *span) (out []Row, err error) {
	rows, err := db.List(ctx, tx, func(r db.Row) (w Row, err error) {
		var own, first, verified db.Time
		err = r.Scan(&w.ID, &w.Label, &own, &first, &verified)
		w.Kind, w.At, w.Due, w.Done, w.Outcome = "case", own.Time, promise(own.Time), x.by(verified.Time), "shared"
		if !own.After(first.Time) {
			w.Outcome = "first"
		}
		return w, err
	}, `SELECT c.id, c.number, MIN(r.received_at), (SELECT MIN(r2.received_at) FROM case_report c2 JOIN report r2 ON r2.id = c2.report_id WHERE c2.case_id = c.id),
			(SELECT MIN(v.at) FROM verification v WHERE v.case_id = c.id AND v.result IN ('reproduced','partly'))
		FROM report r JOIN case_report cr ON cr.report_id = r.id JOIN casefile c ON c.id = cr.case_id
		WHERE r.org_id = $1 AND r.received_at >= $2 AND r.received_at < $3 AND c.state NOT IN ('rejected','duplicate') GROUP BY c.id, c.number ORDER BY c.id`, x.org, db.At(x.from.Add(-before)), db.At(x.until))
	for _, w := range rows {
		if !w.Done.IsZero() && x.within(effective(w)) {
			out = append(out, w)
		}
	}
	return out, err
}

// help is what the unit did in cases that others had reported: verifications and grades, one row a case and kind.
func help(ctx context.Context, tx *db.Tx, x *span) ([]Row, error) {
	return db.List(ctx, tx, func(r db.Row) (w Row, err error) {
		var at db.Time
		err = r.Scan(&w.ID, &w.Label, &w.Outcome, &at)
		w.Kind, w.At, w.Done = "case", at.Time, at.Time
		return w, err
	}, `SELECT c.id, c.number, h.what, MIN(h.at) FROM (
			SELECT case_id, 'verification' AS what, at, org_id FROM verification WHERE result <> 'not-attempted'
			UNION ALL SELECT case_id, 'grade' AS what, at, org_id FROM grade) h JOIN casefile c ON c.id = h.case_id
		WHERE h.org_id = $1 AND h.at >= $2 AND h.at < $3
			AND NOT EXISTS (SELECT 1 FROM case_report cr JOIN report r ON r.id = cr.report_id WHERE cr.case_id = c.id AND r.org_id = $1)
			AND NOT EXISTS (SELECT 1 FROM case_party p WHERE p.case_id = c.id AND p.org_id = $1)
		GROUP BY c.id, c.number, h.what ORDER BY c.id, h.what`, x.args()...)
}

// warned is one significant revision of a warning to the unit, with the editorial ones that came after it.
type warned struct {
	Row
	warning                 string
	revision, said          int // said: the revision that the answer was given in
	products                int
	answer                  string
	released, fixed, latest time.Time // latest: when the next significant revision was released
	stood                   bool      // an answer came along from an earlier revision, and holds for this one
	stoodFixed              bool      // so did a fix
}

// toUnit are the warnings to the unit whose revision was released from a time on. The limit is moved on by what the
// platform itself was late in reaching the unit.
func toUnit(ctx context.Context, tx *db.Tx, x *span, from time.Time) (out []warned, err error) {
	cs, err := copies(ctx, tx, x, from)
	for _, w := range cs {
		if n := len(out) - 1; !w.significant && n >= 0 && out[n].warning == w.warning {
			out[n].take(w.warned)
			continue
		}
		out = append(out, w.warned)
	}
	slices.SortStableFunc(out, func(a, b warned) int { return a.At.Compare(b.At) })
	return out, err
}

// take takes over what the unit answered to an editorial revision: it had the advice of the one before.
func (w *warned) take(next warned) {
	if next.Done.IsZero() {
		return
	}
	if w.Done.IsZero() {
		w.Done = next.Done
	}
	w.answer, w.fixed, w.products = next.answer, next.fixed, max(w.products, next.products)
	if next.said > w.said {
		w.said = next.said
	}
}

// received is a copy of a revision that the unit received.
type received struct {
	warned
	significant bool
}

// copies are all of them, by warning and revision.
func copies(ctx context.Context, tx *db.Tx, x *span, from time.Time) ([]received, error) {
	return db.List(ctx, tx, func(r db.Row) (w received, err error) {
		var respond, at, acked, fixed, reached, next db.Time
		err = r.Scan(&w.warning, &w.Label, &w.revision, &w.significant, &w.Note, &respond, &at, &w.products, &acked, &w.answer, &fixed, &w.said, &reached, &next)
		w.Kind, w.released, w.At, w.Due, w.Done = "warning", at.Time, at.Time, respond.Time, x.by(acked.Time)
		w.ID, w.Label = fmt.Sprintf("%s/%d", w.warning, w.revision), fmt.Sprintf("%s · %d", w.Label, w.revision)
		if reached.After(at.Time) {
			w.Due = w.Due.Add(reached.Sub(at.Time))
		}
		w.fixed, w.latest = x.by(fixed.Time), next.Time
		if w.said == 0 {
			w.said = w.revision
		}
		w.stood, w.stoodFixed = !acked.IsZero() && acked.Before(at.Time), !fixed.IsZero() && fixed.Before(at.Time)
		return w, err
	}, `SELECT w.id, w.number, v.revision, v.significant, v.level, v.respond_by, r.at, r.products, r.acked_at, r.answer, r.fixed_at, r.said_in,
			(SELECT MIN(d.done_at) FROM delivery d WHERE d.purpose = 'warning' AND d.subject = w.id || ':' || CAST(v.revision AS TEXT) AND d.org_id = r.org_id AND d.state = 'delivered'),
			(SELECT MIN(n.released_at) FROM warning_revision n WHERE n.warning_id = v.warning_id AND n.revision > v.revision AND n.significant)
		FROM warning_recipient r JOIN warning_revision v ON v.warning_id = r.warning_id AND v.revision = r.revision JOIN warning w ON w.id = r.warning_id
		WHERE r.org_id = $1 AND v.released_at < $2 AND NOT w.exercise AND r.at >= $3 AND r.at < $2 ORDER BY w.id, v.revision`, x.org, db.At(x.until), db.At(from))
}

// acknowledgements are warnings whose time to answer ended in the year. One that a revision replaced before counts only
// if it was answered, and an answer that stands in later revisions counts in that which it was given to.
func acknowledgements(ctx context.Context, tx *db.Tx, x *span) (out []Row, err error) {
	ws, err := toUnit(ctx, tx, x, x.from.Add(-before))
	for _, w := range ws {
		switch {
		case w.stood, !x.within(w.Due), w.Done.IsZero() && w.replaced():
			continue
		case w.Done.IsZero():
			w.Outcome = "silent"
		case w.Done.After(w.Due):
			w.Outcome = "late"
		default:
			w.Outcome = "in-time"
		}
		out = append(out, w.Row)
	}
	return out, err
}

func (w warned) replaced() bool { return !w.latest.IsZero() && w.latest.Before(w.Due) }

// carried reports whether the answer was given to an earlier revision.
func (w warned) carried() bool { return w.stood && w.said < w.revision }

// answers are the same warnings by whether there is an answer that says how the unit stands.
func answers(ctx context.Context, tx *db.Tx, x *span) (out []Row, err error) {
	ws, err := toUnit(ctx, tx, x, x.from.Add(-before))
	type given struct {
		warning string
		in      int
	}
	counted := map[given]bool{}
	for _, w := range ws {
		says := !w.Done.IsZero() && w.answer != "" && w.answer != "checking"
		key := given{w.warning, w.said}
		if w.carried() && (says || counted[key]) || !x.within(w.Due) || !says && w.replaced() {
			continue
		}
		if w.Outcome = "silent"; says {
			w.Outcome = "answered"
		}
		counted[key] = true
		out = append(out, w.Row)
	}
	return out, err
}

// fixes are warnings about products of the unit, as the platform matched them, whose time to fix ended in the year. What
// the unit answers does not decide whether there is a row, and what it has done for one revision counts there, not again
// in those for which it still holds.
func fixes(ctx context.Context, tx *db.Tx, x *span) (out []Row, err error) {
	term := time.Duration(x.days) * 24 * time.Hour
	ws, err := toUnit(ctx, tx, x, x.from.Add(-term-before))
	asked := map[string]bool{} // warnings of which an earlier revision was about products of the unit
	for _, w := range ws {
		again := asked[w.warning]
		asked[w.warning] = again || w.products > 0
		late := w.Due // with what the platform was late
		w.Due = w.released.Add(term)
		if reached := late.Sub(w.released); reached > term {
			w.Due = late
		}
		if w.products == 0 || !x.within(w.Due) || w.replaced() && w.fixed.IsZero() {
			continue
		}
		if again && (w.stoodFixed || w.answer == "not-affected" && w.carried()) {
			continue
		}
		switch {
		case !w.fixed.IsZero() && !w.fixed.After(w.Due):
			w.Outcome = "fixed"
		case w.answer == "not-affected" && !w.Done.IsZero():
			w.Outcome = "not-affected"
		case !w.fixed.IsZero():
			w.Outcome = "late"
		default:
			w.Outcome = "open"
		}
		w.Done = w.fixed
		out = append(out, w.Row)
	}
	return out, err
}

// duties are the unit's other duties that ended in the year, in the latest arguable reading. What was late before
// the platform knew of it is judged as a report, not here: telling of it makes nobody worse off.
func duties(ctx context.Context, tx *db.Tx, x *span) ([]Row, error) {
	return db.List(ctx, tx, func(r db.Row) (w Row, err error) {
		var anchor, latest, met db.Time
		err = r.Scan(&w.ID, &w.Note, &w.Label, &anchor, &latest, &met)
		w.Kind, w.At, w.Due, w.Done = "duty", anchor.Time, latest.Time, x.by(met.Time)
		switch {
		case w.Done.IsZero():
			w.Outcome = "overdue"
		case w.Done.After(w.Due):
			w.Outcome = "late"
		default:
			w.Outcome = "met"
		}
		return w, err
	}, `SELECT d.id, d.rule, COALESCE((SELECT number FROM report WHERE id = d.report_id), ''), d.anchor_at, d.latest_at, d.met_at FROM duty d
		WHERE d.org_id = $1 AND d.latest_at >= $2 AND d.latest_at < $3 AND d.void_at IS NULL AND d.owed_to = '' AND d.force IN ('mandatory','contractual')
			AND d.latest_at >= d.created_at AND d.rule NOT IN ('`+duty.RuleReport+`','`+duty.RulePartner+`') ORDER BY d.latest_at, d.id`, x.args()...)
}

// inventory are the unit's products by the age of their newest component list at the end of the year.
func inventory(ctx context.Context, tx *db.Tx, x *span) ([]Row, error) {
	return db.List(ctx, tx, func(r db.Row) (w Row, err error) {
		var at, pushed db.Time
		err = r.Scan(&w.ID, &w.Label, &at, &pushed)
		w.Kind, w.At, w.Done, w.Due = "product", at.Time, pushed.Time, x.until.Add(-time.Duration(x.days)*24*time.Hour)
		switch {
		case w.Done.IsZero():
			w.Outcome = "missing"
		case w.Done.Before(w.Due):
			w.Outcome = "stale"
		default:
			w.Outcome = "current"
		}
		return w, err
	}, `SELECT p.id, p.name, p.created_at, (SELECT MAX(s.at) FROM sbom s WHERE s.product_id = p.id AND s.at < $2) FROM product p
		WHERE p.org_id = $1 AND p.created_at < $2 ORDER BY p.id`, x.org, db.At(x.until))
}

// reachability are the messages to the unit that ended in the year.
func reachability(ctx context.Context, tx *db.Tx, x *span) ([]Row, error) {
	return db.List(ctx, tx, func(r db.Row) (w Row, err error) {
		var at, done db.Time
		var state string
		err = r.Scan(&w.ID, &w.Label, &w.Note, &state, &at, &done)
		w.Kind, w.At, w.Done, w.Outcome = "delivery", at.Time, done.Time, "reached"
		if state == "failed" {
			w.Outcome = "failed"
		}
		return w, err
	}, `SELECT id, purpose, channel, state, created_at, done_at FROM delivery
		WHERE org_id = $1 AND done_at >= $2 AND done_at < $3 AND state IN ('delivered','failed') ORDER BY done_at, id LIMIT 2000`, x.args()...)
}

// decisions are sanctions against the unit that were signed in the year and have been neither annulled nor revised.
func decisions(ctx context.Context, tx *db.Tx, x *span) ([]Row, error) {
	return db.List(ctx, tx, func(r db.Row) (w Row, err error) {
		var at, signed db.Time
		err = r.Scan(&w.ID, &w.Label, &w.Outcome, &at, &signed)
		w.Kind, w.At, w.Done = "inquiry", at.Time, signed.Time
		return w, err
	}, `SELECT q.id, q.number, d.outcome, q.opened_at, d.signed_at FROM inquiry_decision d JOIN inquiry q ON q.id = d.inquiry_id
		WHERE q.org_id = $1 AND d.signed_at >= $2 AND d.signed_at < $3 AND d.outcome <> 'dismissed' AND q.state <> 'annulled'
			AND NOT EXISTS (SELECT 1 FROM inquiry_decision n WHERE n.inquiry_id = q.id AND n.signed_at > d.signed_at AND n.signed_at < $3) ORDER BY d.signed_at, d.id`, x.args()...)
}
