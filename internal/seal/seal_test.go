// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/seal"
)

func TestOpenOnlyInPlaceAndUnaltered(t *testing.T) {
	k, err := seal.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		place := rapid.String().Draw(t, "place")
		sealed := k.Seal(place, plain)
		if len(plain) > 3 && bytes.Contains(sealed, plain) {
			t.Fatal("the plain text shows through")
		}
		got, err := k.Open(place, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("open: %q, %v", got, err)
		}
		if _, err := k.Open(place+"x", sealed); !errors.Is(err, seal.ErrSealed) {
			t.Fatalf("opened at another place: %v", err)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "i")
		sealed[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := k.Open(place, sealed); err == nil {
			t.Fatalf("opened with byte %d altered", i)
		}
	})
}

func TestLoadKeepsTheKey(t *testing.T) {
	dir := t.TempDir()
	a, err := seal.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	sealed := a.Seal("p", []byte("secret"))
	b, err := seal.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Open("p", sealed); err != nil || string(got) != "secret" {
		t.Fatalf("%q %v", got, err)
	}
	if !bytes.Equal(a.Token("cve", "CVE-2021-44228"), b.Token("cve", "CVE-2021-44228")) || bytes.Equal(a.Token("cve", "x"), a.Token("purl", "x")) {
		t.Fatal("tokens are equal for equal kind and value, and only then")
	}
}
