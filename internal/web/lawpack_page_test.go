// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// The key that signs packs in these tests, and the one that the house trusts.
const (
	lawKey  = "PRIVATE+KEY+laws.example+f7a86d6d+AUt97m6IuKfuCwHxFwCde9ePzHt/RlF7Ja5zySOILFPS"
	lawVKey = "laws.example+f7a86d6d+AV5JJwSW7F+/IfhsZtn83FmpVxG3LJsWIS57rXnorsuL"
)

func trusted(t *testing.T) lawpack.Keys {
	t.Helper()
	ks, err := lawpack.ParseKeys(lawVKey)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

// law is a version of the partner agreement with one day instead of two, signed.
func law(t *testing.T, version string, change ...string) []byte {
	t.Helper()
	text := []byte(strings.NewReplacer(append([]string{"VERSION", version}, change...)...).Replace(`schema: lawpack/v1
regime: partner-agreement
version: VERSION
law: partner agreement
title: {zh: 合作单位协议, en: 'Partner <b>agreement</b>'}
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
    article: "3"
    where: {zh: 第三条, en: art. 3}
    confidence: secondary
tests:
  - name: a day
    roles: [partner]
    anchors: {discovered_or_learned_at: 2030-05-06T10:00:00+08:00}
    want: {report: {state: running, due: 2030-05-07T10:00:00+08:00}}
`))
	note, err := lawpack.SignText(text, "partner-agreement@"+version, lawKey)
	if err != nil {
		t.Fatal(err)
	}
	return lawpack.Embed(text, note)
}

// Everybody reads by which laws the platform counts, and takes them home as files.
func TestLawPages(t *testing.T) {
	each(t, func(h *house) {
		t := h.T
		for _, lang := range []string{"zh-CN", "en"} {
			v := h.visitor(lang)
			p := v.get("/laws")
			v.sound(p)
			for _, want := range []string{"rmsv", "partner-agreement@1.0.0", map[string]string{"zh-CN": "第七条第（二）项", "en": "art. 7(2)"}[lang], map[string]string{"zh-CN": "获知起 2 日内", "en": "within 2 days of learning"}[lang]} {
				if !strings.Contains(p.body, want) {
					t.Errorf("%s: the laws do not say %q", lang, want)
				}
			}
			if strings.Contains(p.body, "us-circia") || strings.Contains(p.body, "/law-packs") {
				t.Error("a visitor sees what is proposed among what is in force, or a way to the book")
			}
			soon := v.get("/laws?upcoming=yes")
			v.sound(soon)
			if !strings.Contains(soon.body, "us-circia") || strings.Contains(soon.body, "cn-rmsv-2021@") {
				t.Error("what is upcoming is not what is shown as upcoming")
			}
			v.sound(v.get("/laws/cn-rmsv-2021"))
			if p := v.get("/laws/no-such-law"); p.status != http.StatusNotFound {
				t.Errorf("no such law: %d", p.status)
			}
			file := v.get("/laws/cn-rmsv-2021/pack.yaml")
			if _, err := lawpack.Parse("x", []byte(file.body)); err != nil || file.status != http.StatusOK {
				t.Errorf("the file: %d, %v", file.status, err)
			}
			for _, path := range []string{"/law-packs", "/law-packs/x"} {
				if p := v.get(path); p.path != "/sign-in" {
					t.Errorf("a visitor at %s: %d %s", path, p.status, p.path)
				}
			}
			if p := h.signedIn(lang, "engineer", "cloud").get("/law-packs"); p.status != http.StatusNotFound {
				t.Errorf("a member at the book: %d", p.status)
			}
		}
	})
}

// A version from outside by pages alone: refused with lines, loaded, tried, activated by the other, and retired.
func TestLawsAreKeptByTwo(t *testing.T) {
	each(t, func(h *house) {
		t := h.T
		h.ok(h.DB.Tx(h.Context(), func(tx *db.Tx) error {
			_, err := h.Duties.StartAll(h.Context(), tx, []duty.Begin{{ReportID: "r", Facts: duty.Facts{OrgID: h.orgs["cloud"], Partner: true, Relation: duty.Found, LearnedAt: learned}}})
			return err
		}))
		for i, lang := range []string{"zh-CN", "en"} {
			one, two, other := h.signedIn(lang, "supervisor", "desk"), h.signedIn(lang, "administrator", "desk"), h.signedIn(lang, "auditor", "desk")
			one.sound(one.get("/law-packs"))
			for name, file := range map[string][]byte{
				"kind":  law(t, fmt.Sprintf("1.%d.0", i+1), "kind: duration", "kind: someday"),
				"empty": nil,
			} {
				p := one.upload("/law-packs", "pack", file)
				one.sound(p)
				if p.status != http.StatusUnprocessableEntity || name == "kind" && !strings.Contains(p.body, map[string]string{"zh-CN": "第 21 行", "en": "line 21"}[lang]) {
					t.Errorf("%s: %d\n%s", name, p.status, p.body)
				}
			}
			version := one.upload("/law-packs", "pack", law(t, fmt.Sprintf("1.%d.0", i+1)))
			if version.status != http.StatusOK || !strings.HasPrefix(version.path, "/law-packs/") {
				t.Fatalf("loaded: %d %s", version.status, version.path)
			}
			one.sound(version)
			if strings.Contains(version.body, `value="activate"`) || strings.Contains(version.body, "<b>agreement</b>") {
				t.Error("whoever loaded it may activate it, or a title is markup")
			}
			if p := one.post(version.path, url.Values{"do": {"activate"}}); p.status != http.StatusForbidden {
				t.Errorf("activated by one: %d", p.status)
			}
			other.sound(other.get(version.path))
			if p := other.post(version.path, url.Values{"do": {"activate"}}); p.status != http.StatusForbidden {
				t.Errorf("activated by the auditor: %d", p.status)
			}
			tried := two.get(version.path + "?from=2021-11-01&to=2022-01-01")
			two.sound(tried)
			if !strings.Contains(tried.body, map[string]string{"zh-CN": "试算 2021-11-01 至 2022-01-01", "en": "tried on what was learned of from 2021-11-01 to 2022-01-01"}[lang]) {
				t.Errorf("tried: %s", tried.body)
			}
			if p := two.get(version.path + "?from=2022-11-01&to=2021-01-01"); p.status != http.StatusOK || strings.Contains(p.body, "2021-01-01 至") {
				t.Errorf("a time that runs backwards: %d", p.status)
			}
			do := func(v *visitor, do, why string) {
				t.Helper()
				p := v.post(version.path, url.Values{"do": {do}, "why": {why}})
				if p.status != http.StatusOK || p.path != version.path {
					t.Errorf("%s: %d", do, p.status)
				}
				v.sound(p)
			}
			do(two, "activate", "")
			if p := two.get("/laws"); !strings.Contains(p.body, fmt.Sprintf("partner-agreement@1.%d.0", i+1)) || strings.Contains(p.body, "partner-agreement@1.0.0") {
				t.Error("the laws do not show what was activated")
			}
			if p := two.post(version.path, url.Values{"do": {"retire"}}); p.status != http.StatusUnprocessableEntity {
				t.Errorf("retired without a reason: %d", p.status)
			}
			do(two, "retire", "Never <i>signed</i>.")
			do(one, "stay", "")
			do(one, "retire", "Never signed.")
			do(two, "confirm", "")
			if p := two.get("/laws"); !strings.Contains(p.body, "partner-agreement@1.0.0") {
				t.Error("the version before it does not count again")
			}
			if p := two.get(version.path + "/pack.yaml"); p.body != string(law(t, fmt.Sprintf("1.%d.0", i+1))) {
				t.Error("the file is not the one that was sent")
			}
			one.sound(one.get("/law-packs"))
		}
	})
}
