// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/browser"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/demo"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// visit is a browser in front of a running demo.
type visit struct {
	*testing.T
	ctx  context.Context
	d    *demo.Demo
	b    *browser.Browser
	look browser.Look
	tabs map[string]*browser.Tab
}

func start(t *testing.T, database string, look browser.Look) *visit {
	t.Helper()
	v := &visit{T: t, ctx: context.Background(), look: look, tabs: map[string]*browser.Tab{}}
	c := app.Defaults()
	c.Listen, c.MetricsListen, c.Data, c.Database = "127.0.0.1:0", "", t.TempDir(), database
	var err error
	v.d, err = demo.New(v.ctx, c, "test", slog.New(slog.DiscardHandler))
	v.ok(err)
	t.Cleanup(func() { v.ok(v.d.Close()) })
	v.ok(v.d.App.Start(v.ctx))
	t.Cleanup(func() { v.ok(v.d.App.Stop(v.ctx)) })
	v.b, err = browser.Open(v.ctx, "http://"+v.d.App.Addr())
	v.ok(err)
	t.Cleanup(v.b.Close)
	return v
}

func (v *visit) ok(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// as is the tab of somebody of the cast, signed in by one click; "" is a visitor.
func (v *visit) as(who string) *browser.Tab {
	v.Helper()
	if t := v.tabs[who]; t != nil {
		return t
	}
	t, err := v.b.Tab(v.look)
	v.ok(err)
	if who != "" {
		v.ok(t.SignInAs(v.d.Account(who)))
	}
	v.tabs[who] = t
	return t
}

// press presses a button and expects the page that follows to be fine, with nothing left to do in the background.
func (v *visit) press(t *browser.Tab, selector string) {
	v.Helper()
	status, err := t.Press(selector)
	v.ok(err)
	if status >= 400 {
		text, _ := t.Text("main")
		v.Fatalf("%s: status %d: %s", selector, status, text)
	}
	v.ok(v.d.App.Jobs.Idle(v.ctx))
}

func (v *visit) reads(t *browser.Tab, words ...string) {
	v.Helper()
	text, err := t.Text("main")
	v.ok(err)
	for _, w := range words {
		if !strings.Contains(text, w) {
			v.Errorf("the page does not say %q:\n%s", w, text)
		}
	}
}

// TestWalk walks the line as people do who have never seen it: report, verify, grade, warn, acknowledge, publish. It
// walks once in English with SQLite, and once in Chinese with PostgreSQL, on a telephone, without JavaScript.
func TestWalk(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			look := browser.Look{Lang: "en", Theme: "light", Width: 1280}
			if engine == db.SQLite {
				url = ""
			} else {
				look = browser.Look{Lang: "zh-CN", Theme: "dark", Width: 390, NoScript: true}
			}
			v := start(t, url, look)
			id := v.reports()
			v.worksOn(id)
			v.warns(id)
			v.publishes(id)
			for who, tab := range v.tabs {
				if bad := tab.Complaints(); len(bad) > 0 {
					t.Errorf("the browser of %q complains: %v", who, bad)
				}
			}
		})
	}
}

// reports sends the example report as a provider, and returns the case that the platform opened.
func (v *visit) reports() (caseID string) {
	v.Helper()
	t := v.as("provider")
	v.ok(t.Go("/reports/new?example=yes"))
	v.press(t, `button[name="do"][value="submit"]`)
	v.reads(t, "FS-R-2021-")
	rs, _, err := v.d.App.Reports.List(v.ctx, member.System(), report.Filter{Limit: 1})
	v.ok(err)
	v.ok(t.Go("/reports/" + rs[0].ID))
	v.reads(t, rs[0].Number)
	c, err := v.d.App.Cases.OfReport(v.ctx, member.System(), rs[0].ID)
	v.ok(err)
	return c.ID
}

// worksOn takes the case up to its grade.
func (v *visit) worksOn(id string) {
	v.Helper()
	t := v.as("analyst")
	v.ok(t.Go("/cases"))
	v.press(t, `a[href="/cases/`+id+`"]`)
	v.press(t, `form[action$="/move"] button[value="start-verifying"]`)
	v.ok(t.Choose("result", "reproduced"))
	v.ok(t.Fill(map[string]string{"environment": "XR-5600, V3.2.1", "steps": "1. …"}))
	v.press(t, `form[action$="/verify"] button.primary`)
	v.press(t, `a.primary[href$="/grade"]`)
	for name, value := range map[string]string{"AV": "N", "AC": "L", "PR": "L", "UI": "N", "C": "H", "I": "H", "A": "H", "E": "L", "RL": "H", "S": "H"} {
		v.ok(t.Choose(name, value))
	}
	v.press(t, `form[method="get"][action$="/grade"] button.primary`)
	v.press(t, `form[method="post"][action$="/grade"] button.primary`)
	c, err := v.d.App.Cases.Get(v.ctx, member.System(), id)
	v.ok(err)
	if c.State != casework.Assessed || c.Composite == "" {
		v.Fatalf("the case is %q with composite grade %q", c.State, c.Composite)
	}
	v.ok(t.Go("/cases/" + id)) // the provider of the product is proposed, with the reason
	v.ok(t.Fill(map[string]string{"text": "Please look into this at once."}))
	v.press(t, `form[action$="/notices"] button.primary`)
}

// warns releases the warning by two people and answers it as a partner unit.
func (v *visit) warns(id string) {
	v.Helper()
	ws, _, err := v.d.App.Warnings.List(v.ctx, member.System(), warning.Filter{CaseID: id})
	v.ok(err)
	if len(ws) != 1 {
		v.Fatalf("%d warnings were drafted, want 1", len(ws))
	}
	at := "/warnings/" + ws[0].ID
	officer, deputy, unit := v.as("officer"), v.as("deputy"), v.as("engineer")
	v.ok(officer.Go(at + "/edit"))
	v.ok(officer.Choose("level", "orange"))
	v.press(officer, `#composer .actions button[value="save"]`)
	v.press(officer, `#composer .actions button[value="approve"]`)
	v.ok(deputy.Go(at))
	v.press(deputy, `form[action$="/release"] button.primary`)
	v.ok(unit.Go("/warnings"))
	v.press(unit, `a[href="`+at+`"]`)
	v.ok(unit.Choose("answer", "not-affected"))
	v.ok(unit.Fill(map[string]string{"justification": "component_not_present"}))
	v.press(unit, `form[action$="/answer"] button.primary`)
	v.ok(officer.Go(at + "/board"))
	c, err := v.d.App.Warnings.Coverage(v.ctx, member.System(), ws[0].ID)
	v.ok(err)
	if c.Answered[warning.AffectedNo] != 1 || c.Recipients < 25 {
		v.Errorf("%v of %d units have answered", c.Answered, c.Recipients)
	}
}

// publishes drafts the advisory, has a second person publish it, and reads it as anybody.
func (v *visit) publishes(id string) {
	v.Helper()
	analyst, reviewer, anybody := v.as("analyst"), v.as("reviewer"), v.as("")
	v.ok(analyst.Go("/cases/" + id))
	v.press(analyst, `form[action$="/advisory"] button.primary`)
	path, err := analyst.Path()
	v.ok(err)
	v.press(analyst, `form[action$="/submit"] button.primary`)
	v.ok(reviewer.Go(path))
	v.press(reviewer, `form[action$="/publish"] button.primary`)
	c, err := v.d.App.Cases.Get(v.ctx, member.System(), id)
	v.ok(err)
	v.ok(anybody.Go("/advisories"))
	v.press(anybody, `a[href="/advisories/`+c.Number+`"]`)
	v.reads(anybody, c.Number, "XR-5600")
}

// TestAccessible runs axe over every screen, wide and narrow, light and dark, and sees that no page is wider than its
// window.
func TestAccessible(t *testing.T) {
	source, err := os.ReadFile(os.Getenv("AXE"))
	if err != nil {
		t.Fatalf("AXE names no axe.min.js; 'make test' fetches it (%v)", err)
	}
	v := start(t, "", browser.Look{Lang: "zh-CN", Theme: "light", Width: 1280})
	screens, err := v.d.Screens(v.ctx)
	v.ok(err)
	if len(screens) < 30 {
		t.Errorf("only %d screens", len(screens))
	}
	type violation struct {
		ID, Help string
		Nodes    []string
	}
	const script = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 3).map(n => n.html + " — " + n.failureSummary)})))`
	for _, look := range []browser.Look{{Lang: "zh-CN", Theme: "light", Width: 1280}, {Lang: "en", Theme: "dark", Width: 390}} {
		v.look, v.tabs = look, map[string]*browser.Tab{}
		for _, s := range screens {
			tab := v.tabs[s.AccountID]
			if tab == nil {
				tab, err = v.b.Tab(look)
				v.ok(err)
				if s.AccountID != "" {
					v.ok(tab.SignInAs(s.AccountID))
				}
				v.tabs[s.AccountID] = tab
			}
			v.ok(tab.Go(s.Path))
			name := fmt.Sprintf("%s (%s, %s, %d px)", s.Name, look.Lang, look.Theme, look.Width)
			if _, err := browser.Eval[bool](tab, string(source)+";true"); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			found, err := browser.Eval[[]violation](tab, script)
			v.ok(err)
			for _, x := range found {
				t.Errorf("%s: %s: %s\n\t%s", name, x.ID, x.Help, strings.Join(x.Nodes, "\n\t"))
			}
			wide, err := browser.Eval[int](tab, "document.documentElement.scrollWidth - document.documentElement.clientWidth")
			v.ok(err)
			if wide > 0 {
				t.Errorf("%s: the page is %d px wider than its window", name, wide)
			}
			if bad := tab.Complaints(); len(bad) > 0 {
				t.Errorf("%s: the browser complains: %v", name, bad)
			}
		}
	}
}
