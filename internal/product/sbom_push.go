// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// batch bounds the rows that one transaction writes, so that a large component list does not keep others waiting.
const batch = 10_000

// PushSBOM takes in the component list of a product's version; it becomes the current one in place of the one before.
// The same bytes again change nothing; the bytes of an earlier list make that one current again. Faults: Invalid, which
// says where in the document which rule is broken, and TooLarge.
//
// The rows of a large list are written in several transactions before the list itself, without which nobody sees them.
// The last one makes the list current and records the event.
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
		return b, contents{}, refused(err)
	}
	parts := contentsOf(doc, p)
	if b.ID, err = newID(); err != nil {
		return b, parts, err
	}
	b.Format, b.SpecVersion, b.Components = doc.Format, doc.SpecVersion, len(parts.components)
	b.Blob, err = s.Blobs.Put(document)
	return b, parts, err
}

// push writes the rows of a list and then the list.
func (s *Service) push(ctx context.Context, by member.Actor, b SBOM, parts contents) (out SBOM, err error) {
	ids, err := s.intern(ctx, parts.components)
	if err != nil {
		return out, err
	}
	rows, edges := parts.rows(b.ID, ids)
	b.Edges = edges
	staged := len(rows) > batch
	if staged {
		defer func() {
			if err != nil || out.ID != b.ID {
				s.unstage(b.ID)
			}
		}()
	}
	for ; len(rows) > batch; rows = rows[batch:] {
		if err := s.DB.Tx(ctx, func(tx *db.Tx) error { return insertRows(ctx, tx, rows[:batch]) }); err != nil {
			return out, err
		}
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		out = b
		return s.finish(ctx, tx, by, &out, rows)
	})
	return out, err
}

// finish makes the list current. When the same bytes have come in meanwhile, or before, that list is taken instead.
func (s *Service) finish(ctx context.Context, tx *db.Tx, by member.Actor, b *SBOM, rows []row) error {
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
	if _, err := tx.Exec(ctx, `UPDATE sbom SET is_current = $1 WHERE product_id = $2 AND version = $3 AND is_current`, false, p.ID, b.Version); err != nil {
		return err
	}
	if same.ID != "" {
		*b = same
		b.Current = true
		_, err = tx.Exec(ctx, `UPDATE sbom SET is_current = $1 WHERE id = $2`, true, b.ID)
	} else {
		b.Current, b.At = true, tx.Now
		err = insertSBOM(ctx, tx, *b, rows)
	}
	if err != nil {
		return err
	}
	if _, err := insertVersions(ctx, tx, p.ID, []string{b.Version}); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Changed{ProductID: p.ID, OrgID: p.OrgID, SBOMID: b.ID})
	return err
}

// unstage removes the rows of a list that did not come into being; left behind by a crash, they are seen by nobody.
func (s *Service) unstage(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = s.DB.Tx(ctx, func(tx *db.Tx) error { // the error in hand matters more
		if _, err := tx.Exec(ctx, `DELETE FROM sbom_edge WHERE sbom_id = $1`, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM sbom_component WHERE sbom_id = $1`, id)
		return err
	})
}
