// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// stop returns where b[i:] has its first quotation mark, backslash or control character, or len(b). It looks at eight
// bytes at a time: most of a document is inside of texts.
func stop(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		quote, slash := v^('"'*everyByte), v^('\\'*everyByte)
		found := ((quote - everyByte) &^ quote) | ((slash - everyByte) &^ slash) | ((v - ' '*everyByte) &^ v)
		if found &= highBits; found != 0 { // the lowest mark is right, those above it may not be
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// A member of the outermost object.
type member struct {
	name, value int // where they begin
	commas      int // between what the value itself holds
}

// checkJSON holds a text to be well-formed JSON (RFC 8259) of bounded depth, in one pass, and calls found for every member
// of the outermost object when its value has ended.
func checkJSON(b []byte, found func(member)) error {
	var open [MaxDepth]byte // what closes each level
	depth, i := 0, blanks(b, 0)
	var at member // of the outermost object, once there is one
	wrong := func() error { return &Refused{Rule: Syntax, Line: lineAt(b, i)} }
	for {
		// a value begins here
		if i >= len(b) {
			return wrong()
		}
		switch c := b[i]; c {
		case '{', '[':
			if depth == MaxDepth {
				return &Refused{Rule: Depth, Limit: MaxDepth, Line: lineAt(b, i)}
			}
			open[depth] = c + 2 // "{" and "}", "[" and "]" lie two apart
			depth++
			if i = blanks(b, i+1); i < len(b) && b[i] == c+2 {
				break // empty: closed below
			}
			if c == '{' {
				name := i
				if i = key(b, i); i < 0 {
					i = len(b)
					return wrong()
				}
				if depth == 1 {
					at = member{name: name, value: i}
				}
			}
			continue
		case '"':
			end := checkText(b, i)
			if end < 0 {
				return wrong()
			}
			i = blanks(b, end)
		case 't', 'f', 'n':
			word := map[byte]string{'t': "true", 'f': "false", 'n': "null"}[c]
			if !bytes.HasPrefix(b[i:], []byte(word)) {
				return wrong()
			}
			i = blanks(b, i+len(word))
		default:
			end := checkNumber(b, i)
			if end < 0 {
				return wrong()
			}
			i = blanks(b, end)
		}
		// a value ended before here, or one is empty and not closed yet
		for ; depth > 0 && i < len(b) && b[i] == open[depth-1]; i = blanks(b, i+1) {
			depth--
		}
		switch {
		case depth == 0 && i == len(b):
			if at.value > 0 {
				found(at)
			}
			return nil
		case depth == 0 || i == len(b) || b[i] != ',':
			return wrong()
		case depth == 2:
			at.commas++
		}
		i = blanks(b, i+1)
		if open[depth-1] == '}' {
			name := i
			if i = key(b, i); i < 0 {
				i = name
				return wrong()
			}
			if depth == 1 {
				found(at)
				at = member{name: name, value: i}
			}
		}
	}
}

func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// key passes over a member's name and its colon; -1 where there is none.
func key(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	if i = checkText(b, i); i < 0 {
		return -1
	}
	if i = blanks(b, i); i >= len(b) || b[i] != ':' {
		return -1
	}
	return blanks(b, i+1)
}

// checkText returns the end of the text that begins at i, or -1.
func checkText(b []byte, i int) int {
	for i++; ; {
		if i = stop(b, i); i >= len(b) || b[i] < ' ' {
			return -1
		}
		if b[i] == '"' {
			return i + 1
		}
		if i++; i >= len(b) {
			return -1
		}
		if b[i] != 'u' {
			if strings.IndexByte(`"\/bfnrt`, b[i]) < 0 {
				return -1
			}
			i++
			continue
		}
		i++
		for end := i + 4; i < end; i++ {
			if i >= len(b) || !hex(b[i]) {
				return -1
			}
		}
	}
}

func hex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// checkNumber returns the end of the number that begins at i, or -1.
func checkNumber(b []byte, i int) int {
	digits := func() bool {
		start := i
		for i < len(b) && '0' <= b[i] && b[i] <= '9' {
			i++
		}
		return i > start
	}
	if b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case !digits():
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return -1
		}
	}
	return i
}

// An arena keeps many short texts in few pieces of memory.
type arena struct {
	piece strings.Builder
	size  int // of the piece
}

// keep returns b as a text of its own.
func (a *arena) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if a.size-a.piece.Len() < len(b) {
		a.size = max(min(2*a.size, 64<<10), 1<<10, len(b))
		a.piece = strings.Builder{}
		a.piece.Grow(a.size)
	}
	start := a.piece.Len()
	a.piece.Write(b)
	return a.piece.String()[start:]
}
