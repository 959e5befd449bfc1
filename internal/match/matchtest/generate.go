// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package matchtest makes large inventories and measures matching on them. It is for tests and benchmarks and no part
// of the platform.
package matchtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
)

// Case adds a graded, critical case about what is affected, and returns its id.
func Case(ctx context.Context, tx *db.Tx, key *seal.Keyring, affected ...report.Affected) (string, error) {
	u, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	id := u.String()
	sealed, err := seal.SealJSON(key, "casefile/"+id+"/content", casework.Content{Title: "测试漏洞", TitleEN: "Test vulnerability", Affected: affected})
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,1,'critical','critical','yes','','',$6,$7)`, id, "FS-TEST-"+id, casework.Assessed, db.At(tx.Now), sealed, db.At(tx.Now), db.At(tx.Now))
	return id, err
}

// GenerateInput says how large an inventory is.
type GenerateInput struct {
	Orgs                 int
	Products             int // with one current component list each
	ComponentsPerProduct int
	Packages             int // distinct package names in the world
	Versions             int // of each
	EveryNth             int // of the products contains Flawed, at the bottom of its tree, in one of its versions
}

// Flawed is the package that every n-th product of a generated inventory contains, in the versions 2.0.0 to 2.0.19.
// Of those 2.0.5 to 2.0.14 are affected (Affected).
const Flawed = "org.example.logging:core"

// Affected describes the flaw in Flawed.
var Affected = report.Affected{PURL: "pkg:maven/org.example.logging/core", Introduced: "2.0.5", Fixed: "2.0.15"}

// flawedVersions is in how many versions Flawed is used.
const flawedVersions = 20

// series is a table n (i) of the numbers from 0 to $1 - 1, in SQL that both engines read.
const series = `WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1) `

// uid writes a number as an id.
func uid(kind, number string) string {
	return `'` + kind + `0000000-0000-7000-8000-' || substr(CAST(1000000000000 + ` + number + ` AS TEXT), 2)`
}

// Generate fills an empty database with an inventory, one transaction for each part of some hundred thousand rows, and
// brings the database's statistics up to date.
func Generate(ctx context.Context, d *db.DB, in GenerateInput) error {
	exec := func(n int, query string, args ...any) error {
		return d.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, series+query, append([]any{n}, args...)...)
			return err
		})
	}
	now := db.At(d.Clock.Now())
	if err := exec(in.Orgs, `INSERT INTO org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status,
		suspension_reason, email, phone, webhook_url, domains, note, created_at)
		SELECT `+uid("a", "i")+`, 'org-' || i, '单位 ' || i, 'Member ' || i, '["operator","provider"]', $2, 3, 'sector-' || (i % 20), '', 'CN', 'active',
		'', 'org-' || i || '@member.example', '', '', '[]', '', $3 FROM n`, true, now); err != nil {
		return fmt.Errorf("make organisations: %w", err)
	}
	if err := exec(in.Products, `INSERT INTO product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, name_en_key, model_key, created_at)
		SELECT `+uid("b", "i")+`, `+uid("a", "(i % $2)")+`, 'vendor ' || (i % 500), 'product ' || i, '', '', 'software', '', '', '', 'vendor ' || (i % 500), 'product ' || i, '', '', $3 FROM n`,
		in.Orgs, now); err != nil {
		return fmt.Errorf("make products: %w", err)
	}
	if err := exec(in.Packages*in.Versions, `INSERT INTO component (id, ecosystem, name, release, version, cpe, cpe_name, purl)
		SELECT i + 1, 'Maven', 'org.example:package-' || (i / $2), '', '1.0.' || (i % $3), '', '', '' FROM n`, in.Versions, in.Versions); err != nil {
		return fmt.Errorf("make components: %w", err)
	}
	if err := exec(flawedVersions, `INSERT INTO component (id, ecosystem, name, release, version, cpe, cpe_name, purl)
		SELECT CAST($2 AS BIGINT) + i, 'Maven', $3, '', '2.0.' || i, '', '', '' FROM n`, in.Packages*in.Versions+1, Flawed); err != nil {
		return fmt.Errorf("make the flawed component: %w", err)
	}
	return in.fill(ctx, d)
}

// roots is how many direct dependencies a product has, and fan how many dependencies each component.
const (
	roots = 4
	fan   = 4
)

// fill makes the component lists: the components of one lie at a fixed stride in the world, so that each is another one.
func (in GenerateInput) fill(ctx context.Context, d *db.DB) error {
	world := in.Packages * in.Versions
	stride := coprime(world/in.ComponentsPerProduct, world)
	batch := max(1, 200_000/in.ComponentsPerProduct)
	for from := 0; from < in.Products; from += batch {
		err := d.Tx(ctx, func(tx *db.Tx) error {
			var lists, held [][]any
			for i := from; i < min(from+batch, in.Products); i++ {
				g := in.tree(i, world, stride)
				lists = append(lists, []any{uidOf("c", i), uidOf("b", i), "1.0", "CycloneDX", "1.6", "", "", len(g.IDs), len(g.Edges), true, "", db.At(tx.Now), int64(i + 1), g.Pack()})
				for _, id := range g.IDs {
					held = append(held, []any{id, int64(i + 1)})
				}
			}
			if err := db.Bulk(ctx, tx, listColumns, "", lists); err != nil {
				return err
			}
			slices.SortFunc(held, func(x, y []any) int { return cmp.Compare(x[0].(int64), y[0].(int64)) })
			return db.Bulk(ctx, tx, "holding (component_id, sbom_n)", "", held)
		})
		if err != nil {
			return fmt.Errorf("fill component lists from %d on: %w", from, err)
		}
	}
	_, err := d.Writer().ExecContext(ctx, "ANALYZE")
	return err
}

const listColumns = "sbom (id, product_id, version, format, spec_version, sha256, blob, components, edges, is_current, account_id, at, n, contents)"

func uidOf(kind string, number int) string {
	return fmt.Sprintf("%s0000000-0000-7000-8000-%012d", kind, number)
}

// tree is the list of a product. The last slot of every n-th product holds the flawed component.
func (in GenerateInput) tree(i, world, stride int) (g product.Graph) {
	slots := make([]int64, in.ComponentsPerProduct)
	for j := range slots {
		slots[j] = int64(1 + (i*7919+j*stride)%world)
	}
	if i%in.EveryNth == 0 {
		slots[len(slots)-1] = int64(world + 1 + (i/in.EveryNth)%flawedVersions)
	}
	g.IDs = slices.Sorted(slices.Values(slots))
	g.Roots = make([]bool, len(slots))
	at := func(j int) int32 { n, _ := g.Index(slots[j]); return int32(n) }
	for j := range slots {
		if j < roots {
			g.Roots[at(j)] = true
		} else {
			g.Edges = append(g.Edges, [2]int32{at((j - roots) / fan), at(j)})
		}
	}
	slices.SortFunc(g.Edges, func(x, y [2]int32) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) })
	return g
}

// List makes a graph the current list of a product's version, past the verbs.
func List(ctx context.Context, tx *db.Tx, productID, version string, g product.Graph) error {
	if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM product WHERE id = $1`+tx.ForUpdate(), productID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM holding WHERE sbom_n IN (SELECT n FROM sbom WHERE product_id = $1 AND version = $2 AND is_current)`, productID, version); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE sbom SET is_current = $1, n = NULL WHERE product_id = $2 AND version = $3 AND is_current`, false, productID, version); err != nil {
		return err
	}
	n, err := db.Next(ctx, tx, "sbom")
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if err := db.Bulk(ctx, tx, listColumns, "", [][]any{{id.String(), productID, version, "CycloneDX", "1.6", id.String(), "", len(g.IDs), len(g.Edges), true, "", db.At(tx.Now), n, g.Pack()}}); err != nil {
		return err
	}
	var held [][]any
	for _, c := range g.IDs {
		held = append(held, []any{c, n})
	}
	return db.Bulk(ctx, tx, "holding (component_id, sbom_n)", "", held)
}

// coprime returns the least number from n on that has no divisor in common with m.
func coprime(n, m int) int {
	for n = max(n, 1); ; n++ {
		a, b := n, m
		for b != 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return n
		}
	}
}
