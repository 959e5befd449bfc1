// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/outbound"
)

// Limits of requests.
const (
	patience     = 30 * time.Second // until an answer begins
	maxDownload  = 16 << 30         // bytes of one file
	maxListing   = 64 << 20         // bytes of a list of documents
	maxRedirects = 5
)

// web reports whether a source is a URL.
func web(source string) bool {
	return strings.HasPrefix(source, "https://") || strings.HasPrefix(source, "http://")
}

// mayFetch says what is wrong with an address.
func (s *Service) mayFetch(u *url.URL) error {
	switch {
	case u.Host == "":
		return errors.New("the address names no host")
	case u.Scheme != "https" && (u.Scheme != "http" || !s.Private):
		return errors.New("the address is not https")
	case u.User != nil:
		return errors.New("the address holds a name or password")
	}
	return nil
}

var clients sync.Map // by whether private addresses are allowed

// client fetches from public addresses only, whatever a name, a redirect or a proxy says.
func (s *Service) client() *http.Client {
	if s.Client != nil {
		return s.Client
	}
	if c, ok := clients.Load(s.Private); ok {
		return c.(*http.Client)
	}
	d := &net.Dialer{Timeout: patience / 2}
	if !s.Private {
		d.Control = outbound.RefusePrivate
	}
	checker := &Service{Private: s.Private}
	c := &http.Client{
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirects")
			}
			return checker.mayFetch(r.URL)
		},
		Transport: &http.Transport{DialContext: d.DialContext, ForceAttemptHTTP2: true, MaxConnsPerHost: 8, MaxIdleConnsPerHost: 8, MaxResponseHeaderBytes: 64 << 10,
			ResponseHeaderTimeout: patience, TLSHandshakeTimeout: patience / 2, IdleConnTimeout: time.Minute},
	}
	kept, _ := clients.LoadOrStore(s.Private, c)
	return kept.(*http.Client)
}

// errUnchanged says that nothing has changed since the last time.
var errUnchanged = errors.New("vuln: not modified")

// A mark is what a server gave for asking again.
type mark struct{ etag, modified string }

// get begins to fetch; the caller closes the body. An answer other than 200 is an error: errUnchanged for 304.
func (s *Service) get(ctx context.Context, address string, m mark) (*http.Response, error) {
	u, err := url.Parse(address)
	if err == nil {
		err = s.mayFetch(u)
	}
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "Fengsui")
	if m.etag != "" {
		r.Header.Set("If-None-Match", m.etag)
	}
	if m.modified != "" {
		r.Header.Set("If-Modified-Since", m.modified)
	}
	rs, err := s.client().Do(r)
	if err != nil {
		return nil, err
	}
	switch rs.StatusCode {
	case http.StatusOK:
		return rs, nil
	case http.StatusNotModified:
		err = errUnchanged
	default:
		err = fmt.Errorf("%s answered %d", u.Host+u.Path, rs.StatusCode)
	}
	return nil, errors.Join(err, rs.Body.Close())
}

// fetch is a whole answer of at most most bytes.
func (s *Service) fetch(ctx context.Context, address string, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*patience)
	defer cancel()
	rs, err := s.get(ctx, address, mark{})
	if err != nil {
		return nil, err
	}
	defer rs.Body.Close()
	return readMost(rs.Body, most)
}

// importURL downloads a file, unless it is the same as the last time, and imports it. A CSAF provider is asked document
// by document.
func (s *Service) importURL(ctx context.Context, by member.Actor, in Input) (Run, error) {
	u, err := url.Parse(in.Source)
	if err == nil {
		err = s.mayFetch(u)
	}
	if err != nil {
		return Run{}, fault.FieldError("source", "vuln.rule.source", "https://osv.example.org/npm/all.zip")
	}
	if in.Kind == "csaf" && !isArchive(u.Path) && !lines(strings.ToLower(u.Path)) {
		return s.importProvider(ctx, by, in, u)
	}
	last, err := s.lastMark(ctx, in.Kind, in.Source)
	if err != nil {
		return Run{}, err
	}
	file, now, err := s.download(ctx, in.Source, last)
	if errors.Is(err, errUnchanged) {
		return s.during(ctx, by, in, "", 0, func(context.Context, *Run) error { return nil })
	}
	if err != nil {
		return Run{}, fmt.Errorf("import %s: %w", in.Kind, err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return Run{}, fmt.Errorf("import %s: %w", in.Kind, err)
	}
	in.fingerprint = hex.EncodeToString(sum.Sum([]byte(fmt.Sprint(reader))))
	from := in.Source
	in.Source = file.Name()
	r, err := s.importPath(ctx, by, in)
	if err == nil && r.State == Done {
		err = s.noteMark(ctx, in.Kind, from, now)
	}
	return r, err
}

// download puts a file into scratch, under a name that ends as the address does.
func (s *Service) download(ctx context.Context, address string, last mark) (f *os.File, now mark, err error) {
	rs, err := s.get(ctx, address, last)
	if err != nil {
		return nil, mark{}, err
	}
	defer rs.Body.Close()
	base := path.Base(rs.Request.URL.Path)
	if i := strings.IndexByte(base, '.'); i >= 0 {
		base = base[i:]
	} else {
		base = ".json"
	}
	if len(base) > 40 || strings.ContainsAny(base, `/\*`) {
		base = ".json"
	}
	if f, err = os.CreateTemp(s.Scratch, "import-*"+base); err != nil {
		return nil, mark{}, err
	}
	n, err := io.Copy(f, io.LimitReader(rs.Body, maxDownload+1))
	if err == nil && n > maxDownload {
		err = fmt.Errorf("the file has more than %d GiB", int64(maxDownload)>>30)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, mark{}, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return f, mark{text(rs.Header.Get("ETag"), 300), text(rs.Header.Get("Last-Modified"), 100)}, nil
}

func (s *Service) lastMark(ctx context.Context, kind, source string) (m mark, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err = db.Get(ctx, tx, func(r db.Row) (m mark, err error) { return m, r.Scan(&m.etag, &m.modified) }, `SELECT etag, modified FROM import_source WHERE kind = $1 AND source = $2`, kind, source)
		if fault.Is(err, fault.NotFound) {
			err = nil
		}
		return err
	})
	return m, err
}

func (s *Service) noteMark(ctx context.Context, kind, source string, m mark) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO import_source (kind, source, etag, modified, run_id, failures) VALUES ($1,$2,$3,$4,'',0)
			ON CONFLICT (kind, source) DO UPDATE SET etag = excluded.etag, modified = excluded.modified`, kind, source, m.etag, m.modified)
		return err
	})
}
