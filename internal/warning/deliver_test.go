// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/fengsui/fengsui/internal/channel/webhook"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

func containsText(b []byte) bool { return bytes.Contains(b, []byte(secret)) }

// render renders the delivery of a revision to an organisation.
func (w *world) render(id, revision, org, channel string) (delivery.Message, error) {
	return warning.Purpose{Service: w.s}.Render(ctx, delivery.Delivery{Purpose: "warning", Subject: id + ":" + revision, OrgID: org, Channel: channel})
}

// Undisclosed details are absent from mail and from thin payloads, whoever is affected.
func TestNoDetailsByMailOrHook(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "hit", Partner: true, Email: "h@member.example", WebhookURL: "https://h/"})
		w.org(member.Org{Slug: "abroad", Partner: true, Email: "x@member.example", WebhookURL: "https://x/", Country: "DE"})
		for _, label := range []string{"AMBER", "AMBER+STRICT", "RED"} {
			d := w.draft(map[string]int{"hit": 2})
			in := edit(d)
			in.TLP = label
			_, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.ok(err)
			w.release(d.ID)
			for _, org := range []string{"hit", "abroad"} {
				for _, channel := range []string{delivery.Email, delivery.Webhook} {
					m, err := w.render(d.ID, "1", org, channel)
					w.ok(err)
					b, err := json.Marshal(m.Data)
					w.ok(err)
					if all := m.Subject + m.Text + m.HTML + string(b) + m.Thread; strings.Contains(all, secret) || strings.Contains(all, "关闭查找") || strings.Contains(all, "产品0") {
						w.Errorf("TLP:%s, %s to %s shows details: %s", label, channel, org, all)
					}
					if m.TLP != label {
						w.Errorf("label %q", m.TLP)
					}
				}
			}
		}
	})
}

func TestMailSaysWhatToDoInBothLanguages(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "hit", Partner: true, Email: "h@member.example"})
		w.org(member.Org{Slug: "abroad", Partner: true, Email: "x@member.example", Country: "DE"})
		d := w.draft(map[string]int{"hit": 2})
		w.release(d.ID)
		m, err := w.render(d.ID, "1", "hit", delivery.Email)
		w.ok(err)
		if want := "[TLP:AMBER] FS-W-2021-0001 橙色预警 / Orange warning"; m.Subject != want || m.To.Email != "h@member.example" || m.Thread != "warning/"+d.ID {
			w.Errorf("subject %q to %q in %q", m.Subject, m.To.Email, m.Thread)
		}
		for _, want := range []string{
			"TLP:AMBER\n橙色预警 FS-W-2021-0001", "贵单位登记的 2 个产品", "请于 2021-11-24 22:00（UTC+8）前答复", "010-00000000", "烽燧值班室",
			"Orange warning FS-W-2021-0001", "2 of your registered products contain", "Please answer by 2021-11-24 22:00 (UTC+8).",
			"https://fengsui.example/w/" + w.s.Link(d.ID, 1, "hit"), "https://fengsui.example/warnings/" + d.ID,
		} {
			if !strings.Contains(m.Text, want) || !strings.Contains(strings.ReplaceAll(m.HTML, "</strong></p>\n<h1>", "\n"), strings.ReplaceAll(want, "+8", "&#43;8")) {
				w.Errorf("%q is missing in text or HTML:\n%s\n%s", want, m.Text, m.HTML)
			}
		}
		if strings.Index(m.Text, "橙色预警") > strings.Index(m.Text, "Orange warning") {
			w.Error("Chinese does not come first")
		}
		if m, err = w.render(d.ID, "1", "abroad", delivery.Email); err != nil || strings.Index(m.Text, "橙色预警") < strings.Index(m.Text, "Orange warning") ||
			!strings.Contains(m.Text, "None of your registered products") {
			w.Errorf("abroad: %v\n%s", err, m.Text)
		}
	})
}

func TestOpenWarningsTravelWhole(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "hit", Partner: true, Email: "h@member.example", WebhookURL: "https://h/"})
		d := w.draft(map[string]int{"hit": 1})
		in := edit(d)
		in.TLP, in.Content.Title = "GREEN", "<b>标题</b>"
		_, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		w.release(d.ID)
		m, err := w.render(d.ID, "1", "hit", delivery.Email)
		w.ok(err)
		if strings.Contains(m.Subject, "标题") || !strings.Contains(m.Text, "<b>标题</b>") || !strings.Contains(m.Text, "关闭查找") || !strings.Contains(m.Text, "- 产品0 1.0：含有 "+secret+":lib@2.14.1，属于受影响范围 >= 2.0, < 2.15.0") {
			w.Errorf("%s\n%s", m.Subject, m.Text)
		}
		if strings.Contains(m.HTML, "<b>") {
			w.Error("a title is taken for HTML")
		}
		if m, err = w.render(d.ID, "1", "hit", delivery.Webhook); err != nil {
			w.Fatal(err)
		}
		got := decode(w, m.Data)
		if got["title"] != "<b>标题</b>" || got["measures"] != in.Content.Measures || got["tlp"] != "GREEN" {
			w.Errorf("%v", got)
		}
		hit := got["products"].([]any)[0].(map[string]any)
		if hit["name"] != "产品0" || hit["verdict"] != "affected" || hit["why"].(map[string]any)["range"] != ">= 2.0, < 2.15.0" {
			w.Errorf("%v", hit)
		}
	})
}

func decode(w *world, v any) (out map[string]any) {
	w.Helper()
	b, err := json.Marshal(v)
	w.ok(err)
	w.ok(json.Unmarshal(b, &out))
	return out
}

// A payload with everything in it stays below the limit of a webhook: the texts stay away rather than the message.
func TestLargePayloadBecomesThin(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "hit", Partner: true, WebhookURL: "https://h/"})
		d := w.draft(map[string]int{"hit": 60})
		in := edit(d)
		in.TLP, in.Content.Measures, in.Content.MeasuresEN = "GREEN", strings.Repeat("措", 4000), strings.Repeat("m", 4000)
		_, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		w.release(d.ID)
		m, err := w.render(d.ID, "1", "hit", delivery.Webhook)
		w.ok(err)
		got := decode(w, m.Data)
		if b, _ := json.Marshal(m.Data); len(b) > 18_000 || got["measures"] != nil || got["matched_products"] != 60.0 || len(got["products"].([]any)) != 20 {
			w.Errorf("%d bytes: %v", len(b), got)
		}
	})
}

func TestWhatMustNotGoOutAnyMore(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(nil)
		w.release(d.ID)
		_, err := w.s.Revise(ctx, analyst, d.ID, warning.Supersede)
		w.ok(err)
		_, err = w.render(d.ID, "1", "a", delivery.Email)
		w.ok(err) // the revision is a draft
		w.release(d.ID)
		if _, err = w.render(d.ID, "1", "a", delivery.Email); !errors.Is(err, delivery.ErrSuperseded) {
			w.Errorf("the old revision: %v", err)
		}
		m, err := w.render(d.ID, "2", "a", delivery.Email)
		w.ok(err)
		if !strings.Contains(m.Subject, "（第 2 版）") || !strings.Contains(m.Text, "(revision 2)") {
			w.Errorf("%s\n%s", m.Subject, m.Text)
		}
		w.exec(`UPDATE org SET status = 'left' WHERE id = 'a'`)
		for _, c := range [][3]string{{d.ID, "2", "a"}, {d.ID, "2", "platform"}, {"x", "1", "a"}, {d.ID, "?", "a"}} {
			_, err := w.render(c[0], c[1], c[2], delivery.Email)
			var p delivery.Permanent
			if !errors.As(err, &p) {
				w.Errorf("%v: %v, want a refusal for good", c, err)
			}
		}
	})
}

// From the release to the receiver's door and back: signed webhooks arrive once each, what fails for good is seen.
func TestFromReleaseToReceiver(t *testing.T) {
	each(t, func(w *world) {
		verifier, err := standardwebhooks.NewWebhookRaw([]byte("0123456789abcdef0123456789abcdef"))
		w.ok(err)
		var mu sync.Mutex
		got := map[string]map[string]any{}
		sink := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path == "/gone" {
				rw.WriteHeader(http.StatusGone)
				return
			}
			if err := verifier.VerifyIgnoringTimestamp(body, r.Header); err != nil {
				w.Error(err)
			}
			var v map[string]any
			if err := json.Unmarshal(body, &v); err != nil {
				w.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if got[r.URL.Path] != nil {
				w.Errorf("%s was warned twice", r.URL.Path)
			}
			got[r.URL.Path] = v
		}))
		defer sink.Close()
		for _, o := range []string{"hit", "other", "gone"} {
			w.org(member.Org{Slug: o, Partner: true, WebhookURL: sink.URL + "/" + o})
		}
		d := w.draft(map[string]int{"hit": 1})
		w.release(d.ID)
		sender := &delivery.Sender{DB: w.d, Channels: map[string]delivery.Channel{"webhook": &webhook.Channel{AllowPrivate: true}},
			Purposes: map[string]delivery.Purpose{"warning": warning.Purpose{Service: w.s}}}
		for range 2 {
			_, err = sender.Drain(ctx)
			w.ok(err)
		}
		want := map[string]any{
			"type": "warning.released", "timestamp": "2021-11-24T02:00:00Z", "data": map[string]any{
				"id": d.ID, "number": "FS-W-2021-0001", "revision": 1.0, "kind": "original", "lead": "比对结果显示，贵单位登记的产品受影响，请立即处置。", "lead_en": "Products that you have registered are affected. Please act at once.", "level": "orange", "tlp": "AMBER", "case": got["/hit"]["data"].(map[string]any)["case"],
				"released_at": "2021-11-24T02:00:00Z", "respond_by": "2021-11-24T14:00:00Z", "wave": 1.0, "url": "https://fengsui.example/warnings/" + d.ID,
				"matched_products": 1.0, "products": []any{map[string]any{"id": "hit-p0-" + d.CaseID[24:], "version": "1.0"}},
			},
		}
		if diff := cmp.Diff(want, got["/hit"]); diff != "" {
			w.Error(diff)
		}
		if len(got) != 2 || len(got["/other"]["data"].(map[string]any)["products"].([]any)) != 0 {
			w.Errorf("%v", got)
		}
		if n := w.number(`SELECT count(*) FROM event e JOIN event_subject s ON s.event_id = e.id WHERE e.kind = 'warning.undelivered' AND s.subject = 'org/gone'`); n != 1 {
			w.Errorf("%d events about the failed delivery", n)
		}
		c, err := w.s.Coverage(ctx, watch, d.ID)
		w.ok(err)
		if diff := cmp.Diff(map[delivery.State]int{delivery.Delivered: 2, delivery.Failed: 1}, c.Deliveries["webhook"]); diff != "" {
			w.Error(diff)
		}
	})
}

// Whoever has a copy has a delivery on each channel, however many there are; the board shows as many as it can.
func TestEveryCopyHasItsDelivery(t *testing.T) {
	each(t, func(w *world) {
		w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
			var rows [][]any
			for i := range 3000 {
				id := "org" + time.Duration(i).String()
				rows = append(rows, []any{id, id, id, "", `["operator"]`, true, 0, "s" + id[len(id)-3:], "", "", "active", "", id + "@m.example", "", "https://" + id + "/", "[]", "", db.At(tx.Now)})
			}
			return db.Bulk(ctx, tx, `org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspension_reason,
				email, phone, webhook_url, domains, note, created_at)`, "", rows)
		}))
		d := w.draft(map[string]int{"org7ns": 1})
		w.release(d.ID)
		if n := w.number(`SELECT count(*) FROM warning_recipient`); n != 3000 {
			w.Errorf("%d copies", n)
		}
		c, err := w.s.Coverage(ctx, watch, d.ID)
		w.ok(err)
		if n := c.Deliveries[delivery.Email][delivery.Queued] + c.Deliveries[delivery.Webhook][delivery.Queued]; n != 6000 {
			w.Errorf("%d deliveries", n)
		}
		rows, err := w.matrix(watch, d.ID)
		w.ok(err)
		if len(rows) != 2000 || len(rows[0].Deliveries) != 2 || len(rows[1999].Deliveries) != 2 {
			w.Errorf("%d rows", len(rows))
		}
	})
}
