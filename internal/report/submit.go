// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Input is one stage of a report, as somebody tells it.
type Input struct {
	Content        Content
	Flash          bool   // four facts now (product, harm, exploited, learned_at), the rest later
	Contact        string // e-mail of a reporter without an account, or ""
	Attachments    []File
	IdempotencyKey string // the same key with the same request gives the same answer; "" for none
	OnBehalfOf     string // organisation for which staff or the system writes down the report, or ""
}

// Result is the answer to a stage of a report.
type Result struct {
	Report   Report
	Receipt  evidence.Receipt
	Duties   []duty.Duty // of the report, as they fall due
	Secret   string      // of the status link; only the first answer to a submission has it
	Replayed bool        // the same was received before: this is its answer
}

// Submit accepts a report from anybody, signed in or not, suspended or not. One transaction makes durable: the report,
// its sealed first version, the event with its evidence entry, the reporter's duties (the duty to report is met by it)
// and the transfers to the authorities (Provisions of 2021, art. 7 (2) and ¶2). Faults: Invalid with every broken rule,
// TooLarge, Forbidden, and Conflict for a key that was used for another request.
func (s *Service) Submit(ctx context.Context, by member.Actor, in Input) (Result, error) {
	if err := maySubmit(by, in); err != nil {
		return Result{}, err
	}
	in, err := s.checked(in, in.Flash)
	if err != nil {
		return Result{}, err
	}
	k := s.keysOf(by, in)
	if out, found, err := s.replay(ctx, k); found || err != nil {
		return out, err
	}
	secret, sum := newSecret()
	k.secret = sum
	out, err := s.accept(ctx, by, in, k)
	if db.Duplicate(err) && k.idempotency != "" { // the same request arrived twice at once, and the other was faster
		if out, found, err := s.replay(ctx, k); found || err != nil {
			return out, err
		}
	}
	if err != nil {
		return Result{}, fmt.Errorf("submit report: %w", err)
	}
	out.Secret = secret
	return s.receipted(ctx, out, out.Report.EventID)
}

func maySubmit(by member.Actor, in Input) error {
	if !by.Allows(member.ScopeReport) {
		return fault.Deny("fault.scope", member.ScopeReport)
	}
	if in.OnBehalfOf != "" && in.OnBehalfOf != by.OrgID && !by.Is(member.Analyst, member.DutyOfficer) {
		return fault.Deny("fault.role")
	}
	return nil
}

// checked returns the input as it is kept, or all rules that it breaks.
func (s *Service) checked(in Input, flash bool) (Input, error) {
	now := s.DB.Clock.Now()
	in.Content, in.Contact = in.Content.tidied(), tidy(in.Contact)
	var k fault.Check
	in.Content.checkStage(&k, flash)
	in.Content.checkForm(&k, now)
	k.That(in.Contact == "" || isEmail(in.Contact), "contact", "rule.email", "name@example.org")
	k.That(utf8.RuneCountInString(in.IdempotencyKey) <= shortText, "idempotency_key", "rule.too-long", "", shortText)
	k.That(in.OnBehalfOf == "" || uuid.Validate(in.OnBehalfOf) == nil, "on_behalf_of", "report.rule.organisation", "")
	if err := checkFiles(&k, in.Attachments); err != nil {
		return in, err
	}
	if err := k.Err(); err != nil {
		return in, err
	}
	return in, in.Content.checkSize()
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

// newSecret makes the secret of a status link and the digest by which it is found.
func newSecret() (secret string, sum []byte) {
	b := make([]byte, 20)
	rand.Read(b) //nolint:errcheck // never fails
	secret = "fsr_" + strings.ToLower(base32.StdEncoding.EncodeToString(b))
	return secret, secretSum(secret)
}

func secretSum(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// accept writes the report.
func (s *Service) accept(ctx context.Context, by member.Actor, in Input, k keys) (out Result, err error) {
	in.Content = in.Content.titled(by.Locale)
	w, err := in.Content.words()
	if err != nil {
		return out, err
	}
	files, err := s.keep(in.Attachments)
	if err != nil {
		return out, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return out, err
	}
	percent, _ := Completeness(in.Content)
	r := Report{ID: id.String(), OrgID: by.OrgID, AccountID: by.AccountID, Contact: in.Contact, Relation: in.Content.Relation, Flash: in.Flash,
		Version: 1, Completeness: percent, State: Received, LearnedAt: in.Content.LearnedAt, Content: in.Content}
	if in.OnBehalfOf != "" {
		r.OrgID = in.OnBehalfOf
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		r := r // a transaction may run twice
		org, err := s.orgOf(ctx, tx, r)
		if err != nil {
			return err
		}
		if r.Number, err = s.number(ctx, tx); err != nil {
			return err
		}
		r.ReceivedAt = tx.Now
		r.EventID, err = s.Events.Record(ctx, tx, by.By(), Submitted{ReportID: r.ID, Number: r.Number, Version: 1, OrgID: r.OrgID,
			LearnedAt: r.LearnedAt, ContentDigest: w.digest, Attachments: digests(files)})
		if err != nil {
			return err
		}
		if err := insertReport(ctx, tx, r, k); err != nil {
			return err
		}
		out.Report = r
		out.Duties, err = s.addStage(ctx, tx, r, org, w, r.EventID, files)
		return err
	})
	return out, err
}

// orgOf returns the reporting organisation, or the zero one for a report without.
func (s *Service) orgOf(ctx context.Context, tx *db.Tx, r Report) (member.Org, error) {
	if r.OrgID == "" {
		return member.Org{}, nil
	}
	org, err := s.members().OrgTx(ctx, tx, r.OrgID)
	if fault.Is(err, fault.NotFound) {
		return org, fault.FieldError("on_behalf_of", "report.rule.organisation", "")
	}
	return org, err
}

// members reads organisations; it is made of what this service has anyway.
func (s *Service) members() *member.Service {
	return &member.Service{DB: s.DB, Events: s.Events, Seal: s.Seal}
}

// number takes the next one of the year in Beijing.
func (s *Service) number(ctx context.Context, tx *db.Tx) (string, error) {
	year := tx.Now.In(calendar.Beijing()).Year()
	n, err := db.Next(ctx, tx, fmt.Sprintf("report/%d", year))
	return fmt.Sprintf("%s-R-%d-%06d", s.Prefix, year, n), err
}

// addStage writes what every stage brings beside the report's own row: the version, its files, the duties, the
// transfers. It returns the report's duties.
func (s *Service) addStage(ctx context.Context, tx *db.Tx, r Report, org member.Org, w words, eventID string, files []Attachment) ([]duty.Duty, error) {
	if err := s.insertVersion(ctx, tx, r.ID, r.Version, w, eventID); err != nil {
		return nil, err
	}
	if err := insertAttachments(ctx, tx, r.ID, files); err != nil {
		return nil, err
	}
	if err := s.owe(ctx, tx, r, org, eventID); err != nil {
		return nil, err
	}
	if err := s.queueTransfers(ctx, tx, r, org); err != nil {
		return nil, err
	}
	return s.Duties.ForReport(ctx, tx, r.ID)
}

// owe starts the duties that the facts of this stage give rise to and meets those that the report itself meets: the
// duty to report at the time of the first stage, the duty to tell the upstream provider when the reporter says so.
func (s *Service) owe(ctx context.Context, tx *db.Tx, r Report, org member.Org, eventID string) error {
	c := r.Content
	if _, err := s.Duties.Start(ctx, tx, r.ID, duty.Facts{OrgID: r.OrgID, Partner: org.Partner, Relation: c.Relation,
		Upstream: c.Upstream == "yes", LearnedAt: r.LearnedAt}); err != nil {
		return err
	}
	for _, rule := range []string{duty.RuleReport, duty.RulePartner} {
		if err := s.Duties.Meet(ctx, tx, r.ID, rule, r.ReceivedAt, r.EventID); err != nil {
			return err
		}
	}
	var first Told
	for _, t := range c.Told {
		if !t.At.Before(r.LearnedAt) && (first.At.IsZero() || t.At.Before(first.At)) {
			first = t
		}
	}
	if c.Upstream != "yes" || first.At.IsZero() {
		return nil
	}
	return s.Duties.Meet(ctx, tx, r.ID, duty.RuleUpstream, first.At, eventID)
}
