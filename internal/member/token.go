// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// A Token lets a machine act in the name of a person, within scopes. The secret itself is not kept.
type Token struct {
	ID, AccountID, Name string
	Scopes              []string
	CreatedAt           time.Time
	ExpiresAt           time.Time // zero: without end
	UsedAt              time.Time // to the minute; zero: never
	RevokedAt           time.Time // zero: not revoked
}

// Feeds reports whether the token is part of the address of a private feed.
func (t Token) Feeds() bool {
	return slices.ContainsFunc(t.Scopes, func(s string) bool { return slices.Contains(FeedScopes, s) })
}

const (
	tokenPrefix = "fst_"
	maxTokenTTL = 10 * 365 * 24 * time.Hour
)

// IssueToken makes a token for the actor and returns its secret, this once. ttl 0 means without end. A token cannot
// issue tokens: whoever finds one must not be able to outlive it.
func (s *Service) IssueToken(ctx context.Context, by Actor, name string, scopes []string, ttl time.Duration) (plain string, t Token, err error) {
	switch {
	case by.AccountID == "":
		return "", Token{}, fault.SignIn()
	case by.Scopes != nil:
		return "", Token{}, fault.Deny("member.token-by-token")
	}
	var f form
	t = Token{ID: newID(), AccountID: by.AccountID, Name: f.required("name", name, maxShort, "CI"), Scopes: chosen(&f, "scopes", scopes, slices.Concat(AllScopes, FeedScopes))}
	f.That(len(t.Scopes) < 2 || !t.Feeds(), "scopes", "member.rule.feed-alone", ScopeFeed)
	f.That(ttl >= 0 && ttl <= maxTokenTTL, "ttl", "member.rule.ttl", "90d")
	if err := f.Err(); err != nil {
		return "", Token{}, err
	}
	plain, hash := newSecret(tokenPrefix)
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		t.CreatedAt = tx.Now
		if ttl > 0 {
			t.ExpiresAt = tx.Now.Add(ttl)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO token (id, account_id, name, hash, scopes, created_at, expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
			t.ID, t.AccountID, t.Name, hash, db.ToJSON(t.Scopes), db.At(t.CreatedAt), db.At(t.ExpiresAt)); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), TokenIssued{OrgID: by.OrgID, TokenID: t.ID, Scopes: t.Scopes, Until: t.ExpiresAt})
		return err
	})
	if err != nil {
		return "", Token{}, fmt.Errorf("issue token: %w", err)
	}
	return plain, t, nil
}

const tokenColumns = `x.id, x.account_id, x.name, x.scopes, x.created_at, x.expires_at, x.used_at, x.revoked_at`

func tokenFields(t *Token) (dest []any, done func()) {
	var scopes db.JSON[[]string]
	var created, expires, used, revoked db.Time
	return []any{&t.ID, &t.AccountID, &t.Name, &scopes, &created, &expires, &used, &revoked}, func() {
		t.Scopes, t.CreatedAt, t.ExpiresAt, t.UsedAt, t.RevokedAt = scopes.V, created.Time, expires.Time, used.Time, revoked.Time
	}
}

func scanToken(r db.Row) (t Token, err error) {
	dest, done := tokenFields(&t)
	err = r.Scan(dest...)
	done()
	return t, err
}

// Tokens returns the actor's own tokens, the newest first, revoked ones too.
func (s *Service) Tokens(ctx context.Context, by Actor) (ts []Token, err error) {
	switch {
	case by.AccountID == "":
		return nil, fault.SignIn()
	case !by.Allows(ScopeAdmin):
		return nil, fault.Deny("fault.scope", ScopeAdmin)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ts, err = db.List(ctx, tx, scanToken, `SELECT `+tokenColumns+` FROM token x WHERE x.account_id = $1 ORDER BY x.id DESC`, by.AccountID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return ts, nil
}

// RevokeToken ends a token; one that has been revoked already stays as it is. For its owner, the administrator of the
// owner's organisation, and administrators; to others it does not exist.
func (s *Service) RevokeToken(ctx context.Context, by Actor, id string) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(ScopeAdmin):
		return fault.Deny("fault.scope", ScopeAdmin)
	case !storable(id):
		return fault.Missing()
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		t, err := db.Get(ctx, tx, scanToken, `SELECT `+tokenColumns+` FROM token x WHERE x.id = $1`+tx.ForUpdate(), id)
		if err != nil {
			return err
		}
		owner, err := db.Get(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM account a WHERE a.id = $1`, t.AccountID)
		if err != nil {
			return err
		}
		ownOrg := by.OrgID != "" && owner.OrgID == by.OrgID && by.Is(OrgAdmin)
		if owner.ID != by.AccountID && !ownOrg && !by.Is(Administrator) {
			return fault.Hidden()
		}
		if !t.RevokedAt.IsZero() {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE token SET revoked_at = $1 WHERE id = $2`, db.At(tx.Now), t.ID); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), TokenRevoked{OrgID: owner.OrgID, TokenID: t.ID})
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	return nil
}

// ResolveToken tells for whom a token speaks, within its scopes. It is found by the hash of its 256 random bits, so
// that no comparison gives a part of it away. Fault Unauthenticated when it is unknown, expired or revoked, or when
// the account or its organisation has ended.
func (s *Service) ResolveToken(ctx context.Context, plain, via string) (Actor, error) {
	if !strings.HasPrefix(plain, tokenPrefix) {
		return Actor{}, fault.SignIn()
	}
	var h holder
	var t Token
	var now time.Time
	hash := secretHash(plain)
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now
		h, err = db.Get(ctx, tx, func(r db.Row) (h holder, err error) {
			dest, done := holderFields(&h)
			token, doneToken := tokenFields(&t)
			err = r.Scan(append(dest, token...)...)
			done()
			doneToken()
			return h, err
		}, `SELECT `+holderColumns(`$2`)+`, `+tokenColumns+` FROM token x`+holderJoin+` WHERE x.hash = $1`, hash, db.At(now))
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return Actor{}, fault.SignIn()
	case err != nil:
		return Actor{}, fmt.Errorf("resolve token: %w", err)
	case !h.open() || !t.RevokedAt.IsZero() || !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return Actor{}, fault.SignIn()
	case now.Sub(t.UsedAt) >= seenEvery:
		if err := s.note(ctx, `UPDATE token SET used_at = $1 WHERE hash = $2 AND (used_at IS NULL OR used_at < $1)`, hash); err != nil {
			return Actor{}, fmt.Errorf("resolve token: %w", err)
		}
	}
	return h.actor(now, t.Scopes, via), nil
}
