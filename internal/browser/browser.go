// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package browser drives a headless Chromium through a running platform, as a person would: for browser tests and for
// screenshots.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience with one step.
const patience = 20 * time.Second

// A Browser is one Chromium process.
type Browser struct {
	ctx    context.Context
	origin string
	stop   []context.CancelFunc
}

// Open starts Chromium for a platform at origin ("http://127.0.0.1:8080"). CHROMIUM names another program to start.
func Open(ctx context.Context, origin string) (*Browser, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("font-render-hinting", "none"))
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, options...)
	root, stopRoot := chromedp.NewContext(alloc)
	b := &Browser{ctx: root, origin: strings.TrimSuffix(origin, "/"), stop: []context.CancelFunc{stopRoot, stopAlloc}}
	if err := chromedp.Do(root); err != nil {
		b.Close()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return b, nil
}

func find() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium: install the package chromium, or name one in CHROMIUM")
}

// Close ends the process.
func (b *Browser) Close() {
	for _, stop := range b.stop {
		stop()
	}
}

// Look is how a page is seen.
type Look struct {
	Lang     string // "zh-CN" or "en"
	Theme    string // "light" or "dark"
	Width    int    // pixels
	NoScript bool   // JavaScript is switched off
}

// A Tab is a visitor with cookies of its own.
type Tab struct {
	ctx     context.Context
	origin  string
	close   context.CancelFunc
	mu      sync.Mutex
	console []string
}

// Tab opens a visitor's tab.
func (b *Browser) Tab(l Look) (*Tab, error) {
	ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t := &Tab{ctx: ctx, origin: b.origin, close: stop}
	if err := chromedp.Do(ctx); err != nil { // makes the tab, which outlives every step's time limit
		stop()
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Source == "security" {
				t.mu.Lock()
				t.console = append(t.console, m.String())
				t.mu.Unlock()
			}
		}
	}()
	return t, t.Look(l)
}

// Complaints are what the browser reported so far: exceptions of scripts and refusals of the content security policy.
func (t *Tab) Complaints() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.console...)
}

// Look changes how pages are seen from now on.
func (t *Tab) Look(l Look) error {
	ctx, cancel := t.patient()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(int64(l.Width), 900)); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.NoScript}); err != nil {
		return err
	}
	for name, value := range map[string]string{"fengsui_lang": l.Lang, "fengsui_theme": l.Theme} {
		if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: t.origin}); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the tab.
func (t *Tab) Close() { t.close() }

func (t *Tab) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.ctx, patience)
}

func (t *Tab) do(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := t.patient()
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// Go opens a path of the platform.
func (t *Tab) Go(path string) error {
	if err := t.do(chromedp.Navigate(t.origin+path), chromedp.WaitReady(chromedp.CSS("body"))); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	return nil
}

// Path is where the tab is.
func (t *Tab) Path() (string, error) {
	ctx, cancel := t.patient()
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	return strings.TrimPrefix(at, t.origin), err
}

// Text is the visible text of the first element that a CSS selector names.
func (t *Tab) Text(selector string) (string, error) {
	ctx, cancel := t.patient()
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		return "", fmt.Errorf("text of %s: %w", selector, err)
	}
	return s, nil
}

// Fill types into the fields of the page, by name.
func (t *Tab) Fill(fields map[string]string) error {
	for name, value := range fields {
		if err := t.do(chromedp.SetValue(chromedp.CSS(`[name="`+name+`"]:not([type=hidden])`), value)); err != nil {
			return fmt.Errorf("fill %s: %w", name, err)
		}
	}
	return nil
}

// Choose clicks the option of a group of radio buttons or check boxes.
func (t *Tab) Choose(name, value string) error {
	selector := `input[name="` + name + `"][value="` + value + `"]`
	if err := t.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeReady)); err != nil {
		return fmt.Errorf("choose %s: %w", selector, err)
	}
	return nil
}

// Press clicks what a CSS selector names, waits for the page that follows, and returns its status.
func (t *Tab) Press(selector string) (status int, err error) {
	ctx, cancel := t.patient()
	defer cancel()
	r, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	if err != nil {
		return 0, fmt.Errorf("press %s: %w", selector, err)
	}
	return int(r.Status), t.do(chromedp.WaitReady(chromedp.CSS("body")))
}

// SignInAs makes the visitor somebody of the demo's cast, by the account's id.
func (t *Tab) SignInAs(account string) error {
	if err := t.Go("/sign-in"); err != nil {
		return err
	}
	_, err := t.Press(`form[action="/sign-in/as"] button[value="` + account + `"]`)
	return err
}

// Shot takes a picture of the whole page, as PNG.
func (t *Tab) Shot() ([]byte, error) {
	ctx, cancel := t.patient()
	defer cancel()
	return chromedp.Run(ctx, chromedp.FullScreenshot(100))
}

// Eval runs a script and decodes its result, awaiting a promise.
func Eval[T any](t *Tab, script string) (T, error) {
	ctx, cancel := t.patient()
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}
