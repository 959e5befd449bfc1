// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/web"
)

// walk is a platform with the cast, driven from outside as its members would.
type walk struct {
	*testing.T
	*Demo
	base   string
	tokens map[string]string
}

// TestLog4j2Walk: report by API with the facts of CVE-2021-44228 → critical → exactly the flawed products → warning to
// all partner units, the affected first → answers by page, signed link and command line → advisory as page, CSAF, OSV
// and Atom.
func TestLog4j2Walk(t *testing.T) {
	each(t, func(t *testing.T, c app.Config) {
		w := &walk{T: t, Demo: &Demo{clock: calendar.NewDriven(at(time.December, 9, 9, 10))}, tokens: map[string]string{}}
		w.start(c)
		kase := w.report()
		w.grade(kase)
		w.match(kase)
		warning := w.warn(kase)
		w.answer(warning)
		w.publish(kase)
		intact(t, w.s)
	})
}

func (w *walk) start(c app.Config) {
	w.ok(w.open(w.Context(), c, "test", slog.New(slog.DiscardHandler)))
	w.App.Demo, w.App.More = &web.Demo{Personas: w.personas()}, w.routes
	w.s.Sender.Parallel = 1 // so that the order of arrival is the order of sending
	w.ok(w.App.Start(w.Context()))
	w.base = "http://" + w.App.Addr()
	w.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := w.App.Stop(ctx); err != nil {
			w.Error(err)
		}
		if err := w.Close(); err != nil {
			w.Error(err)
		}
	})
}

func (w *walk) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// call asks the API as somebody and decodes the answer; agent is the program that asks.
func (w *walk) call(who, agent, method, path string, in, out any) {
	w.Helper()
	if w.tokens[who] == "" {
		by := w.as(who)
		by.Scopes = nil
		plain, _, err := w.s.Members.IssueToken(w.Context(), by, "walk", member.AllScopes, 0)
		w.ok(err)
		w.tokens[who] = plain
	}
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		w.ok(err)
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(w.Context(), method, w.base+"/api/v1"+path, body)
	w.ok(err)
	r.Header.Set("Authorization", "Bearer "+w.tokens[who])
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", agent)
	resp, err := http.DefaultClient.Do(r)
	w.ok(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.ok(err)
	if resp.StatusCode >= 300 {
		w.Fatalf("%s %s as %s: %d %s", method, path, who, resp.StatusCode, b)
	}
	if out != nil {
		w.ok(json.Unmarshal(b, out))
	}
}

// report reports the facts of the public record, and checks the receipt offline.
func (w *walk) report() (kase string) {
	f := flaw(at(time.December, 8, 21, 30))
	content := api.Content{Title: f.Title, Vendor: f.Vendor, Product: f.Product, Versions: f.Versions, PURL: f.PURL, Technical: f.Technical, Harm: f.Harm, Scope: f.Scope, CWE: f.CWE,
		CVSS: f.CVSS, Exploited: "yes", Public: "yes", Upstream: "yes", Relation: string(f.Relation), LearnedAt: f.LearnedAt, LearnedBy: f.LearnedBy, Aliases: []string{"CVE-2021-44228"},
		Affected: []api.Affected{{PURL: component, Introduced: "2.0-beta9", Fixed: "2.15.0"}}}
	var got api.Submitted
	w.call("finder", "curl", "POST", "/reports", api.Submission{Content: content}, &got)
	if v, err := evidence.Verify(got.Receipt.Encode(), w.s.Evidence.PublicKey()); err != nil || !v.InLog {
		w.Errorf("receipt: %+v, %v", v, err)
	}
	w.ok(w.s.Jobs.Idle(w.Context()))
	w.until("both authorities have the report", func() bool { _, hooks := w.world.Counts(); return hooks == 2 })
	var c api.Case
	w.call("analyst", "curl", "GET", "/reports/"+got.Report.ID+"/case", nil, &c)
	return c.ID
}

// until waits for a condition that another goroutine brings about.
func (w *walk) until(what string, is func() bool) {
	w.Helper()
	end := time.After(30 * time.Second)
	for !is() {
		select {
		case <-end:
			w.Fatalf("it did not come about that %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (w *walk) grade(kase string) {
	path := "/cases/" + kase
	for _, do := range []string{"take", "start-verifying"} {
		w.call("analyst", "curl", "POST", path+"/moves", api.Move{Do: do}, nil)
	}
	w.call("analyst", "curl", "POST", path+"/verifications", api.Verification{Result: "reproduced", Environment: "JDK 8u181", Steps: "log a message with a look-up"}, nil)
	var c api.Case
	w.call("analyst", "curl", "GET", path, nil, &c)
	x := *c.Content
	x.TitleEN, x.DescriptionEN = "Remote code execution in Apache Log4j2", "Log4j2 resolves lookup expressions inside log messages."
	x.Fix, x.FixEN, x.Workaround, x.WorkaroundEN = "升级到 2.15.0。", "Upgrade to 2.15.0.", "移除 JndiLookup 类。", "Remove the JndiLookup class."
	w.call("analyst", "curl", "PUT", path+"/content", api.CaseEdit{Rev: c.Rev, Content: x}, nil)
	w.call("analyst", "curl", "POST", path+"/grades", api.NewGrade{Scheme: "cvss-3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}, nil)
	w.call("analyst", "curl", "POST", path+"/grades", api.NewGrade{Scheme: "gbt30279-2020", Vector: "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", Rationale: "reachable by network"}, nil)
	w.call("analyst", "curl", "GET", path, nil, &c)
	if c.Technical != "critical" || c.Composite != "critical" {
		w.Errorf("graded %s, %s; want critical (超危)", c.Technical, c.Composite)
	}
	w.ok(w.s.Jobs.Idle(w.Context()))
}

func (w *walk) match(kase string) {
	names, fs := found(w.T, w.Demo, kase)
	if diff := cmp.Diff(flawed(), names); diff != "" {
		w.Errorf("found products (-want +got):\n%s", diff)
	}
	nested := 0
	for _, f := range fs {
		if f.Why.Found == "" || f.Why.Range == "" {
			w.Errorf("a finding does not say why: %+v", f)
		}
		if len(f.Why.Path) > 2 {
			nested++
		}
	}
	if nested < 5 {
		w.Errorf("%d findings lie below another component", nested)
	}
}

// warn releases the warning and looks at who got it in which order.
func (w *walk) warn(kase string) (id string) {
	var list struct{ Items []api.Warning }
	w.call("officer", "curl", "GET", "/warnings", nil, &list)
	if len(list.Items) != 1 || list.Items[0].CaseID != kase {
		w.Fatalf("warnings after matching: %+v", list.Items)
	}
	x := list.Items[0]
	edit := api.WarningEdit{Rev: x.Rev, Level: "orange", TLP: "AMBER", Content: x.Content, RespondBy: w.clock.Now().Add(12 * time.Hour)}
	w.call("officer", "curl", "PUT", "/warnings/"+x.ID, edit, &x)
	w.call("officer", "curl", "POST", "/warnings/"+x.ID+"/approve", api.Seen{Rev: x.Rev}, nil)
	w.call("deputy", "curl", "POST", "/warnings/"+x.ID+"/release", api.Seen{Rev: x.Rev}, nil)

	bad := map[string]bool{} // short names of those with a flawed product
	for _, y := range wares() {
		bad[y.org] = bad[y.org] || slices.Contains(flawed(), y.en)
	}
	var partners []string
	for _, o := range w.cast {
		if o.level > 0 {
			partners = append(partners, o.slug)
		}
	}
	var got struct{ Items []api.WarnedMember }
	w.until("every delivery of the warning has ended", func() bool {
		w.call("supervisor", "curl", "GET", "/warnings/"+x.ID+"/recipients", nil, &got)
		return !slices.ContainsFunc(got.Items, func(r api.WarnedMember) bool {
			return slices.ContainsFunc(r.Deliveries, func(d api.Delivery) bool { return d.State != "delivered" })
		})
	})
	waves := map[string]int{}
	for _, r := range got.Items {
		waves[r.Recipient.OrgID] = r.Recipient.Wave
	}
	for _, slug := range partners {
		wave, warned := waves[w.orgs[slug].ID]
		if !warned || (wave == 1) != bad[slug] {
			w.Errorf("%s: warned %v in wave %d; flawed %v", slug, warned, wave, bad[slug])
		}
	}
	// the newest letter stands first
	letters := w.world.Find("")
	slices.Reverse(letters)
	last := 0
	for _, l := range letters {
		slug := strings.TrimSuffix(strings.TrimPrefix(l.To, "security@"), ".example")
		if !strings.Contains(l.Subject, x.Number) && !strings.HasPrefix(l.Subject, "warning.") {
			continue
		}
		wave := waves[w.orgs[slug].ID]
		if wave < last {
			w.Errorf("%s of wave %d got it after wave %d", slug, wave, last)
		}
		last = wave
		if strings.Contains(l.Text+l.Subject, "JNDI") || strings.Contains(l.Text, "JndiLookup") {
			w.Errorf("a TLP:AMBER message to %s tells undisclosed details", slug)
		}
	}
	if last != 3 {
		w.Errorf("the last wave that arrived is %d", last)
	}
	return x.ID
}

// answer answers by page, by signed link and by the command line's own kind of request.
func (w *walk) answer(id string) {
	jar, err := cookiejar.New(nil)
	w.ok(err)
	browser := &http.Client{Jar: jar}
	post := func(c *http.Client, path string, form url.Values) string {
		w.Helper()
		resp, err := c.PostForm(w.base+path, form)
		w.ok(err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		w.ok(err)
		if resp.StatusCode != http.StatusOK {
			w.Fatalf("POST %s: %d %s", path, resp.StatusCode, b)
		}
		return string(b)
	}
	post(browser, "/sign-in/as", url.Values{"account": {w.who["engineer"].ID}})
	post(browser, "/warnings/"+id+"/answer", url.Values{"answer": {"affected"}, "assets": {"12"}, "comment": {"已隔离"}})

	link := ""
	for _, l := range w.world.Find("security@beichen.example") {
		for _, x := range l.Links {
			if strings.HasPrefix(x, "/w/") {
				link = x
			}
		}
	}
	if link == "" {
		w.Fatal("the mail to a unit without an account holds no link to answer by")
	}
	post(http.DefaultClient, link, url.Values{"answer": {"fixed"}, "assets": {"3"}})
	w.call("zhixing", "fengsui-cli/test", "POST", "/warnings/"+id+"/answer", api.WarningAnswer{Answer: "checking"}, nil)

	var got struct{ Items []api.WarnedMember }
	w.call("supervisor", "curl", "GET", "/warnings/"+id+"/recipients", nil, &got)
	answers := map[string]string{}
	for _, r := range got.Items {
		answers[r.Recipient.OrgID] = r.Recipient.Answer
	}
	for slug, want := range map[string]string{grid: "affected", "beichen": "fixed", "zhixing": "checking", "qiming": ""} {
		if a := answers[w.orgs[slug].ID]; a != want {
			w.Errorf("%s answered %q, want %q", slug, a, want)
		}
	}
	rows, _, err := w.s.Warnings.Board(w.Context(), w.as("officer"), id, warning.BoardQuery{Limit: 2000})
	w.ok(err)
	vias := map[string]string{}
	for _, r := range rows {
		vias[r.Org.Slug] = r.Recipient.AnsweredVia
	}
	if vias[grid] != "web" || vias["beichen"] != "link" || vias["zhixing"] != "cli" {
		w.Errorf("answered via %q, %q, %q", vias[grid], vias["beichen"], vias["zhixing"])
	}
}

// publish publishes by two persons, and reads the advisory in every form as a stranger.
func (w *walk) publish(kase string) {
	w.clock.Set(at(time.December, 10, 8, 0))
	var a api.Advisory
	w.call("analyst", "curl", "POST", "/cases/"+kase+"/advisory", nil, &a)
	w.call("analyst", "curl", "PUT", "/advisory-drafts/"+a.ID, api.AdvisoryEdit{Rev: a.Rev, FixReady: true, Content: a.Content}, &a)
	w.call("analyst", "curl", "POST", "/advisory-drafts/"+a.ID+"/submit", nil, nil)
	if status, _ := w.read("/advisories/" + a.Number); status != http.StatusNotFound {
		w.Errorf("a stranger reads an unpublished advisory: %d", status)
	}
	w.call("reviewer", "curl", "POST", "/advisory-drafts/"+a.ID+"/publish", api.Seen{Rev: a.Rev}, nil)
	_, metadata := w.read("/.well-known/csaf/provider-metadata.json")
	if !strings.Contains(metadata, "csaf") {
		w.Errorf("provider metadata: %s", metadata)
	}
	_, index := w.read("/csaf/index.txt")
	for path, want := range map[string][]string{
		"/advisories/" + a.Number: {"CVE-2021-44228", "2.15.0", a.Number}, "/advisories/CVE-2021-44228": {a.Number}, "/csaf/" + strings.TrimSpace(index): {`"csaf_security_advisory"`, "CVE-2021-44228"},
		"/v1/vulns/" + a.Number: {"CVE-2021-44228", "org.apache.logging.log4j:log4j-core", "2.0-beta9", "2.15.0"}, "/feeds/advisories.atom": {a.Number, "<feed"},
	} {
		status, body := w.read(path)
		for _, s := range want {
			if status != http.StatusOK || !strings.Contains(body, s) {
				w.Errorf("%s: %d without %q:\n%.2000s", path, status, s, body)
			}
		}
	}
}

// read reads a page as a stranger.
func (w *walk) read(path string) (int, string) {
	w.Helper()
	resp, err := http.Get(w.base + path)
	w.ok(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.ok(err)
	return resp.StatusCode, string(b)
}
