// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"log/slog"
	"math/big"
	mathrand "math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/smallstep/pkcs7"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/tlp"
	"github.com/fengsui/fengsui/internal/warning"
)

// A mine is a platform whose texts hold canaries: words that stand nowhere else, each with the label of the text it was
// put into. Everything that leaves is kept.
type mine struct {
	*testing.T
	s      *app.Services
	random *mathrand.Rand
	clock  *calendar.Driven
	people map[string]member.Actor

	mu       sync.Mutex
	canaries map[string]string // label of each; "never" for what may leave to nobody, "authority" for what is due to one
	left     []leaving
}

// leaving is something that left, and by which way.
type leaving struct {
	way string
	raw []byte
}

// ways says up to which label a way carries texts; what is not here carries none at all.
var ways = map[string]tlp.Label{"mail": tlp.Green, "sealed mail": tlp.AmberStrict, "webhook": tlp.Green, "feed": tlp.Green, "amber feed": tlp.AmberStrict, "public feed": tlp.Clear, "link": tlp.Green, "head of a mail": tlp.Clear}

// canary plants a word.
func (m *mine) canary(label string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := make([]byte, 5)
	rand.Read(b) //nolint:errcheck // never fails
	word := fmt.Sprintf("Qz%xZq丝雀", b)
	m.canaries[word] = label
	return word
}

func (m *mine) take(way string, raw []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = append(m.left, leaving{way, raw})
}

func (m *mine) ok(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// may reports whether a word with a label may leave by a way.
func may(way, label string) bool {
	if label == "authority" {
		return way == "authority"
	}
	up, ok := ways[way]
	return ok && tlp.Label(label).Valid() && tlp.Stricter(tlp.Label(label), up) == up
}

// Whatever is sealed, and whatever is labelled, stays where it may be: every byte that leaves in a random run, over every
// channel and for every purpose, is read through whatever wraps it.
func TestNothingLeavesByAWayThatMayNotCarryIt(t *testing.T) {
	for engine, address := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			seed := mathrand.Uint64()
			t.Logf("seed %d", seed)
			m := newMine(t, engine, address, seed)
			defer m.s.Close()
			m.warnings()
			m.others()
			m.push()
			m.pull()
			m.search()
		})
	}
}

func newMine(t *testing.T, engine db.Engine, address string, seed uint64) *mine {
	t.Helper()
	m := &mine{T: t, random: mathrand.New(mathrand.NewPCG(seed, 1)), clock: calendar.NewDriven(dbtest.Start), people: map[string]member.Actor{}, canaries: map[string]string{}}
	key, cert := certificate(t)
	sink := httptest.NewServer(http.HandlerFunc(m.post))
	t.Cleanup(sink.Close)
	c := app.Defaults()
	c.Data, c.MetricsListen, c.Listen = t.TempDir(), "", "127.0.0.1:0"
	if engine == db.PostgreSQL {
		c.Database = address
	}
	c.Webhook.AllowPrivate = true
	c.Mail.Addr, c.Mail.TLS = m.mailServer(key, cert), "none"
	c.Mail.Certificate, c.Mail.Key = kept(t, "CERTIFICATE", cert.Raw), kept(t, "PRIVATE KEY", pkcs8(t, key))
	c.SMS.URL, c.SMS.Body = sink.URL+"/sms?to={{.Phone}}", `{"text":{{json .Text}},"link":{{json .Link}}}`
	var err error
	m.s, err = app.Assemble(t.Context(), c, m.clock, slog.New(slog.NewTextHandler(writer{m, "log"}, &slog.HandlerOptions{Level: slog.LevelDebug})))
	m.ok(err)
	m.join(sink.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})))
	return m
}

// writer keeps what is written as something that left.
type writer struct {
	m   *mine
	way string
}

// Write implements io.Writer.
func (w writer) Write(p []byte) (int, error) {
	w.m.take(w.way, bytes.Clone(p))
	return len(p), nil
}

func certificate(t *testing.T) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "unit"}, NotBefore: dbtest.Start.Add(-time.Hour), NotAfter: dbtest.Start.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return key, c
}

func pkcs8(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func kept(t *testing.T, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// post is where webhooks, robots and short messages arrive: /WAY.
func (m *mine) post(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var head bytes.Buffer
	r.Header.Write(&head) //nolint:errcheck // into memory
	way := strings.Trim(r.URL.Path, "/")
	m.take(way, slices.Concat([]byte(r.URL.String()+"\n"), head.Bytes(), []byte("\n"), body))
	answers := map[string]string{delivery.DingTalk: `{"errcode":0}`, delivery.WeCom: `{"errcode":0}`, delivery.Feishu: `{"code":0}`, delivery.Slack: "ok", delivery.Teams: "1"}
	io.WriteString(w, answers[way]) //nolint:errcheck // a test's sink
}

// mailServer keeps mails; what was encrypted is kept twice, as it was on the way and as its recipient reads it.
func (m *mine) mailServer(key *rsa.PrivateKey, cert *x509.Certificate) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	m.ok(err)
	m.Cleanup(func() { l.Close() })
	got := func(to string, raw []byte) {
		way := "mail"
		if strings.Contains(to, "authority") {
			way = "authority"
		}
		m.take(way, raw)
		parsed, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			m.Error(err)
			return
		}
		for name, values := range parsed.Header { // whoever carries a mail reads its head
			m.take("head of a mail", []byte(name+": "+strings.Join(values, "\n")))
		}
		if !strings.Contains(parsed.Header.Get("Content-Type"), "enveloped-data") {
			return
		}
		der, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, parsed.Body))
		if err == nil {
			var p *pkcs7.PKCS7
			if p, err = pkcs7.Parse(der); err == nil {
				var text []byte
				if text, err = p.Decrypt(cert, key); err == nil {
					m.take("sealed mail", text)
				}
			}
		}
		if err != nil {
			m.Error(err)
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go smtp(c, got)
		}
	}()
	return l.Addr().String()
}

func smtp(c net.Conn, got func(to string, raw []byte)) {
	defer c.Close()
	io.WriteString(c, "220 sink\r\n") //nolint:errcheck // a test's sink
	r := bufio.NewReader(c)
	var to string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		answer := "250 ok\r\n"
		switch verb := strings.ToUpper(strings.TrimSpace(strings.SplitN(line, " ", 2)[0])); verb {
		case "RCPT":
			to = line
		case "QUIT":
			return
		case "DATA":
			io.WriteString(c, "354 go on\r\n") //nolint:errcheck // a test's sink
			var b bytes.Buffer
			for line, err = r.ReadString('\n'); err == nil && line != ".\r\n"; line, err = r.ReadString('\n') {
				b.WriteString(strings.TrimPrefix(line, "."))
			}
			got(to, b.Bytes())
		}
		io.WriteString(c, answer) //nolint:errcheck // a test's sink
	}
}

// join lets the desk, an authority and two units join; the first unit is reached in every way there is.
func (m *mine) join(sink, certificate string) {
	m.Helper()
	ctx := m.Context()
	for slug, role := range map[string]member.OrgRole{"desk": member.Platform, "authority": member.Authority, "unit": member.Provider, "other": member.Operator} {
		o, err := m.s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: slug, NameZH: slug, NameEN: slug, Roles: []member.OrgRole{role}, Partner: role == member.Provider || role == member.Operator,
			Sector: "cloud", Country: "CN", Email: "security@" + slug + ".example", Phone: "010-55550100"})
		m.ok(err)
		roles := []member.Role{member.Engineer, member.OrgAdmin}
		if slug == "desk" {
			roles = []member.Role{member.Analyst, member.DutyOfficer, member.Supervisor}
			b, err := m.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: "second@desk.example", Name: "second", Roles: roles, Locale: "en"})
			m.ok(err)
			m.people["second"] = member.Actor{AccountID: b.ID, OrgID: o.ID, Name: "second", Roles: roles, Via: "web", Locale: "en"}
		}
		a, err := m.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: "p@" + slug + ".example", Name: slug, Roles: roles, Locale: "zh-CN"})
		m.ok(err)
		m.people[slug] = member.Actor{AccountID: a.ID, OrgID: o.ID, Name: slug, Roles: roles, OrgRoles: []member.OrgRole{role}, Via: "web", Locale: "zh-CN"}
	}
	unit := m.people["unit"]
	_, _, err := m.s.Members.Configure(ctx, unit, unit.OrgID, member.Channels{Email: "security@unit.example", WebhookURL: "https://hook.example/"})
	m.ok(err)
	m.exec(`UPDATE org SET webhook_url = $1 WHERE id = $2`, sink+"/webhook", unit.OrgID)
	for _, channel := range destination.Channels {
		in := destination.Input{Channel: channel, Label: channel, Address: sink + "/" + channel}
		switch channel {
		case delivery.Email:
			in.Address, in.Certificate = "soc@unit.example", certificate
		case delivery.SMS:
			in.Address = "+8613800000000"
		}
		_, _, err := m.s.Destinations.Add(ctx, unit, in)
		m.ok(err)
	}
	m.exec(`UPDATE destination SET verified_at = created_at`)
	for target, class := range map[string]destination.Class{"email": destination.Digest, "webhook": destination.Digest} { // whatever is optional comes at once
		m.ok(m.s.Destinations.Choose(ctx, unit, []destination.Choice{{Target: target, Class: class, How: destination.Now}}, nil))
	}
}

func (m *mine) exec(query string, args ...any) {
	m.Helper()
	m.ok(m.s.DB.Tx(m.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(m.Context(), query, args...)
		return err
	}))
}

// pick returns one of several.
func pick[T any](m *mine, xs []T) T { return xs[m.random.IntN(len(xs))] }

// warnings releases warnings with every label, on every level, with stricter and more open parts, some of them twice.
func (m *mine) warnings() {
	m.Helper()
	ctx, labels := m.Context(), tlp.Labels()
	for i := range 2 * len(labels) {
		l, whole := m.labels(labels[i%len(labels)], i >= len(labels))
		id := m.kase(whole)
		w, err := m.s.Warnings.Draft(ctx, m.people["desk"], id)
		m.ok(err)
		for revision := range 1 + i%2 {
			if revision > 0 {
				m.clock.Advance(time.Hour)
				w, err = m.s.Warnings.Revise(ctx, m.people["desk"], w.ID, warning.Supersede)
				m.ok(err)
			}
			in := warning.EditInput{Rev: w.Rev, Level: pick(m, warning.Levels), TLP: string(whole), Content: m.content(l, whole)}
			w, err = m.s.Warnings.Edit(ctx, m.people["desk"], w.ID, in)
			m.ok(err)
			if w.Level.TwoPersons() {
				m.ok(m.s.Warnings.Approve(ctx, m.people["desk"], w.ID, w.Rev))
			}
			w, err = m.s.Warnings.Release(ctx, m.people["second"], w.ID, w.Rev)
			m.ok(err)
		}
	}
}

// labels draws labels for the parts of a warning. What is stricter than the rest makes the whole so.
func (m *mine) labels(whole tlp.Label, parts bool) (l warning.Labels, _ tlp.Label) {
	for _, x := range []*string{&l.Summary, &l.Measures, &l.Pack} {
		if parts && m.random.IntN(3) == 0 {
			*x = string(pick(m, tlp.Labels()))
			whole = tlp.Stricter(whole, tlp.Label(*x))
		}
	}
	return l, whole
}

// content is a text of canaries.
func (m *mine) content(l warning.Labels, whole tlp.Label) warning.Content {
	word := func(own string) string {
		if own == "" {
			own = string(whole)
		}
		return m.canary(own) + ` <"&'> ` + m.canary(own)
	}
	return warning.Content{Title: word(""), TitleEN: word(""), Scope: word(""), ScopeEN: word(""), Summary: word(l.Summary), SummaryEN: word(l.Summary), Measures: word(l.Measures), MeasuresEN: word(l.Measures),
		Issuer: "desk", Phone: "010-55550100", Basis: "decision 7", Labels: l, Pack: warning.Pack{Sigma: word(l.Pack), Links: []string{"https://pack.example/" + m.canary(or(l.Pack, string(whole)))}}}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// kase is a published case found in a product of the unit. What the case holds may leave to nobody; where it was found, as
// far as the warning.
func (m *mine) kase(label tlp.Label) string {
	m.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	key, unit := m.s.Seal, m.people["unit"].OrgID
	content, err := seal.SealJSON(key, "casefile/"+id+"/content", casework.Content{Title: m.canary("never"), TitleEN: m.canary("never"), Description: m.canary("never"), Fix: m.canary("never"), FixEN: m.canary("never"), Workaround: m.canary("never")})
	m.ok(err)
	now := db.At(m.clock.Now())
	m.exec(`INSERT INTO casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at, published_at)
		VALUES ($1,$2,$3,$4,$5,1,'critical','critical','yes','','',$4,$4,$4)`, id, "FS-2021-"+id[30:], casework.Published, now, content)
	product := uuid.Must(uuid.NewV7()).String()
	m.exec(`INSERT INTO product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, model_key, created_at)
		VALUES ($1,$2,'','router','','','software','','','','','','',$3)`, product, unit, now)
	f := match.Finding{CaseID: id, ProductID: product, OrgID: unit, ComponentID: 1, Version: "1.0"}
	why, err := seal.SealJSON(key, match.Place(f), match.Why{By: match.ByComponent, Path: []string{m.canary(string(label))}, Found: "core@2.0.7", Range: ">= 2.0.5, < 2.0.15"})
	m.ok(err)
	m.exec(`INSERT INTO finding (case_id, product_id, component_id, org_id, version, verdict, why_sealed, run, at) VALUES ($1,$2,1,$3,'1.0','affected',$4,'r',$5)`, id, product, unit, why, now)
	return id
}

// others are the purposes beside warnings: a report and its transfers, the upstream provider's notice, an inquiry.
func (m *mine) others() {
	m.Helper()
	ctx := m.Context()
	c := flaw(m.canary("authority"))
	c.Title, c.Harm, c.Scope, c.Fix = m.canary("never"), m.canary("authority"), m.canary("authority"), m.canary("never")
	r, err := m.s.Reports.Submit(ctx, m.people["other"], report.Input{Content: c, Attachments: []report.File{{Name: "trace.txt", MediaType: "text/plain", Bytes: []byte(m.canary("never"))}}})
	m.ok(err)
	m.ok(m.s.Jobs.Start(context.WithoutCancel(ctx)))
	m.ok(m.s.Jobs.Idle(ctx))
	m.ok(m.s.Jobs.Stop(context.WithoutCancel(ctx)))
	k, err := m.s.Cases.OfReport(ctx, m.people["desk"], r.Report.ID)
	m.ok(err)
	m.ok(m.s.Cases.Take(ctx, m.people["desk"], k.ID))
	m.ok(m.s.Cases.StartVerifying(ctx, m.people["desk"], k.ID))
	_, err = m.s.Cases.Verify(ctx, m.people["desk"], k.ID, casework.VerifyInput{Result: "reproduced", Environment: m.canary("never"), Steps: m.canary("never")})
	m.ok(err)
	for _, to := range []casework.NoticeInput{{OrgID: m.people["unit"].OrgID, Text: m.canary("never")}, {Email: "guest@upstream.example", Text: m.canary("never")}} {
		_, err := m.s.Cases.NotifyUpstream(ctx, m.people["desk"], k.ID, to)
		m.ok(err)
	}
	q, err := m.s.Compliance.OpenInquiry(ctx, m.people["desk"], compliance.Question{OrgID: m.people["unit"].OrgID, Text: m.canary("never"), Evidence: []compliance.Evidence{{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/" + m.canary("never")}}})
	m.ok(err)
	_, err = m.s.Compliance.Serve(ctx, m.people["desk"], q.ID, m.canary("never"), 0)
	m.ok(err)
}

// push lets everything go out that is due within two days, and what is said of it in the tables.
func (m *mine) push() {
	m.Helper()
	for range 48 {
		_, err := m.s.Sender.Drain(m.Context())
		m.ok(err)
		_, err = m.s.Duties.Remind(m.Context())
		m.ok(err)
		m.clock.Advance(time.Hour)
	}
	m.ok(m.s.DB.View(m.Context(), func(tx *db.Tx) error {
		for _, query := range []string{`SELECT payload FROM event`, `SELECT id || last_error FROM delivery`, `SELECT detail FROM delivery_attempt`} {
			rows, err := db.List(m.Context(), tx, db.Value[string], query)
			if err != nil {
				return err
			}
			m.take("table", []byte(strings.Join(rows, "\n")))
		}
		return nil
	}))
}

// pull fetches what can be fetched: feeds, alerts, the stream, the pages of signed links and those that everybody may see.
func (m *mine) pull() {
	m.Helper()
	ctx := m.Context()
	for {
		n, err := m.s.Evidence.Integrate(ctx)
		m.ok(err)
		if n == 0 {
			break
		}
	}
	c := app.Defaults()
	server := httptest.NewServer(app.New(c, m.s, "test").Handler())
	defer server.Close()
	get := func(way, path, token string) {
		rq, err := http.NewRequestWithContext(ctx, "GET", server.URL+path, nil)
		m.ok(err)
		rq.Header.Set("Accept-Encoding", "gzip")
		if token != "" {
			rq.Header.Set("Authorization", "Bearer "+token)
		}
		rs, err := http.DefaultClient.Do(rq)
		m.ok(err)
		defer rs.Body.Close()
		b, err := io.ReadAll(rs.Body)
		m.ok(err)
		m.take(way, b)
		if way != "refused" && rs.StatusCode != 200 {
			m.Errorf("%s: %d %s", path, rs.StatusCode, b)
		}
	}
	token := func(scope string) string {
		plain, _, err := m.s.Members.IssueToken(ctx, m.people["unit"], scope, []string{scope}, 0)
		m.ok(err)
		return plain
	}
	green, amber, api := token(member.ScopeFeed), token(member.ScopeFeedAmber), token(member.ScopeWarning)
	items, _, err := m.s.Warnings.Mine(ctx, m.people["unit"], warning.Filter{})
	m.ok(err)
	public, err := m.s.Warnings.Public(ctx, 100)
	m.ok(err)
	if len(items) < 10 || len(public) == 0 {
		m.Fatalf("%d warnings, %d of them public", len(items), len(public))
	}
	for _, form := range []string{"atom", "json"} {
		get("public feed", "/feeds/warnings."+form, "")
		get("feed", "/feeds/my/"+green+"/warnings."+form+"?lang=en", "")
		get("amber feed", "/feeds/my/"+amber+"/warnings."+form, "")
	}
	for _, x := range public {
		get("public feed", "/feeds/warnings/"+x.Number+".cap", "")
	}
	for _, x := range items {
		get("feed", "/feeds/my/"+green+"/warnings/"+x.Warning.Number+".cap", "")
		get("amber feed", "/feeds/my/"+amber+"/warnings/"+x.Warning.Number+".cap", "")
		get("link", "/w/"+m.s.Warnings.Link(x.Warning.ID, x.Warning.Revision, m.people["unit"].OrgID), "")
		get("refused", "/warnings/"+x.Warning.ID, "")
		get("refused", "/api/v1/warnings/"+x.Warning.ID, "")
		get("refused", "/feeds/warnings/"+x.Warning.ID+".cap", "")
	}
	get("stream", "/api/v1/stream?no_wait=true&from=-1", api)
	get("page", "/", "")
	get("page", "/feeds/advisories.atom", "")
}

// search reads everything that left.
func (m *mine) search() {
	m.Helper()
	word := regexp.MustCompile(`Qz[0-9a-f]{10}Zq`)
	seen := map[string]map[string]bool{} // labels by way
	amount := map[string]int{}
	for _, x := range m.left {
		amount[x.way]++
		for _, layer := range peel(x.raw, 0) {
			for _, found := range word.FindAll(layer, -1) {
				label := m.canaries[string(found)+"丝雀"]
				if seen[x.way] == nil {
					seen[x.way] = map[string]bool{}
				}
				seen[x.way][label] = true
				if !may(x.way, label) {
					m.Errorf("a text with the label %q left by %s", label, x.way)
				}
			}
		}
	}
	m.Logf("%d things left: %v", len(m.left), amount)
	// and what may be told, is: else this test would find nothing because there is nothing
	for way, labels := range map[string][]string{"mail": {"CLEAR", "GREEN"}, "sealed mail": {"CLEAR", "GREEN", "AMBER", "AMBER+STRICT"}, "webhook": {"CLEAR", "GREEN"}, "feed": {"GREEN"},
		"amber feed": {"AMBER", "AMBER+STRICT"}, "public feed": {"CLEAR"}, "link": {"GREEN"}, "authority": {"authority"}} {
		for _, label := range labels {
			if !seen[way][label] {
				m.Errorf("no text with the label %q left by %s", label, way)
			}
		}
	}
	for _, way := range append(slices.Clone(destination.Channels[2:]), "stream", "log", "table", "head of a mail", "refused", "page") {
		if amount[way] == 0 {
			m.Errorf("nothing left by %s", way)
		}
	}
}

// coded may be base64, in one line or in many.
var coded = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]+)*={0,2}`)

// peel returns what bytes hold, and what is in that when it is taken out of what wraps it.
func peel(b []byte, depth int) (out [][]byte) {
	out = append(out, b)
	if depth > 5 {
		return out
	}
	inner := func(b []byte) {
		out = append(out, peel(b, depth+1)...)
	}
	if s := html.UnescapeString(string(b)); s != string(b) {
		inner([]byte(s))
	}
	if s, err := url.QueryUnescape(string(b)); err == nil && s != string(b) {
		inner([]byte(s))
	}
	if r, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		if text, err := io.ReadAll(io.LimitReader(r, 64<<20)); err == nil {
			inner(text)
		}
	}
	var v any
	if json.Unmarshal(b, &v) == nil {
		var texts []string
		var walk func(any)
		walk = func(v any) {
			switch x := v.(type) {
			case string:
				texts = append(texts, x)
			case []any:
				for _, y := range x {
					walk(y)
				}
			case map[string]any:
				for k, y := range x {
					texts = append(texts, k)
					walk(y)
				}
			}
		}
		walk(v)
		for _, text := range texts {
			inner([]byte(text))
		}
	}
	for _, run := range coded.FindAll(b, -1) {
		run = bytes.ReplaceAll(bytes.ReplaceAll(run, []byte("\r"), nil), []byte("\n"), nil)
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if text, err := e.DecodeString(string(run)); err == nil {
				inner(text)
				break
			}
		}
	}
	if text, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(b))); err == nil && !bytes.Equal(text, b) {
		out = append(out, text)
	}
	if s, err := new(mime.WordDecoder).DecodeHeader(string(b)); err == nil && s != string(b) {
		out = append(out, []byte(s))
	}
	if m, err := mail.ReadMessage(bytes.NewReader(b)); err == nil {
		for _, values := range m.Header {
			for _, v := range values {
				if s, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
					out = append(out, []byte(s))
				}
			}
		}
		kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		if err == nil && strings.HasPrefix(kind, "multipart/") {
			parts := multipart.NewReader(m.Body, params["boundary"])
			for p, err := parts.NextPart(); err == nil; p, err = parts.NextPart() { // quoted-printable is taken off on the way
				text, _ := io.ReadAll(p)
				inner(text)
				inner(slices.Concat([]byte("Content-Type: "+p.Header.Get("Content-Type")+"\r\n\r\n"), text))
			}
		}
	}
	return out
}

// The reader of the test above sees through every wrapping that is in use here.
func TestPeelSeesThroughWrappings(t *testing.T) {
	const word = "Qz0123456789Zq丝雀"
	var zipped, quoted bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, `{"a":"`+word+`"}`) //nolint:errcheck // into memory
	z.Close()
	q := quotedprintable.NewWriter(&quoted)
	io.WriteString(q, strings.Repeat("长行", 40)+word) //nolint:errcheck // into memory
	q.Close()
	b64 := base64.StdEncoding.EncodeToString([]byte("before " + word + " after"))
	for name, text := range map[string]string{
		"plain": word, "JSON": `{"a":["\u0051z0123456789Zq"]}`, "JSON in JSON": `{"a":"{\"b\":\"\\u0051z0123456789Zq\"}"}`, "HTML": "&#81;z0123456789Zq", "URL": "https://x/?a=%51z0123456789Zq", "gzip": zipped.String(),
		"base64": `{"text":"` + b64 + `"}`, "base64 in lines": "Subject: x\r\n\r\n" + b64[:20] + "\r\n" + b64[20:], "quoted-printable": quoted.String(), "subject": "Subject: " + mime.BEncoding.Encode("utf-8", word) + "\r\n\r\nx",
		"multipart": "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=51z0123456789Zq\r\n--c--\r\n--b--\r\n",
	} {
		if !slices.ContainsFunc(peel([]byte(text), 0), func(b []byte) bool { return bytes.Contains(b, []byte("Qz0123456789Zq")) }) {
			t.Errorf("%s hides it", name)
		}
	}
	for _, x := range []struct {
		way, label string
		want       bool
	}{{"mail", "GREEN", true}, {"mail", "AMBER", false}, {"sealed mail", "AMBER+STRICT", true}, {"sealed mail", "RED", false}, {"dingtalk", "CLEAR", false}, {"mail", "never", false}, {"mail", "authority", false}, {"authority", "authority", true}} {
		if may(x.way, x.label) != x.want {
			t.Errorf("%s carries %s: %t", x.way, x.label, !x.want)
		}
	}
}
