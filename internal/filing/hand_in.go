// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package filing

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// Limits of what is recorded. Texts count in characters.
const (
	maxNumber = 100
	maxNote   = 2_000
	maxProof  = 20 << 20 // bytes
	maxName   = 120
)

// An Input says how a form was handed in. The receiver's number or a proof is needed: something must show it.
type Input struct {
	At     time.Time
	Number string // that the receiver gave
	Note   string
	Proof  File
}

// A File is what shows it: the receiver's confirmation, a picture of its page.
type File struct {
	Name  string
	Bytes []byte
}

// mayHandIn: people of the organisation that reported, or the reporter itself. Staff hand in nothing in others' names.
func mayHandIn(by member.Actor, r report.Report) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeReport):
		return fault.Deny("fault.scope", member.ScopeReport)
	case by.AccountID == "":
		return fault.Deny("duty.needs-person")
	case by.AccountID == r.AccountID, r.OrgID != "" && r.OrgID == by.OrgID && by.Is(member.Engineer, member.OrgAdmin):
		return nil
	}
	return fault.Deny("fault.role")
}

// HandIn records that a report was handed in to a receiver by its form, and meets the duties that the pack names, as of the
// time that is given. A form may be handed in again; the first evidence of a duty counts. Handing in the same number at the
// same time twice changes nothing. Faults: Invalid, Forbidden, NotFound, TooLarge.
func (s *Service) HandIn(ctx context.Context, by member.Actor, reportID, pack string, in Input) (f Filing, err error) {
	r, err := s.readable(ctx, by, reportID)
	if err == nil {
		err = mayHandIn(by, r)
	}
	p := byID(pack)
	if err == nil && p == nil {
		err = fault.Missing()
	}
	if err == nil {
		in, err = in.checked(s.DB.Clock.Now())
	}
	if err != nil {
		return f, fmt.Errorf("hand in: %w", err)
	}
	f = Filing{ID: uuid.Must(uuid.NewV7()).String(), ReportID: r.ID, OrgID: r.OrgID, Pack: p.ID, Version: p.Version, Stage: r.Version, At: in.At, Number: in.Number, Note: in.Note,
		AccountID: by.AccountID}
	if len(in.Proof.Bytes) > 0 {
		key, err := s.Blobs.Put(in.Proof.Bytes)
		if err != nil {
			return Filing{}, fmt.Errorf("keep proof: %w", err)
		}
		f.Proof = Proof{Name: in.Proof.Name, SHA256: key, blob: key}
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		same, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM filing WHERE report_id = $1 AND pack = $2 AND handed_at = $3 AND number = $4 AND proof_sha = $5`,
			r.ID, p.ID, db.At(f.At), f.Number, f.Proof.SHA256)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			f, err = s.open(same[0])
			return err
		}
		return s.handIn(ctx, tx, by, r, p, &f)
	})
	if err != nil {
		return Filing{}, fmt.Errorf("hand in %s to %s: %w", r.Number, p.ID, err)
	}
	return f, nil
}

func (s *Service) handIn(ctx context.Context, tx *db.Tx, by member.Actor, r report.Report, p *Pack, f *Filing) (err error) {
	f.RecordedAt = tx.Now
	e := HandedIn{FilingID: f.ID, ReportID: r.ID, Number: r.Number, OrgID: r.OrgID, Pack: p.Ref(), Stage: f.Stage, At: f.At, Given: f.Number, Proof: f.Proof.SHA256}
	cases, err := db.List(ctx, tx, db.Value[string], `SELECT case_id FROM case_report WHERE report_id = $1`, r.ID)
	if err != nil {
		return err
	}
	if len(cases) > 0 {
		e.CaseID = cases[0]
	}
	if f.EventID, err = s.Events.Record(ctx, tx, by.By(), e); err != nil {
		return err
	}
	if f.Note != "" {
		f.note = s.Seal.Seal(place(f.ID), []byte(f.Note))
	}
	if _, err := tx.Exec(ctx, `INSERT INTO filing (`+columns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)`,
		f.ID, f.ReportID, f.OrgID, f.Pack, f.Version, f.Stage, db.At(f.At), f.Number, f.note, f.Proof.Name, f.Proof.blob, f.Proof.SHA256,
		f.AccountID, f.EventID, db.At(f.RecordedAt)); err != nil {
		return err
	}
	for _, rule := range p.Meets {
		if err := s.Duties.Meet(ctx, tx, r.ID, rule, f.At, f.EventID); err != nil {
			return err
		}
	}
	return nil
}

// checked is the input as it is kept.
func (in Input) checked(now time.Time) (Input, error) {
	in.Number, in.Note = line(in.Number), strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(in.Note, "\x00", ""), "\uFFFD"))
	in.At = in.At.UTC().Truncate(time.Microsecond)
	in.Proof.Name = fileName(in.Proof.Name)
	var k fault.Check
	k.That(!in.At.IsZero() && in.At.Year() >= 2000 && !in.At.After(now), "at", "rule.time", "2021-11-25T09:30:00+08:00")
	k.That(in.Number != "" || len(in.Proof.Bytes) > 0, "number", "filing.rule.evidence", "CNVD-C-2021-95914")
	k.That(utf8.RuneCountInString(in.Number) <= maxNumber, "number", "rule.too-long", "", maxNumber)
	k.That(utf8.RuneCountInString(in.Note) <= maxNote, "note", "rule.too-long", "", maxNote)
	if err := k.Err(); err != nil {
		return in, err
	}
	if len(in.Proof.Bytes) > maxProof {
		return in, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"20 MiB"}}
	}
	return in, nil
}

// line is a text on one line without what cannot be seen.
func line(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.C) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// fileName is the last element of a name from any system.
func fileName(name string) string {
	name = strings.TrimLeft(line(path.Base(strings.ReplaceAll(name, `\`, "/"))), ". /")
	if r := []rune(name); len(r) > maxName {
		name = string(r[:maxName])
	}
	if name == "" {
		return "proof"
	}
	return name
}
