// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package seal encrypts what must not be readable at rest: undisclosed vulnerability details, secrets, attachments.
//
// Every sealed value carries its own data key, wrapped by a key-encryption key (KEK) that a Keyring names. The value
// is bound to its place ("report/ID/3"), so that a ciphertext moved to another row does not open.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const keySize = 32

// A Keyring holds key-encryption keys by id; Primary wraps, all unwrap. It implements the file custody; an HSM or a
// KMS would stand in its place.
type Keyring struct {
	primary string
	keys    map[string][]byte
	index   []byte // for Token
}

// New returns a keyring with one key.
func New(key []byte) (*Keyring, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("seal: a key has %d bytes, not %d", keySize, len(key))
	}
	index, err := hkdf.Key(sha256.New, key, nil, "fengsui blind index", keySize)
	if err != nil {
		return nil, err
	}
	id := keyID(key)
	return &Keyring{primary: id, keys: map[string][]byte{id: key}, index: index}, nil
}

// Load reads the keyring from dir, or creates its first key there when the directory holds none.
func Load(dir string) (*Keyring, error) {
	path := filepath.Join(dir, "kek.key")
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return create(path)
	}
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("seal: %s is not a key in hexadecimal", path)
	}
	return New(key)
}

// create writes a new key; when another process was faster, its key counts.
func create(path string) (*Keyring, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	key := make([]byte, keySize)
	rand.Read(key) //nolint:errcheck // never fails
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return Load(filepath.Dir(path))
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteString(hex.EncodeToString(key) + "\n"); err != nil {
		f.Close()
		return nil, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	return New(key)
}

func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("fengsui kek id\n"), key...))
	return hex.EncodeToString(sum[:4])
}

func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // keys are made and checked here: 32 bytes
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return a
}

// Layout of a sealed value: version 1 | 4 bytes key id | wrapped data key (60 bytes) | ciphertext.
const (
	version    = 1
	wrappedLen = keySize + 12 + 16
	headLen    = 1 + 4 + wrappedLen
)

// Seal encrypts plain for its place.
func (k *Keyring) Seal(place string, plain []byte) []byte {
	dek := make([]byte, keySize)
	rand.Read(dek) //nolint:errcheck // never fails
	id, _ := hex.DecodeString(k.primary)
	out := append([]byte{version}, id...)
	out = aead(k.keys[k.primary]).Seal(out, nil, dek, []byte(place))
	return aead(dek).Seal(out, nil, plain, []byte(place))
}

// ErrSealed says that a value does not open: another key, another place, or altered bytes.
var ErrSealed = errors.New("seal: the value does not open")

// Open decrypts a sealed value at its place.
func (k *Keyring) Open(place string, sealed []byte) ([]byte, error) {
	if len(sealed) < headLen || sealed[0] != version {
		return nil, ErrSealed
	}
	key, ok := k.keys[hex.EncodeToString(sealed[1:5])]
	if !ok {
		return nil, fmt.Errorf("%w: key %x is not on the keyring", ErrSealed, sealed[1:5])
	}
	dek, err := aead(key).Open(nil, nil, sealed[5:headLen], []byte(place))
	if err != nil {
		return nil, ErrSealed
	}
	plain, err := aead(dek).Open(nil, nil, sealed[headLen:], []byte(place))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// SealJSON seals v as JSON.
func SealJSON(k *Keyring, place string, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return k.Seal(place, b), nil
}

// OpenJSON opens what SealJSON sealed.
func OpenJSON[T any](k *Keyring, place string, sealed []byte) (v T, err error) {
	b, err := k.Open(place, sealed)
	if err != nil {
		return v, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	return v, d.Decode(&v)
}

// Token is a keyed digest of a value of some kind: equal values have equal tokens, which say nothing without the key.
func (k *Keyring) Token(kind, value string) []byte {
	m := hmac.New(sha256.New, k.index)
	fmt.Fprintf(m, "%s\n%s", kind, value)
	return m.Sum(nil)[:16]
}

// MAC authenticates a message for a purpose: signed links are made of it.
func (k *Keyring) MAC(purpose, message string) []byte { return k.Token("mac/"+purpose, message) }
