// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// replyBox begins the local part of reply addresses.
const replyBox = "answer+"

// How the token of a reply address is made up: the first bytes of the warning's id and of the unit's, the revision, and a
// code over all of them in full. With replyBox it fits into the 64 octets of a local part (RFC 5321, section 4.5.3.1.1).
const (
	replyID   = 8
	replyMAC  = 16
	replySize = 2*replyID + 1 + replyMAC
)

// replyCoding is in lower case: some servers change the case of what they carry.
var replyCoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ReplyAddress is where a unit answers one revision by mail; "" where mail is not taken. The token in it answers for that
// unit and that warning until Link expires, and reads nothing.
func (s *Service) ReplyAddress(warningID string, revision int, orgID string) string {
	token := s.replyToken(warningID, revision, orgID)
	if s.ReplyDomain == "" || token == nil {
		return ""
	}
	return replyBox + replyCoding.EncodeToString(token) + "@" + s.ReplyDomain
}

func (s *Service) replyToken(warningID string, revision int, orgID string) []byte {
	w, err := uuid.Parse(warningID)
	o, err2 := uuid.Parse(orgID)
	if err != nil || err2 != nil || revision < 1 || revision > 255 {
		return nil
	}
	out := append(append(append([]byte{}, w[:replyID]...), o[:replyID]...), byte(revision))
	return append(out, s.Seal.MAC("warning/reply", fmt.Sprintf("%s.%d.%s", w, revision, o))[:replyMAC]...)
}

// byReply finds what an address stands for. A wrong one looks like a warning that does not exist.
func (s *Service) byReply(ctx context.Context, tx *db.Tx, address string) (id string, revision int, orgID string, err error) {
	local, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	text, ok := strings.CutPrefix(local, replyBox)
	if !ok || s.ReplyDomain == "" || domain != s.ReplyDomain {
		return "", 0, "", fault.Missing()
	}
	token, err := replyCoding.DecodeString(text)
	if err != nil || len(token) != replySize || token[2*replyID] == 0 {
		return "", 0, "", fault.Missing()
	}
	revision = int(token[2*replyID])
	type pair struct{ id, org string }
	found, err := db.List(ctx, tx, func(r db.Row) (x pair, err error) { return x, r.Scan(&x.id, &x.org) },
		`SELECT warning_id, org_id FROM warning_recipient WHERE revision = $1 AND warning_id IN (SELECT id FROM warning WHERE id LIKE $2) AND org_id LIKE $3 ORDER BY warning_id, org_id LIMIT 50`,
		revision, idHead(token[:replyID])+"%", idHead(token[replyID:2*replyID])+"%")
	if err != nil {
		return "", 0, "", err
	}
	for _, x := range found { // ids made in one instant begin alike
		if want := s.replyToken(x.id, revision, x.org); want != nil && subtle.ConstantTimeCompare(want, token) == 1 {
			return x.id, revision, x.org, nil
		}
	}
	return "", 0, "", fault.Missing()
}

// idHead is how an id with these bytes begins.
func idHead(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:]
}
