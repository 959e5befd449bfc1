// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/vers"
	"github.com/fengsui/fengsui/internal/vuln"
)

// The API of osv.dev (https://google.github.io/osv.dev/api/), over the public records that were imported and the
// platform's own advisories: scanners that speak it can be pointed here. What a query names is told to nobody and
// written nowhere.

// Limits, which are those of osv.dev.
const (
	maxQueries   = 1_000    // of a batch
	maxOfQuery   = 1_000    // records of one query on a page
	maxOfBatch   = 3_000    // records of all queries of a batch on a page
	maxAnswer    = 10 << 20 // bytes after which a page ends
	maxQueryBody = 4 << 20
	maxQueryID   = 100
)

// A rejection is what osv.dev answers instead: a code of gRPC with its HTTP status.
type rejection struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (r *rejection) Error() string { return r.Message }

// Codes of gRPC.
const (
	invalidArgument = 3
	notFound        = 5
	internal        = 13
)

var rejectionStatus = map[int]int{invalidArgument: http.StatusBadRequest, notFound: http.StatusNotFound, internal: http.StatusInternalServerError}

func invalid(message string) error { return &rejection{invalidArgument, message} }

// asked is a query as it comes. Clients write names of fields in either of JSON's two ways for protocol buffers.
type asked struct {
	Commit  *string `json:"commit"`
	Version *string `json:"version"`
	Package *struct {
		Name      string `json:"name"`
		Ecosystem string `json:"ecosystem"`
		PURL      string `json:"purl"`
	} `json:"package"`
	PageToken  string `json:"page_token"`
	PageToken2 string `json:"pageToken"`
}

// A query is what it comes to.
type query struct {
	none      bool // nothing can match: a commit, or a package URL of a type that no ecosystem has
	ecosystem string
	name      string
	version   string
	after     string // the last id of the page before
}

// parse reads a query by the rules of osv.dev.
func (a *asked) parse() (q query, err error) {
	if token := cmp.Or(a.PageToken, a.PageToken2); token != "" {
		b, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || len(b) > maxQueryID {
			return q, invalid("invalid cursor")
		}
		q.after = string(b)
	}
	if a.Commit != nil {
		if a.Version != nil {
			return q, invalid("invalid query")
		}
		if _, err := hex.DecodeString(*a.Commit); err != nil || *a.Commit == "" {
			return q, invalid("invalid hash")
		}
		q.none = true // records are kept by packages and versions
		return q, nil
	}
	if a.Version != nil {
		q.version = *a.Version
	}
	if a.Package == nil {
		return q, invalid("invalid query")
	}
	q.ecosystem, q.name = a.Package.Ecosystem, a.Package.Name
	if a.Package.PURL != "" {
		if err := q.purl(a.Package.PURL); err != nil || q.none {
			return q, err
		}
	}
	base, _, _ := strings.Cut(q.ecosystem, ":")
	switch {
	case q.ecosystem != "" && !known[base]:
		return q, invalid("invalid ecosystem")
	case q.name == "", q.ecosystem == "" && q.version == "":
		return q, invalid("invalid query")
	}
	return q, nil
}

// purl takes the package from a package URL.
func (q *query) purl(text string) error {
	switch {
	case q.name != "":
		return invalid("name specified in a PURL query")
	case q.ecosystem != "":
		return invalid("ecosystem specified in a PURL query")
	}
	p, err := purl.Parse(text)
	if err != nil {
		return invalid("invalid PURL")
	}
	if p.Version != "" {
		if q.version != "" {
			return invalid("version specified in params and PURL query")
		}
		q.version = p.Version
	}
	q.ecosystem, q.name, q.none = p.Ecosystem(), p.FullName(), p.Ecosystem() == ""
	if r := p.Release(); r != "" {
		q.ecosystem += ":" + r
	}
	return nil
}

// packages are where claims about the package stand: one place, or one in every ecosystem when none is named.
func (q query) packages() (out []vuln.Package) {
	if q.ecosystem != "" {
		return []vuln.Package{vuln.PackageOf(q.ecosystem, q.name)}
	}
	for e := range known {
		out = append(out, vuln.PackageOf(e, q.name))
	}
	return out
}

// match is the records that answer the query, by id.
func (q query) match(shelf map[vuln.Package][]entry) (out []entry) {
	for _, p := range q.packages() {
		ecosystem := cmp.Or(q.ecosystem, p.Ecosystem)
		key, _ := vers.Key(ecosystem, strings.TrimSpace(q.version))
		for _, e := range shelf[p] {
			if e.ID > q.after && e.answers(ecosystem, q.version, key) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(out, func(a, b entry) bool { return a.ID == b.ID })
}

// answers reports whether an entry is about the version, or without one about the package. A query that names no release
// of a distribution asks about every one.
func (e entry) answers(ecosystem, version string, key []byte) bool {
	if release, ok := strings.CutPrefix(e.Ecosystem, ecosystem+":"); ok && !strings.Contains(release, "//") { // a URL is another registry
		ecosystem = e.Ecosystem
	}
	v := e.Rule.Affects(ecosystem, version, key)
	if version == "" {
		return v.Reason != osv.OtherEcosystem
	}
	return v.State == osv.Hit
}

// osvQuery answers one query with whole records.
func (s *Server) osvQuery(w http.ResponseWriter, r *http.Request) {
	s.api(w, r, func(ctx context.Context) (any, error) {
		var a asked
		if err := decode(w, r, &a); err != nil {
			return nil, err
		}
		q, err := a.parse()
		if err != nil || q.none {
			return struct{}{}, err
		}
		var out struct {
			Vulns []json.RawMessage `json:"vulns,omitempty"`
			Next  string            `json:"next_page_token,omitempty"`
		}
		err = s.shelves.ask(ctx, s, []query{q}, func(tx *db.Tx, found [][]entry) error {
			out.Vulns = nil
			page := found[0][:min(len(found[0]), maxOfQuery)]
			size, last := 0, 0
			for part := range slices.Chunk(page, 100) {
				docs, err := s.documents(ctx, tx, part)
				if err != nil {
					return err
				}
				for _, d := range docs {
					out.Vulns = append(out.Vulns, d)
					size += len(d)
				}
				if last += len(part); size > maxAnswer {
					break
				}
			}
			if last < len(found[0]) {
				out.Next = token(found[0][last-1].ID)
			}
			return nil
		})
		return out, err
	})
}

// osvBatch answers many queries with the ids of records and when they changed.
func (s *Server) osvBatch(w http.ResponseWriter, r *http.Request) {
	s.api(w, r, func(ctx context.Context) (any, error) {
		var in struct {
			Queries []asked `json:"queries"`
		}
		if err := decode(w, r, &in); err != nil {
			return nil, err
		}
		if len(in.Queries) > maxQueries {
			return nil, invalid("too many queries")
		}
		qs := make([]query, len(in.Queries))
		for i := range in.Queries {
			var err error
			if qs[i], err = in.Queries[i].parse(); err != nil {
				var no *rejection
				if errors.As(err, &no) {
					err = invalid(fmt.Sprintf("error in query at index %d: %s", i, no.Message))
				}
				return nil, err
			}
		}
		type hit struct {
			ID       string    `json:"id"`
			Modified time.Time `json:"modified"`
		}
		type result struct {
			Vulns []hit  `json:"vulns,omitempty"`
			Next  string `json:"next_page_token,omitempty"`
		}
		out := struct {
			Results []result `json:"results"`
		}{make([]result, len(qs))}
		err := s.shelves.ask(ctx, s, qs, func(_ *db.Tx, found [][]entry) error {
			left := maxOfBatch
			for i, es := range found {
				out.Results[i] = result{}
				n := min(len(es), maxOfQuery, left)
				left -= n
				for _, e := range es[:n] {
					out.Results[i].Vulns = append(out.Results[i].Vulns, hit{e.ID, e.Modified.UTC()})
				}
				switch {
				case n == len(es):
				case n > 0:
					out.Results[i].Next = token(es[n-1].ID)
				default: // its first page is still to come
					out.Results[i].Next = token(cmp.Or(qs[i].after, " "))
				}
			}
			return nil
		})
		return out, err
	})
}

func token(after string) string { return base64.RawURLEncoding.EncodeToString([]byte(after)) }

// decode reads a query. What is unknown in it is passed over.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQueryBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return invalid("the query is too large")
	case err != nil:
		return invalid("the query did not arrive")
	case json.Unmarshal(b, into) != nil:
		return invalid("invalid JSON")
	}
	return nil
}

// api writes an answer or a rejection as osv.dev does.
func (s *Server) api(w http.ResponseWriter, r *http.Request, do func(context.Context) (any, error)) {
	status := http.StatusOK
	out, err := do(r.Context())
	if err != nil {
		var no *rejection
		if !errors.As(err, &no) {
			s.Log.ErrorContext(r.Context(), "query failed", "component", "feed", "path", r.URL.Path, "error", err)
			no = &rejection{internal, "the query cannot be answered now"}
		}
		out, status = no, rejectionStatus[no.Code]
	}
	b, err := json.Marshal(out)
	if err != nil {
		b, status = []byte(`{"code":13,"message":"the answer cannot be written"}`), http.StatusInternalServerError
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(status)
	w.Write(b) //nolint:errcheck // nobody is left to tell
}

// osvRecord is one OSV record as OSV's API answers it: one of the platform's own, or one that was imported.
func (s *Server) osvRecord(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if len(id) > maxQueryID {
		s.api(w, r, func(context.Context) (any, error) { return nil, invalid("ID is too long") })
		return
	}
	b, err := s.osv(r, id)
	if fault.Is(err, fault.NotFound) && s.Vulns != nil {
		b, err = s.imported(r.Context(), id)
	}
	if fault.Is(err, fault.NotFound) {
		s.api(w, r, func(ctx context.Context) (any, error) { return nil, s.unknown(ctx, id) })
		return
	}
	s.answer(func(*http.Request) (body, error) { return b, err })(w, r)
}

func (s *Server) imported(ctx context.Context, id string) (body, error) {
	r, doc, err := s.Vulns.Document(ctx, vuln.OSV, id)
	if err != nil {
		return body{}, err
	}
	return body{bytes: clean(doc), media: "application/json", at: r.Modified}, nil
}

// unknown says that there is no such record, and under which other names the vulnerability goes.
func (s *Server) unknown(ctx context.Context, id string) error {
	message := "Vulnerability not found"
	if s.Vulns != nil {
		err := s.Vulns.DB.View(ctx, func(tx *db.Tx) error {
			rs, err := s.Vulns.RecordsOf(ctx, tx, id)
			var others []string
			for _, r := range rs {
				if r.Source == vuln.OSV && r.Key != id {
					others = append(others, r.Key)
				}
			}
			if len(others) > 0 {
				message += ", but the following aliases were: " + strings.Join(others, " ")
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return &rejection{notFound, message}
}

// clean is a document without fields that are not the schema's, at which strict clients stop.
func clean(doc []byte) []byte {
	r, err := osv.Read(doc)
	if err != nil {
		return doc
	}
	b, err := json.Marshal(r)
	if err != nil {
		return doc
	}
	return b
}
