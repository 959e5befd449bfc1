// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// keysOf binds an idempotency key to who sent it and to what was sent. The digest of the request is keyed, so that a
// stolen database does not let anybody try out guesses of the content.
func (s *Service) keysOf(by member.Actor, in Input) keys {
	if in.IdempotencyKey == "" {
		return keys{}
	}
	who, err := json.Marshal([]any{by.Via == "system", by.AccountID, by.OrgID, in.OnBehalfOf, in.Contact, in.IdempotencyKey})
	if err != nil {
		panic(err) // strings and a boolean always marshal
	}
	sum := sha256.Sum256(who)
	var files []string
	for _, f := range in.Attachments {
		h := sha256.Sum256(f.Bytes)
		files = append(files, f.Name, hex.EncodeToString(h[:]))
	}
	request, err := json.Marshal([]any{in.Content, in.Flash, files})
	if err != nil {
		panic(err) // checked content: its times are within the years that JSON can write
	}
	return keys{idempotency: hex.EncodeToString(sum[:]), request: s.Seal.Token("report/request", string(request))}
}

// replay returns the answer that a request got before, when it did; Conflict when its key belongs to another request.
func (s *Service) replay(ctx context.Context, k keys) (out Result, found bool, err error) {
	if k.idempotency == "" {
		return out, false, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		request, err := db.Get(ctx, tx, db.Value[[]byte], `SELECT request_hash FROM report WHERE idempotency = $1`, k.idempotency)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if found = true; !bytes.Equal(request, k.request) {
			return fault.Clash("report.key-used")
		}
		if out.Report, err = db.Get(ctx, tx, scan, `SELECT `+columns+` FROM report WHERE idempotency = $1`, k.idempotency); err != nil {
			return err
		}
		if out.Report, err = s.whole(ctx, tx, out.Report); err != nil {
			return err
		}
		out.Duties, err = s.Duties.ForReport(ctx, tx, out.Report.ID)
		return err
	})
	if err != nil || !found {
		return Result{}, found, err
	}
	out.Replayed = true
	if out.Receipt, err = s.receipt(ctx, out.Report.ID, 1); err != nil {
		return Result{}, true, fmt.Errorf("replay report %s: %w", out.Report.Number, err)
	}
	return out, true, nil
}
