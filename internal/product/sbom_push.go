// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// PushSBOM takes in the component list of a product's version; it becomes the current one in place of the one before.
// The same bytes again change nothing; the bytes of an earlier list make that one current again. Faults: Invalid, which
// says where in the document which rule is broken, and TooLarge.
//
// Components that the directory does not have are entered first. One transaction then writes the list, makes it current in
// the index of holdings, and records the event: a push happens as a whole or not at all.
func (s *Service) PushSBOM(ctx context.Context, by member.Actor, productID, version string, document []byte) (SBOM, error) {
	var k fault.Check
	version = line(&k, "version", version, maxVersion)
	k.That(version != "", "version", "rule.required", "2.14.1")
	k.That(len(document) > 0, "document", "rule.required", "bom.cdx.json")
	sum := sha256.Sum256(document)
	b := SBOM{ProductID: productID, Version: version, SHA256: hex.EncodeToString(sum[:]), AccountID: by.AccountID}
	p, known, err := s.before(ctx, by, b)
	if err == nil {
		err = k.Err()
	}
	if err == nil && known.Current {
		return known, nil
	}
	var parts contents
	if err == nil && known.ID == "" {
		b, parts, err = s.read(b, p, document)
	}
	if err != nil {
		return SBOM{}, fmt.Errorf("push SBOM: %w", err)
	}
	if b, err = s.push(ctx, by, b, parts); err != nil {
		return SBOM{}, fmt.Errorf("push SBOM: %w", err)
	}
	return b, nil
}

// before returns the product, when the actor may change it, and the list with the same bytes, if there is one.
func (s *Service) before(ctx context.Context, by member.Actor, b SBOM) (p Product, known SBOM, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if p, err = readable(ctx, tx, by, b.ProductID, ""); err != nil {
			return err
		}
		if err := mayChange(by, p.OrgID); err != nil {
			return err
		}
		known, err = sameBytes(ctx, tx, b)
		return err
	})
	return p, known, err
}

// sameBytes returns the list of the product's version with the same digest, or the zero one.
func sameBytes(ctx context.Context, tx *db.Tx, b SBOM) (SBOM, error) {
	if !storable(b.Version) {
		return SBOM{}, nil
	}
	same, err := db.Get(ctx, tx, scanSBOM, `SELECT `+sbomColumns+` FROM sbom s WHERE s.product_id = $1 AND s.version = $2 AND s.sha256 = $3`,
		b.ProductID, b.Version, b.SHA256)
	if fault.Is(err, fault.NotFound) {
		return SBOM{}, nil
	}
	return same, err
}

// read parses the document and keeps it.
func (s *Service) read(b SBOM, p Product, document []byte) (SBOM, contents, error) {
	doc, err := sbom.Parse(document)
	if err != nil {
		return b, contents{}, Refused(err)
	}
	parts := contentsOf(doc, p)
	if b.ID, err = newID(); err != nil {
		return b, parts, err
	}
	b.Format, b.SpecVersion, b.Components = doc.Format, doc.SpecVersion, len(parts.components)
	b.Blob, err = s.Blobs.Put(document)
	return b, parts, err
}

// push enters components, and then the list.
func (s *Service) push(ctx context.Context, by member.Actor, b SBOM, parts contents) (out SBOM, err error) {
	ids, err := s.intern(ctx, parts.components)
	if err != nil {
		return out, err
	}
	g := graphOf(ids, parts.root, parts.edges)
	b.Edges = len(g.Edges)
	n, err := s.number(ctx)
	if err != nil {
		return out, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		out = b
		return s.finish(ctx, tx, by, &out, g, n)
	})
	return out, err
}

// finish makes the list current, under the number of the one before, or under n. When the same bytes have come in
// meanwhile, or before, that list is taken instead.
func (s *Service) finish(ctx context.Context, tx *db.Tx, by member.Actor, b *SBOM, g Graph, n int64) error {
	p, err := changeable(ctx, tx, by, b.ProductID)
	if err != nil {
		return err
	}
	same, err := sameBytes(ctx, tx, *b)
	if err != nil {
		return err
	}
	if same.Current {
		*b = same
		return nil
	}
	before, err := dethrone(ctx, tx, p.ID, b.Version)
	if err != nil {
		return err
	}
	if before.n != 0 {
		n = before.n
	}
	is := g.IDs
	if same.ID != "" {
		*b = same
		b.Current = true
		if is, err = heldBy(ctx, tx, b.ID); err == nil {
			_, err = tx.Exec(ctx, `UPDATE sbom SET is_current = $1, n = $2 WHERE id = $3`, true, n, b.ID)
		}
	} else {
		b.Current, b.At = true, tx.Now
		err = insertSBOM(ctx, tx, *b, n, g)
	}
	if err != nil {
		return err
	}
	if err := hold(ctx, tx, n, before.held, is); err != nil {
		return err
	}
	if _, err := insertVersions(ctx, tx, p.ID, []string{b.Version}); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Changed{ProductID: p.ID, OrgID: p.OrgID, SBOMID: b.ID})
	return err
}

// A throne is what a current list has that the next one takes over.
type throne struct {
	n    int64
	held []int64
}

// dethrone ends the list that is current for a product's version, if there is one.
func dethrone(ctx context.Context, tx *db.Tx, productID, version string) (t throne, err error) {
	type row struct {
		id string
		n  int64
		c  []byte
	}
	was, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.n, &x.c) },
		`SELECT id, coalesce(n, 0), contents FROM sbom WHERE product_id = $1 AND version = $2 AND is_current`, productID, version)
	if err != nil || len(was) == 0 {
		return t, err
	}
	t.n = was[0].n
	if t.held, err = UnpackIDs(was[0].c); err != nil {
		return t, err
	}
	_, err = tx.Exec(ctx, `UPDATE sbom SET is_current = $1, n = NULL WHERE id = $2`, false, was[0].id)
	return t, err
}

// heldBy returns the components of a list.
func heldBy(ctx context.Context, tx *db.Tx, id string) ([]int64, error) {
	c, err := db.Get(ctx, tx, db.Value[[]byte], `SELECT contents FROM sbom WHERE id = $1`, id)
	if err != nil {
		return nil, err
	}
	return UnpackIDs(c)
}
