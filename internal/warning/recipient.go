// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/seal"
)

// timeInto scans a time column into a field.
type timeInto struct{ t *time.Time }

// Scan implements sql.Scanner.
func (x timeInto) Scan(v any) error {
	var t db.Time
	err := t.Scan(v)
	*x.t = t.Time
	return err
}

const recipientColumns = `r.warning_id, r.revision, r.org_id, r.wave, r.products, r.at, r.read_at, r.acked_at, r.answer, r.comment_sealed,
	r.assets, r.answered_by, r.answered_via, r.fixed_at, r.justification, r.said_in, r.was, r.carried`

func (r *Recipient) into(k *seal.Keyring) []any {
	return []any{&r.WarningID, &r.Revision, &r.OrgID, &r.Wave, &r.Products, timeInto{&r.At}, timeInto{&r.ReadAt}, timeInto{&r.AckedAt},
		&r.Answer, commentInto{k, r}, &r.Assets, &r.AnsweredBy, &r.AnsweredVia, timeInto{&r.FixedAt}, &r.Justification, &r.SaidIn, &r.Was, &r.Carried}
}

func (s *Service) scanRecipient(r db.Row) (x Recipient, err error) {
	return x, r.Scan(x.into(s.Seal)...)
}

// commentInto opens what a unit said with its answer, when it is known whose copy it is.
type commentInto struct {
	seal *seal.Keyring
	r    *Recipient
}

// Scan implements sql.Scanner.
func (x commentInto) Scan(v any) error {
	sealed, _ := v.([]byte)
	if len(sealed) == 0 {
		x.r.Comment = ""
		return nil
	}
	said, err := x.seal.Open(x.r.placeComment(), sealed)
	x.r.Comment = string(said)
	return err
}

// sealComment is what is stored of a comment: nothing while there is none.
func (r Recipient) sealComment(k *seal.Keyring) []byte {
	if r.Comment == "" {
		return nil
	}
	return k.Seal(r.placeComment(), []byte(r.Comment))
}

// placeComment is the same in all revisions: an answer that stands is copied as it is.
func (r Recipient) placeComment() string {
	return "warning_recipient/" + r.WarningID + "/" + r.OrgID + "/comment"
}

// newest returns an organisation's copy of the newest revision it received.
func (s *Service) newest(ctx context.Context, tx *db.Tx, id, orgID, lock string) (Recipient, error) {
	if err := storable(id); err != nil {
		return Recipient{}, err
	}
	return db.Get(ctx, tx, s.scanRecipient, `SELECT `+recipientColumns+` FROM warning_recipient r WHERE r.warning_id = $1 AND r.org_id = $2
		ORDER BY r.revision DESC LIMIT 1`+lock, id, orgID)
}
