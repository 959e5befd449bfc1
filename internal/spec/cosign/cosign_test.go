// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cosign

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

const checkpoint = "log.example/1\n7\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n"

func TestCosign(t *testing.T) {
	skey, vkey, err := NewKey("witness.example/w1")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	s, err := NewSigner(skey, func() time.Time { return at })
	if err != nil || s.Key() != vkey {
		t.Fatalf("%v, key %s, want %s", err, s.Key(), vkey)
	}
	v, err := NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: checkpoint}, s)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 {
		t.Fatalf("%v %+v", err, n)
	}
	if got, ok := Time(n.Sigs[0]); !ok || !got.Equal(at) {
		t.Errorf("signed at %s, want %s", got, at)
	}
	sig, err := s.Sign([]byte(checkpoint))
	if err != nil || !v.Verify([]byte(checkpoint), sig) {
		t.Fatal("its own signature does not hold", err)
	}
	for i := range sig { // the time is signed, too
		bad := append([]byte{}, sig...)
		bad[i] ^= 1
		if v.Verify([]byte(checkpoint), bad) {
			t.Errorf("byte %d may be changed", i)
		}
	}
	if v.Verify([]byte(checkpoint+"x"), sig) {
		t.Error("the text may be changed")
	}
}

// TestVector holds the format against one that was made from the specification with OpenSSL's Ed25519: seed 32 × 0x01, time
// 1700000000.
func TestVector(t *testing.T) {
	const vkey = "witness.example/w1+0ad7d35e+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
	const line = "— witness.example/w1 CtfTXgAAAABlU/EACv+6hIVkWsk8K/DZ6LbNO8sLaORTlVyClRSO4eqmbdJKJa+1EATLeHvcrE+zfGZNnx+vNBaEzyODi00UlBsUDA==\n"
	v, err := NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(checkpoint+"\n"+line), note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := Time(n.Sigs[0]); !ok || at.Unix() != 1700000000 {
		t.Errorf("signed at %s", at)
	}
}

func TestWrongKeys(t *testing.T) {
	skey, vkey, err := NewKey("w.example")
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := note.GenerateKey(rand.Reader, "w.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "w.example", vkey[:len(vkey)-4], "x" + vkey, other, "w.example+00000000+" + vkey[len(vkey)-44:]} {
		if _, err := NewVerifier(bad); !errors.Is(err, ErrKey) {
			t.Errorf("%q is a public key: %v", bad, err)
		}
	}
	for _, bad := range []string{"", vkey, other, skey[:len(skey)-4]} {
		if _, err := NewSigner(bad, time.Now); !errors.Is(err, ErrKey) {
			t.Errorf("%q is a private key: %v", bad, err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb"} {
		if _, _, err := NewKey(name); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
}

func FuzzVerifier(f *testing.F) {
	_, vkey, err := NewKey("w.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(vkey, []byte("x"))
	f.Fuzz(func(t *testing.T, key string, sig []byte) {
		if v, err := NewVerifier(key); err == nil && v.Verify([]byte(checkpoint), sig) {
			t.Error("a signature out of nothing")
		}
	})
}
