// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
)

func env(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func TestConfigFileEnvironmentAndRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fengsui.toml")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("listen = '127.0.0.1:1'\n[mail]\npassword = 'hunter2'\nreply_domain = 'reply.example'\nreply_secret = 'whoever-holds-this-hands-in-mails'\n[jobs]\nrescue_after = '9s'\n")
	c, err := app.LoadConfig(file, env(map[string]string{"FENGSUI_LISTEN": "127.0.0.1:2", "FENGSUI_MAIL_ADDR": "127.0.0.1:25", "FENGSUI_WEBHOOK_ALLOW_PRIVATE": "true", "FENGSUI_DELIVERY_RATE": "0.5",
		"FENGSUI_DATABASE": "postgres://u:geheim@h/d"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:2" || c.Mail.Addr != "127.0.0.1:25" || c.Mail.Password != "hunter2" || !c.Webhook.AllowPrivate || c.Jobs.RescueAfter != 9*time.Second || c.Delivery != (app.Delivery{Parallel: 256, PerDestination: 64, Rate: 0.5}) || c.Prefix != "FS" {
		t.Errorf("effective: %+v", c)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	var b bytes.Buffer
	if err := c.Print(&b); err != nil || strings.Contains(b.String(), "hunter2") || strings.Contains(b.String(), "whoever-holds") || strings.Contains(b.String(), "geheim") {
		t.Errorf("printed %v:\n%s", err, b.String())
	}
	write("lisen = '127.0.0.1:1'\n")
	if _, err := app.LoadConfig(file, env(nil)); err == nil || !strings.Contains(err.Error(), `"lisen"`) {
		t.Errorf("unknown key: %v", err)
	}
	if _, err := app.LoadConfig(file+".missing", env(nil)); err == nil {
		t.Error("a named file that is missing was accepted")
	}
	for key, value := range map[string]string{"FENGSUI_JOBS_WORKERS": "many", "FENGSUI_JOBS_RESCUE_AFTER": "3", "FENGSUI_DELIVERY_RATE": "fast", "FENGSUI_WEBHOOK_ALLOW_PRIVATE": "perhaps"} {
		write("")
		if _, err := app.LoadConfig(file, env(map[string]string{key: value})); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s=%s: %v", key, value, err)
		}
	}
	for _, wrong := range []func(*app.Config){
		func(c *app.Config) { c.Database = "mysql://x" }, func(c *app.Config) { c.BaseURL = "share.example" }, func(c *app.Config) { c.Prefix = "fs" },
		func(c *app.Config) { c.Origin = "a b" }, func(c *app.Config) { c.Mail.TLS = "perhaps" }, func(c *app.Config) { c.Log.Format = "xml" }, func(c *app.Config) { c.Listen = "" }, func(c *app.Config) { c.Import = []app.Import{{Kind: "stix", Source: "x", Every: time.Hour}} },
		func(c *app.Config) { c.Delivery.Parallel = 0 }, func(c *app.Config) { c.Delivery.PerDestination = 257 }, func(c *app.Config) { c.Delivery.Rate = -1 },
		func(c *app.Config) { c.Import = []app.Import{{Kind: "osv", Every: time.Hour}} }, func(c *app.Config) { c.Import = []app.Import{{Kind: "osv", Source: "x"}} },
	} {
		c := app.Defaults()
		wrong(&c)
		if c.Validate() == nil {
			t.Errorf("accepted %+v", c)
		}
	}
}
