// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"context"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

func TestProviders(t *testing.T) {
	each(t, func(b bench) {
		log4j := product.Input{Vendor: "上游项目组", Name: "Log4j2 日志库", NameEN: "Log4j2 library", PURL: "pkg:maven/org.apache.logging.log4j/log4j-core"}
		other := product.Input{Vendor: "上游项目组", Name: "别的产品"}
		first := b.register(b.own, other)
		lib := b.register(b.own, log4j)
		again := b.register(b.other, product.Input{Vendor: "上游项目组", Name: "log4j2日志库"})
		operator := b.person(b.org("operator", member.Operator), member.Engineer)
		b.register(operator, log4j)

		find := func(q product.ProviderQuery) (out []product.Provider) {
			b.tx(func(ctx context.Context, tx *db.Tx) (err error) {
				out, err = b.Providers(ctx, tx, q)
				return err
			})
			return out
		}
		own := func(p product.Product, by string) product.Provider {
			return product.Provider{OrgID: p.OrgID, ProductID: p.ID, By: by}
		}
		for name, e := range map[string]struct {
			q    product.ProviderQuery
			want []product.Provider
		}{
			"purl": {product.ProviderQuery{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar"}, []product.Provider{own(lib, product.ByPURL)}},
			"all": {product.ProviderQuery{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", Vendor: "上游项目组", Product: "LOG4J2 日志库"},
				[]product.Provider{own(lib, product.ByPURL), own(again, product.ByVendorProduct)}},
			"vendor and name":   {product.ProviderQuery{Vendor: "上游 项目组", Product: "log4j2_LIBRARY"}, []product.Provider{own(lib, product.ByVendorProduct), own(again, product.ByVendor)}},
			"vendor":            {product.ProviderQuery{Vendor: "上游项目组", Product: "unknown"}, []product.Provider{own(first, product.ByVendor), own(again, product.ByVendor)}},
			"nobody":            {product.ProviderQuery{PURL: "pkg:npm/log4j", Vendor: "somebody", Product: "Log4j2 日志库"}, nil},
			"a name alone":      {product.ProviderQuery{Product: "Log4j2 日志库"}, nil},
			"nothing":           {product.ProviderQuery{}, nil},
			"not a package URL": {product.ProviderQuery{PURL: "log4j-core\x00", Vendor: "\xff\x00"}, nil},
		} {
			b.same(name, e.want, find(e.q))
		}
		// Whoever is suspended must still learn of the flaw in its product.
		if err := b.DB.Tx(b.Context(), func(tx *db.Tx) error {
			return b.members.Enter(b.Context(), tx, b.own.OrgID, member.Measure{Number: "FS-Q-2021-000001", Kind: member.Suspended, From: dbtest.Start, Until: dbtest.Start.Add(time.Hour)})
		}); err != nil {
			t.Fatal(err)
		}
		b.same("suspended", []product.Provider{own(lib, product.ByPURL)}, find(product.ProviderQuery{PURL: log4j.PURL}))
	})
}

func TestByIDs(t *testing.T) {
	each(t, func(b bench) {
		x, y := b.register(b.own, product.Input{Vendor: "v", Name: "x", Versions: []string{"1"}}), b.register(b.other, product.Input{Vendor: "v", Name: "y", Versions: []string{"2"}})
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			got, err := b.ByIDs(ctx, tx, []string{y.ID, "nonsense", x.ID, y.ID, "\x00"})
			b.same("products", []product.Product{y, x}, got)
			if none, _ := b.ByIDs(ctx, tx, nil); none != nil {
				t.Errorf("got %v", none)
			}
			return err
		})
	})
}
