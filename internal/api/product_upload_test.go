// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/product"
)

func (w *walk) uploads(id string) {
	a := w.do(rq{op: "upload-sbom", as: "engineer", path: []string{id}, query: "version=5.8.1&name=bom.json", body: bom("2.17.1"), want: 202})
	if at := a.header.Get("Location"); at != "/api/v1/uploads/"+a.text("id") || a.text("state") != "waiting" {
		w.Errorf("accepted: %s at %q", a.raw, at)
	}
	w.do(rq{op: "upload-sbom", as: "operator", path: []string{id}, query: "version=1", body: bom("1"), want: 404})
	wrong := w.do(rq{op: "upload-sbom", as: "engineer", path: []string{id}, query: "version=5.8.1", body: []byte("nothing"), want: 202})
	w.settle()
	if done := w.do(rq{op: "get-upload", as: "engineer", path: []string{a.text("id")}}); done.text("state") != "done" || done.text("sbom") == "" || fmt.Sprint(done.at("done")) != "2" {
		w.Errorf("done: %s", done.raw)
	}
	if failed := w.do(rq{op: "get-upload", as: "analyst", path: []string{wrong.text("id")}}); failed.text("state") != "failed" || failed.text("problem.errors.0.field") != "document" {
		w.Errorf("failed: %s", failed.raw)
	}
	w.do(rq{op: "get-upload", as: "operator", path: []string{a.text("id")}, want: 404})
	w.do(rq{op: "cancel-upload", as: "engineer", path: []string{a.text("id")}, want: 409})
	w.ok(w.jobs.Pause(w.Context()))
	slow := w.do(rq{op: "upload-sbom", as: "engineer", path: []string{id}, query: "version=5.8.2", body: bom("1.0"), want: 202})
	w.do(rq{op: "cancel-upload", as: "operator", path: []string{slow.text("id")}, want: 404})
	if c := w.do(rq{op: "cancel-upload", as: "engineer", path: []string{slow.text("id")}}); c.text("state") != "cancelled" {
		w.Errorf("cancelled: %s", c.raw)
	}
	w.ok(w.jobs.Start(w.Context()))
	w.settle()
	table := []byte("厂商,型号,固件版本,数量\n灯塔科技,XR-5600,V3.2.1,120\n")
	if t := w.do(rq{op: "import-products", as: "operator", query: "check=true", body: table}); fmt.Sprint(t.at("new")) != "1" {
		w.Errorf("checked: %s", t.raw)
	}
	if t := w.do(rq{op: "import-products", as: "operator", body: table}); fmt.Sprint(t.at("new"), "+", t.at("counted")) != "1+1" {
		w.Errorf("taken: %s", t.raw)
	}
	if t := w.do(rq{op: "import-products", as: "operator", body: []byte("vendor,model,count\nx,y,many\n"), want: 422}); t.text("errors.0.field") != "line 2" {
		w.Errorf("refused: %s", t.raw)
	}
}

// private pushes a list in hashes; nothing of what it hides may stand in the log.
func (w *walk) private(id string) {
	salt, err := base64.StdEncoding.DecodeString(w.do(rq{op: "get-private-salt", as: "engineer"}).text("salt"))
	w.ok(err)
	parts, _, err := product.Private(salt, []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"planted-secret","purl":"pkg:npm/planted-secret@31.41.59"}]}`))
	w.ok(err)
	said := hex.EncodeToString(append(parts.Parts[0].Name[:], parts.Parts[0].Version[:]...))
	l := w.do(rq{op: "push-private-list", as: "engineer", path: []string{id}, body: object{"version": "5.8.0", "parts": []string{said}}, want: 201})
	if fmt.Sprint(l.at("parts"), l.at("components"), l.at("recipe")) != "111" {
		w.Errorf("private list: %s", l.raw)
	}
	named, _, err := product.Private(salt, []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"firmware","group":"planted-secret","name":"thing","version":"31.41.59"}]}`))
	w.ok(err)
	var both []string
	for _, p := range named.Parts {
		both = append(both, hex.EncodeToString(append(p.Name[:], p.Version[:]...)))
	}
	body := object{"version": "5.8.0", "recipe": named.Recipe, "components": named.Components, "parts": both}
	if l := w.do(rq{op: "push-private-list", as: "engineer", path: []string{id}, body: body, want: 201}); fmt.Sprint(l.at("parts"), l.at("components"), l.at("recipe")) != "212" {
		w.Errorf("private list by the present recipe: %s", l.raw)
	}
	body["recipe"] = product.Recipe + 1
	w.do(rq{op: "push-private-list", as: "engineer", path: []string{id}, body: body, want: 422})
	w.do(rq{op: "push-private-list", as: "engineer", path: []string{id}, body: object{"version": "5.8.0", "parts": []string{"planted-secret"}}, want: 422})
	w.do(rq{op: "push-private-list", as: "operator", path: []string{id}, body: object{"version": "5.8.0", "parts": []string{said}}, want: 404})
	w.settle()
	if f := w.do(rq{op: "list-private-findings", as: "engineer", path: []string{id}}); f.len("lists") != 2 || f.len("items") != 0 {
		w.Errorf("private findings: %s", f.raw)
	}
	w.do(rq{op: "list-private-findings", as: "operator", path: []string{id}, want: 404})
	if log := w.log.String(); strings.Contains(log, "planted-secret") || strings.Contains(log, "31.41.59") || strings.Contains(log, said) {
		w.Errorf("the log says what was hidden: %s", log)
	}
}
