// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package scan

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/vuln"
)

// packagesAtOnce bounds what one query brings into memory.
const packagesAtOnce = 1_500

// Database looks into the records that a platform has imported.
func (s *Scan) Database(ctx context.Context, d *db.DB) error {
	v := &vuln.Service{DB: d}
	of := slices.SortedFunc(slices.Values(s.packages), func(a, b vuln.Package) int {
		return cmp.Or(strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(a.Name, b.Name))
	})
	found := s.Findings
	records := map[int64]*Record{}
	err := d.View(ctx, func(tx *db.Tx) error {
		for part := range slices.Chunk(of, packagesAtOnce) {
			cs, err := v.Claims(ctx, tx, part)
			if err != nil {
				return err
			}
			some := make([][]Finding, len(cs))
			each(len(cs), 200, func(i int) {
				some[i] = s.judge(nil, cs[i].Says, s.of(cs[i].Package), func() *Record { return nil })
			})
			for i, fs := range some {
				if len(fs) == 0 {
					continue
				}
				r := records[cs[i].Record]
				if r == nil {
					r = &Record{}
					records[cs[i].Record] = r
				}
				for _, f := range fs {
					f.Record = r
					found = append(found, f)
				}
			}
			s.Read += len(cs)
		}
		return fill(ctx, tx, records)
	})
	if err != nil {
		return err
	}
	s.settle(found)
	return nil
}

// fill reads what records are called.
func fill(ctx context.Context, tx *db.Tx, records map[int64]*Record) error {
	for part := range slices.Chunk(slices.Sorted(maps.Keys(records)), 500) {
		var a db.Args
		_, err := db.List(ctx, tx, func(row db.Row) (_ struct{}, err error) {
			var id int64
			var r Record
			err = row.Scan(&id, &r.ID, &r.Summary, &r.Severity, &r.Score)
			*records[id] = r
			return struct{}{}, err
		}, `SELECT id, key, title, severity, score FROM vuln_record WHERE id IN `+db.In(&a, part), a...)
		if err != nil {
			return err
		}
		a = nil
		_, err = db.List(ctx, tx, func(row db.Row) (_ struct{}, err error) {
			var id int64
			var alias string
			err = row.Scan(&id, &alias)
			if r := records[id]; err == nil && alias != r.ID {
				r.Aliases = append(r.Aliases, alias)
			}
			return struct{}{}, err
		}, `SELECT record_id, written FROM vuln_alias WHERE record_id IN `+db.In(&a, part)+` ORDER BY record_id, name`, a...)
		if err != nil {
			return err
		}
	}
	return nil
}
