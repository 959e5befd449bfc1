// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// How often a person may err, and for how long it must wait then.
const (
	maxFailures = 10
	lockout     = 15 * time.Minute
)

// maxPasswordBytes is more than any password that could have been set.
const maxPasswordBytes = 4 * maxShort

// Login opens a session for a person. Unknown address, wrong password and closed account give the same answer
// (Unauthenticated) after about the same time. After 10 failures an address, known or not, is locked for 15 minutes
// (Limited). A person whose organisation waits for approval is told so, given the right password (Forbidden).
func (s *Service) Login(ctx context.Context, email, password, agent string) (Session, Account, error) {
	email = normalEmail(email)
	attempts := s.Seal.Token("login", email)
	if err := s.countAttempt(ctx, attempts); err != nil {
		return Session{}, Account{}, err
	}
	h, err := s.holderByEmail(ctx, email)
	if err != nil {
		return Session{}, Account{}, fmt.Errorf("login: %w", err)
	}
	if len(password) > maxPasswordBytes {
		password = ""
	}
	ok, err := s.hashing.matches(ctx, h.PasswordHash, password)
	switch {
	case err != nil:
		return Session{}, Account{}, fmt.Errorf("login of %s: %w", h.ID, err)
	case ok && h.Status == AccountInvited:
		return Session{}, Account{}, fault.Deny("member.waiting")
	case !ok || !h.open():
		return Session{}, Account{}, &fault.Error{Kind: fault.Unauthenticated, Key: "member.login-failed"}
	}
	var out Session
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM login_failure WHERE token = $1`, attempts); err != nil {
			return err
		}
		h.LastLoginAt = tx.Now
		out, err = s.openSession(ctx, tx, h.ID, agent)
		return err
	})
	if err != nil {
		return Session{}, Account{}, fmt.Errorf("login of %s: %w", h.ID, err)
	}
	h.PasswordHash = ""
	return out, h.Account, nil
}

// countAttempt counts an attempt before it is made, so that many at once cannot get past the limit; a login that
// succeeds forgets them. The address is kept as a keyed digest only. Trying on while it is locked does not
// prolong the lock.
func (s *Service) countAttempt(ctx context.Context, token []byte) error {
	var failed int
	var since db.Time
	var now time.Time
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		now = tx.Now
		_, err := db.Get(ctx, tx, func(r db.Row) (_ struct{}, err error) { return struct{}{}, r.Scan(&failed, &since) },
			`INSERT INTO login_failure (token, failed, at) VALUES ($1, 1, $2)
			ON CONFLICT (token) DO UPDATE SET
				failed = CASE WHEN login_failure.at <= $3 THEN 1 ELSE login_failure.failed + 1 END,
				at = CASE WHEN login_failure.at > $3 AND login_failure.failed >= $4 THEN login_failure.at ELSE excluded.at END
			RETURNING failed, at`, token, db.At(now), db.At(now.Add(-lockout)), maxFailures)
		return err
	})
	if err != nil {
		return fmt.Errorf("count a login: %w", err)
	}
	if failed > maxFailures {
		left := since.Add(lockout).Sub(now)
		return &fault.Error{Kind: fault.Limited, Key: "member.locked", Args: []any{int(math.Ceil(left.Minutes()))}}
	}
	return nil
}

// holderByEmail returns the account with its organisation, or nobody's.
func (s *Service) holderByEmail(ctx context.Context, email string) (h holder, err error) {
	if !validEmail(email) {
		return holder{}, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		h, err = db.Get(ctx, tx, scanHolder, `SELECT `+holderColumns(`$2`)+` FROM account a LEFT JOIN org o ON o.id = a.org_id WHERE a.email = $1`, email, db.At(tx.Now))
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return holder{}, nil
	}
	return h, err
}

func scanHolder(r db.Row) (h holder, err error) {
	dest, done := holderFields(&h)
	err = r.Scan(dest...)
	done()
	return h, err
}
