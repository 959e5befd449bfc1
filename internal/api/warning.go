// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/warning"
)

// Warning is one warning.
type Warning struct {
	ID         string         `json:"id"`
	Number     string         `json:"number" example:"FS-W-2021-0001"`
	CaseID     string         `json:"case"`
	Revision   int            `json:"revision"`
	Rev        int            `json:"rev,omitempty" doc:"for staff: counts the changes of a draft; give it back when you edit, approve or release"`
	Kind       string         `json:"kind" enum:"original,amendment,raise,lowering,supersede,lift,recall" doc:"what the revision is"`
	Editorial  bool           `json:"editorial,omitempty" doc:"nothing significant has changed: every answer stands"`
	Exercise   bool           `json:"exercise,omitempty" doc:"it is an exercise: nothing has happened"`
	Territory  string         `json:"territory,omitempty" doc:"province for which it is issued; none for the whole country"`
	Level      string         `json:"level" enum:"red,orange,yellow,blue,notice"`
	TLP        string         `json:"tlp" enum:"CLEAR,GREEN,AMBER,AMBER+STRICT,RED" doc:"of the whole: the strictest of its parts"`
	State      string         `json:"state" enum:"draft,pending,released"`
	Content    WarningContent `json:"content"`
	RespondBy  time.Time      `json:"respond_by"`
	ReleasedAt time.Time      `json:"released_at,omitzero"`
	Yours      *Recipient     `json:"yours,omitempty" doc:"your organisation's copy"`
}

// WarningContent is what a warning says.
type WarningContent struct {
	Title      string `json:"title" maxLength:"300"`
	TitleEN    string `json:"title_en,omitempty" maxLength:"300"`
	Summary    string `json:"summary" maxLength:"20000"`
	SummaryEN  string `json:"summary_en,omitempty" maxLength:"20000"`
	Scope      string `json:"scope,omitempty" maxLength:"20000"`
	ScopeEN    string `json:"scope_en,omitempty" maxLength:"20000"`
	Measures   string `json:"measures" maxLength:"20000" doc:"one measure a line"`
	MeasuresEN string `json:"measures_en,omitempty" maxLength:"20000"`
	Issuer     string `json:"issuer,omitempty" maxLength:"300"`
	Phone      string `json:"phone,omitempty" maxLength:"300"`

	Basis  string        `json:"basis,omitempty" maxLength:"300" doc:"decision on which it is issued; a red warning needs that of the national office"`
	Labels WarningLabels `json:"labels,omitzero" doc:"labels of parts, where they differ from that of the rest"`
	Pack   WarningPack   `json:"pack,omitzero" doc:"what machines take in"`
	Leads  WarningLeads  `json:"leads,omitzero" doc:"sentences to the units of each wave, where they are not the platform's own; a unit is told that of its own wave alone"`
}

// WarningLeads are the sentences with which a warning turns to the units of each wave.
type WarningLeads struct {
	Affected   string `json:"affected,omitempty" maxLength:"300"`
	AffectedEN string `json:"affected_en,omitempty" maxLength:"300"`
	Sector     string `json:"sector,omitempty" maxLength:"300"`
	SectorEN   string `json:"sector_en,omitempty" maxLength:"300"`
	All        string `json:"all,omitempty" maxLength:"300"`
	AllEN      string `json:"all_en,omitempty" maxLength:"300"`
}

// WarningLabels are the TLP labels of a warning's parts.
type WarningLabels struct {
	Summary  string `json:"summary,omitempty" enum:"CLEAR,GREEN,AMBER,AMBER+STRICT,RED"`
	Measures string `json:"measures,omitempty" enum:"CLEAR,GREEN,AMBER,AMBER+STRICT,RED"`
	Pack     string `json:"pack,omitempty" enum:"CLEAR,GREEN,AMBER,AMBER+STRICT,RED"`
}

// WarningPack is the part of a warning that machines take in.
type WarningPack struct {
	Indicators []WarningIndicator `json:"indicators,omitempty" maxItems:"500"`
	Sigma      string             `json:"sigma,omitempty" maxLength:"40000"`
	YARA       string             `json:"yara,omitempty" maxLength:"40000"`
	Suricata   string             `json:"suricata,omitempty" maxLength:"40000"`
	Links      []string           `json:"links,omitempty" maxItems:"50"`
}

// WarningIndicator is a trace of an attack.
type WarningIndicator struct {
	Type  string `json:"type" enum:"ipv4,ipv6,domain,url,sha256,sha1,md5,email,file,registry"`
	Value string `json:"value" maxLength:"2000"`
}

func warningContentOf(c warning.Content) WarningContent {
	return WarningContent{Title: c.Title, TitleEN: c.TitleEN, Summary: c.Summary, SummaryEN: c.SummaryEN, Scope: c.Scope, ScopeEN: c.ScopeEN,
		Measures: c.Measures, MeasuresEN: c.MeasuresEN, Issuer: c.Issuer, Phone: c.Phone, Basis: c.Basis, Labels: WarningLabels(c.Labels), Pack: packOf(c.Pack), Leads: WarningLeads(c.Leads)}
}

func packOf(p warning.Pack) WarningPack {
	return WarningPack{Indicators: each(p.Indicators, func(x warning.Indicator) WarningIndicator { return WarningIndicator(x) }),
		Sigma: p.Sigma, YARA: p.YARA, Suricata: p.Suricata, Links: p.Links}
}

func (c WarningContent) content() warning.Content {
	p := c.Pack
	out := warning.Content{Title: c.Title, TitleEN: c.TitleEN, Summary: c.Summary, SummaryEN: c.SummaryEN, Scope: c.Scope, ScopeEN: c.ScopeEN,
		Measures: c.Measures, MeasuresEN: c.MeasuresEN, Issuer: c.Issuer, Phone: c.Phone, Basis: c.Basis, Labels: warning.Labels(c.Labels), Leads: warning.Leads(c.Leads),
		Pack: warning.Pack{Sigma: p.Sigma, YARA: p.YARA, Suricata: p.Suricata, Links: p.Links}}
	for _, x := range p.Indicators {
		out.Pack.Indicators = append(out.Pack.Indicators, warning.Indicator(x))
	}
	return out
}

// Recipient is one organisation's copy of a warning.
type Recipient struct {
	OrgID    string    `json:"organisation"`
	Revision int       `json:"revision"`
	Wave     int       `json:"wave" doc:"1 affected, 2 same sector, 3 all partner units"`
	Products int       `json:"products" doc:"of its products that match"`
	ReadAt   time.Time `json:"read_at,omitzero"`
	AckedAt  time.Time `json:"acknowledged_at,omitzero"`
	Answer   string    `json:"answer" enum:",checking,affected,not-affected,fixed"`
	Comment  string    `json:"comment,omitempty"`
	Assets   int       `json:"assets,omitempty"`
	FixedAt  time.Time `json:"fixed_at,omitzero"`

	Justification string `json:"justification,omitempty" doc:"of not-affected: why, in the terms of VEX"`
	SaidIn        int    `json:"answered_revision,omitempty" doc:"the revision that was answered"`
	Stands        bool   `json:"stands,omitempty" doc:"the answer was given to an earlier revision and holds for this one"`
	Was           string `json:"was,omitempty" doc:"the answer that this revision made void"`
	Because       string `json:"because,omitempty" enum:",range,unlisted,found,name,flaw,mitigation,supersede,recall" doc:"why it is void: please answer again"`
}

func recipientOf(r warning.Recipient) Recipient {
	out := Recipient{OrgID: r.OrgID, Revision: r.Revision, Wave: r.Wave, Products: r.Products, ReadAt: r.ReadAt, AckedAt: r.AckedAt, Answer: string(r.Answer),
		Comment: r.Comment, Assets: r.Assets, FixedAt: r.FixedAt, Justification: string(r.Justification), SaidIn: r.SaidIn, Stands: r.Carried == warning.Stands, Was: string(r.Was)}
	if !out.Stands {
		out.Because = r.Carried
	}
	return out
}

func warningOf(w warning.Warning, r *warning.Recipient) Warning {
	out := Warning{ID: w.ID, Number: w.Number, CaseID: w.CaseID, Revision: w.Revision, Kind: string(w.Kind), Editorial: !w.Significant, Exercise: w.Exercise,
		Territory: w.Territory, Level: string(w.Level), TLP: w.TLP, State: string(w.State),
		Content: warningContentOf(w.Content), RespondBy: w.RespondBy, ReleasedAt: w.ReleasedAt}
	if r == nil {
		out.Rev = w.Rev
		return out
	}
	x := recipientOf(*r)
	out.Yours = &x
	return out
}

type warningsInput struct {
	Page
	Part  string `query:"part" doc:"of your own: owed (not answered, checking, affected) or done; none for both" enum:",owed,done"`
	Own   bool   `query:"own" doc:"of your own: only those about your products"`
	Level string `query:"level" doc:"of your own" enum:",red,orange,yellow,blue,notice"`
}

func (s *Server) warningList(ctx context.Context, by member.Actor, in *warningsInput) (*reply[list[Warning]], error) {
	if by.Staff() {
		ws, next, err := s.Warnings.List(ctx, by, warning.Filter{After: in.After, Limit: in.Limit})
		return answer(lists(ws, next, func(w warning.Warning) Warning { return warningOf(w, nil) }), err)
	}
	items, next, err := s.Warnings.Mine(ctx, by, warning.Filter{After: in.After, Limit: in.Limit, Part: warning.Part(in.Part), Own: in.Own, Level: warning.Level(in.Level)})
	return answer(lists(items, next, func(i warning.Item) Warning { return warningOf(i.Warning, &i.Recipient) }), err)
}

// warningGet counts as reading: what a unit's program fetched, the unit has.
func (s *Server) warningGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Warning], error) {
	if !by.Staff() {
		if err := s.Warnings.Read(ctx, by, in.ID); err != nil {
			return nil, err
		}
	}
	w, r, err := s.Warnings.Get(ctx, by, in.ID)
	return answer(warningOf(w, r), err)
}

func (s *Server) warningDraft(ctx context.Context, by member.Actor, in *ByID) (*reply[Warning], error) {
	w, err := s.Warnings.Draft(ctx, by, in.ID)
	return answer(warningOf(w, nil), err)
}

// WarningEdit changes a draft.
type WarningEdit struct {
	Rev       int            `json:"rev" doc:"rev you edited; another one is a conflict"`
	Level     string         `json:"level" enum:"red,orange,yellow,blue,notice"`
	TLP       string         `json:"tlp" enum:"CLEAR,GREEN,AMBER,AMBER+STRICT,RED"`
	Content   WarningContent `json:"content"`
	RespondBy time.Time      `json:"respond_by"`
	Territory string         `json:"territory,omitempty" maxLength:"300" doc:"province for which it is issued, as members' regions are written; none for the whole country"`
}

func (s *Server) warningEdit(ctx context.Context, by member.Actor, in *withBody[WarningEdit]) (*reply[Warning], error) {
	b := in.Body
	w, err := s.Warnings.Edit(ctx, by, in.ID, warning.EditInput{Rev: b.Rev, Level: warning.Level(b.Level), TLP: b.TLP, Content: b.Content.content(), RespondBy: b.RespondBy, Territory: b.Territory})
	return answer(warningOf(w, nil), err)
}

func (s *Server) warningApprove(ctx context.Context, by member.Actor, in *withBody[Seen]) (*reply[Warning], error) {
	if err := s.Warnings.Approve(ctx, by, in.ID, in.Body.Rev); err != nil {
		return nil, err
	}
	return s.warningGet(ctx, by, &in.ByID)
}

func (s *Server) warningRelease(ctx context.Context, by member.Actor, in *withBody[Seen]) (*reply[Warning], error) {
	w, err := s.Warnings.Release(ctx, by, in.ID, in.Body.Rev)
	return answer(warningOf(w, nil), err)
}

// Target is one organisation that a release would reach.
type Target struct {
	OrgID    string    `json:"organisation"`
	Name     string    `json:"name"`
	Wave     int       `json:"wave"`
	Products int       `json:"products"`
	Channels []string  `json:"channels" nullable:"false"`
	Why      []Finding `json:"why" nullable:"false"`
}

func (s *Server) warningPreview(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Target]], error) {
	ts, err := s.Warnings.Preview(ctx, by, in.ID)
	p := printer(ctx)
	return answer(lists(ts, "", func(t warning.Target) Target {
		return Target{OrgID: t.Org.ID, Name: t.Org.Name(p.Lang()), Wave: t.Wave, Products: t.Products, Channels: each(t.Channels, func(c string) string { return c }),
			Why: each(t.Why, func(f match.Finding) Finding { return findingOf(p, f) })}
	}), err)
}

// WarningAnswer acknowledges a warning.
type WarningAnswer struct {
	Answer string `json:"answer" enum:"checking,affected,not-affected,fixed"`

	Justification string `json:"justification,omitempty" enum:"component_not_present,vulnerable_code_not_present,vulnerable_code_not_in_execute_path,vulnerable_code_cannot_be_controlled_by_adversary,inline_mitigations_already_exist" doc:"of not-affected, which needs one (VEX)"`

	Comment string `json:"comment,omitempty" maxLength:"5000"`
	Assets  int    `json:"assets,omitempty" minimum:"0" maximum:"1000000000" doc:"affected assets, as you count them"`
}

func (s *Server) warningAnswer(ctx context.Context, by member.Actor, in *withBody[WarningAnswer]) (*reply[Recipient], error) {
	r, err := s.Warnings.Acknowledge(ctx, by, in.ID, warning.AnswerInput{Answer: warning.Answer(in.Body.Answer), Justification: openvex.Justification(in.Body.Justification), Comment: in.Body.Comment, Assets: in.Body.Assets})
	return answer(recipientOf(r), err)
}
