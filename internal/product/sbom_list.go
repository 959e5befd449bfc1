// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

const sbomColumns = `s.id, s.product_id, s.version, s.format, s.spec_version, s.sha256, s.blob, s.components, s.edges, s.is_current, s.account_id, s.at`

func scanSBOM(r db.Row) (b SBOM, err error) {
	var at db.Time
	err = r.Scan(&b.ID, &b.ProductID, &b.Version, &b.Format, &b.SpecVersion, &b.SHA256, &b.Blob, &b.Components, &b.Edges, &b.Current, &b.AccountID, &at)
	b.At = at.Time
	return b, err
}

func insertSBOM(ctx context.Context, tx *db.Tx, b SBOM, n int64, g Graph) error {
	return db.Bulk(ctx, tx, `sbom (id, product_id, version, format, spec_version, sha256, blob, components, edges, is_current, account_id, at, n, contents)`, "",
		[][]any{{b.ID, b.ProductID, b.Version, b.Format, b.SpecVersion, b.SHA256, b.Blob, b.Components, b.Edges, b.Current, b.AccountID, db.At(b.At), n, g.Pack()}})
}

// SBOMs returns the component lists of a product, the newest first, to whoever may read the product.
func (s *Service) SBOMs(ctx context.Context, by member.Actor, productID string) (bs []SBOM, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := readable(ctx, tx, by, productID, "")
		if err != nil {
			return err
		}
		bs, err = db.List(ctx, tx, scanSBOM, `SELECT `+sbomColumns+` FROM sbom s WHERE s.product_id = $1 ORDER BY s.at DESC, s.id DESC`, p.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list SBOMs: %w", err)
	}
	return bs, nil
}

// maxComponents bounds a list of components.
const maxComponents = 10_000

// Components returns the first components of a list, by name; limit 1 to 10 000, 0 means 500.
func (s *Service) Components(ctx context.Context, by member.Actor, sbomID string, limit int) (cs []Component, err error) {
	if limit == 0 {
		limit = 500
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		b, err := readableSBOM(ctx, tx, by, sbomID)
		if err != nil {
			return err
		}
		if limit < 0 || limit > maxComponents {
			return fault.FieldError("limit", "product.rule.limit", "500", maxComponents)
		}
		if cs, err = held(ctx, tx, b.ID); err == nil {
			cs = cs[:min(limit, len(cs))]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list components: %w", err)
	}
	return cs, nil
}

// held returns the components of a list, as people read them.
func held(ctx context.Context, tx *db.Tx, id string) ([]Component, error) {
	ids, err := heldBy(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return read(ctx, tx, ids)
}

// readableSBOM returns a component list, when the actor may read its product.
func readableSBOM(ctx context.Context, tx *db.Tx, by member.Actor, id string) (SBOM, error) {
	if !by.SignedIn() {
		return SBOM{}, fault.SignIn()
	}
	if uuid.Validate(id) != nil {
		return SBOM{}, fault.Missing()
	}
	b, err := db.Get(ctx, tx, scanSBOM, `SELECT `+sbomColumns+` FROM sbom s WHERE s.id = $1`, id)
	if err != nil {
		return SBOM{}, err
	}
	_, err = readable(ctx, tx, by, b.ProductID, "")
	return b, err
}
