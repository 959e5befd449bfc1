// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/warning"
)

// A unit whose private list holds what a case calls flawed is told in the first wave and why, like any other; one whose
// list does not is told as if it had none, whether the list came before the case or after the warning.
func TestAHitInAPrivateListIsInTheFirstWave(t *testing.T) {
	each(t, func(w *world) {
		w.s.Matches.Products = &product.Service{DB: w.d, Events: w.s.Events, Blobs: w.s.Blobs}
		w.s.Matches.Grounds = []match.Ground{warning.Ground}
		push := func(org, url string) product.PrivateList {
			id := uuid.Must(uuid.NewV7()).String()
			w.exec(`INSERT INTO product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, model_key, created_at)
				VALUES ($1,$2,'','网关','','','software','','','','','','',$3)`, id, org, db.At(w.clock.Now()))
			salt, err := w.s.Matches.Products.PrivateSalt(ctx, engineer(org))
			w.ok(err)
			parts, _, err := product.Private(salt, []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"x","purl":"`+url+`"}]}`))
			w.ok(err)
			l, err := w.s.Matches.Products.PushPrivate(ctx, engineer(org), id, "3.1", parts)
			w.ok(err)
			w.ok(w.s.Matches.OnPrivate(ctx, product.PrivateChanged{ListID: l.ID, ProductID: id, OrgID: org}))
			return l
		}
		for _, org := range []string{"holder", "other", "later"} {
			w.partner(org, org)
		}
		push("holder", "pkg:maven/org.example/flawed-core@2.14.1")
		push("other", "pkg:maven/org.example/planted-secret@2.14.1")
		id := w.kase(casework.Assessed, "critical", "yes")
		content, err := seal.SealJSON(w.key, "casefile/"+id+"/content", casework.Content{Title: "组件远程代码执行", Description: "说明", Fix: "升级",
			Affected: []report.Affected{{PURL: "pkg:maven/org.example/flawed-core", Introduced: "2.0", Fixed: "2.15.0", Versions: []string{"2.14.1"}}}})
		w.ok(err)
		w.exec(`UPDATE casefile SET content_sealed = $1 WHERE id = $2`, content, id)
		var graded casework.Graded
		graded.CaseID = id
		w.ok(w.s.Matches.Find(ctx, graded))
		d, err := w.s.Draft(ctx, analyst, id)
		w.ok(err)
		w.release(d.ID)
		if diff := cmp.Diff(map[string]int{"holder": 1, "other": 3, "later": 3}, w.waves(d.ID, 1)); diff != "" {
			t.Error(diff)
		}
		fs, err := w.s.Matches.Findings(ctx, engineer("holder"), id)
		if err != nil || len(fs) != 1 || fs[0].Verdict != match.Hit || fs[0].Why.Found != "org.example:flawed-core@2.14.1" {
			t.Errorf("its reasons: %+v, %v", fs, err)
		}
		if fs, err := w.s.Matches.Findings(ctx, engineer("other"), id); err != nil || len(fs) != 0 {
			t.Errorf("nothing was found in the other's list: %+v, %v", fs, err)
		}

		// the warning is out, and a list that holds it comes in
		push("later", "pkg:maven/org.example/flawed-core@2.14.1")
		w.ok(w.s.OnFound(ctx, match.Found{CaseID: id}))
		if diff := cmp.Diff(map[string]int{"holder": 1, "other": 3, "later": 1}, w.waves(d.ID, 1)); diff != "" {
			t.Error(diff)
		}
		var kept bytes.Buffer
		rows, err := w.d.Writer().QueryContext(ctx, `SELECT ecosystem || name || version || held || note FROM private_hit`)
		w.ok(err)
		defer rows.Close()
		for rows.Next() {
			var s string
			w.ok(rows.Scan(&s))
			kept.WriteString(s)
		}
		if kept.Len() > 0 {
			t.Errorf("what an undisclosed case names stands in clear: %s", kept.Bytes())
		}
	})
}
