// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/bound"
)

func TestDocumentsKeepLimits(t *testing.T) {
	l := bound.Limits{Bytes: 100, Depth: 3, Values: 10}
	for doc, want := range map[string]error{
		"":                                  nil,
		`{"a":[{"b":1}]}`:                   nil,
		`{"a":"[[[[[[[[[[{{{{,,,,,,,,,,,"}`: nil,
		`{"a":"\"[[[[[[,,,,,,,,,,,"}`:       nil,
		`[[[[1]]]]`:                         bound.ErrDeep,
		`[1,2,3,4,5,6,7,8,9,10]`:            bound.ErrMany,
		`[{},{},{},{},{},{}]`:               bound.ErrMany,
		strings.Repeat(" ", 101):            bound.ErrLarge,
	} {
		if err := l.Check([]byte(doc)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", doc, err, want)
		}
	}
}
