// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package bound looks at foreign JSON before anything is built from it: a few bytes can ask for a hundred times their
// size in memory, and for as many levels of recursion.
package bound

import (
	"bytes"
	"errors"
	"fmt"
)

// Limits of one document.
type Limits struct {
	Bytes  int
	Depth  int
	Values int
}

// Document is what one public record may hold. The largest real ones (advisories with thousands of products) stay
// below a third of it.
var Document = Limits{Bytes: 32 << 20, Depth: 100, Values: 1_000_000}

// Reasons for which a document is not read.
var (
	ErrLarge = errors.New("the document is too large")
	ErrDeep  = errors.New("the document is nested too deeply")
	ErrMany  = errors.New("the document holds too many values")
)

// Check says whether a document keeps the limits. It looks at brackets and commas outside strings and need not
// understand more.
func (l Limits) Check(b []byte) error {
	if len(b) > l.Bytes {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrLarge, len(b), l.Bytes)
	}
	depth, values := 0, 1
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := quoted(b[i+1:])
			if n < 0 {
				return nil // it ends within a string
			}
			i += n
			continue
		case '{', '[':
			depth++
			values++
		case '}', ']':
			depth--
			continue
		case ',':
			values++
		default:
			continue
		}
		if depth > l.Depth {
			return fmt.Errorf("%w: more than %d levels", ErrDeep, l.Depth)
		}
		if values > l.Values {
			return fmt.Errorf("%w: more than %d", ErrMany, l.Values)
		}
	}
	return nil
}

// quoted is how long a string is that begins at b, with the quotation mark that ends it, or -1.
func quoted(b []byte) int {
	for i := 0; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		end, slashes := i+n, 0
		for end-1-slashes >= 0 && b[end-1-slashes] == '\\' {
			slashes++
		}
		i = end + 1
		if slashes%2 == 0 {
			return i
		}
	}
}
