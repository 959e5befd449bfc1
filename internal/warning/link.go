// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// Link is the signed token by which a unit answers one revision without signing in.
func (s *Service) Link(warningID string, revision int, orgID string) string {
	m := fmt.Sprintf("%s.%d.%s", warningID, revision, orgID)
	return m + "." + base64.RawURLEncoding.EncodeToString(s.Seal.MAC("warning", m))
}

// LinkURL is the page on which Link is used.
func (s *Service) LinkURL(warningID string, revision int, orgID string) string {
	return s.BaseURL + "/w/" + s.Link(warningID, revision, orgID)
}

// parseLink checks a token. A wrong one looks like a warning that does not exist.
func (s *Service) parseLink(token string) (id string, revision int, orgID string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 4 {
		return "", 0, "", fault.Missing()
	}
	revision, err = strconv.Atoi(parts[1])
	if err != nil || subtle.ConstantTimeCompare([]byte(s.Link(parts[0], revision, parts[2])), []byte(token)) != 1 {
		return "", 0, "", fault.Missing()
	}
	return parts[0], revision, parts[2], nil
}

// ByLink shows the warning to the holder of a link, and changes nothing: mail scanners open links too. Of a warning
// above TLP:GREEN it shows neither texts nor findings, because a mail may be forwarded: for those one signs in.
func (s *Service) ByLink(ctx context.Context, token string) (w Warning, r Recipient, err error) {
	id, revision, orgID, err := s.parseLink(token)
	if err != nil {
		return w, r, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if w, err = s.revision(ctx, tx, id, revision); err != nil {
			return err
		}
		if err := w.expired(tx.Now); err != nil {
			return err
		}
		r, err = db.Get(ctx, tx, s.scanRecipient, `SELECT `+recipientColumns+` FROM warning_recipient r WHERE r.warning_id = $1 AND r.revision = $2 AND r.org_id = $3`, id, revision, orgID)
		return err
	})
	if err != nil {
		return Warning{}, Recipient{}, fmt.Errorf("open warning %s by link: %w", id, err)
	}
	w.Known = Snapshot{}
	if !w.Open() {
		w.Content = Content{Issuer: w.Content.Issuer, Phone: w.Content.Phone}
	}
	return w, r, nil
}

// AcknowledgeByLink answers for the unit a link was made for. A link to a revision that a newer one has replaced does
// not answer: the advice has changed.
func (s *Service) AcknowledgeByLink(ctx context.Context, token string, in AnswerInput) (Recipient, error) {
	id, revision, orgID, err := s.parseLink(token)
	if err != nil {
		return Recipient{}, err
	}
	if err := in.check(); err != nil {
		return Recipient{}, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := s.revision(ctx, tx, id, revision)
		if err != nil {
			return err
		}
		return w.expired(tx.Now)
	})
	if err != nil {
		return Recipient{}, fmt.Errorf("answer warning %s by link: %w", id, err)
	}
	return s.answer(ctx, member.Actor{OrgID: orgID, Via: "link"}, id, revision, in)
}

// grace is how long after the time limit a link still answers: an answer that is late is better than none.
const grace = 14 * 24 * time.Hour

// expired refuses a link whose time is over (Conflict): whoever holds it signs in.
func (w Warning) expired(now time.Time) error {
	if end := w.RespondBy.Add(grace); now.After(end) {
		return fault.Clash("warning.link-expired", end.Format(time.DateOnly))
	}
	return nil
}

// Open reports whether the warning's texts may travel by mail and unread: TLP:CLEAR and TLP:GREEN.
func (w Warning) Open() bool { return tlp.Label(w.TLP).Allows(tlp.Community) }
