// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/spec/bound"
	"github.com/fengsui/fengsui/internal/spec/csaf"
	"github.com/fengsui/fengsui/internal/spec/cve"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

// Formats of public records.
const (
	FormatCVE  = "cve"  // CVE JSON 5.0 to 5.2
	FormatOSV  = "osv"  // OSV schema 1
	FormatCSAF = "csaf" // CSAF 2.0 and 2.1
)

// A Record is what one public source says of one find, as far as it matters for whom it thanks.
type Record struct {
	ID, FindID  string    `json:"-"`
	Format      string    `json:"-"`
	Name        string    `json:"-"` // the source's own: "CVE-2021-44228", "VENDOR/ADV-17#CVE-2021-44228"
	URL         string    `json:"-"` // https address under which it can be cited
	SHA256      string    `json:"-"` // of the JSON text, without white space around it
	Source      string    `json:"-"` // file name, as the importer gave it
	ImportedAt  time.Time `json:"-"`
	ImportedBy  string    `json:"-"` // account
	WithdrawnAt time.Time `json:"-"`
	PublicAt    time.Time `json:"-"`
	ModifiedAt  time.Time `json:"-"`
	Kept        bool      `json:"-"` // its bytes are

	Idents    []string `json:"idents"` // every number of the flaw, in one spelling, its own first
	Title     string   `json:"title,omitempty"`
	Thanks    []Thanks `json:"thanks,omitempty"`
	Issuers   []Issuer `json:"issuers,omitempty"`
	Dates     []Date   `json:"dates,omitempty"`
	Affected  []Ware   `json:"affected,omitempty"`
	withdrawn bool
}

// Thanks is one credit.
type Thanks struct {
	Field string   `json:"field"` // where it stands: "containers.cna.credits[0].value"
	Text  string   `json:"text"`
	Org   string   `json:"org,omitempty"`   // when the format has a field for it
	Names []string `json:"names,omitempty"` // likewise
	Links []string `json:"links,omitempty"`
	Role  string   `json:"role,omitempty"`  // in the words of CVE JSON: "finder", "coordinator" …; "" when it is not said
	Whole bool     `json:"whole,omitempty"` // stands for the whole document, not for one flaw of it
}

// Issuer is who assigned the number or published the record.
type Issuer struct {
	Field string `json:"field"`
	Name  string `json:"name"`
}

// What a date of a record says.
const (
	DateDiscovered = "discovered" // the record says that it was discovered then
	DateReported   = "reported"   // the record says that its maker was told then
	DateReserved   = "reserved"   // the number was reserved: somebody knew
	DatePublic     = "public"     // it was public: everybody could know
)

// Date is one date that a record gives.
type Date struct {
	What  string    `json:"what"`
	Field string    `json:"field"`
	Text  string    `json:"text,omitempty"` // what the record writes beside it
	At    time.Time `json:"at"`
}

// Ware is one product or package that a record names.
type Ware struct {
	PURL    string `json:"purl,omitempty"`
	Vendor  string `json:"vendor,omitempty"`
	Product string `json:"product,omitempty"`
}

// Refusal says why a document is no public record that can be compared: a text's key.
type Refusal string

// Error implements error.
func (r Refusal) Error() string { return string(r) }

// The refusals.
const (
	RefusedSyntax  Refusal = "credit.refused.syntax"
	RefusedFormat  Refusal = "credit.refused.format"
	RefusedVersion Refusal = "credit.refused.version"
	RefusedID      Refusal = "credit.refused.id"
	RefusedState   Refusal = "credit.refused.state"
	RefusedDraft   Refusal = "credit.refused.draft"
	RefusedBound   Refusal = "credit.refused.bound"
	RefusedURL     Refusal = "credit.refused.url"
)

// Limits on what is kept of a record.
const (
	maxThanks = 500
	maxDates  = 100
	maxWares  = 200
	maxIdents = 50
	maxLine   = 2_000 // characters of one text
)

// read reads a document in any of the formats: one record, or one for each flaw of an advisory. A document without
// anybody to thank is read as well, so that a later change of it is seen.
func read(doc []byte) (rs []Record, err error) {
	if err := bound.Document.Check(doc); err != nil {
		return nil, RefusedBound
	}
	var head struct {
		DataType string          `json:"dataType"`
		Document json.RawMessage `json:"document"`
		ID       json.RawMessage `json:"id"`
		Modified json.RawMessage `json:"modified"`
	}
	if err := json.Unmarshal(doc, &head); err != nil {
		return nil, RefusedSyntax
	}
	switch {
	case head.DataType != "":
		rs, err = readCVE(doc)
	case len(head.Document) > 0 && bytes.Contains(head.Document, []byte("csaf_version")):
		rs, err = readCSAF(doc)
	case len(head.ID) > 0 && len(head.Modified) > 0:
		rs, err = readOSV(doc)
	default:
		return nil, RefusedFormat
	}
	if err != nil {
		return nil, refusal(err)
	}
	for i := range rs {
		if err := rs[i].finish(); err != nil {
			return nil, err
		}
	}
	return rs, nil
}

func refusal(err error) error {
	var schema *osv.Refused
	switch {
	case errors.Is(err, cve.ErrSyntax), errors.Is(err, csaf.ErrSyntax), errors.Is(err, osv.ErrSyntax):
		return RefusedSyntax
	case errors.Is(err, cve.ErrVersion), errors.Is(err, csaf.ErrVersion):
		return RefusedVersion
	case errors.Is(err, cve.ErrID), errors.Is(err, csaf.ErrID), errors.As(err, &schema):
		return RefusedID
	case errors.Is(err, cve.ErrState):
		return RefusedState
	case errors.Is(err, csaf.ErrDraft):
		return RefusedDraft
	}
	return RefusedBound
}

// finish keeps a record within limits, sorts its dates, and refuses one that cannot be cited or named.
func (r *Record) finish() error {
	r.Title = line(r.Title)
	r.Thanks, r.Dates, r.Affected = r.Thanks[:min(len(r.Thanks), maxThanks)], r.Dates[:min(len(r.Dates), maxDates)], r.Affected[:min(len(r.Affected), maxWares)]
	for i := range r.Thanks {
		t := &r.Thanks[i]
		t.Text, t.Org = line(t.Text), line(t.Org)
		t.Names, t.Links = lines(t.Names), lines(t.Links)
	}
	for i := range r.Dates {
		r.Dates[i].Text = line(r.Dates[i].Text)
	}
	for i := range r.Issuers {
		r.Issuers[i].Name = line(r.Issuers[i].Name)
	}
	slices.SortStableFunc(r.Dates, func(a, b Date) int { return a.At.Compare(b.At) })
	var ids []string
	for _, id := range r.Idents {
		if id = ident(id); id != "" && !slices.Contains(ids, id) && len(ids) < maxIdents {
			ids = append(ids, id)
		}
	}
	if r.Idents = ids; len(ids) == 0 || len(r.Name) > 500 {
		return RefusedID
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(r.URL) > 500 {
		return RefusedURL
	}
	return nil
}

// line is a text as it is kept and shown: one line, without control characters, bounded.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))), " ")
	if rs := []rune(s); len(rs) > maxLine {
		return string(rs[:maxLine-1]) + "…"
	}
	return s
}

func lines(in []string) (out []string) {
	for _, s := range in[:min(len(in), 100)] {
		if s = line(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

var identForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:._/#-]{2,299}$`)

// ident is a number of a flaw in its one spelling: capital letters, but for the small ones that GitHub draws.
func ident(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if !identForm.MatchString(s) {
		return ""
	}
	if rest, ok := strings.CutPrefix(s, "GHSA-"); ok {
		return "GHSA-" + strings.ToLower(rest)
	}
	return s
}

var (
	saysFound    = regexp.MustCompile(`(?i)discover|\bfound\b|\bfind\b|identified|发现|察觉`)
	saysReported = regexp.MustCompile(`(?i)report|notif|disclosed to|contact|\bsent\b|\binform|submitted|报告|报送|告知|通知|通报|提交`)
	saysPublic   = regexp.MustCompile(`(?i)public|publish|\bdisclosed\b|disclosure|advisory|release|公开|发布|披露`)
)

// saysWhat puts a line of a time line among the dates, or says that it is about something else.
func saysWhat(text string) string {
	switch {
	case saysReported.MatchString(text) && !strings.Contains(strings.ToLower(text), "publicly"):
		return DateReported
	case saysFound.MatchString(text):
		return DateDiscovered
	case saysPublic.MatchString(text):
		return DatePublic
	case strings.Contains(strings.ToLower(text), "reserved"):
		return DateReserved
	}
	return ""
}

func (r *Record) date(what, field, text string, at time.Time) {
	if what != "" && !at.IsZero() {
		r.Dates = append(r.Dates, Date{what, field, text, at.UTC().Truncate(time.Microsecond)})
	}
}

func first(ts ...time.Time) time.Time {
	for _, t := range ts {
		if !t.IsZero() {
			return t.UTC().Truncate(time.Microsecond)
		}
	}
	return time.Time{}
}

func (r *Record) issuer(field, name string) {
	if name != "" && !slices.ContainsFunc(r.Issuers, func(x Issuer) bool { return x.Name == name }) {
		r.Issuers = append(r.Issuers, Issuer{field, name})
	}
}

func (r *Record) ware(w Ware) {
	if w.Product+w.PURL != "" && len(r.Affected) < maxWares && !slices.Contains(r.Affected, w) {
		w.PURL, w.Vendor, w.Product = line(w.PURL), line(w.Vendor), line(w.Product)
		r.Affected = append(r.Affected, w)
	}
}

// word leaves out what people write where they have nothing to say.
func word(s string) string {
	if s = strings.TrimSpace(s); strings.EqualFold(s, "n/a") || s == "-" || strings.EqualFold(s, "unknown") {
		return ""
	}
	return s
}
