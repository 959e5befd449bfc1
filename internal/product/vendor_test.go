// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

func TestVendors(t *testing.T) {
	each(t, func(b bench) {
		ctx, analyst := context.Background(), b.people["analyst"]
		all := func() []product.Vendor {
			b.Helper()
			vs, err := b.ListVendors(ctx, analyst, "")
			if err != nil {
				b.Fatal(err)
			}
			return vs
		}
		find := func(name string) (v product.Vendor) {
			b.Helper()
			seen := map[string]string{}
			for _, x := range all() {
				for _, n := range x.Names {
					if seen[product.Key(n)] != "" {
						b.Errorf("%s stands with %s and with %s", n, seen[product.Key(n)], x.Names[0])
					}
					seen[product.Key(n)] = x.Names[0]
					if product.Key(n) == product.Key(name) {
						v = x
					}
				}
			}
			return v
		}
		same := func(x, y string, want bool) {
			b.Helper()
			if err := b.DB.View(ctx, func(tx *db.Tx) error {
				v, err := b.Vendors(ctx, tx)
				if got := v.Same(product.Key(x), product.Key(y)); got != want {
					b.Errorf("%s and %s: one vendor %v", x, y, got)
				}
				if got := slices.Contains(v.Of(product.Key(x)), product.Key(y)); got != want {
					b.Errorf("%s among the names of %s: %v", y, x, got)
				}
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
		join := func(names ...string) product.Vendor {
			b.Helper()
			v, err := b.JoinVendors(ctx, analyst, names)
			if err != nil {
				b.Fatal(err)
			}
			return v
		}
		if v := find("HUAWEI"); v.Names[0] != "华为" || v.Own {
			b.Errorf("the names that come with the platform: %+v", v)
		}
		same("华为", "huawei", true)
		same("华为", "中兴", false)
		same("nobody", "nobody", true)

		for part, want := range map[string]int{"ＨＵＡＷＥＩ technologies": 1, "-": len(all()), "nobody's": 0} {
			if got, err := b.ListVendors(ctx, analyst, part); err != nil || len(got) != want {
				b.Errorf("%q finds %d vendors, want %d, %v", part, len(got), want, err)
			}
		}
		join("烽火", "Beacon")
		same("烽 火", "BEACON", true)
		join("Beacon Networks", "烽燧")
		v := join("烽燧", "Beacon") // two vendors become one, all their names with it
		if got := strings.Join(v.Names, " "); !v.Own || v.Names[0] != "烽燧" || len(v.Names) != 4 {
			b.Errorf("joined: %s", got)
		}
		same("烽火", "beacon networks", true)
		join("Huawei", "Huawei Device") // what the platform knows is added to
		same("华为", "huawei device", true)
		if v := find("华为"); len(v.Names) != 4 || v.Names[0] != "Huawei" {
			b.Errorf("added: %+v", v)
		}

		if err := b.PartVendor(ctx, analyst, "烽燧"); err != nil { // the first name of all
			b.Fatal(err)
		}
		same("烽燧", "beacon", false)
		same("烽火", "beacon networks", true)
		if err := b.PartVendor(ctx, analyst, "中兴通讯"); err != nil { // one that comes with the platform
			b.Fatal(err)
		}
		same("ZTE", "中兴通讯", false)
		same("ZTE", "中兴", true)

		for name, e := range map[string]struct {
			by    member.Actor
			names []string
			kind  fault.Kind
		}{
			"one name":        {analyst, []string{"Beacon"}, fault.Invalid},
			"names of nobody": {analyst, []string{"Beacon", " - "}, fault.Invalid},
			"too long":        {analyst, []string{"Beacon", strings.Repeat("x", 101)}, fault.Invalid},
			"control":         {analyst, []string{"Beacon", "a\x00b"}, fault.Invalid},
			"a member":        {b.own, []string{"Beacon", "Other"}, fault.NotFound},
			"an auditor":      {b.people["auditor"], []string{"Beacon", "Other"}, fault.NotFound},
			"nobody":          {member.Actor{}, []string{"Beacon", "Other"}, fault.Unauthenticated},
		} {
			if _, err := b.JoinVendors(ctx, e.by, e.names); !fault.Is(err, e.kind) {
				b.Errorf("%s: %v", name, err)
			}
			if e.kind == fault.Invalid {
				continue
			}
			if err := b.PartVendor(ctx, e.by, "华为"); !fault.Is(err, e.kind) {
				b.Errorf("%s parts: %v", name, err)
			}
			if _, err := b.ListVendors(ctx, e.by, ""); !fault.Is(err, e.kind) {
				b.Errorf("%s lists: %v", name, err)
			}
		}
		if err := b.PartVendor(ctx, analyst, "nobody"); !fault.Is(err, fault.NotFound) {
			b.Errorf("a name that stands with no other: %v", err)
		}
	})
}
