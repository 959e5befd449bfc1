// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// SignatureFormat is the first line of what is signed about a pack.
const SignatureFormat = "fengsui.lawpack/v1"

// maxNote bounds a signed note about a pack: a few signatures.
const maxNote = 8 << 10

// Reasons for which a signature does not count.
var (
	ErrUnsigned  = errors.New("the pack carries no signature")
	ErrNote      = errors.New("the signature is no signed note about a pack")
	ErrUntrusted = errors.New("the pack is signed, but by no key that is trusted here")
	ErrAltered   = errors.New("the signature is about another text: the pack was changed after it was signed")
)

// Keys are verifier keys (golang.org/x/mod/sumdb/note) whose signatures on packs count.
type Keys []note.Verifier

// ParseKeys reads verifier keys, "name+hash+key" with an Ed25519 key.
func ParseKeys(vkeys ...string) (Keys, error) {
	var ks Keys
	for _, k := range vkeys {
		v, err := note.NewVerifier(strings.TrimSpace(k))
		if err != nil {
			return nil, fmt.Errorf("%q is no verifier key such as name+1a2b3c4d+AQ…: %w", k, err)
		}
		ks = append(ks, v)
	}
	return ks, nil
}

// NewKey makes a key for signing packs: skey is secret, vkey is for those who are to trust it.
func NewKey(name string) (skey, vkey string, err error) { return note.GenerateKey(rand.Reader, name) }

// A Signature is a signed note about one text of one version. Its text is SignatureFormat, the version's name, and
// hex(SHA-256) of the pack's bytes, a line each.
type Signature struct {
	Ref     string
	Digest  string
	Signers []string // names of the keys
}

// Digest is hex(SHA-256) of a pack's bytes.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Sign signs a pack with a secret key. The signed note can be kept beside the pack, or in it: see Embed.
func Sign(p *Pack, skey string) (string, error) { return SignText(p.text, p.Ref(), skey) }

// SignText is Sign of any bytes under a version's name.
func SignText(text []byte, ref, skey string) (string, error) {
	signer, err := note.NewSigner(strings.TrimSpace(skey))
	if err != nil {
		return "", fmt.Errorf("the signing key: %w", err)
	}
	out, err := note.Sign(&note.Note{Text: SignatureFormat + "\n" + ref + "\n" + Digest(text) + "\n"}, signer)
	return string(out), err
}

// Embed puts a signed note under a pack as YAML comments, so that one file holds both and still is YAML. What was under
// it before goes.
func Embed(text []byte, signed string) []byte {
	body, _ := Split(text)
	b := bytes.NewBuffer(bytes.Clone(body))
	for _, line := range strings.Split(strings.TrimSuffix(signed, "\n"), "\n") {
		b.WriteString(strings.TrimSuffix("# "+line, " ") + "\n")
	}
	return b.Bytes()
}

// Split takes a file apart into the pack and the signed note under it, "" when there is none. The pack is every byte
// before the note's first line.
func Split(data []byte) (text []byte, signed string) {
	mark := []byte("# " + SignatureFormat + "\n")
	i := bytes.LastIndex(data, mark)
	if i < 0 || i > 0 && data[i-1] != '\n' || len(data)-i > maxNote {
		return data, ""
	}
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimRight(string(data[i:]), "\n"), "\n") {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\r"), "#")
		if !ok {
			return data, ""
		}
		b.WriteString(strings.TrimPrefix(rest, " ") + "\n")
	}
	return data[:i], b.String()
}

// Open checks a signed note against the bytes of a pack: one signature by a trusted key is needed, and enough. It
// returns ErrUnsigned, ErrNote, ErrUntrusted or ErrAltered. That the pack has the name that was signed is the business
// of whoever parses it.
func (ks Keys) Open(text []byte, signed string) (Signature, error) {
	if strings.TrimSpace(signed) == "" {
		return Signature{}, ErrUnsigned
	}
	if len(signed) > maxNote {
		return Signature{}, ErrNote
	}
	n, err := note.Open([]byte(signed), note.VerifierList(ks...))
	var stranger *note.UnverifiedNoteError
	var forged *note.InvalidSignatureError
	switch {
	case errors.As(err, &stranger):
		return Signature{}, ErrUntrusted
	case errors.As(err, &forged):
		return Signature{}, ErrAltered
	case err != nil:
		return Signature{}, ErrNote
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != SignatureFormat {
		return Signature{}, ErrNote
	}
	s := Signature{Ref: lines[1], Digest: lines[2]}
	if s.Digest != Digest(text) {
		return Signature{}, ErrAltered
	}
	for _, sig := range n.Sigs {
		s.Signers = append(s.Signers, sig.Name)
	}
	return s, nil
}
