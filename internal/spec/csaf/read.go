// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/spec/bound"
)

// A Foreign document is what is read of somebody else's document, in CSAF 2.0 or 2.1: whom it thanks for which flaw, who
// publishes it, and which dates it gives. It is not checked beyond that; what others publish need not pass every test.
type Foreign struct {
	Document struct {
		Acknowledgments []Acknowledgment `json:"acknowledgments"`
		Category        string           `json:"category"`
		CSAFVersion     string           `json:"csaf_version"`
		Lang            string           `json:"lang"`
		Publisher       Publisher        `json:"publisher"`
		References      []Reference      `json:"references"`
		Title           string           `json:"title"`
		Tracking        struct {
			Aliases            []string `json:"aliases"`
			CurrentReleaseDate Moment   `json:"current_release_date"`
			ID                 string   `json:"id"`
			InitialReleaseDate Moment   `json:"initial_release_date"`
			Status             string   `json:"status"`
			Version            string   `json:"version"`
		} `json:"tracking"`
	} `json:"document"`
	ProductTree     foreignTree            `json:"product_tree"`
	Vulnerabilities []ForeignVulnerability `json:"vulnerabilities"`
}

// ForeignVulnerability is one flaw of a foreign document.
type ForeignVulnerability struct {
	Acknowledgments []Acknowledgment `json:"acknowledgments"`
	CVE             string           `json:"cve"`
	IDs             []ID             `json:"ids"`
	References      []Reference      `json:"references"`
	Title           string           `json:"title"`
	DiscoveryDate   Moment           `json:"discovery_date"`
	ReleaseDate     Moment           `json:"release_date"`    // 2.0: when it was made public
	DisclosureDate  Moment           `json:"disclosure_date"` // the same in 2.1
}

// Public is when the flaw was made public, as the document says.
func (v ForeignVulnerability) Public() time.Time {
	if !v.DisclosureDate.IsZero() {
		return v.DisclosureDate.Time
	}
	return v.ReleaseDate.Time
}

// A ForeignProduct is one product that a foreign document names.
type ForeignProduct struct{ Vendor, Name, PURL string }

type foreignTree struct {
	Branches         []foreignBranch `json:"branches"`
	FullProductNames []foreignName   `json:"full_product_names"`
}

type foreignBranch struct {
	Branches []foreignBranch `json:"branches"`
	Category string          `json:"category"`
	Name     string          `json:"name"`
	Product  *foreignName    `json:"product"`
}

type foreignName struct {
	Name   string `json:"name"`
	Helper struct {
		PURL  string   `json:"purl"`
		PURLs []string `json:"purls"` // 2.1
	} `json:"product_identification_helper"`
}

// Moment is an instant of a foreign document; what cannot be read as a time is none.
type Moment struct{ time.Time }

// UnmarshalJSON reads a time.
func (m *Moment) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil && at.Year() >= 1990 && at.Year() < 2200 {
			m.Time = at.UTC()
			return nil
		}
	}
	return nil
}

// Reasons for which a document is not read.
var (
	ErrSyntax  = errors.New("csaf: this is no JSON of a CSAF document")
	ErrVersion = errors.New("csaf: document.csaf_version is neither 2.0 nor 2.1")
	ErrID      = errors.New("csaf: document.tracking.id and document.publisher.name must be there")
	ErrDraft   = errors.New("csaf: a draft is not public")
)

// Limits on what is kept of a foreign document.
const (
	maxForeignVulnerabilities = 20_000
	maxForeignProducts        = 20_000
)

// Read reads a document of somebody else, within bounds.
func Read(b []byte) (Foreign, error) {
	var f Foreign
	if err := bound.Document.Check(b); err != nil {
		return Foreign{}, fmt.Errorf("csaf: %w", err)
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return Foreign{}, ErrSyntax
	}
	d := f.Document
	switch {
	case d.CSAFVersion != "2.0" && d.CSAFVersion != "2.1":
		return Foreign{}, ErrVersion
	case strings.TrimSpace(d.Tracking.ID) == "" || strings.TrimSpace(d.Publisher.Name) == "":
		return Foreign{}, ErrID
	case d.Tracking.Status == Draft:
		return Foreign{}, ErrDraft
	}
	f.Vulnerabilities = f.Vulnerabilities[:min(len(f.Vulnerabilities), maxForeignVulnerabilities)]
	return f, nil
}

// Withdrawn reports whether the publisher has taken the document back (2.1: category csaf_withdrawn).
func (f Foreign) Withdrawn() bool { return f.Document.Category == "csaf_withdrawn" }

// Products are the products that the document names, each once.
func (f Foreign) Products() (out []ForeignProduct) {
	seen := map[ForeignProduct]bool{}
	add := func(vendor, name string, n *foreignName) {
		purls := append([]string{""}, n.Helper.PURLs...)
		purls[0] = n.Helper.PURL
		for i, u := range purls {
			p := ForeignProduct{vendor, name, u}
			if name == "" {
				p.Name = n.Name
			}
			if (i == 0 || u != "") && !seen[p] && len(out) < maxForeignProducts {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	var walk func(bs []foreignBranch, vendor, name string)
	walk = func(bs []foreignBranch, vendor, name string) {
		for _, b := range bs {
			v, n := vendor, name
			switch b.Category {
			case BranchVendor:
				v = b.Name
			case BranchProduct:
				n = b.Name
			}
			if b.Product != nil {
				add(v, n, b.Product)
			}
			walk(b.Branches, v, n)
		}
	}
	walk(f.ProductTree.Branches, "", "")
	for i := range f.ProductTree.FullProductNames {
		add("", "", &f.ProductTree.FullProductNames[i])
	}
	return out
}
