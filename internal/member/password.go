// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// cost is what one password check costs (argon2id, RFC 9106). A hash carries its own, so these may grow.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

func passwordCost() cost { return cost{memory: 19 * 1024, passes: 2, threads: 1} }

const hashSize, saltSize = 32, 16

// hashing bounds how many passwords are hashed at the same time: each takes passwordCost().memory.
type hashing struct {
	once sync.Once
	slot chan struct{}
}

func (h *hashing) key(ctx context.Context, c cost, salt []byte, password string) ([]byte, error) {
	h.once.Do(func() { h.slot = make(chan struct{}, runtime.GOMAXPROCS(0)) })
	select {
	case h.slot <- struct{}{}:
		defer func() { <-h.slot }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.passes, c.memory, c.threads, hashSize), nil
}

// hash returns the stored form of a password; "" stays "", which no password matches.
func (h *hashing) hash(ctx context.Context, password string) (string, error) {
	if password == "" {
		return "", nil
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) //nolint:errcheck // never fails
	c := passwordCost()
	key, err := h.key(ctx, c, salt, password)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads, b64(salt), b64(key)), nil
}

// matches reports whether password belongs to the stored hash. Without a hash it takes as long and says no.
func (h *hashing) matches(ctx context.Context, stored, password string) (bool, error) {
	c, salt, want := passwordCost(), make([]byte, saltSize), make([]byte, hashSize)
	if stored != "" {
		var err error
		if c, salt, want, err = parseHash(stored); err != nil {
			return false, err
		}
	}
	got, err := h.key(ctx, c, salt, password)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && stored != "", nil
}

func parseHash(stored string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, fmt.Errorf("stored password: unknown form")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return c, nil, nil, fmt.Errorf("stored password: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, fmt.Errorf("stored password: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(key) != hashSize || c.passes == 0 || c.threads == 0 {
		return c, nil, nil, fmt.Errorf("stored password: unknown form")
	}
	return c, salt, key, nil
}

// newSecret returns 256 random bits as text after a prefix, and the hash by which they are found again.
func newSecret(prefix string) (plain string, hash []byte) {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // never fails
	plain = prefix + base64.RawURLEncoding.EncodeToString(b)
	return plain, secretHash(plain)
}

// secretHash is how secrets of 256 random bits are stored and looked up: without a salt, since none can be guessed.
func secretHash(plain string) []byte {
	sum := sha256.Sum256([]byte(plain))
	return sum[:]
}
