// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// maxContent bounds a whole content, in bytes of JSON.
const maxContent = 1 << 20

// Edit replaces what the platform holds to be true of the vulnerability. rev is the revision that was edited: when
// another one came between, nothing is changed (Conflict). The grade stays; when what a graded case affects changes, the
// matching runs again (Graded). Faults: Invalid with every broken rule, fields named as in "content.affected[0].purl".
func (s *Service) Edit(ctx context.Context, by member.Actor, id string, rev int, in Content) (Case, error) {
	if err := named(by); err != nil {
		return Case{}, err
	}
	in = in.tidied()
	if err := in.check(); err != nil {
		return Case{}, err
	}
	c, err := s.change(ctx, id, func(tx *db.Tx, c *Case) error {
		switch {
		case c.Rev != rev:
			return fault.Clash("fault.stale")
		case c.State == Duplicate || c.State == Rejected:
			return fault.Clash("case.ended", string(c.State))
		case equal(c.Content, in):
			return nil
		}
		rematch := c.Composite != "" && !reflect.DeepEqual(c.Content.Affected, in.Affected)
		c.Content, c.UpdatedAt = in, tx.Now
		c.Rev++
		return s.edited(ctx, tx, by, *c, rematch)
	})
	if err != nil {
		return Case{}, fmt.Errorf("edit case: %w", err)
	}
	return c, nil
}

func (s *Service) edited(ctx context.Context, tx *db.Tx, by member.Actor, c Case, rematch bool) error {
	if err := s.refingerprint(ctx, tx, c); err != nil {
		return err
	}
	if _, err := s.Events.Record(ctx, tx, by.By(), Edited{on: c.on(), Rev: c.Rev}); err != nil || !rematch {
		return err
	}
	_, err := s.Events.Record(ctx, tx, by.By(), Graded{on: c.on(), Technical: c.Technical, Composite: c.Composite, Again: true})
	return err
}

// equal compares contents as they are stored: an empty list is no list.
func equal(a, b Content) bool { return reflect.DeepEqual(a.tidied(), b.tidied()) }

func (c Content) checkSize() error {
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode content: %w", err)
	}
	if len(b) > maxContent {
		return &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"1 MiB"}}
	}
	return nil
}
