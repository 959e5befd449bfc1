// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/bundle"
	"github.com/fengsui/fengsui/internal/warning"
)

// opened verifies a bundle as a unit without a network does, with the key alone.
func (w *world) opened(b []byte) (bundle.Bundle, warning.Manifest) {
	w.Helper()
	x, err := bundle.Read(b)
	w.ok(err)
	keys, err := evidence.ParseKeys(w.s.Events.Evidence.PublicKey())
	w.ok(err)
	_, err = keys.VerifySums(x.Sums, x.Signature)
	w.ok(err)
	var m warning.Manifest
	w.ok(json.Unmarshal(x.File("manifest.json"), &m))
	return x, m
}

// labelled writes a warning out of one word, with labels, and lets it out.
func (w *world) labelled(label string, l warning.Labels, word string) warning.Warning {
	w.Helper()
	x := w.draft(map[string]int{"a": 1})
	c := x.Content
	c.Title, c.TitleEN, c.Summary, c.SummaryEN, c.Scope, c.ScopeEN = word+"-title", word+"-title", word+"-summary", word+"-summary", word+"-scope", word+"-scope"
	c.Measures, c.MeasuresEN, c.Labels = word+"-measures", word+"-measures", l
	c.Pack = warning.Pack{Sigma: word + "-sigma", Indicators: []warning.Indicator{{Type: "domain", Value: word + "-ioc.example"}}}
	c.Basis = "decision 7"
	x, err := w.s.Edit(ctx, officer, x.ID, warning.EditInput{Rev: x.Rev, Level: x.Level, TLP: label, Content: c})
	w.ok(err)
	return w.release(x.ID)
}

// A bundle holds what its unit may carry away, and nothing that is read by people alone; another unit gets none of it.
func TestBundle(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "cloud")
		w.partner("b", "cloud")
		w.org(member.Org{Slug: "outsider", Email: "x@outsider.example"})
		amber := w.labelled("AMBER+STRICT", warning.Labels{}, "strict")
		mixed := w.labelled("AMBER", warning.Labels{Measures: "RED", Pack: "RED"}, "mixed")
		red := w.labelled("RED", warning.Labels{Summary: "GREEN"}, "personal")
		name, b, err := w.s.Bundle(ctx, engineer("a"), "")
		w.ok(err)
		if !strings.HasPrefix(name, "fengsui-2") || !strings.HasSuffix(name, ".zip") {
			t.Errorf("it is called %q", name)
		}
		x, m := w.opened(b)
		if len(m.Warnings) != 3 || m.OrgID != "a" || m.TLP != "AMBER+STRICT" || m.Key != w.s.Events.Evidence.PublicKey() {
			t.Errorf("manifest %+v", m)
		}
		left := map[string][]string{}
		for _, e := range m.Warnings {
			left[e.Number] = e.Withheld
		}
		if len(left[amber.Number]) != 0 || !slices.Contains(left[mixed.Number], "measures") || !slices.Contains(left[red.Number], "title") {
			t.Errorf("left out: %v", left)
		}
		all := b // nothing in it is compressed
		for _, word := range []string{"strict-title", "strict-summary", "strict-measures", "strict-sigma", "strict-ioc", "mixed-summary", "personal-summary"} {
			if !bytes.Contains(all, []byte(word)) {
				t.Errorf("%s is not in it", word)
			}
		}
		for _, word := range []string{"mixed-measures", "mixed-sigma", "mixed-ioc", "personal-title", "personal-scope", "personal-measures", "personal-sigma", "/w/"} {
			if bytes.Contains(all, []byte(word)) {
				t.Errorf("%s is in it", word)
			}
		}
		for _, file := range []string{"sheet.html", "warning.txt", "alert.cap.xml", "answer.json", "openvex.json", "indicators.json", "rules.sigma.yml"} {
			if x.File(amber.Number+"/"+file) == nil {
				t.Errorf("no %s", file)
			}
		}
		if x.File(red.Number+"/openvex.json") != nil || !bytes.Contains(x.File("README.txt"), []byte(m.Key)) || !bytes.Contains(x.File("README.txt"), []byte("sha256sum --check")) {
			t.Errorf("README:\n%s", x.File("README.txt"))
		}
		one, b, err := w.s.Bundle(ctx, engineer("a"), amber.ID)
		w.ok(err)
		if _, m := w.opened(b); len(m.Warnings) != 1 || one != "fengsui-"+amber.Number+"-r1.zip" {
			t.Errorf("%s: %+v", one, m)
		}
		if n := w.number(`SELECT count(*) FROM event WHERE kind = 'warning.bundled'`); n != 2 {
			t.Errorf("%d events about 2 bundles", n)
		}
		for who, by := range map[string]member.Actor{"staff": officer, "no unit": {AccountID: "x", Via: "web"}, "an outsider": engineer("outsider")} {
			if _, _, err := w.s.Bundle(ctx, by, amber.ID); !fault.Is(err, fault.Withheld) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", who, err)
			}
		}
		if _, _, err := w.s.Bundle(ctx, member.Anonymous("web"), amber.ID); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("nobody: %v", err)
		}
		if _, other, err := w.s.Bundle(ctx, engineer("b"), ""); err != nil || bytes.Contains(other, []byte("lib@2.14.1")) {
			t.Errorf("another unit's products: %v", err)
		}
	})
}

// A bundle that cannot hold all holds what concerns the unit's own products, then the newest, and says so.
func TestFullBundle(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "cloud")
		first := w.labelled("AMBER", warning.Labels{}, "own") // about a product of the unit, and the oldest
		released := 1
		for ; released < 203; released++ {
			w.clock.Advance(time.Minute)
			x := w.draft(nil)
			c := x.Content
			c.Pack = warning.Pack{Sigma: "a", YARA: "b", Suricata: "c", Links: []string{"https://example.org/x"}, Indicators: []warning.Indicator{{Type: "domain", Value: "x.example"}}}
			_, err := w.s.Edit(ctx, officer, x.ID, warning.EditInput{Rev: x.Rev, Level: x.Level, TLP: x.TLP, Content: c})
			w.ok(err)
			w.release(x.ID)
		}
		_, b, err := w.s.Bundle(ctx, engineer("a"), "")
		w.ok(err)
		x, m := w.opened(b)
		if len(m.Warnings) < 150 || len(m.Warnings) >= released || !m.LeftOut || m.Warnings[0].ID != first.ID || len(x.Files) > bundle.MaxFiles {
			t.Errorf("%d of %d warnings, left out %v, %d files, the first %s", len(m.Warnings), released, m.LeftOut, len(x.Files), m.Warnings[0].Number)
		}
		if readme := string(x.File("README.txt")); strings.Count(readme, fmt.Sprint(len(m.Warnings))) < 2 {
			t.Errorf("README:\n%s", readme)
		}
	})
}

// OpenSSL and sha256sum say that a bundle is the platform's.
func TestStockToolsVerifyABundle(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "cloud")
		w.labelled("AMBER", warning.Labels{}, "x")
		_, b, err := w.s.Bundle(ctx, engineer("a"), "")
		w.ok(err)
		dir := t.TempDir()
		w.ok(os.WriteFile(filepath.Join(dir, "b.zip"), b, 0o600))
		for _, args := range [][]string{{"python3", "-m", "zipfile", "-e", "b.zip", "."}, {"sha256sum", "--check", "--strict", "SHA256SUMS"},
			{"openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "SHA256SUMS", "-sigfile", "SHA256SUMS.sig"}} {
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
		}
	})
}

// An answer sheet answers for the unit it was made for, and its own revision.
func TestAnswerSheets(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "cloud")
		w.partner("b", "cloud")
		x := w.labelled("GREEN", warning.Labels{}, "x")
		_, b, err := w.s.Bundle(ctx, engineer("a"), x.ID)
		w.ok(err)
		files, _ := w.opened(b)
		blank := string(files.File(x.Number + "/answer.json"))
		_, _, err = w.s.AcknowledgeSheet(ctx, engineer("a"), []byte(blank))
		w.want(err, fault.Invalid)
		filled := strings.Replace(strings.Replace(blank, `"answer": ""`, `"answer": "affected"`, 1), `"assets": 0`, `"assets": 12`, 1)
		_, _, err = w.s.AcknowledgeSheet(ctx, engineer("b"), []byte(filled))
		w.want(err, fault.NotFound)
		_, _, err = w.s.AcknowledgeSheet(ctx, member.Anonymous("web"), []byte(filled))
		w.want(err, fault.Unauthenticated)
		sheet, r, err := w.s.AcknowledgeSheet(ctx, engineer("a"), []byte("\xef\xbb\xbf"+filled))
		w.ok(err)
		if sheet.Number != x.Number || r.Answer != warning.AffectedYes || r.Assets != 12 {
			t.Errorf("%+v %+v", sheet, r)
		}
		for name, text := range map[string]string{
			"nothing": "", "no JSON": "answer", "two": filled + filled, "another field": strings.Replace(filled, `"answer"`, `"x": 1, "answer"`, 1), "no such answer": strings.Replace(filled, `"affected"`, `"perhaps"`, 1),
			"another format": strings.Replace(filled, "fengsui-answer/1", "fengsui-answer/2", 1), "no reason": strings.Replace(filled, `"affected"`, `"not-affected"`, 1), "no id": strings.Replace(filled, x.ID, "x", 1),
		} {
			if _, _, err := w.s.AcknowledgeSheet(ctx, engineer("a"), []byte(text)); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, _, err = w.s.AcknowledgeSheet(ctx, engineer("a"), make([]byte, warning.MaxAnswerSheet+1))
		w.want(err, fault.TooLarge)
		_, err = w.s.Revise(ctx, officer, x.ID, warning.Supersede)
		w.ok(err)
		w.release(x.ID)
		_, _, err = w.s.AcknowledgeSheet(ctx, engineer("a"), []byte(filled))
		w.want(err, fault.Conflict)
	})
}

func FuzzReadAnswerSheet(f *testing.F) {
	f.Add([]byte(`{"format":"fengsui-answer/1","warning":"0197c7a0-0000-7000-8000-000000000000","number":"FS-W-2021-0001","revision":1,"organisation":"a","answer":"fixed"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := warning.ReadAnswerSheet(b); err == nil && (x.Revision < 1 || !slices.Contains(warning.Answers, x.Answer)) {
			t.Errorf("%+v", x)
		}
	})
}
