// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/fengsui/fengsui/internal/db"
)

// A Holder is a product with its organisation.
type Holder struct{ ProductID, OrgID string }

// heldOf joins the current lists that hold a component which a vulnerability ($1) is known of: each pair once, however many
// records say so.
const heldOf = ` FROM (SELECT DISTINCT k.component_id FROM vuln_record r JOIN known k ON k.record_id = r.id WHERE r.vuln_id = $1) c
	JOIN holding h ON h.component_id = c.component_id`

// Affected returns the products that contain a vulnerability, or may, or are the flawed thing, each once and sorted: of
// everybody, or of one organisation. What private lists hold counts like what others hold. The caller authorises.
func (s *Service) Affected(ctx context.Context, tx *db.Tx, vulnID int64, org string) ([]Holder, error) {
	ns, err := db.List(ctx, tx, db.Value[int64], `SELECT h.sbom_n`+heldOf, vulnID)
	if err != nil {
		return nil, err
	}
	slices.Sort(ns)
	out, err := s.lists.whose(ctx, tx, slices.Compact(ns))
	if err != nil {
		return nil, err
	}
	themselves, err := db.List(ctx, tx, scanHolder, `SELECT DISTINCT k.product_id, p.org_id FROM vuln_record r JOIN known_ware k ON k.record_id = r.id
		JOIN product p ON p.id = k.product_id WHERE r.vuln_id = $1`, vulnID)
	if err != nil {
		return nil, err
	}
	out = append(out, themselves...)
	hits, err := privateHitsAbout(ctx, tx, vulnID)
	if err != nil {
		return nil, err
	}
	for _, x := range hits {
		out = append(out, Holder{x.product, x.org})
	}
	if org != "" {
		out = slices.DeleteFunc(out, func(h Holder) bool { return h.OrgID != org })
	}
	slices.SortFunc(out, func(a, b Holder) int { return strings.Compare(a.ProductID, b.ProductID) })
	return slices.Compact(out), nil
}

func orgsOf(hs []Holder) int {
	seen := map[string]bool{}
	for _, h := range hs {
		seen[h.OrgID] = true
	}
	return len(seen)
}

func scanHolder(r db.Row) (h Holder, err error) { return h, r.Scan(&h.ProductID, &h.OrgID) }

// lists remembers which product the number of a component list stands for: that never changes, and no number is given out
// twice. So the answer to who holds a component is a range of one index, without a look at two tables for each line.
type lists struct {
	mu   sync.RWMutex
	of   []Holder // by number; the zero Holder is not known here yet
	orgs map[string]string
}

// many is from how many unknown numbers on all are read at once.
const many = 2_000

// whose returns whose lists the numbers stand for, each at its place in ns.
func (l *lists) whose(ctx context.Context, tx *db.Tx, ns []int64) ([]Holder, error) {
	out := make([]Holder, len(ns))
	missing := l.look(ns, out)
	if len(missing) == 0 {
		return out, nil
	}
	if err := l.learn(ctx, tx, missing); err != nil {
		return nil, err
	}
	if missing = l.look(ns, out); len(missing) > 0 {
		return nil, fmt.Errorf("the index of holdings names %d lists that are not there: fengsui admin rebuild", len(missing))
	}
	return out, nil
}

// look fills in what is known, and returns which numbers are not.
func (l *lists) look(ns []int64, out []Holder) (missing []int64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for i, n := range ns {
		if n < int64(len(l.of)) {
			out[i] = l.of[n]
		}
		if out[i] == (Holder{}) {
			missing = append(missing, n)
		}
	}
	return missing
}

// learn reads what numbers stand for.
func (l *lists) learn(ctx context.Context, tx *db.Tx, ns []int64) error {
	type row struct {
		n int64
		Holder
	}
	const query = `SELECT s.n, s.product_id, p.org_id FROM sbom s JOIN product p ON p.id = s.product_id WHERE s.n `
	read := func(where string, args ...any) error {
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.n, &x.ProductID, &x.OrgID) }, query+where, args...)
		if err != nil {
			return err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.orgs == nil {
			l.orgs = map[string]string{}
		}
		for _, x := range rows {
			if grow := x.n + 1 - int64(len(l.of)); grow > 0 {
				l.of = append(l.of, make([]Holder, grow)...)
			}
			if _, ok := l.orgs[x.OrgID]; !ok {
				l.orgs[x.OrgID] = x.OrgID
			}
			l.of[x.n] = Holder{x.ProductID, l.orgs[x.OrgID]} // an organisation's id is kept once for all its lists
		}
		return nil
	}
	if len(ns) >= many {
		return read(`IS NOT NULL`)
	}
	for part := range slices.Chunk(ns, 2*chunk) {
		var a db.Args
		where := `IN ` + db.In(&a, part)
		if err := read(where, a...); err != nil {
			return err
		}
	}
	return nil
}
