// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Imported is what an import of public records came to, in records: an advisory about several flaws is several.
type Imported struct {
	New     int             `json:"new" doc:"not known before"`
	Changed int             `json:"changed" doc:"known in another state"`
	Same    int             `json:"same" doc:"known as it is"`
	Older   int             `json:"older" doc:"known in a newer state"`
	Refused int             `json:"refused" doc:"documents that are no public record"`
	Leads   int             `json:"leads" doc:"leads that are new, for supervisors"`
	Reasons []ImportRefused `json:"reasons" nullable:"false" doc:"why, of the first that were refused"`
}

// ImportRefused says why a document is no public record.
type ImportRefused struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Lead says that public records thank a member for a find of which the platform holds no report by it. It is no finding.
type Lead struct {
	ID         string       `json:"id"`
	Number     string       `json:"number"`
	OrgID      string       `json:"organisation"`
	State      string       `json:"state" enum:"waiting,denied,asked,reported,dismissed,withdrawn,merged"`
	StateSince time.Time    `json:"state_since"`
	Confidence string       `json:"confidence" enum:"exact,likely,possible"`
	Title      string       `json:"title"`
	Idents     []string     `json:"identifiers" nullable:"false"`
	FoundAt    time.Time    `json:"found_at"`
	InquiryID  string       `json:"inquiry,omitempty"`
	ReportID   string       `json:"report,omitempty" doc:"the member's report about the find"`
	Signs      []LeadSign   `json:"signs" nullable:"false" doc:"why the records are thought to mean the member"`
	Anchors    []LeadAnchor `json:"anchors" nullable:"false" doc:"dates from which clocks may run, the proposed one first"`
	Sheet      *LeadSheet   `json:"evidence,omitempty" doc:"of one lead: what stands beside it"`
}

// LeadSign is one place of one record that seems to name the member.
type LeadSign struct {
	Record     string   `json:"record"`
	Field      string   `json:"field"`
	Text       string   `json:"text" doc:"what stands there"`
	Party      string   `json:"party" doc:"the stretch that was compared"`
	Role       string   `json:"role,omitempty"`
	Rule       string   `json:"rule" enum:"name,team,domain,affiliation,joined,inside,short-form,near,assigner"`
	Name       string   `json:"name" doc:"of the member, with which it was compared"`
	Source     string   `json:"source,omitempty" doc:"of an affiliation"`
	Confidence string   `json:"confidence" enum:"exact,likely,possible"`
	Why        string   `json:"why" doc:"the rule in words"`
	But        []string `json:"but,omitempty" doc:"what speaks against it, in words"`
}

// LeadAnchor is one date that a record gives.
type LeadAnchor struct {
	At     time.Time `json:"at"`
	What   string    `json:"what" enum:"discovered,reported,reserved,public"`
	Record string    `json:"record"`
	Field  string    `json:"field"`
	Text   string    `json:"text,omitempty" doc:"what the record writes beside it"`
	Why    string    `json:"why" doc:"what it shows, in words"`
}

// LeadSheet is what stands beside a lead.
type LeadSheet struct {
	Records  []LeadRecord `json:"records" nullable:"false"`
	Reports  []LeadReport `json:"reports" nullable:"false" doc:"of the member, around the find"`
	Relation string       `json:"relation" enum:"provider,embeds,operator,finder" doc:"of the member to the product, by the directory"`
	Partner  bool         `json:"partner"`
	Owed     []Duty       `json:"would_have_owed" nullable:"false" doc:"from the proposed anchor"`
	Words    []LeadWord   `json:"words" nullable:"false" doc:"what was said and done"`
}

// LeadRecord is one public record about the find.
type LeadRecord struct {
	ID          string    `json:"id"`
	Format      string    `json:"format" enum:"cve,osv,csaf"`
	Name        string    `json:"name"`
	URL         string    `json:"url"`
	Source      string    `json:"source" doc:"file name, as the importer gave it"`
	SHA256      string    `json:"sha256" doc:"of the JSON text, without white space around it"`
	ImportedAt  time.Time `json:"imported_at"`
	PublicAt    time.Time `json:"public_at,omitzero"`
	WithdrawnAt time.Time `json:"withdrawn_at,omitzero"`
	Kept        bool      `json:"kept" doc:"its bytes can be read"`
}

// LeadReport is a report of the member that may be about the find.
type LeadReport struct {
	ID         string    `json:"id"`
	Number     string    `json:"number"`
	ReceivedAt time.Time `json:"received_at"`
	LearnedAt  time.Time `json:"learned_at"`
	Why        []string  `json:"why" nullable:"false" doc:"alias, purl, product, time"`
}

// LeadWord is what was said about a lead.
type LeadWord struct {
	Kind string    `json:"kind" enum:"not-ours,dismissed,asked,reported,gone,back,merged"`
	By   string    `json:"by,omitempty" doc:"account; nobody for the platform itself"`
	At   time.Time `json:"at"`
	Text string    `json:"text,omitempty"`
}

func leadOf(p i18n.Printer, l credit.Lead) Lead {
	return Lead{ID: l.ID, Number: l.Number, OrgID: l.OrgID, State: string(l.State), StateSince: l.StateSince, Confidence: string(l.Confidence), Title: l.Title,
		Idents: each(l.Idents, func(s string) string { return s }), FoundAt: l.FoundAt, InquiryID: l.InquiryID, ReportID: l.ReportID,
		Signs: each(l.Signs, func(s credit.Sign) LeadSign {
			out := LeadSign{Record: s.Record, Field: s.Field, Text: s.Text, Party: s.Party, Role: s.Role, Rule: s.Rule, Name: s.Name, Source: s.Source, Confidence: string(s.Confidence),
				Why: p.T("credit.rule-of."+s.Rule, s.Party, s.Name)}
			for _, b := range s.But {
				out.But = append(out.But, p.T("credit.but."+b))
			}
			return out
		}),
		Anchors: each(l.Anchors, func(a credit.Anchor) LeadAnchor {
			return LeadAnchor{At: a.At, What: a.What, Record: a.Record, Field: a.Field, Text: a.Text, Why: p.T("credit.why." + a.What)}
		})}
}

func sheetOf(p i18n.Printer, x credit.Sheet) Lead {
	out := leadOf(p, x.Lead)
	out.Sheet = &LeadSheet{Relation: string(x.Relation), Partner: x.Partner, Owed: owedOf(p, x.Owed),
		Records: each(x.Records, func(r credit.Record) LeadRecord {
			return LeadRecord{ID: r.ID, Format: r.Format, Name: r.Name, URL: r.URL, Source: r.Source, SHA256: r.SHA256, ImportedAt: r.ImportedAt, PublicAt: r.PublicAt, WithdrawnAt: r.WithdrawnAt, Kept: r.Kept}
		}),
		Reports: each(x.Near, func(n credit.Near) LeadReport {
			return LeadReport{ID: n.ReportID, Number: n.Number, ReceivedAt: n.ReceivedAt, LearnedAt: n.LearnedAt, Why: n.Why}
		}),
		Words: each(x.Words, func(w credit.Word) LeadWord {
			return LeadWord{Kind: string(w.Kind), By: w.By, At: w.At, Text: w.Text}
		})}
	if out.Sheet.Relation == "" {
		out.Sheet.Relation = string(duty.Found)
	}
	return out
}

type creditImportInput struct {
	Source  string `query:"source" maxLength:"300" doc:"where the records come from: a file name, for the record"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) creditImport(ctx context.Context, by member.Actor, in *creditImportInput) (*reply[Imported], error) {
	r, err := s.Credits.Import(ctx, by, in.Source, in.RawBody)
	p := printer(ctx)
	return answer(Imported{New: r.New, Changed: r.Changed, Same: r.Same, Older: r.Older, Refused: r.Refused, Leads: r.Leads,
		Reasons: each(r.Reasons, func(x credit.Reason) ImportRefused { return ImportRefused{x.Name, p.T(string(x.Why))} })}, err)
}

type creditListInput struct {
	Page
	OrgID      string            `query:"organisation" maxLength:"64"`
	State      credit.State      `query:"state" enum:"waiting,denied,asked,reported,dismissed,withdrawn,merged"`
	Confidence credit.Confidence `query:"confidence" enum:"exact,likely,possible"`
}

func (s *Server) creditList(ctx context.Context, by member.Actor, in *creditListInput) (*reply[list[Lead]], error) {
	ls, next, err := s.Credits.List(ctx, by, credit.Filter{OrgID: in.OrgID, State: in.State, Confidence: in.Confidence, After: in.After, Limit: in.Limit})
	p := printer(ctx)
	return answer(lists(ls, next, func(l credit.Lead) Lead { return leadOf(p, l) }), err)
}

func (s *Server) creditGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Lead], error) {
	x, err := s.Credits.Get(ctx, by, in.ID)
	return answer(sheetOf(printer(ctx), x), err)
}

type creditRecordInput struct {
	ByID
	Record string `path:"record" maxLength:"64" doc:"id of the record"`
}

func (s *Server) creditRecord(ctx context.Context, by member.Actor, in *creditRecordInput) (*fileReply, error) {
	_, body, err := s.Credits.Body(ctx, by, in.ID, in.Record)
	if err != nil {
		return nil, err
	}
	return &fileReply{"application/octet-stream", "attachment", body}, nil
}

// Asking opens the inquiry of a lead.
type Asking struct {
	Anchor   time.Time `json:"anchor,omitzero" doc:"when the member may have known; the proposed date when left out"`
	Question string    `json:"question,omitempty" maxLength:"80000" doc:"the neutral standard question when left out"`
}

func (s *Server) creditAsk(ctx context.Context, by member.Actor, in *withBody[Asking]) (*reply[Lead], error) {
	l, err := s.Credits.Ask(ctx, by, in.ID, in.Body.Anchor, in.Body.Question)
	return answer(leadOf(printer(ctx), l), err)
}

// Dismissal ends a lead without a question.
type Dismissal struct {
	Why      string `json:"why" maxLength:"20000"`
	Stranger bool   `json:"stranger,omitempty" doc:"the spellings do not mean the member: make no leads of them any more"`
}

func (s *Server) creditDismiss(ctx context.Context, by member.Actor, in *withBody[Dismissal]) (*reply[Lead], error) {
	l, err := s.Credits.Dismiss(ctx, by, in.ID, in.Body.Why, in.Body.Stranger)
	return answer(leadOf(printer(ctx), l), err)
}

func (s *Server) creditDeny(ctx context.Context, by member.Actor, in *withBody[Reason]) (*reply[Lead], error) {
	l, err := s.Credits.Deny(ctx, by, in.ID, in.Body.Why)
	return answer(leadOf(printer(ctx), l), err)
}
