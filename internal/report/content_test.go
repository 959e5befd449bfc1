// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
)

func TestCompleteness(t *testing.T) {
	at := time.Date(2021, 11, 24, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		c       Content
		percent int
		missing []string
	}{
		{Content{}, 0, []string{"product", "model", "versions", "technical", "harm", "scope", "relation", "learned_at"}},
		{Content{Product: "P", Harm: " ", LearnedAt: at}, 25, []string{"model", "versions", "technical", "harm", "scope", "relation"}},
		{Content{Product: "P", PURL: "pkg:npm/p", Versions: "1", Technical: "t", Harm: "h", Scope: "s", Relation: duty.Found, LearnedAt: at}, 100, nil},
		{Content{Product: "P", Model: "M", Versions: "1", Technical: "t", Harm: "h", Scope: "s", Relation: duty.Found, LearnedAt: at}, 100, nil},
		{Content{Product: "P", Versions: "1", Technical: "t", Harm: "h", Scope: "s", Relation: duty.Found, LearnedAt: at}, 87, []string{"model"}},
	} {
		percent, missing := Completeness(c.c)
		if diff := cmp.Diff(c.missing, missing); percent != c.percent || diff != "" {
			t.Errorf("%+v: %d%%\n%s", c.c, percent, diff)
		}
	}
}

// Every field that can be missing or wrong, and every choice, has a word in both languages.
func TestFieldsHaveNames(t *testing.T) {
	_, keys := Completeness(Content{})
	for _, x := range new(Content).texts() {
		keys = append(keys, x.name)
	}
	for _, name := range append(keys, "aliases", "told", "affected", "attachments", "contact", "on_behalf_of") {
		if !i18n.Has("report.field." + name) {
			t.Errorf("report.field.%s has no text", name)
		}
	}
	for _, e := range []string{"exploited", "public", "upstream"} {
		for _, v := range answers {
			if !i18n.Has("report." + e + "." + v) {
				t.Errorf("report.%s.%s has no text", e, v)
			}
		}
	}
	for _, s := range []string{string(Received), string(Withdrawn)} {
		if !i18n.Has("report.state." + s) {
			t.Errorf("report.state.%s has no text", s)
		}
	}
	for _, e := range []interface{ Kind() string }{Submitted{}, Supplemented{}, Transferred{}} {
		if !i18n.Has(e.Kind()) {
			t.Errorf("%s has no text", e.Kind())
		}
	}
}

func TestTitled(t *testing.T) {
	for _, c := range []struct {
		c            Content
		locale, want string
	}{
		{Content{Title: "mine", Product: "P"}, "en", "mine"},
		{Content{}, "en", ""},
		{Content{Product: "P"}, "", "P 安全漏洞"},
		{Content{Product: "P", CWE: "CWE-502"}, "en", "Vulnerability in P (CWE-502)"},
	} {
		if got := c.c.titled(c.locale).Title; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := (Content{Product: strings.Repeat("长", 300), CWE: "CWE-12345"}).titled("en").Title; utf8.RuneCountInString(got) > shortText {
		t.Errorf("the title has %d characters", utf8.RuneCountInString(got))
	}
}

func TestTidiedSharesNothing(t *testing.T) {
	in := Content{Product: "\u0007 P\r\n\xffQ ", Aliases: []string{" a ", "", "a"}, Affected: []Affected{{}, {PURL: " pkg:npm/p ", Versions: []string{" 1 ", ""}}}, Told: []Told{{}, {Who: " x "}}}
	before, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	out := in.tidied()
	after, _ := json.Marshal(in)
	if string(before) != string(after) {
		t.Error("the caller's content was changed")
	}
	want := Content{Product: "P\n\uFFFDQ", Aliases: []string{"a"}, Affected: []Affected{{PURL: "pkg:npm/p", Versions: []string{"1"}}}, Told: []Told{{Who: "x"}}}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
}

func TestFileName(t *testing.T) {
	long := strings.Repeat("a", 300)
	for in, want := range map[string]string{
		"poc.py": "poc.py", "../../etc/passwd": "passwd", `..\..\boot.ini`: "boot.ini", "": "attachment-1", "..": "attachment-1", "/": "attachment-1",
		".bashrc": "bashrc", "a\r\nSet-Cookie: x": "aSet-Cookie x", "\u202egpj.exe": "gpj.exe", "报告.pdf": "报告.pdf", "a\x00b\xff": "ab",
		long + ".tar.gz": long[:117] + ".gz", "x." + long: ("x." + long)[:120],
	} {
		if got := fileName(in, 1); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzFileName(f *testing.F) {
	for _, s := range []string{"poc.py", "../../x", `C:\a`, "\u202e", "\x00", ".", "a/..", "a/. /"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := fileName(s, 1)
		bad := func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`/\:`, r) }
		if got == "" || got[0] == '.' || strings.ContainsFunc(got, bad) || !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxFileName {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(cursor(Report{ID: "00000000-0000-7000-8000-000000000000", ReceivedAt: time.Date(2021, 11, 24, 2, 0, 0, 1000, time.UTC)}))
	f.Add("")
	f.Add("MjAyMQ")
	f.Fuzz(func(t *testing.T, s string) {
		at, id, ok := position(s)
		if !ok || s == "" {
			return
		}
		if at2, id2, ok := position(cursor(Report{ID: id, ReceivedAt: at})); !ok || id2 != id || !at2.Equal(at) {
			t.Errorf("%q is %s %s and again %s %s", s, at, id, at2, id2)
		}
	})
}

// A content that is accepted is one that JSON can write, whatever came in.
func FuzzContent(f *testing.F) {
	f.Add("Logger", "CWE-502", "pkg:npm/x", int64(1637719200))
	f.Add("\xff\x00", "cwe-", "pkg:", int64(-1<<62))
	f.Add("", "", "", int64(1<<62))
	now := time.Date(2021, 11, 24, 2, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, product, cwe, purl string, at int64) {
		c := Content{Product: product, CWE: cwe, PURL: purl, LearnedAt: time.Unix(at, 0), Told: []Told{{Who: product, At: time.Unix(at, 1)}},
			Affected: []Affected{{PURL: purl, Versions: []string{cwe, product}}}}.tidied()
		var k fault.Check
		c.checkForm(&k, now)
		if k.Err() != nil {
			return
		}
		if diff := cmp.Diff(c, c.tidied()); diff != "" {
			t.Errorf("tidying again changes more:\n%s", diff)
		}
		w, err := c.words()
		var back Content
		if err != nil || json.Unmarshal(w.json, &back) != nil || cmp.Diff(c, back) != "" {
			t.Errorf("%+v does not come back: %v\n%s", c, err, cmp.Diff(c, back))
		}
	})
}
