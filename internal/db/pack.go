// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"encoding/binary"
	"errors"
)

// packMost is about how large a pack becomes before the next one begins.
const packMost = 1 << 20

// A Pack is a list of changed rows: what row_journal.rows holds. Its form is told in docs/evidence.md.
type Pack []byte

// An Item is one line of a pack.
type Item struct {
	Table string
	What  What
	Key   []byte // of the row or group; for Restart, how the table is watched from here on
	Digest
}

// What is said of a row.
type What byte

// The words of a pack.
const (
	named    What = 'T' // the table of what follows
	Restart  What = 'C' // of the table, only what follows counts
	Stands   What = 'R' // the row has this digest
	Together What = 'G' // all rows of the group together have this digest
	Gone     What = 'D' // the row, or the group, is no more
)

var errPack = errors.New("the list of changed rows cannot be read")

// Each calls do for every item. Keys are only good until do returns.
func (p Pack) Each(do func(Item) error) error {
	var x Item
	var key []byte
	for rest := []byte(p); len(rest) > 0; {
		x.What, rest = What(rest[0]), rest[1:]
		word := func() (w []byte) {
			n, k := binary.Uvarint(rest)
			if k <= 0 || n > uint64(len(rest)-k) {
				rest = nil
				return nil
			}
			w, rest = rest[k:k+int(n)], rest[k+int(n):]
			return w
		}
		switch x.What {
		case named:
			x.Table, key = string(word()), key[:0]
			if x.Table == "" {
				return errPack
			}
			continue
		case Restart:
			x.Key = word()
			if x.Key == nil {
				return errPack
			}
		case Stands, Together, Gone:
			shared, k := binary.Uvarint(rest)
			if k <= 0 || shared > uint64(len(key)) {
				return errPack
			}
			rest = rest[k:]
			more := word()
			if more == nil {
				return errPack
			}
			key = append(key[:shared], more...)
			x.Key, x.Digest = key, Digest{}
			if x.What != Gone {
				if len(rest) < len(x.Digest) {
					return errPack
				}
				rest = rest[copy(x.Digest[:], rest):]
			}
		default:
			return errPack
		}
		if x.Table == "" {
			return errPack
		}
		if err := do(x); err != nil {
			return err
		}
	}
	return nil
}

// A packer writes packs.
type packer struct {
	buf   []byte
	table string
	last  []byte // key
	done  []Pack
}

func (p *packer) open(table string) {
	if len(p.buf) >= packMost {
		p.cut()
	}
	if p.table != table {
		p.buf = append(p.buf, byte(named))
		p.buf = binary.AppendUvarint(p.buf, uint64(len(table)))
		p.buf = append(p.buf, table...)
		p.table, p.last = table, p.last[:0]
	}
}

func (p *packer) cut() {
	if len(p.buf) > 0 {
		p.done = append(p.done, p.buf)
	}
	p.buf, p.table, p.last = nil, "", p.last[:0]
}

func (p *packer) restart(t *Table) {
	p.open(t.Name)
	s := t.Scheme()
	p.buf = append(p.buf, byte(Restart))
	p.buf = binary.AppendUvarint(p.buf, uint64(len(s)))
	p.buf = append(p.buf, s...)
}

func (p *packer) add(table string, what What, key []byte, d Digest) {
	p.open(table)
	shared := 0
	for shared < len(key) && shared < len(p.last) && key[shared] == p.last[shared] {
		shared++
	}
	p.buf = append(p.buf, byte(what))
	p.buf = binary.AppendUvarint(p.buf, uint64(shared))
	p.buf = binary.AppendUvarint(p.buf, uint64(len(key)-shared))
	p.buf = append(p.buf, key[shared:]...)
	if what != Gone {
		p.buf = append(p.buf, d[:]...)
	}
	p.last = append(p.last[:0], key...)
}
