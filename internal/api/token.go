// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/member"
)

// Token is an API token, without its secret.
type Token struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes" nullable:"false"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	UsedAt    time.Time `json:"used_at,omitzero"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

func tokenOf(t member.Token) Token {
	return Token{ID: t.ID, Name: t.Name, Scopes: each(t.Scopes, func(x string) string { return x }), CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, UsedAt: t.UsedAt, RevokedAt: t.RevokedAt}
}

// Tokens are issued to people who are signed in, on the page Tokens: a token that could issue tokens could not be ended.
func (s *Server) tokenList(ctx context.Context, by member.Actor, _ *none) (*reply[list[Token]], error) {
	ts, err := s.Members.Tokens(ctx, by)
	return answer(lists(ts, "", tokenOf), err)
}

func (s *Server) tokenRevoke(ctx context.Context, by member.Actor, in *ByID) (*none, error) {
	return nil, s.Members.RevokeToken(ctx, by, in.ID)
}
