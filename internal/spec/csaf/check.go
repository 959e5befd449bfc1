// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/purl"
)

// Refused says which rule of the standard a document breaks, and where.
type Refused struct {
	Test string // "6.1.6" …, or Schema
	Path string // "/vulnerabilities/0/product_status/fixed"
}

// Schema stands for the JSON schema where no numbered test does.
const Schema = "schema"

func (r *Refused) Error() string { return fmt.Sprintf("csaf: %s: breaks %s", r.Path, r.Test) }

// Check holds d to what the JSON schema requires of a security advisory and to the mandatory tests of section 6.1 that
// a document of these types can break. Its error is a *Refused. The tests about relationships, product groups,
// hashes, involvements, CVSS 2 and other profiles have nothing to test here.
func (d Document) Check() error {
	for _, check := range []func() error{d.checkMeta, d.checkTracking, d.checkProducts, d.checkVulnerabilities} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// broken returns a *Refused unless ok.
func broken(ok bool, test, path string, args ...any) error {
	if ok {
		return nil
	}
	return &Refused{Test: test, Path: fmt.Sprintf(path, args...)}
}

// first returns the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

var language = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)

func (d Document) checkMeta() error {
	m := d.Document
	err := first(
		broken(m.Category == SecurityAdvisory, "6.1.26", "/document/category"),
		broken(m.CSAFVersion == Version, Schema, "/document/csaf_version"),
		broken(m.Title != "", Schema, "/document/title"),
		broken(m.Lang == "" || language.MatchString(m.Lang), "6.1.12", "/document/lang"),
		broken(m.SourceLang == "" || m.SourceLang != m.Lang, "6.1.28", "/document/source_lang"),
		broken(m.Publisher.Category != Translator || m.SourceLang != "", "6.1.15", "/document/source_lang"),
		broken(slices.Contains([]string{Coordinator, Discoverer, OtherParty, Translator, User, Vendor}, m.Publisher.Category), Schema, "/document/publisher/category"),
		broken(m.Publisher.Name != "", Schema, "/document/publisher/name"),
		broken(isURL(m.Publisher.Namespace), Schema, "/document/publisher/namespace"),
		checkNotes("/document/notes", m.Notes), checkReferences("/document/references", m.References),
		checkThanks("/document/acknowledgments", m.Acknowledgments))
	if err == nil && m.Distribution != nil && m.Distribution.TLP != nil {
		err = broken(slices.Contains([]string{White, "GREEN", "AMBER", "RED"}, m.Distribution.TLP.Label), Schema, "/document/distribution/tlp/label")
	}
	return err
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "")
}

func checkNotes(path string, notes []Note) error {
	for i, n := range notes {
		known := slices.Contains([]string{Description, Details, FAQ, General, LegalDisclaimer, OtherNote, Summary}, n.Category)
		if err := broken(known && n.Text != "", Schema, "%s/%d", path, i); err != nil {
			return err
		}
	}
	return nil
}

func checkReferences(path string, refs []Reference) error {
	for i, r := range refs {
		if err := broken(r.Summary != "" && isURL(r.URL), Schema, "%s/%d", path, i); err != nil {
			return err
		}
	}
	return nil
}

func checkThanks(path string, thanks []Acknowledgment) error {
	for i, a := range thanks {
		if err := broken((len(a.Names) > 0 || a.Organization != "" || a.Summary != "") && !slices.Contains(a.Names, ""), Schema, "%s/%d", path, i); err != nil {
			return err
		}
	}
	return nil
}

// rangeWords betray a range in the name of one version (mandatory test 6.1.31).
var rangeWords = []string{"after", "all", "before", "earlier", "later", "prior", "versions"}

// IsRange reports whether a text cannot be the name of one version, for it says a range.
func IsRange(version string) bool {
	return strings.ContainsAny(version, "<>") || slices.ContainsFunc(strings.Fields(strings.ToLower(version)), func(word string) bool {
		return slices.Contains(rangeWords, word)
	})
}

func (d Document) checkProducts() error {
	if err := broken(d.ProductTree != nil, "6.1.27.4", "/product_tree"); err != nil {
		return err
	}
	var err error
	walk(d.ProductTree.Branches, func(b *Branch) {
		err = first(err,
			broken(b.Name != "" && (b.Product != nil) != (len(b.Branches) > 0), Schema, "/product_tree/branches/…/%s", b.Category),
			broken(b.Category != BranchVersion || !IsRange(b.Name), "6.1.31", "/product_tree/branches/…/%s", b.Category))
	})
	seen := map[string]bool{}
	for _, p := range d.ProductTree.products() {
		err = first(err, broken(p.Name != "" && p.ProductID != "", Schema, "/product_tree/…/product"), broken(!seen[p.ProductID], "6.1.2", "/product_tree/…/%s", p.ProductID))
		if p.Helper != nil && p.Helper.PURL != "" {
			_, e := purl.Parse(p.Helper.PURL)
			err = first(err, broken(e == nil, "6.1.13", "/product_tree/…/%s/purl", p.ProductID))
		}
		seen[p.ProductID] = true
	}
	return err
}
