// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package pgp signs and encrypts MIME entities with OpenPGP (RFC 9580) as mail carries them (RFC 3156), and says of a
// public key whether mail can be encrypted for it.
package pgp

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Reasons why a key cannot be encrypted for, or signed with.
var (
	ErrForm     = errors.New("it is not one OpenPGP key in ASCII armour")
	ErrPrivate  = errors.New("it is a private key")
	ErrExpired  = errors.New("it has expired, or is not valid yet")
	ErrRevoked  = errors.New("it has been revoked")
	ErrWeak     = errors.New("its algorithm is weak: RSA below 2048 bits, ElGamal, DSA, secp256k1")
	ErrNoUse    = errors.New("it has no key for encrypting")
	ErrNoSigner = errors.New("it cannot sign, or is locked by a passphrase")
)

// LongestKey bounds what is read as a key, in bytes: one with many signatures of others is exported without them
// (gpg --export-options export-minimal).
const LongestKey = 64 << 10

const (
	begin       = "-----BEGIN PGP "
	beginPublic = begin + "PUBLIC KEY BLOCK-----"
)

// Armoured reports whether a text is meant to be an OpenPGP key rather than something else.
func Armoured(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte(begin)) }

// A Key is a public key that can be encrypted for.
type Key struct{ entity *openpgp.Entity }

// Fingerprint is the primary key's, in upper-case hexadecimal.
func (k Key) Fingerprint() string { return fmt.Sprintf("%X", k.entity.PrimaryKey.Fingerprint) }

// config is how this package uses OpenPGP: nothing is compressed (an observer learns of the text by its length), and the
// limits on algorithms are the library's.
func config(at time.Time) *packet.Config {
	return &packet.Config{Time: func() time.Time { return at }, DefaultHash: crypto.SHA256, DefaultCipher: packet.CipherAES256, DefaultCompressionAlgo: packet.CompressionNone}
}

// ReadKey returns a public key, if mail can be encrypted for it at the time. Whose it is is not checked: its owner has
// handed it in.
func ReadKey(text []byte, at time.Time) (Key, error) {
	e, err := entity(text)
	if err != nil {
		return Key{}, err
	}
	if e.PrivateKey != nil {
		return Key{}, ErrPrivate
	}
	for _, s := range e.Subkeys {
		if s.PrivateKey != nil {
			return Key{}, ErrPrivate
		}
	}
	if _, err := e.EncryptionKeyWithError(at, config(at)); err != nil {
		return Key{}, why(err)
	}
	return Key{e}, nil
}

// Turns is the next moment after a time at which the answer of ReadKey may be another one, because a part of the key begins
// or ends to be valid; zero for never.
func Turns(text []byte, at time.Time) (next time.Time) {
	e, err := entity(text)
	if err != nil {
		return time.Time{}
	}
	keys := []*packet.PublicKey{e.PrimaryKey}
	signatures := slices.Concat(e.Revocations, e.DirectSignatures)
	for _, x := range e.Subkeys {
		keys, signatures = append(keys, x.PublicKey), slices.Concat(signatures, x.Bindings, x.Revocations)
	}
	for _, x := range e.Identities {
		signatures = slices.Concat(signatures, x.SelfCertifications, x.Revocations)
	}
	note := func(t time.Time) {
		for _, t := range []time.Time{t, t.Add(time.Second)} { // OpenPGP counts whole seconds
			if t.After(at) && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
	}
	lasts := func(from time.Time, seconds *uint32) {
		if seconds != nil && *seconds > 0 {
			note(from.Add(time.Duration(*seconds) * time.Second))
		}
	}
	for _, k := range keys {
		note(k.CreationTime)
	}
	for _, x := range signatures {
		note(x.Packet.CreationTime)
		lasts(x.Packet.CreationTime, x.Packet.SigLifetimeSecs)
		for _, k := range keys {
			lasts(k.CreationTime, x.Packet.KeyLifetimeSecs)
		}
	}
	return next
}

// entity reads the one key that a text holds.
func entity(text []byte) (*openpgp.Entity, error) {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) > LongestKey || !bytes.HasPrefix(text, []byte(begin)) || bytes.Count(text, []byte(begin)) != 1:
		return nil, ErrForm
	case bytes.HasPrefix(text, []byte(begin+"PRIVATE KEY BLOCK-----")), bytes.HasPrefix(text, []byte(beginPublic)):
	default:
		return nil, ErrForm
	}
	keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(text))
	if err != nil || len(keys) != 1 {
		return nil, ErrForm
	}
	return keys[0], nil
}

// why turns the library's reasons into ours.
func why(err error) error {
	var selection pgperrors.ErrEncryptionKeySelection
	var pointer *pgperrors.ErrEncryptionKeySelection
	if errors.As(err, &pointer) {
		selection = *pointer
	} else {
		errors.As(err, &selection)
	}
	reason := selection.PrimaryKeyErr
	if reason == nil {
		reason = selection.EncSelectionErr
	}
	var weak pgperrors.WeakAlgorithmError
	switch {
	case errors.As(reason, &weak):
		return ErrWeak
	case errors.Is(reason, pgperrors.ErrKeyExpired), errors.Is(reason, pgperrors.ErrSignatureExpired):
		return ErrExpired
	case errors.Is(reason, pgperrors.ErrKeyRevoked):
		return ErrRevoked
	case reason != nil && strings.Contains(reason.Error(), "no valid self signature"): // not valid yet, at the time asked for
		return ErrExpired
	}
	return ErrNoUse
}

// A Signer is a private key that signs what leaves.
type Signer struct{ entity *openpgp.Entity }

// ReadSigner returns a private key in ASCII armour that can sign at the time. A key with a passphrase is refused: the
// platform would have to keep that beside it.
func ReadSigner(text []byte, at time.Time) (*Signer, error) {
	e, err := entity(text)
	if err != nil {
		return nil, err
	}
	k, ok := e.SigningKey(at, config(at))
	if !ok || k.PrivateKey == nil || k.PrivateKey.Encrypted || k.PrivateKey.Dummy() {
		return nil, ErrNoSigner
	}
	return &Signer{e}, nil
}

// Signs reports whether the key can sign at a time: it may have expired since it was read.
func (s *Signer) Signs(at time.Time) bool {
	_, ok := s.entity.SigningKey(at, config(at))
	return ok
}

// Sign returns the detached signature of a MIME entity in ASCII armour. Its hash is SHA-256, or a stronger one where the
// key asks for that: micalg is its name (RFC 3156, section 5).
func (s *Signer) Sign(entity []byte, at time.Time) (signature []byte, micalg string, err error) {
	var raw bytes.Buffer
	if err := openpgp.DetachSign(&raw, []*openpgp.Entity{s.entity}, bytes.NewReader(entity), config(at)); err != nil {
		return nil, "", fmt.Errorf("sign with OpenPGP: %w", err)
	}
	p, err := packet.Read(bytes.NewReader(raw.Bytes()))
	if err != nil {
		return nil, "", fmt.Errorf("sign with OpenPGP: %w", err)
	}
	micalg = "pgp-sha256"
	if x, ok := p.(*packet.Signature); ok {
		micalg = "pgp-" + strings.ToLower(strings.ReplaceAll(x.Hash.String(), "-", ""))
	}
	out, err := armoured(openpgp.SignatureType, func(w io.Writer) error {
		_, err := w.Write(raw.Bytes())
		return err
	})
	return out, micalg, err
}

// Encrypt returns a MIME entity that only the key's owner reads, in ASCII armour, signed inside when there is a signer
// (RFC 3156, section 6.2).
func Encrypt(entity []byte, to Key, by *Signer, at time.Time) ([]byte, error) {
	var signers []*openpgp.Entity
	if by != nil {
		signers = append(signers, by.entity)
	}
	return armoured("PGP MESSAGE", func(w io.Writer) error {
		plain, err := openpgp.Encrypt(w, []*openpgp.Entity{to.entity}, nil, signers, &openpgp.FileHints{IsUTF8: false}, config(at))
		if err != nil {
			return fmt.Errorf("encrypt with OpenPGP: %w", err)
		}
		if _, err := plain.Write(entity); err != nil {
			return fmt.Errorf("encrypt with OpenPGP: %w", err)
		}
		return plain.Close()
	})
}

// armoured is what is written, as text with the line ends of mail.
func armoured(kind string, write func(io.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	w, err := armor.Encode(&b, kind, nil)
	if err != nil {
		return nil, err
	}
	if err := write(w); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return append(bytes.ReplaceAll(bytes.TrimSpace(b.Bytes()), []byte("\n"), []byte("\r\n")), "\r\n"...), nil
}
