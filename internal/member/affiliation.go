// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/orgname"
)

// An Affiliation is what a public record says of who works where, and for how long. It is personal data: nothing
// unpublished is entered, the organisation may dispute it, and of a removed one the person and the source are erased.
type Affiliation struct {
	ID, OrgID   string
	Person      string    // as the source writes it
	Source      string    // https address of the public record
	From, Until time.Time // zero where the source does not say
	AddedBy     string    // account
	AddedAt     time.Time
	DisputedBy  string // account
	DisputedAt  time.Time
	DisputedWhy string
	RemovedBy   string // account
	RemovedAt   time.Time
	RemovedWhy  string
}

// Standing reports whether the affiliation counts at all.
func (a Affiliation) Standing() bool { return a.RemovedAt.IsZero() }

// Disputed reports whether the organisation says that it is wrong.
func (a Affiliation) Disputed() bool { return !a.DisputedAt.IsZero() }

// At reports whether the affiliation covers a time.
func (a Affiliation) At(t time.Time) bool {
	return (a.From.IsZero() || !t.Before(a.From)) && (a.Until.IsZero() || t.Before(a.Until.AddDate(0, 0, 1)))
}

type (
	// AffiliationAdded: a public record says that a person works for an organisation. It does not hold the name.
	AffiliationAdded struct {
		OrgID         string `json:"org"`
		AffiliationID string `json:"affiliation"`
	}
	// AffiliationDisputed: the organisation says that it is wrong.
	AffiliationDisputed struct {
		OrgID         string `json:"org"`
		AffiliationID string `json:"affiliation"`
	}
	// AffiliationRemoved: it no longer counts and its person is erased.
	AffiliationRemoved struct {
		OrgID         string `json:"org"`
		AffiliationID string `json:"affiliation"`
	}
)

// Kind is the stored name.
func (AffiliationAdded) Kind() string { return "member.affiliation-added" }

// About puts it on the organisation's time line.
func (e AffiliationAdded) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (AffiliationDisputed) Kind() string { return "member.affiliation-disputed" }

// About puts it on the organisation's time line.
func (e AffiliationDisputed) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (AffiliationRemoved) Kind() string { return "member.affiliation-removed" }

// About puts it on the organisation's time line.
func (e AffiliationRemoved) About() event.About { return about(e.OrgID) }

const affiliationColumns = `a.id, a.org_id, a.person, a.source, a.from_at, a.until_at, a.added_by, a.added_at, a.disputed_by, a.disputed_at, a.disputed_why, a.removed_by, a.removed_at, a.removed_why`

func scanAffiliation(r db.Row) (a Affiliation, err error) {
	var from, until, added, disputed, removed db.Time
	err = r.Scan(&a.ID, &a.OrgID, &a.Person, &a.Source, &from, &until, &a.AddedBy, &added, &a.DisputedBy, &disputed, &a.DisputedWhy, &a.RemovedBy, &removed, &a.RemovedWhy)
	a.From, a.Until, a.AddedAt, a.DisputedAt, a.RemovedAt = from.Time, until.Time, added.Time, disputed.Time, removed.Time
	return a, err
}

// AffiliationInput is what a public record says.
type AffiliationInput struct {
	Person, Source string
	From, Until    time.Time
}

// AddAffiliation enters a published affiliation with its source. For the organisation's administrator and the platform's
// people. Faults: Invalid; Conflict when the person is on record for the organisation.
func (s *Service) AddAffiliation(ctx context.Context, by Actor, orgID string, in AffiliationInput) (a Affiliation, err error) {
	if err := keepsNames(by, orgID); err != nil {
		return Affiliation{}, err
	}
	var f form
	in.Person, in.Source = f.required("person", in.Person, maxShort, "宋知远"), f.required("source", in.Source, maxURL, "https://example.org/speakers/2021")
	u, err := url.Parse(in.Source)
	f.That(in.Source == "" || err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil, "source", "rule.url", "https://example.org/speakers/2021")
	f.That(in.Person == "" || orgname.Person(in.Person) != "", "person", "member.rule.characters", "宋知远")
	f.That(in.From.IsZero() || in.Until.IsZero() || !in.Until.Before(in.From), "until", "member.rule.period", "2021-12-31")
	if err := f.Err(); err != nil {
		return Affiliation{}, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := orgByID(ctx, tx, orgID, tx.ForUpdate()); err != nil {
			return err
		}
		standing, err := db.List(ctx, tx, scanAffiliation, `SELECT `+affiliationColumns+` FROM org_affiliation a WHERE a.org_id = $1 AND a.removed_at IS NULL`, orgID)
		if err != nil {
			return err
		}
		for _, x := range standing {
			if orgname.Person(x.Person) == orgname.Person(in.Person) && x.From.Equal(in.From) && x.Until.Equal(in.Until) {
				return fault.Clash("member.affiliation-known")
			}
		}
		if len(standing) >= 10*maxNames {
			return fault.FieldError("person", "member.rule.count", "", 10*maxNames)
		}
		a = Affiliation{ID: newID(), OrgID: orgID, Person: in.Person, Source: in.Source, From: in.From, Until: in.Until, AddedBy: by.AccountID, AddedAt: tx.Now}
		if _, err := tx.Exec(ctx, `INSERT INTO org_affiliation (id, org_id, person, source, from_at, until_at, added_by, added_at, disputed_by, disputed_why, removed_by, removed_why)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8,'','','','')`, a.ID, a.OrgID, a.Person, a.Source, db.At(a.From), db.At(a.Until), a.AddedBy, db.At(a.AddedAt)); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), AffiliationAdded{orgID, a.ID})
		return err
	})
	if err != nil {
		return Affiliation{}, fmt.Errorf("add affiliation: %w", err)
	}
	return a, nil
}

// DisputeAffiliation says that an affiliation is wrong, and why. It then no longer counts by itself: a person looks. For
// the organisation's administrator.
func (s *Service) DisputeAffiliation(ctx context.Context, by Actor, orgID, id, why string) error {
	if err := keepsNames(by, orgID); err != nil {
		return err
	}
	if by.OrgID != orgID || !by.Is(OrgAdmin) {
		return fault.Deny("fault.role")
	}
	return s.changeAffiliation(ctx, id, orgID, why, func(tx *db.Tx, a Affiliation, why string) error {
		if a.Disputed() {
			return fault.Clash("member.affiliation-disputed-already")
		}
		if _, err := tx.Exec(ctx, `UPDATE org_affiliation SET disputed_by = $1, disputed_at = $2, disputed_why = $3 WHERE id = $4`, by.AccountID, db.At(tx.Now), why, id); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), AffiliationDisputed{orgID, id})
		return err
	})
}

// RemoveAffiliation takes an affiliation off the record, says why, and erases the person and the source. For the
// organisation's administrator and the platform's people.
func (s *Service) RemoveAffiliation(ctx context.Context, by Actor, orgID, id, why string) error {
	if err := keepsNames(by, orgID); err != nil {
		return err
	}
	return s.changeAffiliation(ctx, id, orgID, why, func(tx *db.Tx, _ Affiliation, why string) error {
		if _, err := tx.Exec(ctx, `UPDATE org_affiliation SET person = '', source = '', disputed_why = '', removed_by = $1, removed_at = $2, removed_why = $3 WHERE id = $4`,
			by.AccountID, db.At(tx.Now), why, id); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), AffiliationRemoved{orgID, id})
		return err
	})
}

func (s *Service) changeAffiliation(ctx context.Context, id, orgID, why string, do func(*db.Tx, Affiliation, string) error) error {
	var f form
	why = f.required("why", why, maxLong, "")
	if err := f.Err(); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if !storable(id) {
			return fault.Missing()
		}
		a, err := db.Get(ctx, tx, scanAffiliation, `SELECT `+affiliationColumns+` FROM org_affiliation a WHERE a.id = $1 AND a.org_id = $2`+tx.ForUpdate(), id, orgID)
		switch {
		case err != nil:
			return err
		case !a.Standing():
			return fault.Clash("member.affiliation-removed-already")
		}
		return do(tx, a, why)
	})
	if err != nil {
		return fmt.Errorf("change affiliation: %w", err)
	}
	return nil
}

// Affiliations returns what public records say of an organisation's people, the removed ones last and without names. For
// the organisation's people, administrators and staff.
func (s *Service) Affiliations(ctx context.Context, by Actor, orgID string) (as []Affiliation, err error) {
	if err := readsNames(by, orgID); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := orgByID(ctx, tx, orgID, ""); err != nil {
			return err
		}
		as, err = db.List(ctx, tx, scanAffiliation, `SELECT `+affiliationColumns+` FROM org_affiliation a WHERE a.org_id = $1
			ORDER BY CASE WHEN a.removed_at IS NULL THEN 0 ELSE 1 END, a.added_at, a.id`, orgID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("affiliations of organisation: %w", err)
	}
	return as, nil
}

// A Known is an organisation with everything by which it is known.
type Known struct {
	Org
	Names        []Name        // standing ones
	Affiliations []Affiliation // standing ones, disputed or not
}

// KnownTx returns every member, active or suspended, with everything by which it is known, for comparing names with
// public records; authorities and the platform itself are no members. The caller authorises.
func (s *Service) KnownTx(ctx context.Context, tx *db.Tx) ([]Known, error) {
	os, err := db.List(ctx, tx, scanOrg, `SELECT `+orgColumns+` FROM org o WHERE o.status IN ('active','suspended') ORDER BY o.id`)
	if err != nil {
		return nil, err
	}
	ns, err := db.List(ctx, tx, scanName, `SELECT `+nameColumns+` FROM org_name n WHERE n.removed_at IS NULL ORDER BY n.added_at, n.id`)
	if err != nil {
		return nil, err
	}
	as, err := db.List(ctx, tx, scanAffiliation, `SELECT `+affiliationColumns+` FROM org_affiliation a WHERE a.removed_at IS NULL ORDER BY a.added_at, a.id`)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	var out []Known
	for _, o := range os {
		if !o.Has(Authority) && !o.Has(Platform) {
			at[o.ID] = len(out)
			out = append(out, Known{Org: o.standing(tx.Now)})
		}
	}
	for _, n := range ns {
		if i, ok := at[n.OrgID]; ok {
			out[i].Names = append(out[i].Names, n)
		}
	}
	for _, a := range as {
		if i, ok := at[a.OrgID]; ok {
			out[i].Affiliations = append(out[i].Affiliations, a)
		}
	}
	return out, nil
}
