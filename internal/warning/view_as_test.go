// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// What is shown before the release is what goes out, but for the link, which answers nothing.
func TestViewAsIsWhatGoesOut(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "hit", Partner: true, Email: "h@member.example", WebhookURL: "https://h/"})
		w.partner("other", "x")
		w.org(member.Org{Slug: "outsider"})
		d := w.draft(map[string]int{"hit": 2})
		for _, label := range []string{"AMBER", "GREEN"} {
			in := edit(d)
			in.Rev, in.TLP, in.RespondBy = w.rev(d.ID), label, w.clock.Now().Add(12*time.Hour)
			_, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.ok(err)
			v, err := w.s.ViewAs(ctx, watch, d.ID, "hit")
			w.ok(err)
			if label == "AMBER" && strings.Contains(v.Text+v.HTML+string(v.Hook)+v.Subject, secret) {
				t.Errorf("a text above TLP:GREEN: %s", v.Text)
			}
			if v.Copy.Wave != warning.WaveAffected || v.Copy.Products != 2 || v.Warning.Content.Title != d.Content.Title {
				t.Errorf("%+v", v.Copy)
			}
			if strings.Contains(v.Text+v.HTML, w.s.Link(d.ID, 1, "hit")) {
				t.Error("the preview holds a link that answers")
			}
		}
		v, err := w.s.ViewAs(ctx, watch, d.ID, "hit")
		w.ok(err)
		if _, err := w.s.ViewAs(ctx, watch, d.ID, "outsider"); !fault.Is(err, fault.NotFound) {
			t.Errorf("as somebody who is not warned: %v", err)
		}
		if n := w.number(`SELECT count(*) FROM delivery`) + w.number(`SELECT count(*) FROM warning_recipient`); n != 0 {
			t.Errorf("a preview left %d rows", n)
		}
		w.release(d.ID)
		m, err := w.render(d.ID, "1", "hit", delivery.Email)
		w.ok(err)
		want := strings.ReplaceAll(m.Text, w.s.LinkURL(d.ID, 1, "hit"), "https://fengsui.example/w/preview")
		if diff := cmp.Diff(want, v.Text); diff != "" {
			t.Errorf("the mail is another one:\n%s", diff)
		}
		hook, err := w.render(d.ID, "1", "hit", delivery.Webhook)
		w.ok(err)
		var got map[string]any
		w.ok(json.Unmarshal(v.Hook, &got))
		if diff := cmp.Diff(decode(w, hook.Data), got); diff != "" {
			t.Errorf("the webhook is another one:\n%s", diff)
		}
		_, err = w.s.ViewAs(ctx, watch, d.ID, "hit")
		w.want(err, fault.Conflict)
		_, err = w.s.ViewAs(ctx, engineer("hit"), d.ID, "hit")
		w.want(err, fault.NotFound)
	})
}

// A dry run says what the release does, and leaves nothing.
func TestDryRun(t *testing.T) {
	each(t, func(w *world) {
		everybody(w)
		d := w.draft(map[string]int{"hit": 2, "hit-outsider": 1, "hit-suspended": 1})
		before := w.number(`SELECT count(*) FROM event`)
		got, err := w.s.DryRun(ctx, officer, d.ID)
		w.ok(err)
		if diff := cmp.Diff(map[int]int{1: 3, 2: 2, 3: 4}, got.Waves); diff != "" {
			t.Error(diff)
		}
		if got.Now[delivery.Email] != 5-0 || got.Now[delivery.Webhook] != 1 || got.Silent != 9 || got.Digest != 0 {
			t.Errorf("%+v", got)
		}
		for _, table := range []string{"warning_recipient", "warning_revision", "delivery", "delivery_batch"} {
			if n := w.number(`SELECT count(*) FROM ` + table); n != 0 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
		if n := w.number(`SELECT count(*) FROM event`); n != before || w.kicks != 0 {
			t.Errorf("%d events, %d kicks", n-before, w.kicks)
		}
		w.release(d.ID)
		if diff := cmp.Diff(9, len(w.waves(d.ID, 1))); diff != "" {
			t.Error(diff)
		}
		_, err = w.s.DryRun(ctx, officer, d.ID)
		w.want(err, fault.Conflict)
		_, err = w.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		w.ok(err)
		_, err = w.s.Acknowledge(ctx, engineer("hit"), d.ID, says(warning.FixedAll))
		w.ok(err)
		_, err = w.s.Acknowledge(ctx, engineer("silent"), d.ID, says(warning.Checking))
		w.ok(err)
		if got, err = w.s.DryRun(ctx, officer, d.ID); err != nil || got.Standing != 1 || got.Void[warning.VoidSupersede] != 1 || got.Silent != 7 {
			t.Errorf("%+v, %v", got, err)
		}
		for _, a := range []member.Actor{watch, engineer("hit")} {
			if _, err := w.s.DryRun(ctx, a, d.ID); err == nil {
				t.Errorf("%v tries a release", a.Roles)
			}
		}
	})
}

// An exercise says so wherever it goes, and counts nowhere.
func TestExercise(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "a", Partner: true, Email: "a@member.example", WebhookURL: "https://a/"})
		id := w.kase(casework.Assessed, "critical", "yes")
		w.hit(id, "a", 1)
		x, err := w.s.DraftExercise(ctx, analyst, id)
		w.ok(err)
		again, err := w.s.DraftExercise(ctx, analyst, id)
		w.ok(err)
		d, err := w.s.Draft(ctx, analyst, id)
		w.ok(err)
		if !x.Exercise || d.Exercise || again.ID == x.ID {
			t.Errorf("%+v", x)
		}
		w.basis(x.ID)
		w.release(x.ID)
		if n := w.number(`SELECT count(*) FROM casefile WHERE state = $1`, casework.Assessed); n != 1 {
			t.Error("an exercise moved the case")
		}
		m, err := w.render(x.ID, "1", "a", delivery.Email)
		w.ok(err)
		if !strings.HasPrefix(m.Subject, "【演练 EXERCISE】") || !strings.Contains(m.Text, "这是一次演练") || !strings.Contains(m.HTML, "EXERCISE.") || !strings.HasPrefix(m.Short, "【演练 EXERCISE】") {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		if m, err = w.render(x.ID, "1", "a", delivery.Webhook); err != nil || decode(w, m.Data)["exercise"] != true {
			t.Errorf("%+v, %v", m.Data, err)
		}
		w.clock.Advance(30 * 24 * time.Hour)
		if n, err := w.s.Remind(ctx); err != nil || n != 0 {
			t.Errorf("%d reminders of an exercise, %v", n, err)
		}
		var a db.Args
		ground := warning.Ground(engineer("a"), &a)
		if n := w.number(`SELECT count(*) FROM casefile c WHERE `+ground, a...); n != 0 {
			t.Error("an exercise opens the case's findings")
		}
	})
}

func TestProofs(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		d := w.draft(nil)
		pdf := []byte("%PDF-1.4 " + secret)
		_, err := w.s.AddProof(ctx, engineer("a"), d.ID, "scan.pdf", pdf)
		w.want(err, fault.NotFound) // not released
		w.release(d.ID)
		p, err := w.s.AddProof(ctx, engineer("a"), d.ID, `C:\files\扫描.pdf`, pdf)
		w.ok(err)
		if p.Name != "扫描.pdf" || p.Media != "application/pdf" || p.Revision != 1 {
			t.Errorf("%+v", p)
		}
		for name, c := range map[string]struct {
			name string
			body []byte
			want fault.Kind
		}{
			"nothing":   {"a.pdf", nil, fault.Invalid},
			"a page":    {"a.html", []byte("<html><script>"), fault.Invalid},
			"no name":   {"", pdf, fault.Invalid},
			"too large": {"a.pdf", append(pdf, make([]byte, warning.MaxProof)...), fault.TooLarge},
		} {
			if _, err := w.s.AddProof(ctx, engineer("a"), d.ID, c.name, c.body); !fault.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, by := range []member.Actor{engineer("a"), watch} {
			ps, err := w.s.Proofs(ctx, by, d.ID)
			w.ok(err)
			if diff := cmp.Diff([]warning.Proof{p}, ps); diff != "" {
				t.Error(diff)
			}
			_, body, err := w.s.ReadProof(ctx, by, d.ID, p.ID)
			w.ok(err)
			if string(body) != string(pdf) {
				t.Errorf("%q", body)
			}
		}
		if _, _, err := w.s.ReadProof(ctx, engineer("b"), d.ID, p.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another unit reads it: %v", err)
		}
		if ps, err := w.s.Proofs(ctx, engineer("b"), d.ID); err != nil || len(ps) != 0 {
			t.Errorf("another unit sees it: %v, %v", ps, err)
		}
		for range 9 {
			_, err = w.s.AddProof(ctx, engineer("a"), d.ID, "more.txt", []byte("done"))
			w.ok(err)
		}
		_, err = w.s.AddProof(ctx, engineer("a"), d.ID, "more.txt", []byte("done"))
		w.want(err, fault.Invalid)
	})
}

// Whoever runs the platform issues what is its to issue.
func TestRights(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "here", Partner: true})
		w.org(member.Org{Slug: "there", Partner: true})
		w.org(member.Org{Slug: "hit-there"})
		w.exec(`UPDATE org SET region = '浙江' WHERE id IN ('here')`)
		w.exec(`UPDATE org SET region = '江苏' WHERE id IN ('there', 'hit-there')`)
		check := func(region string, level warning.Level, territory, basis string, want ...string) {
			t.Helper()
			w.s.Territory = region
			d := w.draft(map[string]int{"hit-there": 1})
			in := edit(d)
			in.Level, in.Territory, in.Content.Basis = level, territory, basis
			x, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.ok(err)
			_, err = w.s.DryRun(ctx, officer, x.ID)
			if len(want) == 0 {
				w.ok(err)
				return
			}
			w.want(err, fault.Invalid)
			if diff := cmp.Diff(want, fields(t, err)); diff != "" {
				t.Errorf("%s in %q from %q: %s", level, territory, region, diff)
			}
		}
		check("", warning.Red, "", "国家网络安全应急办公室决定")
		check("", warning.Red, "", "", "content.basis")
		check("", warning.Orange, "浙江", "", "territory")
		check("", warning.Orange, "", "")
		check("", warning.Yellow, "浙江", "")
		check("浙江", warning.Orange, "浙江", "", "level")
		check("浙江", warning.Yellow, "浙江", "")
		check("浙江", warning.Blue, "", "", "territory")
		check("浙江", warning.Risk, "江苏", "", "territory")

		d := w.draft(map[string]int{"hit-there": 1})
		if d.Territory != "浙江" {
			t.Errorf("drafted for %q", d.Territory)
		}
		in := edit(d)
		in.Level, in.Territory = warning.Yellow, "浙江"
		_, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		w.release(d.ID)
		if diff := cmp.Diff(map[string]int{"here": 3, "hit-there": 1}, w.waves(d.ID, 1)); diff != "" {
			t.Error(diff)
		}
	})
}

// Parts have labels of their own, and the strictest is that of the whole. What machines take in is checked.
func TestPartsAndPack(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(nil)
		in := edit(d)
		in.TLP, in.Content.Labels = "GREEN", warning.Labels{Pack: "AMBER+STRICT"}
		in.Content.Pack = warning.Pack{Indicators: warning.ReadIndicators("ipv4 192.0.2.7\r\n\nSHA256 " + strings.Repeat("ab", 32) + "\ndomain c2.example\nurl https://c2.example/x\nregistry HKLM\\Software\\X\n"),
			Sigma: "title: x", Links: []string{"https://example.org/"}}
		x, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		if x.TLP != "AMBER+STRICT" || x.MeasuresLabel() != "GREEN" || x.SummaryLabel() != "GREEN" || x.PackLabel() != "AMBER+STRICT" || len(x.Content.Pack.Indicators) != 5 {
			t.Errorf("%+v", x)
		}
		if got := warning.WriteIndicators(x.Content.Pack.Indicators); !strings.HasPrefix(got, "ipv4 192.0.2.7\nsha256 abab") {
			t.Errorf("%q", got)
		}
		for _, bad := range []string{"ipv4 999.1.1.1", "ipv4 2001:db8::1", "sha256 abc", "domain no dots", "url javascript:alert(1)", "email x", "whatever 1", "domain"} {
			in := edit(x)
			in.Content.Pack.Indicators = warning.ReadIndicators(bad)
			_, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.want(err, fault.Invalid)
		}
		in = edit(x)
		in.Content.Pack.Links = []string{"javascript:alert(1)"}
		_, err = w.s.Edit(ctx, analyst, d.ID, in)
		w.want(err, fault.Invalid)
		in = edit(x)
		in.Content.Labels.Summary = "PINK"
		_, err = w.s.Edit(ctx, analyst, d.ID, in)
		w.want(err, fault.Invalid)
	})
}

// FuzzReadIndicators: whatever people paste, it is read and checked without harm.
func FuzzReadIndicators(f *testing.F) {
	f.Add("ipv4 192.0.2.7\nsha256 x")
	f.Fuzz(func(t *testing.T, text string) {
		if n := len(warning.ReadIndicators(text)); n > 501 {
			t.Errorf("%d indicators", n)
		}
	})
}
