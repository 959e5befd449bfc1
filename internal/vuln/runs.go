// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// overseer: who may see imports. They must know how old what they read is.
func overseer(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case by.Is(member.Administrator) && by.Allows(member.ScopeAdmin), by.Staff() && by.Allows(member.ScopeCase):
		return nil
	}
	return fault.Hidden()
}

// Imports returns runs, the newest first, and the cursor of the next page. For administrators and the platform's people.
func (s *Service) Imports(ctx context.Context, by member.Actor, after string, limit int) (rs []Run, next string, err error) {
	if err := overseer(by); err != nil {
		return nil, "", err
	}
	var c fault.Check
	c.That(limit >= 0 && limit <= 200, "limit", "report.rule.limit", "50", 200)
	c.That(after == "" || storable(after) != "" && len(after) <= 100, "after", "report.rule.cursor", "")
	if err := c.Err(); err != nil {
		return nil, "", err
	}
	if limit == 0 {
		limit = 50
	}
	if after == "" {
		after = "g" // above every id
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rs, err = db.List(ctx, tx, scanRun, `SELECT `+runColumns+` FROM import_run WHERE id < $1 ORDER BY id DESC LIMIT $2`, after, limit+1)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list imports: %w", err)
	}
	if len(rs) > limit {
		rs = rs[:limit]
		next = rs[limit-1].ID
	}
	return rs, next, nil
}

// Run returns one import with the first documents that it refused. For administrators and the platform's people.
func (s *Service) Run(ctx context.Context, by member.Actor, id string) (r Run, refused []Refusal, err error) {
	if err := overseer(by); err != nil {
		return Run{}, nil, err
	}
	if storable(id) == "" {
		return Run{}, nil, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if r, err = db.Get(ctx, tx, scanRun, `SELECT `+runColumns+` FROM import_run WHERE id = $1`, id); err != nil {
			return err
		}
		refused, err = db.List(ctx, tx, func(row db.Row) (x Refusal, err error) {
			return x, row.Scan(&x.File, &x.Field, &x.Reason, &x.Detail)
		}, `SELECT file, field, reason, detail FROM import_refusal WHERE run_id = $1 ORDER BY n`, id)
		return err
	})
	if err != nil {
		return Run{}, nil, fmt.Errorf("import: %w", err)
	}
	return r, refused, nil
}

// Stop asks a running import to end; what it took in stays. For administrators.
func (s *Service) Stop(ctx context.Context, by member.Actor, id string) error {
	if err := importer(by); err != nil {
		return err
	}
	if storable(id) == "" {
		return fault.Missing()
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE import_run SET stop = $1 WHERE id = $2 AND state = $3`, true, id, Running)
		if err != nil || n > 0 {
			return err
		}
		if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM import_run WHERE id = $1`, id); err != nil {
			return err
		}
		return fault.Clash("vuln.import-ended")
	})
	if err != nil {
		return fmt.Errorf("stop import: %w", err)
	}
	return nil
}

// A Stand says how old what is known from one place is.
type Stand struct {
	Kind, Source string
	Last         Run       // the last one
	Good         time.Time // when one ended last as it should; zero for never
	Next         time.Time // when it is looked at again; zero when nobody does
	Failures     int       // in a row
	Awaited      bool      // its turn has come, or somebody asked for it, and it has not begun
	Again        bool      // whether Again would be taken
}

// Stands returns the places from which records were taken, and how the last import of each ended. For administrators and
// the platform's people.
func (s *Service) Stands(ctx context.Context, by member.Actor) (out []Stand, err error) {
	if err := overseer(by); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = s.stands(ctx, tx)
		for i, x := range out {
			out[i].Awaited = !x.Next.IsZero() && !x.Next.After(tx.Now)
			out[i].Again = s.MayAgain(by, x.Last) && !out[i].Awaited
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return out, nil
}

func (s *Service) stands(ctx context.Context, tx *db.Tx) (out []Stand, err error) {
	runs, err := db.List(ctx, tx, scanRun, `SELECT `+runColumns+` FROM import_run r WHERE NOT EXISTS (SELECT 1 FROM import_run n WHERE n.kind = r.kind AND n.source = r.source AND n.id > r.id) ORDER BY kind, source LIMIT 500`)
	if err != nil {
		return nil, err
	}
	type place struct{ kind, source string }
	at := map[place]int{}
	for _, r := range runs {
		at[place{r.Kind, r.Source}] = len(out)
		out = append(out, Stand{Kind: r.Kind, Source: r.Source, Last: r})
	}
	type good struct {
		place
		at db.Time
	}
	goods, err := db.List(ctx, tx, func(r db.Row) (g good, err error) { return g, r.Scan(&g.kind, &g.source, &g.at) }, `SELECT kind, source, max(ended_at) FROM import_run WHERE state = 'done' GROUP BY kind, source`)
	if err != nil {
		return nil, err
	}
	for _, g := range goods {
		if i, ok := at[g.place]; ok {
			out[i].Good = g.at.Time
		}
	}
	type known struct {
		place
		next     db.Time
		failures int
	}
	ks, err := db.List(ctx, tx, func(r db.Row) (k known, err error) { return k, r.Scan(&k.kind, &k.source, &k.next, &k.failures) }, `SELECT kind, source, next_at, failures FROM import_source`)
	if err != nil {
		return nil, err
	}
	for _, k := range ks {
		i, ok := at[k.place]
		if !ok {
			i = len(out)
			out = append(out, Stand{Kind: k.kind, Source: k.source})
		}
		out[i].Next, out[i].Failures = k.next.Time, k.failures
	}
	return out, nil
}

// Counts are how much is publicly known.
type Counts struct {
	Records map[Source]int // live and not
	Vulns   int
	KEV     int
	EPSS    int
}

// Counts counts. It is public.
func (s *Service) Counts(ctx context.Context) (c Counts, err error) {
	c.Records = map[Source]int{}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		type row struct {
			source Source
			n      int
		}
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.source, &x.n) }, `SELECT source, count(*) FROM vuln_record GROUP BY source`)
		for _, x := range rows {
			c.Records[x.source] = x.n
		}
		if err != nil {
			return err
		}
		for to, q := range map[*int]string{&c.Vulns: `SELECT count(*) FROM vuln`, &c.KEV: `SELECT count(*) FROM vuln_kev`, &c.EPSS: `SELECT count(*) FROM vuln_epss`} {
			if *to, err = db.Get(ctx, tx, db.Value[int], q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count vulnerabilities: %w", err)
	}
	return c, nil
}
