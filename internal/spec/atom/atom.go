// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package atom writes feeds in the Atom Syndication Format (RFC 4287).
package atom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// MediaType of a feed.
const MediaType = "application/atom+xml; charset=utf-8"

// A Feed is a list of entries, the newest first by convention.
type Feed struct {
	ID         string // permanent and universally unique: an IRI that never changes (section 4.2.6)
	Title      string
	Subtitle   string
	Lang       string // BCP 47
	Updated    time.Time
	Self       string // URL of this feed
	Page       string // URL of the page that people read instead
	Author     Person
	Generator  string
	Rights     string
	Translated []Link // the same feed in other languages
	Entries    []Entry
}

// A Person or body.
type Person struct{ Name, URI, Email string }

// A Link to another form of the same thing.
type Link struct{ Type, Lang, Title, URL string }

// An Entry is one item. Texts are plain.
type Entry struct {
	ID                 string // as Feed.ID
	Title              string
	URL                string // page that people read
	Published, Updated time.Time
	Summary            string
	Categories         []Category
	Links              []Link // the same thing for machines
}

// A Category is a word of a vocabulary.
type Category struct {
	Scheme string // IRI of the vocabulary, or ""
	Term   string
	Label  string
}

// Errors of encoding.
var (
	// ErrID: an id is no absolute IRI, or two entries share one.
	ErrID = errors.New("atom: id")
	// ErrRequired: a title, a time or the author is missing.
	ErrRequired = errors.New("atom: required")
)

// Encode writes the feed. Characters that XML cannot hold become U+FFFD. Its errors wrap ErrID or ErrRequired.
func (f Feed) Encode() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(f.element()); err != nil {
		return nil, fmt.Errorf("atom: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// check holds the feed to sections 4.1.1 and 4.1.2.
func (f Feed) check() error {
	if f.Title == "" || f.Updated.IsZero() || f.Author.Name == "" {
		return fmt.Errorf("%w: feed", ErrRequired)
	}
	seen := map[string]bool{}
	for i, id := range append([]string{f.ID}, ids(f.Entries)...) {
		if u, err := url.Parse(id); err != nil || !u.IsAbs() || seen[id] {
			return fmt.Errorf("%w of element %d", ErrID, i)
		}
		seen[id] = true
	}
	for i, e := range f.Entries {
		if e.Title == "" || e.Updated.IsZero() || e.URL == "" {
			return fmt.Errorf("%w: entry %d", ErrRequired, i)
		}
	}
	return nil
}

func ids(es []Entry) (out []string) {
	for _, e := range es {
		out = append(out, e.ID)
	}
	return out
}
