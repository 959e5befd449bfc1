// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Bounds of proofs.
const (
	MaxProof  = 5 << 20 // bytes of one
	maxProofs = 10      // of a unit, about a warning
	maxName   = 200     // characters
)

// A Proof is a file that a unit shows with its answer: a scan, a screen, a record of what was done.
type Proof struct {
	ID, OrgID string
	Revision  int // the one it was given for
	Name      string
	Media     string // one of proofMedia, by its content
	Size      int64  // bytes
	At        time.Time
}

var proofMedia = []string{"application/pdf", "image/png", "image/jpeg", "text/plain; charset=utf-8"}

// Proven: a unit added a proof to its answer.
type Proven struct {
	on
	Revision int    `json:"revision"`
	OrgID    string `json:"org"`
	ProofID  string `json:"proof"`
	SHA256   string `json:"sha256"`
}

// Kind is the stored name.
func (Proven) Kind() string { return "warning.proven" }

// About puts it on the warning's, the case's and the unit's time lines.
func (e Proven) About() event.About { return withOrg(e.on, e.OrgID) }

// AddProof keeps a file with the answer of the actor's unit. Faults: Invalid for what is no document or picture; TooLarge.
func (s *Service) AddProof(ctx context.Context, by member.Actor, id, name string, body []byte) (p Proof, err error) {
	if err := unit(by); err != nil {
		return Proof{}, err
	}
	if len(body) > MaxProof {
		return Proof{}, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"5 MiB"}}
	}
	name = strings.TrimSpace(path.Base(strings.ReplaceAll(name, `\`, "/")))
	media := http.DetectContentType(body)
	var c fault.Check
	c.That(name != "" && name != "." && name != "/" && utf8.RuneCountInString(name) <= maxName && storable(name) == nil && !strings.ContainsFunc(name, unicode.IsControl), "proof", "warning.rule.name", "scan.pdf", maxName)
	c.That(len(body) > 0 && slices.Contains(proofMedia, media), "proof", "warning.rule.proof-type", "scan.pdf")
	if err := c.Err(); err != nil {
		return Proof{}, err
	}
	var w Warning
	err = s.DB.View(ctx, func(tx *db.Tx) error { // before anything is written
		_, err := s.mine(ctx, tx, by, id, "")
		return err
	})
	if err != nil {
		return Proof{}, fmt.Errorf("add a proof to warning %s: %w", id, err)
	}
	key, err := s.Blobs.Put(body)
	if err != nil {
		return Proof{}, fmt.Errorf("add a proof to warning %s: %w", id, err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := s.mine(ctx, tx, by, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		if w, err = s.revision(ctx, tx, id, r.Revision); err != nil {
			return err
		}
		n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM warning_proof WHERE warning_id = $1 AND org_id = $2`, id, by.OrgID)
		if err != nil {
			return err
		}
		if n >= maxProofs {
			return fault.FieldError("proof", "warning.rule.proof-count", "", maxProofs)
		}
		p = Proof{ID: uuid.Must(uuid.NewV7()).String(), OrgID: by.OrgID, Revision: r.Revision, Name: name, Media: media, Size: int64(len(body)), At: tx.Now}
		if err := db.Bulk(ctx, tx, `warning_proof (id, warning_id, revision, org_id, name_sealed, media, size, blob, account_id, at)`, "",
			[][]any{{p.ID, id, p.Revision, p.OrgID, s.Seal.Seal(placeProof(p.ID), []byte(p.Name)), p.Media, p.Size, key, by.AccountID, db.At(p.At)}}); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Proven{w.on(), r.Revision, by.OrgID, p.ID, key})
		return err
	})
	if err != nil {
		return Proof{}, fmt.Errorf("add a proof to warning %s: %w", id, err)
	}
	return p, nil
}

func placeProof(id string) string { return "warning_proof/" + id + "/name" }

// Proofs returns what units have shown with their answers, oldest first: to staff all, to a unit its own. At most 2 000.
func (s *Service) Proofs(ctx context.Context, by member.Actor, id string) (ps []Proof, err error) {
	allowed := reader
	if handles(by) {
		allowed = watcher
	}
	if err := allowed(by); err != nil {
		return nil, err
	}
	if err := storable(id); err != nil {
		return nil, err
	}
	a := db.Args{id}
	where := `warning_id = $1`
	if !handles(by) {
		where += ` AND org_id = ` + a.P(by.OrgID)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if !handles(by) {
			if _, err := s.mine(ctx, tx, by, id, ""); err != nil {
				return err
			}
		}
		ps, err = db.List(ctx, tx, s.scanProof, `SELECT `+proofColumns+` FROM warning_proof WHERE `+where+` ORDER BY at, id LIMIT `+a.P(maxRows), a...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the proofs of warning %s: %w", id, err)
	}
	return ps, nil
}

const proofColumns = `id, org_id, revision, name_sealed, media, size, at`

func (s *Service) scanProof(r db.Row) (p Proof, err error) {
	var sealed []byte
	if err := r.Scan(&p.ID, &p.OrgID, &p.Revision, &sealed, &p.Media, &p.Size, timeInto{&p.At}); err != nil {
		return p, err
	}
	name, err := s.Seal.Open(placeProof(p.ID), sealed)
	p.Name = string(name)
	return p, err
}

// ReadProof returns a proof and its bytes: to staff, and to the unit that gave it. To others there is none.
func (s *Service) ReadProof(ctx context.Context, by member.Actor, id, proofID string) (p Proof, body []byte, err error) {
	ps, err := s.Proofs(ctx, by, id)
	if err != nil {
		return Proof{}, nil, err
	}
	i := slices.IndexFunc(ps, func(p Proof) bool { return p.ID == proofID })
	if i < 0 {
		return Proof{}, nil, fault.Missing()
	}
	p = ps[i]
	var key string
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		key, err = db.Get(ctx, tx, db.Value[string], `SELECT blob FROM warning_proof WHERE id = $1`, proofID)
		return err
	})
	if err == nil {
		body, err = s.Blobs.Get(key)
	}
	if err != nil {
		return Proof{}, nil, fmt.Errorf("read a proof of warning %s: %w", id, err)
	}
	return p, body, nil
}
