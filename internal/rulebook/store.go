// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package rulebook

import (
	"context"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

const columns = `id, regime, version, text, digest, note, signers, state, loaded_by, loaded_at, activated_by, activated_at, ending_by, ending_at, ended_by, ended_at, ended_why`

func scan(r db.Row) (v Version, err error) {
	var loaded, activated, ending, ended db.Time
	err = r.Scan(&v.ID, &v.Regime, &v.Version, &v.Text, &v.Digest, &v.Note, &v.Signers, &v.State, &v.LoadedBy, &loaded, db.Null(&v.ActivatedBy), &activated,
		db.Null(&v.EndingBy), &ending, db.Null(&v.EndedBy), &ended, db.Null(&v.Why))
	v.LoadedAt, v.ActivatedAt, v.EndingAt, v.EndedAt = loaded.Time, activated.Time, ending.Time, ended.Time
	return v, err
}

func get(ctx context.Context, tx *db.Tx, id, lock string) (Version, error) {
	if uuid.Validate(id) != nil {
		return Version{}, fault.Missing()
	}
	return db.Get(ctx, tx, scan, `SELECT `+columns+` FROM law_pack WHERE id = $1`+lock, id)
}

// turn takes the next revision of the book; its row is the lock of those who change it.
func turn(ctx context.Context, tx *db.Tx) (int64, error) { return db.Next(ctx, tx, "rulebook") }

// on is what the events say of a version.
type on struct {
	ID     string `json:"id"`
	Pack   string `json:"pack"`
	Digest string `json:"digest"` // of its bytes
}

func (v Version) on() on { return on{v.ID, v.Ref(), v.Digest} }

// About puts it on the pack's time line.
func (o on) About() event.About {
	return event.About{Number: o.Pack, Subjects: []string{"law-pack/" + o.ID}}
}

// What happens to a version from outside.
type (
	// PackLoaded: a signed pack passed its checks and its own tests.
	PackLoaded struct {
		on
		Signers string `json:"signers"`
	}
	// PackActivated: from now on duties follow from it.
	PackActivated struct {
		on
		LoadedBy string `json:"loaded_by"`
	}
	// PackWithdrawn: it was taken back before anything followed from it.
	PackWithdrawn struct{ on }
	// RetirementProposed: one person wants that nothing new follows from it.
	RetirementProposed struct{ on }
	// RetirementDropped: it stays.
	RetirementDropped struct{ on }
	// PackRetired: nothing new follows from it.
	PackRetired struct {
		on
		ProposedBy string `json:"proposed_by"`
	}
)

// Kind is the stored name.
func (PackLoaded) Kind() string { return "lawpack.loaded" }

// Kind is the stored name.
func (PackActivated) Kind() string { return "lawpack.activated" }

// Kind is the stored name.
func (PackWithdrawn) Kind() string { return "lawpack.withdrawn" }

// Kind is the stored name.
func (RetirementProposed) Kind() string { return "lawpack.retirement-proposed" }

// Kind is the stored name.
func (RetirementDropped) Kind() string { return "lawpack.retirement-dropped" }

// Kind is the stored name.
func (PackRetired) Kind() string { return "lawpack.retired" }

// Signed is the pack with its signed note under it.
func (v Version) Signed() []byte { return lawpack.Embed(v.Text, v.Note) }
