// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package jsonfeed writes feeds as JSON Feed 1.1 (jsonfeed.org).
package jsonfeed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// MediaType of a feed, and Version by which readers know it.
const (
	MediaType = "application/feed+json"
	Version   = "https://jsonfeed.org/version/1.1"
)

// A Feed is a list of items, the newest first by convention.
type Feed struct {
	Version     string   `json:"version"`
	Title       string   `json:"title"`
	Page        string   `json:"home_page_url,omitempty"`
	Self        string   `json:"feed_url,omitempty"`
	Description string   `json:"description,omitempty"`
	Lang        string   `json:"language,omitempty"` // BCP 47
	Authors     []Author `json:"authors,omitempty"`
	Items       []Item   `json:"items"`
}

// An Author is a person or body.
type Author struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// An Item is one entry. Its text is plain.
type Item struct {
	ID          string       `json:"id"` // never changes
	URL         string       `json:"url,omitempty"`
	Title       string       `json:"title,omitempty"`
	Text        string       `json:"content_text"`
	Published   time.Time    `json:"date_published,omitzero"`
	Modified    time.Time    `json:"date_modified,omitzero"`
	Tags        []string     `json:"tags,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// An Attachment is the same thing for machines.
type Attachment struct {
	URL   string `json:"url"`
	Type  string `json:"mime_type"`
	Title string `json:"title,omitempty"`
}

// ErrRequired: a title or an id is missing, two items share an id, or an address is no URL.
var ErrRequired = errors.New("jsonfeed: required")

// Encode writes the feed. Its errors wrap ErrRequired.
func (f Feed) Encode() ([]byte, error) {
	f.Version = Version
	if f.Title == "" {
		return nil, fmt.Errorf("%w: title", ErrRequired)
	}
	if f.Items == nil {
		f.Items = []Item{}
	}
	seen := map[string]bool{}
	for i, x := range f.Items {
		if x.ID == "" || seen[x.ID] {
			return nil, fmt.Errorf("%w: id of item %d", ErrRequired, i)
		}
		seen[x.ID] = true
		for _, a := range x.Attachments {
			if u, err := url.Parse(a.URL); err != nil || !u.IsAbs() || a.Type == "" {
				return nil, fmt.Errorf("%w: attachment of item %d", ErrRequired, i)
			}
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("jsonfeed: %w", err)
	}
	return b.Bytes(), nil
}
