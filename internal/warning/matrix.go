// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"

	"github.com/fengsui/fengsui/internal/member"
)

// Matrix returns the first 2 000 rows of the newest released revision's board. Coverage counts them all, Board pages.
func (s *Service) Matrix(ctx context.Context, by member.Actor, id string) ([]Row, error) {
	out, _, err := s.Board(ctx, by, id, BoardQuery{Limit: maxPage})
	return out, err
}
