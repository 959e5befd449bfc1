// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
)

// silences is what reminders of one step are made of, loaded for all their units at once.
type silences struct {
	Silence
	id       string
	from     int // the revision that was reminded of
	step, to string

	copies    map[string]silentCopy
	orgs      map[string]member.Org      // of those that have places
	contacts  map[string]member.Contacts // of mailboxes
	revisions map[int]Warning            // that copies are of
	replaced  map[int]bool               // whether up to a revision anything has taken the place of from
}

// silentCopy is as much of a unit's newest copy as a reminder needs.
type silentCopy struct {
	Recipient
	reminded int
}

// loadUnits loads what differs from unit to unit.
func (k *silences) loadUnits(ctx context.Context, tx *db.Tx, ds []delivery.Delivery) (err error) {
	ids, mails := make([]string, len(ds)), k.to != places
	for i, d := range ds {
		ids[i], mails = d.OrgID, mails || d.Channel == delivery.Email
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if k.copies, err = silentCopies(ctx, tx, k.id, ids); err != nil {
		return err
	}
	if k.to == places {
		if k.orgs, err = k.Members.OrgsTx(ctx, tx, ids); err != nil {
			return err
		}
	}
	if mails {
		k.contacts, err = member.ContactsTx(ctx, tx, ids)
	}
	return err
}

// silentCopies are units' newest copies of a warning. Each revision is asked by its key, whatever the planner thinks of
// their number.
func silentCopies(ctx context.Context, tx *db.Tx, id string, orgs []string) (map[string]silentCopy, error) {
	if err := storable(id); err != nil {
		return nil, err
	}
	a := db.Args{id}
	rows, err := db.List(ctx, tx, func(r db.Row) (x silentCopy, err error) {
		return x, r.Scan(&x.OrgID, &x.Revision, &x.Wave, &x.Answer, &x.reminded)
	}, `SELECT r.org_id, r.revision, r.wave, r.answer, r.reminded FROM warning_revision v CROSS JOIN warning_recipient r
		WHERE v.warning_id = $1 AND r.warning_id = v.warning_id AND r.revision = v.revision AND r.org_id `+db.Among(tx, &a, orgs), a...)
	out := make(map[string]silentCopy, len(orgs))
	for _, r := range rows {
		if r.Revision >= out[r.OrgID].Revision {
			out[r.OrgID] = r
		}
	}
	return out, err
}

// warning returns the revision that a copy is of, and whether it or one before it has taken the place of what was reminded of.
func (k *silences) warning(ctx context.Context, tx *db.Tx, n int) (w Warning, replaced bool, err error) {
	if w, ok := k.revisions[n]; ok {
		return w, k.replaced[n], nil
	}
	if w, err = k.Service.revision(ctx, tx, k.id, n); err != nil {
		return w, false, err
	}
	if replaced, err = significantSince(ctx, tx, k.id, k.from, n); err == nil {
		k.revisions[n], k.replaced[n] = w, replaced
	}
	return w, replaced, err
}
