// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// Foreign documents become records within limits, or are refused; what is kept both databases can store.
func FuzzDocuments(f *testing.F) {
	f.Add("osv", []byte(record("GHSA-1", "2021-12-10T00:00:00Z", `,"aliases":["CVE-2021-1"]`)))
	f.Add("cve", []byte(cveDoc))
	f.Add("csaf", []byte(csafDoc(1, "CVE-2021-99020")))
	f.Add("yaml", []byte("id: A-1\nmodified: 2021-12-10T00:00:00Z\naffected:\n- package: {ecosystem: PyPI, name: x}\n  versions: [1.0]\n"))
	f.Fuzz(func(t *testing.T, kind string, doc []byte) {
		name := "x.json"
		if kind == "yaml" {
			kind, name = "osv", "x.yaml"
		}
		as, err := parse(kind, name, doc)
		if err != nil {
			return
		}
		for _, a := range as {
			if len(a.names) == 0 || a.Key == "" || len(a.claims) > maxClaims || len(a.names) > maxNames+1 {
				t.Fatalf("%+v", a.Record)
			}
			for _, s := range []string{a.Key, a.Title, a.Summary, a.Issuer, a.Origin} {
				if strings.ContainsRune(s, 0) || !utf8.ValidString(s) || len(s) > 8*maxSummary {
					t.Fatalf("%q", s)
				}
			}
			for _, n := range a.names {
				if storable(n.folded) == "" || storable(n.written) == "" {
					t.Fatalf("%+v", n)
				}
			}
			for _, c := range a.claims {
				if storable(c.Ecosystem) == "" || storable(c.Name) == "" {
					t.Fatalf("%q", c.Package)
				}
				var back Claim
				if err := back.decode(c.encode()); err != nil {
					t.Fatal(err)
				}
			}
			for _, w := range a.words {
				if strings.ContainsAny(w, " '\"\\\x00") || w == "" {
					t.Fatalf("word %q", w)
				}
			}
		}
	})
}

func FuzzKEV(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(kevDoc, 1, kevEntryOf("CVE-2021-99030"))))
	f.Fuzz(func(t *testing.T, doc []byte) {
		version, entries, err := readKEV(doc)
		if err != nil {
			return
		}
		if strings.ContainsRune(version, 0) || len(entries) > maxExploited {
			t.Fatal(version)
		}
		for _, e := range entries {
			if x, a, err := readKEVEntry(e); err == nil && (!cveForm.MatchString(x.CVE) || a.Key != x.CVE || storable(x.Action) != x.Action || storable(x.Notes) != x.Notes) {
				t.Fatalf("%+v", x)
			}
		}
	})
}

func FuzzEPSS(f *testing.F) {
	f.Add("#model_version:v1,score_date:2021-12-10T00:00:00+0000\ncve,epss,percentile\nCVE-2021-99040,0.1,0.9\nx\n")
	f.Fuzz(func(t *testing.T, text string) {
		_ = readEPSS(strings.NewReader(text), func(_, day string) error {
			if len(day) != len("2021-12-10") {
				t.Fatal(day)
			}
			return nil
		}, func(_ int, x scored, no *Refusal) error {
			if no == nil && (x.score < 0 || x.score > million || x.percentile < 0 || x.percentile > million || !cveForm.MatchString(x.cve)) {
				t.Fatalf("%+v", x)
			}
			return nil
		})
	})
}

// Containers of any sort end within bounds, and tell their pieces alike twice.
func FuzzContainers(f *testing.F) {
	one := record("GHSA-1", "2021-12-10T00:00:00Z", "")
	f.Add("x.ndjson", []byte(one+"\n\n{broken\n"+one))
	f.Add("x.json", []byte("["+one+","+one+"]"))
	f.Add("x.ndjson.gz", []byte{0x1f, 0x8b, 8, 0})
	f.Add("x.zip", zipped(f, map[string]string{"a.json": one, "b.zip": string(zipped(f, map[string]string{"c.json": one}))}))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if i := strings.IndexByte(name, '.'); i >= 0 {
			name = name[i:]
		}
		switch name {
		case ".ndjson", ".json", ".ndjson.gz", ".zip":
		default:
			return
		}
		path := filepath.Join(dir, "f"+name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := open("osv", path, "", dir)
		if err != nil {
			return
		}
		defer p.Close()
		n := 0
		err = p.each(0, func(x piece) error {
			n++
			doc, err := x.load()
			var no *Refusal
			if err != nil && !errors.As(err, &no) || len(doc) > maxEntry {
				t.Fatalf("%s: %d bytes, %v", x.name, len(doc), err)
			}
			return nil
		})
		if err == nil && n != p.total {
			t.Fatalf("%d pieces, and %d were announced", n, p.total)
		}
	})
}

// Listings of providers lead nowhere but below them.
func FuzzListings(f *testing.F) {
	f.Add([]byte("\"2021/one.json\",\"2021-12-10T00:00:00Z\"\n"))
	f.Add([]byte("2021/one.json\n../x.json\n"))
	f.Add([]byte(`{"feed":{"entry":[{"updated":"2021-12-09T00:00:00Z","link":[{"rel":"self","href":"x.json"}]}]}}`))
	dir, err := url.Parse("https://provider.example/csaf/white/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, _ := changes(dir, b)
		c, _ := index(dir, b)
		for _, d := range append(a, c...) {
			if !strings.HasPrefix(d.address, dir.String()) || strings.Contains(d.address, "/../") {
				t.Fatal(d.address)
			}
		}
		_, _ = entries(dir, b)
	})
}

// Whatever is asked, both engines understand the question.
func FuzzQuestions(f *testing.F) {
	f.Add("路由器 log4j CVE-2021-44228 '\"")
	f.Fuzz(func(t *testing.T, text string) {
		q, _, err := Filter{Text: text}.question()
		if err != nil || q == nil {
			return
		}
		for _, w := range append(q.words, q.starts...) {
			if w == "" || strings.ContainsAny(w, " '\"\\\x00") || !utf8.ValidString(w) {
				t.Fatalf("%q of %q", w, text)
			}
		}
	})
}
