// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"os"
	"strings"
	"testing"
	"time"
)

// What foreign records say, in whatever form, is read within bounds and compared without harm.
func FuzzParties(f *testing.F) {
	b, err := os.ReadFile("testdata/labelled.tsv")
	if err != nil {
		f.Fatal(err)
	}
	for _, l := range strings.Split(string(b), "\n") {
		text, _, _ := strings.Cut(l, "\t")
		f.Add(text)
	}
	x := castOf()
	f.Fuzz(func(t *testing.T, text string) {
		ps := parties(text)
		if len(ps) > 200 {
			t.Errorf("%d parties", len(ps))
		}
		for _, p := range ps {
			if p.text == "" {
				t.Error("an empty party")
			}
			x.find(p, time.Time{})
		}
		for _, ss := range x.compare(Record{Thanks: []Thanks{{Text: text}}}) {
			for _, s := range ss {
				if s.Name == "" || s.Confidence.rank() < 0 || s.Text != text {
					t.Errorf("%+v", s)
				}
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, doc := range []string{`{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2021-99001","state":"PUBLISHED"},"containers":{"cna":{"credits":[{"value":"Yunfan Cloud"}]}}}`,
		`{"id":"GHSA-2222-3333-4444","modified":"2021-12-10T00:00:00Z","credits":[{"name":"x"}]}`,
		`{"document":{"csaf_version":"2.0","publisher":{"name":"x","namespace":"https://x.example"},"tracking":{"id":"y","status":"final"}},"vulnerabilities":[{"cve":"CVE-2021-1111","acknowledgments":[{"names":["a"]}]}]}`} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		rs, err := read(doc)
		for _, r := range rs {
			if err != nil || r.Name == "" || len(r.Idents) == 0 || !strings.HasPrefix(r.URL, "https://") || len(r.Thanks) > maxThanks {
				t.Errorf("%v: %+v", err, r)
			}
		}
		n := 0
		if err := unpack("x", doc, func(d document) error { n++; return nil }); err == nil && n == 0 && !strings.HasPrefix(string(doc), "PK") {
			t.Error("nothing was unpacked, and nobody said so")
		}
	})
}
