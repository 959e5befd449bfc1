// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/web/look"
	"github.com/fengsui/fengsui/internal/web/picture"
)

// boardView is the board of a warning: what is asked of it, and the answer.
type boardView struct {
	Warning   warning.Warning   // the revision that is shown
	Revisions []warning.Warning // all that were released, newest first
	Query     warning.BoardQuery
	Coverage  warning.Coverage
	Rows      []warning.Row
	Next      string
}

const boardRows = 50

// warningBoard is the delivery and acknowledgement board.
func (s *Server) warningBoard(v *view) error {
	q, err := v.boardQuery()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	x := boardView{Query: q}
	w, _, err := s.Warnings.Get(v.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if x.Coverage, err = s.Warnings.CoverageOf(v.Context(), v.Actor, id, q.Revision); err != nil {
		return err
	}
	if x.Rows, x.Next, err = s.Warnings.Board(v.Context(), v.Actor, id, q); err != nil {
		return err
	}
	if x.Revisions, err = s.Warnings.Revisions(v.Context(), v.Actor, w.ID); err != nil {
		return err
	}
	i := slices.IndexFunc(x.Revisions, func(r warning.Warning) bool { return r.Revision == x.Coverage.Revision })
	if i < 0 {
		return fault.Missing()
	}
	x.Warning = x.Revisions[i]
	return v.ok(warningBoardPage(v, x))
}

// boardQuery reads what is asked of a board.
func (v *view) boardQuery() (q warning.BoardQuery, err error) {
	x := v.URL.Query()
	q = warning.BoardQuery{Answer: x.Get("answer"), Sector: x.Get("sector"), Channel: x.Get("channel"), Delivery: x.Get("delivery"), Search: x.Get("q"), After: x.Get("after"), Limit: boardRows}
	for name, to := range map[string]*int{"revision": &q.Revision, "wave": &q.Wave} {
		if s := x.Get(name); s != "" {
			if *to, err = strconv.Atoi(s); err != nil {
				return q, fault.FieldError(name, "warning.rule.number", "1")
			}
		}
	}
	return q, nil
}

// boardHref is the board asked the same but for the pairs of names and values.
func (v *view) boardHref(path string, pairs ...string) string {
	x := url.Values{}
	for name, values := range v.URL.Query() {
		if name != "after" && len(values) > 0 && values[0] != "" {
			x.Set(name, values[0])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			x.Del(pairs[i])
		} else {
			x.Set(pairs[i], pairs[i+1])
		}
	}
	if len(x) == 0 {
		return path
	}
	return path + "?" + x.Encode()
}

func boardPath(id string) string { return "/warnings/" + pathEscape(id) + "/board" }

// boardCount is a number of units, and the way to their rows.
type boardCount struct {
	N, Word, Tone, Href string
	On                  bool
}

// boardTally counts units by their answer, who is silent first; each leads to its rows.
func (v *view) boardTally(x boardView) (out []boardCount) {
	c := x.Coverage
	add := func(name, word, tone string, n int) {
		t := boardCount{N: v.P.Number(n), Word: word, Tone: tone, Href: v.boardHref(boardPath(x.Warning.ID), "answer", name), On: x.Query.Answer == name}
		if t.On { // a second click takes the choice back
			t.Href = v.boardHref(boardPath(x.Warning.ID), "answer", "")
		}
		if n == 0 {
			t.Tone = look.Off
		}
		out = append(out, t)
	}
	add(warning.NoAnswer, v.T("warning.answer.none"), look.Bad, c.Recipients-answered(c))
	for _, a := range []warning.Answer{warning.AffectedYes, warning.Checking, warning.AffectedNo, warning.FixedAll} {
		add(string(a), v.answerWord(a), look.Plain, c.Answered[a])
	}
	return out
}

// times says how long something took: half, nine in ten, the last.
func (v *view) times(t warning.Times) (out []look.Stat) {
	for _, x := range []struct {
		key string
		d   time.Duration
	}{{"p50", t.P50}, {"p90", t.P90}, {"last", t.Last}} {
		s := look.Stat{Label: v.T("web.board." + x.key), Value: "—"}
		if t.N > 0 {
			s.Value = v.P.Span(x.d)
		}
		out = append(out, s)
	}
	return out
}

// coverage is the chart of how a warning reached units, was read, answered and mended over time.
func (v *view) coverage(w warning.Warning, c warning.Coverage) string {
	curves := []picture.Curve{{Class: "reached", Label: v.T("web.board.reached")}, {Class: "read", Label: v.T("web.warning.read")},
		{Class: "answered", Label: v.T("web.warning.answered-n")}, {Class: "fixed", Label: v.T("warning.answer.fixed")}}
	t := picture.CoverageTexts{Title: v.T("web.warning.chart"), All: v.T("web.warning.units", c.Recipients), Due: v.T("web.warning.limit")}
	at := make([]time.Time, len(c.OverTime))
	for i, p := range c.OverTime {
		at[i] = p.At
		for j, n := range []int{p.Reached, p.Read, p.Answered, p.Fixed} {
			curves[j].N = append(curves[j].N, n)
		}
	}
	if n := len(at); n > 0 {
		last := c.OverTime[n-1]
		t.From, t.To = v.P.DateTime(at[0]), v.P.DateTime(at[n-1])
		t.Desc = v.T("web.warning.chart.desc", last.Read, last.Answered, last.Fixed, c.Recipients)
	}
	return picture.Coverage("coverage", at, curves, c.Recipients, w.RespondBy, t)
}

// answered is how many units have answered at all.
func answered(c warning.Coverage) (n int) {
	for _, x := range c.Answered {
		n += x
	}
	return n
}

// failedMessages is how many messages have failed for good.
func failedMessages(c warning.Coverage) (n int) {
	for _, states := range c.Deliveries {
		n += states[delivery.Failed]
	}
	return n
}

// parts are a cell as a bar: fixed, otherwise answered, read only, reached only; the rest is empty.
func parts(c warning.Cell) look.Parts {
	read := max(c.Read-c.Answered, 0)
	return look.Parts{Of: c.Recipients, N: []int{c.Fixed, c.Answered - c.Fixed, read, max(c.Reached-c.Answered-read, 0)}}
}

// sectorsByNeed puts the sectors first in which most units are silent.
func sectorsByNeed(c warning.Coverage) []warning.Sector {
	out := slices.Clone(c.BySector)
	slices.SortStableFunc(out, func(a, b warning.Sector) int { return b.Recipients - b.Answered - (a.Recipients - a.Answered) })
	return out
}

func (v *view) boardStates() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}, {Value: warning.NoAnswer, Label: v.T("warning.answer.none")}}
	for _, a := range []warning.Answer{warning.AffectedYes, warning.Checking, warning.AffectedNo, warning.FixedAll} {
		out = append(out, look.Option{Value: string(a), Label: v.answerWord(a)})
	}
	return out
}

func (v *view) boardWaves() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for wave := warning.WaveAffected; wave <= warning.WaveAll; wave++ {
		out = append(out, look.Option{Value: strconv.Itoa(wave), Label: v.T("web.warning.wave." + strconv.Itoa(wave))})
	}
	return out
}

func (v *view) boardSectors(c warning.Coverage) []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for _, s := range c.BySector {
		o := look.Option{Value: s.Name, Label: v.sector(s.Name)}
		if s.Name == "" {
			o = look.Option{Value: warning.NoSector, Label: v.T("web.board.no-sector")}
		}
		out = append(out, o)
	}
	return out
}

func (v *view) boardChannels(c warning.Coverage) []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for _, name := range channelsOf(c) {
		out = append(out, look.Option{Value: name, Label: v.T("warning.channel." + name)})
	}
	return out
}

// channelsOf are the channels on which something was sent, mail and webhook first.
func channelsOf(c warning.Coverage) (out []string) {
	for _, name := range destination.Channels {
		if len(c.Deliveries[name]) > 0 {
			out = append(out, name)
		}
	}
	return out
}

func (v *view) boardDeliveries() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for _, s := range []delivery.State{delivery.Failed, delivery.Queued, delivery.Delivered, delivery.Superseded} {
		out = append(out, look.Option{Value: string(s), Label: v.T("warning.delivery." + string(s))})
	}
	return append(out, look.Option{Value: warning.InboxOnly, Label: v.T("web.warning.inbox-only")})
}

// firstLine is the first who is to be called, with a telephone number, or nil.
func firstLine(ls []duty.CallLine) *duty.CallLine {
	for i := range ls {
		if ls[i].Phone != "" {
			return &ls[i]
		}
	}
	return nil
}

// silence says for how long a unit has been silent, and how far its silence has climbed.
func (v *view) silence(r warning.Row) string {
	s := v.T("web.board.silent-for", v.P.Span(v.Now.Sub(r.Recipient.At)))
	if r.Reminded > 0 {
		s += v.T("web.comma") + v.T("web.board.reminded."+strconv.Itoa(r.Reminded))
	}
	return s
}

// warningExport is a board as a file: its units, or its figures.
func (s *Server) warningExport(v *view) error {
	q, err := v.boardQuery()
	if err != nil {
		return err
	}
	f, id := warning.Format(v.URL.Query().Get("format")), v.PathValue("id")
	return s.streamed(v, f.MediaType(), func(ctx context.Context, w io.Writer, begin func(string)) error {
		if v.URL.Query().Get("part") == "figures" {
			return s.Warnings.ExportFigures(ctx, v.Actor, id, q.Revision, f, v.P, w, begin)
		}
		return s.Warnings.Export(ctx, v.Actor, id, q, f, v.P, w, begin)
	})
}
