// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// A reach says which organisations a revision goes to, and in which wave: columns n (of its products that match) and
// wave, tables o (org), f and, from the second revision on, p (the copy of the revision before). Members whose products
// contain the flaw come first, whether they are partner units or not, wherever they are and even when they are suspended;
// so do those whom an earlier revision had called affected, because a correction must reach everybody it concerns. Then
// come the partner units of the territory in the same sector, then all its others, and whoever got an earlier revision. A
// lift reaches those who got the warning and nobody else; a recall all of them, members or not any more. Authorities and
// the platform itself are no recipients.
type reach struct{ wave, n, from, where string }

func reachOf(a *db.Args, w Warning, now time.Time) reach {
	theCase := a.P(w.CaseID)
	r := reach{
		n: `coalesce(f.n, 0)`,
		from: ` FROM org o
			LEFT JOIN (SELECT org_id, count(DISTINCT product_id) AS n FROM finding WHERE case_id = ` + theCase + ` GROUP BY org_id) f ON f.org_id = o.id`,
	}
	first := `f.n IS NOT NULL`
	if w.Revision > 1 {
		r.from += ` LEFT JOIN warning_recipient p ON p.warning_id = ` + a.P(w.ID) + ` AND p.revision = ` + a.P(w.Revision-1) + ` AND p.org_id = o.id`
		first = `(f.n IS NOT NULL OR p.wave = 1)`
	}
	r.wave = `CASE WHEN ` + first + ` THEN 1
		WHEN o.sector <> '' AND o.sector IN (SELECT s.sector FROM finding g JOIN org s ON s.id = g.org_id WHERE g.case_id = ` + theCase + `) THEN 2
		ELSE 3 END`
	r.where = ` WHERE ` + w.reaches(a, now)
	return r
}

// reaches is the condition of reach.
func (w Warning) reaches(a *db.Args, now time.Time) string {
	own := member.Keeping(member.ToOwnWarnings, "o", "") // whatever the time
	switch {
	case w.Kind == Recall && w.Revision > 1:
		return `p.org_id IS NOT NULL`
	case w.Kind == Lift && w.Revision > 1:
		return `p.org_id IS NOT NULL AND ` + own
	}
	general := member.Keeping(member.ToWarnings, "o", a.P(db.At(now)))
	out := `f.n IS NOT NULL OR o.partner AND ` + general
	if w.Territory != "" {
		out += ` AND o.region = ` + a.P(w.Territory)
	}
	if w.Revision > 1 {
		out += ` OR p.wave = 1 OR p.org_id IS NOT NULL AND ` + general
	}
	return own + ` AND CAST(o.roles AS TEXT) NOT LIKE '%"authority"%' AND CAST(o.roles AS TEXT) NOT LIKE '%"platform"%' AND (` + out + `)`
}
