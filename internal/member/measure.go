// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// A Measure is what a decision of the compliance ladder does to an organisation's standing. There is no other way to
// lose standing: nobody enters one alone.
type Measure struct {
	Number      string       // of the inquiry that led to it
	Kind        Status       // Warned, Restricted or Suspended
	Without     []Capability // what a restriction takes away
	From, Until time.Time
}

// At reports whether the measure is in force at t.
func (m Measure) At(t time.Time) bool { return !t.Before(m.From) && t.Before(m.Until) }

// Enter brings a measure into the directory of members, in the transaction of the decision. A measure with the number
// of one that is there puts another end in its place. The caller authorises: two persons have signed. Faults: Conflict
// when the organisation is no member, an authority or the platform, or serves another suspension.
func (s *Service) Enter(ctx context.Context, tx *db.Tx, orgID string, m Measure) error {
	m.From, m.Until = m.From.UTC().Truncate(time.Microsecond), m.Until.UTC().Truncate(time.Microsecond)
	if m.Number == "" || !m.Until.After(tx.Now) {
		return fmt.Errorf("enter measure %q: it has no number or is over at %s", m.Number, m.Until)
	}
	o, err := orgByID(ctx, tx, orgID, tx.ForUpdate())
	if err != nil {
		return fmt.Errorf("enter measure %s: %w", m.Number, err)
	}
	switch {
	case o.Has(Authority) || o.Has(Platform):
		return fault.Clash("member.not-suspendable")
	case !o.Status.Keeps(ToDefend):
		return fault.Clash("member.not-member")
	}
	switch m.Kind {
	case Suspended:
		err = s.suspend(ctx, tx, o, m)
	case Restricted:
		err = s.restrict(ctx, tx, o, m)
	case Warned:
		if err = s.measure(ctx, tx, o.ID, m, ""); err == nil {
			_, err = s.Events.Record(ctx, tx, System().By(), OrgWarned{OrgID: o.ID, Number: m.Number, Until: m.Until})
		}
	default:
		err = fmt.Errorf("%q is no measure", m.Kind)
	}
	if err != nil {
		return fmt.Errorf("enter measure %s: %w", m.Number, err)
	}
	return nil
}

func (s *Service) suspend(ctx context.Context, tx *db.Tx, o Org, m Measure) error {
	switch {
	case o.SuspendedAt(tx.Now) && o.SuspendedWhy != m.Number:
		return fault.Clash("member.already-suspended")
	case o.Status == Suspended && !o.SuspendedAt(tx.Now): // its end has come and nobody has recorded it yet
		if err := s.reinstate(ctx, tx, o, termEnded); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE org SET status = $1, suspended_until = $2, suspension_reason = $3 WHERE id = $4`,
		string(Suspended), db.At(m.Until), m.Number, o.ID); err != nil {
		return err
	}
	_, err := s.Events.Record(ctx, tx, System().By(), OrgSuspended{OrgID: o.ID, Until: m.Until, Why: m.Number})
	return err
}

func (s *Service) restrict(ctx context.Context, tx *db.Tx, o Org, m Measure) error {
	if len(m.Without) == 0 {
		return fmt.Errorf("a restriction takes nothing away")
	}
	for _, c := range m.Without {
		if c.In(Restricted) != Chosen {
			return fmt.Errorf("%q cannot be taken away", c)
		}
		if err := s.measure(ctx, tx, o.ID, m, c); err != nil {
			return err
		}
	}
	_, err := s.Events.Record(ctx, tx, System().By(), OrgRestricted{OrgID: o.ID, Number: m.Number, Without: m.Without, Until: m.Until})
	return err
}

func (s *Service) measure(ctx context.Context, tx *db.Tx, orgID string, m Measure, c Capability) error {
	_, err := tx.Exec(ctx, `INSERT INTO org_measure (org_id, number, kind, capability, from_at, until_at) VALUES ($1,$2,$3,$4,$5,$6)
		ON CONFLICT (org_id, number, capability) DO UPDATE SET until_at = excluded.until_at`, orgID, m.Number, string(m.Kind), string(c), db.At(m.From), db.At(m.Until))
	return err
}

// Lift ends the measures that an inquiry led to, as far as they are in force: the decision fell or its purpose was
// reached. Nothing in force is no error. The caller authorises.
func (s *Service) Lift(ctx context.Context, tx *db.Tx, orgID, number string) error {
	o, err := orgByID(ctx, tx, orgID, tx.ForUpdate())
	if err != nil {
		return fmt.Errorf("lift measure %s: %w", number, err)
	}
	n, err := tx.Exec(ctx, `UPDATE org_measure SET until_at = $1 WHERE org_id = $2 AND number = $3 AND until_at > $1`, db.At(tx.Now), o.ID, number)
	if err == nil && n > 0 {
		_, err = s.Events.Record(ctx, tx, System().By(), MeasureLifted{OrgID: o.ID, Number: number})
	}
	if err == nil && o.Status == Suspended && o.SuspendedWhy == number {
		err = s.reinstate(ctx, tx, o, number)
	}
	if err != nil {
		return fmt.Errorf("lift measure %s: %w", number, err)
	}
	return nil
}

// measures loads the warnings and restrictions of an organisation that are not over, the first first.
func measures(ctx context.Context, tx *db.Tx, orgID string) (out []Measure, err error) {
	rows, err := db.List(ctx, tx, func(r db.Row) (m Measure, err error) {
		var c Capability
		var from, until db.Time
		err = r.Scan(&m.Number, &m.Kind, &c, &from, &until)
		m.From, m.Until = from.Time, until.Time
		if c != "" {
			m.Without = []Capability{c}
		}
		return m, err
	}, `SELECT m.number, m.kind, m.capability, m.from_at, m.until_at FROM org_measure m WHERE m.org_id = $1 AND m.until_at > $2
		ORDER BY m.from_at, m.number, m.capability`, orgID, db.At(tx.Now))
	for _, m := range rows {
		i := slices.IndexFunc(out, func(x Measure) bool { return x.Number == m.Number && x.Kind == m.Kind })
		if i < 0 {
			out = append(out, m)
		} else {
			out[i].Without = append(out[i].Without, m.Without...)
		}
	}
	return out, err
}
