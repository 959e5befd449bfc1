// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/spec/csaf"
)

// metadata says where the platform distributes CSAF (section 7.1.7). Its role is provider: a trusted provider also
// signs every document.
func (s *Server) metadata(r *http.Request) (body, error) {
	return s.listed(r.Context(), "provider-metadata.json", func(_ []advisory.Advisory, now advisory.Stand) (body, error) {
		type feed struct {
			Summary string `json:"summary"`
			Label   string `json:"tlp_label"`
			URL     string `json:"url"`
		}
		type rolie struct {
			Feeds []feed `json:"feeds"`
		}
		type distribution struct {
			Directory string `json:"directory_url,omitempty"`
			Rolie     *rolie `json:"rolie,omitempty"`
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
			[]distribution{{Rolie: &rolie{[]feed{{"All advisories", csaf.White, s.Origin + rolieFeed}}}}, {Directory: s.Origin + "/csaf/"}},
			stamp(latest(now.At, epoch)), true, csaf.Version, true, publisher, "csaf_provider"})
	})
}

const rolieFeed = "/csaf/feed-tlp-white.json"

// rolie is the feed of all documents (RFC 8322; CSAF 2.0, section 7.1.15).
func (s *Server) rolie(r *http.Request) (body, error) {
	type link struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	}
	type category struct {
		Scheme string `json:"scheme"`
		Term   string `json:"term"`
	}
	type content struct {
		Type string `json:"type"`
		Src  string `json:"src"`
	}
	type format struct {
		Schema  string `json:"schema"`
		Version string `json:"version"`
	}
	type entry struct {
		ID        string  `json:"id"`
		Title     string  `json:"title"`
		Link      []link  `json:"link"`
		Published string  `json:"published"`
		Updated   string  `json:"updated"`
		Content   content `json:"content"`
		Format    format  `json:"format"`
	}
	type feed struct {
		ID       string     `json:"id"`
		Title    string     `json:"title"`
		Link     []link     `json:"link"`
		Category []category `json:"category"`
		Updated  string     `json:"updated"`
		Entry    []entry    `json:"entry"`
	}
	return s.listed(r.Context(), "rolie", func(all []advisory.Advisory, now advisory.Stand) (body, error) {
		f := feed{ID: "feed-tlp-white", Title: "TLP:WHITE advisories", Link: []link{{"self", s.Origin + rolieFeed}}, Updated: stamp(latest(now.At, epoch)), Entry: []entry{},
			Category: []category{{"urn:ietf:params:rolie:category:information-type", "csaf"}}}
		slices.SortStableFunc(all, func(a, b advisory.Advisory) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
		for _, a := range all {
			at := s.Origin + advisory.CSAFPath(a)
			f.Entry = append(f.Entry, entry{ID: a.Number, Title: a.Number + " " + a.Content.Title, Published: stamp(a.PublishedAt), Updated: stamp(a.UpdatedAt),
				Link:    []link{{"self", at}, {"hash", at + ".sha256"}, {"hash", at + ".sha512"}},
				Content: content{"application/json", at}, Format: format{"https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json", csaf.Version}})
		}
		return encoded(struct {
			Feed feed `json:"feed"`
		}{f})
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
