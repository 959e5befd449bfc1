// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
)

// Products change while the case is matched: whoever comes last sees the other, on either database.
func TestNobodyIsSkippedInARace(t *testing.T) {
	each(t, func(w *world) {
		const n = 12
		var products []string
		for i := range n {
			p := w.product(product.Product{OrgID: "a", Name: fmt.Sprint("p", i)})
			w.sbom(p, "1", "npm|bad|9.0.0")
			products = append(products, p)
		}
		w.component("npm|bad|1.0.0")
		id := w.kase(report.Affected{PURL: "pkg:npm/bad", Fixed: "2.0.0"})
		var e casework.Graded
		e.CaseID = id
		var g sync.WaitGroup
		errs := make(chan error, 2*n)
		for _, p := range products {
			g.Go(func() {
				if err := w.swap(p, "npm|bad|1.0.0"); err != nil {
					errs <- err
					return
				}
				errs <- w.s.OnChanged(ctx, product.Changed{ProductID: p})
			})
		}
		for range 3 {
			g.Go(func() { errs <- w.s.Find(ctx, e) })
		}
		g.Wait()
		close(errs)
		for err := range errs {
			w.ok(err)
		}
		if got := w.findings(id); len(got) != n {
			w.Errorf("%d of %d products found", len(got), n)
		}
	})
}
