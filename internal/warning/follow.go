// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// News says that something happened to a warning that the reader may read. It is thin: what the warning says is read by
// Get, which is on record.
type News struct {
	Seq      int64 // its place among all that ever happened here: a cursor
	ID       string
	Kind     string // of the event: "warning.released"
	At       time.Time
	Warning  string // id
	Number   string
	Revision int
	Level    Level
	TLP      string
	Change   Kind // what the revision is: an amendment, a lift …
	Wave     int  // of the reader's copy, 0 for staff
	Products int  // of the reader's that match

	orgs []string // whom it is about, when it is about some organisations alone
}

// ErrReset says that a cursor is not known any more, or not yet: the reader lists what there is and goes on from here.
var ErrReset = errors.New("the cursor is too old, or from elsewhere")

const (
	farBack  = 100_000 // entries of the evidence log behind which a cursor is too old to catch up from
	newsPage = 200     // entries that are read at once
)

// told are the events that are news, and whether they are for those alone whom they are about.
var told = map[string]bool{Released{}.Kind(): false, Extended{}.Kind(): false, Answered{}.Kind(): true, Undelivered{}.Kind(): true, Silent{}.Kind(): true}

// Head is the cursor behind everything that has happened so far: the place of the newest entry in the evidence log, -1
// in an empty one. Places are given after the commit, one after the other, whichever node it was: whoever has read up to
// one has missed nothing before it.
func (s *Service) Head(ctx context.Context) (head int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		head, err = headOf(ctx, tx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find the newest news of warnings: %w", err)
	}
	return head, nil
}

func headOf(ctx context.Context, tx *db.Tx) (int64, error) {
	return db.Get(ctx, tx, db.Value[int64], `SELECT coalesce(max(seq), -1) FROM evidence`)
}

// Stirred reports whether there is news for anybody behind a cursor, and the cursor behind it.
func (s *Service) Stirred(ctx context.Context, after int64) (head int64, news bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if head, err = headOf(ctx, tx); err != nil || head <= after {
			return err
		}
		var a db.Args
		rows, err := db.List(ctx, tx, db.Value[int64], `SELECT v.seq FROM evidence v JOIN event e ON e.id = v.id
			WHERE v.seq > `+a.P(after)+` AND v.seq <= `+a.P(head)+` AND e.kind IN `+db.In(&a, kinds())+` LIMIT 1`, a...)
		news = len(rows) > 0
		return err
	})
	if err != nil {
		return after, false, fmt.Errorf("look for news of warnings: %w", err)
	}
	return head, news, nil
}

func kinds() (out []string) {
	for k := range told {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Follow returns what happened behind a cursor, of what the actor may read now, oldest first, and the cursor behind it.
// It may return no news and another cursor: then it is asked again. ErrReset when the cursor is of no use.
func (s *Service) Follow(ctx context.Context, by member.Actor, after int64) (news []News, next int64, err error) {
	allowed := reader
	if handles(by) {
		allowed = watcher
	}
	if err := allowed(by); err != nil {
		return nil, after, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		head, err := headOf(ctx, tx)
		if err != nil {
			return err
		}
		if after > head || after < -1 || head-after > farBack {
			next = head
			return ErrReset
		}
		news, next, err = happened(ctx, tx, after, head)
		if err != nil || len(news) == 0 {
			return err
		}
		news, err = entitled(ctx, tx, by, news)
		return err
	})
	if err != nil && !errors.Is(err, ErrReset) {
		return nil, after, fmt.Errorf("follow the warnings of organisation %s: %w", by.OrgID, err)
	}
	return news, next, err
}

// happened returns a page of news for whomever, and how far it reaches.
func happened(ctx context.Context, tx *db.Tx, after, head int64) (news []News, next int64, err error) {
	var a db.Args
	query := `SELECT v.seq, e.id, e.kind, e.at, e.payload FROM evidence v JOIN event e ON e.id = v.id
		WHERE v.seq > ` + a.P(after) + ` AND v.seq <= ` + a.P(head) + ` AND e.kind IN ` + db.In(&a, kinds()) + ` ORDER BY v.seq LIMIT ` + a.P(newsPage)
	news, err = db.List(ctx, tx, func(r db.Row) (n News, err error) {
		var at db.Time
		var payload string
		if err := r.Scan(&n.Seq, &n.ID, &n.Kind, &at, &payload); err != nil {
			return n, err
		}
		var p struct {
			on
			Revision int    `json:"revision"`
			OrgID    string `json:"org"`
			Items    []struct {
				OrgID string `json:"org"`
			} `json:"items"`
		}
		err = json.Unmarshal([]byte(payload), &p)
		n.At, n.Warning, n.Number, n.Revision, n.orgs = at.Time, p.WarningID, p.Number, p.Revision, []string{p.OrgID}
		for _, x := range p.Items {
			n.orgs = append(n.orgs, x.OrgID)
		}
		return n, err
	}, query, a...)
	if next = head; len(news) == newsPage {
		next = news[newsPage-1].Seq
	}
	return news, next, err
}

// entitled keeps what the actor may read now: staff everything; a unit what it has a copy of, as mine says.
func entitled(ctx context.Context, tx *db.Tx, by member.Actor, news []News) (out []News, err error) {
	var ids []string
	for _, n := range news {
		ids = append(ids, n.Warning)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	type key struct {
		id       string
		revision int
	}
	type copyOf struct {
		key
		level          Level
		tlp            string
		kind           Kind
		wave, products int
	}
	var a db.Args
	query := `SELECT v.warning_id, v.revision, v.level, v.tlp, v.kind, 0, 0 FROM warning_revision v WHERE v.warning_id IN ` + db.In(&a, ids)
	if !handles(by) {
		a = nil
		query = `SELECT v.warning_id, v.revision, v.level, v.tlp, v.kind, r.wave, r.products FROM warning_recipient r
			JOIN warning_revision v ON v.warning_id = r.warning_id AND v.revision = r.revision
			WHERE r.org_id = ` + a.P(by.OrgID) + ` AND r.warning_id IN ` + db.In(&a, ids)
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (c copyOf, err error) {
		return c, r.Scan(&c.id, &c.revision, &c.level, &c.tlp, &c.kind, &c.wave, &c.products)
	}, query, a...)
	if err != nil {
		return nil, err
	}
	copies := map[key]copyOf{}
	for _, c := range rows {
		copies[c.key] = c
	}
	for _, n := range news {
		c, ok := copies[key{n.Warning, n.Revision}]
		if !ok || !handles(by) && (c.wave != WaveAffected && !by.May(member.ToWarnings) || told[n.Kind] && !slices.Contains(n.orgs, by.OrgID) || n.Kind == Extended{}.Kind() && c.wave != WaveAffected) {
			continue
		}
		n.Level, n.TLP, n.Change, n.Wave, n.Products = c.level, c.tlp, c.kind, c.wave, c.products
		out = append(out, n)
	}
	return out, nil
}
