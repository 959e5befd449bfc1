// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/member"
)

func (s *Server) importAgain(ctx context.Context, by member.Actor, in *ByID) (*struct{}, error) {
	return nil, s.Vulns.Again(ctx, by, in.ID)
}
