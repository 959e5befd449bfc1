// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/member"
)

// A posted is what a receiver of webhooks got, with the secrets that must verify it and those that must not.
type posted struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Good    []string          `json:"good"`
	Bad     []string          `json:"bad"`
}

// never was anybody's secret.
const never = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// What receivers get while secrets are renewed is verified by whoever knows the new one or, for a day, the one before; by
// nobody else. `make conformance` asks the standard's libraries in other languages the same of what is kept here.
func TestReceiversVerifyWhileSecretsAreRenewed(t *testing.T) {
	for engine, address := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			var mu sync.Mutex
			var got []posted
			sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				p := posted{Headers: map[string]string{}, Body: string(body)}
				for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
					p.Headers[name] = r.Header.Get(name)
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, p)
			}))
			defer sink.Close()
			ctx := t.Context()
			clock := calendar.NewDriven(time.Now().Add(-3 * time.Minute)) // verifiers refuse what is more than five minutes from now; this takes six
			c := app.Defaults()
			c.Data, c.MetricsListen, c.Listen, c.Webhook.AllowPrivate = t.TempDir(), "", "127.0.0.1:0", true
			if engine == db.PostgreSQL {
				c.Database = address
			}
			s, err := app.Assemble(ctx, c, clock, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			o, err := s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: "unit", NameZH: "单位", NameEN: "Unit", Roles: []member.OrgRole{member.Provider}, Partner: true, Sector: "cloud", Country: "CN", Email: "security@unit.example", WebhookURL: sink.URL})
			if err != nil {
				t.Fatal(err)
			}
			by := member.Actor{AccountID: "a", OrgID: o.ID, Roles: []member.Role{member.OrgAdmin}, Via: "web"}
			further, first, err := s.Destinations.Add(ctx, by, destination.Input{Channel: delivery.Webhook, Address: sink.URL + "/further"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Sender.Drain(ctx); err != nil || len(got) != 1 {
				t.Fatalf("%d messages to a new webhook: %v", len(got), err)
			}
			got[0].Good, got[0].Bad = []string{first}, []string{never}
			secrets := map[string][]string{"webhook": nil, further.ID: {first}} // newest last
			for range 3 {
				for _, target := range []string{"webhook", further.ID} {
					clock.Advance(time.Minute)
					var secret string
					if target == "webhook" {
						_, secret, err = s.Members.RotateSecret(ctx, by)
					} else {
						_, secret, err = s.Destinations.Rotate(ctx, by, target)
					}
					if err != nil {
						t.Fatal(err)
					}
					secrets[target] = append(secrets[target], secret)
					if _, err := s.Destinations.Test(ctx, by, target); err != nil {
						t.Fatal(err)
					}
					if _, err := s.Sender.Drain(ctx); err != nil {
						t.Fatal(err)
					}
					x := &got[len(got)-1]
					all := secrets[target]
					x.Good, x.Bad = all[max(0, len(all)-2):], append([]string{never}, all[:max(0, len(all)-2)]...)
				}
			}
			if len(got) != 7 {
				t.Fatalf("%d messages", len(got))
			}
			for _, x := range got {
				headers := http.Header{}
				for name, value := range x.Headers {
					headers.Set(name, value)
				}
				for i, secret := range append(x.Good, x.Bad...) {
					w, err := standardwebhooks.NewWebhook(secret)
					if err != nil {
						t.Fatal(err)
					}
					if err := w.VerifyIgnoringTimestamp([]byte(x.Body), headers); (err == nil) != (i < len(x.Good)) {
						t.Errorf("secret %d of %d good ones: %v", i, len(x.Good), err)
					}
				}
			}
			if dir := os.Getenv("FENGSUI_CONFORMANCE"); dir != "" {
				b, err := json.Marshal(got)
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, "webhooks.json"), b, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
