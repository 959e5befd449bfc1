// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package filing

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// A Sheet is a receiver's form, filled in from a report.
type Sheet struct {
	*Pack
	Fields []Filled
	Report report.Report
	Duties []duty.Duty // that handing it in meets, as far as they are owed
	Done   []Filing    // how it was handed in, the first one first
	Mine   bool        // the reader may record that it was handed in
}

// Count is how many fields are in a state.
func (s Sheet) Count(state State) (n int) {
	for _, f := range s.Fields {
		if f.State == state {
			n++
		}
	}
	return n
}

// Sure is how surely a field is known.
func (s Sheet) Sure(f Filled) lawpack.Confidence { return s.sure(f.Field) }

// List returns the forms of all receivers, filled in from a report, to whoever may read the report. When the report belongs to
// an undisclosed case, the reading is noted in the case's reader ledger.
func (s *Service) List(ctx context.Context, by member.Actor, reportID string) (out []Sheet, err error) {
	r, err := s.readable(ctx, by, reportID)
	if err != nil {
		return nil, fmt.Errorf("list filings: %w", err)
	}
	for _, p := range Packs() {
		out = append(out, Sheet{Pack: p, Report: r})
	}
	if err := s.complete(ctx, by, r, out); err != nil {
		return nil, fmt.Errorf("list filings of %s: %w", r.Number, err)
	}
	return out, nil
}

// Get returns the form of one receiver, as List does. Fault: NotFound for a pack that is not there.
func (s *Service) Get(ctx context.Context, by member.Actor, reportID, pack string) (Sheet, error) {
	r, err := s.readable(ctx, by, reportID)
	if err != nil {
		return Sheet{}, fmt.Errorf("get filing: %w", err)
	}
	p := byID(pack)
	if p == nil {
		return Sheet{}, fault.Missing()
	}
	one := []Sheet{{Pack: p, Report: r}}
	if err := s.complete(ctx, by, r, one); err != nil {
		return Sheet{}, fmt.Errorf("get filing of %s: %w", r.Number, err)
	}
	return one[0], nil
}

// readable returns a report to whoever may read it, and notes the reading in the ledger of its case.
func (s *Service) readable(ctx context.Context, by member.Actor, reportID string) (report.Report, error) {
	r, err := s.Reports.Get(ctx, by, reportID)
	if err != nil {
		return r, err
	}
	// Right after the report there is no case yet, and who reads reports need not read cases.
	if _, err := s.Cases.OfReport(ctx, by, r.ID); err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Withheld) && !fault.Is(err, fault.Forbidden) {
		return report.Report{}, err
	}
	return r, nil
}

// complete fills the sheets in and adds what has become of them.
func (s *Service) complete(ctx context.Context, by member.Actor, r report.Report, sheets []Sheet) error {
	return s.DB.View(ctx, func(tx *db.Tx) error {
		var org member.Org
		if r.OrgID != "" {
			orgs, err := s.Members.OrgNames(ctx, tx, []string{r.OrgID})
			if err != nil {
				return err
			}
			org = orgs[r.OrgID]
		}
		names, err := s.Members.AccountNames(ctx, tx, []string{r.AccountID})
		if err != nil {
			return err
		}
		owed, err := s.Duties.ForReport(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		done, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM filing WHERE report_id = $1 ORDER BY handed_at, id`, r.ID)
		if err != nil {
			return err
		}
		values := given(r, org, names[r.AccountID])
		for i := range sheets {
			x := &sheets[i]
			x.Fields, x.Mine = x.fill(values), mayHandIn(by, r) == nil
			for _, d := range owed {
				if slices.Contains(x.Meets, d.Rule) {
					x.Duties = append(x.Duties, d)
				}
			}
			for _, f := range done {
				if f.Pack != x.ID {
					continue
				}
				if f, err = s.open(f); err != nil {
					return err
				}
				x.Done = append(x.Done, f)
			}
		}
		return nil
	})
}

// open unseals the note of a filing.
func (s *Service) open(f Filing) (Filing, error) {
	if len(f.note) == 0 {
		return f, nil
	}
	b, err := s.Seal.Open(place(f.ID), f.note)
	if err != nil {
		return f, fmt.Errorf("note of filing %s: %w", f.ID, err)
	}
	f.Note = string(b)
	return f, nil
}

// ProofOf returns the file that shows that a report was handed in, to whoever may read the report.
func (s *Service) ProofOf(ctx context.Context, by member.Actor, id string) (p Proof, b []byte, err error) {
	switch {
	case !by.SignedIn():
		return p, nil, fault.SignIn()
	case uuid.Validate(id) != nil:
		return p, nil, fault.Missing()
	}
	var f Filing
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		f, err = db.Get(ctx, tx, scan, `SELECT `+columns+` FROM filing WHERE id = $1`, id)
		return err
	})
	if err == nil {
		_, err = s.readable(ctx, by, f.ReportID)
	}
	if err == nil && f.Proof.blob == "" {
		err = fault.Missing()
	}
	if err == nil {
		b, err = s.Blobs.Get(f.Proof.blob)
	}
	if err != nil {
		return Proof{}, nil, fmt.Errorf("proof of a filing: %w", err)
	}
	return f.Proof, b, nil
}
