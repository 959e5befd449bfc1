// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package rulebook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// MaxProblems bounds the reasons that a refusal names.
const MaxProblems = 50

// Load keeps a signed pack; nothing follows from it until another person activates it. The signed note stands under
// the pack (lawpack.Embed) or comes beside it. For supervisors and administrators. Faults: Invalid with every reason and
// its line, when the pack is unsigned, signed by nobody who is trusted, altered, wrong, or fails its own tests; Conflict
// when the version is not newer than every known one of its regime, or a duty's name belongs to another regime.
func (b *Book) Load(ctx context.Context, by member.Actor, file []byte, signed string) (v Version, err error) {
	if err := keeper(by); err != nil {
		return v, fmt.Errorf("load law pack: %w", err)
	}
	p, sig, err := b.Check(file, signed)
	if err != nil {
		return v, fmt.Errorf("load law pack: %w", err)
	}
	err = b.DB.Tx(ctx, func(tx *db.Tx) error {
		rev, err := turn(ctx, tx)
		if err != nil {
			return err
		}
		if err := b.fits(ctx, tx, p, ""); err != nil {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		v = Version{ID: id.String(), Regime: p.Regime, Version: p.Version, Digest: sig.Digest, Text: p.Text(), Note: sig.note, Signers: strings.Join(sig.Signers, ", "),
			State: Loaded, LoadedBy: by.AccountID, LoadedAt: tx.Now}
		if _, err := tx.Exec(ctx, `INSERT INTO law_pack (id, regime, version, text, digest, note, signers, state, revision, loaded_by, loaded_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, v.ID, v.Regime, v.Version, v.Text, v.Digest, v.Note, v.Signers, string(v.State), rev, v.LoadedBy, db.At(v.LoadedAt)); err != nil {
			return err
		}
		_, err = b.Events.Record(ctx, tx, by.By(), PackLoaded{v.on(), v.Signers})
		return err
	})
	if err != nil {
		return Version{}, fmt.Errorf("load law pack: %w", err)
	}
	return v, nil
}

// checked is a signature with the note in which it stands.
type checked struct {
	lawpack.Signature
	note string
}

// Check reads a signed pack as Load does: signature first, then form, then the pack's own tests.
func (b *Book) Check(file []byte, signed string) (*lawpack.Pack, checked, error) {
	if len(file) > lawpack.MaxSize {
		return nil, checked{}, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{fmt.Sprintf("%d MiB", lawpack.MaxSize>>20)}}
	}
	text, under := lawpack.Split(file)
	if strings.TrimSpace(signed) == "" {
		signed = under
	} else {
		text = file
	}
	sig, err := b.Trusted.Open(text, signed)
	if err != nil {
		return nil, checked{}, fault.FieldError("signature", reason(err), "")
	}
	p, err := Lint(text)
	if err != nil {
		return nil, checked{}, err
	}
	if sig.Ref != p.Ref() {
		return nil, checked{}, fault.FieldError("signature", "rulebook.altered", "")
	}
	return p, checked{sig, signed}, nil
}

// reason is the sentence for what is wrong with a signature.
func reason(err error) string {
	switch {
	case errors.Is(err, lawpack.ErrUnsigned):
		return "rulebook.unsigned"
	case errors.Is(err, lawpack.ErrUntrusted):
		return "rulebook.untrusted"
	case errors.Is(err, lawpack.ErrAltered):
		return "rulebook.altered"
	}
	return "rulebook.no-note"
}

// Lint parses a pack, signed or not, and runs its own tests. Fault: Invalid with every reason and its line.
func Lint(file []byte) (*lawpack.Pack, error) {
	text, _ := lawpack.Split(file)
	p, err := lawpack.Parse("pack", text)
	var ps lawpack.Problems
	switch {
	case errors.As(err, &ps):
		return nil, problems(ps)
	case err != nil:
		return nil, err
	}
	if failed := p.Failed(); len(failed) > 0 {
		return nil, problems(failed)
	}
	return p, nil
}

func problems(ps lawpack.Problems) error {
	f := &fault.Error{Kind: fault.Invalid, Key: "rulebook.wrong", Args: []any{len(ps)}}
	for i, p := range ps {
		if i == MaxProblems {
			break
		}
		f.Fields = append(f.Fields, fault.Field{Name: fmt.Sprintf("pack:%d", p.Line), Rule: "rulebook.line", Args: []any{p.Line, p.Reason}})
	}
	return f
}

// fits refuses a version that is not newer than every known one of its regime, and names that belong to others. A
// version that waits to be activated is not in its own way.
func (b *Book) fits(ctx context.Context, tx *db.Tx, p *lawpack.Pack, own string) error {
	set, err := b.In(ctx, tx)
	if err != nil {
		return err
	}
	kept, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM law_pack WHERE regime = $1 AND id <> $2 AND state <> 'withdrawn'`, p.Regime, own)
	if err != nil {
		return err
	}
	for _, k := range kept {
		if own != "" && k.State == Loaded {
			continue // another one that waits: whichever is activated first, the older one cannot follow the newer one
		}
		if !lawpack.Newer(p.Version, k.Version) {
			return fault.Clash("rulebook.older", p.Version, k.Ref())
		}
	}
	for _, k := range set.Packs() {
		if k.Regime == p.Regime && !lawpack.Newer(p.Version, k.Version) {
			return fault.Clash("rulebook.older", p.Version, k.Ref())
		}
	}
	_, err = set.With(p)
	var clash *lawpack.ClashError
	if errors.As(err, &clash) {
		return fault.Clash("rulebook.taken", clash.Key, clash.First)
	}
	return err
}
