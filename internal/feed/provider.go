// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/spec/csaf"
)

// metadata says where the platform distributes CSAF (section 7.1.7). Its role is provider, and it distributes by
// directory: a trusted provider also signs every document, and downloaders pass over the entries of a ROLIE feed that
// name no signature.
func (s *Server) metadata(r *http.Request) (body, error) {
	return s.listed(r.Context(), "provider-metadata.json", func(_ []advisory.Advisory, now advisory.Stand) (body, error) {
		type distribution struct {
			Directory string `json:"directory_url"`
		}
		// the publisher exactly as the documents name it
		publisher := s.Advisories.CSAF(advisory.Advisory{}, nil).Document.Publisher
		return encoded(struct {
			CanonicalURL  string         `json:"canonical_url"`
			Distributions []distribution `json:"distributions"`
			LastUpdated   string         `json:"last_updated"`
			List          bool           `json:"list_on_CSAF_aggregators"`
			Version       string         `json:"metadata_version"`
			Mirror        bool           `json:"mirror_on_CSAF_aggregators"`
			Publisher     csaf.Publisher `json:"publisher"`
			Role          string         `json:"role"`
		}{s.Origin + "/.well-known/csaf/provider-metadata.json",
			[]distribution{{s.Origin + "/csaf/"}},
			stamp(latest(now.At, epoch)), true, csaf.Version, true, publisher, "csaf_provider"})
	})
}

func encoded(v any) (body, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return body{bytes: b.Bytes(), media: "application/json"}, err
}

// expiry is how far ahead security.txt expires, renewed on the first of every month; RFC 9116 wants less than a year.
const expiry = 6

// securityTxt says whom to tell about a flaw in the platform itself, and where its advisories are (RFC 9116; CSAF 2.0,
// section 7.1.8).
func (s *Server) securityTxt(*http.Request) (body, error) {
	now := s.Advisories.DB.Clock.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	contact := strings.TrimSpace(s.Advisories.Publisher.Contact)
	switch {
	case contact == "":
		contact = s.Origin + "/"
	case !strings.Contains(contact, ":"):
		contact = "mailto:" + contact
	}
	b := plain([]string{"Contact: " + contact, "Expires: " + stamp(month.AddDate(0, expiry, 0)), "Preferred-Languages: zh-CN, en",
		"Canonical: " + s.Origin + "/.well-known/security.txt", "CSAF: " + s.Origin + "/.well-known/csaf/provider-metadata.json"})
	b.at = month
	return b, nil
}
