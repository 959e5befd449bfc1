// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Near is a report of the member that may be about the find, and why.
type Near struct {
	ReportID, Number      string
	CaseID                string
	ReceivedAt, LearnedAt time.Time
	Why                   []string // NearNumber …, the strongest first
}

// Why a report is near a find.
const (
	NearNumber  = "alias"   // its case has one of the find's numbers
	NearPackage = "purl"    // its case is about the same package
	NearProduct = "product" // its case is about the same product
	NearTime    = "time"    // it came in the days around the find's dates
)

// around is how far from the find's dates a report counts as near in time.
const around = 30 * 24 * time.Hour

// maxNear bounds how many reports are shown beside a lead.
const maxNear = 50

// A Sheet is a lead with everything beside it: the supervisor and the member read the same.
type Sheet struct {
	Lead
	Records []Record
	Words   []Word
	Near    []Near
	// What would have been owed from the proposed anchor, by what the platform knows of the member.
	Relation duty.Relation
	Partner  bool
	Owed     []lawpack.Owed
}

// Binding reports whether any of the duties binds, by law or by agreement, and has a due time.
func (x Sheet) Binding() bool { return binding(x.Owed) }

func binding(owed []lawpack.Owed) bool {
	return slices.ContainsFunc(owed, func(o lawpack.Owed) bool {
		return !o.DueAt.IsZero() && (duty.Force(o.Duty.Force) == duty.Mandatory || duty.Force(o.Duty.Force) == duty.Contractual)
	})
}

// Get returns a lead with its evidence, to supervisors and to the people of the member, who read the same. For others
// there is no such thing.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (x Sheet, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		l, err := s.readable(ctx, tx, by, id, "")
		if err != nil {
			return err
		}
		x, err = s.sheet(ctx, tx, l)
		return err
	})
	if err != nil {
		return Sheet{}, fmt.Errorf("read lead: %w", err)
	}
	return x, nil
}

// sheet puts a lead and everything beside it together.
func (s *Service) sheet(ctx context.Context, tx *db.Tx, l Lead) (x Sheet, err error) {
	x.Lead = l
	if x.Records, err = recordsOf(ctx, tx, l.FindID); err != nil {
		return x, err
	}
	if x.Words, err = s.words(ctx, tx, l.ID); err != nil {
		return x, err
	}
	if x.Near, err = s.near(ctx, tx, l, x.Records); err != nil {
		return x, err
	}
	at := time.Time{}
	if a, ok := l.Proposed(); ok {
		at = a.At
	}
	x.Relation, x.Partner, x.Owed, err = s.owed(ctx, tx, l.OrgID, x.Records, at)
	return x, err
}

// owed tells what the member would have owed, had it known of the find from a time on.
func (s *Service) owed(ctx context.Context, tx *db.Tx, orgID string, rs []Record, at time.Time) (relation duty.Relation, partner bool, owed []lawpack.Owed, err error) {
	o, err := s.Members.OrgTx(ctx, tx, orgID)
	if err != nil {
		return relation, false, nil, err
	}
	relation = duty.Found
	for _, r := range rs {
		makes, err := s.makes(ctx, tx, orgID, r.Affected)
		if err != nil {
			return relation, o.Partner, nil, err
		}
		if makes {
			relation = duty.MakesProduct
			break
		}
	}
	packs, err := s.Rules.In(ctx, tx)
	if err != nil {
		return relation, o.Partner, nil, err
	}
	all, _, err := duty.ExplainBy(packs, duty.Facts{OrgID: orgID, Partner: o.Partner, Relation: relation, LearnedAt: at}, tx.Now)
	for _, x := range all {
		if !x.AnchorAt.IsZero() && x.AnchorAt.Equal(at) || duty.Force(x.Duty.Force) == duty.Encouraged {
			owed = append(owed, x)
		}
	}
	return relation, o.Partner, owed, err
}

// reports returns the member's reports about a find that goes by these numbers, the oldest first.
func (s *Service) reports(ctx context.Context, tx *db.Tx, orgID string, idents []string) ([]Near, error) {
	return s.reportsLike(ctx, tx, orgID, idents, nil)
}

func (s *Service) reportsLike(ctx context.Context, tx *db.Tx, orgID string, idents []string, wares []report.Affected) (out []Near, err error) {
	like, err := s.Cases.LikeTx(ctx, tx, idents, wares)
	if err != nil || len(like) == 0 {
		return nil, err
	}
	shares := map[string][]string{}
	var ids []string
	for _, l := range like {
		shares[l.CaseID] = slices.DeleteFunc(l.Shares, func(w string) bool { return w != NearNumber && w != NearPackage && w != NearProduct })
		if len(shares[l.CaseID]) > 0 {
			ids = append(ids, l.CaseID)
		}
	}
	for part := range slices.Chunk(ids, 200) {
		var a db.Args
		org := a.P(orgID)
		rs, err := db.List(ctx, tx, scanNear, `SELECT r.id, r.number, r.received_at, r.learned_at, c.case_id FROM report r JOIN case_report c ON c.report_id = r.id
			WHERE r.org_id = `+org+` AND r.state <> 'withdrawn' AND c.case_id IN `+db.In(&a, part)+` ORDER BY r.received_at, r.id`, a...)
		if err != nil {
			return nil, err
		}
		for _, r := range rs {
			r.Why = shares[r.CaseID]
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Near) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return out, nil
}

func scanNear(r db.Row) (n Near, err error) {
	var received, learned db.Time
	err = r.Scan(&n.ReportID, &n.Number, &received, &learned, db.Null(&n.CaseID))
	n.ReceivedAt, n.LearnedAt = received.Time, learned.Time
	return n, err
}

// near returns the member's reports that may be about the find: by number, package or product, or because they came
// around its dates. It says nothing of what they hold; who may read them opens them.
func (s *Service) near(ctx context.Context, tx *db.Tx, l Lead, rs []Record) ([]Near, error) {
	var wares []report.Affected
	for _, r := range rs {
		for _, w := range r.Affected {
			wares = append(wares, report.Affected{PURL: w.PURL, Vendor: w.Vendor, Product: w.Product})
		}
	}
	out, err := s.reportsLike(ctx, tx, l.OrgID, l.Idents, wares[:min(len(wares), 200)])
	if err != nil {
		return nil, err
	}
	from, to := l.FoundAt, l.FoundAt
	if a, ok := l.Proposed(); ok && a.At.Before(from) {
		from = a.At
	}
	if p := public(rs); !p.IsZero() && p.After(to) {
		to = p
	}
	timed, err := db.List(ctx, tx, scanNear, `SELECT r.id, r.number, r.received_at, r.learned_at, c.case_id FROM report r LEFT JOIN case_report c ON c.report_id = r.id
		WHERE r.org_id = $1 AND r.state <> 'withdrawn' AND r.received_at >= $2 AND r.received_at <= $3 ORDER BY r.received_at, r.id LIMIT $4`,
		l.OrgID, db.At(from.Add(-around)), db.At(to.Add(around)), maxNear)
	if err != nil {
		return nil, err
	}
	for _, t := range timed {
		if i := slices.IndexFunc(out, func(n Near) bool { return n.ReportID == t.ReportID }); i >= 0 {
			out[i].Why = append(slices.Clone(out[i].Why), NearTime)
			continue
		}
		t.Why = []string{NearTime}
		out = append(out, t)
	}
	return out[:min(len(out), maxNear)], nil
}

// Body returns a record as it was imported, to whoever may read the lead that rests on it. Fault: NotFound when its bytes
// were not kept.
func (s *Service) Body(ctx context.Context, by member.Actor, leadID, recordID string) (r Record, body []byte, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		l, err := s.readable(ctx, tx, by, leadID, "")
		if err != nil {
			return err
		}
		rs, err := recordsOf(ctx, tx, l.FindID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rs, func(x Record) bool { return x.ID == recordID && x.Kept })
		if i < 0 {
			return fault.Missing()
		}
		r = rs[i]
		packed, err := db.Get(ctx, tx, db.Value[[]byte], `SELECT body FROM credit_version WHERE record_id = $1 AND sha256 = $2`, r.ID, r.SHA256)
		if err != nil {
			return err
		}
		body, err = expanded(packed)
		return err
	})
	if err != nil {
		return Record{}, nil, fmt.Errorf("read record: %w", err)
	}
	return r, body, nil
}
