// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// publicKinds are the lines that the public sees of a published case.
var publicKinds = []string{"case.graded", "advisory.published"}

// TimeLine returns the lines of a case that the reader may see, oldest first. Staff sees all. The reporter and parties see
// the case's own lines, not who else reported it, and the names of their own people only; what other parties do, the
// reporter sees and parties do not. The public sees when a published case was graded and published. Questions to the
// reporter and reasons for a rejection are put in for staff and the reporter.
func (s *Service) TimeLine(ctx context.Context, by member.Actor, id string) (out []event.Line, err error) {
	err = s.reading(ctx, by, func(tx *db.Tx) (view, error) {
		v, err := s.readable(ctx, tx, by, id, "")
		if err != nil {
			return v, err
		}
		lines, err := event.TimeLine(ctx, tx, "case/"+v.ID)
		if err != nil {
			return v, err
		}
		if out, err = s.visible(ctx, tx, by, v, lines); err != nil {
			return v, err
		}
		if v.insider == ByOffice || v.insider == ByReport {
			err = s.Reasons(ctx, tx, out)
		}
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("time line of case: %w", err)
	}
	return out, nil
}

func (s *Service) visible(ctx context.Context, tx *db.Tx, by member.Actor, v view, lines []event.Line) (out []event.Line, err error) {
	if v.insider == ByOffice {
		return lines, nil
	}
	for _, l := range lines {
		ok, err := seen(ctx, tx, by, v.insider, l)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if l.By.Account != by.AccountID {
			l.By.Account = ""
		}
		out = append(out, l)
	}
	return out, nil
}

// seen reports whether somebody outside of the platform may see a line.
func seen(ctx context.Context, tx *db.Tx, by member.Actor, insider Rule, l event.Line) (bool, error) {
	if insider == "" {
		return slices.Contains(publicKinds, l.Kind), nil
	}
	if !strings.HasPrefix(l.Kind, "case.") {
		return slices.Contains(publicKinds, l.Kind), nil
	}
	var e struct {
		Org    string `json:"org"`
		Report string `json:"report"`
	}
	if err := json.Unmarshal([]byte(l.Payload), &e); err != nil {
		return false, fmt.Errorf("read event %s: %w", l.ID, err)
	}
	if e.Report != "" {
		return reportedBy(ctx, tx, by, e.Report)
	}
	return insider == ByReport || e.Org == "" || e.Org == by.OrgID, nil
}

// reportedBy reports whether a report is the actor's or its organisation's.
func reportedBy(ctx context.Context, tx *db.Tx, by member.Actor, reportID string) (bool, error) {
	type owner struct{ org, account string }
	o, err := db.Get(ctx, tx, func(r db.Row) (o owner, err error) {
		return o, r.Scan(db.Null(&o.org), db.Null(&o.account))
	}, `SELECT org_id, account_id FROM report WHERE id = $1`, reportID)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && ownReport(by, o.org, o.account), err
}
