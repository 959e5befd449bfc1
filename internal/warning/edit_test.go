// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/warning"
)

func edit(w warning.Warning) warning.EditInput {
	return warning.EditInput{Rev: w.Rev, Level: w.Level, TLP: w.TLP, Content: w.Content}
}

// fields are the items that a fault names, each with a rule that has a text.
func fields(t *testing.T, err error) (names []string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("%v is no fault", err)
	}
	for _, x := range f.Fields {
		names = append(names, x.Name)
		if !i18n.Has(x.Rule) {
			t.Errorf("rule %s has no text", x.Rule)
		}
	}
	return names
}

func TestEditBadInput(t *testing.T) {
	each(t, func(w *world) {
		d := w.draft(nil)
		for name, c := range map[string]struct {
			change func(*warning.EditInput)
			want   []string
		}{
			"no level":           {func(in *warning.EditInput) { in.Level = "" }, []string{"level"}},
			"wrong level":        {func(in *warning.EditInput) { in.Level = "purple" }, []string{"level"}},
			"label as prose":     {func(in *warning.EditInput) { in.TLP = "tlp:amber" }, []string{"tlp"}},
			"wrong label":        {func(in *warning.EditInput) { in.TLP = "WHITE" }, []string{"tlp"}},
			"clear, undisclosed": {func(in *warning.EditInput) { in.TLP = "CLEAR" }, []string{"tlp"}},
			"in the past":        {func(in *warning.EditInput) { in.RespondBy = w.clock.Now() }, []string{"respond_by"}},
			"long title":         {func(in *warning.EditInput) { in.Content.Title = strings.Repeat("长", 301) }, []string{"content.title"}},
			"everything": {func(in *warning.EditInput) {
				*in = warning.EditInput{Content: warning.Content{Measures: strings.Repeat("x", 20_001)}}
			}, []string{"level", "tlp", "content.measures"}},
		} {
			in := edit(d)
			c.change(&in)
			_, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.want(err, fault.Invalid)
			if diff := cmp.Diff(c.want, fields(w.T, err)); diff != "" {
				w.Errorf("%s: %s", name, diff)
			}
			if strings.Contains(err.Error(), secret) {
				w.Errorf("%s: the error shows undisclosed details", name)
			}
		}
		got, _, err := w.s.Get(ctx, analyst, d.ID)
		w.ok(err)
		if diff := cmp.Diff(d, got); diff != "" {
			w.Errorf("refused input changed the draft:\n%s", diff)
		}
	})
}

func TestEditVoidsTheApproval(t *testing.T) {
	each(t, func(w *world) {
		d := w.draft(nil)
		w.ok(w.s.Approve(ctx, officer, d.ID, w.rev(d.ID)))
		in := edit(d)
		in.Content.Title = "另一个标题"
		got, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		if got.State != warning.Draft || got.ApprovedBy != "" {
			w.Errorf("after an edit: %s, approved by %q", got.State, got.ApprovedBy)
		}
		_, err = w.s.Release(ctx, second, d.ID, w.rev(d.ID))
		w.want(err, fault.Conflict)
		if n := w.number(`SELECT count(*) FROM event WHERE kind = 'warning.edited' AND payload LIKE '%"voided":true%'`); n != 1 {
			w.Errorf("%d events say that the approval fell", n)
		}
		w.release(d.ID)
		_, err = w.s.Edit(ctx, analyst, d.ID, in)
		w.want(err, fault.Conflict)
	})
}

// The time limit counts from the release, unless the duty officer has set one.
func TestRespondBy(t *testing.T) {
	each(t, func(w *world) {
		for _, byHand := range []bool{false, true} {
			d := w.draft(nil)
			in := edit(d)
			in.Level = warning.Yellow
			if byHand {
				in.RespondBy = w.clock.Now().Add(5 * time.Hour)
			}
			_, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.ok(err)
			w.clock.Advance(3 * time.Hour)
			want := w.clock.Now().Add(24 * time.Hour)
			if byHand {
				want = in.RespondBy
			}
			if out := w.release(d.ID); !out.RespondBy.Equal(want) {
				w.Errorf("set by hand %v: answer by %v, want %v", byHand, out.RespondBy, want)
			}
		}
		d := w.draft(nil)
		in := edit(d)
		in.Level, in.RespondBy = warning.Blue, w.clock.Now().Add(time.Hour)
		_, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		w.clock.Advance(2 * time.Hour)
		_, err = w.s.Release(ctx, officer, d.ID, w.rev(d.ID))
		w.want(err, fault.Invalid)
	})
}

func TestReleaseNeedsWhatAWarningMustSay(t *testing.T) {
	each(t, func(w *world) {
		d := w.draft(nil)
		_, err := w.s.Edit(ctx, analyst, d.ID, warning.EditInput{Rev: d.Rev, Level: warning.Red, TLP: "AMBER", Content: warning.Content{TitleEN: "Only this", Phone: " "}})
		w.ok(err)
		want := []string{"content.summary", "content.scope", "content.measures", "content.issuer", "content.phone"}
		err = w.s.Approve(ctx, officer, d.ID, w.rev(d.ID))
		w.want(err, fault.Invalid)
		if diff := cmp.Diff(want, fields(w.T, err)); diff != "" {
			w.Error(diff)
		}
		// Published when the text was labelled, withdrawn since: the label is looked at again.
		x, err := w.s.Draft(ctx, analyst, w.kase(casework.Published, "low", "no"))
		w.ok(err)
		w.exec(`UPDATE casefile SET published_at = NULL WHERE id = $1`, x.CaseID)
		_, err = w.s.Release(ctx, officer, x.ID, w.rev(x.ID))
		w.want(err, fault.Invalid)
	})
}

// An officer lets out exactly the text he has read, and nobody writes over what another has written meanwhile: not over
// the numbers either that a match brings up to date.
func TestNothingLeavesUnread(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		d := w.draft(map[string]int{"a": 1})
		in := edit(d)
		in.Content.Title = "没有人读过的标题"
		read, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		_, err = w.s.Edit(ctx, officer, d.ID, edit(d))
		w.want(err, fault.Conflict)
		w.want(w.s.Approve(ctx, officer, d.ID, d.Rev), fault.Conflict)
		w.hit(d.CaseID, "b", 1)
		w.ok(w.s.OnFound(ctx, match.Found{CaseID: d.CaseID}))
		w.want(w.s.Approve(ctx, officer, d.ID, read.Rev), fault.Conflict)
		approved := w.rev(d.ID)
		w.ok(w.s.Approve(ctx, officer, d.ID, approved))
		// after the first decision: changed, and approved anew by somebody else
		in.Rev, in.Content.Title = approved, "另一个标题"
		_, err = w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		w.ok(w.s.Approve(ctx, officer, d.ID, w.rev(d.ID)))
		_, err = w.s.Release(ctx, second, d.ID, approved)
		w.want(err, fault.Conflict)
		if n := w.number(`SELECT count(*) FROM warning_recipient`); n != 0 {
			w.Errorf("%d copies of a text that nobody has read", n)
		}
		_, err = w.s.Release(ctx, second, d.ID, w.rev(d.ID))
		w.ok(err)
	})
}
