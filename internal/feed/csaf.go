// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/fault"
)

// document is one CSAF document, or its hash (CSAF 2.0, sections 7.1.2, 7.1.11 and 7.1.18).
func (s *Server) document(r *http.Request) (body, error) {
	name := r.PathValue("file")
	hash := path.Ext(name)
	if hash == ".sha256" || hash == ".sha512" {
		name = strings.TrimSuffix(name, hash)
	}
	number, ok := strings.CutSuffix(name, ".json")
	if !ok {
		return body{}, fault.Missing()
	}
	a, revs, err := s.Advisories.PublicByNumber(r.Context(), number)
	if err != nil {
		return body{}, err
	}
	if advisory.CSAFPath(a) != "/csaf/"+r.PathValue("year")+"/"+name { // an alias, another year, another spelling
		return body{}, fault.Missing()
	}
	b, err := s.Advisories.CSAF(a, revs).Encode()
	if err != nil {
		return body{}, fmt.Errorf("CSAF document of %s: %w", a.Number, err)
	}
	switch hash {
	case ".sha256":
		sum := sha256.Sum256(b)
		return hashed(sum[:], name, a.UpdatedAt), nil
	case ".sha512":
		sum := sha512.Sum512(b)
		return hashed(sum[:], name, a.UpdatedAt), nil
	}
	return body{bytes: b, media: "application/json", at: a.UpdatedAt}, nil
}

func hashed(sum []byte, name string, at time.Time) body {
	b := plain([]string{hex.EncodeToString(sum) + "  " + name})
	b.at = at
	return b
}

// below is where a document stands below /csaf/.
func below(a advisory.Advisory) string { return strings.TrimPrefix(advisory.CSAFPath(a), "/csaf/") }

// index lists all documents (section 7.1.12).
func (s *Server) index(r *http.Request) (body, error) {
	return s.listed(r.Context(), "index.txt", func(all []advisory.Advisory, _ advisory.Stand) (body, error) {
		var lines []string
		for _, a := range all {
			lines = append(lines, below(a))
		}
		slices.Sort(lines)
		return plain(lines), nil
	})
}

// changes lists all documents with the time of their last change, the newest first (section 7.1.13).
func (s *Server) changes(r *http.Request) (body, error) {
	return s.listed(r.Context(), "changes.csv", func(all []advisory.Advisory, _ advisory.Stand) (body, error) {
		slices.SortStableFunc(all, func(a, b advisory.Advisory) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
		var lines []string
		for _, a := range all {
			lines = append(lines, `"`+below(a)+`","`+stamp(a.UpdatedAt)+`"`)
		}
		b := plain(lines)
		b.media = "text/csv; charset=utf-8; header=absent"
		return b, nil
	})
}

// stamp writes a time as the documents do.
func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// years is the listing of the directory of all years (section 7.1.14).
func (s *Server) years(r *http.Request) (body, error) {
	b, err := s.index(r)
	names := []string{"changes.csv", "index.txt"}
	for line := range strings.Lines(string(b.bytes)) {
		if dir, _ := path.Split(line); !slices.Contains(names, dir) {
			names = append(names, dir)
		}
	}
	return listing("/csaf/", names, b.at), err
}

// year is the listing of the directory of one year; years without documents do not exist.
func (s *Server) year(r *http.Request) (body, error) {
	b, err := s.index(r)
	if err != nil {
		return body{}, err
	}
	var names []string
	for line := range strings.Lines(string(b.bytes)) {
		if dir, name := path.Split(strings.TrimSuffix(line, "\n")); dir == r.PathValue("year")+"/" {
			names = append(names, name, name+".sha256", name+".sha512")
		}
	}
	if names == nil {
		return body{}, fault.Missing()
	}
	return listing("/csaf/"+r.PathValue("year")+"/", names, b.at), nil
}

func listing(dir string, names []string, at time.Time) body {
	slices.Sort(names)
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>%[1]s</title></head>\n<body>\n<h1>%[1]s</h1>\n<ul>\n", html.EscapeString(dir))
	for _, n := range names {
		fmt.Fprintf(&b, "<li><a href=\"%[1]s\">%[1]s</a></li>\n", html.EscapeString(n))
	}
	b.WriteString("</ul>\n</body>\n</html>\n")
	return body{bytes: []byte(b.String()), media: "text/html; charset=utf-8", at: at}
}
