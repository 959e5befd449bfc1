// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package robot_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/channel/robot"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/outbound"
)

var (
	at   = time.Date(2021, 12, 10, 1, 2, 3, 456_000_000, time.UTC)
	thin = delivery.Message{Type: "warning.released", Short: "[TLP:AMBER] FS-W-2021-0001 <橙色预警> & more", Link: "https://fengsui.example/warnings/1?a=1&b=2",
		Subject: "canary-subject", Text: "canary-text", HTML: "canary-html", Data: map[string]string{"title": "canary-data"}}
)

// sink is a robot that answers as told and remembers what it got.
type sink struct {
	*httptest.Server
	status int
	answer string
	header http.Header
	query  map[string][]string
	body   []byte
}

func newSink(t *testing.T) *sink {
	s := &sink{status: 200}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.query = r.URL.Query()
		s.body, _ = io.ReadAll(r.Body)
		for k, v := range s.header {
			w.Header()[k] = v
		}
		w.WriteHeader(s.status)
		io.WriteString(w, s.answer) //nolint:errcheck // a test's sink
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) send(c *robot.Channel, m delivery.Message, secret string) (int, error) {
	m.To = delivery.Address{URL: s.URL + "/hook?access_token=t%20t", Secret: []byte(secret)}
	return c.Send(context.Background(), "id", at, m)
}

// The signatures were computed with other tools by the rules in each platform's manual:
// printf '1639098123456\nSECtest' | openssl dgst -sha256 -hmac SECtest -binary | base64, and
// printf ” | openssl dgst -sha256 -hmac $'1639098123\nSECtest' -binary | base64.
const (
	dingTalkSign = "lhBMTj2ZQl/p78BKuHMKU6apFA8kwCX0xTx17WKAthI="
	feishuSign   = "mkQgByizpCuEcsGY694iRQD6YVmkxZCmCd+i0e8p5Pk="
)

func TestWhatEachPlatformGets(t *testing.T) {
	text := thin.Short + "\n" + thin.Link
	for name, want := range map[string]string{
		delivery.DingTalk: `{"msgtype":"text","text":{"content":` + quoted(text) + `}}`,
		delivery.WeCom:    `{"msgtype":"text","text":{"content":` + quoted(text) + `}}`,
		delivery.Feishu:   `{"msg_type":"text","content":{"text":` + quoted(text) + `},"timestamp":"1639098123","sign":"` + feishuSign + `"}`,
		delivery.Slack:    `{"text":` + quoted("[TLP:AMBER] FS-W-2021-0001 &lt;橙色预警&gt; &amp; more\n"+thin.Link) + `}`,
		delivery.Teams: `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json",
			"type":"AdaptiveCard","version":"1.2","body":[{"type":"TextBlock","text":` + quoted(`\[TLP:AMBER\] FS-W-2021-0001 <橙色预警> & more`) + `,"wrap":true,"weight":"Bolder"},
			{"type":"TextBlock","text":` + quoted(thin.Link) + `,"wrap":true}],"actions":[{"type":"Action.OpenUrl","title":"查看 / Open","url":` + quoted(thin.Link) + `}]}}]}`,
	} {
		s := newSink(t)
		s.answer = took[name]
		status, err := s.send(robot.All(true, false)[name], thin, "SECtest")
		if err != nil || status != 200 {
			t.Fatalf("%s: %d, %v", name, status, err)
		}
		var got, wanted any
		if err := errors.Join(json.Unmarshal(s.body, &got), json.Unmarshal([]byte(want), &wanted)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if strings.Contains(string(s.body), "canary") {
			t.Errorf("%s: a text left: %s", name, s.body)
		}
		query := map[string][]string{"access_token": {"t t"}}
		if name == delivery.DingTalk {
			query["timestamp"], query["sign"] = []string{"1639098123456"}, []string{dingTalkSign}
		}
		if diff := cmp.Diff(query, s.query); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// took is how each platform says that it took a message.
var took = map[string]string{delivery.DingTalk: `{"errcode":0,"errmsg":"ok"}`, delivery.WeCom: `{"errcode":0,"errmsg":"ok"}`,
	delivery.Feishu: `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`, delivery.Slack: "ok", delivery.Teams: "1"}

// The platforms answer 200 to most of what they refuse. Only what says that the message was taken is a delivery.
func TestOnlyAcceptedMessagesAreDelivered(t *testing.T) {
	type kind int
	const (
		ok kind = iota
		again
		later
		never
	)
	for _, x := range []struct {
		name, answer string
		status       int
		want         kind
	}{
		{delivery.DingTalk, took[delivery.DingTalk], 200, ok},
		{delivery.DingTalk, `{"errcode":310000,"errmsg":"sign not match s3cret"}`, 200, again},
		{delivery.DingTalk, `{"errcode":130101,"errmsg":"send too fast"}`, 200, later},
		{delivery.DingTalk, `{"errcode":400101,"errmsg":"access_token not exist"}`, 200, never},
		{delivery.DingTalk, `{}`, 200, again},
		{delivery.DingTalk, ``, 200, again},
		{delivery.DingTalk, `{"errcode":"0"}`, 200, again},
		{delivery.DingTalk, `<html>s3cret`, 200, again},
		{delivery.DingTalk, took[delivery.DingTalk], 302, again},
		{delivery.DingTalk, took[delivery.DingTalk], 500, again},
		{delivery.WeCom, `{"errcode":93000,"errmsg":"invalid webhook url"}`, 200, never},
		{delivery.WeCom, `{"errcode":45009,"errmsg":"api freq out of limit"}`, 200, later},
		{delivery.WeCom, `{"errcode":40058,"errmsg":"x"}`, 200, again},
		{delivery.Feishu, `{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}`, 200, again},
		{delivery.Feishu, `{"code":11232,"msg":"frequency limited"}`, 200, later},
		{delivery.Feishu, `{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}`, 200, never},
		{delivery.Feishu, `{"StatusCode":0}`, 200, again},
		{delivery.Slack, "ok", 200, ok},
		{delivery.Slack, "no", 200, again},
		{delivery.Slack, "no_service", 404, never},
		{delivery.Slack, "channel_is_archived", 410, never},
		{delivery.Slack, "invalid_payload", 400, again},
		{delivery.Slack, "rate_limited", 429, later},
		{delivery.Teams, "", 202, ok},
		{delivery.Teams, "1", 200, ok},
		{delivery.Teams, "", 200, again},
		{delivery.Teams, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId", 200, later},
		{delivery.Teams, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 403", 200, again},
	} {
		s := newSink(t)
		s.status, s.answer, s.header = x.status, x.answer, http.Header{"Retry-After": {"7"}, "Location": {"http://elsewhere.invalid/"}}
		status, err := s.send(robot.All(true, false)[x.name], thin, "")
		got := again
		var p delivery.Permanent
		var l delivery.Later
		switch {
		case err == nil:
			got = ok
		case errors.As(err, &p):
			got = never
		case errors.As(err, &l):
			if got = later; x.status == 429 && l.After != 7*time.Second {
				t.Errorf("%s: wait %v, want what was asked for", x.name, l.After)
			}
		}
		if got != x.want || status != x.status {
			t.Errorf("%s answers %d %s: status %d, %v", x.name, x.status, x.answer, status, err)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), s.URL)) {
			t.Errorf("the error shows what it may not: %v", err)
		}
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	for name, c := range robot.All(false, false) {
		for _, to := range []string{"", "ftp://x.example", "http://oapi.example/robot", "https://u:p@x.example/", "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x"} {
			m := thin
			m.To.URL = to
			_, err := c.Send(context.Background(), "id", at, m)
			var p delivery.Permanent
			if !errors.As(err, &p) {
				t.Errorf("%s, %q: %v, want a refusal for good", name, to, err)
			}
		}
	}
	for name, c := range robot.All(true, true) {
		s := newSink(t)
		s.answer = took[name]
		for what, change := range map[string]func(*delivery.Message){"nothing thin": func(m *delivery.Message) { m.Short = "" }, "too long": func(m *delivery.Message) { m.Short = strings.Repeat("长", 700) }} {
			m := thin
			change(&m)
			var p delivery.Permanent
			if _, err := s.send(c, m, ""); !errors.As(err, &p) || s.body != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if _, err := s.send(c, thin, ""); err != nil || !strings.Contains(string(s.body), "演练 EXERCISE") {
			t.Errorf("%s: an exercise does not say so: %v %s", name, err, s.body)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for in, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "x": 0, "99999999": 24 * time.Hour, "Fri, 10 Dec 2021 01:03:03 GMT": time.Minute, "Fri, 10 Dec 2020 01:03:03 GMT": 0} {
		if got := outbound.RetryAfter(http.Header{"Retry-After": {in}}, at.Truncate(time.Second)); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}
