// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// Tile returns a part of the log as c2sp.org/tlog-tiles names it: "tile/0/x001/067" are 256 hashes, "tile/0/000.p/5" the
// first five, "tile/entries/000" the entries themselves. What lies beyond the newest checkpoint is missing.
func (l *Log) Tile(ctx context.Context, path string) (out []byte, err error) {
	t, err := parseTile(path)
	if err != nil {
		return nil, err
	}
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		size, _, err := head(ctx, tx)
		if err != nil {
			return err
		}
		level := max(t.L, 0) * tileHeight
		if level > 62 || t.N > size>>tileHeight || t.N<<tileHeight+int64(t.W) > size>>level {
			return fault.Missing()
		}
		if t.L < 0 {
			out, err = bundle(ctx, tx, t)
		} else {
			out, err = tlog.ReadTileData(t, hashes(ctx, tx, nil))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("tile of the evidence log: %w", err)
	}
	return out, nil
}

// parseTile reads a path in the form of c2sp.org/tlog-tiles, which leaves out the height.
func parseTile(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if kind, after, _ := strings.Cut(rest, "/"); kind == "entries" {
		rest = "data/" + after
	} else if kind == "data" {
		ok = false
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if !ok || err != nil {
		return t, fault.Missing()
	}
	return t, nil
}

// tilePath is the inverse of parseTile.
func tilePath(t tlog.Tile) string {
	p := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if after, ok := strings.CutPrefix(p, "data/"); ok {
		p = "entries/" + after
	}
	return "tile/" + p
}

// bundle is a run of entries, each after its length in two bytes.
func bundle(ctx context.Context, tx *db.Tx, t tlog.Tile) (out []byte, err error) {
	from := t.N << tileHeight
	leaves, err := db.List(ctx, tx, db.Value[[]byte], `SELECT leaf FROM evidence WHERE seq >= $1 AND seq < $2 ORDER BY seq`, from, from+int64(t.W))
	if err != nil {
		return nil, err
	}
	if len(leaves) != t.W {
		return nil, ErrRewritten
	}
	for _, b := range leaves {
		out = binary.BigEndian.AppendUint16(out, uint16(len(b)))
		out = append(out, b...)
	}
	return out, nil
}

// split undoes bundle.
func split(b []byte) (leaves [][]byte, err error) {
	for len(b) > 0 {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return nil, errors.New("a bundle of entries ends in the middle of one")
		}
		n := int(binary.BigEndian.Uint16(b))
		leaves, b = append(leaves, b[2:2+n]), b[2+n:]
	}
	return leaves, nil
}

// Consistency proves that the tree of older entries is the beginning of the tree of newer ones (RFC 6962, section 2.1.2).
func (l *Log) Consistency(ctx context.Context, older, newer int64) (proof []tlog.Hash, err error) {
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		size, _, err := head(ctx, tx)
		if err != nil {
			return err
		}
		if older < 1 || older > newer || newer > size {
			return fault.Missing()
		}
		proof, err = tlog.ProveTree(newer, older, hashes(ctx, tx, nil))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("consistency of the evidence log: %w", err)
	}
	return proof, nil
}
