// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"slices"
	"sync"

	"github.com/fengsui/fengsui/internal/db"
)

// numbers gives out the short numbers of lists, some at a time: the counter's row is not locked while a list is written.
// What is left over when the program ends is never used.
type numbers struct {
	mu         sync.Mutex
	next, last int64
}

func (s *Service) number(ctx context.Context) (int64, error) {
	s.numbers.mu.Lock()
	defer s.numbers.mu.Unlock()
	if s.numbers.next >= s.numbers.last {
		const some = 64
		if err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			s.numbers.last, err = db.Take(ctx, tx, "sbom", some)
			s.numbers.next = s.numbers.last - some
			return err
		}); err != nil {
			s.numbers.next, s.numbers.last = 0, 0
			return 0, err
		}
	}
	s.numbers.next++
	return s.numbers.next, nil
}

// hold makes the index say that the list with number n holds the components is, where it said was before. Both ascend.
func hold(ctx context.Context, tx *db.Tx, n int64, was, is []int64) error {
	gone, come := apart(was, is)
	for part := range slices.Chunk(gone, 300) {
		var a db.Args
		if _, err := tx.Exec(ctx, `DELETE FROM holding WHERE sbom_n = `+a.P(n)+` AND component_id IN `+db.In(&a, part), a...); err != nil {
			return err
		}
	}
	rows := make([][]any, len(come))
	for i, id := range come {
		rows[i] = []any{id, n}
	}
	return db.Bulk(ctx, tx, `holding (component_id, sbom_n)`, "ON CONFLICT (component_id, sbom_n) DO NOTHING", rows)
}

// apart returns what only the one and what only the other of two ascending lists has.
func apart(x, y []int64) (onlyX, onlyY []int64) {
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] == y[0]:
			x, y = x[1:], y[1:]
		case x[0] < y[0]:
			onlyX, x = append(onlyX, x[0]), x[1:]
		default:
			onlyY, y = append(onlyY, y[0]), y[1:]
		}
	}
	return append(onlyX, x...), append(onlyY, y...)
}
