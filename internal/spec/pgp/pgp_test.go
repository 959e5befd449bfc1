// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package pgp_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/spec/pgp"
	"github.com/fengsui/fengsui/internal/spec/pgp/pgptest"
)

var at = time.Date(2021, 12, 10, 9, 2, 3, 0, time.UTC)

const canary = "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncanary =E8=AF=B7\r\n"

// GnuPG opens what was encrypted, finds our signature inside, and says so of nothing that was altered.
func TestGnuPGOpensAndVerifies(t *testing.T) {
	us := pgptest.New(t, at, "warnings@fengsui.example", "ed25519", "cert,sign", "1y")
	signer, err := pgp.ReadSigner(us.Private(), at)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"rsa2048", "rsa3072", "ed25519+cv25519", "nistp384", "brainpoolP256r1"} {
		t.Run(kind, func(t *testing.T) {
			primary, sub, _ := strings.Cut(kind, "+")
			them := pgptest.New(t, at, "soc@unit.example", primary, "cert,sign", "1y")
			if sub == "" {
				sub = primary
			}
			them.AddSub(sub, "encr", "1y")
			key, err := pgp.ReadKey(them.Public(), at)
			if err != nil || len(key.Fingerprint()) != 40 {
				t.Fatalf("%q: %v", key.Fingerprint(), err)
			}
			for _, by := range []*pgp.Signer{nil, signer} {
				sealed, err := pgp.Encrypt([]byte(canary), key, by, at)
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(sealed, []byte("canary")) || bytes.Contains(bytes.ReplaceAll(sealed, []byte("\r\n"), nil), []byte("\n")) {
					t.Errorf("on the way:\n%s", sealed)
				}
				them.Import(us.Public())
				plain, said, err := them.Decrypt(sealed)
				if err != nil || string(plain) != canary {
					t.Fatalf("GnuPG reads %q: %v\n%s", plain, err, said)
				}
				if signed := strings.Contains(said, "GOODSIG") && strings.Contains(said, "VALIDSIG"); signed != (by != nil) {
					t.Errorf("with a signer: %t; GnuPG says\n%s", by != nil, said)
				}
				body := bytes.Split(sealed, []byte("\r\n"))
				i := len(body) / 2
				body[i] = slices.Clone(body[i])
				body[i][3] ^= 1
				if plain, said, err := them.Decrypt(bytes.Join(body, []byte("\r\n"))); err == nil {
					t.Errorf("GnuPG takes an altered message: %q\n%s", plain, said)
				}
				if plain, _, err := us.Decrypt(sealed); err == nil {
					t.Errorf("another key opens it: %q", plain)
				}
			}
		})
	}
	signature, micalg, err := signer.Sign([]byte(canary), at)
	if err != nil || micalg != "pgp-sha256" && micalg != "pgp-sha512" {
		t.Fatalf("%q %v", micalg, err)
	}
	reader := pgptest.New(t, at, "reader@unit.example", "rsa2048", "cert,sign", "1y")
	reader.Import(us.Public())
	if said, err := reader.Verify([]byte(canary), signature); err != nil || !strings.Contains(said, "VALIDSIG") {
		t.Fatalf("%v\n%s", err, said)
	}
	if said, err := reader.Verify([]byte(strings.Replace(canary, "E8", "E9", 1)), signature); err == nil {
		t.Errorf("an altered text is accepted:\n%s", said)
	}
}

// A key is refused with its reason while there is time to get another, and is asked again whenever it is used.
func TestKeysThatCannotBeUsed(t *testing.T) {
	good := pgptest.New(t, at, "soc@unit.example", "rsa2048", "cert,sign", "1y")
	if _, err := pgp.ReadKey(good.Public(), at); !errors.Is(err, pgp.ErrNoUse) {
		t.Errorf("a key for signing alone: %v", err)
	}
	good.AddSub("rsa2048", "encr", "2d")
	for _, x := range []struct {
		name string
		text []byte
		at   time.Time
		want error
	}{
		{"good", good.Public(), at, nil},
		{"good, with blank lines", []byte("\n\n" + string(good.Public()) + "\n"), at, nil},
		{"its key for encrypting has expired", good.Public(), at.AddDate(0, 0, 3), pgp.ErrExpired},
		{"all of it has expired", good.Public(), at.AddDate(2, 0, 0), pgp.ErrExpired},
		{"not valid yet", good.Public(), at.AddDate(0, -1, 0), pgp.ErrExpired},
		{"private", good.Private(), at, pgp.ErrPrivate},
		{"revoked", good.Revoked(), at, pgp.ErrRevoked},
		{"weak", weak(t, "rsa1024"), at, pgp.ErrWeak},
		{"DSA and ElGamal", weak(t, "dsa2048"), at, pgp.ErrWeak},
		{"secp256k1", weak(t, "secp256k1"), at, pgp.ErrWeak},
		{"two keys", slices.Concat(good.Public(), good.Public()), at, pgp.ErrForm},
		{"nothing", nil, at, pgp.ErrForm},
		{"words", []byte("a key"), at, pgp.ErrForm},
		{"a message", []byte("-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n"), at, pgp.ErrForm},
		{"cut", good.Public()[:400], at, pgp.ErrForm},
		{"huge", slices.Concat([]byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"), bytes.Repeat([]byte("AAAA"), 1<<18)), at, pgp.ErrForm},
	} {
		if _, err := pgp.ReadKey(x.text, x.at); !errors.Is(err, x.want) || (err == nil) != (x.want == nil) {
			t.Errorf("%s: %v, want %v", x.name, err, x.want)
		}
	}
	if _, err := pgp.ReadSigner(good.Public(), at); !errors.Is(err, pgp.ErrNoSigner) {
		t.Errorf("a public key signs: %v", err)
	}
	if _, err := pgp.ReadSigner(good.Locked("secret"), at); !errors.Is(err, pgp.ErrNoSigner) {
		t.Errorf("a locked key signs: %v", err)
	}
}

func weak(t *testing.T, kind string) []byte {
	k := pgptest.New(t, at, "old@unit.example", kind, "cert,sign", "1y")
	sub := map[string]string{"dsa2048": "elg2048"}[kind]
	if sub == "" {
		sub = kind
	}
	k.AddSub(sub, "encr", "1y")
	return k.Public()
}

// Whatever is handed in as a key is refused or taken, and never breaks the program.
func FuzzReadKey(f *testing.F) {
	for _, name := range []string{"rsa.asc", "ed25519.asc"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxsBN\n-----END PGP PUBLIC KEY BLOCK-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := pgp.ReadKey(text, at)
		if err != nil {
			return
		}
		sealed, err := pgp.Encrypt([]byte(canary), k, nil, at)
		if err == nil && bytes.Contains(sealed, []byte("canary")) {
			t.Error("it leaves in clear")
		}
	})
}
