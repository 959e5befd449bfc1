// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/dryrun"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/rulebook"
)

// LawPackVersion is a version of a regime that came from outside.
type LawPackVersion struct {
	ID          string         `json:"id"`
	Pack        string         `json:"pack" doc:"regime@version"`
	Digest      string         `json:"digest" doc:"hex(SHA-256) of the file"`
	Signers     string         `json:"signers" doc:"names of the keys that signed it"`
	State       rulebook.State `json:"state" enum:"loaded,active,ending,retired,withdrawn"`
	LoadedBy    string         `json:"loaded_by"`
	LoadedAt    time.Time      `json:"loaded_at"`
	ActivatedBy string         `json:"activated_by,omitempty" doc:"another person"`
	ActivatedAt time.Time      `json:"activated_at,omitzero"`
	EndingBy    string         `json:"ending_by,omitempty" doc:"who wants it retired"`
	EndingAt    time.Time      `json:"ending_at,omitzero"`
	EndedBy     string         `json:"ended_by,omitempty"`
	EndedAt     time.Time      `json:"ended_at,omitzero"`
	Why         string         `json:"why,omitempty"`
}

func lawVersionOf(v rulebook.Version) LawPackVersion {
	return LawPackVersion{ID: v.ID, Pack: v.Ref(), Digest: v.Digest, Signers: v.Signers, State: v.State, LoadedBy: v.LoadedBy, LoadedAt: v.LoadedAt, ActivatedBy: v.ActivatedBy, ActivatedAt: v.ActivatedAt,
		EndingBy: v.EndingBy, EndingAt: v.EndingAt, EndedBy: v.EndedBy, EndedAt: v.EndedAt, Why: v.Why}
}

// LawPackFile is a pack to be loaded.
type LawPackFile struct {
	Text      string `json:"text" maxLength:"1048576" doc:"the pack, byte by byte as it was signed; the signed note may stand under it as comments"`
	Signature string `json:"signature,omitempty" maxLength:"8192" doc:"the signed note, when it does not stand under the pack"`
}

func (s *Server) lawVersionList(ctx context.Context, by member.Actor, _ *struct{}) (*reply[list[LawPackVersion]], error) {
	vs, err := s.Rulebook.Versions(ctx, by)
	return answer(lists(vs, "", lawVersionOf), err)
}

func (s *Server) lawVersionGet(ctx context.Context, by member.Actor, in *ByID) (*reply[LawPackVersion], error) {
	v, err := s.Rulebook.Version(ctx, by, in.ID)
	return answer(lawVersionOf(v), err)
}

func (s *Server) lawVersionText(ctx context.Context, by member.Actor, in *ByID) (*fileReply, error) {
	v, err := s.Rulebook.Version(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return &fileReply{"application/octet-stream", `attachment; filename="` + v.Regime + "-" + v.Version + `.yaml"`, v.Signed()}, nil
}

func (s *Server) lawVersionLoad(ctx context.Context, by member.Actor, in *body[LawPackFile]) (*reply[LawPackVersion], error) {
	v, err := s.Rulebook.Load(ctx, by, []byte(in.Body.Text), in.Body.Signature)
	return answer(lawVersionOf(v), err)
}

func (s *Server) lawVersionActivate(ctx context.Context, by member.Actor, in *ByID) (*reply[LawPackVersion], error) {
	v, err := s.Rulebook.Activate(ctx, by, in.ID)
	return answer(lawVersionOf(v), err)
}

func (s *Server) lawVersionWithdraw(ctx context.Context, by member.Actor, in *withBody[Reason]) (*reply[LawPackVersion], error) {
	v, err := s.Rulebook.Withdraw(ctx, by, in.ID, in.Body.Why)
	return answer(lawVersionOf(v), err)
}

func (s *Server) lawVersionRetire(ctx context.Context, by member.Actor, in *withBody[Reason]) (*reply[LawPackVersion], error) {
	v, err := s.Rulebook.Retire(ctx, by, in.ID, in.Body.Why)
	return answer(lawVersionOf(v), err)
}

// Confirmation ends a retirement that another person asked for.
type Confirmation struct {
	Stays bool `json:"stays,omitempty" doc:"let the version stay instead"`
}

func (s *Server) lawVersionConfirm(ctx context.Context, by member.Actor, in *withBody[Confirmation]) (*reply[LawPackVersion], error) {
	v, err := s.Rulebook.Confirm(ctx, by, in.ID, in.Body.Stays)
	return answer(lawVersionOf(v), err)
}

// LawPackTrial is a pack to be tried on what was reported in a time.
type LawPackTrial struct {
	Text string    `json:"text" maxLength:"1048576" doc:"the pack; it needs no signature"`
	From time.Time `json:"from" doc:"of learning"`
	To   time.Time `json:"to" doc:"of learning, itself not included"`
}

// TrialCounts are numbers of duties.
type TrialCounts struct {
	Added       int `json:"added"`
	Removed     int `json:"removed"`
	Earlier     int `json:"earlier"`
	Later       int `json:"later"`
	Moved       int `json:"moved" doc:"the same due time, another latest arguable one"`
	Same        int `json:"same"`
	NewlyLate   int `json:"newly_late" doc:"in time as the laws are, late by the candidate"`
	NewlyInTime int `json:"newly_in_time"`
	AddedLate   int `json:"added_late" doc:"of those added: late by what is on record; nobody was asked for it then"`
}

// TrialOrg is what a candidate does to one organisation's duties.
type TrialOrg struct {
	OrgID string `json:"organisation"`
	TrialCounts
}

// TrialSample shows one duty that changes.
type TrialSample struct {
	Effect    dryrun.Effect `json:"effect" enum:"added,removed,earlier,later,moved"`
	OrgID     string        `json:"organisation"`
	ReportID  string        `json:"report"`
	Rule      string        `json:"rule"`
	Before    string        `json:"before,omitempty" doc:"the sentence as the laws are"`
	After     string        `json:"after,omitempty" doc:"the sentence by the candidate"`
	DueBefore time.Time     `json:"due_before,omitzero"`
	DueAfter  time.Time     `json:"due_after,omitzero"`
	MetAt     time.Time     `json:"met_at,omitzero"`
	WasLate   bool          `json:"was_late"`
	IsLate    bool          `json:"is_late" doc:"by the candidate"`
}

// Trial is what a candidate would have changed.
type Trial struct {
	Pack          string    `json:"pack"`
	From          time.Time `json:"from"`
	To            time.Time `json:"to"`
	AsOf          time.Time `json:"as_of"`
	Headline      string    `json:"headline"`
	Reports       int       `json:"reports" doc:"looked at"`
	Reconstructed int       `json:"reconstructed" doc:"of them: their facts were put together after the fact"`
	Void          int       `json:"void" doc:"duties that were waived or did not exist, and are left out"`
	TrialCounts
	Organisations []TrialOrg    `json:"organisations" nullable:"false" doc:"those whose duties change, the most first"`
	AllOrgs       int           `json:"all_organisations"`
	Samples       []TrialSample `json:"samples" nullable:"false"`
	Until         time.Time     `json:"until,omitzero" doc:"the run was cut short here"`
}

func trialCounts(c dryrun.Counts) TrialCounts { return TrialCounts(c) }

func trialOf(p i18n.Printer, r dryrun.Result) Trial {
	return Trial{Pack: r.Pack, From: r.From, To: r.To, AsOf: r.AsOf, Headline: r.Headline(p), Reports: r.Reports, Reconstructed: r.Reconstructed, Void: r.Void, TrialCounts: trialCounts(r.Counts),
		Organisations: each(r.Orgs, func(o dryrun.OrgCounts) TrialOrg { return TrialOrg{o.OrgID, trialCounts(o.Counts)} }), AllOrgs: r.AllOrgs, Until: r.Until,
		Samples: each(r.Samples, func(x dryrun.Sample) TrialSample {
			out := TrialSample{Effect: x.Effect, OrgID: x.OrgID, ReportID: x.ReportID, Rule: x.Rule, DueBefore: x.Before.DueAt, DueAfter: x.After.DueAt, MetAt: x.MetAt, WasLate: x.WasLate, IsLate: x.IsLate}
			out.Before, out.After = x.Sentences(p)
			return out
		})}
}

func (s *Server) lawPackTry(ctx context.Context, by member.Actor, in *body[LawPackTrial]) (*reply[Trial], error) {
	r, err := s.DryRuns.Try(ctx, by, []byte(in.Body.Text), in.Body.From, in.Body.To)
	return answer(trialOf(printer(ctx), r), err)
}
