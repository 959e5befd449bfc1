// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/vuln"
)

// An Answer to "does it concern me?".
type Answer string

// The answers, the worst first. There is no plain "no": Clear speaks of what was looked at.
const (
	Concerned  Answer = "affected"   // a product contains it
	MayConcern Answer = "check"      // a product may contain it: a person must look
	Suppressed Answer = "suppressed" // a product contains it, and the member has said that it is not affected or that it is fixed
	Clear      Answer = "clear"      // none of the current component lists and products has it, as far as public records tell
	NotYet     Answer = "not-yet"    // not everything that came in has been looked at
	NoLists    Answer = "no-lists"   // there is nothing to look at: no component list, no product
	NoRecord   Answer = "no-record"  // no public record with this name is known here
)

// A Concern is the answer about a vulnerability, with what it rests on.
type Concern struct {
	Name           string // as it was asked
	Answer         Answer
	Vulns          []vuln.Vuln    // that go by the name
	Findings       []KnownFinding // of the first maxConcerned products, the gravest first
	Products, Orgs int            // with a finding; of what the actor sees
	Lists          int            // current component lists that were looked at, private ones among them
	Behind         Behind
}

// maxConcerned bounds how many products are shown.
const maxConcerned = 50

// Concerns answers whether a vulnerability, by any of its names, is in the products of the actor's organisation; to the
// platform's staff, in anybody's.
func (s *Service) Concerns(ctx context.Context, by member.Actor, name string) (c Concern, err error) {
	of, err := s.scopeOf(by, "")
	if err != nil {
		return c, err
	}
	folded := assessment.Fold(name)
	if folded == "" {
		return c, fault.FieldError("name", "rule.required", "CVE-2021-44228")
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c = Concern{Name: name}
		ids, err := vulnsNamed(ctx, tx, []string{folded})
		if err != nil {
			return err
		}
		known, err := s.Vulns.OfIDs(ctx, tx, ids[folded])
		if err != nil {
			return err
		}
		for _, id := range ids[folded] {
			if v, ok := known[id]; ok {
				c.Vulns = append(c.Vulns, v)
			}
		}
		if c.Behind, err = s.behind(ctx, tx); err != nil {
			return err
		}
		things, err := s.weigh(ctx, tx, &c, of)
		if err != nil {
			return err
		}
		c.Answer = c.answer(things)
		return nil
	})
	if err != nil {
		return Concern{}, fmt.Errorf("answer whether it concerns the actor: %w", err)
	}
	return c, nil
}

// weigh looks at the products; things is how many there are, with or without findings.
func (s *Service) weigh(ctx context.Context, tx *db.Tx, c *Concern, of reach) (things int, err error) {
	if of.nobody {
		return 0, nil
	}
	var a db.Args
	where := ``
	if of.org != "" {
		where = ` WHERE p.org_id = ` + a.P(of.org)
	}
	if _, err = db.Get(ctx, tx, func(r db.Row) (struct{}, error) { return struct{}{}, r.Scan(&things, &c.Lists) },
		`SELECT count(*), coalesce(sum((SELECT count(*) FROM sbom s WHERE s.product_id = p.id AND s.is_current) + (SELECT count(*) FROM private_list l WHERE l.product_id = p.id AND l.is_current)), 0) FROM product p`+where, a...); err != nil {
		return 0, err
	}
	var hs []Holder
	for _, v := range c.Vulns {
		some, err := s.Affected(ctx, tx, v.ID, of.org)
		if err != nil {
			return 0, err
		}
		hs = append(hs, some...)
		fs, err := s.affected(ctx, tx, v.ID, some[:min(len(some), maxConcerned)])
		if err != nil {
			return 0, err
		}
		c.Findings = append(c.Findings, fs...)
	}
	slices.SortFunc(c.Findings, func(a, b KnownFinding) int { return strings.Compare(a.sortKey, b.sortKey) })
	slices.SortFunc(hs, func(a, b Holder) int { return strings.Compare(a.ProductID, b.ProductID) })
	hs = slices.Compact(hs)
	c.Products, c.Orgs = len(hs), orgsOf(hs)
	return things, nil
}

// answer is the worst that any finding says.
func (c Concern) answer(things int) Answer {
	has := func(is func(KnownFinding) bool) bool { return slices.ContainsFunc(c.Findings, is) }
	switch {
	case has(func(f KnownFinding) bool { return !f.Suppressed && f.Verdict == Hit }), c.Products > maxConcerned:
		return Concerned
	case has(func(f KnownFinding) bool { return !f.Suppressed }):
		return MayConcern
	case len(c.Findings) > 0:
		return Suppressed
	case len(c.Vulns) == 0:
		return NoRecord
	case things == 0:
		return NoLists
	case c.Behind.Components > 0 || c.Behind.Records > 0:
		return NotYet
	}
	return Clear
}
