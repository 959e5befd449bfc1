// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"errors"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

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
