// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/spreadsheet"
)

// Format of a board as a file.
type Format string

// The formats.
const (
	CSV  Format = "csv"  // for a spreadsheet: UTF-8 with a byte order mark, heads in the reader's language
	JSON Format = "json" // for a program: one document
)

// MediaType is the format's as HTTP names it.
func (f Format) MediaType() string {
	if f == CSV {
		return "text/csv; charset=utf-8; header=present"
	}
	return "application/json; charset=utf-8"
}

// FileName is what a board is saved as: warning, revision, and when the platform knew this.
func (f Format) FileName(number string, revision int, asOf time.Time) string {
	return fmt.Sprintf("%s-r%d-%s.%s", number, revision, asOf.In(calendar.Beijing()).Format("20060102-1504"), f)
}

func (f Format) check() error {
	if f != CSV && f != JSON {
		return fault.FieldError("format", "rule.one-of", string(CSV), list([]Format{CSV, JSON}))
	}
	return nil
}

// exportsAtOnce bounds how many boards are written at the same time: each holds one state of the database until it ends.
const exportsAtOnce = 4

var exporting = make(chan struct{}, exportsAtOnce)

// Export writes every unit that the query asks for, page by page as it is read, so that their number does not matter, all
// as of one moment. begin is told the file's name before the first byte. Access is as of Board. Faults: Invalid; Conflict
// before the first release; Limited when others are exporting.
func (s *Service) Export(ctx context.Context, by member.Actor, id string, q BoardQuery, f Format, p i18n.Printer, w io.Writer, begin func(name string)) error {
	if err := watcher(by); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	q.Limit, q.After = maxPage, ""
	q, _, err := q.checked()
	if err != nil {
		return err
	}
	select {
	case exporting <- struct{}{}:
		defer func() { <-exporting }()
	default:
		return &fault.Error{Kind: fault.Limited, Key: "warning.export-busy"}
	}
	out := bufio.NewWriterSize(w, 64<<10)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if q.Revision, err = outsideAs(ctx, tx, id, q.Revision); err != nil {
			return err
		}
		v, err := db.Get(ctx, tx, scanWarning, released+` WHERE v.warning_id = $1 AND v.revision = $2`, id, q.Revision)
		if err != nil {
			return err
		}
		begin(f.FileName(v.Number, q.Revision, tx.Now))
		var sheet unitSheet
		if f == CSV {
			sheet = csvUnits(out, p, tx.Now)
		} else {
			sheet = jsonUnits(out, p, v.Warning, tx.Now)
		}
		if err := s.eachRow(ctx, tx, q, id, sheet.row); err != nil {
			return err
		}
		return sheet.end()
	})
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("export the board of warning %s: %w", id, err)
	}
	return nil
}

// eachRow walks all rows of a board.
func (s *Service) eachRow(ctx context.Context, tx *db.Tx, q BoardQuery, id string, do func(Row) error) error {
	found, none, err := q.named(ctx, tx)
	if err != nil || none {
		return err
	}
	for after := (boardPlace{}); ; {
		rows, err := s.boardRows(ctx, tx, q, id, after, found)
		if err != nil {
			return err
		}
		more := len(rows) > q.Limit
		rows = rows[:min(len(rows), q.Limit)]
		if err := withDeliveries(ctx, tx, rows, subject(id, q.Revision)); err != nil {
			return err
		}
		for _, r := range rows {
			if err := do(r); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		last := rows[len(rows)-1].Recipient
		after = boardPlace{slices.Index(states, last.Answer), last.Wave, last.OrgID}
	}
}

// A unitSheet takes the rows of a board one by one.
type unitSheet struct {
	row func(Row) error
	end func() error
}

// A Unit is a row of a board as a program reads it.
type Unit struct {
	Organisation  string         `json:"organisation"`
	Name          string         `json:"name"`
	Sector        string         `json:"sector,omitempty"`
	Region        string         `json:"region,omitempty"`
	Revision      int            `json:"revision"`
	Wave          int            `json:"wave"`
	Products      int            `json:"products"`
	Answer        Answer         `json:"answer,omitempty"`
	Justification string         `json:"justification,omitempty"`
	Comment       string         `json:"comment,omitempty"`
	Assets        int            `json:"assets,omitempty"`
	Stands        bool           `json:"stands,omitempty"`  // given to an earlier revision, and holds
	Because       string         `json:"because,omitempty"` // why an earlier answer is void: one of Voids
	SentAt        time.Time      `json:"sent_at"`
	ReadAt        *time.Time     `json:"read_at,omitempty"`
	AnsweredAt    *time.Time     `json:"answered_at,omitempty"`
	FixedAt       *time.Time     `json:"fixed_at,omitempty"`
	Reminded      int            `json:"reminded,omitempty"`
	Deliveries    []UnitDelivery `json:"deliveries"`
}

// A UnitDelivery is what became of one message to a unit.
type UnitDelivery struct {
	Channel  string         `json:"channel"`
	State    delivery.State `json:"state"`
	Attempts int            `json:"attempts"`
	DoneAt   *time.Time     `json:"done_at,omitempty"`
}

func unitOf(p i18n.Printer, r Row) Unit {
	x := r.Recipient
	u := Unit{Organisation: r.Org.ID, Name: r.Org.Name(p.Lang()), Sector: r.Org.Sector, Region: r.Org.Region, Revision: x.Revision, Wave: x.Wave, Products: x.Products, Answer: x.Answer,
		Justification: string(x.Justification), Comment: x.Comment, Assets: x.Assets, Stands: x.Carried == Stands, SentAt: x.At.UTC(), ReadAt: some(x.ReadAt), AnsweredAt: some(x.AckedAt),
		FixedAt: some(x.FixedAt), Reminded: r.Reminded, Deliveries: []UnitDelivery{}}
	if !u.Stands {
		u.Because = x.Carried
	}
	for _, d := range r.Deliveries {
		u.Deliveries = append(u.Deliveries, UnitDelivery{d.Channel, d.State, d.Attempts, some(d.DoneAt)})
	}
	return u
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// jsonUnits writes one document: what it is about, then the units.
func jsonUnits(w io.Writer, p i18n.Printer, about Warning, asOf time.Time) unitSheet {
	head, err := json.Marshal(struct {
		Warning  string    `json:"warning"`
		Number   string    `json:"number"`
		Revision int       `json:"revision"`
		Level    Level     `json:"level"`
		AsOf     time.Time `json:"as_of"`
	}{about.ID, about.Number, about.Revision, about.Level, asOf.UTC()})
	if err == nil {
		_, err = fmt.Fprintf(w, `%s,"units":[`, head[:len(head)-1])
	}
	n := 0
	return unitSheet{
		row: func(r Row) error {
			if err != nil {
				return err
			}
			b, err := json.Marshal(unitOf(p, r))
			if err != nil {
				return err
			}
			sep := ","
			if n++; n == 1 {
				sep = ""
			}
			_, err = io.WriteString(w, sep+"\n"+string(b))
			return err
		},
		end: func() error {
			if err != nil {
				return err
			}
			_, err = io.WriteString(w, "\n]}\n")
			return err
		},
	}
}

// unitColumns are the columns of a board as CSV: "warning.export.<name>".
var unitColumns = []string{"name", "sector", "region", "wave", "products", "answer", "justification", "assets", "comment", "sent_at", "read_at", "answered_at", "fixed_at", "reminded", "deliveries", "revision", "organisation", "as_of"}

func csvUnits(w io.Writer, p i18n.Printer, asOf time.Time) unitSheet {
	s := spreadsheet.New(w)
	heads := make([]string, len(unitColumns))
	for i, name := range unitColumns {
		heads[i] = p.T("warning.export." + name)
	}
	err := s.Row(heads...)
	return unitSheet{
		row: func(r Row) error {
			if err != nil {
				return err
			}
			x := r.Recipient
			var ways []string
			for _, d := range r.Deliveries {
				ways = append(ways, p.T("warning.channel."+d.Channel)+" "+p.T("warning.delivery."+string(d.State)))
			}
			return s.Row(r.Org.Name(p.Lang()), r.Org.Sector, r.Org.Region, strconv.Itoa(x.Wave), strconv.Itoa(x.Products), p.T("warning.answer."+or(string(x.Answer), "none")),
				string(x.Justification), strconv.Itoa(x.Assets), x.Comment, stamp(x.At), stamp(x.ReadAt), stamp(x.AckedAt), stamp(x.FixedAt), strconv.Itoa(r.Reminded), strings.Join(ways, "; "),
				strconv.Itoa(x.Revision), x.OrgID, stamp(asOf))
		},
		end: s.Flush,
	}
}

// stamp writes a time with its offset, that of the zone in which the pages write them.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Beijing()).Format(time.RFC3339)
}

// ExportFigures writes a board's figures: of everybody, each wave and each sector, and how they came about over time. Access
// and faults are as of Export.
func (s *Service) ExportFigures(ctx context.Context, by member.Actor, id string, revision int, f Format, p i18n.Printer, w io.Writer, begin func(name string)) error {
	if err := f.check(); err != nil {
		return err
	}
	c, err := s.CoverageOf(ctx, by, id, revision)
	if err != nil {
		return err
	}
	var number string
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		number, err = db.Get(ctx, tx, db.Value[string], `SELECT number FROM warning WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("export the figures of warning %s: %w", id, err)
	}
	begin(f.FileName(number, c.Revision, c.AsOf))
	if f == JSON {
		return json.NewEncoder(w).Encode(FiguresOf(number, c))
	}
	t := spreadsheet.New(w)
	var heads []string
	for _, name := range []string{"part", "units", "reached", "read", "answered", "affected", "fixed", "as_of"} {
		heads = append(heads, p.T("warning.export."+name))
	}
	t.Row(heads...) //nolint:errcheck // Flush says it, here and below
	line := func(part string, x Cell, at time.Time) {
		t.Row(part, strconv.Itoa(x.Recipients), strconv.Itoa(x.Reached), strconv.Itoa(x.Read), strconv.Itoa(x.Answered), strconv.Itoa(x.Affected), strconv.Itoa(x.Fixed), stamp(at)) //nolint:errcheck // see above
	}
	for i, x := range c.Waves {
		line(p.T("warning.wave."+strconv.Itoa(i+1)), x, c.AsOf)
	}
	for _, x := range c.BySector {
		line(or(x.Name, p.T("warning.export.no-sector")), x.Cell, c.AsOf)
	}
	for _, x := range c.OverTime {
		t.Row(p.T("warning.export.all"), strconv.Itoa(c.Recipients), strconv.Itoa(x.Reached), strconv.Itoa(x.Read), strconv.Itoa(x.Answered), "", strconv.Itoa(x.Fixed), stamp(x.At)) //nolint:errcheck // see above
	}
	return t.Flush()
}

// BoardFigures are a coverage as a program reads it. Durations are seconds from the release.
type BoardFigures struct {
	Number     string                            `json:"number"`
	Revision   int                               `json:"revision"`
	ReleasedAt time.Time                         `json:"released_at"`
	AsOf       time.Time                         `json:"as_of"`
	All        BoardCell                         `json:"all"`
	Answers    map[Answer]int                    `json:"answers"`
	Waves      []BoardCell                       `json:"waves"`
	Sectors    []BoardCell                       `json:"sectors"`
	Deliveries map[string]map[delivery.State]int `json:"deliveries"`
	Reached    BoardTimes                        `json:"time_to_reach"`
	Replied    BoardTimes                        `json:"time_to_answer"`
	Fixed      BoardTimes                        `json:"time_to_fix"`
	OverTime   []BoardPoint                      `json:"over_time"`
}

// A BoardCell counts units of a wave or a sector.
type BoardCell struct {
	Name     string `json:"name,omitempty"`
	Units    int    `json:"units"`
	Reached  int    `json:"reached"`
	Read     int    `json:"read"`
	Answered int    `json:"answered"`
	Affected int    `json:"affected"`
	Fixed    int    `json:"fixed"`
}

// BoardTimes are Times in seconds.
type BoardTimes struct {
	Units int `json:"units"`
	P50   int `json:"p50"`
	P90   int `json:"p90"`
	Last  int `json:"last"`
}

// A BoardPoint is a Point.
type BoardPoint struct {
	At       time.Time `json:"at"`
	Reached  int       `json:"reached"`
	Read     int       `json:"read"`
	Answered int       `json:"answered"`
	Fixed    int       `json:"fixed"`
}

// FiguresOf is a coverage as a program reads it.
func FiguresOf(number string, c Coverage) BoardFigures {
	f := BoardFigures{Number: number, Revision: c.Revision, ReleasedAt: c.Released.UTC(), AsOf: c.AsOf.UTC(), Answers: c.Answered, Deliveries: c.Deliveries,
		Reached: c.Reached.figures(), Replied: c.Replied.figures(), Fixed: c.Fixed.figures(), Waves: []BoardCell{}, Sectors: []BoardCell{}, OverTime: []BoardPoint{}}
	for i, x := range c.Waves {
		f.Waves = append(f.Waves, x.figures(strconv.Itoa(i+1)))
		f.All = BoardCell{"", f.All.Units + x.Recipients, f.All.Reached + x.Reached, f.All.Read + x.Read, f.All.Answered + x.Answered, f.All.Affected + x.Affected, f.All.Fixed + x.Fixed}
	}
	for _, x := range c.BySector {
		f.Sectors = append(f.Sectors, x.Cell.figures(x.Name))
	}
	for _, x := range c.OverTime {
		f.OverTime = append(f.OverTime, BoardPoint{x.At.UTC(), x.Reached, x.Read, x.Answered, x.Fixed})
	}
	return f
}

func (c Cell) figures(name string) BoardCell {
	return BoardCell{name, c.Recipients, c.Reached, c.Read, c.Answered, c.Affected, c.Fixed}
}

func (t Times) figures() BoardTimes {
	return BoardTimes{t.N, int(t.P50.Seconds()), int(t.P90.Seconds()), int(t.Last.Seconds())}
}
