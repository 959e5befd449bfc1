// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/fengsui/fengsui/internal/spec/pgp"
)

// Reasons why a certificate cannot be encrypted for.
var (
	ErrCertificate        = errors.New("it is not one certificate in PEM")
	ErrCertificateKey     = errors.New("its key is not RSA of 2048 bits or more")
	ErrCertificateUse     = errors.New("it is not meant for encrypting mail")
	ErrCertificateExpired = errors.New("it is not valid now")
)

// longestCertificate bounds what is read as one, in bytes.
const longestCertificate = 16 << 10

// ReadCertificate returns an S/MIME certificate that mail can be encrypted for at the time (RFC 8550, section 4.4; of
// the key types, RSA is what every mail program reads). Whose it is is not checked: its owner has handed it in.
func ReadCertificate(text []byte, at time.Time) (*x509.Certificate, error) {
	if len(text) > longestCertificate {
		return nil, ErrCertificate
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, ErrCertificate
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, ErrCertificate
	}
	key, ok := c.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok || key.N.BitLen() < 2048:
		return nil, ErrCertificateKey
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageKeyEncipherment == 0 || !forMail(c):
		return nil, ErrCertificateUse
	case at.Before(c.NotBefore) || at.After(c.NotAfter):
		return nil, ErrCertificateExpired
	}
	return c, nil
}

func forMail(c *x509.Certificate) bool {
	for _, u := range c.ExtKeyUsage {
		if u == x509.ExtKeyUsageEmailProtection || u == x509.ExtKeyUsageAny {
			return true
		}
	}
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0
}

// CheckKey says why mail to whoever has handed in a text cannot be encrypted at the time: the text is an S/MIME certificate
// in PEM, or an OpenPGP public key in ASCII armour.
func CheckKey(text []byte, at time.Time) (err error) {
	if pgp.Armoured(text) {
		_, err = pgp.ReadKey(text, at)
	} else {
		_, err = ReadCertificate(text, at)
	}
	return err
}

// KeyRule is the text for people about an error of CheckKey: an i18n key.
func KeyRule(err error) string {
	for _, x := range []struct {
		err  error
		rule string
	}{
		{ErrCertificateKey, "weak"}, {pgp.ErrWeak, "weak"}, {ErrCertificateUse, "use"}, {pgp.ErrNoUse, "use"},
		{ErrCertificateExpired, "expired"}, {pgp.ErrExpired, "expired"}, {pgp.ErrRevoked, "revoked"}, {pgp.ErrPrivate, "private"},
	} {
		if errors.Is(err, x.err) {
			return "mailkey.rule." + x.rule
		}
	}
	return "mailkey.rule.form"
}

// KeyExample is how one begins.
const KeyExample = "-----BEGIN PGP PUBLIC KEY BLOCK-----"

// Seals reports whether mail to the address can be encrypted at the time.
func (a Address) Seals(at time.Time) bool {
	return len(a.Certificate) > 0 && verdicts.of(a.Certificate, at)
}
