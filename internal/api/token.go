// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wip

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

func (s *Server) tokenList(ctx context.Context, by member.Actor, _ *none) (*reply[list[Token]], error) {
	ts, err := s.Members.Tokens(ctx, by)
	return answer(lists(ts, "", tokenOf), err)
}

// TokenRequest asks for a token.
type TokenRequest struct {
	Name   string   `json:"name" maxLength:"100"`
	Scopes []string `json:"scopes" nullable:"false" maxItems:"10" enum:"report,product,warning,case,admin"`
	Days   int      `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"days of life; 0 for no end"`
}

// NewToken is an issued token with its secret, shown once.
type NewToken struct {
	Token
	Secret string `json:"secret"`
}

func (s *Server) tokenIssue(ctx context.Context, by member.Actor, in *body[TokenRequest]) (*reply[NewToken], error) {
	plain, t, err := s.Members.IssueToken(ctx, by, in.Body.Name, in.Body.Scopes, time.Duration(in.Body.Days)*24*time.Hour)
	return answer(NewToken{tokenOf(t), plain}, err)
}

func (s *Server) tokenRevoke(ctx context.Context, by member.Actor, in *byID) (*none, error) {
	return nil, s.Members.RevokeToken(ctx, by, in.ID)
}
