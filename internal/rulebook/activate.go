// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package rulebook

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Activate lets duties follow from a loaded version, on every node and from the next derivation on: by the second
// person, who looks at everything again. Which of a regime's versions counts follows from the day of each event; what
// was derived before stays as it is. Faults: Forbidden for the one who loaded it; as of Load, when it would not be
// loaded now.
func (b *Book) Activate(ctx context.Context, by member.Actor, id string) (Version, error) {
	v, err := b.change(ctx, by, id, func(ctx context.Context, tx *db.Tx, v *Version) (event.Event, error) {
		switch {
		case v.State != Loaded:
			return nil, fault.Clash("rulebook.state")
		case v.LoadedBy == by.AccountID:
			return nil, fault.Deny("rulebook.second-person")
		}
		p, _, err := b.Check(v.Text, v.Note)
		if err != nil {
			return nil, err
		}
		if p.Ref() != v.Ref() || v.Digest != digest(p) {
			return nil, fault.FieldError("signature", "rulebook.altered", "")
		}
		if err := b.fits(ctx, tx, p, v.ID); err != nil {
			return nil, err
		}
		v.State, v.ActivatedBy, v.ActivatedAt = Active, by.AccountID, tx.Now
		return PackActivated{v.on(), v.LoadedBy}, nil
	})
	if err != nil {
		return Version{}, fmt.Errorf("activate law pack: %w", err)
	}
	return v, nil
}

// change loads a version under the lock of the book, lets do change it, writes it and records what happened.
func (b *Book) change(ctx context.Context, by member.Actor, id string, do func(context.Context, *db.Tx, *Version) (event.Event, error)) (v Version, err error) {
	if err := keeper(by); err != nil {
		return v, err
	}
	err = b.DB.Tx(ctx, func(tx *db.Tx) error {
		rev, err := turn(ctx, tx)
		if err != nil {
			return err
		}
		if v, err = get(ctx, tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		e, err := do(ctx, tx, &v)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE law_pack SET state = $1, revision = $2, activated_by = $3, activated_at = $4, ending_by = $5, ending_at = $6, ended_by = $7, ended_at = $8, ended_why = $9
			WHERE id = $10`, string(v.State), rev, db.Opt(v.ActivatedBy), db.At(v.ActivatedAt), db.Opt(v.EndingBy), db.At(v.EndingAt), db.Opt(v.EndedBy), db.At(v.EndedAt), db.Opt(v.Why), v.ID); err != nil {
			return err
		}
		_, err = b.Events.Record(ctx, tx, by.By(), e)
		return err
	})
	if err != nil {
		return Version{}, err
	}
	return v, nil
}
