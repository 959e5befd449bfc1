// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/member"
)

// words is a text from the command line or, as @FILE ('@-' is standard input), from a file.
func (c *client) words(s string) (string, error) {
	path, ok := strings.CutPrefix(s, "@")
	if !ok {
		return s, nil
	}
	b, err := c.read(path)
	return string(b), err
}

type inquiryOpenCmd struct {
	Organisation string    `help:"Id of the organisation." required:""`
	Question     string    `help:"What is asked; @FILE reads it." required:""`
	Anchor       time.Time `help:"When it may have learnt of the matter: proposed, not presumed." placeholder:"2021-11-24T10:00:00+08:00"`
	Evidence     []string  `help:"KIND=REF, KIND being duty, report, case or url; may be repeated." required:"" sep:"none"`
}

// Help is the example.
func (inquiryOpenCmd) Help() string {
	return "Example:\n  fengsui inquiry open --organisation 0197… --question 'When did you learn of it?' --evidence url=https://advisories.example.org/17"
}

// Run opens.
func (o *inquiryOpenCmd) Run(ctx context.Context, c *client) error {
	in := api.InquiryQuestion{OrgID: o.Organisation, Anchor: o.Anchor}
	var err error
	if in.Question, err = c.words(o.Question); err != nil {
		return err
	}
	for _, e := range o.Evidence {
		kind, ref, ok := strings.Cut(e, "=")
		if !ok {
			return usage{fmt.Errorf("--evidence %s: it has no KIND=", e)}
		}
		in.Evidence = append(in.Evidence, api.InquiryEvidence{Kind: kind, Ref: ref})
	}
	var x api.Inquiry
	if err := c.call(ctx, "POST", "/inquiries", in, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) { fmt.Fprintf(w, "opened %s  %s\n", x.Number, x.ID) })
}

type inquiryServeCmd struct {
	ID    string `arg:"" help:"Id of the inquiry."`
	Text  string `help:"Text of the notice; @FILE reads it." xor:"what"`
	Days  int    `help:"Working days for the statement." default:"10"`
	Again bool   `help:"Serve again a notice that reached nobody." xor:"what"`
	How   string `help:"With --again: how it was handed over otherwise."`
}

// Help is the example.
func (inquiryServeCmd) Help() string {
	return "Example:\n  fengsui inquiry serve 0197… --text @notice.txt --days 15"
}

// Run serves.
func (s *inquiryServeCmd) Run(ctx context.Context, c *client) error {
	if s.Again {
		return c.inquiry(ctx, "POST", s.ID, "service", api.ServiceAgain{How: s.How})
	}
	text, err := c.words(s.Text)
	if err != nil {
		return err
	}
	return c.inquiry(ctx, "POST", s.ID, "notice", api.FormalNotice{Text: text, Days: s.Days})
}

type inquiryStateCmd struct {
	ID     string    `arg:"" help:"Id of the inquiry."`
	Text   string    `help:"Your statement; @FILE reads it." required:""`
	Anchor time.Time `help:"When you learnt of the matter, if you contest the proposed time." placeholder:"2021-11-24T10:00:00+08:00"`
}

// Help is the example.
func (inquiryStateCmd) Help() string {
	return "Example:\n  fengsui inquiry state 0197… --text @statement.txt"
}

// Run states.
func (s *inquiryStateCmd) Run(ctx context.Context, c *client) error {
	text, err := c.words(s.Text)
	if err != nil {
		return err
	}
	return c.inquiry(ctx, "POST", s.ID, "statements", api.OwnStatement{Text: text, Anchor: s.Anchor})
}

type inquiryContestCmd struct {
	ID    string `arg:"" help:"Id of the inquiry."`
	About string `help:"The line: anchor, delivery, evidence/N, duty/ID." required:""`
	Text  string `help:"Your objection, with reasons; @FILE reads it." required:""`
}

// Help is the example.
func (inquiryContestCmd) Help() string {
	return "Example:\n  fengsui inquiry contest 0197… --about anchor --text 'We learnt of it on the 29th.'"
}

// Run contests.
func (x *inquiryContestCmd) Run(ctx context.Context, c *client) error {
	text, err := c.words(x.Text)
	if err != nil {
		return err
	}
	return c.inquiry(ctx, "POST", x.ID, "objections", api.InquiryContest{About: x.About, Text: text})
}

type inquirySettleCmd struct {
	ID        string `arg:"" help:"Id of the inquiry."`
	Objection string `help:"Id of the objection." required:""`
	Accept    bool   `help:"It is right."`
	Text      string `help:"The answer, with reasons; @FILE reads it." required:""`
}

// Help is the example.
func (inquirySettleCmd) Help() string {
	return "Example:\n  fengsui inquiry settle 0197… --objection 0197… --accept --text 'You are right.'"
}

// Run answers an objection.
func (s *inquirySettleCmd) Run(ctx context.Context, c *client) error {
	text, err := c.words(s.Text)
	if err != nil {
		return err
	}
	return c.inquiry(ctx, "POST", s.ID, "objection-answers", api.InquiryObjectionAnswer{Objection: s.Objection, Accepted: s.Accept, Text: text})
}

// decisionFlags are what a decision should be.
type decisionFlags struct {
	Outcome    string    `help:"dismissed, warning, restriction or suspension."`
	Months     int       `help:"Of a restriction or suspension."`
	From       time.Time `help:"In effect from; at once when left out." placeholder:"2022-01-01T00:00:00+08:00"`
	Deferred   bool      `help:"The effect waits until the decision is final."`
	Reasons    string    `help:"The reasons; @FILE reads them."`
	Duty       []string  `help:"Id of a row of the duty register to annex; may be repeated."`
	Without    []string  `help:"What a restriction takes away; may be repeated." placeholder:"general-warnings"`
	Conditions string    `help:"What is to be mended."`
	Publish    string    `help:"When everybody may read it: final, effect, never (warnings)."`
	PublicZH   string    `help:"Reasons for the public, in Chinese; @FILE reads them." name:"public-zh"`
	PublicEN   string    `help:"The same in English." name:"public-en"`
}

func (d decisionFlags) proposal(c *client) (p api.ProposedDecision, err error) {
	p = api.ProposedDecision{Outcome: compliance.Outcome(d.Outcome), Months: d.Months, EffectiveFrom: d.From, Deferred: d.Deferred, Duties: d.Duty, Conditions: d.Conditions,
		Publish: compliance.Publication(d.Publish), PublicEN: d.PublicEN}
	for _, w := range d.Without {
		p.Without = append(p.Without, member.Capability(w))
	}
	if p.Reasons, err = c.words(d.Reasons); err != nil {
		return p, err
	}
	p.PublicZH, err = c.words(d.PublicZH)
	return p, err
}

type inquiryProposeCmd struct {
	ID            string `arg:"" help:"Id of the inquiry."`
	decisionFlags `embed:""`
}

// Help is the example.
func (inquiryProposeCmd) Help() string {
	return "Example:\n  fengsui inquiry propose 0197… --outcome suspension --months 6 --reasons @reasons.txt --public-zh @public.txt --duty 0197…"
}

// Run proposes.
func (p *inquiryProposeCmd) Run(ctx context.Context, c *client) error {
	in, err := p.proposal(c)
	if err != nil {
		return err
	}
	return c.inquiry(ctx, "POST", p.ID, "decisions", in)
}

type inquirySignCmd struct {
	ID       string `arg:"" help:"Id of the inquiry."`
	Decision string `help:"Id of the decision that you have read." required:""`
}

// Help is the example.
func (inquirySignCmd) Help() string {
	return "Example:\n  fengsui inquiry sign 0197… --decision 0197…"
}

// Run signs.
func (s *inquirySignCmd) Run(ctx context.Context, c *client) error {
	return c.inquiry(ctx, "POST", s.ID, "sign", api.Signature{Decision: s.Decision})
}

type inquiryRefuseCmd struct {
	ID  string `arg:"" help:"Id of the inquiry."`
	Why string `help:"The reason; @FILE reads it." required:""`
}

// Help is the example.
func (inquiryRefuseCmd) Help() string {
	return "Example:\n  fengsui inquiry refuse 0197… --why 'The second row is not theirs.'"
}

// Run refuses.
func (r *inquiryRefuseCmd) Run(ctx context.Context, c *client) error {
	return c.reasoned(ctx, r.ID, "refuse", r.Why)
}

// reasoned posts a reason.
func (c *client) reasoned(ctx context.Context, id, verb, why string) error {
	text, err := c.words(why)
	if err != nil {
		return err
	}
	return c.inquiry(ctx, "POST", id, verb, api.Reason{Why: text})
}

type inquiryAppealCmd struct {
	ID      string `arg:"" help:"Id of the inquiry."`
	Grounds string `help:"Why the decision is wrong; @FILE reads it." required:""`
}

// Help is the example.
func (inquiryAppealCmd) Help() string {
	return "Example:\n  fengsui inquiry appeal 0197… --grounds @appeal.txt"
}

// Run appeals.
func (a *inquiryAppealCmd) Run(ctx context.Context, c *client) error {
	text, err := c.words(a.Grounds)
	if err != nil {
		return err
	}
	return c.inquiry(ctx, "POST", a.ID, "appeal", api.OwnAppeal{Grounds: text})
}

type inquiryAnswerCmd struct {
	ID            string `arg:"" help:"Id of the inquiry."`
	Text          string `help:"The answer, with reasons; @FILE reads it." required:""`
	Annul         bool   `help:"The decision falls." xor:"how"`
	Revise        bool   `help:"A milder one comes in its place, when a second person signs it." xor:"how"`
	decisionFlags `embed:""`
}

// Help is the example.
func (inquiryAnswerCmd) Help() string {
	return "Example:\n  fengsui inquiry answer 0197… --text 'In part.' --revise --outcome suspension --months 2 --reasons 'Shorter.'"
}

// Run answers an appeal.
func (a *inquiryAnswerCmd) Run(ctx context.Context, c *client) error {
	text, err := c.words(a.Text)
	if err != nil {
		return err
	}
	in := api.AppealAnswer{Annul: a.Annul, Text: text}
	if a.Revise {
		p, err := a.proposal(c)
		if err != nil {
			return err
		}
		in.Revise = &p
	}
	return c.inquiry(ctx, "POST", a.ID, "answer", in)
}

type inquiryRectifyCmd struct {
	ID   string `arg:"" help:"Id of the inquiry."`
	Text string `help:"What you have mended; @FILE reads it." required:""`
}

// Help is the example.
func (inquiryRectifyCmd) Help() string {
	return "Example:\n  fengsui inquiry rectify 0197… --text @mended.txt"
}

// Run reports.
func (r *inquiryRectifyCmd) Run(ctx context.Context, c *client) error {
	text, err := c.words(r.Text)
	if err != nil {
		return err
	}
	return c.inquiry(ctx, "POST", r.ID, "rectifications", api.OwnRectification{Text: text})
}

type inquiryReinstateCmd struct {
	ID  string `arg:"" help:"Id of the inquiry."`
	Why string `help:"The reason; @FILE reads it." required:""`
}

// Help is the example.
func (inquiryReinstateCmd) Help() string {
	return "Example:\n  fengsui inquiry reinstate 0197… --why 'All conditions are met.'"
}

// Run ends a sanction early.
func (r *inquiryReinstateCmd) Run(ctx context.Context, c *client) error {
	return c.reasoned(ctx, r.ID, "end", r.Why)
}
