// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package cosign is c2sp.org/tlog-cosignature, version 1 with Ed25519: what a witness puts below the checkpoint of a
// transparency log, namely that at a time it saw a tree that contains all it had seen of the log before.
package cosign

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// algorithm marks keys and signatures of cosignature/v1.
const algorithm = 0x04

// ErrKey says that a text is no key of a witness.
var ErrKey = errors.New("this is no key of a witness: it reads name+hash+key, its algorithm is 4 (Ed25519 cosignatures)")

// NewKey makes a witness's key pair. name is a domain, or domain/path, without blanks and plus signs. The private half
// is that of golang.org/x/mod/sumdb/note with the algorithm of cosignatures.
func NewKey(name string) (skey, vkey string, err error) {
	if name == "" || strings.ContainsAny(name, " +\n\t") {
		return "", "", errors.New("a witness's name has no blanks and no plus signs: witness.example.org")
	}
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	h := hash(name, pub)
	skey = fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, h, base64.StdEncoding.EncodeToString(append([]byte{algorithm}, priv.Seed()...)))
	return skey, encode(name, h, pub), nil
}

func encode(name string, h uint32, pub ed25519.PublicKey) string {
	return fmt.Sprintf("%s+%08x+%s", name, h, base64.StdEncoding.EncodeToString(append([]byte{algorithm}, pub...)))
}

// hash is the key's id: the first four bytes of SHA-256(name, newline, algorithm, key).
func hash(name string, pub ed25519.PublicKey) uint32 {
	sum := sha256.New()
	sum.Write([]byte(name + "\n"))
	sum.Write(append([]byte{algorithm}, pub...))
	return binary.BigEndian.Uint32(sum.Sum(nil))
}

// message is what a cosignature signs.
func message(at int64, text []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatInt(at, 10)+"\n"), text...)
}

// A Signer cosigns checkpoints. It is a note.Signer.
type Signer struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
	now  func() time.Time
}

// NewSigner reads the private half of a key. now gives the time that the cosignatures state.
func NewSigner(skey string, now func() time.Time) (*Signer, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(skey), "PRIVATE+KEY+")
	parts := strings.SplitN(rest, "+", 3)
	if !ok || len(parts) != 3 {
		return nil, ErrKey
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != algorithm {
		return nil, ErrKey
	}
	s := &Signer{name: parts[0], key: ed25519.NewKeyFromSeed(raw[1:]), now: now}
	s.hash = hash(s.name, s.key.Public().(ed25519.PublicKey))
	if parts[1] != fmt.Sprintf("%08x", s.hash) {
		return nil, ErrKey
	}
	return s, nil
}

// Name is the witness's name.
func (s *Signer) Name() string { return s.name }

// KeyHash is the key's id.
func (s *Signer) KeyHash() uint32 { return s.hash }

// Key is the public half.
func (s *Signer) Key() string { return encode(s.name, s.hash, s.key.Public().(ed25519.PublicKey)) }

// Sign returns the time, eight bytes, and the signature.
func (s *Signer) Sign(text []byte) ([]byte, error) {
	at := s.now().Unix()
	return append(binary.BigEndian.AppendUint64(nil, uint64(at)), ed25519.Sign(s.key, message(at, text))...), nil
}

// A Verifier checks the cosignatures of one witness. It is a note.Verifier.
type Verifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// NewVerifier reads the public half of a key.
func NewVerifier(vkey string) (*Verifier, error) {
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(parts) != 3 || parts[0] == "" {
		return nil, ErrKey
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != algorithm {
		return nil, ErrKey
	}
	v := &Verifier{name: parts[0], key: raw[1:]}
	v.hash = hash(v.name, v.key)
	if parts[1] != fmt.Sprintf("%08x", v.hash) {
		return nil, ErrKey
	}
	return v, nil
}

// Name is the witness's name.
func (v *Verifier) Name() string { return v.name }

// KeyHash is the key's id.
func (v *Verifier) KeyHash() uint32 { return v.hash }

// Verify checks a cosignature.
func (v *Verifier) Verify(text, sig []byte) bool {
	return len(sig) == 8+ed25519.SignatureSize && ed25519.Verify(v.key, message(int64(binary.BigEndian.Uint64(sig)), text), sig[8:])
}

// Time is when the witness says it saw the checkpoint: the first eight bytes of a signature's content, after the id.
func Time(s note.Signature) (time.Time, bool) {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) != 4+8+ed25519.SignatureSize {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC(), true
}
