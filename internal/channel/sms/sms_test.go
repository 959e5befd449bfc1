// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sms_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/channel/sms"
	"github.com/fengsui/fengsui/internal/delivery"
)

var (
	at   = time.Date(2021, 12, 10, 1, 2, 3, 0, time.UTC)
	thin = delivery.Message{Type: "warning.released", To: delivery.Address{Phone: "+8613800000000"}, Short: `FS-W-2021-0001 "橙色"&`, Link: "https://fengsui.example/w/1", Text: "canary", Subject: "canary"}
)

func gateway(t *testing.T, status int, answer string) (s *httptest.Server, got *http.Request, body *string) {
	got, body = new(http.Request), new(string)
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*got, *body = *r, string(b)
		w.Header().Set("Retry-After", "9")
		w.WriteHeader(status)
		io.WriteString(w, answer) //nolint:errcheck // a test's sink
	}))
	t.Cleanup(s.Close)
	return s, got, body
}

func TestTheTemplateMakesTheRequest(t *testing.T) {
	s, got, body := gateway(t, 200, `{"Code":"OK"}`)
	c, err := sms.New(sms.Settings{URL: s.URL + "/send?to={{.Phone}}", ContentType: "application/json", Authorization: "Bearer s3cret",
		Body: `{"to":{{json .Phone}},"text":{{json .Text}},"url":{{json .Link}},"id":{{json .ID}}}`, Accepts: `"Code":"OK"`})
	if err != nil {
		t.Fatal(err)
	}
	c.Exercise = true
	if status, err := c.Send(context.Background(), "warning:w:1:o:sms", at, thin); err != nil || status != 200 {
		t.Fatalf("%d, %v", status, err)
	}
	var in map[string]string
	if err := json.Unmarshal([]byte(*body), &in); err != nil {
		t.Fatalf("%v: %s", err, *body)
	}
	want := map[string]string{"to": "+8613800000000", "text": `【演练】FS-W-2021-0001 "橙色"&`, "url": thin.Link, "id": "warning:w:1:o:sms"}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Error(diff)
	}
	if got.Method != "POST" || got.URL.Query().Get("to") != "+8613800000000" || got.Header.Get("Authorization") != "Bearer s3cret" || strings.Contains(*body, "canary") {
		t.Errorf("%s %s %v", got.Method, got.URL, got.Header)
	}
	if c, err = sms.New(sms.Settings{URL: s.URL, Method: "PUT", Secret: "k&y", Body: `to={{urlquery .Phone}}&text={{urlquery .Text}}&key={{urlquery .Secret}}`}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(context.Background(), "id", at, thin); err != nil {
		t.Fatal(err)
	}
	if v, err := url.ParseQuery(*body); err != nil || v.Get("text") != thin.Short || v.Get("key") != "k&y" || got.Method != "PUT" {
		t.Errorf("%s %v", *body, err)
	}
}

func TestAnswers(t *testing.T) {
	for _, x := range []struct {
		status int
		answer string
		want   any // nil, or a pointer to the kind of error
	}{
		{200, `{"Code":"OK"}`, nil},
		{200, `{"Code":"isv.OUT_OF_SERVICE s3cret"}`, new(error)},
		{500, `{"Code":"OK"}`, new(error)},
		{302, `{"Code":"OK"}`, new(error)},
		{403, ``, new(delivery.Down)},
		{429, ``, new(delivery.Later)},
	} {
		s, _, _ := gateway(t, x.status, x.answer)
		c, err := sms.New(sms.Settings{URL: s.URL, Accepts: `"OK"`})
		if err != nil {
			t.Fatal(err)
		}
		status, err := c.Send(context.Background(), "id", at, thin)
		if status != x.status || (err == nil) != (x.want == nil) || err != nil && !errors.As(err, x.want) {
			t.Errorf("%d %s: %d %v", x.status, x.answer, status, err)
		}
		var later delivery.Later
		if errors.As(err, &later) && !later.Whole {
			t.Errorf("%d: only this number is left alone, not the gateway", x.status)
		}
		var p delivery.Permanent
		if errors.As(err, &p) || err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "138")) {
			t.Errorf("%v", err)
		}
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	s, _, body := gateway(t, 200, "")
	c, err := sms.New(sms.Settings{URL: s.URL, Body: "{{.Text}}"})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*delivery.Message){
		"no number":     func(m *delivery.Message) { m.To.Phone = "" },
		"too short":     func(m *delivery.Message) { m.To.Phone = "110" },
		"not a number":  func(m *delivery.Message) { m.To.Phone = "+86138\n00000000" },
		"nothing thin":  func(m *delivery.Message) { m.Short = "" },
		"too much text": func(m *delivery.Message) { m.Short = strings.Repeat("长", 400) },
	} {
		m := thin
		change(&m)
		_, err := c.Send(context.Background(), "id", at, m)
		var p delivery.Permanent
		if !errors.As(err, &p) || *body != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	none, err := sms.New(sms.Settings{})
	if err != nil || none.Ready() == nil {
		t.Errorf("without a gateway: %v", err)
	}
	for name, s := range map[string]sms.Settings{"template": {URL: "https://x/{{.Nothing}}"}, "broken": {URL: "https://x/", Body: "{{"}, "regexp": {URL: "https://x/", Accepts: "("}, "no url": {URL: "sms"}, "method": {URL: "https://x/", Method: "A B"}} {
		if _, err := sms.New(s); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
