// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Digest is the digest of a row, or of all rows of a group: see docs/evidence.md, "The journal of rows".
type Digest [sha256.Size]byte

// A digester computes the digests of one table's rows. Values come in the order of the columns' names, whether they are
// what a statement returned or what it was given, and are digested as they come.
type digester struct {
	t     *Table
	buf   []byte   // table, NUL, and the values so far
	start int      // of the values
	at    [][2]int // by column: where the value of a key or group stands in buf
	cells []any    // what rows are scanned into
	tmp   [20]byte
}

func newDigester(t *Table) *digester {
	d := &digester{t: t, at: make([][2]int, len(t.Columns))}
	d.buf = append(append(d.buf, t.Name...), 0)
	d.start = len(d.buf)
	for i := range t.Columns {
		d.cells = append(d.cells, &cell{d, i})
	}
	return d
}

// A cell takes the value of one column from the driver.
type cell struct {
	d *digester
	i int
}

// Scan implements sql.Scanner.
func (c *cell) Scan(v any) error {
	if c.i == 0 {
		c.d.reset()
	}
	return c.d.value(c.i, v)
}

func (d *digester) reset() { d.buf = d.buf[:d.start] }

// value takes the next column's value as a driver gives or takes it.
func (d *digester) value(i int, v any) error {
	switch c := &d.t.Columns[i]; v := v.(type) {
	case nil:
		d.null(c)
	case string:
		switch c.Kind {
		case Text, Timestamp:
			put(d, i, v)
		case Document:
			put(d, i, canonical([]byte(v)))
		default:
			return c.odd(v)
		}
	case []byte:
		switch c.Kind {
		case Text, Bytes:
			put(d, i, v)
		case Document:
			put(d, i, canonical(v))
		default:
			return c.odd(v)
		}
	case int64:
		if c.Kind != Integer && c.Kind != Boolean {
			return c.odd(v)
		}
		put(d, i, strconv.AppendInt(d.tmp[:0], v, 10))
	case bool:
		if c.Kind != Boolean {
			return c.odd(v)
		}
		if v {
			put(d, i, "1")
		} else {
			put(d, i, "0")
		}
	case time.Time:
		if c.Kind != Timestamp {
			return c.odd(v)
		}
		var b [32]byte
		put(d, i, v.UTC().AppendFormat(b[:0], timeLayout))
	default:
		return c.odd(v)
	}
	return nil
}

func (c *Column) odd(v any) error { return fmt.Errorf("db: column %s cannot hold %T", c.Name, v) }

// null takes NULL: what a column holds when nobody has said anything is left out, so that digests outlive new columns.
func (d *digester) null(c *Column) {
	if c.some && !c.Free {
		d.buf = append(append(d.buf, c.head...), 'n')
	}
}

func put[T string | []byte](d *digester, i int, v T) {
	c := &d.t.Columns[i]
	if c.Free || c.some && !c.key && string(v) == string(c.normal) {
		return
	}
	d.buf = append(append(d.buf, c.head...), 'v')
	d.buf = binary.AppendUvarint(d.buf, uint64(len(v)))
	d.at[i] = [2]int{len(d.buf), len(d.buf) + len(v)}
	d.buf = append(d.buf, v...)
}

func (d *digester) sum() Digest { return sha256.Sum256(d.buf) }

// key appends the row's key: each value after its length.
func (d *digester) key(to []byte) []byte {
	for _, k := range d.t.Key {
		to = d.part(to, k)
	}
	return to
}

// group appends the value by which the row is grouped, as a key.
func (d *digester) group(to []byte) []byte { return d.part(to, d.t.Group) }

func (d *digester) part(to []byte, column string) []byte {
	v := d.at[d.t.place[column]]
	to = binary.AppendUvarint(to, uint64(v[1]-v[0]))
	return append(to, d.buf[v[0]:v[1]]...)
}

// canonical is a JSON value without white space, with the members of objects sorted. What is no JSON stays as it is.
func canonical(b []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil || dec.More() {
		return b
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return b
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// together is the digest of a group: of its rows' digests in order.
func together(rows []Digest) Digest {
	slices.SortFunc(rows, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for i := range rows {
		h.Write(rows[i][:])
	}
	return Digest(h.Sum(nil))
}

// KeyText is a key of the table, or the name of a group, in words: its values, divided by slashes.
func (t *Table) KeyText(key []byte) string {
	columns := t.Key
	if t.Watch == By {
		columns = []string{t.Group}
	}
	var out []string
	for _, name := range columns {
		n, w := binary.Uvarint(key)
		if w <= 0 || n > uint64(len(key)-w) {
			return hex.EncodeToString(key)
		}
		v := string(key[w : w+int(n)])
		key = key[w+int(n):]
		if t.Columns[t.place[name]].Kind == Bytes {
			v = hex.EncodeToString([]byte(v))
		}
		out = append(out, v)
	}
	return strings.Join(out, "/")
}

// asStored is a parameter as the engine will give it back, when that is certain.
func asStored(c *Column, v any) (any, bool) {
	if val, ok := v.(driver.Valuer); ok {
		x, err := val.Value()
		if err != nil {
			return nil, false
		}
		v = x
	} else if x, err := driver.DefaultParameterConverter.ConvertValue(v); err == nil {
		v = x
	}
	switch x := v.(type) {
	case nil:
		return nil, !c.key
	case string:
		return v, c.Kind == Text || c.Kind == Timestamp && len(x) == len(timeLayout)
	case []byte:
		return v, c.Kind == Bytes && x != nil // a nil slice is NULL on one engine
	case int64:
		return v, c.Kind == Integer
	case bool:
		return v, c.Kind == Boolean
	}
	return nil, false
}

// groupName is the value of a group's key.
func groupName(key []byte) string {
	_, w := binary.Uvarint(key)
	return string(key[w:])
}
