// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/report"
)

// Case is one vulnerability on its way.
type Case struct {
	ID          string       `json:"id"`
	Number      string       `json:"number" example:"FS-2021-000001"`
	State       string       `json:"state"`
	StateSince  time.Time    `json:"state_since"`
	Rev         int          `json:"rev" doc:"revision of the content; give it back when you edit"`
	Technical   string       `json:"technical,omitempty" doc:"GB/T 30279 technical grade" enum:",critical,high,medium,low"`
	Composite   string       `json:"composite,omitempty" doc:"GB/T 30279 composite grade" enum:",critical,high,medium,low"`
	Exploited   string       `json:"exploited,omitempty"`
	DuplicateOf string       `json:"duplicate_of,omitempty"`
	OpenedAt    time.Time    `json:"opened_at"`
	PublishedAt time.Time    `json:"published_at,omitzero"`
	Content     *CaseContent `json:"content,omitempty"`
	Next        []string     `json:"next,omitempty" doc:"states the case may move to"`
	Parties     []Party      `json:"parties,omitempty"`
	Grades      []Grade      `json:"grades,omitempty"`
	Notices     []Notice     `json:"notices,omitempty"`
}

// CaseContent is what the platform holds to be true of the vulnerability.
type CaseContent struct {
	Title         string      `json:"title" maxLength:"300"`
	TitleEN       string      `json:"title_en,omitempty" maxLength:"300"`
	Description   string      `json:"description,omitempty" maxLength:"20000"`
	DescriptionEN string      `json:"description_en,omitempty" maxLength:"20000"`
	CWE           string      `json:"cwe,omitempty" maxLength:"20"`
	Aliases       []string    `json:"aliases,omitempty" nullable:"false" maxItems:"50"`
	Affected      []Affected  `json:"affected,omitempty" nullable:"false" maxItems:"200"`
	Fix           string      `json:"fix,omitempty" maxLength:"20000"`
	FixEN         string      `json:"fix_en,omitempty" maxLength:"20000"`
	Workaround    string      `json:"workaround,omitempty" maxLength:"20000"`
	WorkaroundEN  string      `json:"workaround_en,omitempty" maxLength:"20000"`
	References    []Reference `json:"references,omitempty" nullable:"false" maxItems:"100"`
	Credits       []string    `json:"credits,omitempty" nullable:"false" maxItems:"50"`
}

// Reference points to something public.
type Reference struct {
	Kind string `json:"kind" enum:"advisory,article,detection,discussion,evidence,fix,introduced,package,report,web"`
	URL  string `json:"url" maxLength:"2000"`
}

func caseContentOf(c casework.Content) CaseContent {
	return CaseContent{Title: c.Title, TitleEN: c.TitleEN, Description: c.Description, DescriptionEN: c.DescriptionEN, CWE: c.CWE, Aliases: c.Aliases,
		Affected: each(c.Affected, func(a report.Affected) Affected { return Affected(a) }), Fix: c.Fix, FixEN: c.FixEN, Workaround: c.Workaround, WorkaroundEN: c.WorkaroundEN,
		References: each(c.References, func(r casework.Reference) Reference { return Reference(r) }), Credits: c.Credits}
}

func (c CaseContent) domain() casework.Content {
	return casework.Content{Title: c.Title, TitleEN: c.TitleEN, Description: c.Description, DescriptionEN: c.DescriptionEN, CWE: c.CWE, Aliases: c.Aliases,
		Affected: each(c.Affected, func(a Affected) report.Affected { return report.Affected(a) }), Fix: c.Fix, FixEN: c.FixEN, Workaround: c.Workaround, WorkaroundEN: c.WorkaroundEN,
		References: each(c.References, func(r Reference) casework.Reference { return casework.Reference(r) }), Credits: c.Credits}
}

// Party is an organisation that takes part in a case.
type Party struct {
	OrgID    string    `json:"organisation"`
	Relation string    `json:"relation"`
	Status   string    `json:"status"`
	Since    time.Time `json:"since"`
}

// Grade is one opinion on how grave a vulnerability is.
type Grade struct {
	Scheme    string    `json:"scheme" enum:"gbt30279-2020,cvss-3.0,cvss-3.1,cvss-4.0"`
	Vector    string    `json:"vector"`
	Value     string    `json:"value"`
	Score     string    `json:"score"`
	Rationale string    `json:"rationale,omitempty"`
	OrgID     string    `json:"organisation,omitempty"`
	At        time.Time `json:"at"`
}

// Notice tells the provider of an upstream product about the flaw in it.
type Notice struct {
	ID          string    `json:"id"`
	CaseID      string    `json:"case"`
	OrgID       string    `json:"organisation,omitempty"`
	Email       string    `json:"email,omitempty"`
	Text        string    `json:"text,omitempty"`
	SentAt      time.Time `json:"sent_at"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	OpenedAt    time.Time `json:"opened_at,omitzero"`
	AckedAt     time.Time `json:"acknowledged_at,omitzero"`
}

// Finding says that a product contains a vulnerability, and why.
type Finding struct {
	ProductID string   `json:"product"`
	OrgID     string   `json:"organisation"`
	Version   string   `json:"version"`
	Verdict   string   `json:"verdict" enum:"affected,check"`
	By        string   `json:"by" enum:"component,product"`
	Found     string   `json:"found"`
	Range     string   `json:"range"`
	Path      []string `json:"path,omitempty"`
	Note      string   `json:"note,omitempty" doc:"what could not be decided, in your language"`
}

func caseOf(c casework.Case) Case {
	content := caseContentOf(c.Content)
	return Case{ID: c.ID, Number: c.Number, State: string(c.State), StateSince: c.StateSince, Rev: c.Rev, Technical: c.Technical, Composite: c.Composite,
		Exploited: c.Exploited, DuplicateOf: c.DuplicateOf, OpenedAt: c.OpenedAt, PublishedAt: c.PublishedAt, Content: &content}
}

func caseRow(c casework.Case) Case {
	out := caseOf(c)
	out.Content = &CaseContent{Title: c.Content.Title, TitleEN: c.Content.TitleEN, Aliases: c.Content.Aliases}
	return out
}

func partyOf(p casework.Party) Party {
	return Party{OrgID: p.OrgID, Relation: string(p.Relation), Status: string(p.Status), Since: p.Since}
}

func gradeOf(g casework.Grade) Grade {
	return Grade{Scheme: g.Scheme, Vector: g.Vector, Value: g.Value, Score: g.Score, Rationale: g.Rationale, OrgID: g.OrgID, At: g.At}
}

func noticeOf(n casework.Notice) Notice {
	return Notice{ID: n.ID, CaseID: n.CaseID, OrgID: n.OrgID, Email: n.Email, Text: n.Text, SentAt: n.SentAt, DeliveredAt: n.DeliveredAt, OpenedAt: n.OpenedAt, AckedAt: n.AckedAt}
}

func findingOf(p i18n.Printer, f match.Finding) Finding {
	note := ""
	if f.Why.Note != "" {
		note = p.T(f.Why.Note)
	}
	return Finding{ProductID: f.ProductID, OrgID: f.OrgID, Version: f.Version, Verdict: string(f.Verdict), By: f.Why.By, Found: f.Why.Found, Range: f.Why.Range, Path: f.Why.Path, Note: note}
}
