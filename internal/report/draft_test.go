// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

func TestDraftsBelongToTheirWriter(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id, err := h.SaveDraft(ctx, h.unit, "", report.Content{Product: " Logger ", Exploited: "not yet a word of the list"})
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Minute)
		second, err := h.SaveDraft(ctx, h.unit, "", whole())
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Minute)
		if same, err := h.SaveDraft(ctx, h.unit, id, report.Content{Product: "Logger 2"}); err != nil || same != id {
			t.Errorf("saved again as %s, %v", same, err)
		}
		c, err := h.Draft(ctx, h.unit, id)
		if err != nil || c.Product != "Logger 2" || c.Exploited != "" {
			t.Errorf("draft is %+v, %v", c, err)
		}
		ds, err := h.Drafts(ctx, h.unit)
		same(t, "drafts", ds, []report.DraftInfo{{ID: id, Title: "Logger 2", Percent: 12, UpdatedAt: h.clock.Now()},
			{ID: second, Title: "Example Logger", Percent: 100, UpdatedAt: h.clock.Now().Add(-time.Minute)}})
		if err != nil {
			t.Error(err)
		}
		narrow := h.unit
		narrow.Scopes = []string{member.ScopeCase}
		for _, x := range []struct {
			by   member.Actor
			want fault.Kind
		}{{h.other, fault.Withheld}, {h.person(h.unit.OrgID, member.OrgAdmin), fault.Withheld}, {h.analyst, fault.Withheld},
			{member.Anonymous("web"), fault.Unauthenticated}, {member.System(), fault.Unauthenticated}, {narrow, fault.Forbidden}} {
			_, err := h.Draft(ctx, x.by, id)
			wantKind(t, err, x.want)
			_, err = h.SaveDraft(ctx, x.by, id, whole())
			wantKind(t, err, x.want)
			wantKind(t, h.DropDraft(ctx, x.by, id), x.want)
		}
		for _, bad := range []string{"x", "\x00", "00000000-0000-7000-8000-000000000000"} {
			_, err := h.Draft(ctx, h.unit, bad)
			wantKind(t, err, fault.NotFound)
			_, err = h.SaveDraft(ctx, h.unit, bad, whole())
			wantKind(t, err, fault.NotFound)
		}
		for range 2 {
			if err := h.DropDraft(ctx, h.unit, id); err != nil {
				t.Error(err)
			}
		}
		if n := h.count(`SELECT count(*) FROM report_draft`); n != 1 {
			t.Errorf("%d drafts are left", n)
		}
	})
}

func TestDraftsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.SaveDraft(t.Context(), h.unit, "", report.Content{Technical: strings.Repeat("x", 1<<20)})
		wantKind(t, err, fault.TooLarge)
		for range 100 {
			if _, err := h.SaveDraft(t.Context(), h.unit, "", flash().Content); err != nil {
				t.Fatal(err)
			}
		}
		_, err = h.SaveDraft(t.Context(), h.unit, "", flash().Content)
		wantKind(t, err, fault.Conflict)
		if _, err := h.SaveDraft(t.Context(), h.other, "", flash().Content); err != nil {
			t.Error(err)
		}
	})
}
