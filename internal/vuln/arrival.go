// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"

	"github.com/fengsui/fengsui/internal/spec/bound"
	"github.com/fengsui/fengsui/internal/spec/cvss"
)

// reader is the version of the code that makes records of documents. When it grows, an import reads what it has
// already taken once more.
const reader = 1

// An arrival is a record on its way in.
type arrival struct {
	Record
	sum    [sha256.Size]byte
	names  []name
	claims []Claim
	words  []string // of title and summary
	body   []byte   // compressed
	old    *known   // nil for one that is new
	same   bool     // nothing but the time of import would change
}

// A Refusal says why a document was not taken.
type Refusal struct {
	File   string
	Field  string // path within the document, or ""
	Reason string // key of a text
	Detail string // what a program says of it, or ""
}

// Error implements error.
func (r *Refusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", r.File, r.Field, r.Reason, r.Detail))
}

// The reasons for a refusal.
const (
	RefusedSyntax  = "vuln.refused.syntax"
	RefusedFormat  = "vuln.refused.format"
	RefusedVersion = "vuln.refused.version"
	RefusedField   = "vuln.refused.field"
	RefusedDraft   = "vuln.refused.draft"
	RefusedBound   = "vuln.refused.bound"
	RefusedRead    = "vuln.refused.read"
	RefusedSealed  = "vuln.refused.digest"
)

// Limits on what is kept beside the document itself.
const (
	maxTitle   = 300   // characters
	maxSummary = 1_000 // characters
	maxClaims  = 20_000
)

func refuse(field, reason, detail string) error {
	return &Refusal{Field: field, Reason: reason, Detail: detail}
}

// bounded says why a document is too large, or nil.
func bounded(doc []byte) error {
	if err := bound.Document.Check(doc); err != nil {
		return refuse("", RefusedBound, err.Error())
	}
	return nil
}

// text is one line of at most most characters that both databases can store.
func text(s string, most int) string {
	if len(s) <= most && plainLine(s) {
		return s
	}
	s = strings.ToValidUTF8(s[:min(len(s), 4*most+utf8.UTFMax)], "\uFFFD")
	var b strings.Builder
	b.Grow(min(len(s), most+8))
	n, gap := 0, false
	for _, r := range s {
		switch {
		case r > ' ' && r < 0x7f:
		case unicode.IsSpace(r) || r == '\u2028':
			gap = true
			continue
		case unicode.IsControl(r):
			continue
		}
		if gap && n > 0 {
			b.WriteByte(' ')
			n++
		}
		gap = false
		if n++; n > most {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plainLine reports whether a text is one line of ASCII without blanks at its ends or side by side.
func plainLine(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return s == "" || last != ' '
}

// instant is a time that both databases keep alike, or none.
func instant(t time.Time) time.Time {
	if t.IsZero() || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// rate sets the score and severity of a record by the vectors that it gives: the highest counts.
func (r *Record) rate(vectors ...string) {
	best := -1
	for _, v := range vectors {
		x, err := cvss.Parse(strings.TrimSpace(v))
		if err != nil {
			continue
		}
		if score := int(x.Base*10 + 0.5); score > best {
			best = score
			r.CVSS, r.Score, r.Severity = x.String(), score, Severity(x.Severity)
		}
	}
}

// words for severities that records use without a vector.
var severityWords = map[string]Severity{"critical": "critical", "high": "high", "important": "high", "moderate": "medium", "medium": "medium", "low": "low", "none": "none",
	"informational": "none", "negligible": "low"}

// rateWord sets the severity by a word, when no vector has.
func (r *Record) rateWord(word string) {
	if r.Severity == "" {
		r.Severity = severityWords[strings.ToLower(strings.TrimSpace(word))]
	}
}

// finish keeps an arrival within limits, and compresses its document.
func (a *arrival) finish(doc []byte) error {
	a.Title, a.Summary, a.Issuer = text(a.Title, maxTitle), text(a.Summary, maxSummary), text(a.Issuer, maxName)
	if a.Title == "" {
		a.Title = text(a.Summary, 120)
	}
	a.words = a.Record.words()
	a.Published, a.Modified, a.Withdrawn = instant(a.Published), instant(a.Modified), instant(a.Withdrawn)
	a.Origin = text(a.Origin, 500)
	if !a.State.Live() {
		a.claims = nil
		for i := range a.names {
			a.names[i].joins = i == 0 // its own
		}
	}
	a.claims = a.claims[:min(len(a.claims), maxClaims)]
	for i := range a.claims {
		a.claims[i].N = i
	}
	if doc == nil { // another record of the document has it
		a.body = []byte{}
		return nil
	}
	var err error
	a.body, err = pack(doc)
	return err
}

// packers are used again: each takes much memory.
var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriterDict(io.Discard, flate.BestSpeed, dictionary)
	if err != nil {
		panic(err) // the level is known
	}
	return w
}}

// dictionary is what documents have in common, so that even a short one becomes shorter.
var dictionary = []byte(`{"schema_version":"1.7.0","id":"GHSA-","modified":"2026-","published":"2025-","withdrawn":"","aliases":["CVE-2025-"],"related":[],"summary":"","details":"### Impact\n\n### Patches\n\nvulnerability allows an attacker to execute arbitrary code","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},{"type":"CVSS_V4","score":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N"}],"affected":[{"package":{"ecosystem":"npm","name":"","purl":"pkg:npm/"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.0"}]},{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"last_affected":"` +
	`"}]},{"type":"GIT","repo":"https://github.com/"}],"versions":["1.0.0","1.0.1","2.0.0"],"ecosystem_specific":{"imports":[{"path":"","symbols":[""]}]},"database_specific":{"source":"https://"}}],"references":[{"type":"WEB","url":"https://github.com/"},{"type":"ADVISORY","url":"https://nvd.nist.gov/vuln/detail/CVE-"},{"type":"FIX","url":"https://"},{"type":"PACKAGE","url":"https://"}],"credits":[{"name":"","type":"FINDER"}],"database_specific":{"cwe_ids":["CWE-79"],"severity":"MODERATE","github_reviewed":true}}`)

func pack(doc []byte) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(doc)/3 + 64)
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&b)
	if _, err := w.Write(doc); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

var errPacked = errors.New("vuln: a document cannot be unpacked")

// unpackDoc is the document of pack.
func unpackDoc(b []byte) ([]byte, error) {
	r := flate.NewReaderDict(bytes.NewReader(b), dictionary)
	doc, err := io.ReadAll(io.LimitReader(r, int64(bound.Document.Bytes)+1))
	if err != nil || len(doc) > bound.Document.Bytes {
		return nil, errPacked
	}
	return doc, nil
}
