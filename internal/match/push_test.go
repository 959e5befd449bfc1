// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
)

// What a member uploads and registers is found under the names that a case gives it, whatever the spelling.
func TestFindWhatWasPushed(t *testing.T) {
	dir := t.TempDir()
	each(t, func(w *world) {
		const org = "00000000-0000-7000-8000-00000000000a"
		w.org(org)
		s := &product.Service{DB: w.d, Events: w.s.Events, Blobs: blob.Store{Dir: dir, Seal: w.s.Cases.Seal}}
		p, err := s.Register(ctx, engineer(org), product.Input{OrgID: org, Vendor: "天工", Name: "网关", PURL: "pkg:pypi/Tian_Gong", Versions: []string{"3.1"}})
		w.ok(err)
		_, err = s.PushSBOM(ctx, engineer(org), p.ID, "3.1", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.5",
			"metadata":{"component":{"bom-ref":"self","name":"gateway","version":"3.1"}},
			"components":[
				{"bom-ref":"app","group":"org.example","name":"app","version":"1","purl":"pkg:maven/org.example/app@1"},
				{"bom-ref":"core","group":"org.apache.logging.log4j","name":"log4j-core","version":"2.14.1","purl":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar"},
				{"bom-ref":"go","name":"goutils","version":"v1.1.0","purl":"pkg:golang/github.com/Masterminds/goutils@v1.1.0"},
				{"bom-ref":"bb","name":"busybox","version":"1.30"}],
			"dependencies":[{"ref":"self","dependsOn":["app"]},{"ref":"app","dependsOn":["core","go","bb"]}]}`))
		w.ok(err)
		for _, c := range []struct {
			affected report.Affected
			want     []string
		}{
			{log4j[2], []string{"affected " + org + " @3.1: 网关@3.1 > org.example:app@1 > org.apache.logging.log4j:log4j-core@2.14.1 [>= 2.13.0, < 2.15.0] org.apache.logging.log4j:log4j-core@2.14.1 "}},
			{report.Affected{PURL: "pkg:golang/github.com/masterminds/GoUtils", Fixed: "1.1.1"},
				[]string{"affected " + org + " @3.1: 网关@3.1 > org.example:app@1 > github.com/masterminds/goutils@v1.1.0 [< 1.1.1] github.com/masterminds/goutils@v1.1.0 "}},
			{report.Affected{Product: "busybox", Fixed: "1.31"}, []string{"check " + org + " @3.1: 网关@3.1 > org.example:app@1 > busybox@1.30 [< 1.31] busybox@1.30 match.note.name-only"}},
			{report.Affected{PURL: "pkg:pypi/tian-gong", LastAffected: "3.1"}, []string{"affected " + org + " @3.1:  [<= 3.1] 天工 网关@3.1 "}},
			{report.Affected{Vendor: "天工", Product: "网 关", Introduced: "3"}, []string{"affected " + org + " @3.1:  [>= 3] 天工 网关@3.1 "}},
		} {
			id := w.kase(c.affected)
			w.find(id)
			if diff := cmp.Diff(c.want, w.lines(id)); diff != "" {
				w.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}
