// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package rulebook keeps the law packs by which the platform derives duties: those that come with it, and signed ones
// from outside that one person loaded and another activated. Every node asks the same book.
package rulebook

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// State of a version from outside.
type State string

// The states. Duties follow from Active and Ending ones alone; what was derived from a Retired one stays.
const (
	Loaded    State = "loaded"    // checked, waits for the second person
	Active    State = "active"    // counts for what happens in its time
	Ending    State = "ending"    // one person wants it retired, and another has not confirmed
	Retired   State = "retired"   // nothing new follows from it
	Withdrawn State = "withdrawn" // taken back before it was active
)

// States lists them in the order in which they are shown.
var States = []State{Loaded, Active, Ending, Retired, Withdrawn}

// A Version is one version of a regime that came from outside.
type Version struct {
	ID              string
	Regime, Version string
	Digest          string // hex(SHA-256) of Text
	Text            []byte
	Note            string // signed
	Signers         string // names of the keys that signed
	State           State
	LoadedBy        string // account
	LoadedAt        time.Time
	ActivatedBy     string // another account
	ActivatedAt     time.Time
	EndingBy        string // who wants it retired
	EndingAt        time.Time
	EndedBy         string // who withdrew it, or confirmed the retirement
	EndedAt         time.Time
	Why             string // of the retirement or withdrawal
}

// Ref names the version as duties do: "cn-rmsv-2021@1.1.0".
func (v Version) Ref() string { return v.Regime + "@" + v.Version }

// Counts reports whether duties follow from it.
func (v Version) Counts() bool { return v.State == Active || v.State == Ending }

// A Book holds the packs. A nil Book holds those that come with the platform.
type Book struct {
	DB      *db.DB
	Events  *event.Log
	Trusted lawpack.Keys // whose signatures count
	Log     *slog.Logger // may be nil

	mu       sync.Mutex
	revision int64
	set      *lawpack.Set
}

// In returns the packs as tx sees them: every version that comes with the platform and every one that is active. What
// happens at a time is judged by the version that was in force then; see lawpack.Set.InForce.
func (b *Book) In(ctx context.Context, tx *db.Tx) (*lawpack.Set, error) {
	if b == nil {
		return lawpack.BuiltinSet(), nil
	}
	// One look at the end of an index tells whether anything has changed on any node.
	rev, err := db.Get(ctx, tx, db.Value[int64], `SELECT coalesce(max(revision), 0) FROM law_pack`)
	if err != nil {
		return nil, fmt.Errorf("revision of the rulebook: %w", err)
	}
	b.mu.Lock()
	set, known := b.set, b.set != nil && b.revision == rev
	b.mu.Unlock()
	if known {
		return set, nil
	}
	if set, err = b.build(ctx, tx); err != nil {
		return nil, fmt.Errorf("read the rulebook: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.set == nil || rev >= b.revision {
		b.set, b.revision = set, rev
	}
	return set, nil
}

// Current returns the packs as they are now, as In does.
func (b *Book) Current(ctx context.Context) (set *lawpack.Set, err error) {
	if b == nil {
		return lawpack.BuiltinSet(), nil
	}
	err = b.DB.View(ctx, func(tx *db.Tx) error {
		set, err = b.In(ctx, tx)
		return err
	})
	return set, err
}

// build reads what counts, and makes what counted once known to sentences about duties that were derived from it. A
// version that this program cannot read, or whose bytes are not those that were signed, is left out and said so: reports
// must be taken all the same.
func (b *Book) build(ctx context.Context, tx *db.Tx) (*lawpack.Set, error) {
	vs, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM law_pack WHERE activated_at IS NOT NULL ORDER BY activated_at, id`)
	if err != nil {
		return nil, err
	}
	set, past := lawpack.BuiltinSet(), lawpack.BuiltinSet()
	for _, v := range vs {
		p, err := v.read()
		if err != nil {
			b.warn("a law pack from the database is left out", v.Ref(), err)
			continue
		}
		if own := lawpack.BuiltinSet().Pack(v.Ref()); own != nil {
			continue // a later release of the platform brought this very version with it
		}
		with := &set
		if !v.Counts() {
			with = &past
		}
		next, err := (*with).With(p)
		if err != nil {
			b.warn("a law pack from the database is left out", v.Ref(), err)
			continue
		}
		*with = next
	}
	lawpack.Remember(set)
	lawpack.Remember(past)
	return set, nil
}

func (b *Book) warn(what, ref string, err error) {
	if b.Log != nil {
		b.Log.Error(what, "component", "rulebook", "pack", ref, "error", err)
	}
}

// read parses the bytes that were signed.
func (v Version) read() (*lawpack.Pack, error) {
	if lawpack.Digest(v.Text) != v.Digest {
		return nil, lawpack.ErrAltered
	}
	p, err := lawpack.Parse(v.Ref(), v.Text)
	if err == nil && p.Ref() != v.Ref() {
		err = lawpack.ErrAltered
	}
	return p, err
}

// Pack is the parsed pack; fault Conflict when this program cannot read it.
func (v Version) Pack() (*lawpack.Pack, error) {
	p, err := v.read()
	if err != nil {
		return nil, fault.Clash("rulebook.unreadable", v.Ref())
	}
	return p, nil
}

// Refresh looks whether another node has changed the book, so that sentences name what is new. The platform calls it by
// its schedule.
func (b *Book) Refresh(ctx context.Context) error {
	_, err := b.Current(ctx)
	return err
}

// keepers may load, activate and retire.
var keepers = []member.Role{member.Supervisor, member.Administrator}

// keeper lets a person through who keeps the book.
func keeper(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !reads(by):
		return fault.Hidden()
	case by.AccountID == "" || !by.Is(keepers...):
		return fault.Deny("fault.role")
	case !by.Allows(member.ScopeAdmin):
		return fault.Deny("fault.scope", member.ScopeAdmin)
	}
	return nil
}

// reads reports whether somebody may see versions that are not active.
func reads(by member.Actor) bool {
	return by.SignedIn() && (by.Staff() || by.Is(member.Administrator, member.Auditor))
}

// Versions lists what came from outside, the latest first. For the platform's own people.
func (b *Book) Versions(ctx context.Context, by member.Actor) (vs []Version, err error) {
	if err := mayRead(by); err != nil {
		return nil, fmt.Errorf("list law packs: %w", err)
	}
	err = b.DB.View(ctx, func(tx *db.Tx) error {
		vs, err = db.List(ctx, tx, scan, `SELECT `+columns+` FROM law_pack ORDER BY loaded_at DESC, id DESC LIMIT 1000`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list law packs: %w", err)
	}
	return vs, nil
}

// Version returns one version from outside. For the platform's own people.
func (b *Book) Version(ctx context.Context, by member.Actor, id string) (v Version, err error) {
	if err := mayRead(by); err != nil {
		return v, fmt.Errorf("law pack: %w", err)
	}
	err = b.DB.View(ctx, func(tx *db.Tx) error {
		v, err = get(ctx, tx, id, "")
		return err
	})
	if err != nil {
		return Version{}, fmt.Errorf("law pack: %w", err)
	}
	return v, nil
}

func mayRead(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !reads(by):
		return fault.Hidden()
	case !by.Allows(member.ScopeAdmin) && !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeAdmin)
	}
	return nil
}

// Published returns a pack that counts, by its name "regime@version", or by the regime alone as it counts at t. It is
// open to everybody. Fault: NotFound.
func (b *Book) Published(ctx context.Context, name string, t time.Time) (*lawpack.Pack, error) {
	set, err := b.Current(ctx)
	if err != nil {
		return nil, fmt.Errorf("law pack: %w", err)
	}
	if p := set.Pack(name); p != nil {
		return p, nil
	}
	for _, p := range slices.Concat(set.InForce(t), set.Upcoming(t)) {
		if p.Regime == name {
			return p, nil
		}
	}
	return nil, fault.Missing()
}
