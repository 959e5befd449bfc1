// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/commitment"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
)

// Commitment is a digest with a date.
type Commitment struct {
	ID       string    `json:"id"`
	Number   string    `json:"number"`
	Digest   string    `json:"digest" doc:"hex(SHA-256(salt ‖ words)), the salt 32 random bytes"`
	MadeAt   time.Time `json:"made_at"`
	OpenedAt time.Time `json:"opened_at,omitzero"`
	Words    string    `json:"words,omitempty" doc:"once it is open"`
}

// Committed is a commitment with the receipt of what was done to it.
type Committed struct {
	Commitment Commitment       `json:"commitment"`
	Receipt    evidence.Receipt `json:"receipt" doc:"keep it as it is: every byte counts"`
}

// NewCommitment makes a commitment.
type NewCommitment struct {
	Digest string `json:"digest" maxLength:"64" doc:"hex(SHA-256(salt ‖ words)), the salt 32 random bytes that you keep"`
}

// Opening opens a commitment.
type Opening struct {
	Salt  []byte `json:"salt" doc:"the 32 bytes, base64"`
	Words string `json:"words" maxLength:"65536"`
}

func commitmentOf(c commitment.Commitment) Commitment {
	return Commitment{ID: c.ID, Number: c.Number, Digest: c.Digest, MadeAt: c.MadeAt, OpenedAt: c.OpenedAt, Words: c.Words}
}

func (s *Server) commitmentMake(ctx context.Context, by member.Actor, in *body[NewCommitment]) (*reply[Committed], error) {
	c, r, err := s.Commitments.Make(ctx, by, in.Body.Digest)
	return answer(Committed{commitmentOf(c), r}, err)
}

func (s *Server) commitmentOpen(ctx context.Context, by member.Actor, in *withBody[Opening]) (*reply[Committed], error) {
	c, r, err := s.Commitments.Open(ctx, by, in.ID, in.Body.Salt, in.Body.Words)
	return answer(Committed{commitmentOf(c), r}, err)
}

func (s *Server) commitmentGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Commitment], error) {
	c, err := s.Commitments.Get(ctx, by, in.ID)
	return answer(commitmentOf(c), err)
}

func (s *Server) commitmentList(ctx context.Context, by member.Actor, in *Page) (*reply[list[Commitment]], error) {
	cs, next, err := s.Commitments.List(ctx, by, in.After, in.Limit)
	return answer(lists(cs, next, commitmentOf), err)
}

type commitmentReceiptInput struct {
	ByID
	Opened bool `query:"opened" doc:"of the opening, which holds the words"`
}

func (s *Server) commitmentReceipt(ctx context.Context, by member.Actor, in *commitmentReceiptInput) (*reply[evidence.Receipt], error) {
	return answer(s.Commitments.Receipt(ctx, by, in.ID, in.Opened))
}
