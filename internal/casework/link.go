// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// linkLife is how long after its sending a notice can be opened by its link.
const linkLife = 90 * 24 * time.Hour

// Link is the signed token by which a provider without an account opens and confirms its notice.
func (s *Service) Link(noticeID string) string {
	return noticeID + "." + base64.RawURLEncoding.EncodeToString(s.Seal.MAC("notice", noticeID))
}

// LinkURL is the page on which Link is used.
func (s *Service) LinkURL(noticeID string) string { return s.BaseURL + "/n/" + s.Link(noticeID) }

// byLink loads the notice of a token. A wrong one, and one for a member, whose people sign in, look like a notice that
// does not exist; an old one says so.
func (s *Service) byLink(ctx context.Context, tx *db.Tx, token string) (Notice, error) {
	id, _, _ := strings.Cut(token, ".")
	if subtle.ConstantTimeCompare([]byte(s.Link(id)), []byte(token)) != 1 {
		return Notice{}, fault.Missing()
	}
	n, err := s.noticeByID(ctx, tx, id)
	switch {
	case err != nil:
		return n, err
	case n.OrgID != "":
		return n, fault.Hidden()
	case tx.Now.After(n.SentAt.Add(linkLife)):
		return n, fault.Clash("case.link-expired")
	}
	return n, nil
}

func guest() member.Actor { return member.Actor{Via: "link"} }

// OpenNoticeByLink shows a notice to the holder of its link and records the first opening. It confirms nothing: mail
// scanners open links too.
func (s *Service) OpenNoticeByLink(ctx context.Context, token string) (n Notice, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if n, err = s.byLink(ctx, tx, token); err != nil {
			return err
		}
		n, err = s.opened(ctx, tx, guest(), n, "link")
		return err
	})
	if err != nil {
		return Notice{}, fmt.Errorf("open notice by link: %w", err)
	}
	n.ByAccount = ""
	return n, nil
}

// AcknowledgeByLink confirms a notice for the holder of its link. The first confirmation counts.
func (s *Service) AcknowledgeByLink(ctx context.Context, token string) (n Notice, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if n, err = s.byLink(ctx, tx, token); err != nil {
			return err
		}
		n, err = s.acknowledge(ctx, tx, guest(), n, "link")
		return err
	})
	if err != nil {
		return Notice{}, fmt.Errorf("acknowledge notice by link: %w", err)
	}
	n.ByAccount = ""
	return n, nil
}
