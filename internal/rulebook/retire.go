// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package rulebook

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

func digest(p *lawpack.Pack) string { return lawpack.Digest(p.Text()) }

// because checks a reason.
func because(why string) (string, error) {
	var c fault.Check
	why = strings.TrimSpace(why)
	c.That(why != "", "why", "rule.required", "")
	c.That(utf8.RuneCountInString(why) <= 2000, "why", "rule.too-long", "", 2000)
	return why, c.Err()
}

// Withdraw takes a version back that nobody has activated. For supervisors and administrators.
func (b *Book) Withdraw(ctx context.Context, by member.Actor, id, why string) (Version, error) {
	v, err := b.change(ctx, by, id, func(_ context.Context, tx *db.Tx, v *Version) (_ event.Event, err error) {
		if v.State != Loaded {
			return nil, fault.Clash("rulebook.state")
		}
		if v.Why, err = because(why); err != nil {
			return nil, err
		}
		v.State, v.EndedBy, v.EndedAt = Withdrawn, by.AccountID, tx.Now
		return PackWithdrawn{v.on()}, nil
	})
	if err != nil {
		return Version{}, fmt.Errorf("withdraw law pack: %w", err)
	}
	return v, nil
}

// Retire asks that nothing new follow from an active version; it goes on counting until another person confirms. What
// was derived from it stays, and the version before it counts again. For supervisors and administrators.
func (b *Book) Retire(ctx context.Context, by member.Actor, id, why string) (Version, error) {
	v, err := b.change(ctx, by, id, func(_ context.Context, tx *db.Tx, v *Version) (_ event.Event, err error) {
		if v.State != Active {
			return nil, fault.Clash("rulebook.state")
		}
		if v.Why, err = because(why); err != nil {
			return nil, err
		}
		v.State, v.EndingBy, v.EndingAt = Ending, by.AccountID, tx.Now
		return RetirementProposed{v.on()}, nil
	})
	if err != nil {
		return Version{}, fmt.Errorf("retire law pack: %w", err)
	}
	return v, nil
}

// Confirm retires a version, by another person than the one who asked for it; or, with stays, lets it stay, which
// anybody who keeps the book may say.
func (b *Book) Confirm(ctx context.Context, by member.Actor, id string, stays bool) (Version, error) {
	v, err := b.change(ctx, by, id, func(_ context.Context, tx *db.Tx, v *Version) (event.Event, error) {
		switch {
		case v.State != Ending:
			return nil, fault.Clash("rulebook.state")
		case stays:
			v.State, v.EndingBy, v.EndingAt, v.Why = Active, "", db.Time{}.Time, ""
			return RetirementDropped{v.on()}, nil
		case v.EndingBy == by.AccountID:
			return nil, fault.Deny("rulebook.second-person")
		}
		v.State, v.EndedBy, v.EndedAt = Retired, by.AccountID, tx.Now
		return PackRetired{v.on(), v.EndingBy}, nil
	})
	if err != nil {
		return Version{}, fmt.Errorf("retire law pack: %w", err)
	}
	return v, nil
}
