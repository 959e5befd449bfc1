// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Ask opens the inquiry of a lead: a question to the member, with the records as evidence. anchor is when the member may
// have known; a zero one takes the proposed date. text is the question; an empty one is put neutrally. For supervisors
// of other organisations. Faults: Conflict when a question was asked already, or the lead waits for none.
func (s *Service) Ask(ctx context.Context, by member.Actor, id string, anchor time.Time, text string) (l Lead, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if l, err = s.led(ctx, tx, by, id); err != nil {
			return err
		}
		if l.InquiryID != "" {
			return fault.Clash("credit.asked-already")
		}
		if !CanMove(l.State, Asked) {
			return fault.Clash("credit.cannot-move", string(l.State), string(Asked))
		}
		return s.ask(ctx, tx, by, &l, anchor, text)
	})
	if err != nil {
		return Lead{}, fmt.Errorf("ask about lead: %w", err)
	}
	return l, nil
}

// OnFound opens the inquiry of a new lead by itself when nothing is left to judge.
func (s *Service) OnFound(ctx context.Context, e Found) error { return s.askItself(ctx, e.LeadID) }

// OnChanged does the same when a further record has made a lead sure.
func (s *Service) OnChanged(ctx context.Context, e Changed) error { return s.askItself(ctx, e.LeadID) }

// askItself asks when the member is named beyond doubt, a date is known, and something binding would have been owed from
// it. A question presumes nothing; whatever follows it is decided by people.
func (s *Service) askItself(ctx context.Context, id string) error {
	if !s.Auto {
		return nil
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		l, err := s.byID(ctx, tx, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		a, dated := l.Proposed()
		if l.State != Waiting || l.InquiryID != "" || l.Confidence != Exact || !dated || a.At.After(tx.Now) {
			return nil
		}
		rs, err := recordsOf(ctx, tx, l.FindID)
		if err != nil {
			return err
		}
		if _, _, owed, err := s.owed(ctx, tx, l.OrgID, rs, a.At); err != nil || !binding(owed) {
			return err
		}
		o, err := s.Members.OrgTx(ctx, tx, l.OrgID)
		if err != nil || o.Status != member.Active && o.Status != member.Suspended {
			return err
		}
		return s.ask(ctx, tx, member.System(), &l, time.Time{}, "")
	})
}

func (s *Service) ask(ctx context.Context, tx *db.Tx, by member.Actor, l *Lead, anchor time.Time, text string) error {
	x, err := s.sheet(ctx, tx, *l)
	if err != nil {
		return err
	}
	if a, ok := l.Proposed(); ok && anchor.IsZero() && !a.At.After(tx.Now) {
		anchor = a.At
	}
	if strings.TrimSpace(text) == "" {
		o, err := s.Members.OrgTx(ctx, tx, l.OrgID)
		if err != nil {
			return err
		}
		text = question(x, o, anchor)
	}
	was := l.State
	l.InquiryID, err = s.Compliance.OpenInquiryTx(ctx, tx, by, compliance.Question{OrgID: l.OrgID, Text: text, Anchor: anchor, Evidence: evidence(x)})
	if err != nil {
		return err
	}
	if err := l.moveTo(Asked); err != nil {
		return err
	}
	if err := s.say(ctx, tx, by, *l, SaysAsked, ""); err != nil {
		return err
	}
	if err := s.updateLead(ctx, tx, l, was); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Questioned{l.on(), l.InquiryID})
	return err
}

// question puts the question in both languages, English first for organisations abroad.
func question(x Sheet, o member.Org, anchor time.Time) string {
	ps := []i18n.Printer{i18n.For(i18n.Chinese), i18n.For(i18n.English)}
	if o.Country != "" && o.Country != "CN" {
		ps[0], ps[1] = ps[1], ps[0]
	}
	var parts []string
	for _, p := range ps {
		parts = append(parts, p.T("credit.question", strings.Join(x.Idents, p.T("web.comma")), quoted(x.Signs), p.Date(anchor)))
	}
	return strings.Join(parts, "\n\n")
}

// quoted is what the surest sign's place says.
func quoted(ss []Sign) string {
	if len(ss) == 0 {
		return ""
	}
	best := ss[0]
	for _, s := range ss {
		if s.Confidence.rank() < best.Confidence.rank() {
			best = s
		}
	}
	return best.Text
}

// evidence are the records that name the member, each with what it says and where, and the reports near the find.
func evidence(x Sheet) (out []compliance.Evidence) {
	for _, r := range x.Records {
		var says []string
		for _, s := range x.Signs {
			if s.RecordID == r.ID {
				says = append(says, s.Field+": "+s.Text)
			}
		}
		if len(says) > 0 && !r.withdrawn {
			slices.Sort(says)
			out = append(out, compliance.Evidence{Kind: compliance.EvidenceURL, Ref: r.URL,
				Remark: r.Name + " · " + strings.Join(slices.Compact(says), " · ") + " · SHA-256 " + r.SHA256 + " · " + r.ImportedAt.UTC().Format(time.RFC3339)})
		}
	}
	out = out[:min(len(out), 50)]
	for _, n := range x.Near[:min(len(x.Near), 20)] {
		if slices.ContainsFunc(n.Why, func(w string) bool { return w != NearTime }) {
			out = append(out, compliance.Evidence{Kind: compliance.EvidenceReport, Ref: n.Number, Remark: strings.Join(n.Why, ", ")})
		}
	}
	return out
}
