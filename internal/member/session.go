// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// A Session is a signed-in browser. Token is its secret, kept by the browser and nowhere else.
type Session struct {
	Token     string
	ExpiresAt time.Time // at the latest; without use it ends earlier
}

// How long a session lasts, and how finely its use and that of a token is noted.
const (
	sessionIdle = 12 * time.Hour
	sessionMax  = 7 * 24 * time.Hour
	seenEvery   = time.Minute
)

// longest is how long a session may last by a limit.
func (s *Service) longest(limit time.Duration) time.Duration {
	if s.Leaps {
		return 100 * 365 * 24 * time.Hour
	}
	return limit
}

func (s *Service) openSession(ctx context.Context, tx *db.Tx, accountID, agent string) (Session, error) {
	plain, hash := newSecret("")
	out := Session{Token: plain, ExpiresAt: tx.Now.Add(s.longest(sessionMax))}
	if _, err := tx.Exec(ctx, `UPDATE account SET last_login_at = $1 WHERE id = $2`, db.At(tx.Now), accountID); err != nil {
		return Session{}, err
	}
	_, err := tx.Exec(ctx, `INSERT INTO session (hash, account_id, created_at, seen_at, expires_at, agent) VALUES ($1,$2,$3,$4,$5,$6)`,
		hash, accountID, db.At(tx.Now), db.At(tx.Now), db.At(out.ExpiresAt), oneLine(agent))
	return out, err
}

// oneLine keeps the printable beginning of what a browser says of itself.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	r := []rune(s)
	return string(r[:min(len(r), maxShort)])
}

// LoginAs opens a session for a persona without a password: for the demo only, whose surface guards it.
func (s *Service) LoginAs(ctx context.Context, accountID, agent string) (out Session, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if !storable(accountID) {
			return fault.Missing()
		}
		h, err := db.Get(ctx, tx, scanHolder, `SELECT `+holderColumns(`$2`)+` FROM account a LEFT JOIN org o ON o.id = a.org_id WHERE a.id = $1`, accountID, db.At(tx.Now))
		if err != nil {
			return err
		}
		if !h.open() {
			return fault.Clash("member.account-closed")
		}
		out, err = s.openSession(ctx, tx, accountID, agent)
		return err
	})
	if err != nil {
		return Session{}, fmt.Errorf("login as %q: %w", accountID, err)
	}
	return out, nil
}

// Logout ends a session; one that has ended already is no error.
func (s *Service) Logout(ctx context.Context, token string) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE hash = $1`, secretHash(token))
		return err
	})
	if err != nil {
		return fmt.Errorf("logout: %w", err)
	}
	return nil
}

// ResolveSession tells for whom a session's token speaks. A session ends after 12 hours without use, 7 days after it
// was opened, and when the account or its organisation ends (fault Unauthenticated).
func (s *Service) ResolveSession(ctx context.Context, token, via string) (Actor, error) {
	var h holder
	var seen, expires db.Time
	var now time.Time
	hash := secretHash(token)
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now
		h, err = db.Get(ctx, tx, func(r db.Row) (h holder, err error) {
			dest, done := holderFields(&h)
			err = r.Scan(append(dest, &seen, &expires)...)
			done()
			return h, err
		}, `SELECT `+holderColumns(`$2`)+`, x.seen_at, x.expires_at FROM session x`+holderJoin+` WHERE x.hash = $1`, hash, db.At(now))
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return Actor{}, fault.SignIn()
	case err != nil:
		return Actor{}, fmt.Errorf("resolve session: %w", err)
	case !h.open() || !now.Before(expires.Time) || now.Sub(seen.Time) >= s.longest(sessionIdle):
		return Actor{}, fault.SignIn()
	case now.Sub(seen.Time) >= seenEvery:
		if err := s.note(ctx, `UPDATE session SET seen_at = $1 WHERE hash = $2 AND seen_at < $1`, hash); err != nil {
			return Actor{}, fmt.Errorf("resolve session: %w", err)
		}
	}
	return h.actor(now, nil, via), nil
}

// note stamps the row with the hash with the present time.
func (s *Service) note(ctx context.Context, update string, hash []byte) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, update, db.At(tx.Now), hash)
		return err
	})
}

// Purge deletes sessions that have ended and login failures that no longer count, and returns how many; for the schedule.
func (s *Service) Purge(ctx context.Context) (n int, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		ended, err := tx.Exec(ctx, `DELETE FROM session WHERE expires_at <= $1 OR seen_at <= $2`, db.At(tx.Now), db.At(tx.Now.Add(-s.longest(sessionIdle))))
		if err != nil {
			return err
		}
		forgotten, err := tx.Exec(ctx, `DELETE FROM login_failure WHERE at <= $1`, db.At(tx.Now.Add(-lockout)))
		n = int(ended + forgotten)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge sessions: %w", err)
	}
	return n, nil
}
