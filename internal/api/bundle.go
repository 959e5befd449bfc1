// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/member"
)

// Bundle is a signed file with warnings, for machines without a network.
type Bundle struct {
	Name    string `json:"name" example:"fengsui-FS-W-2021-0001-r1.zip"`
	Content []byte `json:"content" doc:"base64: a ZIP archive whose SHA256SUMS is signed with the key of the evidence log"`
}

func (s *Server) warningBundle(ctx context.Context, by member.Actor, in *ByID) (*reply[Bundle], error) {
	name, b, err := s.Warnings.Bundle(ctx, by, in.ID)
	return answer(Bundle{name, b}, err)
}

func (s *Server) warningBundleAll(ctx context.Context, by member.Actor, _ *struct{}) (*reply[Bundle], error) {
	name, b, err := s.Warnings.Bundle(ctx, by, "")
	return answer(Bundle{name, b}, err)
}

// FilledAnswerSheet is answer.json of a bundle, filled in.
type FilledAnswerSheet struct {
	Sheet []byte `json:"sheet" maxLength:"90000" doc:"base64 of the file"`
}

func (s *Server) warningAnswerSheet(ctx context.Context, by member.Actor, in *body[FilledAnswerSheet]) (*reply[Recipient], error) {
	_, r, err := s.Warnings.AcknowledgeSheet(ctx, by, in.Body.Sheet)
	return answer(recipientOf(r), err)
}
