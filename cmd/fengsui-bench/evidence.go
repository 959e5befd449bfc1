// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
)

// appendEvidence fills the evidence log, a transaction for every hundred entries, and takes them into the tree.
func appendEvidence(ctx context.Context, b *bench) error {
	const group = 100
	n := b.scaled(200) * group
	start := time.Now()
	for range n / group {
		err := b.DB.Tx(ctx, func(tx *db.Tx) error {
			for range group {
				id, err := uuid.NewV7()
				if err != nil {
					return err
				}
				sum := sha256.Sum256(id[:])
				if err := b.Evidence.Append(ctx, tx, evidence.Entry{ID: id.String(), Kind: "bench", At: tx.Now, Digest: fmt.Sprintf("%x", sum)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	appended := time.Since(start)
	start = time.Now()
	for left := n; left > 0; {
		k, err := b.Evidence.Integrate(ctx)
		if err != nil {
			return err
		}
		if k == 0 {
			return fmt.Errorf("%d entries did not come into the tree", left)
		}
		left -= k
	}
	integrated := time.Since(start)
	b.say("append evidence", float64(n)/appended.Seconds(), "1/s", n, fmt.Sprintf("%d in a transaction", group))
	b.say("take evidence into the tree", float64(n)/integrated.Seconds(), "1/s", n, "hashes, sequence numbers and a signed checkpoint for every batch")
	return nil
}
