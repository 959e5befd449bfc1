// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// An editorial revision asks nobody anything: answers stand, old links answer, the time runs on, and whoever was not
// warned yet is not kept waiting for the digest.
func TestEditorialRevision(t *testing.T) {
	each(t, func(w *world) {
		for _, o := range []string{"a", "b", "c"} {
			w.partner(o, "x")
		}
		d := w.draft(map[string]int{"a": 1})
		out := w.release(d.ID)
		w.exec(`UPDATE delivery SET state = 'delivered', next_at = NULL WHERE org_id <> 'c'`)
		_, err := w.s.Acknowledge(ctx, engineer("a"), d.ID, says(warning.FixedAll))
		w.ok(err)
		w.clock.Advance(time.Hour)
		r, err := w.s.Revise(ctx, analyst, d.ID, warning.Amendment)
		w.ok(err)
		in := edit(r)
		in.RespondBy, in.Content.Title = time.Time{}, "改一个错字"
		_, err = w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		diff, err := w.s.Differences(ctx, officer, d.ID)
		w.ok(err)
		if diff.Significant || len(diff.Changes) != 1 || diff.Changes[0].What != warning.ChangedText {
			t.Errorf("%+v", diff)
		}
		now := w.release(d.ID)
		if now.Significant || now.Kind != warning.Amendment || now.Class() != destination.Digest || !now.RespondBy.Equal(out.RespondBy) {
			t.Errorf("%+v", now)
		}
		_, a, err := w.s.Get(ctx, engineer("a"), d.ID)
		w.ok(err)
		if a.Revision != 2 || a.Answer != warning.FixedAll || a.SaidIn != 1 || a.Carried != warning.Stands || !a.At.Equal(out.ReleasedAt) {
			t.Errorf("%+v", a)
		}
		b, err := w.s.AcknowledgeByLink(ctx, w.s.Link(d.ID, 1, "b"), says(warning.Checking))
		w.ok(err)
		if b.Revision != 2 || b.SaidIn != 2 {
			t.Errorf("by the old link: %+v", b)
		}
		if n := w.number(`SELECT count(*) FROM delivery WHERE subject = $1 AND state = 'queued'`, d.ID+":2"); n != 0 {
			t.Errorf("%d messages at once about a corrected word", n)
		}
		m, err := w.render(d.ID, "1", "c", delivery.Email)
		w.ok(err)
		if !strings.Contains(m.Text, w.s.Link(d.ID, 2, "c")) {
			t.Errorf("whoever was not warned yet gets another text than today's:\n%s", m.Text)
		}
	})
}

// A recall reaches everybody who got the warning, where it was said, whatever has become of them since; nobody answers any
// more, nobody joins, and a further revision asks all anew.
func TestRecall(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		w.org(member.Org{Slug: "hook", Partner: true, WebhookURL: "https://h/"})
		w.org(member.Org{Slug: "gone", Partner: true, Email: "gone@member.example"})
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		w.exec(`UPDATE delivery SET state = 'delivered', next_at = NULL`)
		_, err := w.s.Acknowledge(ctx, engineer("a"), d.ID, says(warning.FixedAll))
		w.ok(err)
		w.exec(`UPDATE org SET status = 'left' WHERE id = 'gone'`)
		w.exec(`UPDATE org SET webhook_url = '' WHERE id = 'hook'`)
		w.partner("new", "x")
		_, err = w.s.Revise(ctx, analyst, d.ID, warning.Recall)
		w.ok(err)
		x := w.release(d.ID)
		if x.Kind != warning.Recall || x.Class() != destination.Mandatory {
			t.Errorf("%+v", x)
		}
		if diff := cmp.Diff(map[string]int{"a": 1, "b": 2, "hook": 3, "gone": 3}, w.waves(d.ID, 2)); diff != "" {
			t.Error(diff)
		}
		for _, o := range []string{"a:email", "b:email", "hook:webhook", "gone:email"} {
			if n := w.number(`SELECT count(*) FROM delivery WHERE id = $1`, fmt.Sprintf("warning:%s:2:%s", d.ID, o)); n != 1 {
				t.Errorf("%s: %d messages", o, n)
			}
		}
		m, err := w.render(d.ID, "2", "gone", delivery.Email)
		w.ok(err)
		if !strings.Contains(m.Subject, "撤回") || !strings.Contains(m.Text, "无需再答复") || strings.Contains(m.Text, "前答复。") {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		_, err = w.s.Acknowledge(ctx, engineer("b"), d.ID, says(warning.Checking))
		w.want(err, fault.Conflict)
		open, _, err := w.s.Mine(ctx, engineer("b"), warning.Filter{Open: true})
		w.ok(err)
		if len(open) != 0 {
			t.Error("a recalled warning waits for an answer")
		}
		w.hit(d.CaseID, "new", 1)
		w.ok(w.s.OnFound(ctx, found(d.CaseID)))
		if n := len(w.waves(d.ID, 2)); n != 4 {
			t.Errorf("%d copies after a match", n)
		}
		_, err = w.s.Revise(ctx, analyst, d.ID, warning.Amendment)
		w.ok(err)
		in, _, err := w.s.Get(ctx, officer, d.ID)
		w.ok(err)
		e := edit(in)
		e.RespondBy, e.Level = time.Time{}, warning.Yellow
		_, err = w.s.Edit(ctx, officer, d.ID, e)
		w.ok(err)
		if y := w.release(d.ID); y.Kind != warning.Lowering || !y.Significant {
			t.Errorf("%+v", y)
		}
		if got := w.carried(d.ID)["a"]; got != "asked again, recall" {
			t.Errorf("after a recall: %s", got)
		}
	})
}

// A lift closes the warning for those who got it.
func TestLift(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		w.partner("new", "x")
		_, err := w.s.Revise(ctx, analyst, d.ID, warning.Lift)
		w.ok(err)
		w.release(d.ID)
		if diff := cmp.Diff(map[string]int{"a": 1}, w.waves(d.ID, 2)); diff != "" {
			t.Error(diff)
		}
		w.clock.Advance(30 * 24 * time.Hour)
		n, err := w.s.Remind(ctx)
		w.ok(err)
		if n != 0 {
			t.Errorf("%d reminders of what is over", n)
		}
	})
}

func TestRevisionKinds(t *testing.T) {
	each(t, func(w *world) {
		d := w.draft(nil)
		w.release(d.ID)
		for _, k := range []warning.Kind{"", warning.Original, warning.Raise, warning.Lowering, "other"} {
			_, err := w.s.Revise(ctx, analyst, d.ID, k)
			w.want(err, fault.Invalid)
		}
	})
}

// What changed is said in data, and decides.
func TestDifferences(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		id := w.kase(casework.Assessed, "critical", "no")
		w.knows(id, log4j2[0].affected, log4j2[0].aliases, log4j2[0].workaround)
		d, err := w.s.Draft(ctx, analyst, id)
		w.ok(err)
		w.basis(d.ID)
		w.release(d.ID)
		w.knows(id, log4j2[1].affected, log4j2[1].aliases, log4j2[1].workaround)
		w.exec(`UPDATE casefile SET exploited = 'yes' WHERE id = $1`, id)
		_, err = w.s.Revise(ctx, analyst, d.ID, warning.Amendment)
		w.ok(err)
		got, err := w.s.Differences(ctx, officer, d.ID)
		w.ok(err)
		want := []warning.Change{
			{What: warning.ChangedExploited, From: "no", To: "yes", Significant: true},
			{What: warning.ChangedRange, Of: "maven/org.apache.logging.log4j:log4j-core", From: ">= 2.0-beta9, < 2.15.0", To: ">= 2.0-beta9, < 2.12.2; >= 2.13.0, < 2.16.0", Significant: true},
			{What: warning.ChangedFlaw, To: "CVE-2021-45046", Significant: true},
			{What: warning.ChangedWorkaround, From: log4j2[0].workaround, To: log4j2[1].workaround, Significant: true},
		}
		if len(got.Changes) > 1 && got.Changes[1].Of != want[1].Of && strings.Contains(got.Changes[1].Of, "log4j-core") {
			want[1].Of = got.Changes[1].Of
		}
		if diff := cmp.Diff(want, got.Changes); diff != "" {
			t.Error(diff)
		}
		for _, a := range []member.Actor{engineer("a"), {OrgID: "a", Via: "link"}} {
			if _, err := w.s.Differences(ctx, a, d.ID); err == nil {
				t.Errorf("%+v may compare revisions", a)
			}
		}
	})
}

func TestEveryRevisionWordHasItsText(t *testing.T) {
	var keys []string
	for _, k := range warning.Kinds {
		keys = append(keys, "warning.kind."+string(k))
		if k.Closes() {
			keys = append(keys, "warning.closed."+string(k))
		}
	}
	for _, v := range warning.Voids {
		keys = append(keys, "warning.void."+v)
	}
	for _, a := range warning.Answers {
		keys = append(keys, "warning.stands."+string(a))
	}
	for _, c := range warning.ChangeKinds {
		keys = append(keys, "warning.change."+c)
	}
	for _, s := range warning.Steps {
		keys = append(keys, fmt.Sprintf("warning.silence.subject-%d", s), fmt.Sprintf("warning.silence.text-%d", s))
	}
	keys = slices.DeleteFunc(keys, i18n.Has)
	if len(keys) > 0 {
		t.Errorf("without a text: %v", keys)
	}
}
