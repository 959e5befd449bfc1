// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

const columns = `x.id, x.org_id, x.channel, x.label, x.address_sealed, x.secret_sealed, x.former_sealed, x.former_until, x.certificate, x.types,
	x.created_at, x.verified_at, x.paused_at, x.down_at`

// scan opens what is sealed on the way.
func (s *Service) scan(r db.Row) (d Destination, err error) {
	var address, secret, former []byte
	var until, created, verified, paused, down db.Time
	var types db.JSON[[]string]
	if err := r.Scan(&d.ID, &d.OrgID, &d.Channel, &d.Label, &address, &secret, &former, &until, &d.Certificate, &types, &created, &verified, &paused, &down); err != nil {
		return d, err
	}
	d.Types, d.FormerUntil, d.CreatedAt, d.VerifiedAt, d.PausedAt, d.DownAt = types.V, until.Time, created.Time, verified.Time, paused.Time, down.Time
	open := func(part string, sealed []byte) []byte {
		if sealed == nil || err != nil {
			return nil
		}
		var b []byte
		if b, err = s.Seal.Open(place(d.ID, part), sealed); err != nil {
			err = fmt.Errorf("%s of destination %s: %w", part, d.ID, err)
		}
		return b
	}
	d.Address, d.secret, d.former = string(open("address", address)), open("secret", secret), open("former", former)
	return d, err
}

// place binds what is sealed to its destination and its part.
func place(id, part string) string { return "destination/" + id + "/" + part }

// put seals a part; nothing is stored as NULL.
func (s *Service) put(id, part string, b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return s.Seal.Seal(place(id, part), b)
}

// own returns the organisation that the actor looks after.
func own(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case by.OrgID == "":
		return fault.Hidden()
	case !by.Is(member.OrgAdmin):
		return fault.Deny("fault.role")
	case !by.Allows(member.ScopeAdmin):
		return fault.Deny("fault.scope", member.ScopeAdmin)
	}
	return nil
}

// load returns a destination of the actor's organisation; those of others do not exist.
func (s *Service) load(ctx context.Context, tx *db.Tx, by member.Actor, id, lock string) (Destination, error) {
	if uuid.Validate(id) != nil {
		return Destination{}, fault.Missing()
	}
	return db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM destination x WHERE x.id = $1 AND x.org_id = $2`+lock, id, by.OrgID)
}

// ofOrg returns the destinations of an organisation in the order in which they came.
func (s *Service) ofOrg(ctx context.Context, tx *db.Tx, orgID string) ([]Destination, error) {
	return db.List(ctx, tx, s.scan, `SELECT `+columns+` FROM destination x WHERE x.org_id = $1 ORDER BY x.id`, orgID)
}

// lockOrg makes those who change how one organisation is reached come one after the other: what must remain is asked of
// what there is.
func lockOrg(ctx context.Context, tx *db.Tx, orgID string) (o mains, err error) {
	o, err = db.Get(ctx, tx, func(r db.Row) (o mains, err error) { return o, r.Scan(&o.email, &o.webhook) },
		`SELECT email, webhook_url FROM org WHERE id = $1`+tx.ForUpdate(), orgID)
	return o, err
}

// mains are an organisation's main addresses.
type mains struct{ email, webhook string }

// AddressTx returns where a delivery to an organisation goes, with what signs and encrypts it: to the main address, or to the
// destination that it names. One that is not live, or not there any more, is a delivery.Permanent NotFound: the delivery
// fails, and Ended finds another way. The caller authorises.
func (s *Service) AddressTx(ctx context.Context, tx *db.Tx, org member.Org, d delivery.Delivery) (delivery.Address, error) {
	if d.Destination == "" {
		return org.Address(tx.Now), nil
	}
	x, err := db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM destination x WHERE x.id = $1`, d.Destination)
	if err == nil && !x.Live() {
		err = fault.Missing()
	}
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	if err != nil {
		return delivery.Address{}, err
	}
	return x.address(tx), nil
}

func (d Destination) address(tx *db.Tx) delivery.Address {
	a := delivery.Address{Secret: d.secret}
	switch d.Channel {
	case delivery.Email:
		a.Email = d.Address
		if d.Certificate != "" {
			a.Certificate = []byte(d.Certificate)
		}
	case delivery.SMS:
		a.Phone = d.Address
	default:
		a.URL = d.Address
	}
	if tx.Now.Before(d.FormerUntil) {
		a.Former = d.former
	}
	return a
}
