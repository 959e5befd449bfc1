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
	x, err := s.prepared(by, in)
	if err != nil {
		return Result{}, fmt.Errorf("submit report: %w", err)
	}
	err = s.accepting.Do(ctx, s.DB, x, s.accept)
	if x.known || db.Duplicate(err) && x.keys.idempotency != "" { // the same request was here before, or at the same time on another node
		if out, found, err := s.replay(ctx, x.keys); found || err != nil {
			return out, err
		}
	}
	if err != nil {
		return Result{}, fmt.Errorf("submit report: %w", err)
	}
	return s.receipted(ctx, Result{Report: x.report, Duties: x.duties, Secret: x.secret}, x.report.EventID)
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
