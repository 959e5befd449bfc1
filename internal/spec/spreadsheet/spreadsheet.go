// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package spreadsheet writes CSV (RFC 4180) that spreadsheets open as it is meant: a byte order mark tells them that it is UTF-8,
// and no cell is a formula, whoever wrote what is in it.
package spreadsheet

import (
	"encoding/csv"
	"io"
	"regexp"
	"strings"
)

// A Writer writes rows. After an error it writes nothing more; every call returns the first one.
type Writer struct {
	enc *csv.Writer
	err error
}

// New begins a sheet.
func New(w io.Writer) *Writer {
	_, err := io.WriteString(w, "\uFEFF")
	s := &Writer{csv.NewWriter(w), err}
	s.enc.UseCRLF = true
	return s
}

// Row writes a row, each cell made harmless.
func (s *Writer) Row(cells ...string) error {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = Harmless(c)
	}
	if s.err == nil {
		s.err = s.enc.Write(row)
	}
	return s.err
}

// Flush writes what has been kept back.
func (s *Writer) Flush() error {
	if s.enc.Flush(); s.err == nil {
		s.err = s.enc.Error()
	}
	return s.err
}

// number is what spreadsheets read as one, and nothing else.
var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// Harmless is a cell that no spreadsheet takes for a formula: what begins like one, behind whatever blanks and in whatever
// width, gets an apostrophe before it. Numbers stay numbers.
func Harmless(s string) string {
	text := strings.TrimSpace(s)
	if s == "" || number.MatchString(s) || !strings.ContainsRune("\t\r\n", rune(s[0])) && (text == "" || !strings.ContainsRune("=+-@＝＋－＠", []rune(text)[0])) {
		return s
	}
	return "'" + s
}
