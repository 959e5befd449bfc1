// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"regexp"
	"strings"
)

// Reasons why sums are not signed, or their signature does not hold.
var (
	ErrSums      = errors.New("this is no list of digests as sha256sum writes it")
	ErrSumsWrong = errors.New("the signature is not one of this log's key")
)

// sumsForm is what is signed as sums, and nothing else of what the key signs looks like it: a checkpoint, a promise or a
// change of keys begins with another line.
var sumsForm = regexp.MustCompile(`\A([0-9a-f]{64}  [A-Za-z0-9._/-]+\n)+\z`)

// SignSums signs a list of digests of files with the log's key, as "openssl pkeyutl -verify -rawin" verifies it, and
// returns the verifier key that it did so with.
func (l *Log) SignSums(sums []byte) (signature []byte, vkey string, err error) {
	if !sumsForm.Match(sums) {
		return nil, "", ErrSums
	}
	p := l.current()
	signature, err = p.signer.Sign(sums)
	return signature, p.vkey, err
}

// VerifySums reports which of the log's keys signed a list of digests. It is the newest unless the key was replaced since.
func (k Keys) VerifySums(sums, signature []byte) (Key, error) {
	if !sumsForm.Match(sums) {
		return Key{}, ErrSums
	}
	for _, x := range k {
		if x.verifier.Verify(sums, signature) {
			return x, nil
		}
	}
	return Key{}, ErrSumsWrong
}

// PEM is a verifier key as other tools read public keys (RFC 8410).
func PEM(vkey string) ([]byte, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, ErrKey
	}
	b, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(b) != 1+ed25519.PublicKeySize || b[0] != 1 {
		return nil, ErrKey
	}
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(b[1:]))
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}
