// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// Changeable returns a product without its versions, when the actor may change it, and holds it until the transaction
// ends.
func (s *Service) Changeable(ctx context.Context, tx *db.Tx, by member.Actor, id string) (Product, error) {
	return changeable(ctx, tx, by, id)
}

// Readable returns a product without its versions, when the actor may read it.
func (s *Service) Readable(ctx context.Context, tx *db.Tx, by member.Actor, id string) (Product, error) {
	return readable(ctx, tx, by, id, "")
}

// MayChange is nil when the actor may change the products of an organisation.
func MayChange(by member.Actor, orgID string) error { return mayChange(by, orgID) }

// maxDirectory bounds the products of one organisation that are looked through at once.
const maxDirectory = 20_000

// OfOrg returns the products of an organisation with their versions, oldest first. The caller authorises.
func (s *Service) OfOrg(ctx context.Context, tx *db.Tx, orgID string) ([]Product, error) {
	ps, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM product p WHERE p.org_id = $1 ORDER BY p.id LIMIT $2`, orgID, maxDirectory+1)
	switch {
	case err != nil:
		return nil, err
	case len(ps) > maxDirectory:
		return nil, fault.Clash("product.many", maxDirectory)
	}
	return ps, withVersions(ctx, tx, ps)
}

// ListsOf returns the current component lists of an organisation's products in a format, the newest first. The caller
// authorises.
func (s *Service) ListsOf(ctx context.Context, tx *db.Tx, orgID, format string) ([]SBOM, error) {
	return db.List(ctx, tx, scanSBOM, `SELECT `+sbomColumns+` FROM sbom s JOIN product p ON p.id = s.product_id
		WHERE p.org_id = $1 AND s.format = $2 AND s.is_current ORDER BY s.id DESC LIMIT $3`, orgID, format, maxDirectory)
}

// OneList returns a component list by its id. The caller authorises.
func (s *Service) OneList(ctx context.Context, tx *db.Tx, id string) (SBOM, error) {
	return db.Get(ctx, tx, scanSBOM, `SELECT `+sbomColumns+` FROM sbom s WHERE s.id = $1`, id)
}

// Document returns a component list as it was uploaded. The caller authorises.
func (s *Service) Document(b SBOM) ([]byte, error) { return s.Blobs.Get(b.Blob) }

// HeldBy returns which of an organisation's products hold a component now, in any version when c has none. The caller
// authorises.
func (s *Service) HeldBy(ctx context.Context, tx *db.Tx, orgID string, c Component) ([]string, error) {
	query := `SELECT DISTINCT s.product_id FROM component c JOIN holding h ON h.component_id = c.id JOIN sbom s ON s.n = h.sbom_n JOIN product p ON p.id = s.product_id
		WHERE c.ecosystem = $1 AND c.name = $2 AND p.org_id = $3`
	args := []any{c.Ecosystem, c.Name, orgID}
	if c.Version != "" {
		query, args = query+` AND c.version = $4`, append(args, c.Version)
	}
	ids, err := db.List(ctx, tx, db.Value[string], query, args...)
	slices.Sort(ids)
	return ids, err
}

// Naming names a component of a document as the directory does, without an id.
func Naming(c sbom.Component) Component { return componentOf(c) }

// NamingPURL names the package of a package URL as the directory does; ok is false for what names none.
func NamingPURL(text string) (c Component, ok bool) {
	if _, err := purl.Parse(text); err != nil {
		return Component{}, false
	}
	return componentOf(sbom.Component{PURL: text}), true
}

// Meant is what somebody else's document says of which product it means.
type Meant struct {
	PURLs                 []string
	CPE                   string
	Vendor, Name, Version string
}

// Means reports whether a document means this product, and the version that it means, "" for all: by its package URL, by
// vendor and product of its CPE, or by its vendor, under any of that vendor's names, with its name or model (Key). vendor
// is the key of the vendor's name when it is another one than the product's, "" otherwise: the document means the product
// as long as both are one vendor's.
func (p Product) Means(m Meant, of Vendors) (version, vendor string, ok bool) {
	for _, text := range m.PURLs {
		if k := purlKey(text); k != "" && k == purlKey(p.PURL) {
			u, _ := purl.Parse(text) // purlKey could
			return p.version(orElse(u.Version, m.Version)), "", true
		}
	}
	if n := cpeName(m.CPE); n != "" && n == cpeName(p.CPE) {
		return p.version(orElse(m.Version, cpeVersion(m.CPE))), "", true
	}
	if v, n := Key(m.Vendor), Key(m.Name); v != "" && n != "" && of.Same(v, Key(p.Vendor)) {
		if n == Key(p.Name) || n == Key(p.NameEN) || p.Model != "" && (n == Key(p.Model) || n == Key(p.Name+" "+p.Model)) {
			if v == Key(p.Vendor) {
				v = ""
			}
			return p.version(m.Version), v, true
		}
	}
	return "", "", false
}

// version is the product's own way to write a version, where it has it.
func (p Product) version(v string) string {
	for _, own := range p.Versions {
		if strings.EqualFold(bareVersion(own), bareVersion(v)) {
			return own
		}
	}
	return v
}

func bareVersion(v string) string {
	v = strings.TrimSpace(v)
	if len(v) > 1 && (v[0] == 'v' || v[0] == 'V') && v[1] >= '0' && v[1] <= '9' {
		return v[1:]
	}
	return v
}

// cpeVersion is the version of a CPE 2.3, "" where it stands for all or none.
func cpeVersion(cpe string) string {
	n := cpeName(cpe)
	if n == "" {
		return ""
	}
	rest := strings.ToLower(cpe)[len("cpe:2.3:")+len(n):]
	var b strings.Builder
	for i := 1; i < len(rest) && rest[i] != ':'; i++ {
		if rest[i] == '\\' && i+1 < len(rest) {
			i++
		}
		b.WriteByte(rest[i])
	}
	if v := b.String(); v != "*" && v != "-" {
		return v
	}
	return ""
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
