// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Form is a receiver's form, filled in from a report.
type Form struct {
	Pack         string      `json:"pack" example:"cnvd"`
	Version      string      `json:"version" doc:"of the pack"`
	Receiver     string      `json:"receiver" doc:"in your language"`
	Form         string      `json:"form"`
	Site         string      `json:"site"`
	Jurisdiction string      `json:"jurisdiction" doc:"outside CN, undisclosed details need a decision first (RMSV art. 9(7))"`
	Confidence   string      `json:"confidence" enum:"found,secondary,memory"`
	Source       string      `json:"source" doc:"from which the form is known"`
	Note         string      `json:"note"`
	Stage        int         `json:"stage" doc:"version of the report that fills it in"`
	Fields       []FormField `json:"fields" nullable:"false" doc:"in the receiver's order"`
	Duties       []Duty      `json:"duties" nullable:"false" doc:"what handing it in meets"`
	Done         []Filing    `json:"done" nullable:"false" doc:"how it was handed in"`
}

// FormField is one field of a form.
type FormField struct {
	ID         string `json:"id"`
	LabelZH    string `json:"label_zh"`
	LabelEN    string `json:"label_en"`
	Need       string `json:"need" enum:"required,if_available,optional,carried"`
	State      string `json:"state" enum:"ready,missing,absent,by-hand" doc:"by-hand: this platform does not hold it"`
	Value      string `json:"value,omitempty" doc:"in the receiver's words, within its limit"`
	Whole      string `json:"whole,omitempty" doc:"the value before it was cut to the limit"`
	Limit      int    `json:"limit,omitempty" doc:"characters that the receiver takes, as far as known"`
	Enter      string `json:"enter,omitempty" doc:"where what is missing is entered: a field of the report, or 'settings'"`
	Hint       string `json:"hint,omitempty"`
	Confidence string `json:"confidence" enum:"found,secondary,memory"`
}

// Filing says that a form was handed in.
type Filing struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Number     string    `json:"number,omitempty" doc:"that the receiver gave"`
	Note       string    `json:"note,omitempty"`
	Stage      int       `json:"stage" doc:"version of the report"`
	Proof      string    `json:"proof,omitempty" doc:"name of the file that shows it"`
	SHA256     string    `json:"sha256,omitempty" doc:"of the proof; it stands in the evidence log"`
	RecordedAt time.Time `json:"recorded_at"`
}

func (s *Server) filingList(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Form]], error) {
	sheets, err := s.Filings.List(ctx, by, in.ID)
	p, now := printer(ctx), s.Clock.Now()
	return answer(lists(sheets, "", func(x filing.Sheet) Form { return formOf(p, x, now) }), err)
}

// ByForm names a report and a receiver's form.
type ByForm struct {
	ByID
	Pack string `path:"pack" doc:"id of a pack" maxLength:"64" example:"cnvd"`
}

func (s *Server) filingGet(ctx context.Context, by member.Actor, in *ByForm) (*reply[Form], error) {
	x, err := s.Filings.Get(ctx, by, in.ID, in.Pack)
	if err != nil {
		return nil, err
	}
	return answer(formOf(printer(ctx), x, s.Clock.Now()), nil)
}

func formOf(p i18n.Printer, x filing.Sheet, now time.Time) Form {
	return Form{Pack: x.ID, Version: x.Version, Receiver: x.Receiver.In(p), Form: x.Form.In(p), Site: x.Site, Jurisdiction: x.Jurisdiction, Confidence: string(x.Confidence),
		Source: x.Source, Note: x.Note.In(p), Stage: x.Report.Version,
		Fields: each(x.Fields, func(f filing.Filled) FormField {
			return FormField{ID: f.ID, LabelZH: f.Label.ZH, LabelEN: f.Label.EN, Need: string(f.Need), State: string(f.State), Value: f.Value, Whole: f.Whole, Limit: f.Limit,
				Enter: f.Where, Hint: f.Hint.In(p), Confidence: string(x.Sure(f))}
		}),
		Duties: each(x.Duties, func(d duty.Duty) Duty { return dutyOf(p, d, now) }),
		Done:   each(x.Done, filingOf)}
}

func filingOf(f filing.Filing) Filing {
	return Filing{ID: f.ID, At: f.At, Number: f.Number, Note: f.Note, Stage: f.Stage, Proof: f.Proof.Name, SHA256: f.Proof.SHA256, RecordedAt: f.RecordedAt}
}
