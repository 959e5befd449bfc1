// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/report"
)

// OfOrgs returns the findings of a case about the products of organisations, by organisation. The caller authorises.
func (s *Service) OfOrgs(ctx context.Context, tx *db.Tx, caseID string, orgIDs []string) (map[string][]Finding, error) {
	out := map[string][]Finding{}
	for part := range slices.Chunk(orgIDs, 400) {
		var a db.Args
		fs, err := s.list(ctx, tx, `f.case_id = `+a.P(caseID)+` AND f.org_id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, f := range fs {
			out[f.OrgID] = append(out[f.OrgID], f)
		}
	}
	return out, nil
}

// Ranges returns what an entry of a case calls flawed, "" when it names nothing, and which versions of it, each as
// Why.Range has it.
func Ranges(a report.Affected) (name string, ranges []string) {
	t := read(a)
	if t == nil {
		return "", nil
	}
	t.add(a)
	if name = t.key; name == "" {
		name = strings.Trim(strings.Join([]string{t.vendor, t.name, t.model}, " "), " ")
	}
	for _, r := range slices.Concat(t.says.Ranges, t.contrary) {
		ranges = append(ranges, words(r))
	}
	for _, v := range t.says.Versions {
		ranges = append(ranges, "= "+v)
	}
	return name, ranges
}
