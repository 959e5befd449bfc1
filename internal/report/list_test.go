// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// readers are everybody who might want to read, by what the test calls them.
func (h *house) readers() map[string]member.Actor {
	authority := h.person(h.mailAuthority, member.Engineer)
	suspended, all, one := h.unit, h.unit, h.analyst
	suspended.Suspended = true
	all.Scopes, one.Scopes = member.AllScopes, []string{member.ScopeReport}
	wrong := h.unit
	wrong.Scopes = []string{member.ScopeCase}
	return map[string]member.Actor{"unit": h.unit, "colleague": h.person(h.unit.OrgID, member.OrgAdmin), "other": h.other, "suspended": suspended,
		"unit's token": all, "wrong token": wrong, "analyst": h.analyst, "analyst's report token": one, "duty officer": h.person(h.analyst.OrgID, member.DutyOfficer),
		"supervisor": h.person(h.analyst.OrgID, member.Supervisor), "auditor": h.auditor, "administrator": h.operator, "authority": authority,
		"system": member.System(), "anonymous": member.Anonymous("web")}
}

func TestWhoReadsWhat(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.submit(h.unit, report.Input{Content: whole(), Attachments: []report.File{{Name: "a", Bytes: []byte("a")}}}).Report
		as, err := h.Attachments(t.Context(), h.unit, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		may := []string{"unit", "colleague", "suspended", "unit's token", "analyst", "duty officer", "supervisor", "system"}
		refusal := map[string]fault.Kind{"wrong token": fault.Forbidden, "analyst's report token": fault.Forbidden, "anonymous": fault.Unauthenticated}
		for name, by := range h.readers() {
			_, e1 := h.Get(t.Context(), by, r.ID)
			_, e2 := h.GetByNumber(t.Context(), by, r.Number)
			_, e3 := h.Versions(t.Context(), by, r.ID)
			_, e4 := h.ReceiptOf(t.Context(), by, r.ID, 1)
			_, e5 := h.Attachments(t.Context(), by, r.ID)
			_, _, e6 := h.Attachment(t.Context(), by, as[0].ID)
			_, e7 := h.Transfers(t.Context(), by, r.ID)
			want, ok := refusal[name]
			if !ok {
				want = fault.Withheld
			}
			for i, err := range []error{e1, e2, e3, e4, e5, e6, e7} {
				if slices.Contains(may, name) != (err == nil) || err != nil && fault.KindOf(err) != want {
					t.Errorf("%s, verb %d: %v", name, i, err)
				}
			}
		}
		// who runs or audits the platform does not read what its organisation reported
		inHouse := h.submit(h.analyst, flash()).Report
		for _, by := range []member.Actor{h.operator, h.auditor} {
			_, err := h.Get(t.Context(), by, inHouse.ID)
			wantKind(t, err, fault.Withheld)
			rs, _, err := h.List(t.Context(), by, report.Filter{})
			if err != nil || len(rs) != 0 {
				t.Errorf("%v lists %d reports, %v", by.Roles, len(rs), err)
			}
		}
		for _, id := range []string{"", "x", "\x00", "\xff", "00000000-0000-7000-8000-000000000000", "' OR TRUE --"} {
			_, err := h.Get(t.Context(), h.analyst, id)
			wantKind(t, err, fault.NotFound)
			_, _, err = h.Attachment(t.Context(), h.analyst, id)
			wantKind(t, err, fault.NotFound)
		}
	})
}

// What the list shows is what Get opens, for everybody and every mixture of reports.
func TestListAgreesWithGet(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		readers := h.readers()
		var names []string
		for name := range readers {
			names = append(names, name)
		}
		slices.Sort(names)
		var all []report.Report
		rapid.Check(t, func(rt *rapid.T) {
			who := readers[rapid.SampledFrom(names).Draw(rt, "reporter")]
			if len(all) < 25 && who.Allows(member.ScopeReport) {
				in := flash()
				if who.Is(member.Analyst) && rapid.Bool().Draw(rt, "on behalf") {
					in.OnBehalfOf = h.other.OrgID
				}
				h.clock.Advance(time.Duration(rapid.IntRange(0, 1).Draw(rt, "later")) * time.Microsecond)
				all = append(all, h.submit(who, in).Report)
			}
			by := readers[rapid.SampledFrom(names).Draw(rt, "reader")]
			listed := map[string]bool{}
			limit, after := rapid.IntRange(1, 5).Draw(rt, "limit"), ""
			for {
				rs, next, err := h.List(t.Context(), by, report.Filter{After: after, Limit: limit})
				if err != nil {
					if fault.KindOf(err) != fault.Unauthenticated && fault.KindOf(err) != fault.Forbidden {
						rt.Fatal(err)
					}
					break
				}
				for _, r := range rs {
					if listed[r.ID] {
						rt.Fatalf("%s stands twice", r.Number)
					}
					listed[r.ID] = true
				}
				if after = next; next == "" {
					break
				}
			}
			for _, r := range all {
				if _, err := h.Get(t.Context(), by, r.ID); (err == nil) != listed[r.ID] {
					rt.Fatalf("%+v reading %s: listed %v, get says %v", by, r.Number, listed[r.ID], err)
				}
			}
		})
	})
}

func TestListMineAndPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for range 5 {
			h.submit(h.unit, flash()) // all at the same time
		}
		own := h.submit(h.analyst, flash()).Report
		rs, next, err := h.List(t.Context(), h.analyst, report.Filter{Limit: 4})
		if err != nil || len(rs) != 4 || next == "" || rs[0].Content.Product != "" {
			t.Fatalf("%d rows, next %q, %v", len(rs), next, err)
		}
		rest, next, err := h.List(t.Context(), h.analyst, report.Filter{Limit: 4, After: next})
		if err != nil || len(rest) != 2 || next != "" {
			t.Errorf("%d rows, next %q, %v", len(rest), next, err)
		}
		mine, _, err := h.List(t.Context(), h.analyst, report.Filter{Mine: true})
		if err != nil || len(mine) != 1 || mine[0].ID != own.ID {
			t.Errorf("mine: %+v, %v", mine, err)
		}
		for _, f := range []report.Filter{{After: "x"}, {After: "!"}, {After: "MjAyMQ"}, {Limit: -1}, {Limit: 201}} {
			_, _, err := h.List(t.Context(), h.analyst, f)
			wantKind(t, err, fault.Invalid)
		}
	})
}

func TestStatusLink(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in := flash()
		in.Contact = "finder@example.org"
		first, second := h.submit(member.Anonymous("web"), in), h.submit(member.Anonymous("web"), in)
		if first.Secret == second.Secret || len(first.Secret) != 36 {
			t.Errorf("secrets are %q and %q", first.Secret, second.Secret)
		}
		r, err := h.Status(t.Context(), first.Secret)
		if err != nil || r.Number != first.Report.Number || r.Content.Product != "" || r.Contact != "finder@example.org" {
			t.Errorf("status: %+v, %v", r, err)
		}
		rc, err := h.ReceiptBySecret(t.Context(), first.Secret, 1)
		if v, err2 := evidence.Verify(rc.Encode(), h.Evidence.PublicKey()); err != nil || err2 != nil || v.Entry.Subject != r.Number {
			t.Errorf("receipt: %+v, %v, %v", v, err, err2)
		}
		for _, secret := range []string{"", "fsr_", first.Secret + "x", first.Secret[:35], "\x00", first.Report.ID} {
			_, err := h.Status(t.Context(), secret)
			wantKind(t, err, fault.NotFound)
			_, err = h.ReceiptBySecret(t.Context(), secret, 1)
			wantKind(t, err, fault.NotFound)
		}
		_, err = h.ReceiptBySecret(t.Context(), first.Secret, 2)
		wantKind(t, err, fault.NotFound)
	})
}

func TestContentTx(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.submit(h.unit, report.Input{Content: whole()}).Report.ID
		h.write(func(ctx context.Context, tx *db.Tx) error {
			r, err := h.ContentTx(ctx, tx, id)
			if r.Content.Scope != whole().Scope || !r.Content.LearnedAt.Equal(learned) {
				t.Errorf("content is %+v", r.Content)
			}
			if _, err := h.ContentTx(ctx, tx, "00000000-0000-7000-8000-000000000000"); !fault.Is(err, fault.NotFound) {
				t.Errorf("no report: %v", err)
			}
			return err
		})
	})
}

// A content that was moved to another report, or altered, does not open.
func TestSealedContentsStayInTheirPlace(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a, b := h.submit(h.unit, report.Input{Content: whole()}).Report, h.submit(h.other, flash()).Report
		h.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE report_version SET content_sealed = (SELECT content_sealed FROM report_version WHERE report_id = $1) WHERE report_id = $2`, a.ID, b.ID)
			return err
		})
		_, err := h.Get(t.Context(), h.other, b.ID)
		wantKind(t, err, fault.Internal)
	})
}
