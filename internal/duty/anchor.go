// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
)

// Anchors of the platform's own clocks, as the packs call them.
const (
	accepted = "report_accepted_at"
	verified = "verified_at"
)

// Recorded is the Via of an anchor that the platform recorded itself, in the act that it is about: it stands in the
// evidence log, and nobody corrects it.
const Recorded = "record"

// An Anchor is one assertion of when something happened from which clocks of a report run. Assertions are never changed:
// the last one of a name counts, the others stay.
type Anchor struct {
	ReportID, Name string
	N              int       // 1 for the first; takes the place of N - 1
	At             time.Time // zero: taken back
	Zone           string    // in which the time was given
	By             event.By
	Why            string // of a correction; sealed at rest
	EventID        string // that recorded it; "" for what was asserted before anchors were kept
	RecordedAt     time.Time
}

const anchorColumns = `report_id, name, n, at, zone, by_account, by_org, via, why_sealed, event_id, recorded_at`

func (s *Service) scanAnchor(r db.Row) (a Anchor, err error) {
	var at, recorded db.Time
	var sealed []byte
	if err := r.Scan(&a.ReportID, &a.Name, &a.N, &at, &a.Zone, &a.By.Account, &a.By.Org, &a.By.Via, &sealed, &a.EventID, &recorded); err != nil {
		return a, err
	}
	a.At, a.RecordedAt = at.Time, recorded.Time
	a.Why, err = s.open(placeAnchor(a), sealed)
	return a, err
}

func placeAnchor(a Anchor) string {
	return fmt.Sprintf("duty_anchor/%s/%s/%d/why", a.ReportID, a.Name, a.N)
}

// open opens a sealed text; there may be none.
func (s *Service) open(place string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	b, err := s.Seal.Open(place, sealed)
	return string(b), err
}

func (s *Service) insertAnchors(ctx context.Context, tx *db.Tx, as []Anchor, suffix string) error {
	rows := make([][]any, len(as))
	for i, a := range as {
		var sealed any // NULL without a reason
		if a.Why != "" {
			sealed = s.Seal.Seal(placeAnchor(a), []byte(a.Why))
		}
		rows[i] = []any{a.ReportID, a.Name, a.N, db.At(a.At), a.Zone, a.By.Account, a.By.Org, a.By.Via, sealed, a.EventID, db.At(a.RecordedAt)}
	}
	return db.Bulk(ctx, tx, `duty_anchor (`+anchorColumns+`)`, suffix, rows)
}

// anchors returns the assertions about a report, oldest first.
func (s *Service) anchors(ctx context.Context, tx *db.Tx, reportID string) ([]Anchor, error) {
	return db.List(ctx, tx, s.scanAnchor, `SELECT `+anchorColumns+` FROM duty_anchor WHERE report_id = $1 ORDER BY recorded_at, name, n`, reportID)
}

// last is the assertion of a fact that counts; N is 0 when there is none.
func last(as []Anchor, name string) (a Anchor) {
	for _, x := range as {
		if x.Name == name && x.N > a.N {
			a = x
		}
	}
	return a
}

// Learned returns the time of learning that counts for a report: the one it was sent with, unless it was corrected.
func (s *Service) Learned(ctx context.Context, tx *db.Tx, reportID string, sent time.Time) (time.Time, error) {
	as, err := s.anchors(ctx, tx, reportID)
	if a := last(as, learned); err == nil && !a.At.IsZero() {
		return a.At, nil
	}
	return sent, err
}

// Happened records that something happened to reports from which clocks run that wait for it; eventID shows it. The first
// time counts.
func (s *Service) Happened(ctx context.Context, tx *db.Tx, reports []string, name string, at time.Time, eventID string) error {
	a := db.Args{name, db.At(never)}
	ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE anchor = $1 AND anchor_at = $2 AND report_id IN `+db.In(&a, reports)+` ORDER BY id`+tx.ForUpdate(), a...)
	if err != nil {
		return fmt.Errorf("record %s of reports: %w", name, err)
	}
	for _, d := range ds {
		as, err := s.anchors(ctx, tx, d.ReportID)
		if err != nil {
			return err
		}
		if a := last(as, name); a.N == 0 {
			a = Anchor{ReportID: d.ReportID, Name: name, N: 1, At: at, Zone: zone, By: event.By{Via: Recorded}, EventID: eventID, RecordedAt: tx.Now}
			if err := s.insertAnchors(ctx, tx, []Anchor{a}, ""); err != nil {
				return err
			}
			as = append(as, a)
		}
		acts, err := s.acts(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		is, err := d.again(as, acts, tx.Now)
		if err != nil {
			return err
		}
		if err := s.settle(ctx, tx, d, is, eventID); err != nil {
			return err
		}
	}
	return nil
}

// zone is that of the platform: times that nobody gave another zone are in it.
const zone = "Asia/Shanghai"

// known reports whether a zone has a name of the tz database.
func known(zone string) bool {
	if zone == "" || zone == "Local" {
		return false
	}
	_, err := time.LoadLocation(zone)
	return err == nil
}
