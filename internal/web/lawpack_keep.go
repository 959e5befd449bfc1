// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/dryrun"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

func (s *Server) lawVersions(v *view) error {
	return s.lawVersionsAgain(v, v.blank(nil), http.StatusOK)
}

func (s *Server) lawVersionsAgain(v *view, f *form, status int) error {
	vs, err := s.Rulebook.Versions(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	var ids []string
	for _, x := range vs {
		ids = append(ids, x.LoadedBy, x.ActivatedBy)
	}
	people, err := s.people(v, ids)
	if err != nil {
		return err
	}
	return v.show(status, lawVersionsPage(v, vs, people, f))
}

func (s *Server) lawLoad(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	packs, err := f.Files("pack")
	if err != nil {
		return err
	}
	notes, err := f.Files("note")
	if err != nil {
		return err
	}
	var text []byte
	var note string
	if len(packs) > 0 {
		text = packs[0].Bytes
	}
	if len(notes) > 0 {
		note = string(notes[0].Bytes)
	}
	x, err := s.Rulebook.Load(v.Context(), v.Actor, text, note)
	if err == nil {
		return v.see("/law-packs/" + pathEscape(x.ID))
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.lawVersionsAgain(v, f, http.StatusUnprocessableEntity)
}

func (s *Server) lawVersion(v *view) error {
	return s.lawVersionAgain(v, v.blank(nil), http.StatusOK)
}

// lawTrial is a version with what it would change.
type lawTrial struct {
	rulebook.Version
	Pack     *lawpack.Pack
	Against  *lawpack.Pack // the version that counts now, nil for none
	Changes  []lawpack.Change
	From, To time.Time
	Result   *dryrun.Result // nil: not asked for, or not for this reader
	Orgs     map[string]member.Org
	People   map[string]string
}

func (s *Server) lawVersionAgain(v *view, f *form, status int) error {
	x, err := s.Rulebook.Version(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	t := lawTrial{Version: x}
	if t.Pack, err = x.Pack(); err != nil {
		return err
	}
	set, err := s.Rulebook.Current(v.Context())
	if err != nil {
		return err
	}
	for _, p := range set.Packs() {
		if p.Regime == x.Regime && p.Ref() != x.Ref() && !lawpack.Newer(p.Version, x.Version) {
			if t.Against == nil || lawpack.Newer(p.Version, t.Against.Version) {
				t.Against = p
			}
		}
	}
	if t.Against != nil {
		t.Changes = lawpack.Diff(t.Against, t.Pack)
	}
	if err := s.lawTry(v, &t, f); err != nil {
		return err
	}
	if t.People, err = s.people(v, []string{x.LoadedBy, x.ActivatedBy, x.EndingBy, x.EndedBy}); err != nil {
		return err
	}
	return v.show(status, lawVersionPage(v, t, f))
}

// lawTry tries the version on the time that the page asks for: last year's, when it asks for none.
func (s *Server) lawTry(v *view, t *lawTrial, f *form) error {
	q := v.URL.Query()
	now := v.Now.In(calendar.Beijing())
	t.From, t.To = time.Date(now.Year()-1, now.Month(), 1, 0, 0, 0, 0, calendar.Beijing()), time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, calendar.Beijing())
	for name, at := range map[string]*time.Time{"from": &t.From, "to": &t.To} {
		if x, err := moment(q.Get(name), name); err == nil && !x.IsZero() {
			*at = x
		}
	}
	if !v.keepsLaws() || q.Get("from") == "" || f.Err != nil {
		return nil
	}
	r, err := s.DryRuns.Try(v.Context(), v.Actor, t.Text, t.From, t.To)
	if err != nil {
		return f.refuse(err, "")
	}
	t.Result = &r
	var ids []string
	for _, o := range r.Orgs {
		ids = append(ids, o.OrgID)
	}
	t.Orgs, err = s.names(v, ids)
	return err
}

// lawVersionDo does what a button of the page says.
func (s *Server) lawVersionDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	ctx, by, id, b := v.Context(), v.Actor, v.PathValue("id"), s.Rulebook
	switch f.Get("do") {
	case "activate":
		_, err = b.Activate(ctx, by, id)
	case "withdraw":
		_, err = b.Withdraw(ctx, by, id, f.Get("why"))
	case "retire":
		_, err = b.Retire(ctx, by, id, f.Get("why"))
	case "confirm", "stay":
		_, err = b.Confirm(ctx, by, id, f.Get("do") == "stay")
	default:
		if _, err = b.Version(ctx, by, id); err == nil {
			err = fault.FieldError("do", "member.rule.unknown", "")
		}
	}
	if err == nil {
		return v.see("/law-packs/" + pathEscape(id))
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.lawVersionAgain(v, f, http.StatusUnprocessableEntity)
}

func (s *Server) lawVersionText(v *view) error {
	x, err := s.Rulebook.Version(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.yaml(x.Regime+"-"+x.Version+".yaml", x.Signed())
}

// mayLaw says which of its buttons a version offers the reader.
func (v *view) mayLaw(x rulebook.Version, do string) bool {
	if !v.keepsLaws() {
		return false
	}
	switch do {
	case "activate":
		return x.State == rulebook.Loaded && x.LoadedBy != v.Actor.AccountID
	case "withdraw":
		return x.State == rulebook.Loaded
	case "retire":
		return x.State == rulebook.Active
	case "confirm":
		return x.State == rulebook.Ending && x.EndingBy != v.Actor.AccountID
	case "stay":
		return x.State == rulebook.Ending
	}
	return false
}

func lawStateTone(s rulebook.State) string {
	switch s {
	case rulebook.Active:
		return look.Good
	case rulebook.Loaded, rulebook.Ending:
		return look.Wait
	}
	return look.Off
}

// day is a time as a field of type date holds it.
func day(t time.Time) string { return t.In(calendar.Beijing()).Format(time.DateOnly) }

// shownChanges leaves out what only words differ in, when there is much else.
func shownChanges(cs []lawpack.Change) []lawpack.Change { return cs[:min(len(cs), 100)] }

// effects are the counts of a dry run that are not zero, in order.
func effects(c dryrun.Counts) []dryrun.Effect {
	n := map[dryrun.Effect]int{dryrun.Added: c.Added, dryrun.Removed: c.Removed, dryrun.Earlier: c.Earlier, dryrun.Later: c.Later, dryrun.Moved: c.Moved, dryrun.Same: c.Same}
	return slices.DeleteFunc(slices.Clone(dryrun.Effects), func(e dryrun.Effect) bool { return n[e] == 0 })
}

// by is when somebody did something.
func (v *view) by(t time.Time, who string) string {
	if t.IsZero() {
		return ""
	}
	return v.P.DateTime(t) + " · " + who
}

// changed names what differs: "report due.value".
func (v *view) changed(c lawpack.Change) string {
	if c.Duty == "" {
		return c.Item
	}
	return c.Duty + " " + c.Item
}

func orNone(v *view, s string) string {
	if s == "" {
		return v.T("dryrun.none")
	}
	return s
}

func lateTone(late bool) string {
	if late {
		return look.Bad
	}
	return look.Good
}

func (v *view) lateWord(late, owed bool) string {
	switch {
	case !owed:
		return v.T("dryrun.none")
	case late:
		return v.T("dryrun.late")
	}
	return v.T("dryrun.in-time")
}

func dryrunTone(r *dryrun.Result) string {
	if r.NewlyLate > 0 || r.AddedLate > 0 {
		return look.Wait
	}
	return look.Plain
}
