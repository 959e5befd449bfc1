// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// ActKind says what somebody decided about a duty.
type ActKind string

// The kinds. Pauses, waivers, voids and revivals are proposed by one person and count when another one has signed.
const (
	Correcting ActKind = "correct" // another time of the fact from which the clock runs
	Deciding   ActKind = "decide"  // the organisation's own reasoned decision, for the record
	Pausing    ActKind = "pause"   // the clock stands still
	Waiving    ActKind = "waive"   // the duty need not be met
	Voiding    ActKind = "void"    // it does not apply
	Reviving   ActKind = "revive"  // a waiver or void counts no more
)

// ProposedKinds lists the kinds that need a second signature, in the order in which they are shown.
var ProposedKinds = []ActKind{Pausing, Waiving, Voiding, Reviving}

// An Act is what somebody decided about a duty. What was decided is never changed; a later act may end it.
type Act struct {
	ID, DutyID string
	Kind       ActKind
	From, To   time.Time // of a pause: from when, and until when once that is known
	Why        string    // sealed at rest, as FellWhy
	By, ByOrg  string    // who proposed or did it
	At         time.Time
	SignedBy   string
	SignedAt   time.Time // it counts from then on
	FellBy     string
	FellAt     time.Time // it was refused, or taken back before it was signed
	FellWhy    string
	EndedBy    string
	EndedAt    time.Time // it counts, or the clock stands, no more
	Later      bool      // it gave more time, or ended the duty
	SeenBy     string    // the supervisor who looked at it
	SeenAt     time.Time
}

// Open reports whether the act waits for its second signature.
func (a Act) Open() bool { return a.SignedAt.IsZero() && a.FellAt.IsZero() }

// counts reports whether the act has effect at t. A pause that is over still has: it moved the due time.
func (a Act) counts(t time.Time) bool {
	if a.SignedAt.IsZero() || a.SignedAt.After(t) {
		return false
	}
	return a.Kind == Pausing || a.EndedAt.IsZero() || a.EndedAt.After(t)
}

// endAt is until when a pause lasts as far as is known at t.
func (a Act) endAt(t time.Time) time.Time {
	if a.EndedAt.IsZero() || a.EndedAt.After(t) {
		return time.Time{}
	}
	return a.To
}

// into puts the act into the words of the packs, as it was known at t.
func (a Act) into(in *lawpack.Input, rule string, t time.Time) {
	if !a.counts(t) {
		return
	}
	signed := lawpack.Signed{Why: a.ID, By: a.By, Second: a.SignedBy}
	switch a.Kind {
	case Pausing:
		in.Pauses = append(in.Pauses, lawpack.Pause{Duty: rule, From: a.From, To: a.endAt(t), Signed: signed})
	case Waiving:
		in.Ends = append(in.Ends, lawpack.End{Duty: rule, State: lawpack.Waived, At: a.SignedAt, Signed: signed})
	case Voiding:
		in.Ends = append(in.Ends, lawpack.End{Duty: rule, State: lawpack.Void, At: a.SignedAt, Signed: signed})
	}
}

const actColumns = `a.id, a.duty_id, a.kind, a.from_at, a.to_at, a.why_sealed, a.by_account, a.by_org, a.at, a.signed_by, a.signed_at,
	a.fell_by, a.fell_at, a.fell_sealed, a.ended_by, a.ended_at, a.later, a.seen_by, a.seen_at`

func (s *Service) scanAct(r db.Row) (a Act, err error) {
	var from, to, at, signed, fell, ended, seen db.Time
	var why, fellWhy []byte
	if err := r.Scan(&a.ID, &a.DutyID, &a.Kind, &from, &to, &why, &a.By, &a.ByOrg, &at, db.Null(&a.SignedBy), &signed,
		db.Null(&a.FellBy), &fell, &fellWhy, db.Null(&a.EndedBy), &ended, &a.Later, db.Null(&a.SeenBy), &seen); err != nil {
		return a, err
	}
	a.From, a.To, a.At, a.SignedAt, a.FellAt, a.EndedAt, a.SeenAt = from.Time, to.Time, at.Time, signed.Time, fell.Time, ended.Time, seen.Time
	if a.Why, err = s.open(placeAct(a.ID, "why"), why); err != nil {
		return a, err
	}
	a.FellWhy, err = s.open(placeAct(a.ID, "fell"), fellWhy)
	return a, err
}

func placeAct(id, what string) string { return "duty_act/" + id + "/" + what }

// acts returns what was decided about a duty, oldest first.
func (s *Service) acts(ctx context.Context, tx *db.Tx, dutyID string) ([]Act, error) {
	return db.List(ctx, tx, s.scanAct, `SELECT `+actColumns+` FROM duty_act a WHERE a.duty_id = $1 ORDER BY a.at, a.id`, dutyID)
}

func (s *Service) insertAct(ctx context.Context, tx *db.Tx, a Act) error {
	_, err := tx.Exec(ctx, `INSERT INTO duty_act (id, duty_id, kind, from_at, to_at, why_sealed, by_account, by_org, at, signed_by, signed_at, later)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`, a.ID, a.DutyID, string(a.Kind), db.At(a.From), db.At(a.To), s.Seal.Seal(placeAct(a.ID, "why"), []byte(a.Why)),
		a.By, a.ByOrg, db.At(a.At), db.Opt(a.SignedBy), db.At(a.SignedAt), a.Later)
	return err
}

func newID() (string, error) {
	u, err := uuid.NewV7()
	return u.String(), err
}

// maxWhy bounds reasons, in characters.
const maxWhy = 5_000

// reason is a text of several lines that must be there.
func reason(c *fault.Check, name, v string) string {
	v = strings.TrimSpace(v)
	c.That(v != "", name, "rule.required", "")
	c.That(utf8.ValidString(v) && !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }), name, "duty.rule.characters", "")
	c.That(utf8.RuneCountInString(v) <= maxWhy, name, "rule.too-long", "", maxWhy)
	return v
}

// speaks reports whether the actor is a person who speaks for the organisation. A suspended organisation has a say, too.
func speaks(by member.Actor, orgID string) bool {
	return by.AccountID != "" && by.OrgID == orgID && slices.ContainsFunc(by.Roles, func(r member.Role) bool { return r == member.Engineer || r == member.OrgAdmin })
}

// officer: who decides about duties for the platform. The decisions are those of named people.
func officer(by member.Actor, roles ...member.Role) error {
	switch {
	case !by.Is(roles...):
		return fault.Deny("fault.role")
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case by.AccountID == "":
		return fault.Deny("duty.needs-person")
	}
	return nil
}

// readable loads a duty for an actor, or says that there is no such thing: the organisation that owes it, and staff.
func (s *Service) readable(ctx context.Context, tx *db.Tx, by member.Actor, id, suffix string) (Duty, error) {
	if !by.SignedIn() {
		return Duty{}, fault.SignIn()
	}
	if uuid.Validate(id) != nil {
		return Duty{}, fault.Missing()
	}
	d, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE id = $1`+suffix, id)
	if err != nil {
		return d, err
	}
	return d, mayAsk(by, d.OrgID)
}
