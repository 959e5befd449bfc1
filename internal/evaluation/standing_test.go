// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
)

// A revised is one revision of a warning as a unit received it. Times are days of 2020.
type revised struct {
	released, respond string // of the revision
	editorial         bool
	answer            string // "" for none: never given, or void
	acked, fixed      string
	said              int
}

// revise is a warning about so many products of the unit, with its revisions.
func (h *house) revise(products int, rs ...revised) string {
	h.Helper()
	day := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		return h.at("2020-" + s)
	}
	_, kase := h.report(h.other, "2020-01-02", "", "2020-01-03")
	w := h.warn("2020-"+rs[0].released, "2020-"+rs[0].respond, products, kase, nil)
	at := rs[0].released
	for i, r := range rs {
		if i > 0 {
			h.put("warning_revision", "warning_id", w, "revision", i+1, "level", "yellow", "tlp", "AMBER", "content_sealed", []byte{1}, "respond_by", day(r.respond), "approved_by", "", "released_by", "",
				"released_at", day(r.released), "kind", "amendment", "significant", !r.editorial)
		}
		if !r.editorial {
			at = r.released
		}
		h.put("warning_recipient", "warning_id", w, "revision", i+1, "org_id", h.unit, "wave", 1, "products", products, "at", day(at), "acked_at", day(r.acked), "answer", r.answer, "assets", 0,
			"answered_by", "", "answered_via", "", "fixed_at", day(r.fixed), "said_in", r.said)
	}
	return w
}

// An answer counts once, by the revision that it was given to, however many revisions it holds for; one that a revision has
// made void is owed again.
func TestAnswersThatStandCountOnce(t *testing.T) {
	each(t, func(h *house) {
		names := map[string]string{}
		warning := func(name string, products int, rs ...revised) { names[h.revise(products, rs...)] = name }
		warning("stands, then void", 1,
			revised{released: "05-04", respond: "05-05", answer: "fixed", acked: "05-04", fixed: "05-04", said: 1},
			revised{released: "05-08", respond: "05-09", answer: "fixed", acked: "05-04", fixed: "05-04", said: 1},
			revised{released: "05-12", respond: "05-16"},
			revised{released: "05-14", respond: "05-16", editorial: true})
		warning("answered to the editorial one", 1,
			revised{released: "06-01", respond: "06-03"},
			revised{released: "06-02", respond: "06-03", editorial: true, answer: "affected", acked: "06-02", said: 2})
		warning("checking to this day", 0,
			revised{released: "07-01", respond: "07-02", answer: "checking", acked: "07-03", said: 1},
			revised{released: "07-05", respond: "07-06", answer: "checking", acked: "07-03", said: 1})
		warning("checked for the next one", 0,
			revised{released: "08-01", respond: "08-10", answer: "checking", acked: "08-02", said: 1},
			revised{released: "08-03", respond: "08-12", answer: "not-affected", acked: "08-02", said: 2})
		warning("renewed late", 0,
			revised{released: "09-01", respond: "09-02", answer: "not-affected", acked: "09-01", said: 1},
			revised{released: "09-05", respond: "09-06", answer: "affected", acked: "09-08", said: 2})
		warning("never answered", 1,
			revised{released: "10-01", respond: "10-05"},
			revised{released: "10-02", respond: "10-06"})
		warning("fixed for the next one", 1,
			revised{released: "11-01", respond: "11-02", answer: "affected", acked: "11-01", said: 1},
			revised{released: "11-05", respond: "11-06", answer: "fixed", acked: "11-01", fixed: "11-06", said: 2},
			revised{released: "11-10", respond: "11-11", answer: "fixed", acked: "11-01", fixed: "11-06", said: 2})
		want := map[string]map[string]string{
			"acknowledgements": {"stands, then void": "1 in-time 3 silent", "answered to the editorial one": "1 in-time", "checking to this day": "1 late",
				"checked for the next one": "1 in-time", "renewed late": "1 in-time 2 late", "never answered": "2 silent", "fixed for the next one": "1 in-time"},
			"answers": {"stands, then void": "1 answered 3 silent", "answered to the editorial one": "1 answered", "checking to this day": "1 silent",
				"checked for the next one": "2 answered", "renewed late": "1 answered 2 answered", "never answered": "2 silent", "fixed for the next one": "1 answered 2 answered"},
			"fixes": {"stands, then void": "1 fixed 3 open", "answered to the editorial one": "1 open", "never answered": "2 open", "fixed for the next one": "2 fixed"},
		}
		got := map[string]map[string]string{}
		h.ok(h.DB.View(h.ctx, func(tx *db.Tx) error {
			for measure, rows := range map[string]func(context.Context, *db.Tx, *span) ([]Row, error){"acknowledgements": acknowledgements, "answers": answers, "fixes": fixes} {
				rs, err := rows(h.ctx, tx, &span{org: h.unit, from: h.at("2020-01-01"), until: h.at("2021-01-01"), days: 30})
				if err != nil {
					return err
				}
				got[measure] = map[string]string{}
				for _, r := range rs {
					id, revision, _ := strings.Cut(r.ID, "/")
					got[measure][names[id]] = strings.TrimSpace(got[measure][names[id]] + " " + revision + " " + r.Outcome)
				}
			}
			return nil
		}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-by hand +got):\n%s", diff)
		}
	})
}
