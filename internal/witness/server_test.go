// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"crypto/rand"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/spec/cosign"
)

// TestBadRequests: a witness answers what is no add-checkpoint with the status that the specification gives, and
// remembers nothing of it.
func TestBadRequests(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := logOf(t, d)
		grow(t, l, 2)
		cp := checkpoint(t, l)
		_, signer := serve(t, "w.example", filepath.Join(t.TempDir(), "x.json"))
		srv, err := NewServer(signer, filepath.Join(t.TempDir(), "w.json"), keysOf(t, l))
		if err != nil {
			t.Fatal(err)
		}
		hash := "qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs="
		for name, x := range map[string]struct {
			body   string
			status int
		}{
			"nothing":            {"", 400},
			"no checkpoint":      {"old 0\n", 400},
			"no number":          {"old x\n\n" + cp, 400},
			"odd number":         {"old 007\n\n" + cp, 400},
			"negative":           {"old -1\n\n" + cp, 400},
			"no hash":            {"old 0\nxyz\n\n" + cp, 400},
			"64 hashes":          {"old 0\n" + strings.TrimSuffix(strings.Repeat(hash+"\n", 64), "\n") + "\n\n" + cp, 400},
			"older than old":     {"old 3\n\n" + cp, 400},
			"unknown log":        {"old 0\n\n" + strings.Replace(cp, origin, "x.example", 1), 404},
			"changed":            {"old 0\n\n" + strings.Replace(cp, "\n2\n", "\n3\n", 1), 403},
			"unsigned":           {"old 0\n\n" + strings.SplitAfter(cp, "\n\n")[0], 403},
			"proof of nothing":   {"old 0\n" + hash + "\n\n" + cp, 422},
			"seen, says the log": {"old 1\n\n" + cp, 409},
		} {
			if _, status, _ := srv.add(x.body); status != x.status {
				t.Errorf("%s: %d, want %d", name, status, x.status)
			}
		}
		if len(srv.seen) > 0 {
			t.Errorf("it remembers %v", srv.seen)
		}
		if line, status, _ := srv.add(request(0, nil, cp)); status != 200 || !strings.HasPrefix(line, "— w.example ") {
			t.Errorf("a good one: %d %q", status, line)
		}
		srv.file = filepath.Join(t.TempDir(), "gone", "w.json")
		grow(t, l, 1)
		proof, err := l.Consistency(t.Context(), 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, h := range proof {
			lines = append(lines, h.String())
		}
		if line, status, _ := srv.add(request(2, lines, checkpoint(t, l))); status != 500 || line != "" || srv.seen[origin].Size != 2 {
			t.Errorf("a witness that cannot remember cosigns: %d %q", status, line)
		}
	})
}

// FuzzAdd: a witness cosigns nothing but what the log has signed.
func FuzzAdd(f *testing.F) {
	skey, _, err := cosign.NewKey("w.example")
	if err != nil {
		f.Fatal(err)
	}
	signer, err := cosign.NewSigner(skey, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	lkey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		f.Fatal(err)
	}
	keys, err := evidence.ParseKeys(vkey)
	if err != nil {
		f.Fatal(err)
	}
	logSigner, err := note.NewSigner(lkey)
	if err != nil {
		f.Fatal(err)
	}
	text := origin + "\n1\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n"
	signed, err := note.Sign(&note.Note{Text: text}, logSigner)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("old 0\n\n" + string(signed))
	f.Add("old 1\n\n" + string(signed))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, body string) {
		srv, err := NewServer(signer, filepath.Join(dir, "none.json"), keys)
		if err != nil {
			t.Fatal(err)
		}
		srv.file = filepath.Join(dir, "w.json")
		line, status, _ := srv.add(body)
		if (status == 200) != (line != "") {
			t.Errorf("%d %q", status, line)
		}
		if status == 200 && !strings.Contains(body, text) {
			t.Error("cosigned what the log has not signed")
		}
	})
}
