// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/member"
)

// Evidence is what anybody needs to check receipts.
type Evidence struct {
	Origin     string `json:"origin" doc:"name of the log"`
	PublicKey  string `json:"public_key" doc:"verifier key, golang.org/x/mod/sumdb/note"`
	Checkpoint string `json:"checkpoint" doc:"newest signed checkpoint, c2sp.org/tlog-checkpoint; empty while the log is"`
}

func (s *Server) evidenceGet(ctx context.Context, _ member.Actor, _ *none) (*reply[Evidence], error) {
	cp, err := s.Evidence.Checkpoint(ctx)
	return answer(Evidence{Origin: s.Evidence.Origin(), PublicKey: s.Evidence.PublicKey(), Checkpoint: cp}, err)
}
