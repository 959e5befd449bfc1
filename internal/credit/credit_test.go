// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func day(n int) time.Time { return time.Date(2021, 11, 24+n, 2, 0, 0, 0, time.UTC) }

func TestACreditedFindWithoutAReportOpensAQuestion(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(15).Add(12 * time.Hour))
		if r := h.take(credited); r.New != 1 || r.Leads != 1 {
			t.Fatalf("%+v", r)
		}
		l := h.only()
		if l.State != credit.Asked || l.OrgID != h.cloud.ID || l.Confidence != credit.Exact || l.Number != "FS-L-2021-000001" {
			t.Fatalf("%+v", l)
		}
		f, err := h.Compliance.Get(h.ctx, h.supervisor, l.InquiryID)
		h.ok(err)
		if f.State != "open" || !f.Anchor.Equal(day(0)) || f.OpenedBy != "" || len(f.Evidence) != 1 || f.Evidence[0].Ref != "https://www.cve.org/CVERecord?id="+find ||
			!strings.Contains(f.Evidence[0].Remark, "Song Zhiyuan of Yunfan Cloud Security Team") || !strings.Contains(f.Evidence[0].Remark, "SHA-256 ") || !strings.Contains(f.Question, find) {
			t.Errorf("%+v", f)
		}
		// The member reads what the supervisor reads, and nobody else does.
		x, err := h.Get(h.ctx, h.supervisor, l.ID)
		h.ok(err)
		mine, err := h.Get(h.ctx, h.engineer, l.ID)
		h.ok(err)
		if fmt.Sprintf("%+v", x) != fmt.Sprintf("%+v", mine) {
			t.Errorf("the member reads something else:\n%+v\n%+v", x, mine)
		}
		if _, err := h.Compliance.Get(h.ctx, h.engineer, l.InquiryID); err != nil {
			t.Error(err)
		}
		for name, by := range map[string]member.Actor{"another member": h.stranger, "an analyst": h.analyst, "an auditor": h.auditor} {
			_, err := h.Get(h.ctx, by, l.ID)
			h.want(name, err, fault.Withheld, "")
			if ls, _, err := h.List(h.ctx, by, credit.Filter{}); err != nil || len(ls) != 0 {
				t.Errorf("%s lists %v, %v", name, ls, err)
			}
		}
		if !x.Binding() || x.Relation != duty.Found || !x.Partner || len(x.Near) != 0 || len(x.Records) != 1 || !x.Records[0].Kept {
			t.Errorf("%+v", x)
		}
		if s := x.Signs[0]; s.Rule != credit.RuleTeam || s.Field != "containers.cna.credits[0].value" || s.Name != "Yunfan Cloud" || s.Party != "Yunfan Cloud Security Team" {
			t.Errorf("%+v", s)
		}
		if a := x.Anchors; len(a) != 3 || a[0].What != credit.DateReported || a[1].What != credit.DateReserved || a[2].What != credit.DatePublic {
			t.Errorf("%+v", a)
		}
		if r, body, err := h.Body(h.ctx, h.engineer, l.ID, x.Records[0].ID); err != nil || string(body) != credited || r.SHA256 == "" {
			t.Errorf("%v: %s", err, body)
		}
		_, _, err = h.Body(h.ctx, h.stranger, l.ID, x.Records[0].ID)
		h.want("the record of somebody else's lead", err, fault.Withheld, "")
		// However often it comes, there is one question; no event holds what is sealed.
		for _, doc := range []string{credited, " \n" + credited + "\n", strings.Replace(credited, `"title":"Beacon Log"`, `"title":"Beacon Log 2"`, 1)} {
			h.take(doc)
		}
		if n := h.count(`SELECT count(*) FROM inquiry`); n != 1 || h.only().ID != l.ID {
			t.Errorf("%d inquiries", n)
		}
		if n := h.count(`SELECT count(*) FROM event WHERE kind LIKE 'credit.%' AND payload LIKE '%Yunfan%'`); n != 0 {
			t.Error("events hold what the record says")
		}
	})
}

func TestNothingIsAskedWhereNothingIsOwed(t *testing.T) {
	each(t, func(h *house) {
		lone := h.org("lone", "孤帆研究", "Lone Sail Research", member.Operator)
		h.clock.Set(day(15).Add(12 * time.Hour))
		// It reported the find in time, under a number that the record has.
		h.reportFind(h.engineer, strings.ToLower(find))
		h.take(credited)
		h.none()
		// The find was public before the organisation took part.
		h.take(strings.ReplaceAll(public("CVE-2021-99002", "Yunfan Cloud", "finder"), "2021-12-09", "2021-10-09"))
		h.none()
		// Thanks for something else; a withdrawn record; nobody of ours; the assigner of somebody else's product.
		h.take(public("CVE-2021-99003", "Yunfan Cloud", "sponsor"))
		h.take(public("CVE-2021-99004", "Yunfan Cloud", "remediation developer"))
		h.take(strings.Replace(public("CVE-2021-99005", "Yunfan Cloud", "finder"), "PUBLISHED", "REJECTED", 1))
		h.take(public("CVE-2021-99006", "Far Harbour Security", "finder"))
		h.take(strings.ReplaceAll(public("CVE-2021-99007", "Anonymous", "finder"), "upstream-demo", "yunfan cloud"))
		h.none()
		// Encouraged, not owed: a person looks.
		h.take(public("CVE-2021-99008", "Lone Sail Research", "finder"))
		if l := h.only(); l.OrgID != lone.ID || l.State != credit.Waiting || l.Confidence != credit.Exact {
			t.Errorf("%+v", l)
		}
	})
}

func TestWhatIsNotSureWaitsForAPerson(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(15).Add(12 * time.Hour))
		h.take(public(find, "Song Zhiyuan", "finder"))
		h.none()
		// A published affiliation speaks for it, later than the record came.
		a, err := h.Members.AddAffiliation(h.ctx, h.supervisor, h.cloud.ID, member.AffiliationInput{Person: "Zhiyuan Song", Source: "https://talks.example.org/2021"})
		h.ok(err)
		h.ok(h.OnAffiliationAdded(h.ctx, member.AffiliationAdded{OrgID: h.cloud.ID, AffiliationID: a.ID}))
		h.happens()
		l := h.only()
		if l.State != credit.Waiting || l.Confidence != credit.Likely || l.Signs[0].Rule != credit.RuleAffiliation || l.Signs[0].Source != "https://talks.example.org/2021" {
			t.Fatalf("%+v", l)
		}
		// Only people of the member say that it is not meant; then nothing opens by itself, whatever comes.
		_, err = h.Deny(h.ctx, h.supervisor, l.ID, "x")
		h.want("the supervisor denies", err, fault.Forbidden, "compliance.not-party")
		_, err = h.Deny(h.ctx, h.stranger, l.ID, "x")
		h.want("a stranger denies", err, fault.Withheld, "")
		_, err = h.Deny(h.ctx, h.engineer, l.ID, " ")
		h.want("without a reason", err, fault.Invalid, "why")
		l, err = h.Deny(h.ctx, h.engineer, l.ID, "此人不是本单位员工。")
		h.ok(err)
		h.take(strings.Replace(public(find, "Song Zhiyuan of Yunfan Cloud", "finder"), "T12:00:00Z\"},", "T13:00:00Z\"},", 1))
		if l = h.only(); l.State != credit.Denied || l.Confidence != credit.Exact || l.InquiryID != "" {
			t.Fatalf("%+v", l)
		}
		// A supervisor decides: with a date and words of its own.
		for name, by := range map[string]member.Actor{"the member": h.engineer, "an analyst": h.analyst} {
			_, err := h.Ask(h.ctx, by, l.ID, time.Time{}, "")
			h.want(name, err, fault.Withheld, "")
			_, err = h.Dismiss(h.ctx, by, l.ID, "x", false)
			h.want(name, err, fault.Withheld, "")
		}
		_, err = h.Ask(h.ctx, h.supervisor, l.ID, h.clock.Now().Add(time.Hour), "何时获知？")
		h.want("a date to come", err, fault.Invalid, "anchor")
		l, err = h.Ask(h.ctx, h.supervisor, l.ID, day(1), "何时获知？")
		h.ok(err)
		f, err := h.Compliance.Get(h.ctx, h.engineer, l.InquiryID)
		h.ok(err)
		if f.Question != "何时获知？" || !f.Anchor.Equal(day(1)) || f.OpenedBy != h.supervisor.AccountID {
			t.Errorf("%+v", f)
		}
		_, err = h.Ask(h.ctx, h.supervisor, l.ID, time.Time{}, "")
		h.want("twice", err, fault.Conflict, "credit.asked-already")
		_, err = h.Dismiss(h.ctx, h.supervisor, l.ID, "x", false)
		h.want("dismiss what was asked", err, fault.Conflict, "credit.cannot-move")
		x, err := h.Get(h.ctx, h.engineer, l.ID)
		h.ok(err)
		var said []string
		for _, w := range x.Words {
			said = append(said, string(w.Kind))
		}
		if !slices.Equal(said, []string{"not-ours", "asked"}) || x.Words[0].Text != "此人不是本单位员工。" {
			t.Error(said)
		}
	})
}

func TestADisputedOrRemovedAffiliationNamesNobody(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(15).Add(12 * time.Hour))
		a, err := h.Members.AddAffiliation(h.ctx, h.supervisor, h.cloud.ID, member.AffiliationInput{Person: "Song Zhiyuan", Source: "https://talks.example.org/2021", Until: day(-10)})
		h.ok(err)
		h.take(public(find, "Song Zhiyuan", "finder")) // left before
		h.none()
		b, err := h.Members.AddAffiliation(h.ctx, h.supervisor, h.cloud.ID, member.AffiliationInput{Person: "Li Heng", Source: "https://talks.example.org/2021"})
		h.ok(err)
		h.ok(h.Members.DisputeAffiliation(h.ctx, h.admin, h.cloud.ID, b.ID, "没有此人"))
		h.take(public("CVE-2021-99002", "Li Heng", "finder"))
		if l := h.only(); l.Confidence != credit.Possible || !slices.Equal(l.Signs[0].But, []string{credit.ButDisputed}) {
			t.Errorf("%+v", l)
		}
		h.ok(h.Members.RemoveAffiliation(h.ctx, h.admin, h.cloud.ID, b.ID, "没有此人"))
		h.ok(h.Members.RemoveAffiliation(h.ctx, h.admin, h.cloud.ID, a.ID, "已离职"))
		h.take(public("CVE-2021-99003", "Li Heng", "finder"))
		h.only()
	})
}

func TestADismissedSpellingIsAStranger(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(15).Add(12 * time.Hour))
		h.Auto = false
		h.take(public(find, "Yunfan Cloud (Far Country)", "finder"))
		l := h.only()
		_, err := h.Dismiss(h.ctx, h.supervisor, l.ID, "", true)
		h.want("without reasons", err, fault.Invalid, "why")
		l, err = h.Dismiss(h.ctx, h.supervisor, l.ID, "境外同名企业。", true)
		h.ok(err)
		h.take(public("CVE-2021-99002", "Yunfan Cloud", "finder"))
		if got := h.only(); got.ID != l.ID || got.State != credit.Dismissed {
			t.Errorf("%+v", got)
		}
		h.take(public("CVE-2021-99003", "云帆云计算", "finder"))
		if n := h.count(`SELECT count(*) FROM credit_lead`); n != 2 {
			t.Errorf("%d leads: another spelling is another matter", n)
		}
		// A dismissal is no acquittal: a supervisor may still ask.
		l, err = h.Ask(h.ctx, h.supervisor, l.ID, time.Time{}, "")
		h.ok(err)
		if l.State != credit.Asked {
			t.Errorf("%+v", l)
		}
	})
}

func TestALateReportAnswersALead(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(15).Add(12 * time.Hour))
		h.Auto = false
		h.take(credited)
		l := h.only()
		h.reportFind(h.engineer) // the same product, but no number: near, no answer
		x, err := h.Get(h.ctx, h.supervisor, l.ID)
		h.ok(err)
		if x.State != credit.Waiting || len(x.Near) != 1 || !slices.Equal(x.Near[0].Why, []string{"purl", "time"}) {
			t.Fatalf("%s %+v", x.State, x.Near)
		}
		h.reportFind(h.stranger, find) // somebody else's report answers nothing
		if l = h.only(); l.State != credit.Waiting {
			t.Fatalf("%+v", l)
		}
		h.clock.Advance(time.Hour)
		r := h.reportFind(h.engineer, find)
		if l = h.only(); l.State != credit.Reported || l.ReportID != r.Report.ID {
			t.Fatalf("%+v", l)
		}
		h.take(strings.Replace(credited, `"title":"Beacon Log"`, `"title":"Beacon Log 2"`, 1))
		if l = h.only(); l.State != credit.Reported {
			t.Errorf("%+v", l)
		}
		// After a question, a late report stands beside it and ends nothing.
		h.Auto = true
		h.take(public("CVE-2021-99002", "Yunfan Cloud", "finder"))
		h.reportFind(h.engineer, "CVE-2021-99002")
		ls, _, err := h.List(h.ctx, h.supervisor, credit.Filter{State: credit.Asked})
		h.ok(err)
		if len(ls) != 1 || ls[0].ReportID == "" {
			t.Errorf("%+v", ls)
		}
	})
}

func TestWithdrawnRecordsEndLeads(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(15).Add(12 * time.Hour))
		h.Auto = false
		at := func(doc, hour string) string {
			return strings.Replace(doc, `"dateUpdated":"2021-12-09T12`, `"dateUpdated":"2021-12-09T`+hour, 1)
		}
		h.take(credited)
		rejected := at(strings.Replace(credited, "PUBLISHED", "REJECTED", 1), "13")
		h.take(rejected)
		if l := h.only(); l.State != credit.Withdrawn || len(l.Signs) != 0 {
			t.Fatalf("%+v", l)
		}
		if r := h.take(credited); r.Older != 1 || h.only().State != credit.Withdrawn {
			t.Fatalf("an older state of the record counts: %+v", r)
		}
		h.take(at(credited, "14"))
		if l := h.only(); l.State != credit.Waiting || len(l.Signs) != 1 {
			t.Fatalf("%+v", l)
		}
		h.take(at(public(find, "Far Harbour Security", "finder"), "15"))
		if l := h.only(); l.State != credit.Withdrawn {
			t.Fatalf("the credit is gone: %+v", l)
		}
	})
}

const ghsa = `{"id":"GHSA-2222-3333-4444","modified":"2021-12-10T00:00:00Z","published":"2021-12-09T20:00:00Z","summary":"Beacon Log","credits":[{"name":"Yunfan Cloud","type":"FINDER"}]%s}`

func TestOneFindUnderSeveralNumbersIsOneLead(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(17))
		h.take(fmt.Sprintf(ghsa, `,"aliases":["CVE-2021-99001"]`))
		h.take(credited)
		l := h.only()
		if len(l.Signs) != 2 || !slices.Equal(l.Idents, []string{find, "GHSA-2222-3333-4444"}) || h.count(`SELECT count(*) FROM inquiry`) != 1 {
			t.Fatalf("%+v", l)
		}
	})
}

// It turns out later that two finds are one: two questions were asked, one lead goes on.
func TestTwoFindsBecomeOne(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(17))
		h.take(credited)
		h.take(fmt.Sprintf(ghsa, ""))
		if n := h.count(`SELECT count(*) FROM credit_lead`); n != 2 {
			t.Fatal(n)
		}
		h.take(strings.Replace(fmt.Sprintf(ghsa, `,"aliases":["CVE-2021-99001"]`), "10T00", "10T01", 1))
		ls, _, err := h.List(h.ctx, h.supervisor, credit.Filter{})
		h.ok(err)
		if len(ls) != 2 || ls[0].State != credit.Merged || ls[1].State != credit.Asked || len(ls[1].Signs) != 2 || ls[0].Signs == nil {
			t.Fatalf("%+v", ls)
		}
		if h.count(`SELECT count(*) FROM credit_ident WHERE find_id = $1`, ls[1].FindID) != 2 || h.count(`SELECT count(*) FROM inquiry`) != 2 {
			t.Error("the numbers have not moved")
		}
		x, err := h.Get(h.ctx, h.engineer, ls[1].ID)
		h.ok(err)
		if len(x.Records) != 2 {
			t.Errorf("%+v", x.Records)
		}
	})
}

func TestAdvisoriesThankForEachFlaw(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(day(17))
		h.take(`{"document":{"acknowledgments":[{"organization":"烛照安全"}],"category":"csaf_security_advisory","csaf_version":"2.0","publisher":{"category":"vendor","name":"Upstream Project","namespace":"https://upstream.example"},
"title":"Two flaws","tracking":{"id":"UP-17","status":"final","version":"1","initial_release_date":"2021-12-10T00:00:00Z","current_release_date":"2021-12-10T00:00:00Z"}},
"vulnerabilities":[{"cve":"CVE-2021-99001","discovery_date":"2021-11-24T00:00:00Z","acknowledgments":[{"names":["宋知远"],"organization":"云帆云计算有限公司","summary":"for reporting this"}]},{"cve":"CVE-2021-99002"}]}`)
		ls, _, err := h.List(h.ctx, h.supervisor, credit.Filter{})
		h.ok(err)
		got := map[string]int{}
		for _, l := range ls {
			got[l.OrgID+" "+string(l.Confidence)+" "+string(l.State)]++
		}
		if len(ls) != 3 || got[h.cloud.ID+" exact asked"] != 1 || got[h.other.ID+" possible waiting"] != 2 {
			t.Errorf("%v", got)
		}
	})
}

func TestImportRefusesAndBounds(t *testing.T) {
	each(t, func(h *house) {
		for name, by := range map[string]member.Actor{"nobody": member.Anonymous("api"), "a member": h.engineer, "an auditor": h.auditor, "a token": {AccountID: "a", Roles: []member.Role{member.Supervisor}, Scopes: []string{member.ScopeReport}}} {
			if _, err := h.Import(h.ctx, by, "x", []byte(credited)); err == nil {
				t.Errorf("%s imports", name)
			}
		}
		for doc, rule := range map[string]string{
			"":                      "rule.required",
			"  ":                    "rule.required",
			"PK\x03\x04 no archive": "credit.rule.archive",
			"{}":                    string(credit.RefusedFormat),
			"<x/>":                  string(credit.RefusedSyntax),
			`{"dataType":"CVE_RECORD","dataVersion":"4.0"}`:                                                       string(credit.RefusedVersion),
			strings.Replace(credited, find, "CVE-1", 1):                                                           string(credit.RefusedID),
			`{"document":{"csaf_version":"2.0","publisher":{"name":"x"},"tracking":{"id":"y","status":"draft"}}}`: string(credit.RefusedDraft),
			`{"id":"GHSA-2222-3333-4444","modified":"2021-13-10T00:00:00Z"}`:                                      string(credit.RefusedSyntax),
			`{"document":{"csaf_version":"2.0","publisher":{"name":"x","namespace":"http://x.example"},"tracking":{"id":"y","status":"final"}},"vulnerabilities":[{"cve":"CVE-2021-1111"}]}`: string(credit.RefusedURL),
			strings.Repeat("[", 3) + `{"a":` + strings.Repeat("[", 150): string(credit.RefusedSyntax),
		} {
			_, err := h.Import(h.ctx, h.supervisor, "x.json", []byte(doc))
			h.want(doc[:min(len(doc), 60)], err, fault.Invalid, rule)
		}
		if n := h.count(`SELECT count(*) FROM credit_record`) + h.count(`SELECT count(*) FROM event WHERE kind = 'credit.imported'`); n != 0 {
			t.Errorf("%d traces of refused records", n)
		}
		// Who may import need not learn what follows.
		if r, err := h.Import(h.ctx, h.analyst, "x", []byte(public("CVE-2021-99010", "Yunfan Cloud", "finder"))); err != nil || r.New != 1 || r.Leads != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		// One bad document of several hinders no other.
		r := h.take("[" + credited + `,{"a":1},` + public("CVE-2021-99002", "Anonymous", "") + "]")
		if r.New != 2 || r.Refused != 1 || r.Reasons[0].Name != "records.json#2" || r.Reasons[0].Why != credit.RefusedFormat {
			t.Errorf("%+v", r)
		}
		if r := h.take(credited + "\n" + credited + "\n{broken"); r.Same != 2 || r.Refused != 1 {
			t.Errorf("%+v", r)
		}
		if _, err := h.Import(h.ctx, h.supervisor, "x", make([]byte, credit.MaxBatch+1)); fault.KindOf(err) != fault.TooLarge {
			t.Error(err)
		}
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, doc := range map[string]string{"a/CVE-2021-99003.json": public("CVE-2021-99003", "Anonymous", ""), "../../etc/CVE-2021-99004.json": public("CVE-2021-99004", "Anonymous", ""), "README.md": "no record", "bomb.json": strings.Repeat(" ", 40<<20) + "{}"} {
			w, err := z.Create(name)
			h.ok(err)
			_, err = w.Write([]byte(doc))
			h.ok(err)
		}
		h.ok(z.Close())
		if r := h.take(b.String()); r.New != 2 || r.Refused != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestTheDirectoryIsWatched(t *testing.T) {
	each(t, func(h *house) {
		dir := t.TempDir()
		h.Directory = dir
		write := func(name, doc string) {
			h.ok(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
			h.ok(os.WriteFile(filepath.Join(dir, name), []byte(doc), 0o600))
		}
		outside := filepath.Join(t.TempDir(), "outside.json")
		h.ok(os.WriteFile(outside, []byte(public("CVE-2021-99009", "Anonymous", "")), 0o600))
		h.ok(os.Symlink(outside, filepath.Join(dir, "link.json")))
		write("2021/a.json", credited)
		write("2021/bad.json", "{")
		write("2021/notes.txt", "no record")
		for range 2 {
			h.ok(h.Watch(h.ctx))
		}
		if n := h.count(`SELECT count(*) FROM credit_record`); n != 1 || h.count(`SELECT count(*) FROM credit_file`) != 2 || h.count(`SELECT count(*) FROM credit_file WHERE outcome LIKE 'refused%'`) != 1 {
			t.Errorf("%d records", n)
		}
		write("2021/bad.json", public("CVE-2021-99002", "Anonymous", ""))
		h.ok(h.Watch(h.ctx))
		if n := h.count(`SELECT count(*) FROM credit_record`); n != 2 || h.count(`SELECT count(*) FROM event WHERE kind = 'credit.imported'`) != 2 {
			t.Errorf("%d records", n)
		}
	})
}

func TestStates(t *testing.T) {
	for _, from := range credit.States {
		if credit.CanMove(from, from) {
			t.Errorf("%s goes nowhere", from)
		}
		if from != credit.Merged && from != credit.Asked && !credit.CanMove(from, credit.Merged) {
			t.Errorf("%s cannot be merged", from)
		}
	}
	if credit.CanMove(credit.Asked, credit.Dismissed) || credit.CanMove(credit.Asked, credit.Withdrawn) || credit.CanMove(credit.Merged, credit.Waiting) {
		t.Error("a question that was asked ends in compliance, not here")
	}
}
