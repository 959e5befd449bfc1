// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

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
