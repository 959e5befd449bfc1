// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// The key that signs packs in these tests, and the one that the house trusts.
const (
	lawKey  = "PRIVATE+KEY+laws.example+f7a86d6d+AUt97m6IuKfuCwHxFwCde9ePzHt/RlF7Ja5zySOILFPS"
	lawVKey = "laws.example+f7a86d6d+AV5JJwSW7F+/IfhsZtn83FmpVxG3LJsWIS57rXnorsuL"
)

// trusted are the keys of the house.
func trusted(t *testing.T) lawpack.Keys {
	t.Helper()
	ks, err := lawpack.ParseKeys(lawVKey)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

// law is a version of the partner agreement with one day instead of two.
func law(version string) string {
	return strings.ReplaceAll(`schema: lawpack/v1
regime: partner-agreement
version: VERSION
law: partner agreement
title: {zh: 合作单位协议, en: Partner agreement}
cite: {zh: 合作单位协议, en: Partner agreement}
jurisdiction: CN
zone: Asia/Shanghai
status: in_force
effective: {from: 2021-09-01}
confidence: secondary
source: a test
duties:
  - id: report
    rule: partner-report
    name: {zh: 合作单位报送漏洞, en: Report as a partner unit}
    text: {zh: 一日内报送。, en: Report within a day.}
    roles: [partner]
    force: contractual
    anchor: discovered_or_learned_at
    due: {kind: duration, value: P1D}
    confidence: secondary
tests:
  - name: a day
    roles: [partner]
    anchors: {discovered_or_learned_at: 2030-05-06T10:00:00+08:00}
    want: {report: {state: running, due: 2030-05-07T10:00:00+08:00}}
`, "VERSION", version)
}

// signedLaw is the version with its signature under it.
func signedLaw(t *testing.T, version string) string {
	t.Helper()
	note, err := lawpack.SignText([]byte(law(version)), "partner-agreement@"+version, lawKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(lawpack.Embed([]byte(law(version)), note))
}

// laws walks a pack from outside through its life.
func (w *walk) laws() {
	all := w.do(rq{op: "list-law-packs"})
	if all.len("items") < 6 || all.len("items.0.duties") == 0 || all.text("items.0.duties.0.due") == "" {
		w.Errorf("laws in force: %s", all.raw)
	}
	if a := w.do(rq{op: "list-law-packs", query: "upcoming=true"}); !strings.Contains(string(a.raw), "us-circia") {
		w.Errorf("upcoming laws: %s", a.raw)
	}
	if a := w.do(rq{op: "get-law-pack", path: []string{"partner-agreement"}}); a.text("pack") != "partner-agreement@1.0.0" {
		w.Errorf("law: %s", a.raw)
	}
	w.do(rq{op: "get-law-pack", path: []string{"no-such-law"}, want: 404})
	if a := w.do(rq{op: "get-law-pack-text", path: []string{"partner-agreement@1.0.0"}}); !strings.HasPrefix(string(a.raw), "# SPDX") {
		w.Errorf("text: %s", a.raw)
	}
	trial := object{"text": law("1.1.0"), "from": "2021-11-01T00:00:00Z", "to": "2022-01-01T00:00:00Z"}
	tried := w.do(rq{op: "try-law-pack", as: "supervisor", body: trial})
	if fmt.Sprint(tried.at("reports")) == "0" || tried.text("headline") == "" {
		w.Errorf("tried: %s", tried.raw)
	}
	w.do(rq{op: "try-law-pack", as: "analyst", body: trial, want: 404})
	wrong := w.do(rq{op: "try-law-pack", as: "supervisor", body: object{"text": strings.Replace(law("1.1.0"), "contractual", "strict", 1), "from": trial["from"], "to": trial["to"]}, want: 422})
	if wrong.text("errors.1.field") != "pack:19" {
		w.Errorf("a wrong pack: %s", wrong.raw)
	}
	w.do(rq{op: "load-law-version", as: "supervisor", body: object{"text": law("1.1.0")}, want: 422})
	w.do(rq{op: "load-law-version", as: "engineer", body: object{"text": signedLaw(w.T, "1.1.0")}, want: 404})
	load := func(version string) []string {
		return []string{w.do(rq{op: "load-law-version", as: "supervisor", want: 201, body: object{"text": signedLaw(w.T, version)}}).text("id")}
	}
	path := load("1.1.0")
	w.do(rq{op: "load-law-version", as: "supervisor", body: object{"text": signedLaw(w.T, "1.1.0")}, want: 409})
	if a := w.do(rq{op: "list-law-versions", as: "auditor"}); a.len("items") != 1 || a.text("items.0.state") != "loaded" {
		w.Errorf("versions: %s", a.raw)
	}
	w.do(rq{op: "get-law-version", as: "analyst", path: path})
	w.do(rq{op: "get-law-version", as: "engineer", path: path, want: 404})
	if a := w.do(rq{op: "get-law-version-text", as: "analyst", path: path}); string(a.raw) != signedLaw(w.T, "1.1.0") {
		w.Errorf("kept otherwise than it was sent: %s", a.raw)
	}
	w.do(rq{op: "activate-law-version", as: "supervisor", path: path, want: 403})
	w.do(rq{op: "activate-law-version", as: "administrator", path: path})
	if a := w.do(rq{op: "get-law-pack", path: []string{"partner-agreement"}}); a.text("pack") != "partner-agreement@1.1.0" {
		w.Errorf("activated: %s", a.raw)
	}
	w.do(rq{op: "retire-law-version", as: "administrator", path: path, body: object{"why": "a slip"}})
	w.do(rq{op: "confirm-law-retirement", as: "administrator", path: path, body: object{}, want: 403})
	w.do(rq{op: "confirm-law-retirement", as: "supervisor", path: path, body: object{}})
	if a := w.do(rq{op: "get-law-pack", path: []string{"partner-agreement"}}); a.text("pack") != "partner-agreement@1.0.0" {
		w.Errorf("retired: %s", a.raw)
	}
	w.do(rq{op: "withdraw-law-version", as: "supervisor", path: load("1.2.0"), body: object{"why": "another slip"}})
}
