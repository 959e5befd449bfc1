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
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
)

// FuzzReadCertificate: whatever is handed in as a key gets a key or a reason in words, and what was accepted once is
// accepted again, and by nobody who reads OpenPGP.
func FuzzReadCertificate(f *testing.F) {
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range []x509.Certificate{
		{KeyUsage: x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}},
		{KeyUsage: x509.KeyUsageDigitalSignature},
		{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
	} {
		x.SerialNumber, x.Subject = big.NewInt(1), pkix.Name{CommonName: "psirt@provider.example"}
		x.NotBefore, x.NotAfter = at.Add(-time.Hour), at.Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, &x, &x, &key.PublicKey, key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	f.Add([]byte(delivery.KeyExample))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := delivery.ReadCertificate(text, at)
		if (c == nil) == (err == nil) {
			t.Fatalf("%v, %v", c, err)
		}
		why := delivery.CheckKey(text, at)
		if err == nil && why != nil {
			t.Fatalf("a certificate that is read is refused: %v", why)
		}
		if rule := delivery.KeyRule(why); why != nil && !strings.HasPrefix(rule, "mailkey.rule.") {
			t.Fatal(rule)
		}
		if (delivery.Address{Certificate: text}).Seals(at) != (why == nil) {
			t.Fatal("two answers")
		}
		if err == nil {
			again, err := delivery.ReadCertificate(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), at)
			if err != nil || !again.Equal(c) {
				t.Fatalf("written anew it is %v, %v", again, err)
			}
		}
	})
}
