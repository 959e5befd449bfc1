// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
)

// A Board is what waits, and why.
type Board struct {
	Lines   []delivery.Line
	Alone   []delivery.Lane     // destinations that are left alone at present
	Gone    []delivery.Lane     // addresses that want no more
	Waiting []delivery.Delivery // tried in vain and to be tried again, the oldest first
}

const boardRows = 50

// Board says what waits in each channel and why, and which destinations do not answer. It says neither what a message is
// about nor an address.
func (s *Service) Board(ctx context.Context, by member.Actor) (b Board, err error) {
	if err := operator(by); err != nil {
		return b, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if b.Lines, err = s.Sender.Lines(ctx, tx); err != nil {
			return err
		}
		if b.Alone, b.Gone, err = delivery.Lanes(ctx, tx); err != nil {
			return err
		}
		b.Waiting, err = delivery.Waiting(ctx, tx, boardRows)
		return err
	})
	if err != nil {
		return Board{}, fmt.Errorf("show what waits to be delivered: %w", err)
	}
	return b, nil
}
