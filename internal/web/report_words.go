// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

// reportAction is where the form goes: a new report, or a further stage of the one whose page is at to.
func reportAction(to string) string {
	if to == "" {
		return "/reports"
	}
	return to + "/supplement"
}

// formKey makes a form that is sent twice one report: it stays the same while the form is shown again.
func (v *view) formKey(f *form) string {
	if key := f.Get("key"); key != "" {
		return key
	}
	return uuid.NewString()
}

// reportFormText chooses a text of the report form by its kind: flash, full or supplement.
func (v *view) reportFormText(key, to string, flash bool) string {
	switch {
	case to != "":
		return v.T("web.report." + key + ".supplement")
	case flash:
		return v.T("web.report." + key + ".flash")
	}
	return v.T("web.report." + key + ".full")
}

func (v *view) reportFormTitle(to string, flash bool) string {
	return v.reportFormText("title", to, flash)
}

func (v *view) reportFormLead(to string, flash bool) string {
	return v.reportFormText("lead", to, flash)
}

func (v *view) reportFormSend(to string, flash bool) string {
	return v.reportFormText("send", to, flash)
}

// reportCrumbs is the way to a page about reports; the report's own page, at to, comes last.
func (v *view) reportCrumbs(to string) (crumbs []look.Link) {
	if v.Actor.SignedIn() {
		crumbs = append(crumbs, look.Link{Href: "/reports", Label: v.T("web.report.list")})
	}
	if to != "" {
		crumbs = append(crumbs, look.Link{Href: to, Label: v.T("web.report.one")})
	}
	return crumbs
}

// input is a field of the report form with its name and its hint.
func (v *view) input(f *form, name, kind string, required bool) look.Field {
	x := f.field(name, v.reportField(name))
	x.Type, x.Required = kind, required
	if key := "web.report.hint." + name; i18n.Has(key) {
		x.Hint = v.T(key)
	}
	if kind == "email" {
		x.Complete = "email"
	}
	return x
}

// row is the i-th row of a field that stands in the form several times; the hint stands at the first.
func (v *view) row(f *form, name, kind string, i int) look.Field {
	x := v.input(f, name, kind, false)
	x.ID, x.Value, x.Wrong = fmt.Sprintf("f-%s-%d", name, i), f.At(name, i), f.Wrong(fmt.Sprintf("%s[%d]", name, i))
	if i > 0 {
		x.Hint = ""
	}
	return x
}

func (v *view) reportField(name string) string {
	if key := "web.report.field." + name; i18n.Has(key) {
		return v.T(key)
	}
	return v.T("report.field." + name)
}

func (v *view) area(f *form, name string, rows int, required bool) look.Field {
	x := v.input(f, name, "", required)
	x.Rows = rows
	return x
}

func (v *view) mono(f *form, name string) look.Field {
	x := v.input(f, name, "", false)
	x.Mono = true
	return x
}

// choice is a question of yes, no or unknown.
func (v *view) choice(f *form, name string, required bool) look.Field {
	x := v.input(f, name, "", required)
	x.Options = v.options("report."+name+".", "yes", "no", "unknown")
	return x
}

// relation asks for the reporter's relation to the product, from which its duties follow.
func (v *view) relation(f *form, required bool) look.Field {
	x := v.input(f, "relation", "", required)
	for _, r := range duty.Relations {
		label, hint, _ := strings.Cut(v.T("duty.relation."+string(r)), v.T("web.colon"))
		x.Options = append(x.Options, look.Option{Value: string(r), Label: label, Hint: strings.TrimSpace(hint)})
	}
	return x
}

// owed are the duties that follow from what the form says so far.
func (v *view) owed(c report.Content) []duty.Due {
	packs, err := v.s.Rulebook.Current(v.Context())
	if err != nil { // a form is worth more than what it tells beside it
		packs = lawpack.BuiltinSet()
	}
	return duty.ResolveBy(packs, duty.Facts{OrgID: v.Actor.OrgID, Partner: v.Org.Partner, Relation: c.Relation, Upstream: c.Upstream == "yes", LearnedAt: c.LearnedAt})
}

// fields names fields of a report in the reader's language.
func (v *view) fields(names []string) string {
	var words []string
	for _, n := range names {
		words = append(words, v.T("report.field."+n))
	}
	return strings.Join(words, v.T("web.comma"))
}

// href is where a report is followed: by its id, or by the secret of a reporter without an account.
func (x reportView) href() string {
	if x.Secret != "" {
		return "/status/" + pathEscape(x.Secret)
	}
	return "/reports/" + pathEscape(x.Report.ID)
}

// reporter reports whether the reader is who reported: by the secret, or as one of its organisation.
func (v *view) reporter(x reportView) bool {
	r := x.Report
	return x.Secret != "" || r.AccountID != "" && r.AccountID == v.Actor.AccountID || r.OrgID != "" && r.OrgID == v.Actor.OrgID
}

// reportMoments is a report's time line; a question and a rejection say what they say.
func (v *view) reportMoments(x reportView) []look.Moment {
	ms := v.moments(x.Lines, x.Orgs, nil)
	for i, l := range x.Lines {
		if why := reasonOf(l); why != "" {
			ms[i].Title, ms[i].Note = v.detail(l, x.Orgs), why
		}
	}
	return ms
}

// reasonOf is what the reporters were asked or told, where the reader may know.
func reasonOf(l event.Line) string {
	var p struct{ Why string }
	if l.Kind != (casework.Moved{}).Kind() || json.Unmarshal([]byte(l.Payload), &p) != nil {
		return ""
	}
	return p.Why
}

// reportStep is where a report stands on the line: received, or as far as its case is.
func reportStep(x reportView) int {
	if x.Case == nil {
		return 1
	}
	switch x.Case.State {
	case "verified":
		return 2
	case "graded":
		return 3
	case "warned":
		return 4
	case "published", "closed":
		return 6
	}
	return 1
}

// reportName is what a report is called: its title as far as it is known, else its number.
func reportName(r report.Report) string {
	if r.Content.Title != "" {
		return r.Content.Title
	}
	return r.Number
}

// reportKicker is the number above a title that does not say it.
func reportKicker(r report.Report) string {
	if r.Content.Title == "" {
		return ""
	}
	return r.Number
}

// yesNo is the answer to a question of yes, no or unknown, "" when nobody answered.
func (v *view) yesNo(name, value string) string {
	if value == "" {
		return ""
	}
	return v.T("report." + name + "." + value)
}

// told lists whom the reporter has told already.
func (v *view) told(ts []report.Told) string {
	var lines []string
	for _, t := range ts {
		lines = append(lines, v.T("web.report.told", t.Who, v.P.DateTime(t.At)))
	}
	return strings.Join(lines, "\n")
}

// ranges writes machine-readable version ranges, one a line.
func (v *view) ranges(as []report.Affected) string {
	var lines []string
	for _, a := range as {
		name := a.PURL
		if name == "" {
			name = strings.TrimSpace(a.Vendor + " " + a.Product + " " + a.Model)
		}
		var to string
		switch {
		case a.Fixed != "":
			to = v.T("web.report.range-fixed", a.Introduced, a.Fixed)
		case a.LastAffected != "":
			to = v.T("web.report.range-last", a.Introduced, a.LastAffected)
		case a.Introduced != "":
			to = v.T("web.report.range-from", a.Introduced)
		}
		lines = append(lines, strings.TrimSpace(name+" "+to+" "+strings.Join(a.Versions, v.T("web.comma"))))
	}
	return strings.Join(lines, "\n")
}

// deliveryTone is how the state of a message looks.
func deliveryTone(s delivery.State) string {
	switch s {
	case delivery.Delivered:
		return look.Good
	case delivery.Failed:
		return look.Bad
	case delivery.Superseded:
		return look.Off
	}
	return look.Wait
}

// size writes a number of bytes.
func (v *view) size(n int64) string {
	switch {
	case n >= 1<<20:
		return v.P.Number(int(n>>20)) + " MiB"
	case n >= 1<<10:
		return v.P.Number(int(n>>10)) + " KiB"
	}
	return v.P.Number(int(n)) + " B"
}

// stage says in words which stage of a report is the newest.
func (v *view) stage(r report.Report) string {
	if r.Flash && r.Version == 1 {
		return v.T("web.report.stage-flash")
	}
	return v.T("web.report.stage-n", r.Version)
}

// relationWord is the short name of a relation to the product.
func (v *view) relationWord(r duty.Relation) string {
	if r == "" {
		return ""
	}
	word, _, _ := strings.Cut(v.T("duty.relation."+string(r)), v.T("web.colon"))
	return word
}
