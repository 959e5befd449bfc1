// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/spec/ical"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

// dutyList is what the member's organisation owes.
func (s *Server) dutyList(v *view) error { return s.dutyListShow(v, "") }

func (s *Server) dutyListShow(v *view, secret string) error {
	ds, err := s.Duties.Owed(v.Context(), v.Actor, v.Actor.OrgID, false)
	if err != nil {
		return err
	}
	o := owe{Secret: secret}
	o.sort(v, ds)
	if x, err := s.Duties.CalendarAddress(v.Context(), v.Actor); err == nil {
		o.Calendar = &x
	} else if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Withheld) {
		return err
	}
	return v.ok(dutyListPage(v, o))
}

// owe is what an organisation owes, by urgency.
type owe struct {
	First    *duty.Duty // what burns most, nil for nothing
	Groups   []oweGroup
	Over     []duty.Duty // met, waived, void: the latest first
	Open     int
	Calendar *duty.Subscription // nil for none
	Secret   string             // of a new calendar address, shown this once
}

// oweGroup is what falls due in one span of time: "overdue", "today", "week", "later", "still".
type oweGroup struct {
	Name   string
	Duties []duty.Duty
}

// sort puts the duties where they belong at v.Now; ds has the latest due first.
func (o *owe) sort(v *view, ds []duty.Duty) {
	now := v.Now.In(calendar.Beijing())
	tonight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, now.Location())
	monday := tonight.AddDate(0, 0, (7-int(now.Weekday()))%7)
	groups := map[string][]duty.Duty{}
	for _, d := range slices.Backward(ds) {
		name := "later"
		switch state := d.StateAt(v.Now); {
		case state == duty.Met || state == duty.MetLate || state == duty.Waived || state == duty.Void:
			continue
		case state == duty.Overdue:
			name = "overdue"
		case state == duty.Paused || d.DueAt.IsZero():
			name = "still"
		case d.DueAt.Before(tonight): // also what is past the strict reading, before the latest arguable one
			name = "today"
		case d.DueAt.Before(monday):
			name = "week"
		}
		groups[name] = append(groups[name], d)
		if name != "still" {
			o.Open++
		}
	}
	for _, name := range []string{"overdue", "today", "week", "later", "still"} {
		if g := groups[name]; len(g) > 0 {
			if o.First == nil && name != "still" {
				o.First = &g[0]
			}
			o.Groups = append(o.Groups, oweGroup{name, g})
		}
	}
	for _, d := range ds {
		if !d.MetAt.IsZero() || !d.VoidAt.IsZero() {
			o.Over = append(o.Over, d)
		}
	}
}

// dutyNext says in one line what has to be done.
func (v *view) dutyNext(d duty.Duty) string {
	switch d.Rule {
	case duty.RuleReport, duty.RulePartner, duty.RuleVerify, duty.RuleUpstream, duty.RuleRemedy:
		return v.T("duty.next." + d.Rule)
	}
	if x := lawpack.Lookup(d.Rule, d.Pack); x != nil {
		return x.Text.In(v.P)
	}
	return ""
}

// dutyForm is the receiver's form that meets a duty outside this platform, "" for none.
func dutyForm(d duty.Duty) string {
	for _, p := range filing.Packs() {
		if p.Jurisdiction != "CN" && slices.Contains(p.Meets, d.Rule) {
			return p.ID
		}
	}
	return ""
}

// dutyExport is the member's own part of the register as a file.
func (s *Server) dutyExport(v *view) error {
	q, err := v.registerQuery()
	return s.export(v, q, err)
}

func (s *Server) export(v *view, q duty.Query, err error) error {
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.Context(), exportTime)
	defer cancel()
	f, begun := duty.Format(v.URL.Query().Get("format")), false
	err = s.Duties.Export(ctx, v.Actor, q, f, v.P, v.w, func(asOf time.Time) {
		begun = true
		v.w.Header().Set("Content-Type", f.MediaType())
		v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": duty.FileName(f, asOf)}))
		v.w.Header().Set("Cache-Control", "private, no-store")
	})
	if err != nil && begun {
		s.Log.WarnContext(v.Context(), "an export of the register broke off", "error", err)
		panic(http.ErrAbortHandler) // what has come is not the whole: the connection must say so
	}
	return err
}

// exportTime is how long an export may take: it holds one state of the database until it ends.
const exportTime = 5 * time.Minute

// dutyCalendar is when the organisation's duties fall due, as a file.
func (s *Server) dutyCalendar(v *view) error {
	c, err := s.Duties.Calendar(v.Context(), v.Actor, v.P)
	return v.calendar(c, err)
}

// dutyCalendarBySecret is the same for a calendar program that knows a person's private address.
func (s *Server) dutyCalendarBySecret(v *view) error {
	c, err := s.Duties.CalendarBySecret(v.Context(), v.PathValue("secret"))
	return v.calendar(c, err)
}

func (v *view) calendar(c ical.Calendar, err error) error {
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", ical.MediaType)
	h.Set("Content-Disposition", `attachment; filename="fengsui-duties.ics"`)
	h.Set("Cache-Control", "private, no-store")
	if _, err := c.WriteTo(v.w); err != nil && v.Context().Err() == nil {
		return err
	}
	return nil
}

// dutyCalendarOpen makes a new private address and shows it, this once.
func (s *Server) dutyCalendarOpen(v *view) error {
	secret, err := s.Duties.OpenCalendar(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	return s.dutyListShow(v, secret)
}

func (s *Server) dutyCalendarClose(v *view) error {
	if err := s.Duties.CloseCalendar(v.Context(), v.Actor); err != nil {
		return err
	}
	return v.see("/duties")
}

// dutyRegister is the supervisor's view of everybody's duties.
func (s *Server) dutyRegister(v *view) error {
	q, err := v.registerQuery()
	if err != nil {
		return err
	}
	o, err := s.Duties.Overview(v.Context(), v.Actor, q)
	if err == nil && len(o.Entries) == 0 && !v.URL.Query().Has("state") { // nothing is open: what is over says more than an empty page
		q.State = ""
		o, err = s.Duties.Overview(v.Context(), v.Actor, q)
	}
	if err != nil {
		return err
	}
	return v.ok(dutyRegisterPage(v, q, o))
}

// registerExport is the register as a file.
func (s *Server) registerExport(v *view) error {
	q, err := v.registerQuery()
	return s.export(v, q, err)
}

// registerQuery reads what is asked of the register. Who names no state and no side asks for what members still have to do.
func (v *view) registerQuery() (q duty.Query, err error) {
	x := v.URL.Query()
	q = duty.Query{Law: x.Get("law"), Rule: x.Get("rule"), Org: x.Get("org"), OrgID: x.Get("organisation"), Force: duty.Force(x.Get("force")), State: duty.State(x.Get("state")),
		Side: duty.Side(x.Get("side")), Sort: duty.Sort(x.Get("sort")), After: x.Get("after"), Limit: 100}
	if v.Actor.Staff() && !x.Has("state") {
		q.State = duty.Open
	}
	if v.Actor.Staff() && !x.Has("side") {
		q.Side = duty.OfMembers
	}
	for name, t := range map[string]*time.Time{"from": &q.From, "until": &q.Until, "as_of": &q.AsOf} {
		if *t, err = moment(x.Get(name), name); err != nil {
			return q, err
		}
	}
	return q, nil
}

// registerHref is the register asked the same but for the pairs of names and values.
func (v *view) registerHref(path string, pairs ...string) string {
	x := url.Values{}
	for name, values := range v.URL.Query() {
		if name != "after" && len(values) > 0 && values[0] != "" || name == "state" || name == "side" {
			x.Set(name, values[0])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		x.Set(pairs[i], pairs[i+1])
	}
	if len(x) == 0 {
		return path
	}
	return path + "?" + x.Encode()
}

// tally is a state with its number in the answer, and the way to its rows.
type tally struct {
	State duty.State
	N     string
	Tone  string
	Href  string
	On    bool
}

// tallies counts what is open first, then what is over; the counts leave the chosen state aside.
func (v *view) tallies(q duty.Query, o duty.Overview) (out []tally) {
	counts := map[duty.State]int{}
	for _, c := range o.Counts {
		counts[c.State] = c.N
	}
	for _, state := range duty.States {
		n := counts[state]
		if n == 0 && state != duty.Overdue && state != duty.Arguable && state != duty.Running && state != duty.Met && state != q.State {
			continue
		}
		x := tally{State: state, N: v.P.Number(n), Href: v.registerHref("/register", "state", string(state)), On: q.State == state}
		if n > duty.CountLimit {
			x.N = v.P.Number(duty.CountLimit) + "+"
		}
		switch {
		case n == 0:
			x.Tone = look.Off
		case state == duty.Overdue || state == duty.MetLate:
			x.Tone = look.Bad
		}
		if x.On { // a second click takes the choice back
			x.Href = v.registerHref("/register", "state", "")
		}
		out = append(out, x)
	}
	return out
}

// narrowed reports whether the register is asked for less than everything, beside state and side.
func narrowed(q duty.Query) bool {
	return q.Law != "" || q.Force != "" || !q.From.IsZero() || !q.Until.IsZero() || q.Sort != "" && q.Sort != duty.DueFirst
}

func (v *view) lawOptions() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	seen := map[string]bool{}
	for _, p := range lawpack.Builtin() {
		if !seen[p.Law] {
			seen[p.Law] = true
			out = append(out, look.Option{Value: p.Law, Label: p.Cite.In(v.P)})
		}
	}
	return out
}

func (v *view) forceOptions() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for _, f := range duty.Forces {
		out = append(out, look.Option{Value: string(f), Label: v.T("duty.force." + string(f))})
	}
	return out
}

func (v *view) sortOptions() (out []look.Option) {
	for _, s := range duty.Sorts {
		out = append(out, look.Option{Value: string(s), Label: v.T("duty.sort." + string(s))})
	}
	return out
}

func (v *view) ruleOptions() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}}
	for _, r := range duty.Rules {
		out = append(out, look.Option{Value: r, Label: duty.Label(v.P, r)})
	}
	return out
}

func (v *view) stateOptions() []look.Option {
	out := []look.Option{{Label: v.T("web.all")}, {Value: string(duty.Open), Label: v.T("duty.state.open")}}
	for _, s := range duty.States {
		out = append(out, look.Option{Value: string(s), Label: v.T("duty.state." + string(s))})
	}
	return out
}

// at is the view at another time: of what was known then.
func (v *view) at(t time.Time) *view {
	x := *v
	x.Now = t
	return &x
}

// registerHero is the clock's main word, short for a table.
func (v *view) registerHero(d duty.Duty, c look.Clock) string {
	if !d.MetAt.IsZero() && !d.AnchorAt.IsZero() {
		return v.T("web.register.took", v.P.Span(d.MetAt.Sub(d.AnchorAt)))
	}
	return c.Hero
}

// registerNext is the next page of the register, of the same moment: what happens while somebody reads moves nothing.
func (v *view) registerNext(o duty.Overview) string {
	if o.Next == "" {
		return ""
	}
	return v.registerHref("/register", "after", o.Next)
}

// registerFile is the answer as a file.
func (v *view) registerFile(q duty.Query, format string) string {
	return v.registerHref("/register/export", "format", format, "state", string(q.State), "side", string(q.Side))
}

// oweLead says in one sentence what burns.
func (v *view) oweLead(o owe) string {
	overdue := 0
	for _, g := range o.Groups {
		if g.Name == "overdue" {
			overdue = len(g.Duties)
		}
	}
	switch {
	case overdue > 0:
		return v.T("web.duty.lead-overdue", overdue, o.Open)
	case o.First != nil:
		return v.T("web.duty.lead-open", o.Open, v.clock(*o.First).Hero)
	case len(o.Groups) > 0:
		return v.T("web.duty.lead-still")
	}
	return v.T("web.duty.lead-none")
}

// oweNone reassures: nothing is owed, and how it was so far.
func (v *view) oweNone(o owe) string {
	if _, met := onTime(o.Over); met > 0 {
		return v.oweOnTime(o) + v.T("web.duty.none-sep") + v.T("web.duty.none-why")
	}
	return v.T("web.duty.none-why")
}

// oweOnTime is how many of the duties that were met were met on time by the strict reading.
func (v *view) oweOnTime(o owe) string {
	good, met := onTime(o.Over)
	if met == 0 {
		return v.T("web.duty.count", len(o.Over))
	}
	return v.T("web.duty.on-time-of", good, met)
}

// oweKind makes the first thing to do stand out.
func oweKind(first bool) string {
	if first {
		return look.Primary
	}
	return look.Quiet
}

// oweDo names the button that leads to where a duty is met.
func (v *view) oweDo(d duty.Duty) string {
	switch {
	case dutyForm(d) != "":
		return v.T("web.duty.do-form")
	case d.Rule == duty.RuleReport || d.Rule == duty.RulePartner:
		return v.T("web.duty.do-report")
	case d.Rule == duty.RuleUpstream:
		return v.T("web.duty.do-upstream")
	}
	return v.T("web.duty.do-verify")
}
