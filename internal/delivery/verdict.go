// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/spec/pgp"
)

// A verdict is whether mail could be encrypted for a certificate when it was read, and until when that cannot change: a
// certificate itself never does, only time passes.
type verdict struct {
	seals       bool
	from, until time.Time // until is zero for ever
}

// maxVerdicts bounds what is kept: some hundred bytes each.
const maxVerdicts = 1 << 17

// memory keeps verdicts by the hash of the certificate: reading one takes ten to a hundred times as long as hashing it, and a
// look at a release asks for those of everybody.
type memory struct {
	mu sync.RWMutex
	m  map[[sha256.Size]byte]verdict
}

var verdicts memory

func (m *memory) of(text []byte, at time.Time) bool {
	key := sha256.Sum256(text)
	m.mu.RLock()
	v, ok := m.m[key]
	m.mu.RUnlock()
	if ok && v.holds(at) {
		return v.seals
	}
	v = judge(text, at)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.m == nil || len(m.m) >= maxVerdicts {
		m.m = map[[sha256.Size]byte]verdict{}
	}
	m.m[key] = v
	return v.seals
}

func (v verdict) holds(at time.Time) bool {
	return !at.Before(v.from) && (v.until.IsZero() || at.Before(v.until))
}

func judge(text []byte, at time.Time) verdict {
	if pgp.Armoured(text) {
		return verdict{CheckKey(text, at) == nil, at, pgp.Turns(text, at)}
	}
	c, err := ReadCertificate(text, at)
	switch {
	case err == nil:
		return verdict{true, at, c.NotAfter.Add(1)} // it is valid at its last moment, too (RFC 5280, section 4.1.2.5)
	case errors.Is(err, ErrCertificateExpired):
		return verdict{false, at, at} // or not valid yet: to be read again
	}
	return verdict{false, at, time.Time{}}
}
