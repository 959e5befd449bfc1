// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/spec/pgp/pgptest"
)

// What is kept of a certificate never outlives it: at whatever times and in whatever order it is asked, the answer is the
// one that reading it anew gives.
func TestWhatIsKeptOfACertificateIsWhatReadingItGives(t *testing.T) {
	at := time.Date(2021, 12, 10, 9, 2, 3, 0, time.UTC)
	day := 24 * time.Hour
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "soc@unit.example"}, NotBefore: at, NotAfter: at.Add(2 * day)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	plain := pgptest.New(t, at, "soc@unit.example", "rsa2048", "cert,sign", "4d")
	plain.AddSub("rsa2048", "encr", "2d")
	later := pgptest.New(t, at, "soc@unit.example", "ed25519", "cert,sign", "3d")
	later.AddSub("cv25519", "encr", "0")
	gone := pgptest.New(t, at, "soc@unit.example", "rsa2048", "cert,sign", "4d")
	gone.AddSub("rsa2048", "encr", "4d")
	for name, text := range map[string][]byte{
		"certificate": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), "key whose part ends": plain.Public(), "key that ends": later.Public(),
		"revoked key": gone.Revoked(), "no key": []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----"), "nothing": nil,
	} {
		var times []time.Time
		for d := -1; d < 6; d++ {
			edge := at.Add(time.Duration(d) * day)
			for _, off := range []time.Duration{-time.Second, -1, 0, 1, time.Second, 2 * time.Second, time.Minute} {
				times = append(times, edge.Add(off))
			}
		}
		seals, changes := false, 0
		for _, x := range times { // as time passes
			got := delivery.Address{Certificate: text}.Seals(x)
			if got != (delivery.CheckKey(text, x) == nil) {
				t.Errorf("%s: at %s it seals: %t", name, x, got)
			}
			if got != seals {
				seals = got
				changes++
			}
		}
		if usable := name == "certificate" || name[:3] == "key"; usable != (changes == 2) {
			t.Errorf("%s: %d changes", name, changes)
		}
		for range 200 { // and in any order: exercises and the demo turn clocks back
			x := times[mathrand.IntN(len(times))]
			if got := (delivery.Address{Certificate: text}).Seals(x); got != (delivery.CheckKey(text, x) == nil) {
				t.Errorf("%s: at %s it seals: %t", name, x, got)
			}
		}
	}
}
