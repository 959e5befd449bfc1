// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// A verifier in another language, written from docs/evidence.md, comes to the same verdicts.
func TestAnIndependentVerifierAgrees(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is missing, which runs the independent verifier: on Debian and Ubuntu, apt-get install python3")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		dir := t.TempDir()
		file := func(name string, b []byte) string {
			t.Helper()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		says := func(holds bool, args ...string) {
			t.Helper()
			out, err := exec.Command(python, append([]string{"testdata/verify.py"}, args...)...).CombinedOutput()
			if holds != (err == nil) || holds != strings.HasPrefix(string(out), "HOLDS") {
				t.Errorf("%v: %s", args, out)
			}
			if !holds && !strings.HasPrefix(string(out), "DOES NOT HOLD") {
				t.Errorf("%v: it fell over: %s", args, out)
			}
		}
		checkpoint := func(name string) string {
			t.Helper()
			cp, err := l.Checkpoint(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return file(name, []byte(cp))
		}
		grow(t, l, 0, 5)
		first := file("first", []byte(l.PublicKey()))
		early, old := checkpoint("early"), receipt(t, l, "000003")
		if _, err := l.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		grow(t, l, 5, 290)
		appendEntry(t, l, "promise")
		promise := receipt(t, l, "promise")
		mirrored := mirror(t, l)
		keys, late := filepath.Join(mirrored, "keys"), checkpoint("late")

		says(true, "receipt", file("old", old), keys)
		says(true, "receipt", file("old", old), first)
		says(true, "receipt", file("new", receipt(t, l, "000290")), keys)
		says(false, "receipt", file("new", receipt(t, l, "000290")), first)
		says(true, "receipt", file("promise", promise), keys)
		for i, from := range []string{"log4j", "FS-R-2021", "report.submitted", "T02:00:00Z", `"salt": "`, "index 3", "\\n5\\n", "— "} {
			at := bytes.Index(old, []byte(from))
			if at < 0 {
				t.Fatalf("the receipt does not say %q: %s", from, old)
			}
			bad := bytes.Clone(old)
			bad[at+len(from)-1] ^= 1
			says(false, "receipt", file(fmt.Sprintf("bad%d", i), bad), keys)
		}
		says(false, "receipt", file("cut", old[:len(old)/2]), keys)

		says(true, "log", mirrored, keys, early, late)
		proof, err := l.Consistency(t.Context(), 5, 296)
		if err != nil {
			t.Fatal(err)
		}
		var lines strings.Builder
		for _, h := range proof {
			fmt.Fprintln(&lines, h)
		}
		says(true, "extends", early, late, file("proof", []byte(lines.String())), keys)
		says(true, "extends", early, early, file("none", nil), keys)
		says(false, "extends", early, late, file("none", nil), keys)
		says(false, "extends", late, early, file("proof", []byte(lines.String())), keys)
		entries := filepath.Join(mirrored, "tile/entries/000")
		b, err := os.ReadFile(entries)
		if err != nil {
			t.Fatal(err)
		}
		b[100] ^= 1
		if err := os.WriteFile(entries, b, 0o600); err != nil {
			t.Fatal(err)
		}
		says(false, "log", mirrored, keys)
	})
}
