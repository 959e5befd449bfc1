// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

func lineAt(b []byte, offset int) int {
	return 1 + bytes.Count(b[:min(max(offset, 0), len(b))], []byte("\n"))
}

// A walker goes through a JSON text that is known to be well-formed.
type walker struct {
	b     []byte
	i     int
	path  path
	texts arena
}

// A path leads to where a reader is.
type path []step

// A step leads to a member of an object or, without a name, to an element of an array.
type step struct {
	name []byte
	n    int
}

// place says of what is refused where it stands.
func (w *walker) place(err error) error {
	return placed(err, w.path, func() int { return lineAt(w.b, w.i) })
}

// placed says of what is refused where it stands, unless that is known.
func placed(err error, at path, line func() int) error {
	if r := (*Refused)(nil); errors.As(err, &r) && r.Line == 0 {
		r.Field, r.Line = at.String()+r.Field, line()
	}
	return err
}

// String is the path as JSON would write it: "components[3].name".
func (p path) String() string {
	var s strings.Builder
	for i, x := range p {
		switch {
		case x.name == nil:
			s.WriteString("[" + strconv.Itoa(x.n) + "]")
		case i == 0:
			s.Write(x.name)
		default:
			s.WriteString("." + string(x.name))
		}
	}
	return s.String()
}

func (w *walker) blank() { w.i = blanks(w.b, w.i) }

// begins reports whether the next value begins with c, and passes over null, which stands for nothing anywhere.
func (w *walker) begins(c byte, example string) (bool, error) {
	w.blank()
	switch {
	case w.b[w.i] == c:
		return true, nil
	case w.b[w.i] == 'n':
		w.i += len("null")
		return false, nil
	}
	return false, w.place(&Refused{Rule: Type, Example: example})
}

// object calls member for every member; member must pass over the value.
func (w *walker) object(example string, member func(name []byte) error) error {
	if ok, err := w.begins('{', example); !ok {
		return err
	}
	w.i++
	depth := len(w.path)
	w.path = append(w.path, step{})
	for w.blank(); w.b[w.i] != '}'; w.blank() {
		if w.b[w.i] == ',' {
			w.i++
			w.blank()
		}
		name := w.raw()
		w.blank()
		w.i++ // the colon
		w.path[depth].name = name
		if err := member(name); err != nil {
			return err
		}
	}
	w.i++
	w.path = w.path[:depth]
	return nil
}

// array calls element for every element; element must pass over the value.
func (w *walker) array(example string, element func() error) error {
	if ok, err := w.begins('[', example); !ok {
		return err
	}
	w.i++
	depth, n := len(w.path), 0
	w.path = append(w.path, step{})
	for w.blank(); w.b[w.i] != ']'; w.blank() {
		if w.b[w.i] == ',' {
			w.i++
			w.blank()
		}
		w.path[depth].n = n
		if err := element(); err != nil {
			return err
		}
		n++
	}
	w.i++
	w.path = w.path[:depth]
	return nil
}

// text returns a value that is a text.
func (w *walker) text(example string) (string, error) {
	b, err := w.bytes(example)
	return w.texts.keep(b), err
}

// bytes returns a value that is a text, which must be copied to be kept.
func (w *walker) bytes(example string) ([]byte, error) {
	if ok, err := w.begins('"', example); !ok {
		return nil, err
	}
	return bytes.TrimSpace(w.raw()), nil
}

// raw reads the text at hand. It is never nil.
func (w *walker) raw() []byte {
	start := w.i
	if w.skipText() {
		return w.b[start+1 : w.i-1]
	}
	var s string
	if json.Unmarshal(w.b[start:w.i], &s) != nil {
		return []byte{}
	}
	return []byte(s)
}

// skipText passes over the text at hand and reports whether it has no escapes.
func (w *walker) skipText() (plain bool) {
	plain = true
	for w.i = stop(w.b, w.i+1); w.b[w.i] != '"'; w.i = stop(w.b, w.i+2) {
		plain = false
	}
	w.i++
	return plain
}

// skip passes over a value.
func (w *walker) skip() {
	w.blank()
	depth := 0
	for w.i < len(w.b) {
		switch w.b[w.i] {
		case '"':
			w.skipText()
			if depth == 0 {
				return
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // the end of what holds a number or a word
				return
			}
			if depth--; depth == 0 {
				w.i++
				return
			}
		case ',':
			if depth == 0 {
				return
			}
		}
		w.i++
	}
}
