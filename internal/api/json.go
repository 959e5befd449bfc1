// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fengsui/fengsui/internal/evidence"
)

// Bounds of a JSON body beside its size. A few bytes of JSON can ask for a hundred times their size in memory: the
// bounds are looked at before anything is built.
const (
	maxDepth  = 32
	maxValues = 100_000
)

// Reasons for which a body is not read; newProblem puts them into words. None of them holds a part of the body.
var (
	errDeep = errors.New("too deep")
	errMany = errors.New("too many values")
)

// errSyntax says where a body stops being JSON.
type errSyntax int64

// Error implements error.
func (e errSyntax) Error() string { return fmt.Sprintf("no JSON at byte %d", int64(e)) }

// jsonFormat reads JSON within bounds, and writes receipts in the one form that verifies.
var jsonFormat = huma.Format{Marshal: writeJSON, Unmarshal: readJSON}

func readJSON(b []byte, v any) error {
	if err := bounded(b); err != nil {
		return err
	}
	err := json.Unmarshal(b, v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return errSyntax(syntax.Offset)
	}
	return err
}

// bounded looks at the brackets and commas outside strings; it need not understand more to count depth and values.
func bounded(b []byte) error {
	depth, values, quoted := 0, 1, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
		if depth > maxDepth {
			return errDeep
		}
		if values > maxValues {
			return errMany
		}
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	if r, ok := v.(evidence.Receipt); ok {
		_, err := w.Write(r.Encode())
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
