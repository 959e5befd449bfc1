// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/tlp"
	"github.com/fengsui/fengsui/internal/warning"
)

const gateway = "a secret of the mail gateway, thirty-two" // by which mails are handed in

func newMine(t *testing.T, engine db.Engine, address string, seed uint64) *mine {
	t.Helper()
	m := &mine{T: t, random: mathrand.New(mathrand.NewPCG(seed, 1)), clock: calendar.NewDriven(dbtest.Start), people: map[string]member.Actor{}, ids: map[string][]string{}, canaries: map[string]secret{}, read: map[[32]byte]bool{}}
	m.keys = newKeys(t)
	sink := httptest.NewServer(http.HandlerFunc(m.post))
	t.Cleanup(sink.Close)
	c := app.Defaults()
	c.Data, c.MetricsListen, c.Listen, c.BaseURL = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", "http://127.0.0.1:8080"
	if engine == db.PostgreSQL {
		c.Database = address
	}
	c.Webhook.AllowPrivate = true
	c.Mail.Addr, c.Mail.TLS, c.Mail.ReplyDomain, c.Mail.ReplySecret = m.mailServer(), "none", "reply.example", gateway
	c.Mail.OpenPGP = kept(t, m.keys.armoured(t, true))
	if engine == db.SQLite { // on the other, mails that are not encrypted are signed with OpenPGP
		c.Mail.Certificate, c.Mail.Key = kept(t, pemOf("CERTIFICATE", m.keys.cert.Raw)), kept(t, pemOf("PRIVATE KEY", m.keys.pkcs8(t)))
	}
	c.SMS.URL, c.SMS.Body = sink.URL+"/unit/sms?to={{.Phone}}", `{"text":{{json .Text}},"link":{{json .Link}}}`
	m.config = c
	m.assemble()
	t.Cleanup(func() { m.s.Close() })
	m.join(sink.URL)
	return m
}

func (m *mine) assemble() {
	m.Helper()
	var err error
	m.s, err = app.Assemble(m.Context(), m.config, m.clock, slog.New(slog.NewTextHandler(writer{m, "log"}, &slog.HandlerOptions{Level: slog.LevelDebug})))
	m.ok(err)
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// join lets everybody join: the desk and an authority; a unit that is reached in every way there is, with S/MIME; another
// one, abroad, in another sector, with OpenPGP and digests; one that is suspended; and one that is no partner unit.
func (m *mine) join(sink string) {
	m.Helper()
	ctx := m.Context()
	for _, slug := range []string{"desk", "authority", "unit", "other", "barred", "outsider"} {
		role := map[string]member.OrgRole{"desk": member.Platform, "authority": member.Authority, "unit": member.Provider}[slug]
		if role == "" {
			role = member.Operator
		}
		o, err := m.s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: slug, NameZH: slug, NameEN: slug, Roles: []member.OrgRole{role}, Partner: slug == "unit" || slug == "other" || slug == "barred",
			Sector: map[string]string{"other": "energy"}[slug] + "cloud", Country: map[bool]string{true: "DE", false: "CN"}[slug == "other"], Email: "security@" + slug + ".example", Phone: "010-55550100"})
		m.ok(err)
		m.note("org", o.ID)
		people := map[string][]member.Role{slug: {member.Engineer, member.OrgAdmin}}
		if slug == "desk" {
			people = map[string][]member.Role{slug: {member.Analyst, member.DutyOfficer, member.Supervisor}, "second": {member.Analyst, member.DutyOfficer, member.Supervisor}, "auditor": {member.Auditor}}
		}
		for name, roles := range people {
			a, err := m.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: name + "@" + slug + ".example", Name: name, Roles: roles, Locale: map[bool]string{true: "en", false: "zh-CN"}[slug == "other"]})
			m.ok(err)
			m.people[name] = member.Actor{AccountID: a.ID, OrgID: o.ID, Name: name, Roles: roles, OrgRoles: []member.OrgRole{role}, Via: "web", Locale: a.Locale}
		}
	}
	m.ok(m.s.DB.Tx(ctx, func(tx *db.Tx) error {
		return m.s.Members.Enter(ctx, tx, m.people["barred"].OrgID, member.Measure{Kind: member.Suspended, Number: "FS-Q-2021-000099", From: dbtest.Start, Until: dbtest.Start.AddDate(0, 6, 0)})
	}))
	for slug, certificate := range map[string]string{"unit": string(pemOf("CERTIFICATE", m.keys.cert.Raw)), "other": string(m.keys.armoured(m.T, false))} {
		by := m.people[slug]
		main := member.Channels{Email: "security@" + slug + ".example", WebhookURL: "https://hook.example/"}
		if slug == "other" { // whose only mail is encrypted, while its webhook is not
			main.Certificate = certificate
		}
		_, _, err := m.s.Members.Configure(ctx, by, by.OrgID, main)
		m.ok(err)
		m.exec(`UPDATE org SET webhook_url = $1 WHERE id = $2`, sink+"/"+slug+"/webhook", by.OrgID)
		for _, channel := range destination.Channels {
			in := destination.Input{Channel: channel, Label: channel, Address: sink + "/" + slug + "/" + channel}
			switch {
			case channel == delivery.Email:
				in.Address, in.Certificate = "soc@"+slug+".example", certificate
			case channel == delivery.SMS:
				in.Address = "+8613800000000"
			}
			if slug == "other" && channel != delivery.Email && channel != delivery.Slack {
				continue
			}
			_, _, err := m.s.Destinations.Add(ctx, by, in)
			m.ok(err)
		}
	}
	m.exec(`UPDATE destination SET verified_at = created_at`)
	for slug, how := range map[string]destination.How{"unit": destination.Now, "other": destination.Hourly} { // whatever is optional comes at once, or in digests
		for _, target := range []string{"email", "webhook"} {
			m.ok(m.s.Destinations.Choose(ctx, m.people[slug], []destination.Choice{{Target: target, Class: destination.Digest, How: how}, {Target: target, Class: destination.Prompt, How: how}}, nil))
		}
	}
}

func (m *mine) exec(query string, args ...any) {
	m.Helper()
	m.ok(m.s.DB.Tx(m.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(m.Context(), query, args...)
		return err
	}))
}

// warnings releases warnings with every label, on every level, with stricter and more open parts, some of them twice, some
// of them lifted or recalled, some of them exercises.
func (m *mine) warnings() {
	m.Helper()
	labels := tlp.Labels()
	for i := range 2 * len(labels) {
		published := labels[i%len(labels)] == tlp.Clear || m.random.IntN(2) == 0
		l, whole := m.labels(labels[i%len(labels)], i >= len(labels), published)
		var w warning.Warning
		var err error
		if id := m.kase(whole, published); i%5 == 4 {
			w, err = m.s.Warnings.DraftExercise(m.Context(), m.people["desk"], id)
		} else {
			w, err = m.s.Warnings.Draft(m.Context(), m.people["desk"], id)
		}
		m.ok(err)
		m.note("warnings", w.ID)
		levels := warning.Levels
		if i < len(labels) { // what cannot be put off reaches everybody at once
			levels = levels[:2]
		}
		w = m.release(w, l, whole, levels)
		if i < len(labels) { // every label leaves once, whatever is drawn; in the second round newer revisions overtake
			m.due()
		}
		kinds := []warning.Kind{warning.Supersede, warning.Amendment, warning.Lift, warning.Recall}
		for range i % 3 {
			m.clock.Advance(time.Hour)
			if w.Kind.Closes() {
				break
			}
			w, err = m.s.Warnings.Revise(m.Context(), m.people["desk"], w.ID, kinds[i%len(kinds)])
			m.ok(err)
			w = m.release(w, l, whole, warning.Levels)
		}
	}
}

// release writes a draft and lets it out.
func (m *mine) release(w warning.Warning, l warning.Labels, whole tlp.Label, levels []warning.Level) warning.Warning {
	m.Helper()
	ctx := m.Context()
	w, err := m.s.Warnings.Edit(ctx, m.people["desk"], w.ID, warning.EditInput{Rev: w.Rev, Level: pick(m, levels), TLP: string(whole), Content: m.content(l, whole, "")})
	m.ok(err)
	if w.Level.TwoPersons() {
		m.ok(m.s.Warnings.Approve(ctx, m.people["desk"], w.ID, w.Rev))
	}
	w, err = m.s.Warnings.Release(ctx, m.people["second"], w.ID, w.Rev)
	m.ok(err)
	return w
}

// labels draws labels for the parts of a warning. What is stricter than the rest makes the whole so; nothing is for everybody
// while the case is not published.
func (m *mine) labels(whole tlp.Label, parts, published bool) (l warning.Labels, _ tlp.Label) {
	all := tlp.Labels()
	if !published {
		all = slices.DeleteFunc(slices.Clone(all), func(x tlp.Label) bool { return x == tlp.Clear })
	}
	for _, x := range []*string{&l.Summary, &l.Measures, &l.Pack} {
		if parts && m.random.IntN(3) == 0 {
			*x = string(pick(m, all))
			whole = tlp.Stricter(whole, tlp.Label(*x))
		}
	}
	return l, whole
}

// content is a text of canaries, which one organisation may read, or all that are warned.
func (m *mine) content(l warning.Labels, whole tlp.Label, of string) warning.Content {
	word := func(part string) string {
		s := secret{or(part, string(whole)), of}
		return m.canary(s) + ` <"&'> ` + m.canary(s)
	}
	lead := func(to string) string { return m.canary(secret{string(whole), or(of, to)}) }
	return warning.Content{Title: word(""), TitleEN: word(""), Scope: word(""), ScopeEN: word(""), Summary: word(l.Summary), SummaryEN: word(l.Summary), Measures: word(l.Measures), MeasuresEN: word(l.Measures),
		Issuer: "desk", Phone: "010-55550100", Basis: "decision 7", Labels: l,
		Leads: warning.Leads{Affected: lead("unit"), AffectedEN: lead("unit"), Sector: lead("desk"), SectorEN: lead("desk"), All: lead("other"), AllEN: lead("other")},
		Pack: warning.Pack{Sigma: word(l.Pack), YARA: word(l.Pack), Suricata: word(l.Pack), Links: []string{"https://pack.example/" + m.canary(secret{or(l.Pack, string(whole)), of})},
			Indicators: []warning.Indicator{{Type: "domain", Value: m.domain(secret{or(l.Pack, string(whole)), of})}}}}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// kase is a case found in a product of the unit. What the case holds is the desk's until it is published; where it was found, is told to the unit
// as far as the warning goes.
func (m *mine) kase(label tlp.Label, published bool) string {
	m.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	key, unit := m.s.Seal, m.people["unit"].OrgID
	s := secret{own, "desk"}
	if published {
		s = secret{string(tlp.Clear), ""}
	}
	word := func() string { return m.canary(s) }
	content, err := seal.SealJSON(key, "casefile/"+id+"/content", casework.Content{Title: word(), TitleEN: word(), Description: word(), Fix: word(), FixEN: word(), Workaround: word()})
	m.ok(err)
	now := db.At(m.clock.Now())
	state, at := pick(m, []casework.State{casework.Assessed, casework.Warned}), any(nil)
	if published {
		state, at = casework.Published, now
	}
	m.exec(`INSERT INTO casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at, published_at)
		VALUES ($1,$2,$3,$4,$5,1,'critical','critical','yes','','',$4,$4,$6)`, id, "FS-2021-"+id[30:], state, now, content, at)
	product := uuid.Must(uuid.NewV7()).String()
	m.exec(`INSERT INTO product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, model_key, created_at)
		VALUES ($1,$2,'',$4,'','','software','','','','','','',$3)`, product, unit, now, m.canary(secret{string(label), "unit desk"}))
	f := match.Finding{CaseID: id, ProductID: product, OrgID: unit, ComponentID: 1, Version: "1.0"}
	why, err := seal.SealJSON(key, match.Place(f), match.Why{By: match.ByComponent, Path: []string{m.canary(secret{string(label), "unit desk"})}, Found: m.canary(secret{string(label), "unit desk"}), Range: ">= 2.0.5, < 2.0.15"})
	m.ok(err)
	m.exec(`INSERT INTO finding (case_id, product_id, component_id, org_id, version, verdict, why_sealed, run, at) VALUES ($1,$2,1,$3,'1.0','affected',$4,'r',$5)`, id, product, unit, why, now)
	m.note("cases", id)
	m.note("products", product)
	return id
}

// others are the purposes beside warnings: a report and its transfers, the upstream provider's notice, an inquiry, and the
// advisory of a case that is not published.
func (m *mine) others() {
	m.Helper()
	ctx, desk := m.Context(), m.people["desk"]
	theirs := secret{authority, "other unit"} // the unit is asked as the upstream provider, and reads the case as its party
	c := flaw(m.canary(theirs))
	c.Title, c.Harm, c.Scope, c.Fix = m.canary(secret{own, theirs.of}), m.canary(theirs), m.canary(theirs), m.canary(secret{own, theirs.of})
	r, err := m.s.Reports.Submit(ctx, m.people["other"], report.Input{Content: c, Attachments: []report.File{{Name: "trace.txt", MediaType: "text/plain", Bytes: []byte(m.canary(secret{own, "other"}))}}})
	m.ok(err)
	m.note("reports", r.Report.ID)
	files, err := m.s.Reports.Attachments(ctx, m.people["other"], r.Report.ID)
	m.ok(err)
	m.note("attachments", files[0].ID)
	m.ok(m.s.Jobs.Start(context.WithoutCancel(ctx)))
	m.ok(m.s.Jobs.Idle(ctx))
	k, err := m.s.Cases.OfReport(ctx, desk, r.Report.ID)
	m.ok(err)
	m.note("cases", k.ID)
	m.ok(m.s.Cases.Take(ctx, desk, k.ID))
	m.ok(m.s.Cases.StartVerifying(ctx, desk, k.ID))
	_, err = m.s.Cases.Verify(ctx, desk, k.ID, casework.VerifyInput{Result: "reproduced", Environment: m.canary(secret{own, theirs.of}), Steps: m.canary(secret{own, theirs.of})})
	m.ok(err)
	_, err = m.s.Cases.AddGrade(ctx, desk, k.ID, casework.GradeInput{Scheme: "gbt30279-2020", Vector: "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", Rationale: m.canary(secret{own, theirs.of})})
	m.ok(err)
	m.ok(m.s.Jobs.Idle(ctx))
	m.ok(m.s.Jobs.Stop(context.WithoutCancel(ctx)))
	a, err := m.s.Advisories.Draft(ctx, desk, k.ID)
	m.ok(err)
	m.note("advisory-drafts", a.ID)
	m.note("advisories", a.Number)
	a.Content.Description, a.Content.DescriptionEN = m.canary(secret{own, "desk"}), m.canary(secret{own, "desk"})
	_, err = m.s.Advisories.Edit(ctx, desk, a.ID, a.Rev, advisory.Content{Content: a.Content.Content, FixReady: true}, m.canary(secret{own, "desk"}))
	m.ok(err)
	for _, to := range []casework.NoticeInput{{OrgID: m.people["unit"].OrgID, Text: m.canary(secret{own, "unit"})}, {Email: "guest@upstream.example", Text: m.canary(secret{own, "upstream"})}} {
		n, err := m.s.Cases.NotifyUpstream(ctx, desk, k.ID, to)
		m.ok(err)
		m.note("notices", n.ID)
	}
	asked := secret{own, "unit"}
	q, err := m.s.Compliance.OpenInquiry(ctx, desk, compliance.Question{OrgID: m.people["unit"].OrgID, Text: m.canary(asked), Evidence: []compliance.Evidence{{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/" + m.canary(asked)}}})
	m.ok(err)
	_, err = m.s.Compliance.Serve(ctx, desk, q.ID, m.canary(asked), 0)
	m.ok(err)
	m.note("inquiries", q.ID)
}

// answers are what units say about warnings, in every way in which they can: nobody else but the desk reads of it.
func (m *mine) answers() {
	m.Helper()
	ctx := m.Context()
	server := httptest.NewServer(app.New(m.config, m.s, "test").Handler())
	defer server.Close()
	for _, slug := range warned {
		by := m.people[slug]
		said := func() string { return m.canary(secret{own, slug}) }
		items, _, err := m.s.Warnings.Mine(ctx, by, warning.Filter{})
		m.ok(err)
		n := 0
		for _, x := range items {
			if x.Warning.Kind.Closes() {
				continue
			}
			w, in := x.Warning, warning.AnswerInput{Answer: pick(m, []warning.Answer{warning.Checking, warning.AffectedYes, warning.FixedAll}), Comment: said()}
			if n++; n == 1 {
				in.Answer = warning.Checking
			}
			switch n % 6 {
			case 0: // silent
				continue
			case 1:
				_, err = m.s.Warnings.Acknowledge(ctx, by, w.ID, in)
			case 2:
				_, err = m.s.Warnings.AcknowledgeByLink(ctx, m.s.Warnings.Link(w.ID, w.Revision, by.OrgID), in)
			case 3, 4: // by mail, of which only the first line counts; and one whose first line is none
				text := "FIXED\r\n\r\n" + said()
				if n%6 == 4 { // while another answer stands, with what was said then
					text = said()
					_, err = m.s.Warnings.Acknowledge(ctx, by, w.ID, in)
				}
				m.handIn(server.URL, fmt.Sprintf("From: %s <p@%s.example>\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\n\r\n%s\r\n", "x", slug, m.s.Warnings.ReplyAddress(w.ID, w.Revision, by.OrgID), said(), m.clock.Now().Format(time.RFC1123Z), text))
			case 5:
				sheet, jerr := json.Marshal(warning.AnswerSheet{Format: "fengsui-answer/1", Warning: w.ID, Number: w.Number, Revision: w.Revision, OrgID: by.OrgID, Answer: in.Answer, Comment: in.Comment})
				m.ok(jerr)
				_, _, err = m.s.Warnings.AcknowledgeSheet(ctx, by, sheet)
			}
			m.ok(err)
			proof, err := m.s.Warnings.AddProof(ctx, by, w.ID, said()+".txt", []byte(said()))
			m.ok(err)
			m.note("proofs", proof.ID)
		}
		if n < 6 {
			m.Fatalf("%s answers %d warnings", slug, n)
		}
	}
	w, err := m.s.Warnings.Draft(ctx, m.people["desk"], m.kase(tlp.Green, true)) // so that there are digests of what is being checked
	m.ok(err)
	m.note("warnings", w.ID)
	m.release(w, warning.Labels{}, tlp.Green, []warning.Level{warning.Blue, warning.Risk})
}

// handIn hands in a mail, as the gateway does.
func (m *mine) handIn(server, raw string) {
	m.Helper()
	rq, err := http.NewRequestWithContext(m.Context(), "POST", server+"/api/v1/inbound/mail", strings.NewReader(raw))
	m.ok(err)
	rq.Header.Set("Content-Type", "message/rfc822")
	rq.Header.Set("X-Fengsui-Gateway", gateway)
	rs, err := http.DefaultClient.Do(rq)
	m.ok(err)
	defer rs.Body.Close()
	var head bytes.Buffer
	rs.Header.Write(&head) //nolint:errcheck // into memory
	body := new(bytes.Buffer)
	_, err = body.ReadFrom(rs.Body)
	m.ok(err)
	m.take("refused", "", slices.Concat(head.Bytes(), body.Bytes()))
	if rs.StatusCode != 200 {
		m.Errorf("a mail is handed in: %d %s", rs.StatusCode, body)
	}
}

// call notes what the desk hears by phone from a unit that is silent.
func (m *mine) call() {
	m.Helper()
	calls, err := m.s.Warnings.Calls(m.Context(), m.people["desk"])
	m.ok(err)
	for _, c := range calls {
		m.ok(m.s.Warnings.RecordCall(m.Context(), m.people["desk"], c.Warning.ID, c.Org.ID, duty.CallInput{To: c.Lines[0].To, Outcome: duty.Written, Note: m.canary(secret{own, "desk"})}))
	}
}

// drafts are further revisions and further warnings that nobody has released: the desk alone reads them, and sees them as
// their recipients would get them.
func (m *mine) drafts() {
	m.Helper()
	ctx, desk := m.Context(), m.people["desk"]
	for i, label := range tlp.Labels() {
		var w warning.Warning
		var err error
		if i%2 == 1 && label == tlp.Clear { // of a case that may not be published
			label = tlp.Green
		}
		l, whole := m.labels(label, true, i%2 == 0)
		if i%2 == 0 {
			id := m.kase(whole, true)
			w, err = m.s.Warnings.Draft(ctx, desk, id)
			m.note("warnings", w.ID)
		} else if w, _, err = m.s.Warnings.Get(ctx, desk, m.ids["warnings"][i]); err == nil {
			w, err = m.s.Warnings.Revise(ctx, desk, w.ID, warning.Supersede)
		}
		m.ok(err)
		w, err = m.s.Warnings.Edit(ctx, desk, w.ID, warning.EditInput{Rev: w.Rev, Level: pick(m, warning.Levels), TLP: string(whole), Content: m.content(l, whole, "desk")})
		m.ok(err)
		for _, slug := range warned {
			v, err := m.s.Warnings.ViewAs(ctx, desk, w.ID, m.people[slug].OrgID)
			m.ok(err)
			way := "mail"
			if slug == "other" {
				way = "sealed mail"
			}
			m.take("head of a mail", "desk", []byte(v.Subject))
			m.take(way, "desk", []byte(v.Text))
			m.take(way, "desk", []byte(v.HTML))
			m.take("webhook", "desk", v.Hook)
		}
	}
}
