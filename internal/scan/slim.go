// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package scan

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/fengsui/fengsui/internal/spec/osv"
)

// errJSON says that bytes are no JSON.
var errJSON = errors.New("scan: not JSON")

// A cursor walks JSON in place. It checks what it enters and only balances what it passes over: most records are none of
// the scan's business, and the others are read in full.
type cursor struct {
	b []byte
	i int
}

func (c *cursor) space() {
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case ' ', '\n', '\r', '\t':
			c.i++
		default:
			return
		}
	}
}

// next reports whether the next byte is want, and takes it.
func (c *cursor) next(want byte) bool {
	c.space()
	if c.i < len(c.b) && c.b[c.i] == want {
		c.i++
		return true
	}
	return false
}

// quoted takes a string and returns it with its quotes.
func (c *cursor) quoted() ([]byte, error) {
	c.space()
	if c.i >= len(c.b) || c.b[c.i] != '"' {
		return nil, errJSON
	}
	start := c.i
	for c.i++; ; {
		n := bytes.IndexByte(c.b[c.i:], '"')
		if n < 0 {
			return nil, errJSON
		}
		c.i += n + 1
		escapes := 0 // an odd number of backslashes makes the quote part of the string
		for k := c.i - 2; k > start && c.b[k] == '\\'; k-- {
			escapes++
		}
		if escapes%2 == 0 {
			return c.b[start:c.i], nil
		}
	}
}

// value takes one value and returns its bytes.
func (c *cursor) value() ([]byte, error) {
	c.space()
	start, depth := c.i, 0
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case '"':
			if _, err := c.quoted(); err != nil {
				return nil, err
			}
		case '{', '[':
			depth++
			c.i++
		case '}', ']':
			if depth == 0 {
				return nil, errJSON
			}
			depth--
			c.i++
		case ',', ':', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return nil, errJSON
			}
			c.i++
			continue
		default:
			for c.i < len(c.b) && !bytes.ContainsRune([]byte(",:]}[{\" \n\r\t"), rune(c.b[c.i])) {
				c.i++
			}
		}
		if depth == 0 {
			return c.b[start:c.i], nil
		}
	}
	return nil, errJSON
}

// object calls do with every member of an object; do must take its value.
func (c *cursor) object(do func(name []byte) error) error {
	if !c.next('{') {
		return errJSON
	}
	if c.next('}') {
		return nil
	}
	for {
		name, err := c.quoted()
		if err != nil {
			return err
		}
		if !c.next(':') {
			return errJSON
		}
		if err := do(name[1 : len(name)-1]); err != nil {
			return err
		}
		if c.next('}') {
			return nil
		}
		if !c.next(',') {
			return errJSON
		}
	}
}

// array calls do before every element of an array; do must take it. null is an empty one.
func (c *cursor) array(do func() error) error {
	if c.null() {
		return nil
	}
	if !c.next('[') {
		return errJSON
	}
	if c.next(']') {
		return nil
	}
	for {
		if err := do(); err != nil {
			return err
		}
		if c.next(']') {
			return nil
		}
		if !c.next(',') {
			return errJSON
		}
	}
}

func (c *cursor) null() bool {
	c.space()
	if bytes.HasPrefix(c.b[c.i:], []byte("null")) {
		c.i += 4
		return true
	}
	return false
}

// text takes a string or null.
func (c *cursor) text() (string, error) {
	if c.null() {
		return "", nil
	}
	q, err := c.quoted()
	if err != nil {
		return "", err
	}
	return unquoted(q)
}

func unquoted(q []byte) (string, error) {
	for _, b := range q {
		if b == '\\' || b < ' ' || b >= 0x80 {
			var s string
			if json.Unmarshal(q, &s) != nil {
				return "", errJSON
			}
			return s, nil
		}
	}
	return string(q[1 : len(q)-1]), nil
}

// slim is a record of which only the frame has been looked at. The parts are bytes of the document.
type slim struct {
	id, withdrawn, aliases, severity, summary, own []byte
	affected                                       []said
}

// said is one affected entry: the package as it is written, and the whole.
type said struct {
	ecosystem, name []byte // quoted
	all             []byte
}

// read takes a record apart. The slices of s are used again.
func (s *slim) read(doc []byte) error {
	*s = slim{affected: s.affected[:0]}
	c := cursor{b: doc}
	err := c.object(func(name []byte) (err error) {
		switch string(name) {
		case "id":
			s.id, err = c.value()
		case "withdrawn":
			s.withdrawn, err = c.value()
		case "aliases":
			s.aliases, err = c.value()
		case "severity":
			s.severity, err = c.value()
		case "summary":
			s.summary, err = c.value()
		case "database_specific":
			s.own, err = c.value()
		case "affected":
			return c.array(func() error {
				a, err := c.affected()
				s.affected = append(s.affected, a)
				return err
			})
		default:
			_, err = c.value()
		}
		return err
	})
	if err == nil && len(s.id) < 3 {
		err = errJSON
	}
	return err
}

func (c *cursor) affected() (a said, err error) {
	c.space()
	start := c.i
	err = c.object(func(name []byte) (err error) {
		if string(name) != "package" || c.null() {
			_, err = c.skipped(name)
			return err
		}
		return c.object(func(name []byte) (err error) {
			switch string(name) {
			case "ecosystem":
				a.ecosystem, err = c.value()
			case "name":
				a.name, err = c.value()
			default:
				_, err = c.value()
			}
			return err
		})
	})
	a.all = c.b[start:c.i]
	return a, err
}

// skipped takes the value of a member that does not matter; package: null has been taken already.
func (c *cursor) skipped(name []byte) ([]byte, error) {
	if string(name) == "package" {
		return nil, nil
	}
	return c.value()
}

// full reads what an affected entry says of versions.
func (a said) full() (out osv.Affected, err error) {
	c := cursor{b: a.all}
	err = c.object(func(name []byte) (err error) {
		switch string(name) {
		case "package":
			if c.null() {
				return nil
			}
			p := &osv.Package{}
			out.Package = p
			return c.object(func(name []byte) (err error) {
				switch string(name) {
				case "ecosystem":
					p.Ecosystem, err = c.text()
				case "name":
					p.Name, err = c.text()
				default:
					_, err = c.value()
				}
				return err
			})
		case "ranges":
			return c.array(func() error {
				r, err := c.events()
				out.Ranges = append(out.Ranges, r)
				return err
			})
		case "versions":
			return c.array(func() error {
				v, err := c.text()
				out.Versions = append(out.Versions, v)
				return err
			})
		case "severity":
			b, err := c.value()
			if err == nil && json.Unmarshal(b, &out.Severity) != nil {
				err = errJSON
			}
			return err
		}
		_, err = c.value()
		return err
	})
	return out, err
}

func (c *cursor) events() (r osv.Range, err error) {
	err = c.object(func(name []byte) (err error) {
		switch string(name) {
		case "type":
			r.Type, err = c.text()
		case "repo":
			r.Repo, err = c.text()
		case "events":
			return c.array(func() error {
				var e osv.Event
				err := c.object(func(name []byte) (err error) {
					switch string(name) {
					case "introduced":
						e.Introduced, err = c.text()
					case "fixed":
						e.Fixed, err = c.text()
					case "last_affected":
						e.LastAffected, err = c.text()
					case "limit":
						e.Limit, err = c.text()
					default:
						_, err = c.value()
					}
					return err
				})
				r.Events = append(r.Events, e)
				return err
			})
		default:
			_, err = c.value()
		}
		return err
	})
	return r, err
}
