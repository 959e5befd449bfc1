// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// post is a channel that keeps what it gets, or refuses it.
type post struct {
	mu   sync.Mutex
	sent []delivery.Message
	err  error
}

func (p *post) Send(_ context.Context, _ string, _ time.Time, m delivery.Message) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	p.sent = append(p.sent, m)
	return 200, nil
}

// sender delivers the house's notices to two channels that keep what they get.
func (h *house) sender() (s *delivery.Sender, mail, hook *post) {
	mail, hook = &post{}, &post{}
	return &delivery.Sender{DB: h.DB, Channels: map[string]delivery.Channel{delivery.Email: mail, delivery.Webhook: hook}, Purposes: map[string]delivery.Purpose{
		casework.PurposeNotice: casework.NoticePurpose{Service: h.Service, Members: &member.Service{DB: h.DB, Events: h.Events, Seal: h.ring}}}}, mail, hook
}

// drain sends what waits for a notice; reports wait for other senders.
func (h *house) drain(s *delivery.Sender) {
	h.t.Helper()
	h.exec(`DELETE FROM delivery WHERE purpose <> 'notice'`)
	_, err := s.Drain(h.ctx)
	h.ok(err)
}

func (h *house) notice(id string) casework.Notice {
	h.t.Helper()
	ns, err := h.Notices(h.ctx, member.System(), h.caseOfNotice(id))
	h.ok(err)
	for _, n := range ns {
		if n.ID == id {
			return n
		}
	}
	h.t.Fatal("no such notice")
	return casework.Notice{}
}

func (h *house) caseOfNotice(id string) (out string) {
	h.t.Helper()
	h.write(func(tx *db.Tx) (err error) {
		out, err = db.Get(h.ctx, tx, db.Value[string], `SELECT case_id FROM notice WHERE id = $1`, id)
		return err
	})
	return out
}

func TestProposeUpstream(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		byVendor, byName := h.org("maker", member.Provider), h.org("named", member.Provider)
		h.registers(byVendor, "Example Software", "Something Else", "")
		h.registers(byName, "example  software", "Example LOGGER", "")
		own := h.registers(h.upstream.OrgID, "Upstream", "Logger", "pkg:maven/org.example/logger")
		h.registers(h.reporter.OrgID, "Reporter", "Logger", "pkg:maven/org.example/logger") // reported it: knows
		h.registers(h.other.OrgID, "Other", "Logger fork", "pkg:maven/org.example/logger")  // is no provider
		c := h.kase(casework.Triage)
		x := c.Content
		x.Affected = append([]report.Affected{{Vendor: "Example Software", Product: "Example Logger"}}, x.Affected...)
		_, err := h.Edit(h.ctx, h.analyst, c.ID, 1, x)
		h.ok(err)
		cs, err := h.ProposeUpstream(h.ctx, h.analyst, c.ID)
		h.ok(err)
		if len(cs) != 3 || cs[0].OrgID != h.upstream.OrgID || cs[0].Product.ID != own || cs[0].Org.NameEN != "upstream" || cs[1].OrgID != byName || cs[2].OrgID != byVendor {
			t.Fatalf("candidates: %+v", cs)
		}
		if got := cs[0].ReasonText(i18n.For("en")); got != "has registered this package: pkg:maven/org.example/logger" {
			t.Errorf("reason: %s", got)
		}
		if got := cs[1].ReasonText(i18n.For("zh-CN")); got != "其登记的产品与厂商、名称均一致：Example Software Example Logger" {
			t.Errorf("reason: %s", got)
		}
		_, err = h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "look"})
		h.ok(err)
		if cs, err = h.ProposeUpstream(h.ctx, h.supervisor, c.ID); err != nil || len(cs) != 2 {
			t.Errorf("who has a notice is proposed again: %+v, %v", cs, err)
		}
		_, err = h.ProposeUpstream(h.ctx, h.reporter, c.ID)
		wantKind(t, err, fault.Withheld)
	})
}

// From the notice to its confirmation: the clock of the reporter stops when the provider has it, and no message holds
// what the notice says.
func TestNoticeToMember(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		hooked := h.person(h.org("hooked", member.Provider), member.Engineer)
		r, c := h.report(h.reporter, flaw())
		h.put(c, casework.Verifying)
		n, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: hooked.OrgID, Email: "ignored", Text: "your logger " + secret})
		h.ok(err)
		if n.Number != c.Number || n.ReportID != r.ID || n.Email != "" || n.Reason != "case.reason.person" || h.kicks != 1 {
			t.Errorf("notice: %+v, %d kicks", n, h.kicks)
		}
		if d := h.duty(r.ID, duty.RuleUpstream); d.Rule == "" || !d.MetAt.IsZero() {
			t.Errorf("the duty before the delivery: %+v", d)
		}
		if x, err := h.Get(h.ctx, hooked, c.ID); err != nil || x.Content.Description == "" {
			t.Errorf("the provider cannot read the case: %v", err)
		}
		s, mail, hook := h.sender()
		mail.err = errors.New("not now")
		h.clock.Advance(time.Minute)
		h.drain(s)
		if len(hook.sent) != 1 || len(mail.sent) != 0 {
			t.Fatalf("sent: %d webhooks, %d mails", len(hook.sent), len(mail.sent))
		}
		b, err := json.Marshal(hook.sent[0].Data)
		h.ok(err)
		if m := hook.sent[0]; m.Type != "case.upstream-notified" || m.To.URL != "https://hooked.example/hook" || string(m.To.Secret) != "sixteen bytes or more" || strings.Contains(string(b), secret) ||
			!strings.Contains(string(b), "https://fengsui.example/notices/"+n.ID) {
			t.Errorf("webhook: %+v %s", m, b)
		}
		now := h.notice(n.ID)
		if !now.DeliveredAt.Equal(h.clock.Now()) || !now.OpenedAt.IsZero() {
			t.Errorf("delivered: %+v", now)
		}
		if d := h.duty(r.ID, duty.RuleUpstream); !d.MetAt.Equal(h.clock.Now()) || d.MetEvent == "" {
			t.Errorf("the duty after the delivery: %+v", d)
		}
		mail.err = nil
		h.clock.Advance(time.Minute)
		h.drain(s) // the second channel changes no date
		if len(mail.sent) != 1 || !h.notice(n.ID).DeliveredAt.Equal(now.DeliveredAt) {
			t.Errorf("%d mails, delivered %v", len(mail.sent), h.notice(n.ID).DeliveredAt)
		}
		m := mail.sent[0]
		if m.To.Email != "hooked@member.example" || !strings.Contains(m.Subject, c.Number) || !strings.Contains(m.Text, "https://fengsui.example/notices/"+n.ID) || strings.Contains(m.Text, "/n/") {
			t.Errorf("mail: %+v", m)
		}
		for _, word := range []string{secret, "logger", "Logger", "Flaw"} {
			if strings.Contains(m.Subject+m.Text, word) {
				t.Errorf("the mail says %q", word)
			}
		}

		ns, err := h.NoticesOf(h.ctx, hooked)
		if err != nil || len(ns) != 1 || ns[0].ID != n.ID || ns[0].Text != "" {
			t.Errorf("inbox: %+v, %v", ns, err)
		}
		h.clock.Advance(time.Minute)
		seen, err := h.OpenNotice(h.ctx, h.analyst, n.ID) // staff opens nothing
		if err != nil || !seen.OpenedAt.IsZero() {
			t.Errorf("staff opened it: %v, %v", seen.OpenedAt, err)
		}
		opened, err := h.OpenNotice(h.ctx, hooked, n.ID)
		if err != nil || opened.Text != "your logger "+secret || !opened.OpenedAt.Equal(h.clock.Now()) || !opened.DeliveredAt.Equal(now.DeliveredAt) || opened.ByAccount != "" {
			t.Errorf("opened: %+v, %v", opened, err)
		}
		if h.count(`SELECT count(*) FROM case_read WHERE account_id = $1`, hooked.AccountID) == 0 {
			t.Error("opening a notice is not on the ledger")
		}
		h.clock.Advance(time.Minute)
		for range 2 {
			acked, err := h.AcknowledgeNotice(h.ctx, hooked, n.ID)
			if err != nil || acked.AckedAt.IsZero() || !acked.OpenedAt.Equal(opened.OpenedAt) {
				t.Errorf("acknowledged: %+v, %v", acked, err)
			}
			h.clock.Advance(time.Minute)
		}
		ps, err := h.Parties(h.ctx, hooked, c.ID)
		if err != nil || len(ps) != 1 || ps[0].Status != casework.Acknowledged || ps[0].Relation != casework.Upstream {
			t.Errorf("party: %+v, %v", ps, err)
		}
		if got := strings.Join(h.kinds("case/"+c.ID), " "); got != "case.opened case.upstream-notified case.upstream-reached case.upstream-acknowledged" {
			t.Errorf("time line: %s", got)
		}
		if n := h.count(`SELECT count(*) FROM event WHERE payload LIKE '%' || $1 || '%'`, secret); n != 0 {
			t.Errorf("%d events hold the text", n)
		}
		ls, err := h.TimeLine(h.ctx, hooked, c.ID)
		if err != nil || len(ls) != 3 || ls[0].By.Account != "" {
			t.Errorf("the provider sees %+v, %v", ls, err)
		}
	})
}

func TestNoticeToGuest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, c := h.report(h.reporter, flaw())
		n, err := h.NotifyUpstream(h.ctx, h.officer, c.ID, casework.NoticeInput{Email: "psirt@elsewhere.example", Text: "your logger " + secret})
		h.ok(err)
		s, mail, _ := h.sender()
		h.drain(s)
		if len(mail.sent) != 1 || mail.sent[0].To.Email != "psirt@elsewhere.example" || strings.Contains(mail.sent[0].Subject+mail.sent[0].Text, secret) {
			t.Fatalf("mails: %+v", mail.sent)
		}
		_, rest, ok := strings.Cut(mail.sent[0].Text, "https://fengsui.example/n/")
		token := strings.Fields(rest)[0]
		if !ok || "https://fengsui.example/n/"+token != h.LinkURL(n.ID) {
			t.Errorf("the mail links to %s", token)
		}
		if d := h.duty(r.ID, duty.RuleUpstream); d.MetAt.IsZero() {
			t.Error("the delivery does not meet the duty")
		}
		h.clock.Advance(time.Hour)
		x, err := h.OpenNoticeByLink(h.ctx, token)
		if err != nil || x.Text != "your logger "+secret || !x.AckedAt.IsZero() || !x.OpenedAt.Equal(h.clock.Now()) || x.Number != c.Number || x.ByAccount != "" {
			t.Errorf("opened: %+v, %v", x, err)
		}
		h.clock.Advance(time.Hour)
		x, err = h.AcknowledgeByLink(h.ctx, token)
		if err != nil || !x.AckedAt.Equal(h.clock.Now()) {
			t.Errorf("acknowledged: %+v, %v", x, err)
		}
		again, err := h.AcknowledgeByLink(h.ctx, token)
		if err != nil || !again.AckedAt.Equal(x.AckedAt) {
			t.Errorf("again: %+v, %v", again, err)
		}

		other, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{Email: "b@elsewhere.example", Text: "x"})
		h.ok(err)
		mine, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "x"})
		h.ok(err)
		_, mac, _ := strings.Cut(token, ".")
		forged := []byte(token)
		forged[len(forged)-1] ^= 1
		for _, bad := range []string{"", ".", "x", n.ID, n.ID + ".", other.ID + "." + mac, string(forged), token + "=", token + ".x", " " + token, "\x00." + mac, h.Link(mine.ID), h.Link("x"), strings.ToUpper(token)} {
			_, err := h.OpenNoticeByLink(h.ctx, bad)
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%q opens: %v", bad, err)
			}
			_, err = h.AcknowledgeByLink(h.ctx, bad)
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%q acknowledges: %v", bad, err)
			}
		}
		h.clock.Advance(90*24*time.Hour + time.Second)
		_, err = h.OpenNoticeByLink(h.ctx, token)
		wantConflict(t, err)
		_, err = h.AcknowledgeByLink(h.ctx, h.Link(other.ID))
		if err == nil && !h.notice(other.ID).AckedAt.IsZero() {
			t.Error("an expired link acknowledges")
		}
	})
}

func TestNotifyRefuses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Triage)
		applicant := h.org("applicant", member.Provider)
		h.exec(`UPDATE org SET status = 'applicant' WHERE id = $1`, applicant)
		for in, want := range map[casework.NoticeInput]string{
			{Text: "x"}:                                       "organisation case.rule.recipient",
			{Email: "x", Text: "x"}:                           "email rule.email",
			{Email: "A <a@example.org>", Text: "x"}:           "email rule.email",
			{Email: "a@example.org", Text: " "}:               "text rule.required",
			{Email: "a@example.org", Text: long}:              "text rule.too-long",
			{OrgID: "x", Text: "x"}:                           "organisation report.rule.organisation",
			{OrgID: "\x00", Text: "x"}:                        "organisation report.rule.organisation",
			{OrgID: applicant, Text: "x"}:                     "organisation report.rule.organisation",
			{OrgID: h.reporter.AccountID, Text: "not an org"}: "organisation report.rule.organisation",
		} {
			_, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, in)
			wantKind(t, err, fault.Invalid)
			for name, rule := range fields(err) {
				if name+" "+rule != want || !i18n.Has(rule) {
					t.Errorf("%+v: got %s %s, want %s", in, name, rule, want)
				}
			}
		}
		for _, st := range []casework.State{casework.Duplicate, casework.Rejected, casework.Closed} {
			h.put(c, st)
			_, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{Email: "a@example.org", Text: "x"})
			wantConflict(t, err)
		}
		if n := h.count(`SELECT count(*) FROM notice`) + h.count(`SELECT count(*) FROM delivery WHERE purpose = 'notice'`); n != 0 {
			t.Errorf("%d rows were left by refusals", n)
		}
		h.put(c, casework.Triage)
		for _, in := range []casework.NoticeInput{{Email: "a@example.org", Text: "x"}, {OrgID: h.upstream.OrgID, Text: "x"}} {
			_, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, in)
			h.ok(err)
			_, err = h.NotifyUpstream(h.ctx, h.second, c.ID, in)
			wantConflict(t, err)
		}
	})
}

// A notice that is not wanted any more stays here; one that cannot be delivered shows, and meets no duty.
func TestNoticeThatDoesNotLeave(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, c := h.report(h.reporter, flaw())
		s, mail, _ := h.sender()
		tell := func(email string) string {
			t.Helper()
			n, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{Email: email, Text: "x"})
			h.ok(err)
			return n.ID
		}
		id := tell("a@example.org")
		mail.err = delivery.Permanent{Err: errors.New("no such mailbox")}
		h.drain(s)
		if !h.notice(id).DeliveredAt.IsZero() || !h.duty(r.ID, duty.RuleUpstream).MetAt.IsZero() {
			t.Error("a mail that failed counts as delivered")
		}
		ls, err := h.TimeLine(h.ctx, h.analyst, c.ID)
		h.ok(err)
		if e := payload[casework.UpstreamReached](t, ls[len(ls)-1]); e.State != delivery.Failed || e.NoticeID != id {
			t.Errorf("the time line ends with %+v", ls[len(ls)-1])
		}
		mail.err = nil
		early := tell("b@example.org")
		_, err = h.AcknowledgeByLink(h.ctx, h.Link(early))
		h.ok(err)
		late := tell("c@example.org")
		h.ok(h.Reject(h.ctx, h.analyst, c.ID, "no flaw"))
		h.drain(s)
		if n := h.count(`SELECT count(*) FROM delivery WHERE state = 'superseded' AND subject IN ($1,$2)`, early, late); n != 2 || len(mail.sent) != 0 {
			t.Errorf("%d superseded, %d sent", n, len(mail.sent))
		}
	})
}

func TestWhoOpensNotices(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Triage)
		n, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "x"})
		h.ok(err)
		admin, auditor := h.person(h.upstream.OrgID, member.OrgAdmin), h.person(h.upstream.OrgID, member.Auditor)
		suspended, token := h.upstream, h.upstream
		suspended.Suspended, token.Scopes = true, []string{member.ScopeReport}
		for name, x := range map[string]struct {
			by        member.Actor
			open, ack fault.Kind // "" for may
		}{
			"other": {h.other, fault.Withheld, fault.Withheld}, "reporter": {h.reporter, fault.Withheld, fault.Withheld}, "auditor": {auditor, fault.Withheld, fault.Withheld},
			"anonymous": {member.Anonymous("web"), fault.Unauthenticated, fault.Unauthenticated}, "token": {token, fault.Forbidden, fault.Forbidden},
			"analyst": {h.analyst, "", fault.Forbidden}, "administrator": {h.operator, fault.Withheld, fault.Withheld},
			"suspended": {suspended, "", ""}, "admin": {admin, "", ""}, "engineer": {h.upstream, "", ""},
		} {
			_, err := h.OpenNotice(h.ctx, x.by, n.ID)
			if (err == nil) != (x.open == "") || err != nil && fault.KindOf(err) != x.open {
				t.Errorf("%s opens: %v", name, err)
			}
			_, err = h.AcknowledgeNotice(h.ctx, x.by, n.ID)
			if (err == nil) != (x.ack == "") || err != nil && fault.KindOf(err) != x.ack {
				t.Errorf("%s acknowledges: %v", name, err)
			}
		}
		for _, id := range []string{"", "x", "\x00", c.ID} {
			_, err := h.OpenNotice(h.ctx, h.upstream, id)
			wantKind(t, err, fault.NotFound)
		}
		for name, by := range map[string]member.Actor{"reporter": h.reporter, "analyst": h.analyst, "upstream": h.upstream} {
			ns, err := h.Notices(h.ctx, by, c.ID)
			if err != nil || len(ns) != 1 || (ns[0].ByAccount != "") != (name == "analyst") {
				t.Errorf("%s: %+v, %v", name, ns, err)
			}
		}
		h.party(c.ID, h.other.OrgID, casework.Downstream)
		if ns, err := h.Notices(h.ctx, h.other, c.ID); err != nil || len(ns) != 0 {
			t.Errorf("another party sees %+v, %v", ns, err)
		}
	})
}

func TestAnswer(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Assessed)
		n, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "x"})
		h.ok(err)
		h.party(c.ID, h.other.OrgID, casework.Invited)
		wantKind(t, h.Answer(h.ctx, h.upstream, c.ID, "broken", ""), fault.Invalid)
		wantKind(t, h.Answer(h.ctx, h.upstream, c.ID, casework.Contacted, ""), fault.Invalid)
		wantKind(t, h.Answer(h.ctx, h.upstream, c.ID, casework.NotAffected, " "), fault.Invalid)
		wantKind(t, h.Answer(h.ctx, h.upstream, c.ID, casework.Fixed, strings.Repeat("x", 5_001)), fault.Invalid)
		wantKind(t, h.Answer(h.ctx, h.operator, c.ID, casework.Fixed, ""), fault.Forbidden)
		wantKind(t, h.Answer(h.ctx, member.Anonymous("web"), c.ID, casework.Fixed, ""), fault.Unauthenticated)
		stranger := h.person(h.org("stranger", member.Operator), member.Engineer)
		wantKind(t, h.Answer(h.ctx, stranger, c.ID, casework.Fixed, ""), fault.Withheld)

		suspended := h.upstream
		suspended.Suspended = true
		h.ok(h.Answer(h.ctx, suspended, c.ID, casework.Fixed, "2.15.0 "+secret))
		h.ok(h.Answer(h.ctx, suspended, c.ID, casework.Fixed, "2.15.0 "+secret)) // changes nothing
		if now := h.notice(n.ID); now.AckedAt.IsZero() {
			t.Error("who answers has not confirmed the notice")
		}
		if n := h.count(`SELECT count(*) FROM event WHERE kind = 'case.party-answered'`); n != 1 {
			t.Errorf("%d answers on record", n)
		}
		invited := h.other
		invited.Suspended = true
		wantKind(t, h.Answer(h.ctx, invited, c.ID, casework.Affected, ""), fault.Withheld)
		h.ok(h.Answer(h.ctx, h.other, c.ID, casework.Affected, ""))
		for name, x := range map[string]struct {
			by   member.Actor
			want int
		}{"analyst": {h.analyst, 3}, "reporter": {h.reporter, 3}, "upstream": {h.upstream, 1}, "other": {h.other, 1}} {
			ps, err := h.Parties(h.ctx, x.by, c.ID)
			if err != nil || len(ps) != x.want {
				t.Errorf("%s sees %+v, %v", name, ps, err)
			}
			for _, p := range ps {
				if p.OrgID == h.upstream.OrgID && (p.Status != casework.Fixed || p.Why != "2.15.0 "+secret) {
					t.Errorf("%s sees %+v", name, p)
				}
			}
		}
		// what one party does is not the other's business
		ls, err := h.TimeLine(h.ctx, h.other, c.ID)
		h.ok(err)
		for _, l := range ls {
			if strings.Contains(l.Payload, h.upstream.OrgID) || strings.Contains(l.Payload, secret) {
				t.Errorf("the other party sees %s %s", l.Kind, l.Payload)
			}
		}
		h.put(c, casework.Published)
		wantKind(t, h.Answer(h.ctx, stranger, c.ID, casework.Affected, ""), fault.Forbidden)
		h.put(c, casework.Rejected)
		h.exec(`UPDATE casefile SET published_at = NULL`)
		wantConflict(t, h.Answer(h.ctx, h.upstream, c.ID, casework.Affected, ""))
	})
}
