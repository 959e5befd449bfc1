// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/fengsui/fengsui/internal/db"
)

// ErrRewritten says that the entries are not those that the newest checkpoint was signed for.
var ErrRewritten = errors.New("the entries of the evidence log do not lead to its signed checkpoint: history was rewritten, or entries are missing")

// Audit computes the tree anew from every entry, and compares its root with the newest signed checkpoint. It returns
// how many entries the tree holds. Fault: ErrRewritten.
func (l *Log) Audit(ctx context.Context) (size int64, err error) {
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		var cp string
		if size, cp, err = head(ctx, tx); err != nil || size == 0 {
			return err
		}
		root, n, err := rootOf(ctx, tx, size)
		if err != nil {
			return err
		}
		verifier, err := note.NewVerifier(l.vkey)
		if err != nil {
			return err
		}
		signed, err := note.Open([]byte(cp), note.VerifierList(verifier))
		if err != nil {
			return fmt.Errorf("%w (%w)", ErrRewritten, err)
		}
		lines := strings.Split(signed.Text, "\n")
		if n != size || len(lines) < 3 || lines[0] != l.Origin() || lines[1] != strconv.FormatInt(size, 10) || lines[2] != root.String() {
			return ErrRewritten
		}
		return nil
	})
	return size, err
}

// rootOf computes the root of the first size leaves, and how many there were.
func rootOf(ctx context.Context, tx *db.Tx, size int64) (root tlog.Hash, n int64, err error) {
	type subtree struct {
		level int
		hash  tlog.Hash
	}
	var edge []subtree // complete subtrees from left to right
	rows, err := tx.Query(ctx, `SELECT seq, leaf FROM evidence WHERE seq IS NOT NULL ORDER BY seq`)
	if err != nil {
		return root, 0, err
	}
	defer rows.Close()
	for ; n < size && rows.Next(); n++ {
		var seq int64
		var leaf []byte
		if err := rows.Scan(&seq, &leaf); err != nil {
			return root, n, err
		}
		if seq != n {
			return root, n, ErrRewritten
		}
		edge = append(edge, subtree{0, tlog.RecordHash(leaf)})
		for k := len(edge); k > 1 && edge[k-1].level == edge[k-2].level; k = len(edge) {
			edge = append(edge[:k-2], subtree{edge[k-1].level + 1, tlog.NodeHash(edge[k-2].hash, edge[k-1].hash)})
		}
	}
	for k := len(edge); k > 1; k = len(edge) {
		edge = append(edge[:k-2], subtree{0, tlog.NodeHash(edge[k-2].hash, edge[k-1].hash)})
	}
	if len(edge) > 0 {
		root = edge[0].hash
	}
	return root, n, rows.Err()
}
