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
