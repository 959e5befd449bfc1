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

// checkJSON bounds the depth of a JSON text and then holds it to be well-formed.
func checkJSON(b []byte) error {
	depth, text := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return &Refused{Rule: Depth, Limit: MaxDepth, Line: lineAt(b, i)}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if json.Valid(b) {
		return nil
	}
	r := &Refused{Rule: Syntax}
	var wrong *json.SyntaxError
	if errors.As(json.Unmarshal(b, &skipped{}), &wrong) {
		r.Line = lineAt(b, int(wrong.Offset))
	}
	return r
}

// skipped is a value that is looked at and not kept.
type skipped struct{}

func (*skipped) UnmarshalJSON([]byte) error { return nil }

func lineAt(b []byte, offset int) int {
	return 1 + bytes.Count(b[:min(max(offset, 0), len(b))], []byte("\n"))
}

// A walker goes through a JSON text that is known to be well-formed.
type walker struct {
	b    []byte
	i    int
	path path
}

// A path leads to where a reader is.
type path []step

// A step leads to a member of an object or, without a name, to an element of an array.
type step struct {
	name string
	n    int
}

func (w *walker) here() place {
	return place{field: w.path.String, line: func() int { return lineAt(w.b, w.i) }}
}

// String is the path as JSON would write it: "components[3].name".
func (p path) String() string {
	var s strings.Builder
	for i, x := range p {
		switch {
		case x.name == "":
			s.WriteString("[" + strconv.Itoa(x.n) + "]")
		case i == 0:
			s.WriteString(x.name)
		default:
			s.WriteString("." + x.name)
		}
	}
	return s.String()
}

func (w *walker) blank() {
	for w.i < len(w.b) && strings.IndexByte(" \t\r\n", w.b[w.i]) >= 0 {
		w.i++
	}
}

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
	return false, w.here().refuse(Refused{Rule: Type, Example: example})
}

// object calls member for every member; member must pass over the value.
func (w *walker) object(example string, member func(name string) error) error {
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

// members reads the members of an object that are named and passes over the others.
func (w *walker) members(read map[string]func() error) error {
	return w.object("{}", func(name string) error {
		if do, ok := read[name]; ok {
			return do()
		}
		w.skip()
		return nil
	})
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
	if ok, err := w.begins('"', example); !ok {
		return "", err
	}
	return strings.TrimSpace(w.raw()), nil
}

// raw reads the text at hand.
func (w *walker) raw() (s string) {
	start := w.i
	w.skipText()
	quoted := w.b[start:w.i]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	if json.Unmarshal(quoted, &s) != nil {
		return ""
	}
	return s
}

func (w *walker) skipText() {
	for w.i++; w.b[w.i] != '"'; w.i++ {
		if w.b[w.i] == '\\' {
			w.i++
		}
	}
	w.i++
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
