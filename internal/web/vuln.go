// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/vuln"
)

// vulnList is what is publicly known, searched by words in either language or by any number.
func (s *Server) vulnList(v *view) error {
	q := v.URL.Query()
	x := vulnPage{Filter: vuln.Filter{Text: q.Get("q"), Ecosystem: q.Get("ecosystem"), Severity: vuln.Severity(q.Get("severity")), KEV: q.Get("kev") != "", Withdrawn: q.Get("withdrawn") != "", After: q.Get("after"), Limit: 50}}
	var err error
	if day := q.Get("since"); day != "" {
		if x.Since, err = time.Parse(time.DateOnly, day); err != nil {
			return v.see("/vulnerabilities")
		}
	}
	if x.Page, err = s.Vulns.List(v.Context(), x.Filter); err != nil {
		return err
	}
	if len(x.Named) == 1 && len(x.Items) == 0 && x.Next == "" && q.Get("stay") == "" { // the number of one: nobody has to choose
		return v.see(vulnHref(x.Named[0].Name))
	}
	if x.Counts, err = s.Vulns.Counts(v.Context()); err != nil {
		return err
	}
	return v.ok(vulnListPage(v, x))
}

// vulnPage is a part of the list of vulnerabilities with what was asked.
type vulnPage struct {
	vuln.Filter
	vuln.Page
	Counts vuln.Counts
}

// asked reports whether the list is narrowed.
func (x vulnPage) asked() bool {
	return x.Text != "" || x.Ecosystem != "" || x.Severity != "" || x.KEV || !x.Since.IsZero()
}

// next is the next page of the same list.
func (v *view) vulnNext(x vulnPage) string {
	if x.Next == "" {
		return ""
	}
	q := v.URL.Query()
	q.Set("after", x.Next)
	return "/vulnerabilities?" + q.Encode()
}

// vulnHref is the page of a vulnerability, by any of its names.
func vulnHref(name string) string { return "/vulnerabilities/" + url.PathEscape(name) }

// vulnShow is everything that is publicly known of one vulnerability and, to who is signed in, whom it concerns.
func (s *Server) vulnShow(v *view) error {
	d, err := s.Vulns.Get(v.Context(), v.PathValue("name"))
	if err != nil {
		return err
	}
	x := vulnDetail{Detail: d}
	if x.Concern, err = s.concern(v, d.Name); err != nil {
		return err
	}
	if c := x.Concern; c != nil && c.Products > 0 {
		g, err := s.Matches.KnownBlast(v.Context(), v.Actor, d.ID)
		if err != nil {
			return err
		}
		if x.Products, x.Orgs = g.Products, g.Orgs; len(g.Nodes) > 0 {
			x.Blast = v.blast(g)
		}
	}
	if x.Advisories, err = s.published(v, d); err != nil {
		return err
	}
	return v.ok(vulnDetailPage(v, x))
}

// vulnDetail is a vulnerability with what is known of it here.
type vulnDetail struct {
	vuln.Detail
	Concern        *match.Concern // nil for who has no products to ask about
	Blast          string         // picture of whom it hits, of what the reader sees; "" for nobody
	Products, Orgs int            // in it
	Advisories     []advisory.Advisory
}

// vulnDocument is a record's document as it came.
func (s *Server) vulnDocument(v *view) error {
	r, doc, err := s.Vulns.Document(v.Context(), vuln.Source(v.PathValue("source")), v.URL.Query().Get("key"))
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	v.w.Header().Set("Content-Disposition", "attachment; filename="+fileName(r))
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("X-Content-Type-Options", "nosniff")
	v.w.WriteHeader(http.StatusOK)
	v.w.Write(doc) //nolint:errcheck // the reader has gone
	return nil
}

// fileName is what a record's document is kept as: letters, digits and dashes of its name alone.
func fileName(r vuln.Record) string {
	name := []byte(r.Key)
	for i, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
			name[i] = '-'
		}
	}
	return string(name[:min(len(name), 80)]) + ".json"
}
