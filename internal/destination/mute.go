// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// MuteURL is where messages of a class on a target are ended by one POST, without signing in (RFC 8058); "" where they
// cannot be.
func (s *Service) MuteURL(orgID, target string, c Class) string {
	if c == Mandatory {
		return ""
	}
	return s.BaseURL + "/mute/" + s.token("mute", orgID+"."+target+"."+string(c))
}

// MutedByLink says what a link of MuteURL would mute, and changes nothing.
func (s *Service) MutedByLink(token string) (orgID, target string, c Class, err error) {
	what, err := s.open("mute", token)
	if err != nil {
		return "", "", "", err
	}
	parts := strings.Split(what, ".")
	if len(parts) != 3 || !slices.Contains(Classes, Class(parts[2])) || Class(parts[2]) == Mandatory {
		return "", "", "", fault.Missing()
	}
	return parts[0], parts[1], Class(parts[2]), nil
}

// MuteByLink ends messages of a class on a target for whoever holds the link that came with one of them. They stay in the
// inbox. A target that is gone is NotFound.
func (s *Service) MuteByLink(ctx context.Context, token string) error {
	orgID, target, c, err := s.MutedByLink(token)
	if err != nil {
		return fmt.Errorf("mute by link: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := lockOrg(ctx, tx, orgID); err != nil {
			return err
		}
		channel, err := channelOf(ctx, tx, orgID, target)
		if err != nil {
			return err
		}
		if channel == "" {
			return fault.Missing()
		}
		changed, err := keepChoices(ctx, tx, orgID, []Choice{{target, c, None}}, []Destination{{ID: target, Channel: channel}})
		if err != nil || len(changed) == 0 {
			return err
		}
		_, err = s.Events.Record(ctx, tx, member.Actor{OrgID: orgID, Via: "link"}.By(), Chosen{orgID, changed})
		return err
	})
	if err != nil {
		return fmt.Errorf("mute by link: %w", err)
	}
	return nil
}
