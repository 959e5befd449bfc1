// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"io"
	"net/url"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

// export is the register as a file.
func (s *Server) export(v *view, q duty.Query, err error) error {
	if err != nil {
		return err
	}
	f := duty.Format(v.URL.Query().Get("format"))
	return s.streamed(v, f.MediaType(), func(ctx context.Context, w io.Writer, begin func(name string)) error {
		return s.Duties.Export(ctx, v.Actor, q, f, v.P, w, func(asOf time.Time) { begin(duty.FileName(f, asOf)) })
	})
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
