// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// Bounds of an answer, and how long a witness may take.
const (
	answerMax = 16 << 10
	patience  = 15 * time.Second
)

// Ask asks every witness that has an address to cosign the newest checkpoint, unless it has done so. What goes wrong
// with one is noted and keeps nobody from the others. It is safe on several nodes at once.
func (s *Service) Ask(ctx context.Context) error {
	var errs []error
	for _, w := range s.Witnesses {
		if w.URL == "" {
			continue
		}
		asked, err := s.ask(ctx, w)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !asked && err == nil {
			continue
		}
		if noteErr := s.noteAsked(ctx, w, err); noteErr != nil {
			errs = append(errs, noteErr)
		}
	}
	return errors.Join(errs...)
}

// ask asks one witness, and once more when it has seen another tree than we think.
func (s *Service) ask(ctx context.Context, w Witness) (asked bool, err error) {
	var x Stand
	var newest string
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if x, err = stand(ctx, tx, w); err != nil {
			return err
		}
		newest, err = db.Get(ctx, tx, db.Value[string], `SELECT note FROM evidence_checkpoint ORDER BY size DESC LIMIT 1`)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return false, nil // nothing is in the log yet
	}
	if err != nil {
		return false, err
	}
	keys, err := s.keys(ctx)
	if err != nil {
		return false, err
	}
	cp, err := keys.Checkpoint(newest)
	if err != nil || cp.Size == x.Size {
		return false, err
	}
	seen, err := s.send(ctx, w, x.Size, cp.Size, newest)
	if seen != x.Size && seen >= 0 && seen <= cp.Size { // it has seen more, or less after it lost its memory
		_, err = s.send(ctx, w, seen, cp.Size, newest)
	}
	return true, err
}

// send is one add-checkpoint. On a conflict it returns the size that the witness has seen, else old.
func (s *Service) send(ctx context.Context, w Witness, old, size int64, checkpoint string) (seen int64, err error) {
	var proof []string
	if old > 0 && old < size {
		hs, err := s.Evidence.Consistency(ctx, old, size)
		if err != nil {
			return old, err
		}
		for _, h := range hs {
			proof = append(proof, h.String())
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rq, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/add-checkpoint", strings.NewReader(request(old, proof, checkpoint)))
	if err != nil {
		return old, errors.New("the address is no URL")
	}
	rq.Header.Set("Content-Type", "text/plain; charset=utf-8")
	rs, err := s.client().Do(rq)
	if err != nil {
		return old, errors.New("it does not answer")
	}
	defer rs.Body.Close()
	body, err := io.ReadAll(io.LimitReader(rs.Body, answerMax))
	if err != nil {
		return old, errors.New("its answer broke off")
	}
	switch rs.StatusCode {
	case http.StatusOK:
		_, err = s.accept(ctx, size, strings.TrimRight(checkpoint, "\n")+"\n"+string(body))
		if err != nil {
			err = errors.New("what it answered is not its cosignature of this checkpoint")
		}
		return old, err
	case http.StatusConflict:
		n, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
		if err != nil || n < 0 {
			return old, errors.New("it has seen another tree, and does not say which")
		}
		return n, fmt.Errorf("it has seen %d entries", n)
	case http.StatusUnprocessableEntity:
		return old, errors.New("it finds that the log does not contain what it saw before")
	case http.StatusNotFound, http.StatusForbidden:
		return old, errors.New("it does not know this log or its key")
	}
	return old, fmt.Errorf("it answered %d", rs.StatusCode)
}

func (s *Service) client() *http.Client {
	if s.Client != nil {
		return s.Client
	}
	return &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (s *Service) noteAsked(ctx context.Context, w Witness, trouble error) error {
	text := ""
	if trouble != nil {
		text = trouble.Error()
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO witness_asked (witness, asked_at, trouble) VALUES ($1, $2, $3)
			ON CONFLICT (witness) DO UPDATE SET asked_at = excluded.asked_at, trouble = excluded.trouble`, w.Name(), db.At(tx.Now), text)
		return err
	})
}
