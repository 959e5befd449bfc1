// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package assessment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
)

// A VEX document means a product by any name of its vendor: whether the names were joined before it came or afterwards,
// and no longer than they stay together.
func TestVEXMeansAVendorByAnyOfItsNames(t *testing.T) {
	each(t, func(d desk) {
		doc := func(day string) []byte {
			return []byte(strings.ReplaceAll(`{"document":{"category":"csaf_vex","csaf_version":"2.0","title":"x","publisher":{"category":"vendor","name":"Beacon","namespace":"https://beacon.example"},
			"tracking":{"id":"BEACON-DAY","status":"final","version":"1","initial_release_date":"DAYT00:00:00Z","current_release_date":"DAYT00:00:00Z","revision_history":[]}},
			"product_tree":{"branches":[{"category":"vendor","name":"Beacon Tech","branches":[{"category":"product_name","name":"Gateway","product":{"name":"Gateway","product_id":"G"}}]}]},
			"vulnerabilities":[{"cve":"`+log4shell+`","flags":[{"label":"component_not_present","product_ids":["G"]}],"product_status":{"known_not_affected":["G"]}}]}`, "DAY", day))
		}
		counts := func() (out []assessment.Statement) {
			d.Helper()
			d.ok(d.DB.View(d.Context(), func(tx *db.Tx) error {
				of, err := d.Of(d.Context(), tx, []string{d.gateway.ID})
				out = of[d.gateway.ID]
				return err
			}))
			return out
		}
		join := func(first, second string) {
			d.Helper()
			_, err := d.Products.JoinVendors(d.Context(), d.staff, []string{first, second})
			d.ok(err)
			d.ok(d.OnVendors(d.Context(), product.VendorsNamed{Keys: []string{product.Key("灯塔科技"), product.Key("Beacon Tech")}}))
		}
		out, lines := d.take(assessment.VEX{Document: doc("2021-10-01")})
		if len(lines) != 0 || out.LeftAll != 1 {
			d.Errorf("nobody has joined the names: %q, %+v", lines, out.Left)
		}
		join("灯塔科技", "Beacon Tech")
		if got := counts(); len(got) != 1 || got[0].Status != assessment.NotAffected || got[0].Source.Name != "BEACON-2021-10-01" || got[0].OrgID != d.own.OrgID {
			d.Fatalf("a document that was there: %+v", got)
		}
		d.clock.Advance(time.Hour)
		if _, lines = d.take(assessment.VEX{Document: doc("2021-10-02")}); len(lines) != 1 {
			d.Errorf("a document that comes: %q", lines)
		}
		join("灯塔科技", "Beacon Tech") // nothing twice
		if xs, _, err := d.List(d.Context(), d.own, d.gateway.ID, assessment.Filter{}); err != nil || len(xs) != 2 {
			d.Errorf("%d statements, %v", len(xs), err)
		}
		d.ok(d.Products.PartVendor(d.Context(), d.staff, "Beacon Tech"))
		d.ok(d.OnVendors(d.Context(), product.VendorsNamed{Keys: []string{product.Key("灯塔科技"), product.Key("Beacon Tech")}, Part: true}))
		if got := counts(); len(got) != 0 {
			d.Errorf("the names are taken apart: %+v", got)
		}
		join("Beacon Tech", "灯塔科技") // the other way round
		if got := counts(); len(got) != 1 || got[0].Source.Name != "BEACON-2021-10-02" {
			d.Errorf("joined again: %+v", got)
		}
	})
}
