// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// at reads "2021-11-24 10:00" as a time in Beijing, or RFC 3339.
func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Beijing())
	if err != nil {
		if t, err = time.Parse(time.RFC3339, s); err != nil {
			panic(err)
		}
	}
	return t
}

func happened(name, when string) lawpack.Anchor {
	return lawpack.Anchor{Name: name, At: at(when), RecordedAt: at(when), By: "reporter", Evidence: "report"}
}

// ask evaluates the packs that come with the platform and returns the duties by stored name.
func ask(t *testing.T, in lawpack.Input) map[string]lawpack.Owed {
	t.Helper()
	out := map[string]lawpack.Owed{}
	for _, o := range lawpack.Evaluate(lawpack.Builtin(), in) {
		if _, twice := out[o.Duty.Key()]; twice {
			t.Errorf("%s is owed twice", o.Duty.Key())
		}
		out[o.Duty.Key()] = o
	}
	return out
}

// expect compares the state and both due times; "" is none, and the latest is the same as the first when left out.
func expect(t *testing.T, o lawpack.Owed, state lawpack.State, due, latest string) {
	t.Helper()
	want := func(s string) (x time.Time) {
		if s != "" {
			x = at(s)
		}
		return x
	}
	if latest == "" {
		latest = due
	}
	if o.State != state || !o.DueAt.Equal(want(due)) || !o.LatestAt.Equal(want(latest)) {
		t.Errorf("%s, due %s, arguable until %s; want %s, %s, %s", o.State, o.DueAt, o.LatestAt, state, due, latest)
	}
}

func says(t *testing.T, o lawpack.Owed, zh, en string) {
	t.Helper()
	if got := o.Sentence(i18n.For(i18n.Chinese)); !strings.Contains(got, zh) {
		t.Errorf("zh: %s\nlacks %s", got, zh)
	}
	if got := o.Sentence(i18n.For(i18n.English)); !strings.Contains(got, en) {
		t.Errorf("en: %s\nlacks %s", got, en)
	}
}

// 1. The final report on an exploited vulnerability counts from the fix; without one it has no date.
func TestFinalReportCountsFromTheFix(t *testing.T) {
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}, Facts: lawpack.Facts{"eu_market": lawpack.Yes}, Now: at("2026-10-02T00:00:00Z"),
		Anchors: []lawpack.Anchor{happened("exploitation_aware_at", "2026-09-15T00:00:00Z")}}
	o := ask(t, in)["eu-cra-14/aev_final"]
	expect(t, o, lawpack.NotTriggered, "", "")
	says(t, o, "欧盟《网络弹性法》第十四条第二款（c）：有修补或缓解措施后开始计时", "CRA art. 14(2)(c): starts when a fix or mitigation exists")
	in.Anchors = append(in.Anchors, happened("measure_available_at", "2026-10-01T00:00:00Z"))
	o = ask(t, in)["eu-cra-14/aev_final"]
	expect(t, o, lawpack.Running, "2026-10-15T00:00:00Z", "")
	says(t, o, "起 14 日内，即 2026-10-15 08:00 前", "within 14 days of a fix or mitigation becoming available at 2026-10-01 08:00 (UTC+8): by 2026-10-15 08:00")
}

// 2. A month from the last day of January is the last day of February.
func TestIncidentFinalReportClampsTheMonth(t *testing.T) {
	o := ask(t, lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}, Facts: lawpack.Facts{"eu_market": lawpack.Yes, "incident": lawpack.Yes},
		Anchors: []lawpack.Anchor{happened("notification_submitted_at", "2027-01-31T09:00:00+01:00")}, Now: at("2027-02-01T00:00:00Z")})
	expect(t, o["eu-cra-14/inc_final"], lawpack.Running, "2027-02-28T09:00:00+01:00", "")
	says(t, o["eu-cra-14/inc_final"], "提交通报起 1 个月内", "within 1 month of the submission of the notification")
}

// 3. Four hours after classification, and within a day of awareness; a late classification has its own four hours.
func TestClassificationIsTheEarlierClock(t *testing.T) {
	for _, c := range []struct{ classified, due string }{
		{"2026-03-03T20:00:00+01:00", "2026-03-04T00:00:00+01:00"},
		{"2026-03-04T08:00:00+01:00", "2026-03-04T10:00:00+01:00"},
		{"2026-03-04T16:00:00+01:00", "2026-03-04T20:00:00+01:00"},
	} {
		o := ask(t, lawpack.Input{Facts: lawpack.Facts{"financial_entity": lawpack.Yes}, Now: at(c.classified),
			Anchors: []lawpack.Anchor{happened("incident_aware_at", "2026-03-03T10:00:00+01:00"), happened("classified_major_at", c.classified)}})
		expect(t, o["eu-dora-19/initial"], lawpack.Running, c.due, "")
	}
}

// 4 and 5. Two days in both readings, on working days and over the October holiday.
func TestTwoDaysInBothReadings(t *testing.T) {
	for _, c := range []struct{ learned, strict, latest, zh, en string }{
		{"2021-11-24 10:00", "2021-11-26 10:00", "2021-11-27 00:00", "最迟 2021-11-26 24:00", "counting whole days, by 2021-11-26 24:00 at the latest"},
		{"2026-09-30 10:00", "2026-10-02 10:00", "2026-10-09 00:00", "末日为休息日顺延，最迟 2026-10-08 24:00",
			"by 2026-10-02 10:00; counting whole days and moving on from days of rest, by 2026-10-08 24:00 at the latest"},
	} {
		in := lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}, Anchors: []lawpack.Anchor{happened("discovered_or_learned_at", c.learned)}, Now: at(c.learned)}
		o := ask(t, in)["rmsv-7-2-report"]
		expect(t, o, lawpack.Running, c.strict, c.latest)
		says(t, o, c.zh, c.en)
		for _, later := range []struct {
			now   string
			state lawpack.State
		}{{c.strict, lawpack.Running}, {c.latest, lawpack.Arguable}} {
			in.Now = at(later.now)
			expect(t, ask(t, in)["rmsv-7-2-report"], later.state, c.strict, c.latest)
			in.Now = in.Now.Add(time.Second)
			expect(t, ask(t, in)["rmsv-7-2-report"], map[lawpack.State]lawpack.State{lawpack.Running: lawpack.Arguable, lawpack.Arguable: lawpack.Overdue}[later.state], c.strict, c.latest)
		}
	}
}

// 6. An appeal over a Sunday that is worked, the autumn festival and the October holiday.
func TestAppealOverMadeUpDays(t *testing.T) {
	o := ask(t, lawpack.Input{Roles: []lawpack.Role{lawpack.Affected}, Now: at("2026-09-18 09:00"),
		Anchors: []lawpack.Anchor{happened("measure_imposed_at", "2026-09-17 15:00")}})["cn-threat-2017/appeal"]
	// 18, Sunday 20, 21, 22, 23, 24, then 28, 29, 30 September, 8 October
	expect(t, o, lawpack.Running, "2026-10-09 00:00", "")
	says(t, o, "起 10 个工作日内，即 2026-10-08 24:00 前", "within 10 working days of the measure at 2026-09-17 15:00 (UTC+8): by 2026-10-08 24:00")
}

// 7. One submission to two regimes leaves two receipts: what shows the one does not show the other.
func TestReceiptsAreSeparate(t *testing.T) {
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}, Facts: lawpack.Facts{"eu_market": lawpack.Yes, "incident": lawpack.Yes, "nis2_entity": "essential"},
		Anchors: []lawpack.Anchor{happened("incident_aware_at", "2026-10-01T10:00:00Z")}, Now: at("2026-10-03T10:00:00Z"),
		Done: []lawpack.Done{{Duty: "eu-nis2-23/ew", At: at("2026-10-01T20:00:00Z"), Evidence: "submission 1, receipt of the CSIRT"}}}
	o := ask(t, in)
	expect(t, o["eu-nis2-23/ew"], lawpack.Met, "2026-10-02T10:00:00Z", "")
	expect(t, o["eu-cra-14/inc_ew"], lawpack.Overdue, "2026-10-02T10:00:00Z", "")
	in.Done = append(in.Done, lawpack.Done{Duty: "eu-cra-14/inc_ew", At: at("2026-10-01T20:00:05Z"), Evidence: "submission 1, reference of the platform"})
	o = ask(t, in)
	if a, b := o["eu-nis2-23/ew"], o["eu-cra-14/inc_ew"]; b.State != lawpack.Met || a.Evidence == b.Evidence {
		t.Errorf("%+v\n%+v", a, b)
	}
}

// 8. An anchor that is corrected to six hours earlier turns a duty that was met into one met late; both are shown.
func TestCorrectionOfAnAnchor(t *testing.T) {
	first := happened("discovered_or_learned_at", "2021-11-24 10:00")
	corrected := lawpack.Anchor{Name: first.Name, At: at("2021-11-24 04:00"), RecordedAt: at("2021-11-28 09:00"), By: "supervisor", Why: "mail of that night", Evidence: "e2"}
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}, Anchors: []lawpack.Anchor{corrected, first}, Now: at("2021-11-29 09:00"),
		Done: []lawpack.Done{{Duty: "rmsv-7-2-report", At: at("2021-11-26 08:00"), Evidence: "receipt"}}}
	o := ask(t, in)["rmsv-7-2-report"]
	expect(t, o, lawpack.MetLate, "2021-11-26 04:00", "2021-11-27 00:00")
	if len(o.History) != 2 || o.History[0].State != lawpack.Met || o.History[1].State != lawpack.MetLate ||
		!o.History[0].DueAt.Equal(at("2021-11-26 10:00")) || o.History[1].Anchor.Why != "mail of that night" {
		t.Errorf("history: %+v", o.History)
	}
	in.Now = at("2021-11-27 09:00") // before the correction, the register said something else
	if o = ask(t, in)["rmsv-7-2-report"]; o.State != lawpack.Met || len(o.History) != 1 {
		t.Errorf("as of the day before: %s, %+v", o.State, o.History)
	}
}

// 9. A receiving log younger than six months is not purged.
func TestRetentionFloor(t *testing.T) {
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}}
	for _, c := range []struct {
		recorded, now string
		ok            bool
	}{
		{"2025-08-31 12:00", "2026-02-28 11:59", false},
		{"2025-08-31 12:00", "2026-02-28 12:00", true},
		{"2025-08-31 12:00", "2025-08-31 12:00", false},
	} {
		in.Now = at(c.now)
		if ok, from := lawpack.MayPurge(lawpack.Builtin(), in, at(c.recorded)); ok != c.ok || !from.Equal(at("2026-02-28 12:00")) {
			t.Errorf("recorded %s, asked %s: %v, from %s", c.recorded, c.now, ok, from)
		}
	}
	in.Facts, in.Now = lawpack.Facts{"india": lawpack.Yes}, at("2026-02-28 12:00")
	if ok, from := lawpack.MayPurge(lawpack.Builtin(), in, at("2025-09-01 12:00")); ok || !from.Equal(at("2026-03-01 12:00")) {
		t.Errorf("the longest floor binds: %v, %s", ok, from)
	}
}

// 10. The fan-out is done when both have it, whatever happens between: a transfer that is repeated after a restart counts once.
// (That both transfers happen once after a kill is tested where they are stored, in internal/report and cmd/fengsui.)
func TestFanOutNeedsEveryRecipient(t *testing.T) {
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Platform}, Now: at("2021-12-10 12:00"), Anchors: []lawpack.Anchor{happened("report_accepted_at", "2021-12-10 09:00")},
		Done: []lawpack.Done{{Duty: "cn-rmsv-2021/fanout", Recipient: "cn.ncicn", At: at("2021-12-10 09:00"), Evidence: "t1"}}}
	expect(t, ask(t, in)["cn-rmsv-2021/fanout"], lawpack.Overdue, "2021-12-10 09:01", "")
	in.Done = append(in.Done,
		lawpack.Done{Duty: "cn-rmsv-2021/fanout", Recipient: "cn.cncert", At: at("2021-12-10 11:00"), Evidence: "t2, after the restart"},
		lawpack.Done{Duty: "cn-rmsv-2021/fanout", Recipient: "cn.cncert", At: at("2021-12-10 11:30"), Evidence: "t2 again"},
		lawpack.Done{Duty: "cn-rmsv-2021/fanout", Recipient: "somebody else", At: at("2021-12-10 11:40"), Evidence: "t3"})
	o := ask(t, in)["cn-rmsv-2021/fanout"]
	expect(t, o, lawpack.MetLate, "2021-12-10 09:01", "")
	if !o.MetAt.Equal(at("2021-12-10 11:00")) || o.Evidence != "t2, after the restart" {
		t.Errorf("met %s by %s", o.MetAt, o.Evidence)
	}
}

// 12. A regime that is only proposed gives hints, never a date or an alarm.
func TestProposalsAreHints(t *testing.T) {
	in := lawpack.Input{Facts: lawpack.Facts{"us_covered": lawpack.Yes, "incident": lawpack.Yes}, Now: at("2026-12-01 09:00"),
		Anchors: []lawpack.Anchor{happened("reasonable_belief_at", "2026-01-01 09:00")}}
	o := ask(t, in)["us-circia/incident"]
	expect(t, o, lawpack.Upcoming, "", "")
	says(t, o, "美国 CIRCIA（拟议规则）拟议规则：尚未生效，不计时；按拟议文本", "proposed and not law yet, so no clock runs; as drafted, within 72 hours of")
	if o.State.Alarms() {
		t.Error("a proposal raises an alarm")
	}
	all := lawpack.Evaluate(lawpack.Builtin(), in)
	if i := slices.IndexFunc(all, func(o lawpack.Owed) bool { return o.State == lawpack.Upcoming }); i != len(all)-1 {
		t.Errorf("the hint stands at %d of %d", i, len(all))
	}
}

// Pauses need a reason and two people; they move the platform's own clocks and never the reporter's.
func TestPauses(t *testing.T) {
	signed := lawpack.Signed{Why: "the reporter was asked for the version", By: "analyst", Second: "duty officer"}
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Platform, lawpack.Provider}, Now: at("2026-03-09 12:00"),
		Anchors: []lawpack.Anchor{happened("report_accepted_at", "2026-03-02 10:00"), happened("discovered_or_learned_at", "2026-03-02 09:00")}}
	expect(t, ask(t, in)["platform-service/verify"], lawpack.Running, "2026-03-10 00:00", "")
	pause := func(duty string, by lawpack.Signed) lawpack.Pause {
		return lawpack.Pause{Duty: duty, From: at("2026-03-04 15:00"), To: at("2026-03-06 11:00"), Signed: by}
	}
	for _, wrong := range []lawpack.Signed{{Why: signed.Why, By: "analyst"}, {Why: signed.Why, By: "analyst", Second: "analyst"}, {By: "analyst", Second: "duty officer"}} {
		in.Pauses = []lawpack.Pause{pause("platform-service/verify", wrong)}
		expect(t, ask(t, in)["platform-service/verify"], lawpack.Running, "2026-03-10 00:00", "")
	}
	in.Pauses = []lawpack.Pause{pause("platform-service/verify", signed), pause("rmsv-7-2-report", signed)}
	o := ask(t, in)
	expect(t, o["platform-service/verify"], lawpack.Running, "2026-03-13 00:00", "") // Wednesday to Friday do not count
	expect(t, o["rmsv-7-2-report"], lawpack.Overdue, "2026-03-04 09:00", "2026-03-05 00:00")
	in.Now = at("2026-03-05 12:00")
	o = ask(t, in)
	expect(t, o["platform-service/verify"], lawpack.Paused, "", "")
	says(t, o["platform-service/verify"], "暂停计时，理由：the reporter was asked", "the clock stands still, because: the reporter was asked")

	in = lawpack.Input{Roles: []lawpack.Role{lawpack.Finder}, Now: at("2026-01-20 08:00"), Anchors: []lawpack.Anchor{happened("provider_told_at", "2026-01-01 08:00")},
		Pauses: []lawpack.Pause{{Duty: "cvd-generic/publish", From: at("2026-01-05 08:00"), To: at("2026-01-07 08:00"), Signed: signed},
			{Duty: "cvd-generic/publish", From: at("2026-01-06 08:00"), To: at("2026-01-10 08:00"), Signed: signed}}}
	expect(t, ask(t, in)["cvd-generic/publish"], lawpack.Running, "2026-02-20 08:00", "") // five days, not six
}

// A waiver and a void need the same; what was met before stays met, and nothing later changes them.
func TestEnds(t *testing.T) {
	signed := lawpack.Signed{Why: "not our product", By: "analyst", Second: "supervisor"}
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}, Now: at("2021-12-01 09:00"), Anchors: []lawpack.Anchor{happened("discovered_or_learned_at", "2021-11-24 10:00")},
		Ends: []lawpack.End{
			{Duty: "rmsv-7-2-report", State: lawpack.Void, At: at("2021-11-25 09:00"), Signed: signed},
			{Duty: "rmsv-7-2-report", State: lawpack.Waived, At: at("2021-11-26 09:00"), Signed: signed},
			{Duty: "rmsv-7-1-verify", State: lawpack.Waived, At: at("2021-11-25 09:00"), Signed: lawpack.Signed{Why: "a favour", By: "supervisor"}}}}
	o := ask(t, in)
	if got := o["rmsv-7-2-report"]; got.State != lawpack.Void || got.Why != "not our product" {
		t.Errorf("%s, %s", got.State, got.Why)
	}
	says(t, o["rmsv-7-2-report"], "不适用，理由：not our product", "does not apply, because: not our product")
	if got := o["rmsv-7-1-verify"].State; got != lawpack.Overdue {
		t.Errorf("one signature made it %s", got)
	}
	in.Done = []lawpack.Done{{Duty: "rmsv-7-2-report", At: at("2021-11-24 20:00"), Evidence: "receipt"}}
	if got := ask(t, in)["rmsv-7-2-report"].State; got != lawpack.Met {
		t.Errorf("what was met before became %s", got)
	}
	in.Done[0].At = at("2021-11-25 20:00")
	if got := ask(t, in)["rmsv-7-2-report"].State; got != lawpack.Void {
		t.Errorf("what was done after the end made it %s", got)
	}
}

// Facts that are not known open questions, and only those that matter.
func TestHinges(t *testing.T) {
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}, Facts: lawpack.Facts{"incident": lawpack.No}, Now: at("2026-10-01 09:00")}
	found := map[string][]string{}
	for _, o := range lawpack.Hinges(lawpack.Builtin(), in) {
		found[o.Duty.Key()] = o.Open
		if o.Duty.Key() == "eu-cra-14/aev_ew" {
			says(t, o, "是否适用取决于尚未填写的事实：产品是否投放欧盟市场", "applies or not by facts that are not known yet: whether the product is on the EU market")
		}
	}
	if got := found["eu-cra-14/aev_ew"]; !slices.Equal(got, []string{"eu_market"}) {
		t.Errorf("the early warning hangs on %v", got)
	}
	if got, asked := found["eu-cra-14/inc_ew"]; asked {
		t.Errorf("without an incident its early warning hangs on %v", got)
	}
}
