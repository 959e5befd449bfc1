// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/fengsui/fengsui/internal/channel/webhook"
	"github.com/fengsui/fengsui/internal/delivery"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func message(to string) delivery.Message {
	return delivery.Message{Type: "warning.released", To: delivery.Address{URL: to, Secret: []byte(secret)}, Data: map[string]any{"number": "FS-W-2021-0001"}}
}

// The reference library of the standard accepts what is sent, for both forms of a secret.
func TestSignedAsTheStandardSays(t *testing.T) {
	var headers http.Header
	var body []byte
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		headers = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer sink.Close()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := standardwebhooks.NewWebhookRaw([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2021, 12, 10, 1, 2, 3, 0, time.UTC)
	c := webhook.New(true)
	for _, x := range []struct {
		verifier *standardwebhooks.Webhook
		secret   string
	}{{verifier, secret}, {raw, "0123456789abcdef0123456789abcdef"}} {
		m := message(sink.URL)
		m.To.Secret = []byte(x.secret)
		status, err := c.Send(context.Background(), "warning:w:1:o.x:webhook", at, m)
		if err != nil || status != 200 {
			t.Fatalf("status %d, %v", status, err)
		}
		if err := x.verifier.VerifyIgnoringTimestamp(body, headers); err != nil {
			t.Errorf("the reference library refuses it: %v", err)
		}
		if err := x.verifier.VerifyIgnoringTimestamp(append(body, ' '), headers); err == nil {
			t.Error("the reference library accepts an altered body")
		}
	}
	if got := headers.Get("webhook-id"); got != "warning_w_1_o_x_webhook" {
		t.Errorf("webhook-id %q", got)
	}
	if got := headers.Get("webhook-timestamp"); got != "1639098123" {
		t.Errorf("webhook-timestamp %q", got)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"type": "warning.released", "timestamp": "2021-12-10T01:02:03Z", "data": map[string]any{"number": "FS-W-2021-0001"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnly2xxIsDelivered(t *testing.T) {
	var status, elsewhere atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer target.Close()
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target.URL)
		w.WriteHeader(int(status.Load()))
	}))
	defer sink.Close()
	c := webhook.New(true)
	for _, x := range []struct {
		status        int
		ok, permanent bool
	}{
		{200, true, false}, {202, true, false}, {204, true, false}, {302, false, false}, {307, false, false}, {308, false, false},
		{400, false, false}, {404, false, false}, {410, false, true}, {429, false, false}, {500, false, false}, {503, false, false},
	} {
		status.Store(int64(x.status))
		got, err := c.Send(context.Background(), "id", time.Now(), message(sink.URL))
		var p delivery.Permanent
		if got != x.status || (err == nil) != x.ok || errors.As(err, &p) != x.permanent {
			t.Errorf("%d: status %d, error %v", x.status, got, err)
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("followed %d redirects", n)
	}
}

// While a secret is being replaced, whoever knows either of the two can verify.
func TestSignedWithBothSecretsWhileOneIsReplaced(t *testing.T) {
	var headers http.Header
	var body []byte
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		headers = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer sink.Close()
	m := message(sink.URL)
	m.To.Secret, m.To.Former = []byte("0123456789abcdef0123456789abcdef"), []byte(secret)
	if _, err := webhook.New(true).Send(context.Background(), "id", time.Now(), m); err != nil {
		t.Fatal(err)
	}
	before, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	now, err := standardwebhooks.NewWebhookRaw(m.To.Secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []*standardwebhooks.Webhook{before, now} {
		if err := v.VerifyIgnoringTimestamp(body, headers); err != nil {
			t.Error(err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	at := time.Date(2021, 12, 10, 1, 2, 3, 0, time.UTC)
	for _, x := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{429, "120", 2 * time.Minute}, {503, "Fri, 10 Dec 2021 01:12:03 GMT", 10 * time.Minute}, {429, "99999999", 24 * time.Hour}, {429, "-5", 0}, {503, "soon", 0}, {503, "", 0},
		{429, "Fri, 10 Dec 2021 01:00:00 GMT", 0}, {500, "120", 0}, {400, "120", 0},
	} {
		sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", x.header)
			w.WriteHeader(x.status)
		}))
		_, err := webhook.New(true).Send(context.Background(), "id", at, message(sink.URL))
		sink.Close()
		var later delivery.Later
		if errors.As(err, &later); err == nil || later.After != x.want {
			t.Errorf("%d with %q: %v, after %v, want %v", x.status, x.header, err, later.After, x.want)
		}
	}
}

func TestNeverIntoTheOwnNetwork(t *testing.T) {
	var reached atomic.Int64
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	port := inside.URL[strings.LastIndexByte(inside.URL, ':'):]
	c := webhook.New(false)
	for _, to := range []string{
		inside.URL, "https://localhost" + port, "https://[::1]" + port, "https://[::ffff:127.0.0.1]" + port, "https://0.0.0.0" + port,
		"http://example.org/hook", "https://user:secret@example.org/", "ftp://example.org/", "https:///x", "not a url", "", "https://169.254.169.254/latest/meta-data",
	} {
		_, err := c.Send(context.Background(), "id", time.Now(), message(to))
		var p delivery.Permanent
		if !errors.As(err, &p) {
			t.Errorf("%s: %v, want a refusal for good", to, err)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached the inside", n)
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	defer sink.Close()
	c := webhook.New(true)
	for name, change := range map[string]func(*delivery.Message){
		"no secret":      func(m *delivery.Message) { m.To.Secret = nil },
		"short secret":   func(m *delivery.Message) { m.To.Secret = []byte("whsec_MTIz") },
		"broken secret":  func(m *delivery.Message) { m.To.Secret = []byte("whsec_!!") },
		"too large":      func(m *delivery.Message) { m.Data = strings.Repeat("x", 20_001) },
		"cannot be JSON": func(m *delivery.Message) { m.Data = make(chan int) },
	} {
		m := message(sink.URL)
		change(&m)
		_, err := c.Send(context.Background(), "id", time.Now(), m)
		var p delivery.Permanent
		if !errors.As(err, &p) {
			t.Errorf("%s: %v, want a refusal for good", name, err)
		}
	}
}

// An error goes into the delivery record: it must not show the address, which may hold a token.
func TestErrorsDoNotShowTheAddress(t *testing.T) {
	sink := httptest.NewServer(http.NotFoundHandler())
	address := sink.URL + "/hook?token=s3cret"
	sink.Close()
	_, err := webhook.New(true).Send(context.Background(), "id", time.Now(), message(address))
	port := sink.URL[strings.LastIndexByte(sink.URL, ':')+1:]
	if err == nil || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), port) || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("got %v", err)
	}
	if _, err = webhook.New(true).Send(context.Background(), "id", time.Now(), message("https://inner-host.invalid/hook")); err == nil || strings.Contains(err.Error(), "inner-host") {
		t.Errorf("got %v", err)
	}
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 s3cret\r\n\r\n") //nolint:errcheck // what comes of it is looked at
		conn.Close()
	}))
	defer odd.Close()
	if _, err = webhook.New(true).Send(context.Background(), "id", time.Now(), message(odd.URL)); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}
