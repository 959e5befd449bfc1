// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warningtest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/fengsui/fengsui/internal/db"
)

// Certificates lets every n-th member's mail be encrypted: nine in ten of them for an S/MIME certificate of their own, the
// tenth for an OpenPGP key. One in twenty of the certificates has expired. It returns how many are valid.
func Certificates(ctx context.Context, d *db.DB, every int) (valid int, err error) {
	err = d.Tx(ctx, func(tx *db.Tx) error {
		pgp, err := armoured()
		if err != nil {
			return err
		}
		issue, err := authority(tx.Now)
		if err != nil {
			return err
		}
		orgs, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM org WHERE partner ORDER BY id`)
		if err != nil {
			return err
		}
		for i := 0; i < len(orgs); i += every {
			n := i / every
			text := string(pgp) + strconv.Itoa(n) + "\n" // what stands behind a key is no part of it
			if n%10 > 0 {
				expired := n%20 == 19
				if text, err = issue(n, expired); err != nil {
					return err
				}
				if expired {
					valid--
				}
			}
			valid++
			if _, err := tx.Exec(ctx, `UPDATE org SET certificate = $1 WHERE id = $2`, text, orgs[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("give members certificates: %w", err)
	}
	_, err = d.Writer().ExecContext(ctx, "ANALYZE")
	return valid, err
}

// authority issues certificates in PEM. All hold one key: what is measured is reading them.
func authority(now time.Time) (issue func(n int, expired bool) (string, error), err error) {
	sign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	above := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Mail CA"}, NotBefore: now.AddDate(-3, 0, 0), NotAfter: now.AddDate(9, 0, 0), IsCA: true, BasicConstraintsValid: true}
	return func(n int, expired bool) (string, error) {
		c := &x509.Certificate{SerialNumber: big.NewInt(int64(n + 2)), Subject: pkix.Name{CommonName: fmt.Sprintf("Unit %d", n), Organization: []string{"Member"}, Country: []string{"CN"}},
			NotBefore: now.AddDate(-2, 0, 0), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
			EmailAddresses: []string{fmt.Sprintf("unit-%d@member.example", n)}}
		if expired {
			c.NotAfter = now.AddDate(0, 0, -1)
		}
		der, err := x509.CreateCertificate(rand.Reader, c, above, &key.PublicKey, sign)
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), err
	}, nil
}

// armoured is a public OpenPGP key.
func armoured() ([]byte, error) {
	e, err := openpgp.NewEntity("Unit", "", "unit@member.example", nil)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	if err != nil {
		return nil, err
	}
	if err := e.Serialize(w); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
