// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// ImportAsked: somebody asked that a place be imported from now, and not only when it is its turn.
type ImportAsked struct {
	From   string `json:"from"`   // kind of import
	Source string `json:"source"` // hex(SHA-256) of the path or address
}

// About puts it on no time line.
func (ImportAsked) About() event.About { return event.About{} }

// Kind is the stored name.
func (ImportAsked) Kind() string { return "vuln.import-asked" }

// MayAgain reports whether somebody may have the place of an import imported from once more: it is one that the
// configuration names, and that import has ended or died. Again says what may stand in the way beside.
func (s *Service) MayAgain(by member.Actor, r Run) bool {
	alive := r.State == Running && r.Beat.After(s.DB.Clock.Now().Add(-s.lease()))
	return importer(by) == nil && r.ID != "" && !alive && s.regular(r.Kind, r.Source)
}

// regular reports whether a place is imported from again and again by itself.
func (s *Service) regular(kind, source string) bool {
	for _, f := range s.Feeds {
		if f.Kind == kind && f.name() == source {
			return true
		}
	}
	return false
}

// Again asks that the place of an import be imported from now: the next turn of the schedule takes it, on whichever node
// comes first, and goes on where the last import stopped when the same still lies there. It is for places that the
// configuration names, and not while they are being imported from, or have been asked for already. For administrators.
// Fault: Conflict.
func (s *Service) Again(ctx context.Context, by member.Actor, id string) error {
	if err := importer(by); err != nil {
		return err
	}
	if storable(id) == "" {
		return fault.Missing()
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := db.Next(ctx, tx, "vuln/import"); err != nil { // the row is the lock of those who begin
			return err
		}
		r, err := db.Get(ctx, tx, scanRun, `SELECT `+runColumns+` FROM import_run WHERE id = $1`, id)
		switch {
		case err != nil:
			return err
		case !s.regular(r.Kind, r.Source):
			return fault.Clash("vuln.import-not-regular")
		}
		alive, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM import_run WHERE kind = $1 AND source = $2 AND state = $3 AND beat_at > $4`, r.Kind, r.Source, Running, db.At(tx.Now.Add(-s.lease())))
		switch {
		case err != nil:
			return err
		case alive > 0:
			return fault.Clash("vuln.import-running", r.Kind, r.Source)
		}
		n, err := tx.Exec(ctx, `INSERT INTO import_source (kind, source, etag, modified, run_id, next_at, failures) VALUES ($1,$2,'','','',$3,0)
			ON CONFLICT (kind, source) DO UPDATE SET next_at = excluded.next_at WHERE import_source.next_at > excluded.next_at`, r.Kind, r.Source, db.At(tx.Now))
		switch {
		case err != nil:
			return err
		case n == 0:
			return fault.Clash("vuln.import-awaited")
		}
		source := sha256.Sum256([]byte(r.Source))
		_, err = s.Events.Record(ctx, tx, by.By(), ImportAsked{From: r.Kind, Source: hex.EncodeToString(source[:])})
		return err
	})
	if err != nil {
		return fmt.Errorf("import again: %w", err)
	}
	return nil
}
