// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// signIn gives a browser that has taken somebody's seat.
func signIn(t *testing.T, base, account string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	if status := post(t, c, base+"/sign-in/as", url.Values{"account": {account}}.Encode()); status != http.StatusOK {
		t.Fatalf("sign in: %d", status)
	}
	return c
}

func post(t *testing.T, c *http.Client, to, form string) int {
	t.Helper()
	resp, err := c.Post(to, "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func page(t *testing.T, c *http.Client, of string) string {
	t.Helper()
	resp, err := c.Get(of)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", of, resp.StatusCode, err)
	}
	return string(b)
}
