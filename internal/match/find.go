// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Find matches a graded case against all products: a step of the flow, safe to run again. A case whose affected versions
// are corrected counts as graded again. It speaks up (Found) only when the case or the findings are not what they were
// when it last did.
func (s *Service) Find(ctx context.Context, e casework.Graded) error {
	_, err := s.find(ctx, member.System(), e.CaseID)
	return err
}

// FindNow matches a case against all products because an analyst or a duty officer asks for it. It can be asked before
// the case is graded; a case that was rejected or is a duplicate has nothing to match.
func (s *Service) FindNow(ctx context.Context, by member.Actor, caseID string) (Found, error) {
	switch {
	case !by.SignedIn():
		return Found{}, fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return Found{}, fault.Deny("fault.scope", member.ScopeCase)
	case !by.Staff():
		return Found{}, fault.Hidden()
	case !by.Is(member.Analyst, member.DutyOfficer):
		return Found{}, fault.Deny("fault.role")
	case uuid.Validate(caseID) != nil:
		return Found{}, fault.Missing()
	}
	return s.find(ctx, by, caseID)
}

// errMoved: the case was edited between the two transactions of a run.
var errMoved = errors.New("the case was edited meanwhile")

// find runs in two transactions. The first enters the case among those that OnChanged looks at, the second compares it
// with the products. A product that changes between them, or during the second, finds the case by itself: whichever of
// the two is later sees the other.
func (s *Service) find(ctx context.Context, by member.Actor, caseID string) (f Found, err error) {
	for range 5 {
		var c casework.Case
		if c, err = s.enrol(ctx, caseID); err != nil {
			break
		}
		if closed(c) {
			if by.Via != member.System().Via {
				err = fault.Clash("match.case-closed", c.Number)
			}
			break
		}
		if f, err = s.run(ctx, by, c); !errors.Is(err, errMoved) {
			break
		}
	}
	if errors.Is(err, errMoved) {
		err = fault.Clash("fault.stale")
	}
	if err != nil {
		return Found{}, fmt.Errorf("match case %s: %w", caseID, err)
	}
	return f, nil
}

// closed reports whether a case is none: nothing is matched against it.
func closed(c casework.Case) bool {
	return c.State == casework.Duplicate || c.State == casework.Rejected
}

// enrol enters a case among those that changed products are compared with, by what it calls flawed. One that turned out
// to be none loses its findings.
func (s *Service) enrol(ctx context.Context, caseID string) (c casework.Case, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if c, err = s.Cases.ContentTx(ctx, tx, caseID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO match_run (case_id, run, basis, at) VALUES ($1, '', '', $2) ON CONFLICT (case_id) DO NOTHING`, c.ID, db.At(tx.Now)); err != nil {
			return err
		}
		if err := lock(ctx, tx, []string{c.ID}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM match_target WHERE case_id = $1`, c.ID); err != nil {
			return err
		}
		if closed(c) {
			return s.withdraw(ctx, tx, c.ID)
		}
		var rows [][]any
		for _, t := range targets(c) {
			for _, token := range s.tokens(t) {
				rows = append(rows, []any{token, c.ID})
			}
		}
		return db.Bulk(ctx, tx, "match_target (token, case_id)", "ON CONFLICT (token, case_id) DO NOTHING", rows)
	})
	return c, err
}

// withdraw takes back what was found about a case.
func (s *Service) withdraw(ctx context.Context, tx *db.Tx, caseID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM finding WHERE case_id = $1`, caseID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE match_run SET run = '', basis = '', at = $1 WHERE case_id = $2`, db.At(tx.Now), caseID)
	return err
}

// run compares a case, as it was when it was enrolled, with all products.
func (s *Service) run(ctx context.Context, by member.Actor, enrolled casework.Case) (f Found, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return f, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx, []string{enrolled.ID}); err != nil {
			return err
		}
		c, err := s.Cases.ContentTx(ctx, tx, enrolled.ID)
		if err != nil {
			return err
		}
		if c.Rev != enrolled.Rev || closed(c) {
			return errMoved
		}
		fs, err := s.Evaluate(ctx, tx, []casework.Case{c}, "")
		if err != nil {
			return err
		}
		if err := s.replace(ctx, tx, c.ID, "", id.String(), fs); err != nil {
			return err
		}
		basis, err := basisOf(c, fs)
		if err != nil {
			return err
		}
		same, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM match_run WHERE case_id = $1 AND basis = $2`, c.ID, basis)
		if err != nil {
			return err
		}
		if f, err = found(ctx, tx, c, id.String()); err != nil || same > 0 && by.Via == member.System().Via {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE match_run SET run = $1, basis = $2, at = $3 WHERE case_id = $4`, f.Run, basis, db.At(tx.Now), c.ID); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), f)
		return err
	})
	return f, err
}

// basisOf is equal for two runs that nobody needs to hear of twice: the same findings about a case that stands the same.
// It is a digest, so that it says nothing about either.
func basisOf(c casework.Case, fs []Finding) (string, error) {
	h := sha256.New()
	err := json.NewEncoder(h).Encode([]any{c.ID, c.State, c.Rev, c.Technical, c.Composite, c.Exploited, fs})
	return hex.EncodeToString(h.Sum(nil)), err
}

// found counts what is known about a case now.
func found(ctx context.Context, tx *db.Tx, c casework.Case, run string) (f Found, err error) {
	f = Found{CaseID: c.ID, Number: c.Number, Run: run}
	return db.Get(ctx, tx, func(r db.Row) (Found, error) { return f, r.Scan(&f.Products, &f.Orgs) },
		`SELECT count(DISTINCT product_id), count(DISTINCT org_id) FROM finding WHERE case_id = $1`, c.ID)
}

// lock holds the runs of cases until the transaction ends, always in the same order.
func lock(ctx context.Context, tx *db.Tx, cases []string) error {
	slices.Sort(cases)
	for part := range slices.Chunk(cases, 2*chunk) {
		var a db.Args
		if _, err := db.List(ctx, tx, db.Value[string], `SELECT case_id FROM match_run WHERE case_id IN `+db.In(&a, part)+` ORDER BY case_id`+tx.ForUpdate(), a...); err != nil {
			return err
		}
	}
	return nil
}
