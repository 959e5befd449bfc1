// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Filter narrows a list; the zero value asks for everything.
type Filter struct {
	OrgID      string
	State      State
	Confidence Confidence
	After      string // id of the last one seen
	Limit      int    // 1 to 200; 0 means 50
}

// List returns leads, newest first, and the cursor of the next page, "" on the last one: to supervisors all, to the
// people of a member its own. To everybody else there are none.
func (s *Service) List(ctx context.Context, by member.Actor, f Filter) (ls []Lead, next string, err error) {
	switch {
	case !by.SignedIn():
		return nil, "", fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return nil, "", fault.Deny("fault.scope", member.ScopeCase)
	}
	var c fault.Check
	c.That(f.State == "" || slices.Contains(States, f.State), "state", "rule.one-of", string(Waiting), join(States))
	c.That(f.Confidence == "" || slices.Contains(Confidences, f.Confidence), "confidence", "rule.one-of", string(Exact), join(Confidences))
	c.That(f.Limit >= 0 && f.Limit <= 200, "limit", "report.rule.limit", "50", 200)
	c.That(storable(f.OrgID) && storable(f.After), "after", "report.rule.cursor", "")
	if err := c.Err(); err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	var a db.Args
	where := []string{"1 = 1"}
	if !by.Is(member.Supervisor) {
		if !speaks(by, by.OrgID) {
			return nil, "", nil
		}
		where = append(where, "l.org_id = "+a.P(by.OrgID))
	}
	if f.OrgID != "" {
		where = append(where, "l.org_id = "+a.P(f.OrgID))
	}
	if f.State != "" {
		where = append(where, "l.state = "+a.P(string(f.State)))
	}
	if f.Confidence != "" {
		where = append(where, "l.confidence = "+a.P(string(f.Confidence)))
	}
	if f.After != "" {
		where = append(where, "l.id < "+a.P(f.After))
	}
	query := `SELECT ` + leadColumns + ` FROM credit_lead l WHERE ` + strings.Join(where, " AND ") + ` ORDER BY l.id DESC LIMIT ` + a.P(f.Limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ls, err = db.List(ctx, tx, s.scanLead, query, a...)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list leads: %w", err)
	}
	if len(ls) > f.Limit {
		ls = ls[:f.Limit]
		next = ls[f.Limit-1].ID
	}
	return ls, next, nil
}

// OfInquiry returns the lead from which an inquiry came, when there is one that the actor may read.
func (s *Service) OfInquiry(ctx context.Context, by member.Actor, inquiryID string) (l Lead, ok bool, err error) {
	if !by.SignedIn() || !by.Allows(member.ScopeCase) || inquiryID == "" || !storable(inquiryID) {
		return Lead{}, false, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		l, err = db.Get(ctx, tx, s.scanLead, `SELECT `+leadColumns+` FROM credit_lead l WHERE l.inquiry_id = $1`, inquiryID)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound), err == nil && !canRead(by, l.OrgID):
		return Lead{}, false, nil
	case err != nil:
		return Lead{}, false, fmt.Errorf("lead of inquiry: %w", err)
	}
	return l, true, nil
}

func join[T ~string](vs []T) string {
	var out []string
	for _, v := range vs {
		out = append(out, string(v))
	}
	return strings.Join(out, ", ")
}
