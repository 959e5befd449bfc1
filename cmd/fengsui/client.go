// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

// remote is the platform that commands talk to.
type remote struct {
	URL   string `help:"The platform's address." placeholder:"URL" env:"FENGSUI_URL" name:"url"`
	Token string `help:"API token (fst_…)." placeholder:"TOKEN" env:"FENGSUI_TOKEN" name:"token"`
	Lang  string `help:"Language of answers: zh-CN or en." default:"en" env:"FENGSUI_LANG" name:"lang"`
}

func (r *remote) fill(getenv func(string) string) {
	if r.URL == "" {
		r.URL = getenv("FENGSUI_URL")
	}
	if r.Token == "" {
		r.Token = getenv("FENGSUI_TOKEN")
	}
	if r.URL == "" {
		r.URL = "http://127.0.0.1:8080"
	}
}

// client speaks to the API and prints answers.
type client struct {
	remote
	json bool
	env  env
}

const answerLimit = 256 << 20

// call sends in (nil for none; []byte as it is, anything else as JSON) and decodes the answer into out.
func (c *client) call(ctx context.Context, method, path string, in, out any, header ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	resp, err := c.send(ctx, method, path, in, header...)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode >= 300 {
		return refusal(resp.StatusCode, b)
	}
	if out == nil || len(b) == 0 {
		return nil
	}
	if raw, ok := out.(*json.RawMessage); ok {
		*raw = b
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("the answer is not what this version of fengsui understands: %w", err)
	}
	return nil
}

// send sends in and returns the answer as it begins; the caller closes its body.
func (c *client) send(ctx context.Context, method, path string, in any, header ...string) (*http.Response, error) {
	body, contentType, err := encode(in)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+"/api/v1"+path, body)
	if err != nil {
		return nil, usage{fmt.Errorf("--url: %w", err)}
	}
	r.Header.Set("User-Agent", "fengsui-cli/"+version)
	r.Header.Set("Accept-Language", c.Lang)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", c.URL, err)
	}
	return resp, nil
}

// download writes an answer to w as it comes, however long it is.
func (c *client) download(ctx context.Context, path string, w io.Writer) error {
	resp, err := c.send(ctx, "GET", path, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		return errors.Join(refusal(resp.StatusCode, b), err)
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// fileFormat is the format that a file's name asks for.
func fileFormat(name string) string {
	if strings.HasSuffix(name, ".json") {
		return "json"
	}
	return "csv"
}

// save writes an answer to a file, which takes the place of one that was there when all of it has come.
func (c *client) save(ctx context.Context, path, name string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".fengsui-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = errors.Join(c.download(ctx, path, f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return err
	}
	return c.print(map[string]string{"file": name}, func(w io.Writer) { fmt.Fprintln(w, "written:", name) })
}

// items are the rows of a list.
type items[T any] struct {
	Items []T `json:"items"`
}

// collect reads the pages of a list until it ends, or limit rows (0 for all) are there. path has its "?".
func collect[T any](ctx context.Context, c *client, path string, limit int) (out items[T], err error) {
	out.Items = []T{}
	for after := ""; ; {
		size := 200
		if limit > 0 {
			size = min(size, limit-len(out.Items))
		}
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := c.call(ctx, "GET", fmt.Sprintf("%s&limit=%d&after=%s", path, size, url.QueryEscape(after)), nil, &page); err != nil {
			return out, err
		}
		out.Items = append(out.Items, page.Items...)
		if after = page.Next; after == "" || len(page.Items) == 0 || limit > 0 && len(out.Items) >= limit {
			return out, nil
		}
	}
}

func encode(in any) (io.Reader, string, error) {
	switch in := in.(type) {
	case nil:
		return nil, "", nil
	case []byte:
		return bytes.NewReader(in), "application/octet-stream", nil
	}
	b, err := json.Marshal(in)
	return bytes.NewReader(b), "application/json", err
}

// refused is what the platform answered instead of doing it.
type refused struct {
	error
	document []byte // RFC 9457
}

// refusal turns a problem document into an error that names every wrong field.
func refusal(status int, b []byte) error {
	var p api.Problem
	if err := json.Unmarshal(b, &p); err != nil || p.Detail == "" {
		return fmt.Errorf("the platform answered %d %s", status, http.StatusText(status))
	}
	lines := []string{p.Detail}
	for _, f := range p.Errors {
		line := "  " + f.Field + ": " + f.Rule
		if f.Example != "" {
			line += " (e.g. " + f.Example + ")"
		}
		lines = append(lines, line)
	}
	return refused{errors.New(strings.Join(lines, "\n")), bytes.TrimSpace(b)}
}

// print writes v as JSON with --json, else lets human write it.
func (c *client) print(v any, human func(w io.Writer)) error {
	if !c.json {
		human(c.env.Stdout)
		return nil
	}
	e := json.NewEncoder(c.env.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// read returns the content of a file; "-" is standard input.
func (c *client) read(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(c.env.Stdin, answerLimit))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, usage{err}
	}
	return b, nil
}
