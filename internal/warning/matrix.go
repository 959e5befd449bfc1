// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
)

// A Row is one recipient on the delivery board.
type Row struct {
	Org        member.Org
	Recipient  Recipient
	Deliveries []delivery.Delivery
}

const maxRows = 2000

// Matrix returns the recipients of the newest released revision with what became of each delivery, the affected first:
// at most 2 000 rows. Coverage counts them all.
func (s *Service) Matrix(ctx context.Context, by member.Actor, id string) (out []Row, err error) {
	if err := watcher(by); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err := outside(ctx, tx, id)
		if err != nil {
			return err
		}
		out, err = db.List(ctx, tx, func(r db.Row) (x Row, err error) {
			into, done := orgInto(&x.Org)
			err = r.Scan(append(into, x.Recipient.into()...)...)
			done()
			return x, err
		}, `SELECT `+orgColumns+`, `+recipientColumns+` FROM warning_recipient r JOIN org o ON o.id = r.org_id
			WHERE r.warning_id = $1 AND r.revision = $2 ORDER BY r.wave, r.products DESC, o.id LIMIT $3`, id, n, maxRows)
		if err != nil {
			return err
		}
		return withDeliveries(ctx, tx, out, subject(id, n))
	})
	if err != nil {
		return nil, fmt.Errorf("delivery board of warning %s: %w", id, err)
	}
	return out, nil
}

// withDeliveries fills in the deliveries of each row, some hundred rows at a time.
func withDeliveries(ctx context.Context, tx *db.Tx, rows []Row, subject string) error {
	for start := 0; start < len(rows); start += 400 {
		part := rows[start:min(start+400, len(rows))]
		at, ids := map[string]int{}, make([]string, len(part))
		for i, x := range part {
			at[x.Org.ID], ids[i] = i, x.Org.ID
		}
		ds, err := delivery.To(ctx, tx, purpose, []string{subject, subject + again}, ids)
		if err != nil {
			return err
		}
		for _, d := range ds {
			x := &part[at[d.OrgID]]
			x.Deliveries = append(x.Deliveries, d)
		}
	}
	return nil
}
