// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/spreadsheet"
)

// Format of an export.
type Format string

// The formats.
const (
	CSV   Format = "csv"   // for a spreadsheet: UTF-8 with a byte order mark, heads in the reader's language
	JSONL Format = "jsonl" // for a program: one JSON object a line
)

// MediaType is the format's as HTTP names it.
func (f Format) MediaType() string {
	if f == CSV {
		return "text/csv; charset=utf-8; header=present"
	}
	return "application/jsonl; charset=utf-8"
}

// exportsAtOnce bounds how many exports read at the same time: each holds one state of the database until it ends.
const exportsAtOnce = 4

var exporting = make(chan struct{}, exportsAtOnce)

// Export writes everything that the query asks for, row by row as it is read, so that its size does not matter. All of it
// is as of one moment, of which begin is told before the first byte. Access is as of Overview. Faults: Invalid, Limited
// when others are exporting.
func (s *Service) Export(ctx context.Context, by member.Actor, q Query, f Format, p i18n.Printer, w io.Writer, begin func(asOf time.Time)) error {
	if f != CSV && f != JSONL {
		return fault.FieldError("format", "duty.format-unknown", string(CSV))
	}
	if _, err := q.checked(by); err != nil {
		return err
	}
	select {
	case exporting <- struct{}{}:
		defer func() { <-exporting }()
	default:
		return &fault.Error{Kind: fault.Limited, Key: "duty.export-busy"}
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	var out sheet
	start := func(asOf time.Time) {
		begin(asOf)
		if out = jsonSheet(buffered, p, asOf); f == CSV {
			out = csvSheet(buffered, p, asOf)
		}
	}
	err := s.Walk(ctx, by, q, start, func(e Entry) error { return out(e) })
	if err != nil {
		return err
	}
	return buffered.Flush()
}

// A sheet takes the entries one by one.
type sheet func(Entry) error

// A Line is an entry as JSON Lines have it.
type Line struct {
	ID           string     `json:"id"`
	Number       string     `json:"number,omitempty"` // of the report
	Organisation string     `json:"organisation"`
	OrgName      string     `json:"organisation_name"`
	Rule         string     `json:"rule"`
	Name         string     `json:"name"`
	Law          string     `json:"law"`
	Article      string     `json:"article"`
	Pack         string     `json:"pack"`
	Force        string     `json:"force"`
	State        string     `json:"state"`
	Anchor       string     `json:"anchor"`
	AnchorAt     *time.Time `json:"anchor_at,omitempty"`
	DueAt        *time.Time `json:"due_at,omitempty"`    // strict reading
	LatestAt     *time.Time `json:"latest_at,omitempty"` // latest arguable reading
	Soft         bool       `json:"soft,omitempty"`
	MetAt        *time.Time `json:"met_at,omitempty"`
	EndedAt      *time.Time `json:"ended_at,omitempty"` // waived, or void
	RecordedAt   time.Time  `json:"recorded_at"`
	Sentence     string     `json:"sentence"`
	AsOf         time.Time  `json:"as_of"`
}

// LineOf is an entry as it was known at asOf, in the printer's language.
func LineOf(p i18n.Printer, e Entry, asOf time.Time) Line {
	return Line{ID: e.ID, Number: e.Number, Organisation: e.OrgID, OrgName: e.Name(p.Lang()), Rule: e.Rule, Name: Label(p, e.Rule), Law: e.Law, Article: e.Article,
		Pack: e.Pack, Force: string(e.Force), State: string(e.StateAt(asOf)), Anchor: e.Anchor, AnchorAt: some(e.AnchorAt), DueAt: some(e.DueAt), LatestAt: some(e.LatestAt),
		Soft: e.Soft, MetAt: some(e.MetAt), EndedAt: some(e.VoidAt), RecordedAt: e.CreatedAt.UTC(), Sentence: Tell(p, e.Duty, asOf), AsOf: asOf.UTC()}
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func jsonSheet(w io.Writer, p i18n.Printer, asOf time.Time) sheet {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e Entry) error { return enc.Encode(LineOf(p, e, asOf)) }
}

// columnNames are the columns of a CSV export: "duty.export.<name>".
var columnNames = []string{"number", "organisation", "duty", "law", "article", "force", "state", "anchor_at", "due_at", "latest_at", "met_at", "ended_at", "recorded_at",
	"sentence", "as_of", "rule", "pack", "organisation_id", "id"}

// csvSheet writes a sheet. Times carry their offset, that of the zone in which the pages write them.
func csvSheet(w io.Writer, p i18n.Printer, asOf time.Time) sheet {
	out := spreadsheet.New(w)
	heads := make([]string, len(columnNames))
	for i, name := range columnNames {
		heads[i] = p.T("duty.export." + name)
	}
	err := out.Row(heads...)
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(calendar.Beijing()).Format(time.RFC3339)
	}
	return func(e Entry) error {
		if err != nil {
			return err
		}
		err = out.Row(e.Number, e.Name(p.Lang()), Label(p, e.Rule), e.Law, e.Article, p.T("duty.force."+string(e.Force)), p.T("duty.state."+string(e.StateAt(asOf))),
			at(e.AnchorAt), at(e.DueAt), at(e.LatestAt), at(e.MetAt), at(e.VoidAt), at(e.CreatedAt), Tell(p, e.Duty, asOf), at(asOf), e.Rule, e.Pack, e.OrgID, e.ID)
		if err == nil {
			err = out.Flush() // into the buffer around it
		}
		return err
	}
}

// FileName is what an export is saved as: it says when the register knew this.
func FileName(f Format, asOf time.Time) string {
	return "duty-register-" + asOf.In(calendar.Beijing()).Format("20060102-1504") + "." + string(f)
}
