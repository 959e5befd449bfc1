// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/spec/vers"
	"github.com/fengsui/fengsui/internal/warning"
)

const log4jCore = "pkg:maven/org.apache.logging.log4j/log4j-core"

// log4j2 are the four revisions of December 2021, by the public record: what was affected, by which release it was mended,
// on the lines for Java 8, 7 and 6.
var log4j2 = []struct {
	affected   []report.Affected
	aliases    []string
	workaround string
}{
	{ranges("2.0-beta9", "2.15.0"), []string{"CVE-2021-44228"}, "log4j2.formatMsgNoLookups=true"},
	{ranges("2.0-beta9", "2.12.2", "2.13.0", "2.16.0"), []string{"CVE-2021-44228", "CVE-2021-45046"}, "remove JndiLookup.class"},
	{ranges("2.0-beta9", "2.3.1", "2.4", "2.12.3", "2.13.0", "2.17.0"), []string{"CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105"}, "remove JndiLookup.class"},
	{ranges("2.0-beta9", "2.3.2", "2.4", "2.12.4", "2.13.0", "2.17.1"), []string{"CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105", "CVE-2021-44832"}, "remove JndiLookup.class"},
}

func ranges(ends ...string) (out []report.Affected) {
	for i := 0; i < len(ends); i += 2 {
		out = append(out, report.Affected{PURL: log4jCore, Introduced: ends[i], Fixed: ends[i+1]})
	}
	return out
}

// knows puts into a case what is known of the flaw.
func (w *world) knows(caseID string, affected []report.Affected, aliases []string, workaround string) {
	w.Helper()
	content, err := seal.SealJSON(w.key, "casefile/"+caseID+"/content", casework.Content{Title: "组件远程代码执行", Description: "说明", Fix: "升级",
		Affected: affected, Aliases: aliases, Workaround: workaround})
	w.ok(err)
	w.exec(`UPDATE casefile SET content_sealed = $1 WHERE id = $2`, content, caseID)
}

// holds makes the findings of a case those that follow from what each unit holds.
func (w *world) holds(caseID string, affected []report.Affected, versions map[string]string) {
	w.Helper()
	w.exec(`DELETE FROM finding WHERE case_id = $1`, caseID)
	for org, v := range versions {
		for _, a := range affected {
			if v == "" {
				continue
			}
			from, err := vers.Compare("Maven", v, a.Introduced)
			w.ok(err)
			to, err := vers.Compare("Maven", v, a.Fixed)
			w.ok(err)
			if from < 0 || to >= 0 {
				continue
			}
			id := org + "-app"
			w.exec(`INSERT INTO product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, model_key, created_at)
				VALUES ($1,$2,'','应用','','','software','','','','','','',$3) ON CONFLICT (id) DO NOTHING`, id, org, db.At(w.clock.Now()))
			_, rs := match.Ranges(a)
			f := match.Finding{CaseID: caseID, ProductID: id, ComponentID: 1, Version: "1.0"}
			why, err := seal.SealJSON(w.key, match.Place(f), match.Why{By: match.ByComponent, Found: "log4j-core@" + v, Range: rs[0]})
			w.ok(err)
			w.exec(`INSERT INTO finding (case_id, product_id, component_id, org_id, version, verdict, why_sealed, run, at) VALUES ($1,$2,1,$3,'1.0','affected',$4,'r',$5)`,
				caseID, id, org, why, db.At(w.clock.Now()))
		}
	}
}

// basis makes a warning one that may be released at whatever level it has.
func (w *world) basis(id string) {
	w.Helper()
	x, _, err := w.s.Get(ctx, officer, id)
	w.ok(err)
	in := warning.EditInput{Rev: x.Rev, Level: x.Level, TLP: x.TLP, Content: x.Content}
	in.Content.Basis = "国家网络安全应急办公室决定"
	_, err = w.s.Edit(ctx, officer, id, in)
	w.ok(err)
}

// carried says how each unit stands after a revision: its answer, or why it is asked again.
func (w *world) carried(id string) map[string]string {
	w.Helper()
	out := map[string]string{}
	rows, err := w.matrix(watch, id)
	w.ok(err)
	for _, r := range rows {
		x := r.Recipient
		if want := map[bool]string{true: r.Org.ID}[x.Answer != warning.Unanswered]; x.Comment != want { // it goes with its answer
			w.Errorf("%s, whose answer is %q, says %q", r.Org.ID, x.Answer, x.Comment)
		}
		switch {
		case x.Answer != warning.Unanswered:
			out[r.Org.ID] = string(x.Answer)
		case x.Was != "":
			out[r.Org.ID] = "asked again, " + x.Carried
		default:
			out[r.Org.ID] = "silent"
		}
	}
	return out
}

// Four revisions in two weeks: at each step exactly those are asked again whose answers it makes void.
func TestLog4j2FourRevisions(t *testing.T) {
	each(t, func(w *world) {
		orgs := []string{"prompt", "replaced", "java7", "java6", "absent", "mistaken", "switched-off", "not-reached", "no-code", "unlisted", "checks", "affected", "silent"}
		for _, o := range orgs {
			w.partner(o, "x")
		}
		say := func(id, org string, a warning.Answer, j openvex.Justification) {
			t.Helper()
			_, err := w.s.Acknowledge(ctx, engineer(org), id, warning.AnswerInput{Answer: a, Justification: j, Comment: org})
			w.ok(err)
		}
		held := map[string]string{"prompt": "2.14.1", "replaced": "2.13.3", "java7": "2.12.1", "java6": "2.3", "switched-off": "2.14.0", "not-reached": "2.11.1", "checks": "2.14.1", "affected": "2.8.2"}
		id := w.kase(casework.Assessed, "critical", "yes")
		know := func(n int) {
			t.Helper()
			w.knows(id, log4j2[n].affected, log4j2[n].aliases, log4j2[n].workaround)
			w.holds(id, log4j2[n].affected, held)
		}
		know(0)
		d, err := w.s.Draft(ctx, analyst, id)
		w.ok(err)
		w.basis(d.ID)
		w.release(d.ID)
		next := func(n int, want map[string]string) {
			t.Helper()
			w.clock.Advance(72 * time.Hour)
			know(n)
			if _, err := w.s.Revise(ctx, analyst, d.ID, warning.Amendment); err != nil {
				t.Fatal(err)
			}
			w.basis(d.ID)
			diff, err := w.s.Differences(ctx, officer, d.ID)
			w.ok(err)
			if !diff.Significant {
				t.Errorf("revision %d is not significant: %+v", n+1, diff)
			}
			w.release(d.ID)
			if diff := cmp.Diff(want, w.carried(d.ID)); diff != "" {
				t.Errorf("after revision %d (-want +got):\n%s", n+1, diff)
			}
			for _, o := range orgs {
				if c := w.number(`SELECT count(*) FROM warning_recipient WHERE warning_id = $1 AND revision = $2 AND org_id = $3`, d.ID, n+1, o); c != 1 {
					t.Errorf("%s has %d copies of revision %d", o, c, n+1)
				}
				if c := w.number(`SELECT count(*) FROM delivery WHERE subject = $1 AND org_id = $2 AND channel = 'email'`, fmt.Sprintf("%s:%d", d.ID, n+1), o); c != 1 {
					t.Errorf("%s has %d mails about revision %d", o, c, n+1)
				}
			}
		}

		// 2.15.0
		held["prompt"], held["replaced"] = "2.15.0", ""
		say(d.ID, "prompt", warning.FixedAll, "")
		say(d.ID, "replaced", warning.FixedAll, "") // with another component
		say(d.ID, "java7", warning.AffectedYes, "")
		say(d.ID, "java6", warning.AffectedYes, "")
		say(d.ID, "absent", warning.AffectedNo, openvex.ComponentNotPresent)
		say(d.ID, "mistaken", warning.AffectedNo, openvex.ComponentNotPresent)
		say(d.ID, "switched-off", warning.AffectedNo, openvex.InlineMitigationsExist)
		say(d.ID, "not-reached", warning.AffectedNo, openvex.CodeNotInExecutePath)
		say(d.ID, "no-code", warning.AffectedNo, openvex.CodeNotPresent)
		say(d.ID, "unlisted", warning.FixedAll, "")
		say(d.ID, "checks", warning.Checking, "")
		say(d.ID, "affected", warning.AffectedYes, "")
		held["mistaken"] = "2.14.1" // its list comes in afterwards

		next(1, map[string]string{ // 2.16.0 and 2.12.2
			"prompt":       "asked again, range",
			"replaced":     "fixed",
			"java7":        "affected",
			"java6":        "affected",
			"absent":       "not-affected",
			"mistaken":     "asked again, found",
			"switched-off": "asked again, flaw",
			"not-reached":  "asked again, flaw",
			"no-code":      "asked again, unlisted",
			"unlisted":     "asked again, unlisted",
			"checks":       "checking",
			"affected":     "affected",
			"silent":       "silent",
		})
		held["prompt"], held["java7"], held["mistaken"] = "2.16.0", "2.12.2", "2.16.0"
		say(d.ID, "prompt", warning.FixedAll, "")
		say(d.ID, "java7", warning.FixedAll, "")
		say(d.ID, "mistaken", warning.FixedAll, "")
		say(d.ID, "switched-off", warning.AffectedYes, "")
		say(d.ID, "not-reached", warning.AffectedNo, openvex.CodeNotInExecutePath)
		say(d.ID, "no-code", warning.AffectedNo, openvex.CodeNotPresent)
		say(d.ID, "unlisted", warning.FixedAll, "")

		next(2, map[string]string{ // 2.17.0, 2.12.3 and 2.3.1
			"prompt":       "asked again, range",
			"replaced":     "fixed",
			"java7":        "asked again, range",
			"java6":        "affected",
			"absent":       "not-affected",
			"mistaken":     "asked again, range",
			"switched-off": "affected",
			"not-reached":  "asked again, flaw",
			"no-code":      "asked again, unlisted",
			"unlisted":     "asked again, unlisted",
			"checks":       "checking",
			"affected":     "affected",
			"silent":       "silent",
		})
		held["prompt"], held["java7"], held["java6"], held["switched-off"], held["checks"] = "2.17.0", "2.12.3", "2.3.1", "", ""
		say(d.ID, "prompt", warning.FixedAll, "")
		say(d.ID, "java7", warning.FixedAll, "")
		say(d.ID, "java6", warning.FixedAll, "")
		say(d.ID, "switched-off", warning.FixedAll, "")
		say(d.ID, "checks", warning.FixedAll, "") // without the component

		next(3, map[string]string{ // 2.17.1, 2.12.4 and 2.3.2
			"prompt":       "asked again, range",
			"replaced":     "fixed",
			"java7":        "asked again, range",
			"java6":        "asked again, range",
			"absent":       "not-affected",
			"mistaken":     "silent",
			"switched-off": "fixed",
			"not-reached":  "silent",
			"no-code":      "silent",
			"unlisted":     "silent",
			"checks":       "fixed",
			"affected":     "affected",
			"silent":       "silent",
		})
		_, r, err := w.s.Get(ctx, engineer("replaced"), d.ID)
		w.ok(err)
		if r.Revision != 4 || r.Answer != warning.FixedAll || r.SaidIn != 1 || r.Carried != warning.Stands || r.AckedAt.IsZero() {
			t.Errorf("an answer that stands through all: %+v", r)
		}
	})
}
