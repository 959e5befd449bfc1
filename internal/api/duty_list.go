// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/ical"
)

type dutyListInput struct {
	Open bool `query:"open" doc:"only those not yet met"`
}

func (s *Server) dutyList(ctx context.Context, by member.Actor, in *dutyListInput) (*reply[list[Duty]], error) {
	ds, err := s.Duties.Owed(ctx, by, by.OrgID, in.Open)
	p, now := printer(ctx), s.Clock.Now()
	return answer(lists(ds, "", func(d duty.Duty) Duty { return dutyOf(p, d, now) }), err)
}

// RegisterFilter narrows the register. Empty parameters ask for everything.
type RegisterFilter struct {
	Law          string    `query:"law" doc:"short name of a law" example:"RMSV 2021" maxLength:"100"`
	Rule         string    `query:"rule" doc:"stored name of a duty" example:"rmsv-7-2-report" maxLength:"100"`
	Organisation string    `query:"organisation" doc:"id; without it everybody's that you may see" maxLength:"64"`
	Name         string    `query:"name" doc:"a part of the organisation's name" maxLength:"100"`
	Side         string    `query:"side" doc:"members: what organisations owe by law; platform: the platform's own clocks" maxLength:"20"`
	Force        string    `query:"force" doc:"mandatory, contractual, encouraged or policy" maxLength:"20"`
	State        string    `query:"state" doc:"one state, or 'open' for all that still has to be done" maxLength:"20"`
	From         time.Time `query:"from" doc:"due, by the strict reading, at or after"`
	Until        time.Time `query:"until" doc:"due, by the strict reading, before"`
	AsOf         time.Time `query:"as_of" doc:"what the register said at that time; without it, now"`
	Sort         string    `query:"sort" doc:"due, -due, -anchor or -recorded; due is the default" maxLength:"20"`
}

func (f RegisterFilter) query() duty.Query {
	return duty.Query{Law: f.Law, Rule: f.Rule, OrgID: f.Organisation, Org: f.Name, Side: duty.Side(f.Side), Force: duty.Force(f.Force), State: duty.State(f.State), From: f.From, Until: f.Until,
		AsOf: f.AsOf, Sort: duty.Sort(f.Sort)}
}

type registerInput struct {
	RegisterFilter
	Page
}

// Register is a page of the register with what the whole answer holds.
type Register struct {
	AsOf   time.Time      `json:"as_of" doc:"what the register knew at that time; later events are left out"`
	Counts map[string]int `json:"counts" doc:"entries of the whole answer by state; 10000 says that there are more than 9999"`
	Items  []RegisterLine `json:"items" nullable:"false"`
	Next   string         `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
}

// RegisterLine is a duty, and whose it is.
type RegisterLine struct {
	Duty
	Number  string     `json:"number,omitempty" doc:"of the report that it follows from"`
	OrgID   string     `json:"organisation"`
	OrgName string     `json:"organisation_name"`
	OwedTo  string     `json:"owed_to,omitempty" doc:"'reporter': a clock of the platform itself"`
	EndedAt *time.Time `json:"ended_at,omitempty" doc:"waived, or found not to apply"`
}

func (s *Server) dutyRegister(ctx context.Context, by member.Actor, in *registerInput) (*reply[Register], error) {
	q := in.query()
	q.After, q.Limit = in.After, in.Limit
	o, err := s.Duties.Overview(ctx, by, q)
	p := printer(ctx)
	out := Register{AsOf: o.AsOf, Counts: map[string]int{}, Next: o.Next, Items: each(o.Entries, func(e duty.Entry) RegisterLine { return lineOf(p, e, o.AsOf) })}
	for _, c := range o.Counts {
		out.Counts[string(c.State)] = c.N
	}
	return answer(out, err)
}

func lineOf(p i18n.Printer, e duty.Entry, asOf time.Time) RegisterLine {
	out := RegisterLine{Duty: dutyOf(p, e.Duty, asOf), Number: e.Number, OrgID: e.OrgID, OrgName: e.Name(p.Lang()), OwedTo: e.OwedTo}
	out.Sentence = duty.Tell(p, e.Duty, asOf)
	if !e.VoidAt.IsZero() {
		out.EndedAt = &e.VoidAt
	}
	return out
}

type exportInput struct {
	RegisterFilter
	Format string `query:"format" doc:"csv: for a spreadsheet, heads in your language; jsonl: one JSON object a line" default:"csv" maxLength:"20"`
}

func (s *Server) dutyExport(a huma.API) func(context.Context, member.Actor, *exportInput) (*stream, error) {
	return func(_ context.Context, by member.Actor, in *exportInput) (*stream, error) {
		f := duty.Format(in.Format)
		return s.file(a, f.MediaType(), func(ctx context.Context, w io.Writer, begin func(string)) error {
			return s.Duties.Export(ctx, by, in.query(), f, printer(ctx), w, func(asOf time.Time) { begin(duty.FileName(f, asOf)) })
		}), nil
	}
}

func (s *Server) dutyCalendar(ctx context.Context, by member.Actor, _ *struct{}) (*stream, error) {
	c, err := s.Duties.Calendar(ctx, by, printer(ctx))
	if err != nil {
		return nil, err
	}
	return &stream{func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", ical.MediaType)
		ctx.SetHeader("Content-Disposition", `attachment; filename="fengsui-duties.ics"`)
		ctx.SetStatus(http.StatusOK)
		c.WriteTo(ctx.BodyWriter()) //nolint:errcheck // the reader may have gone
	}}, nil
}
