// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Encode checks d and writes it in canonical form: keys sorted, times in UTC, two spaces a level, a line feed at the
// end. Equal documents give equal bytes, so that their hashes can be published beside them.
func (d Document) Encode() ([]byte, error) {
	d = d.utc()
	if err := d.Check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, fmt.Errorf("csaf: %w", err)
	}
	return b.Bytes(), nil
}

// utc returns d with every time in UTC, to the second.
func (d Document) utc() Document {
	t := &d.Document.Tracking
	t.InitialReleaseDate = second(t.InitialReleaseDate)
	t.CurrentReleaseDate = second(t.CurrentReleaseDate)
	t.RevisionHistory = append([]Revision(nil), t.RevisionHistory...)
	for i := range t.RevisionHistory {
		t.RevisionHistory[i].Date = second(t.RevisionHistory[i].Date)
	}
	if t.Generator != nil && t.Generator.Date != nil {
		g, at := *t.Generator, second(*t.Generator.Date)
		g.Date = &at
		t.Generator = &g
	}
	return d
}

func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

var notInNames = regexp.MustCompile(`[^+\-a-z0-9]+`)

// FileName is the name that the file of the document with this tracking id must have (section 5.1).
func FileName(id string) string {
	return notInNames.ReplaceAllString(strings.ToLower(strings.TrimSpace(id)), "_") + ".json"
}
