// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/member"
)

// Reject ends a case that is none, and tells the reporters why. Take brings it back. Notices to the upstream provider that
// have not left stay here (NoticePurpose). What the reporter owes does not change.
func (s *Service) Reject(ctx context.Context, by member.Actor, id, why string) error {
	if err := s.tell(ctx, by, id, why, Rejected); err != nil {
		return fmt.Errorf("reject case: %w", err)
	}
	return nil
}
