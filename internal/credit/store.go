// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/bound"
)

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// storable reports whether both databases take v as text.
func storable(v string) bool { return utf8.ValidString(v) && !strings.ContainsRune(v, 0) }

func place(id string) string { return "credit/" + id }

const leadColumns = `l.id, l.number, l.find_id, l.org_id, l.state, l.state_since, l.confidence, l.rev, l.content_sealed, l.inquiry_id, l.report_id, l.found_at`

func (s *Service) scanLead(r db.Row) (l Lead, err error) {
	var sealed []byte
	var since, found db.Time
	if err := r.Scan(&l.ID, &l.Number, &l.FindID, &l.OrgID, &l.State, &since, &l.Confidence, &l.Rev, &sealed, db.Null(&l.InquiryID), db.Null(&l.ReportID), &found); err != nil {
		return l, err
	}
	l.StateSince, l.FoundAt = since.Time, found.Time
	l.Content, err = seal.OpenJSON[Content](s.Seal, place(l.ID), sealed)
	return l, err
}

func (s *Service) byID(ctx context.Context, tx *db.Tx, id, suffix string) (Lead, error) {
	if !storable(id) {
		return Lead{}, fault.Missing()
	}
	return db.Get(ctx, tx, s.scanLead, `SELECT `+leadColumns+` FROM credit_lead l WHERE l.id = $1`+suffix, id)
}

// leadOf returns the lead of a find for an organisation, if there is one.
func (s *Service) leadOf(ctx context.Context, tx *db.Tx, findID, orgID string) (l Lead, ok bool, err error) {
	l, err = db.Get(ctx, tx, s.scanLead, `SELECT `+leadColumns+` FROM credit_lead l WHERE l.find_id = $1 AND l.org_id = $2`+tx.ForUpdate(), findID, orgID)
	if fault.Is(err, fault.NotFound) {
		return Lead{}, false, nil
	}
	return l, err == nil, err
}

func (s *Service) insertLead(ctx context.Context, tx *db.Tx, l *Lead) error {
	year := tx.Now.In(calendar.Beijing()).Year()
	n, err := db.Next(ctx, tx, fmt.Sprintf("lead/%d", year))
	if err != nil {
		return err
	}
	l.ID, l.Number, l.Rev, l.FoundAt, l.StateSince = newID(), fmt.Sprintf("%s-L-%d-%06d", s.Prefix, year, n), 1, tx.Now, tx.Now
	sealed, err := seal.SealJSON(s.Seal, place(l.ID), l.Content)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO credit_lead (id, number, find_id, org_id, state, state_since, confidence, rev, content_sealed, found_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		l.ID, l.Number, l.FindID, l.OrgID, string(l.State), db.At(l.StateSince), string(l.Confidence), l.Rev, sealed, db.At(l.FoundAt))
	return err
}

// updateLead stores a changed lead; was is the state in which it was loaded.
func (s *Service) updateLead(ctx context.Context, tx *db.Tx, l *Lead, was State) error {
	if l.State != was {
		l.StateSince = tx.Now
	}
	l.Rev++
	sealed, err := seal.SealJSON(s.Seal, place(l.ID), l.Content)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE credit_lead SET find_id = $1, state = $2, state_since = $3, confidence = $4, rev = $5, content_sealed = $6, inquiry_id = $7, report_id = $8 WHERE id = $9`,
		l.FindID, string(l.State), db.At(l.StateSince), string(l.Confidence), l.Rev, sealed, db.Opt(l.InquiryID), db.Opt(l.ReportID), l.ID)
	return err
}

// say puts a word on a lead's record.
func (s *Service) say(ctx context.Context, tx *db.Tx, by member.Actor, l Lead, kind WordKind, text string) error {
	id := newID()
	_, err := tx.Exec(ctx, `INSERT INTO credit_word (id, lead_id, kind, by_account, by_org, at, content_sealed) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
		id, l.ID, string(kind), by.AccountID, by.OrgID, db.At(tx.Now), s.Seal.Seal(place(id), []byte(text)))
	return err
}

func (s *Service) words(ctx context.Context, tx *db.Tx, leadID string) ([]Word, error) {
	return db.List(ctx, tx, func(r db.Row) (w Word, err error) {
		var at db.Time
		var sealed []byte
		if err := r.Scan(&w.ID, &w.LeadID, &w.Kind, &w.By, &w.ByOrg, &at, &sealed); err != nil {
			return w, err
		}
		w.At = at.Time
		b, err := s.Seal.Open(place(w.ID), sealed)
		w.Text = string(b)
		return w, err
	}, `SELECT id, lead_id, kind, by_account, by_org, at, content_sealed FROM credit_word WHERE lead_id = $1 ORDER BY at, id`, leadID)
}

const recordColumns = `r.id, r.format, r.name, r.find_id, r.url, r.sha256, r.withdrawn_at, r.public_at, r.modified_at, r.content, r.imported_at`

func scanRecord(row db.Row) (r Record, err error) {
	var content db.JSON[Record]
	var withdrawn, public, modified, imported db.Time
	var id, format, name, find, url, sha string
	if err := row.Scan(&id, &format, &name, &find, &url, &sha, &withdrawn, &public, &modified, &content, &imported); err != nil {
		return r, err
	}
	r = content.V
	r.ID, r.Format, r.Name, r.FindID, r.URL, r.SHA256 = id, format, name, find, url, sha
	r.WithdrawnAt, r.PublicAt, r.ModifiedAt, r.ImportedAt = withdrawn.Time, public.Time, modified.Time, imported.Time
	r.withdrawn = !r.WithdrawnAt.IsZero()
	return r, nil
}

// recordsOf returns what all sources say of a find, with who brought them in when, the oldest first.
func recordsOf(ctx context.Context, tx *db.Tx, findID string) ([]Record, error) {
	return db.List(ctx, tx, func(row db.Row) (Record, error) {
		var source, by string
		var kept bool
		r, err := scanRecord(more{row, []any{&source, &by, &kept}})
		r.Source, r.ImportedBy, r.Kept = source, by, kept
		return r, err
	}, `SELECT `+recordColumns+`, v.source, v.by_account, CASE WHEN v.body IS NULL THEN FALSE ELSE TRUE END
		FROM credit_record r JOIN credit_version v ON v.record_id = r.id AND v.sha256 = r.sha256 WHERE r.find_id = $1 ORDER BY r.imported_at, r.id`, findID)
}

// more scans further columns behind those of a record.
type more struct {
	db.Row
	dest []any
}

// Scan implements db.Row.
func (m more) Scan(dest ...any) error { return m.Row.Scan(append(dest, m.dest...)...) }

func compressed(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b) //nolint:errcheck // a buffer takes everything
	w.Close()  //nolint:errcheck
	return out.Bytes()
}

func expanded(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(bound.Document.Bytes)+1))
	if err == nil && len(out) > bound.Document.Bytes {
		err = errors.New("a kept record is larger than records may be")
	}
	return out, err
}
