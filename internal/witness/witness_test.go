// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/cosign"
)

// TestAsk: witnesses cosign what they are asked to, go on from what they saw, and one that fails keeps nobody from the others.
func TestAsk(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		l := logOf(t, d)
		grow(t, l, 3)
		dir := t.TempDir()
		one, _ := serve(t, "one.example", filepath.Join(dir, "one.json"), keysOf(t, l))
		two, _ := serve(t, "two.example", filepath.Join(dir, "two.json"), keysOf(t, l))
		stranger, _ := serve(t, "stranger.example", filepath.Join(dir, "stranger.json"))
		s := &Service{DB: d, Evidence: l, Witnesses: []Witness{stranger, one, two}}
		if _, err := s.Cosigned(t.Context()); !fault.Is(err, fault.NotFound) {
			t.Errorf("cosigned before anybody was asked: %v", err)
		}
		ask := func(size int64) {
			t.Helper()
			if err := s.Ask(t.Context()); err != nil {
				t.Fatal(err)
			}
			stands, err := s.Stands(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range stands {
				if x.Name == "stranger.example" {
					if x.Size != 0 || !strings.Contains(x.Trouble, "does not know") {
						t.Errorf("%+v", x)
					}
				} else if x.Size != size || x.Trouble != "" {
					t.Errorf("want %d entries cosigned: %+v", size, x)
				}
			}
			text, err := s.Cosigned(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			n, err := note.Open([]byte(text), note.VerifierList(one, two))
			if err != nil || len(n.Sigs) != 2 {
				t.Fatalf("%v\n%s", err, text)
			}
			if cp, err := keysOf(t, l).Checkpoint(text); err != nil || cp.Size != size {
				t.Errorf("the log's own signature: %v %+v", err, cp)
			}
		}
		ask(3)
		ask(3) // nothing is new
		size := int64(3)
		for _, n := range []int{1, 8, 15, 22, 1} {
			grow(t, l, n)
			size += int64(n)
			clock.Advance(time.Minute)
			if newest, err := s.Newest(t.Context()); err != nil || strings.Contains(newest, "one.example") {
				t.Errorf("cosigned before it was asked: %v", err)
			}
			ask(size)
			if newest, err := s.Newest(t.Context()); err != nil || !strings.Contains(newest, "one.example") {
				t.Errorf("the newest checkpoint lacks the cosignature: %v\n%s", err, newest)
			}
		}
		// what we knew of the witnesses is lost: they say what they saw, and are asked again
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `DELETE FROM cosignature`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		grow(t, l, 2)
		ask(size + 2)
	})
}

// TestForgedHistory: a witness refuses a second history of a log, whatever is claimed, and a restarted one remembers.
func TestForgedHistory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := logOf(t, d)
		grow(t, l, 4)
		memory := filepath.Join(t.TempDir(), "w.json")
		w, signer := serve(t, "w.example", memory, keysOf(t, l))
		s := &Service{DB: d, Evidence: l, Witnesses: []Witness{w}}
		if err := s.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		// the operator rewrites an entry and signs the new tree with the log's own key
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			for _, q := range []string{`DELETE FROM evidence_hash`, `DELETE FROM evidence_checkpoint`, `UPDATE evidence SET seq = NULL`} {
				if _, err := tx.Exec(t.Context(), q); err != nil {
					return err
				}
			}
			_, err := tx.Exec(t.Context(), `UPDATE evidence SET leaf = $1 WHERE id = (SELECT min(id) FROM evidence)`, []byte(`{"id":"forged"}`))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		srv, err := NewServer(signer, memory, keysOf(t, l))
		if err != nil {
			t.Fatal(err)
		}
		if line, status, _ := srv.add(request(4, nil, checkpoint(t, l))); status != 409 || line != "" {
			t.Errorf("another tree of the same size: %d %q", status, line)
		}
		grow(t, l, 3)
		if err := s.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		stands, err := s.Stands(t.Context())
		if err != nil || stands[0].Size != 4 || !strings.Contains(stands[0].Trouble, "does not contain") {
			t.Errorf("a forged history: %+v %v", stands, err)
		}
		if line, status, seen := srv.add(request(0, nil, checkpoint(t, l))); status != 409 || seen != 4 || line != "" {
			t.Errorf("as if nothing had been seen: %d %d %q", status, seen, line)
		}
	})
}

// TestAccept: what a witness brings by itself is kept once; what is not its own, or not of this log, is refused.
func TestAccept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := logOf(t, d)
		grow(t, l, 2)
		cp := checkpoint(t, l)
		text, _, _ := strings.Cut(cp, "\n\n")
		w, signer := serve(t, "w.example", filepath.Join(t.TempDir(), "w.json"))
		_, other := serve(t, "w.example", filepath.Join(t.TempDir(), "o.json"))
		w.URL = ""
		s := &Service{DB: d, Evidence: l, Witnesses: []Witness{w}}
		sign := func(text string, by note.Signer) string {
			t.Helper()
			signed, err := note.Sign(&note.Note{Text: text + "\n"}, by)
			if err != nil {
				t.Fatal(err)
			}
			return cp + strings.TrimPrefix(string(signed), text+"\n\n")
		}
		for i, want := range []int{1, 0} {
			if n, err := s.Accept(t.Context(), []byte(sign(text, signer))); n != want || err != nil {
				t.Errorf("time %d: %d new, %v", i, n, err)
			}
		}
		if _, err := s.Accept(t.Context(), []byte(sign(text, other))); !errors.Is(err, ErrUnsigned) {
			t.Errorf("another key under the witness's name: %v", err)
		}
		if _, err := s.Accept(t.Context(), []byte(sign(text+"x", signer))); !errors.Is(err, ErrUnsigned) {
			t.Errorf("a signature of something else: %v", err)
		}
		for _, bad := range []string{"", "x", text, strings.Replace(sign(text, signer), origin, "other.example/log", 1)} {
			if _, err := s.Accept(t.Context(), []byte(bad)); !errors.Is(err, ErrForeign) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := s.Ask(t.Context()); err != nil {
			t.Errorf("a witness without an address was asked: %v", err)
		}
	})
}

func TestParse(t *testing.T) {
	_, vkey, err := cosign.NewKey("w.example")
	if err != nil {
		t.Fatal(err)
	}
	if ws, err := Parse(vkey); err != nil || len(ws) != 1 || ws[0].URL != "" {
		t.Errorf("%+v %v", ws, err)
	}
	if ws, err := Parse("https://w.example/ "+vkey, vkey); err == nil {
		t.Errorf("the same witness twice: %+v", ws)
	}
	for _, bad := range []string{"", "ftp://w.example " + vkey, "https://w.example", "https://w.example " + vkey + " x"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q is a witness", bad)
		}
	}
}
