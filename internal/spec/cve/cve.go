// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package cve reads CVE records (CVE JSON 5.0 to 5.2): who is thanked for a flaw and as what, who assigned the number,
// which dates the record gives, and which versions of what it calls affected. It writes none.
package cve

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/spec/bound"
)

// A Record is one CVE record, as far as it is read.
type Record struct {
	DataType    string     `json:"dataType"`
	DataVersion string     `json:"dataVersion"`
	Metadata    Metadata   `json:"cveMetadata"`
	Containers  Containers `json:"containers"`
}

// The states of a record.
const (
	Published = "PUBLISHED"
	Rejected  = "REJECTED"
)

// Metadata is what the CVE programme says of the record.
type Metadata struct {
	CVEID             string `json:"cveId"`
	AssignerOrgID     string `json:"assignerOrgId"`
	AssignerShortName string `json:"assignerShortName"`
	State             string `json:"state"`
	DateReserved      Time   `json:"dateReserved"`
	DatePublished     Time   `json:"datePublished"`
	DateUpdated       Time   `json:"dateUpdated"`
	DateRejected      Time   `json:"dateRejected"`
}

// Containers holds what the assigner says, and what others add.
type Containers struct {
	CNA Container   `json:"cna"`
	ADP []Container `json:"adp"`
}

// Container is what one organisation says of the flaw.
type Container struct {
	Provider     Provider    `json:"providerMetadata"`
	Title        string      `json:"title"`
	DateAssigned Time        `json:"dateAssigned"`
	DatePublic   Time        `json:"datePublic"`
	Descriptions []Text      `json:"descriptions"`
	Affected     []Affected  `json:"affected"`
	Applies      Applies     `json:"cpeApplicability"`
	References   []Reference `json:"references"`
	Credits      []Credit    `json:"credits"`
	Timeline     []Entry     `json:"timeline"`
	Source       Source      `json:"source"`
}

// Provider names the organisation that wrote a container.
type Provider struct {
	OrgID       string `json:"orgId"`
	ShortName   string `json:"shortName"`
	DateUpdated Time   `json:"dateUpdated"`
}

// Text is a text in a language (BCP 47).
type Text struct {
	Lang  string `json:"lang"`
	Value string `json:"value"`
}

// Affected names one product or package, and its versions.
type Affected struct {
	Vendor        string   `json:"vendor"`
	Product       string   `json:"product"`
	CollectionURL string   `json:"collectionURL"`
	PackageName   string   `json:"packageName"`
	PackageURL    string   `json:"packageURL"` // without version, since 5.2
	Repo          string   `json:"repo"`
	CPEs          Texts    `json:"cpes"`
	Platforms     Texts    `json:"platforms"`
	DefaultStatus Status   `json:"defaultStatus"` // of versions that are not listed; "" is StatusUnknown
	Versions      Versions `json:"versions"`
}

// Reference is a link to more.
type Reference struct {
	URL  string   `json:"url"`
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

// The types of a Credit; a record may leave it out.
const (
	Finder               = "finder"
	Reporter             = "reporter"
	Analyst              = "analyst"
	Coordinator          = "coordinator"
	RemediationDeveloper = "remediation developer"
	RemediationReviewer  = "remediation reviewer"
	RemediationVerifier  = "remediation verifier"
	Tool                 = "tool"
	Sponsor              = "sponsor"
	Other                = "other"
)

// Credit thanks somebody, in free text.
type Credit struct {
	Lang  string `json:"lang"`
	Value string `json:"value"`
	Type  string `json:"type"`
}

// Entry is a line of the record's own time line.
type Entry struct {
	Time  Time   `json:"time"`
	Lang  string `json:"lang"`
	Value string `json:"value"`
}

// Source says where the assigner has the flaw from. Advisory is text, or a list of texts in older records.
type Source struct {
	Advisory Texts `json:"advisory"`
}

// Texts is one text or several.
type Texts []string

// UnmarshalJSON reads a text or a list of them; anything else, which people do write there, is nothing.
func (t *Texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = Texts{one}
		return nil
	}
	var many []json.RawMessage
	if json.Unmarshal(b, &many) != nil {
		return nil
	}
	for _, m := range many {
		if json.Unmarshal(m, &one) == nil {
			*t = append(*t, one)
		}
	}
	return nil
}

// Time is an instant of a record. The schema allows times without a zone, which are UTC; what cannot be read as a time
// is none, because one slip in a date must not hide whom the record thanks.
type Time struct{ time.Time }

var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", time.DateOnly}

// UnmarshalJSON reads a time.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, strings.ToUpper(strings.TrimSpace(s))); err == nil && at.Year() >= 1990 && at.Year() < 2200 {
			t.Time = at.UTC()
			return nil
		}
	}
	return nil
}

// Reasons for which a document is no record.
var (
	ErrSyntax  = errors.New("cve: this is no JSON of a CVE record")
	ErrVersion = errors.New("cve: the record is not in version 5 of the format")
	ErrID      = errors.New("cve: cveMetadata.cveId is not of the form CVE-2021-44228")
	ErrState   = errors.New("cve: cveMetadata.state is neither PUBLISHED nor REJECTED")
)

var (
	idForm   = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)
	ghsaForm = regexp.MustCompile(`(?i)\bGHSA(?:-[23456789cfghjmpqrvwx]{4}){3}\b`)
)

// Limits on what one container holds; the largest real records stay far below.
const (
	maxCredits    = 2_000
	maxEntries    = 2_000
	maxAffected   = 20_000
	maxReferences = 2_000
	maxVersions   = 4_000 // of one product
)

// Read reads one record within bounds.
func Read(b []byte) (Record, error) {
	var r Record
	if err := bound.Document.Check(b); err != nil {
		return Record{}, fmt.Errorf("cve: %w", err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return Record{}, ErrSyntax
	}
	switch {
	case r.DataType != "CVE_RECORD" || !strings.HasPrefix(r.DataVersion, "5."):
		return Record{}, ErrVersion
	case !idForm.MatchString(r.Metadata.CVEID):
		return Record{}, ErrID
	case r.Metadata.State != Published && r.Metadata.State != Rejected:
		return Record{}, ErrState
	}
	for _, c := range append([]*Container{&r.Containers.CNA}, pointers(r.Containers.ADP)...) {
		c.Credits, c.Timeline = most(c.Credits, maxCredits), most(c.Timeline, maxEntries)
		c.Affected, c.References = most(c.Affected, maxAffected), most(c.References, maxReferences)
	}
	return r, nil
}

func pointers[T any](list []T) (out []*T) {
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}

func most[T any](list []T, n int) []T { return list[:min(len(list), n)] }

// Credits are the credits of all containers, the assigner's first.
func (r Record) Credits() []Credit {
	out := slices.Clone(r.Containers.CNA.Credits)
	for _, c := range r.Containers.ADP {
		out = append(out, c.Credits...)
	}
	return out
}

// Title is the record's title, or the beginning of its description.
func (r Record) Title() string {
	cna := r.Containers.CNA
	if cna.Title != "" || len(cna.Descriptions) == 0 {
		return cna.Title
	}
	d := cna.Descriptions[0]
	for _, x := range cna.Descriptions {
		if strings.HasPrefix(strings.ToLower(x.Lang), "en") {
			d = x
			break
		}
	}
	if text := []rune(strings.TrimSpace(d.Value)); len(text) > 160 {
		return string(text[:159]) + "…"
	}
	return strings.TrimSpace(d.Value)
}

// Aliases are further identifiers of the same flaw that the record itself gives: the advisory on GitHub that it was
// made from, or that its assigner refers to as the advisory of the repository.
func (r Record) Aliases() (out []string) {
	cna := r.Containers.CNA
	for _, s := range cna.Source.Advisory {
		out = append(out, ghsa(s))
	}
	for _, ref := range cna.References {
		if strings.Contains(ref.URL, "/security/advisories/GHSA-") {
			out = append(out, ghsa(ref.URL))
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// ghsa finds a GitHub advisory's number in a text, in its one spelling.
func ghsa(s string) string {
	m := ghsaForm.FindString(s)
	if m == "" {
		return ""
	}
	return "GHSA" + strings.ToLower(m[4:])
}
