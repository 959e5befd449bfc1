// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A Source reads what a log publishes by its path: "checkpoint", "tile/entries/000".
type Source func(ctx context.Context, path string) ([]byte, error)

// AuditPublic recomputes a whole log from what it publishes, and holds it against its signed checkpoint, its own tiles,
// checkpoints that were kept, and receipts. It needs nobody's help.
func AuditPublic(ctx context.Context, src Source, keys Keys, kept []string, receipts [][]byte) (*Findings, error) {
	text, err := src(ctx, "checkpoint")
	if err != nil {
		return nil, fmt.Errorf("the checkpoint: %w", err)
	}
	cp, err := keys.Checkpoint(string(text))
	if err != nil {
		return nil, fmt.Errorf("the checkpoint: %w", err)
	}
	p := &publicAuditor{auditor: auditor{keys: keys, f: &Findings{Traces: []Trace{}, Checkpoints: 1}, outside: map[int64][]string{}}, src: src, size: cp.Size,
		at: map[int64][]asked{}, promised: map[string]string{}}
	for i, text := range kept {
		c, err := keys.Checkpoint(text)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d of those that were kept: %w", i+1, err)
		}
		p.keep(c, "the checkpoint that was kept")
	}
	for i, r := range receipts {
		p.receipt(fmt.Sprint(i+1), r)
	}
	for p.n < cp.Size {
		if err := p.bundle(ctx); err != nil {
			return nil, err
		}
	}
	if err := p.partials(ctx); err != nil {
		return nil, err
	}
	if p.edge.root() != cp.Root {
		p.f.Note("checkpoint", fmt.Sprint(cp.Size), "the entries do not lead to it")
	}
	for _, number := range p.promised {
		p.f.Note("receipt", number, "the log promised to contain its entry, and does not")
	}
	p.f.Size, p.f.Root = p.n, p.edge.root().String()
	return p.f, nil
}

// asked is what a receipt says stands at an index.
type asked struct {
	number string
	leaf   []byte
}

type publicAuditor struct {
	auditor
	src      Source
	size     int64
	levels   [][]byte          // hashes of the tile that grows on each level
	at       map[int64][]asked // by index
	promised map[string]string // leaf → number of the receipt
}

// keep remembers a root that the log signed.
func (p *publicAuditor) keep(c Checkpoint, whose string) {
	if c.Size > p.size {
		p.f.Note("checkpoint", fmt.Sprint(c.Size), "the log is shorter than "+whose)
	}
	p.outside[c.Size] = append(p.outside[c.Size], c.Root.String())
}

func (p *publicAuditor) receipt(number string, b []byte) {
	v, err := p.keys.Verify(b)
	if err != nil {
		p.f.Note("receipt", number, err.Error())
		return
	}
	if !v.InLog {
		p.promised[string(v.Entry.Leaf())] = number
		return
	}
	p.at[v.Index] = append(p.at[v.Index], asked{number, v.Entry.Leaf()})
	var r Receipt
	if json.Unmarshal(b, &r) == nil {
		_, text, _ := strings.Cut(r.Proof, "\n\n")
		if c, err := p.keys.Checkpoint(text); err == nil {
			p.keep(c, "the checkpoint of receipt "+number)
		}
	}
}

// bundle takes the next entries.
func (p *publicAuditor) bundle(ctx context.Context) error {
	t := tlog.Tile{H: tileHeight, L: -1, N: p.n >> tileHeight, W: int(min(tileWidth, p.size-p.n))}
	b, err := p.tile(ctx, t)
	if err != nil {
		return fmt.Errorf("entries from %d: %w", p.n, err)
	}
	leaves, err := split(b)
	if err != nil || len(leaves) < t.W {
		return fmt.Errorf("entries from %d: %w", p.n, errors.Join(err, errors.New("some are missing")))
	}
	for _, b := range leaves[:t.W] {
		var public leaf
		if json.Unmarshal(b, &public) != nil || !bytes.Equal((Entry{ID: public.ID, At: public.At, Digest: public.Digest}).Leaf(), b) {
			p.f.Note("entry", fmt.Sprint(p.n), "it is not in its canonical form")
		}
		p.f.order(public.At)
		for _, a := range p.at[p.n] {
			if !bytes.Equal(a.leaf, b) {
				p.f.Note("receipt", a.number, fmt.Sprintf("entry %d of the log is another one", p.n))
			}
		}
		delete(p.promised, string(b))
		for level, h := range p.edge.add(tlog.RecordHash(b)) {
			if err := p.grow(ctx, level, h); err != nil {
				return err
			}
		}
		p.n++
		p.compare("")
	}
	return nil
}

// grow adds a hash to the tile of its level, and compares a tile that is full with the published one.
func (p *publicAuditor) grow(ctx context.Context, level int, h tlog.Hash) error {
	if level%tileHeight != 0 {
		return nil
	}
	i := level / tileHeight
	if i == len(p.levels) {
		p.levels = append(p.levels, nil)
	}
	if p.levels[i] = append(p.levels[i], h[:]...); len(p.levels[i]) < tileWidth*tlog.HashSize {
		return nil
	}
	n := (p.n+1)>>(tileHeight*(i+1)) - 1
	err := p.same(ctx, tlog.Tile{H: tileHeight, L: i, N: n, W: tileWidth}, p.levels[i])
	p.levels[i] = nil
	return err
}

// partials compares the tiles at the right edge.
func (p *publicAuditor) partials(ctx context.Context) error {
	for i, b := range p.levels {
		if len(b) == 0 {
			continue
		}
		if err := p.same(ctx, tlog.Tile{H: tileHeight, L: i, N: p.size >> (tileHeight * (i + 1)), W: len(b) / tlog.HashSize}, b); err != nil {
			return err
		}
	}
	return nil
}

func (p *publicAuditor) same(ctx context.Context, t tlog.Tile, want []byte) error {
	got, err := p.tile(ctx, t)
	if err != nil {
		return fmt.Errorf("%s: %w", tilePath(t), err)
	}
	if len(got) < len(want) || !bytes.Equal(got[:len(want)], want) {
		p.f.Note("tile", tilePath(t), "it does not hold the hashes of the entries")
	}
	return nil
}

// tile reads a tile, or the full one that has replaced it.
func (p *publicAuditor) tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	b, err := p.src(ctx, tilePath(t))
	if err != nil && t.W < tileWidth {
		t.W = tileWidth
		if full, err := p.src(ctx, tilePath(t)); err == nil {
			return full, nil
		}
	}
	return b, err
}
