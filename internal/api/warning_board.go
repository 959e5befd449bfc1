// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// BoardFilter narrows the rows of a warning's board.
type BoardFilter struct {
	ByID
	Revision int    `query:"revision" doc:"a released revision; none for the newest" minimum:"0"`
	Answer   string `query:"answer" enum:",silent,affected,checking,not-affected,fixed"`
	Wave     int    `query:"wave" doc:"1 affected, 2 same sector, 3 all partner units; none for all" minimum:"0" maximum:"3"`
	Sector   string `query:"sector" doc:"- for units without one" maxLength:"100"`
	Channel  string `query:"channel" doc:"units that a message goes to on it" maxLength:"100"`
	Delivery string `query:"delivery" doc:"units of which a message is in this state; inbox: to whom nothing else goes" enum:",queued,delivered,failed,superseded,inbox"`
	Search   string `query:"search" doc:"a part of the unit's name" maxLength:"100"`
}

func (f BoardFilter) query() warning.BoardQuery {
	return warning.BoardQuery{Revision: f.Revision, Answer: f.Answer, Wave: f.Wave, Sector: f.Sector, Channel: f.Channel, Delivery: f.Delivery, Search: f.Search}
}

type boardInput struct {
	BoardFilter
	Page
}

// WarnedMember is one recipient of a warning with what became of each delivery.
type WarnedMember struct {
	Name       string     `json:"name" doc:"in your language"`
	Sector     string     `json:"sector,omitempty"`
	Recipient  Recipient  `json:"recipient"`
	Reminded   int        `json:"reminded,omitempty" doc:"step of the time limit, in per cent, that it reached in silence"`
	Deliveries []Delivery `json:"deliveries" nullable:"false"`
	Lines      []CallLine `json:"lines" nullable:"false" doc:"of who is silent: whom to call, in this order"`
}

func (s *Server) warningRecipients(ctx context.Context, by member.Actor, in *boardInput) (*reply[list[WarnedMember]], error) {
	q := in.query()
	q.After, q.Limit = in.After, in.Limit
	rows, next, err := s.Warnings.Board(ctx, by, in.ID, q)
	p := printer(ctx)
	return answer(lists(rows, next, func(r warning.Row) WarnedMember {
		return WarnedMember{Name: r.Org.Name(p.Lang()), Sector: r.Org.Sector, Recipient: recipientOf(r.Recipient), Reminded: r.Reminded, Deliveries: each(r.Deliveries, deliveryOf(p)),
			Lines: each(r.Lines, func(l duty.CallLine) CallLine { return CallLine{l.To, string(l.Post), l.Name, l.Phone} })}
	}), err)
}

// Coverage is how far a warning has come.
type Coverage struct {
	Recipients int            `json:"recipients"`
	Read       int            `json:"read"`
	Answered   int            `json:"answered"`
	Answers    map[string]int `json:"answers"`

	Figures warning.BoardFigures `json:"figures" doc:"by wave and sector, over time, and how long it took; durations are seconds from the release"`
}

type revisionInput struct {
	ByID
	Revision int `query:"revision" doc:"a released revision; none for the newest" minimum:"0"`
}

func (s *Server) warningCoverage(ctx context.Context, by member.Actor, in *revisionInput) (*reply[Coverage], error) {
	c, err := s.Warnings.CoverageOf(ctx, by, in.ID, in.Revision)
	if err != nil {
		return nil, err
	}
	w, _, err := s.Warnings.Get(ctx, by, in.ID)
	out := Coverage{Recipients: c.Recipients, Read: c.Read, Answers: map[string]int{}, Figures: warning.FiguresOf(w.Number, c)}
	for a, n := range c.Answered {
		out.Answers[string(a)] = n
		out.Answered += n
	}
	return answer(out, err)
}

type boardExportInput struct {
	BoardFilter
	Format string `query:"format" doc:"csv: for a spreadsheet, heads in your language; json: one document" default:"csv" maxLength:"20"`
	Part   string `query:"part" doc:"units: each with its answer and its messages; figures: by wave and sector, and over time" enum:"units,figures" default:"units"`
}

// document says that the JSON of a streamed operation is one object.
func document(o huma.Operation) huma.Operation {
	o.Responses["200"].Content["application/json"].Schema.Type = huma.TypeObject
	return o
}

// warningExport writes a board as a file, as long as it may be.
func (s *Server) warningExport(a huma.API) func(context.Context, member.Actor, *boardExportInput) (*stream, error) {
	return func(_ context.Context, by member.Actor, in *boardExportInput) (*stream, error) {
		f := warning.Format(in.Format)
		return s.file(a, f.MediaType(), func(ctx context.Context, w io.Writer, begin func(string)) error {
			if in.Part == "figures" {
				return s.Warnings.ExportFigures(ctx, by, in.ID, in.Revision, f, printer(ctx), w, begin)
			}
			return s.Warnings.Export(ctx, by, in.ID, in.query(), f, printer(ctx), w, begin)
		}), nil
	}
}

// WarningPeers is how a warning is doing among your peers. Counts are lower bounds: rounded down to a multiple of k.
type WarningPeers struct {
	Revision int          `json:"revision"`
	AsOf     time.Time    `json:"as_of"`
	K        int          `json:"k" doc:"every count is rounded down to a multiple of it, and stands for that many units at least"`
	Sector   string       `json:"sector,omitempty" doc:"yours"`
	Own      *WarningPeer `json:"own,omitempty" doc:"your sector; absent when it, or what remains without it, is too few"`
	All      *WarningPeer `json:"everybody,omitempty" doc:"absent when too few"`
}

// WarningPeer is a cell as peers see it.
type WarningPeer struct {
	Units    int `json:"units" doc:"at least"`
	Answered int `json:"answered" doc:"at least"`
	Fixed    int `json:"fixed" doc:"at least"`
	Median   int `json:"median_within,omitempty" doc:"half of the counted answers came within as many seconds: one of 3600, 14400, 43200, 86400, 259200, 604800; -1 when it took longer"`
}

func peerOf(p *warning.Peer) *WarningPeer {
	if p == nil {
		return nil
	}
	out := &WarningPeer{p.Units, p.Answered, p.Fixed, int(p.Median.Seconds())}
	if p.Median == warning.Longer {
		out.Median = -1
	}
	return out
}

func (s *Server) warningPeers(ctx context.Context, by member.Actor, in *ByID) (*reply[WarningPeers], error) {
	p, err := s.Warnings.Peers(ctx, by, in.ID)
	return answer(WarningPeers{p.Revision, p.AsOf, p.K, p.Sector, peerOf(p.Own), peerOf(p.All)}, err)
}
