// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package witness has others vouch for the evidence log, and vouches for other logs: c2sp.org/tlog-witness. A witness
// keeps nothing but the last tree that it saw, and cosigns a newer one only when that contains it. A log whose
// checkpoints carry cosignatures cannot show different histories to different people without its witnesses' help.
package witness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/cosign"
)

// A Witness is somebody who vouches for this platform's log.
type Witness struct {
	URL  string // where its add-checkpoint is asked, "" for one that comes by itself
	VKey string
	*cosign.Verifier
}

// Parse reads witnesses as they are configured: "https://witness.example.org/ name+hash+key", or the key alone.
func Parse(lines ...string) (ws []Witness, err error) {
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) == 0 || len(f) > 2 {
			return nil, fmt.Errorf("%q: a witness is a URL and a key, or a key alone", line)
		}
		w := Witness{VKey: f[len(f)-1]}
		if len(f) == 2 {
			w.URL = strings.TrimSuffix(f[0], "/")
			if !strings.HasPrefix(w.URL, "https://") && !strings.HasPrefix(w.URL, "http://") {
				return nil, fmt.Errorf("%q is no address such as https://witness.example.org", f[0])
			}
		}
		if w.Verifier, err = cosign.NewVerifier(w.VKey); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		if slices.ContainsFunc(ws, func(o Witness) bool { return o.Name() == w.Name() }) {
			return nil, fmt.Errorf("%s is named twice", w.Name())
		}
		ws = append(ws, w)
	}
	return ws, nil
}

// Service holds the verbs about this platform's witnesses.
type Service struct {
	DB        *db.DB
	Evidence  *evidence.Log
	Witnesses []Witness
	Client    *http.Client // nil means one with a time limit that follows no redirect
}

// A Stand is how it is with one witness.
type Stand struct {
	Name    string    `json:"name"`
	VKey    string    `json:"key"`
	Size    int64     `json:"size"` // of the largest tree that it has cosigned, 0 for none
	At      time.Time `json:"at,omitzero"`
	AskedAt time.Time `json:"asked_at,omitzero"`
	Trouble string    `json:"trouble,omitempty"` // why the last question got no cosignature
}

// Stands lists the witnesses of the log, for everybody.
func (s *Service) Stands(ctx context.Context) (out []Stand, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		for _, w := range s.Witnesses {
			x, err := stand(ctx, tx, w)
			if err != nil {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list witnesses: %w", err)
	}
	return out, nil
}

func stand(ctx context.Context, tx *db.Tx, w Witness) (Stand, error) {
	x := Stand{Name: w.Name(), VKey: w.VKey}
	_, err := db.List(ctx, tx, func(r db.Row) (ok bool, err error) {
		var at db.Time
		err = r.Scan(&x.Size, &at)
		x.At = at.Time
		return true, err
	}, `SELECT size, at FROM cosignature WHERE witness = $1 ORDER BY size DESC LIMIT 1`, w.Name())
	if err != nil {
		return x, err
	}
	_, err = db.List(ctx, tx, func(r db.Row) (ok bool, err error) {
		var at db.Time
		err = r.Scan(&at, &x.Trouble)
		x.AskedAt = at.Time
		return true, err
	}, `SELECT asked_at, trouble FROM witness_asked WHERE witness = $1`, w.Name())
	return x, err
}

// Cosigned is the newest checkpoint below which a witness has signed, with all their lines. Faults: NotFound.
func (s *Service) Cosigned(ctx context.Context) (text string, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		size, err := db.Get(ctx, tx, db.Value[int64], `SELECT size FROM cosignature ORDER BY size DESC LIMIT 1`)
		if err != nil {
			return err
		}
		text, err = withLines(ctx, tx, size)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("cosigned checkpoint: %w", err)
	}
	return text, nil
}

// Newest is the newest checkpoint, with the lines of the witnesses who have signed it already; "" while the log is empty.
func (s *Service) Newest(ctx context.Context) (text string, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		size, err := db.Get(ctx, tx, db.Value[int64], `SELECT size FROM evidence_checkpoint ORDER BY size DESC LIMIT 1`)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err == nil {
			text, err = withLines(ctx, tx, size)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("newest checkpoint: %w", err)
	}
	return text, nil
}

// withLines is the checkpoint of a size with its cosignatures.
func withLines(ctx context.Context, tx *db.Tx, size int64) (string, error) {
	text, err := db.Get(ctx, tx, db.Value[string], `SELECT note FROM evidence_checkpoint WHERE size = $1`, size)
	if err != nil {
		return "", err
	}
	lines, err := db.List(ctx, tx, db.Value[string], `SELECT line FROM cosignature WHERE size = $1 ORDER BY witness`, size)
	return text + strings.Join(lines, ""), err
}

// Why cosignatures are not taken.
var (
	ErrForeign  = errors.New("this is no checkpoint that this log has signed")
	ErrUnsigned = errors.New("no witness that this platform knows has cosigned this checkpoint")
)

// Accept takes cosignatures that a witness brings by itself: body is a checkpoint of this log with their lines. It
// returns how many were new. Errors: ErrForeign, ErrUnsigned.
func (s *Service) Accept(ctx context.Context, body []byte) (n int, err error) {
	keys, err := s.keys(ctx)
	if err != nil {
		return 0, err
	}
	cp, err := keys.Checkpoint(string(body))
	if err != nil {
		return 0, ErrForeign
	}
	return s.accept(ctx, cp.Size, string(body))
}

// accept stores the lines below a checkpoint of a size that configured witnesses have signed.
func (s *Service) accept(ctx context.Context, size int64, signed string) (n int, err error) {
	var vs []note.Verifier
	for _, w := range s.Witnesses {
		vs = append(vs, w)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(vs...))
	if err != nil {
		return 0, ErrUnsigned
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		n = 0
		ours, err := db.Get(ctx, tx, db.Value[string], `SELECT note FROM evidence_checkpoint WHERE size = $1`, size)
		if fault.Is(err, fault.NotFound) || err == nil && !strings.HasPrefix(ours, opened.Text+"\n") {
			return ErrForeign
		}
		if err != nil {
			return err
		}
		for _, sig := range opened.Sigs {
			at, ok := cosign.Time(sig)
			if !ok {
				continue
			}
			added, err := tx.Exec(ctx, `INSERT INTO cosignature (witness, size, at, line) VALUES ($1, $2, $3, $4) ON CONFLICT (witness, size) DO NOTHING`,
				sig.Name, size, db.At(at), "— "+sig.Name+" "+sig.Base64+"\n")
			if err != nil {
				return err
			}
			n += int(added)
		}
		return nil
	})
	return n, err
}

// keys are the log's own.
func (s *Service) keys(ctx context.Context) (evidence.Keys, error) {
	list, err := s.Evidence.Keys(ctx)
	if err != nil {
		return nil, err
	}
	return evidence.ParseKeys(string(list.Encode()))
}

// request is the body of add-checkpoint: the size that the witness has seen, the proof, and the checkpoint.
func request(old int64, proof []string, checkpoint string) string {
	var b strings.Builder
	b.WriteString("old " + strconv.FormatInt(old, 10) + "\n")
	for _, h := range proof {
		b.WriteString(h + "\n")
	}
	b.WriteString("\n" + checkpoint)
	return b.String()
}
