// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/vuln"
)

// assign imports a CVE record about a vendor's product.
func (w *world) assign(dir, cve, vendor, name, before string) {
	w.Helper()
	path := filepath.Join(dir, cve+".json")
	w.ok(os.WriteFile(path, fmt.Appendf(nil, `{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":%q,"state":"PUBLISHED","assignerOrgId":"00000000-0000-4000-8000-000000000000","datePublished":"2021-12-01T00:00:00.000Z","dateUpdated":"2021-12-01T00:00:00.000Z"},
		"containers":{"cna":{"providerMetadata":{"orgId":"00000000-0000-4000-8000-000000000000","shortName":"example"},"descriptions":[{"lang":"en","value":"flaw"}],
		"affected":[{"vendor":%q,"product":%q,"versions":[{"version":"0","lessThan":%q,"status":"affected","versionType":"custom"}]}]}}}`, cve, vendor, name, before), 0o600))
	_, err := w.s.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "cve", Source: path})
	w.ok(err)
	w.ok(w.s.CatchUp(ctx))
}

// A vendor is one by all its names: for what records say, whichever of the two came first, for cases, and after names were
// put together or taken apart; and working everything out anew changes nothing of it.
func TestVendorsGoByManyNames(t *testing.T) {
	each(t, func(w *world) {
		dir := t.TempDir()
		first := w.product(product.Product{OrgID: "a", Vendor: "华为", Name: "XR-5600", Versions: []string{"1.0"}})
		w.assign(dir, "CVE-2021-90001", "Huawei", "XR-5600", "2.0")
		w.same("the platform knows the names", []string{"CVE-2021-90001 product XR-5600@1.0 affected [< 2.0] "}, w.known())

		// what a document calls so is worth a look
		w.exec(`INSERT INTO component (id, ecosystem, name, release, version, cpe, cpe_name, purl, ware) VALUES (900, '', '烽燧科技/岗哨', '', '1.0', '', '', '', $1)`, product.Key("烽燧科技")+"/"+product.Key("岗哨"))
		second := w.product(product.Product{OrgID: "b", Vendor: "烽燧科技", Name: "岗哨", Versions: []string{"1.0"}})
		w.assign(dir, "CVE-2021-90002", "Fengsui Tech", "岗哨", "2.0")
		w.ids["sentry"] = 900
		w.ok(w.swap(first, "sentry"))
		kase := w.kase(report.Affected{Vendor: "Fengsui Tech", Product: "岗哨", Fixed: "2.0"})
		w.find(kase)
		before := w.known()
		w.same("nobody has put the names together", []string{"CVE-2021-90001 product XR-5600@1.0 affected [< 2.0] "}, before)
		w.same("nor for cases", nil, w.lines(kase))

		named := func(e product.VendorsNamed) { w.Helper(); w.ok(w.s.OnVendors(ctx, e)) }
		_, err := w.s.Products.JoinVendors(ctx, analyst, []string{"烽燧科技", "Fengsui Tech"})
		w.ok(err)
		keys := []string{product.Key("烽燧科技"), product.Key("Fengsui Tech")}
		named(product.VendorsNamed{Keys: keys})
		together := []string{"CVE-2021-90001 product XR-5600@1.0 affected [< 2.0] ", "CVE-2021-90002   烽燧科技/岗哨@1.0 check [< 2.0] match.note.name-only", "CVE-2021-90002 product 岗哨@1.0 affected [< 2.0] "}
		w.same("together", together, w.known())
		inCase := []string{"affected b @1.0:  [< 2.0] 烽燧科技 岗哨@1.0 ", "check a @1: XR-5600@1 > 烽燧科技/岗哨@1.0 [< 2.0] 烽燧科技/岗哨@1.0 match.note.name-only"}
		w.same("the case, of products and of what lists call so", inCase, w.lines(kase))
		w.find(kase)
		w.same("the case once more", inCase, w.lines(kase))
		w.ok(w.s.OnChanged(ctx, product.Changed{ProductID: first}))
		w.same("the list once more", inCase, w.lines(kase))
		late := w.product(product.Product{OrgID: "c", Name: "plant"})
		w.ok(w.swap(late, "sentry"))
		w.ok(w.s.OnChanged(ctx, product.Changed{ProductID: late}))
		if got := w.lines(kase); len(got) != 3 {
			w.Errorf("a list that came last: %q", got)
		}
		w.exec(`UPDATE sbom SET is_current = $1 WHERE product_id = $2`, false, late)
		w.exec(`DELETE FROM holding WHERE sbom_n IN (SELECT n FROM sbom WHERE product_id = $1)`, late)
		w.ok(w.s.OnChanged(ctx, product.Changed{ProductID: late}))
		for _, id := range []string{first, second} {
			w.ok(w.s.OnContents(ctx, product.Changed{ProductID: id}))
		}
		r, err := w.s.RebuildKnown(ctx, member.System(), nil)
		w.ok(err)
		w.same("worked out anew", together, w.known())
		if r.Written+r.Deleted != 0 {
			w.Errorf("%+v", r)
		}
		w.assign(dir, "CVE-2021-90003", "fengsui tech", "岗哨", "1.5")
		if got := w.known(); len(got) != len(together)+2 {
			w.Errorf("a later record: %q", got)
		}

		w.ok(w.s.Products.PartVendor(ctx, analyst, "fengsui tech"))
		named(product.VendorsNamed{Keys: keys})
		w.same("apart", before, w.known())
		w.same("apart, the case", nil, w.lines(kase))
		if got, err := w.s.Products.ListVendors(ctx, analyst, ""); err != nil || slices.ContainsFunc(got, func(v product.Vendor) bool { return v.Own }) {
			w.Errorf("%v, %v", got, err)
		}
	})
}
