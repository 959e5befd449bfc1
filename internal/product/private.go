// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// What stands in the place of an ecosystem where a component goes by something else than a package: by its CPE, whose part,
// vendor and product are its name then, or as a vendor's product, "vendor/product" of keys (Key). A component's bare name
// stands with "".
const (
	EcosystemCPE  = "cpe"
	EcosystemWare = "ware"
)

// Recipe is the number of the recipe by which Private hides. Lists that were hidden by an earlier one stay good, for what
// that one hides: 1 had of each component a package, or else its CPE, and no names (docs/private-inventory.md).
const Recipe = 2

// Limits of a private list.
const (
	maxHidden  = sbom.MaxComponents
	maxPrivate = 3 * maxHidden // parts
)

// A Digest is the first half of an HMAC-SHA256 by an organisation's salt: 128 bits.
type Digest [16]byte

// PrivateName hides a name of a component: HMAC(salt, ecosystem NUL name), as the directory names it.
func PrivateName(salt []byte, ecosystem, name string) Digest {
	return hide(salt, ecosystem, name)
}

// PrivateNames is PrivateName for many names, one after the other.
func PrivateNames(salt []byte) func(ecosystem, name string) Digest {
	h := hmac.New(sha256.New, salt)
	var text, sum []byte
	return func(ecosystem, name string) (d Digest) {
		h.Reset()
		text = append(append(append(text[:0], ecosystem...), 0), name...)
		h.Write(text)
		sum = h.Sum(sum[:0])
		copy(d[:], sum)
		return d
	}
}

// PrivateVersion hides a component: HMAC(salt, ecosystem NUL name NUL release NUL version). Of a CPE the release is what
// stands behind the version (CPEVersion).
func PrivateVersion(salt []byte, ecosystem, name, release, version string) Digest {
	return hide(salt, ecosystem, name, release, version)
}

func hide(salt []byte, words ...string) (d Digest) {
	h := hmac.New(sha256.New, salt)
	for i, w := range words {
		if i > 0 {
			h.Write([]byte{0})
		}
		h.Write([]byte(w))
	}
	copy(d[:], h.Sum(nil))
	return d
}

// A PrivatePart is a component of a private list under one of its names.
type PrivatePart struct{ Name, Version Digest }

// A PrivateContents is what a product's version is made of, in hashes.
type PrivateContents struct {
	Recipe     int // 0 means 1: nothing was said of it
	Components int // 0 means as many as there are parts
	Parts      []PrivatePart
}

// Private hides the components of a document with a salt: it runs where the document is, and only what it returns
// leaves that machine. The parts are sorted, so that their order says nothing. left is how many components have neither a
// name nor a CPE: nothing could be told of them.
func Private(salt, document []byte) (c PrivateContents, left int, err error) {
	d, err := sbom.Parse(document)
	if err != nil {
		return PrivateContents{}, 0, Refused(err)
	}
	c.Recipe = Recipe
	for _, x := range contentsOf(d, Product{}).components {
		parts := privateParts(salt, x)
		if len(parts) == 0 {
			left++
			continue
		}
		c.Components++
		c.Parts = append(c.Parts, parts...)
	}
	slices.SortFunc(c.Parts, byDigest)
	c.Parts = slices.Compact(c.Parts)
	return c, left, nil
}

// privateParts hides a component under each name by which a component of an open list would be found.
func privateParts(salt []byte, c Component) (out []PrivatePart) {
	add := func(ecosystem, name, release, version string) {
		out = append(out, PrivatePart{PrivateName(salt, ecosystem, name), PrivateVersion(salt, ecosystem, name, release, version)})
	}
	if c.Name != "" {
		add(c.Ecosystem, c.Name, c.Release, c.Version)
	}
	if n, err := cpe.Parse(c.CPE); c.CPE != "" && err == nil && n.Key() != "" {
		release, version := CPEVersion(n, c.Version)
		add(EcosystemCPE, n.Key(), release, version)
	}
	if w := WareOf(c.Ecosystem, c.Name); w != "" {
		add(EcosystemWare, w, "", c.Version)
	}
	return out
}

// CPEVersion is what a CPE says beside its part, vendor and product: its version, or the component's where it leaves that
// open, and in the place of a release the values behind it, as a CPE of version 2.3 writes them, divided by ":", or "" when
// all of them are "*". A version that is no text, "-" or one with wildcards, stands before these values, behind a "=".
func CPEVersion(n cpe.Name, version string) (release, its string) {
	if v, err := cpe.TextOf(version); version != "" && err == nil {
		if _, said := n[cpe.Version].Text(); !said {
			n[cpe.Version] = v
		}
	}
	its, said := n[cpe.Version].Text()
	rest, open := make([]string, 0, len(n)), true
	if !said {
		its = ""
		if n[cpe.Version] != cpe.Any {
			rest, open = append(rest, "="+string(n[cpe.Version])), false
		}
	}
	for _, v := range n[cpe.Update:] {
		rest = append(rest, string(v))
		open = open && v == cpe.Any
	}
	if open {
		return "", its
	}
	return strings.Join(rest, ":"), its
}

func byDigest(x, y PrivatePart) int {
	if c := bytes.Compare(x.Name[:], y.Name[:]); c != 0 {
		return c
	}
	return bytes.Compare(x.Version[:], y.Version[:])
}

// A PrivateList says in hashes what a product's version is made of.
type PrivateList struct {
	ID, OrgID, ProductID string
	N                    int64 // its short number
	Version              string
	SHA256               string // of all parts, in order
	Parts                int
	Recipe               int
	Components           int
	Current              bool
	AccountID            string
	At                   time.Time
}

// Earlier reports whether the list was hidden by a recipe before the present one: sent again it meets more.
func (l PrivateList) Earlier() bool { return l.Recipe < Recipe }

// PrivateChanged: a private list came in.
type PrivateChanged struct {
	ListID    string `json:"list"`
	ProductID string `json:"product"`
	OrgID     string `json:"org"`
	SHA256    string `json:"sha256"`
}

// Kind is the stored name.
func (PrivateChanged) Kind() string { return "product.private_changed" }

// About puts it on the organisation's time line.
func (e PrivateChanged) About() event.About {
	return event.About{Subjects: []string{"org/" + e.OrgID, "product/" + e.ProductID}}
}

func saltPlace(orgID string) string { return "private-salt/" + orgID }

// PrivateSalt returns the salt of the actor's organisation, to an engineer of it; it is made when it is first asked for
// and never changes.
func (s *Service) PrivateSalt(ctx context.Context, by member.Actor) (salt []byte, err error) {
	if err = mayChange(by, by.OrgID); by.OrgID == "" && by.SignedIn() {
		err = fault.Hidden()
	}
	if err == nil {
		err = s.DB.Tx(ctx, func(tx *db.Tx) error {
			if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM org WHERE id = $1`+tx.ForUpdate(), by.OrgID); err != nil {
				return err
			}
			salt, err = s.SaltOf(ctx, tx, by.OrgID)
			if !fault.Is(err, fault.NotFound) {
				return err
			}
			salt = make([]byte, 32)
			rand.Read(salt) //nolint:errcheck // never fails
			return db.Bulk(ctx, tx, `private_salt (org_id, salt_sealed, created_at)`, "", [][]any{{by.OrgID, s.Blobs.Seal.Seal(saltPlace(by.OrgID), salt), db.At(tx.Now)}})
		})
	}
	if err != nil {
		return nil, fmt.Errorf("private salt: %w", err)
	}
	return salt, nil
}

// SaltOf returns an organisation's salt. The caller authorises. Fault: NotFound.
func (s *Service) SaltOf(ctx context.Context, tx *db.Tx, orgID string) ([]byte, error) {
	sealed, err := db.Get(ctx, tx, db.Value[[]byte], `SELECT salt_sealed FROM private_salt WHERE org_id = $1`, orgID)
	if err != nil {
		return nil, err
	}
	return s.Blobs.Seal.Open(saltPlace(orgID), sealed)
}

const privateColumns = `l.id, l.n, l.org_id, l.product_id, l.version, l.sha256, l.parts, l.recipe, CASE WHEN l.components = 0 THEN l.parts ELSE l.components END, l.is_current, l.account_id, l.at`

func scanPrivate(r db.Row) (l PrivateList, err error) {
	var at db.Time
	err = r.Scan(&l.ID, &l.N, &l.OrgID, &l.ProductID, &l.Version, &l.SHA256, &l.Parts, &l.Recipe, &l.Components, &l.Current, &l.AccountID, &at)
	l.At = at.Time
	return l, err
}

// PushPrivate takes in a private list of a product's version, in place of the one before. The same parts by the same recipe
// change nothing. Fault: Invalid.
func (s *Service) PushPrivate(ctx context.Context, by member.Actor, productID, version string, c PrivateContents) (l PrivateList, err error) {
	var k fault.Check
	version = line(&k, "version", version, maxVersion)
	k.That(version != "", "version", "rule.required", "2.14.1")
	k.That(len(c.Parts) > 0, "parts", "rule.required", "")
	k.That(len(c.Parts) <= maxPrivate, "parts", "product.rule.count", "", maxPrivate)
	c.Recipe = cmp.Or(c.Recipe, 1)
	k.That(c.Recipe >= 1 && c.Recipe <= Recipe, "recipe", "product.rule.recipe", strconv.Itoa(Recipe), Recipe)
	k.That(c.Components >= 0 && c.Components <= maxHidden, "components", "product.rule.count", "", maxHidden)
	parts := slices.Clone(c.Parts)
	slices.SortFunc(parts, byDigest)
	parts = slices.Compact(parts)
	h := sha256.New()
	for _, p := range parts {
		h.Write(p.Name[:])
		h.Write(p.Version[:])
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := changeable(ctx, tx, by, productID)
		if err == nil {
			err = k.Err()
		}
		if err != nil {
			return err
		}
		was, err := db.List(ctx, tx, scanPrivate, `SELECT `+privateColumns+` FROM private_list l WHERE l.product_id = $1 AND l.version = $2 AND l.is_current`, p.ID, version)
		if err != nil {
			return err
		}
		l = PrivateList{OrgID: p.OrgID, ProductID: p.ID, Version: version, SHA256: hex.EncodeToString(h.Sum(nil)), Parts: len(parts), Recipe: c.Recipe, Components: cmp.Or(c.Components, len(parts)), Current: true, AccountID: by.AccountID, At: tx.Now}
		if len(was) > 0 && was[0].SHA256 == l.SHA256 && was[0].Recipe == l.Recipe {
			l = was[0]
			return nil
		}
		for _, x := range was {
			if _, err := tx.Exec(ctx, `UPDATE private_list SET is_current = $1 WHERE id = $2`, false, x.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `DELETE FROM private_part WHERE list_n = $1`, x.N); err != nil {
				return err
			}
		}
		return s.enterPrivate(ctx, tx, by, &l, parts)
	})
	if err != nil {
		return PrivateList{}, fmt.Errorf("push private list: %w", err)
	}
	return l, nil
}

func (s *Service) enterPrivate(ctx context.Context, tx *db.Tx, by member.Actor, l *PrivateList, parts []PrivatePart) (err error) {
	if l.N, err = db.Next(ctx, tx, "private_list"); err != nil {
		return err
	}
	if l.ID, err = newID(); err != nil {
		return err
	}
	if err := db.Bulk(ctx, tx, `private_list (id, n, org_id, product_id, version, sha256, parts, recipe, components, is_current, account_id, at)`, "",
		[][]any{{l.ID, l.N, l.OrgID, l.ProductID, l.Version, l.SHA256, l.Parts, l.Recipe, l.Components, true, l.AccountID, db.At(l.At)}}); err != nil {
		return err
	}
	rows := make([][]any, len(parts))
	for i, p := range parts {
		rows[i] = []any{l.N, p.Name[:], p.Version[:]}
	}
	if err := db.Bulk(ctx, tx, `private_part (list_n, name, version)`, "", rows); err != nil {
		return err
	}
	if _, err := insertVersions(ctx, tx, l.ProductID, []string{l.Version}); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), PrivateChanged{ListID: l.ID, ProductID: l.ProductID, OrgID: l.OrgID, SHA256: l.SHA256})
	return err
}

// PrivateLists returns the private lists of a product, the newest first, to whoever may read the product.
func (s *Service) PrivateLists(ctx context.Context, by member.Actor, productID string) (ls []PrivateList, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := readable(ctx, tx, by, productID, "")
		if err != nil {
			return err
		}
		ls, err = db.List(ctx, tx, scanPrivate, `SELECT `+privateColumns+` FROM private_list l WHERE l.product_id = $1 ORDER BY l.at DESC, l.id DESC`, p.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("private lists: %w", err)
	}
	return ls, nil
}
