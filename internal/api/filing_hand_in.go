// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/member"
)

// HandIn says how a form was handed in. A number or a proof is needed.
type HandIn struct {
	At        time.Time `json:"at" doc:"when"`
	Number    string    `json:"number,omitempty" doc:"that the receiver gave" example:"CNVD-C-2021-95914"`
	Note      string    `json:"note,omitempty"`
	ProofName string    `json:"proof_name,omitempty" doc:"name of the file that shows it"`
	Proof     []byte    `json:"proof,omitempty" doc:"its bytes, in base64"`
}

type handInInput struct {
	ByForm
	Body HandIn
}

func (s *Server) filingHandIn(ctx context.Context, by member.Actor, in *handInInput) (*reply[Filing], error) {
	b := in.Body
	f, err := s.Filings.HandIn(ctx, by, in.ID, in.Pack, filing.Input{At: b.At, Number: b.Number, Note: b.Note, Proof: filing.File{Name: b.ProofName, Bytes: b.Proof}})
	return answer(filingOf(f), err)
}

func (s *Server) filingProof(ctx context.Context, by member.Actor, in *ByID) (*fileReply, error) {
	_, b, err := s.Filings.ProofOf(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return &fileReply{"application/octet-stream", "attachment", b}, nil
}
