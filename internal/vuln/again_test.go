// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A place that the configuration names is imported from when somebody asks, once however many ask, and not while it is
// being imported from.
func TestAnImportIsStartedAgain(t *testing.T) {
	each(t, func(h *house) {
		s, at := serve(h.T)
		s.put("/kev.json", fmt.Sprintf(kevDoc, 1, kevEntryOf("CVE-2021-99050")))
		h.Feeds = []Feed{{"kev", at + "/kev.json", 24 * time.Hour}}
		if err := h.Refresh(h.ctx); err != nil {
			t.Fatal(err)
		}
		admin := member.Actor{AccountID: "admin", OrgID: "platform", Roles: []member.Role{member.Administrator}, Via: "web"}
		runs := func() []Run {
			rs, _, err := h.Imports(h.ctx, member.System(), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			return rs
		}
		id := runs()[0].ID
		want := func(what string, err error, kind fault.Kind) {
			if !fault.Is(err, kind) {
				t.Errorf("%s: %v", what, err)
			}
		}
		want("not signed in", h.Again(h.ctx, member.Anonymous("web"), id), fault.Unauthenticated)
		want("no administrator", h.Again(h.ctx, member.Actor{AccountID: "a", OrgID: "platform", Roles: []member.Role{member.Analyst}, Via: "web"}, id), fault.Withheld)
		want("no import", h.Again(h.ctx, admin, "none"), fault.NotFound)
		stand := func(what string, again, awaited bool) {
			t.Helper()
			for _, by := range []member.Actor{admin, {AccountID: "a", OrgID: "platform", Roles: []member.Role{member.Analyst}, Via: "web"}} {
				xs, err := h.Stands(h.ctx, by)
				if err != nil || len(xs) != 1 || xs[0].Again != (again && by.Is(member.Administrator)) || xs[0].Awaited != awaited {
					t.Errorf("%s, %s: %+v, %v", what, by.AccountID, xs, err)
				}
			}
		}
		h.clock.Advance(time.Hour)
		stand("between two turns", true, false)

		// many press at once; two nodes look
		var crew sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			crew.Go(func() { errs[i] = h.Again(h.ctx, admin, id) })
		}
		crew.Wait()
		asked := 0
		for _, err := range errs {
			if err == nil {
				asked++
			} else {
				want("asked for already", err, fault.Conflict)
			}
		}
		if asked != 1 {
			t.Errorf("%d have asked", asked)
		}
		stand("asked for", false, true)
		s.put("/kev.json", fmt.Sprintf(kevDoc, 2, kevEntryOf("CVE-2021-99050")+","+kevEntryOf("CVE-2021-99051")))
		for i := range 2 {
			crew.Go(func() { errs[i] = h.Refresh(h.ctx) })
		}
		crew.Wait()
		if got := runs(); errs[0] != nil || errs[1] != nil || len(got) != 2 || got[0].New != 1 || got[0].State != Done {
			t.Errorf("%v %v %+v", errs[0], errs[1], got)
		}
		stand("when it has come", true, false)

		// it runs
		exec := func(query string, args ...any) {
			if err := h.DB.Tx(h.ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(h.ctx, query, args...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		exec(`UPDATE import_run SET state = 'running', beat_at = $1 WHERE id = $2`, db.At(h.clock.Now()), id)
		want("it runs", h.Again(h.ctx, admin, id), fault.Conflict)
		if r, _, err := h.Run(h.ctx, admin, id); err != nil || h.MayAgain(admin, r) {
			t.Errorf("while it runs: %v", err)
		}
		h.clock.Advance(time.Minute) // its process has died
		if err := h.Again(h.ctx, admin, id); err != nil {
			t.Error(err)
		}

		if r, _, err := h.Run(h.ctx, admin, id); err != nil || !h.MayAgain(admin, r) {
			t.Errorf("when it has died: %v", err)
		}
		h.Feeds = nil
		want("nobody imports it by itself", h.Again(h.ctx, admin, id), fault.Conflict)
		n := 0
		if err := h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
			n, err = db.Get(h.ctx, tx, db.Value[int], `SELECT count(*) FROM event WHERE kind = 'vuln.import-asked'`)
			return err
		}); err != nil || n != 2 {
			t.Errorf("%d events, %v", n, err)
		}
	})
}
