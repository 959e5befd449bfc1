// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// An office is a platform with a partner unit, another member, and people of its own.
type office struct {
	*duty.Service
	t                                     testing.TB
	clock                                 *calendar.Driven
	unit, other, platform                 string
	engineer, stranger                    member.Actor
	analyst, officer, supervisor, auditor member.Actor
}

func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		ring, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o := &office{Service: &duty.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Seal: ring}, t: t, clock: clock, unit: org(t, d), other: org(t, d), platform: org(t, d)}
		person := func(org string, role member.Role) member.Actor {
			return member.Actor{AccountID: uuid.Must(uuid.NewV7()).String(), OrgID: org, Roles: []member.Role{role}, Via: "web"}
		}
		o.engineer, o.stranger = person(o.unit, member.Engineer), person(o.other, member.Engineer)
		o.analyst, o.officer = person(o.platform, member.Analyst), person(o.platform, member.DutyOfficer)
		o.supervisor, o.auditor = person(o.platform, member.Supervisor), person(o.platform, member.Auditor)
		test(t, o)
	})
}

// begin starts the duties of a report of the unit and the platform's own clocks, both as of now.
func (o *office) begin() (report string, ds map[string]duty.Duty) {
	o.t.Helper()
	report = uuid.Must(uuid.NewV7()).String()
	now := o.clock.Now()
	write(o.t, o.DB, func(ctx context.Context, tx *db.Tx) error {
		_, err := o.StartAll(ctx, tx, []duty.Begin{{ReportID: report, Number: "FS-R-2021-000001", Facts: duty.Facts{OrgID: o.unit, Relation: duty.Operates, Partner: true, LearnedAt: now.Add(-time.Hour)},
			By: o.engineer.By(), EventID: "e0", Service: duty.Promise{OrgID: o.platform, AcceptedAt: now, Performed: []duty.Performed{{Rule: duty.RuleAcknowledge, At: now, EventID: "e0"}}}}})
		return err
	})
	return report, o.rows(report)
}

// rows are all duties of a report, by rule.
func (o *office) rows(report string) map[string]duty.Duty {
	o.t.Helper()
	out := map[string]duty.Duty{}
	write(o.t, o.DB, func(ctx context.Context, tx *db.Tx) error {
		mine, err := o.ForReport(ctx, tx, report)
		if err != nil {
			return err
		}
		clocks, err := o.Clocks(ctx, tx, report)
		for _, d := range append(mine, clocks...) {
			out[d.Rule] = d
		}
		return err
	})
	return out
}

func (o *office) want(err error, kind fault.Kind, key string) {
	o.t.Helper()
	if fault.KindOf(err) != kind || !strings.Contains(fmt.Sprint(err), key) {
		o.t.Errorf("%v, want %s %s", err, kind, key)
	}
}

// A correction derives everything that counts from the fact again, keeps what was there, and does not save anybody in
// silence.
func TestCorrectAnchor(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		report, ds := o.begin()
		start, partner := o.clock.Now(), ds[duty.RulePartner]
		learned := start.Add(-time.Hour)
		o.clock.Set(start.Add(72 * time.Hour))
		if got := partner.StateAt(o.clock.Now()); got != duty.Overdue {
			t.Fatalf("before the correction: %s", got)
		}
		why := "the mail of that night was misread"
		for _, c := range []struct {
			name string
			by   member.Actor
			id   string
			in   duty.Correction
			kind fault.Kind
			key  string
		}{
			{"nobody", member.Anonymous("web"), partner.ID, duty.Correction{At: learned.Add(-time.Hour), Why: why}, fault.Unauthenticated, ""},
			{"another member", o.stranger, partner.ID, duty.Correction{At: learned.Add(-time.Hour), Why: why}, fault.Withheld, ""},
			{"an auditor", o.auditor, partner.ID, duty.Correction{At: learned.Add(-time.Hour), Why: why}, fault.Withheld, ""},
			{"a supervisor decides, and does not assert", o.supervisor, partner.ID, duty.Correction{At: learned.Add(-time.Hour), Why: why}, fault.Forbidden, "fault.role"},
			{"the system", member.System(), partner.ID, duty.Correction{At: learned.Add(-time.Hour), Why: why}, fault.Forbidden, "duty.needs-person"},
			{"no such duty", o.analyst, uuid.Must(uuid.NewV7()).String(), duty.Correction{}, fault.NotFound, ""},
			{"no id", o.analyst, "x", duty.Correction{}, fault.NotFound, ""},
			{"without a reason", o.engineer, partner.ID, duty.Correction{At: learned.Add(-time.Hour), Why: " "}, fault.Invalid, "why"},
			{"in the future", o.engineer, partner.ID, duty.Correction{At: o.clock.Now().Add(time.Second), Why: why}, fault.Invalid, "duty.rule.future"},
			{"after the report", o.engineer, partner.ID, duty.Correction{At: start.Add(time.Second), Why: why}, fault.Invalid, "duty.rule.after-report"},
			{"the same", o.engineer, partner.ID, duty.Correction{At: learned, Why: why}, fault.Invalid, "duty.rule.same"},
			{"no such zone", o.engineer, partner.ID, duty.Correction{At: learned.Add(-time.Hour), Zone: "Asia/Atlantis", Why: why}, fault.Invalid, "duty.rule.zone"},
			{"a member takes nothing back", o.engineer, partner.ID, duty.Correction{Why: why}, fault.Invalid, "at"},
			{"what the platform recorded", o.analyst, ds[duty.RuleServiceVerify].ID, duty.Correction{At: learned, Why: why}, fault.Conflict, "duty.anchor-recorded"},
		} {
			_, err := o.CorrectAnchor(t.Context(), c.by, c.id, c.in)
			if fault.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.key) {
				t.Errorf("%s: %v, want %s %s", c.name, err, c.kind, c.key)
			}
		}
		if diff := cmp.Diff(ds, o.rows(report)); diff != "" {
			t.Fatalf("a refused correction changed something:\n%s", diff)
		}

		// The unit moves its own fact later, as far as its report allows: 48 hours from then are still over.
		changes, err := o.CorrectAnchor(t.Context(), o.engineer, partner.ID, duty.Correction{At: start, Zone: "Europe/Berlin", Why: why})
		if err != nil || len(changes) != 2 || !changes[0].Later() || !changes[1].Later() { // partner-report and rmsv-8-remedy count from it
			t.Fatalf("%+v, %v", changes, err)
		}
		f, err := o.Get(t.Context(), o.engineer, partner.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !f.DueAt.Equal(start.Add(48*time.Hour)) || len(f.Past) != 1 || !f.Past[0].DueAt.Equal(partner.DueAt) || !f.Past[0].Until.Equal(o.clock.Now()) || !f.Since.Equal(o.clock.Now()) {
			t.Errorf("after the correction: %+v", f)
		}
		if len(f.Anchors) != 2 || !f.Anchors[0].At.Equal(learned) || f.Anchors[1].Why != why || f.Anchors[1].Zone != "Europe/Berlin" || f.Anchors[1].By.Account != o.engineer.AccountID {
			t.Errorf("assertions: %+v", f.Anchors)
		}
		if got := ds[duty.RuleServiceVerify]; !o.rows(report)[duty.RuleServiceVerify].DueAt.Equal(got.DueAt) {
			t.Error("the platform's clock moved with the unit's fact")
		}
		unseen, err := o.Unseen(t.Context(), o.supervisor)
		if err != nil || len(unseen) != 2 || unseen[0].Kind != duty.Correcting || !unseen[0].Later {
			t.Fatalf("the supervisor was not told: %+v, %v", unseen, err)
		}
		_, err = o.Unseen(t.Context(), o.engineer)
		o.want(err, fault.Forbidden, "fault.role")
		o.want(o.See(t.Context(), o.officer, unseen[0].ID), fault.Forbidden, "fault.role")
		for _, u := range unseen {
			if err := o.See(t.Context(), o.supervisor, u.ID); err != nil {
				t.Fatal(err)
			}
		}
		if unseen, err = o.Unseen(t.Context(), o.supervisor); err != nil || len(unseen) != 0 {
			t.Errorf("still to see: %+v, %v", unseen, err)
		}

		// Staff correct it, too; then it is the unit's assertion no more.
		o.clock.Advance(time.Hour)
		if _, err := o.CorrectAnchor(t.Context(), o.analyst, partner.ID, duty.Correction{At: start.Add(-30 * time.Hour), Why: "the commit is of that day"}); err != nil {
			t.Fatal(err)
		}
		_, err = o.CorrectAnchor(t.Context(), o.engineer, partner.ID, duty.Correction{At: start, Why: "no"})
		o.want(err, fault.Forbidden, "duty.anchor-of-others")
		if unseen, err = o.Unseen(t.Context(), o.supervisor); err != nil || len(unseen) != 0 {
			t.Errorf("a time moved earlier waits for the supervisor: %+v, %v", unseen, err)
		}
		// Taken back: the clock waits for the fact again, and says so.
		o.clock.Advance(time.Hour)
		if _, err := o.CorrectAnchor(t.Context(), o.analyst, partner.ID, duty.Correction{Why: "the note was about another flaw"}); err != nil {
			t.Fatal(err)
		}
		d := o.rows(report)[duty.RulePartner]
		if s := duty.Tell(i18n.For("en"), d, o.clock.Now()); d.StateAt(o.clock.Now()) != duty.NotTriggered || !strings.Contains(s, "not known yet") {
			t.Errorf("taken back: %+v, %s", d, s)
		}
		// At every time the register says what it said then.
		for _, c := range []struct {
			at  time.Time
			due time.Time
		}{{start.Add(71 * time.Hour), partner.DueAt}, {start.Add(72 * time.Hour), start.Add(48 * time.Hour)}, {start.Add(73 * time.Hour), start.Add(18 * time.Hour)}, {start.Add(74 * time.Hour), time.Time{}}} {
			got, err := o.Overview(t.Context(), o.supervisor, duty.Query{Rule: duty.RulePartner, AsOf: c.at})
			if err != nil || len(got.Entries) != 1 || !got.Entries[0].DueAt.Equal(c.due) {
				t.Errorf("as of %s: %+v, %v", c.at, got.Entries, err)
			}
		}
	})
}

func TestPausesAndWaivers(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		report, ds := o.begin()
		verify, partner := ds[duty.RuleServiceVerify], ds[duty.RulePartner]
		_, err := o.Propose(ctx, o.analyst, partner.ID, duty.Pausing, "the unit asks for time")
		o.want(err, fault.Conflict, "duty.cannot-pause")
		_, err = o.Propose(ctx, o.engineer, partner.ID, duty.Waiving, "we ask for it")
		o.want(err, fault.Forbidden, "fault.role")
		_, err = o.Propose(ctx, o.stranger, partner.ID, duty.Waiving, "x")
		o.want(err, fault.Withheld, "")
		_, err = o.Propose(ctx, o.analyst, partner.ID, "forgive", "x")
		o.want(err, fault.Invalid, "kind")
		_, err = o.Propose(ctx, o.analyst, partner.ID, duty.Reviving, "x")
		o.want(err, fault.Conflict, "duty.not-ended")

		o.clock.Advance(24 * time.Hour)
		a, err := o.Propose(ctx, o.analyst, verify.ID, duty.Pausing, "the reporter was asked for the version")
		if err != nil {
			t.Fatal(err)
		}
		if got := o.rows(report)[duty.RuleServiceVerify]; cmp.Diff(verify, got) != "" {
			t.Errorf("a proposal changed the clock: %+v", got)
		}
		_, err = o.Propose(ctx, o.officer, verify.ID, duty.Waiving, "x")
		o.want(err, fault.Conflict, "duty.proposal-open")
		both := o.analyst
		both.Roles = []member.Role{member.Analyst, member.DutyOfficer, member.Supervisor}
		_, err = o.Sign(ctx, both, a.ID)
		o.want(err, fault.Forbidden, "duty.second-person")
		_, err = o.Sign(ctx, o.engineer, a.ID)
		o.want(err, fault.Withheld, "")
		if _, err = o.Sign(ctx, o.officer, a.ID); err != nil {
			t.Fatal(err)
		}
		_, err = o.Sign(ctx, o.officer, a.ID)
		o.want(err, fault.Conflict, "")
		d := o.rows(report)[duty.RuleServiceVerify]
		if d.StateAt(o.clock.Now()) != duty.Paused || !d.DueAt.IsZero() || !strings.Contains(duty.Tell(i18n.For("en"), d, o.clock.Now()), "stood still since") {
			t.Errorf("paused: %+v", d)
		}
		if n, err := o.Remind(ctx); err != nil {
			t.Errorf("%d, %v", n, err)
		}
		o.clock.Advance(48 * time.Hour)
		c, err := o.Resume(ctx, o.analyst, verify.ID)
		if err != nil || !c.Is.DueAt.After(verify.DueAt) {
			t.Fatalf("resumed: %+v, %v", c, err)
		}
		_, err = o.Resume(ctx, o.analyst, verify.ID)
		o.want(err, fault.Conflict, "duty.runs")

		// A waiver needs a supervisor; it ends the clock, and only a new act with two signatures brings it back.
		w, err := o.Propose(ctx, o.officer, partner.ID, duty.Waiving, "the find was ours")
		if err != nil {
			t.Fatal(err)
		}
		second := o.officer
		second.AccountID = uuid.Must(uuid.NewV7()).String()
		_, err = o.Sign(ctx, second, w.ID)
		o.want(err, fault.Forbidden, "fault.role")
		o.want(o.Refuse(ctx, o.engineer, w.ID, "no"), fault.Forbidden, "fault.role")
		if _, err := o.Sign(ctx, o.supervisor, w.ID); err != nil {
			t.Fatal(err)
		}
		_, err = o.Decide(ctx, o.engineer, partner.ID, "x")
		o.want(err, fault.Conflict, "duty.ended")
		d = o.rows(report)[duty.RulePartner]
		if d.StateAt(o.clock.Now()) != duty.Waived || d.StateAt(o.clock.Now().Add(-time.Second)) == duty.Waived {
			t.Errorf("waived: %+v", d)
		}
		o.clock.Advance(time.Hour)
		// What is done while it is waived does not count, and counts again when it turns out to be owed.
		write(t, o.DB, func(ctx context.Context, tx *db.Tx) error {
			return o.Meet(ctx, tx, report, duty.RulePartner, tx.Now, "e9")
		})
		if d = o.rows(report)[duty.RulePartner]; d.StateAt(o.clock.Now()) != duty.Waived || !d.MetAt.IsZero() {
			t.Errorf("waived and met: %+v", d)
		}
		o.clock.Advance(time.Hour)
		r, err := o.Propose(ctx, o.officer, partner.ID, duty.Reviving, "the waiver was a mistake")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Sign(ctx, o.supervisor, r.ID); err != nil {
			t.Fatal(err)
		}
		if d = o.rows(report)[duty.RulePartner]; d.StateAt(o.clock.Now()) != duty.MetLate || d.MetEvent != "e9" {
			t.Errorf("revived: %+v", d)
		}
		f, err := o.Get(ctx, o.engineer, partner.ID)
		if err != nil || len(f.Acts) != 2 || f.Acts[0].Why != "the find was ours" || f.Acts[0].EndedAt.IsZero() || len(f.Past) != 2 {
			t.Errorf("file: %+v, %v", f, err)
		}
		for _, who := range []member.Actor{o.stranger, o.auditor} {
			_, err := o.Get(ctx, who, partner.ID)
			o.want(err, fault.Withheld, "")
		}
	})
}

// A decision of the organisation is for the record: it stops nothing.
func TestDecide(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		report, ds := o.begin()
		d := ds[duty.RulePartner]
		_, err := o.Decide(t.Context(), o.analyst, d.ID, "x")
		o.want(err, fault.Forbidden, "duty.not-yours")
		_, err = o.Decide(t.Context(), o.stranger, d.ID, "x")
		o.want(err, fault.Withheld, "")
		_, err = o.Decide(t.Context(), o.engineer, d.ID, "\x00")
		o.want(err, fault.Invalid, "why")
		suspended := o.engineer
		suspended.Suspended = true
		if _, err := o.Decide(t.Context(), suspended, d.ID, "our counsel holds that the product is our own"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ds, o.rows(report)); diff != "" {
			t.Errorf("a decision for the record changed a clock:\n%s", diff)
		}
		f, err := o.Get(t.Context(), o.supervisor, d.ID)
		if err != nil || len(f.Acts) != 1 || f.Acts[0].Kind != duty.Deciding || !strings.HasPrefix(f.Acts[0].Why, "our counsel") {
			t.Errorf("%+v, %v", f.Acts, err)
		}
		var raw []byte
		write(t, o.DB, func(ctx context.Context, tx *db.Tx) (err error) {
			raw, err = db.Get(ctx, tx, db.Value[[]byte], `SELECT why_sealed FROM duty_act WHERE duty_id = $1`, d.ID)
			return err
		})
		if strings.Contains(string(raw), "counsel") {
			t.Error("the reason rests in clear")
		}
	})
}

// The platform's own clocks start with the report, wait where they must, and are met by what the platform does.
func TestPlatformClocks(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		report, _ := o.begin()
		var clocks []duty.Duty
		read := func() {
			t.Helper()
			write(t, o.DB, func(ctx context.Context, tx *db.Tx) (err error) { clocks, err = o.Clocks(ctx, tx, report); return err })
		}
		states := func() (out []string) {
			read()
			for _, d := range clocks {
				out = append(out, d.Rule+" "+string(d.StateAt(o.clock.Now())))
			}
			return out
		}
		expect := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, states()); diff != "" {
				t.Error(diff)
			}
		}
		expect(duty.RuleAcknowledge+" met", duty.RuleDisseminate+" running", duty.RuleServiceVerify+" running", duty.RuleAnswer+" not-triggered")
		for _, d := range clocks {
			if d.OrgID != o.platform || d.OwedTo != duty.Reporter || d.Number != "FS-R-2021-000001" {
				t.Errorf("%+v", d)
			}
			for _, p := range []i18n.Printer{i18n.For("zh-CN"), i18n.For("en")} {
				if s := duty.Tell(p, d, o.clock.Now()); s == "" || strings.Contains(s, "law.") || strings.Contains(s, "0001") || strings.Contains(s, "9999") {
					t.Errorf("%s: %s", d.Rule, s)
				}
			}
		}
		o.clock.Advance(2 * time.Minute)
		expect(duty.RuleAcknowledge+" met", duty.RuleDisseminate+" overdue", duty.RuleServiceVerify+" running", duty.RuleAnswer+" not-triggered")
		late, err := o.Overview(t.Context(), o.supervisor, duty.Query{OrgID: o.platform, State: duty.Overdue})
		if err != nil || len(late.Entries) != 1 { // it counts like anybody's
			t.Errorf("%+v, %v", late.Entries, err)
		}
		for range 2 { // a double run is silent
			write(t, o.DB, func(ctx context.Context, tx *db.Tx) error {
				return o.Verified(ctx, tx, []string{report}, tx.Now, "e5")
			})
		}
		expect(duty.RuleAcknowledge+" met", duty.RuleDisseminate+" overdue", duty.RuleServiceVerify+" met", duty.RuleAnswer+" running")
		f, err := o.Get(t.Context(), o.supervisor, clocks[3].ID)
		if err != nil || len(f.Past) != 1 || len(f.Anchors) != 1 || f.Anchors[0].By.Via != duty.Recorded {
			t.Errorf("%+v, %v", f, err)
		}
		write(t, o.DB, func(ctx context.Context, tx *db.Tx) error {
			return o.Served(ctx, tx, []string{report}, tx.Now, "e6", duty.RuleAnswer)
		})
		expect(duty.RuleAcknowledge+" met", duty.RuleDisseminate+" overdue", duty.RuleServiceVerify+" met", duty.RuleAnswer+" met")
	})
}

// model is what is known of one report, kept beside the database in the words of the pure engine.
type model struct {
	anchors []lawpack.Anchor
	done    []known[lawpack.Done]
	pauses  []*pause
	ends    []*end
}

type known[T any] struct {
	T  T
	At time.Time
}

type pause struct {
	lawpack.Pause
	signed, resumed time.Time
}

type end struct {
	lawpack.End
	over time.Time
}

// input is what was known at t.
func (m *model) input(t time.Time) lawpack.Input {
	in := lawpack.Input{Anchors: m.anchors, Now: t}
	for _, d := range m.done {
		if !d.At.After(t) {
			in.Done = append(in.Done, d.T)
		}
	}
	for _, p := range m.pauses {
		if p.signed.IsZero() || p.signed.After(t) {
			continue
		}
		x := p.Pause
		if p.resumed.IsZero() || p.resumed.After(t) {
			x.To = time.Time{}
		}
		in.Pauses = append(in.Pauses, x)
	}
	for _, e := range m.ends {
		if !e.At.After(t) && (e.over.IsZero() || e.over.After(t)) {
			in.Ends = append(in.Ends, e.End)
		}
	}
	return in
}

// said is what the register said of a duty at a time.
type said struct {
	At               time.Time
	Rule             string
	State            duty.State
	Due, Latest, Met time.Time
}

// Whatever is corrected, paused, waived, revived and met in whatever order: the stored row is what the pure engine
// derives from the same facts, the register says of every time what it said then, and nothing that was said is lost.
func TestTheRegisterKeepsItsWord(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		begin := o.clock.Now()
		rapid.Check(t, func(t *rapid.T) { o.keepsItsWord(t, begin) })
	})
}

func (o *office) keepsItsWord(t *rapid.T, begin time.Time) {
	ctx := context.Background()
	o.clock.Set(begin.Add(time.Duration(rapid.IntRange(0, 24*14).Draw(t, "start")) * time.Hour))
	report, ds := o.begin()
	accepted := o.clock.Now()
	m := &model{anchors: []lawpack.Anchor{{Name: "discovered_or_learned_at", At: accepted.Add(-time.Hour), RecordedAt: accepted}, {Name: "report_accepted_at", At: accepted, RecordedAt: accepted}},
		done: []known[lawpack.Done]{{lawpack.Done{Duty: duty.RuleAcknowledge, At: accepted, Evidence: "e0"}, accepted}}}
	rules := []string{duty.RulePartner, duty.RuleRemedy, duty.RuleServiceVerify, duty.RuleAnswer}
	signed := lawpack.Signed{Why: "why", By: "a", Second: "b"}
	tx := func(do func(*db.Tx) error) {
		if err := o.DB.Tx(ctx, do); err != nil {
			t.Fatal(err)
		}
	}
	var history []said
	check := func() {
		now := o.clock.Now()
		rows := o.rows(report)
		for _, rule := range rules {
			d := rows[rule]
			x := m.input(now).Again(lawpack.Lookup(rule, ""))
			if got := d.StateAt(now); string(got) != string(x.State) {
				t.Fatalf("%s at %s: the row says %s, the engine %s\n%+v\n%+v", rule, now, got, x.State, d, x)
			}
			if open := d.PausedAt.IsZero(); open && (!d.DueAt.Equal(x.DueAt) || !d.LatestAt.Equal(x.LatestAt) || !d.AnchorAt.Equal(x.AnchorAt) || !d.MetAt.Equal(x.MetAt)) {
				t.Fatalf("%s at %s:\n%+v\n%+v", rule, now, d, x)
			}
			history = append(history, said{now, rule, d.StateAt(now), d.DueAt, d.LatestAt, d.MetAt})
		}
	}
	check()
	may := func(err error) bool { // a refusal is an answer, too, but only for a reason that one can act on
		if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		return err == nil
	}
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		now := o.clock.Advance(time.Duration(rapid.IntRange(1, 60*60).Draw(t, "minutes")) * time.Minute)
		rule := rapid.SampledFrom(rules).Draw(t, "rule")
		switch op := rapid.SampledFrom([]string{"correct", "correct", "take back", "pause", "pause", "resume", "waive", "void", "revive", "meet", "verify", "remind"}).Draw(t, "op"); op {
		case "correct", "take back":
			in := duty.Correction{At: accepted.Add(-time.Duration(rapid.IntRange(0, 24*20).Draw(t, "earlier")) * time.Hour), Why: "why"}
			if op == "take back" {
				in.At = time.Time{}
			}
			if _, err := o.CorrectAnchor(ctx, o.analyst, ds[duty.RulePartner].ID, in); may(err) {
				m.anchors = append(m.anchors, lawpack.Anchor{Name: "discovered_or_learned_at", At: in.At, RecordedAt: now})
			}
		case "pause", "waive", "void", "revive":
			kind := duty.ActKind(op)
			a, err := o.Propose(ctx, o.analyst, ds[rule].ID, kind, "why")
			if !may(err) {
				continue
			}
			if kind == duty.Pausing && !lawpack.Lookup(rule, "").Pausable {
				t.Fatalf("%s stands still, which its law does not allow", rule)
			}
			check()
			now = o.clock.Advance(time.Duration(rapid.IntRange(1, 60).Draw(t, "hours")) * time.Hour)
			if rapid.IntRange(0, 3).Draw(t, "refused") == 0 {
				if err := o.Refuse(ctx, o.supervisor, a.ID, "no"); err != nil {
					t.Fatal(err)
				}
				break
			}
			if _, err := o.Sign(ctx, o.supervisor, a.ID); !may(err) {
				if err := o.Refuse(ctx, o.supervisor, a.ID, "too late"); err != nil {
					t.Fatal(err)
				}
				break
			}
			switch kind {
			case duty.Pausing:
				m.pauses = append(m.pauses, &pause{Pause: lawpack.Pause{Duty: rule, From: a.From, Signed: signed}, signed: now})
			case duty.Waiving:
				m.ends = append(m.ends, &end{End: lawpack.End{Duty: rule, State: lawpack.Waived, At: now, Signed: signed}})
			case duty.Voiding:
				m.ends = append(m.ends, &end{End: lawpack.End{Duty: rule, State: lawpack.Void, At: now, Signed: signed}})
			case duty.Reviving:
				for _, e := range m.ends {
					if e.Duty == rule && e.over.IsZero() {
						e.over = now
					}
				}
			}
		case "resume":
			if _, err := o.Resume(ctx, o.officer, ds[rule].ID); may(err) {
				for _, p := range m.pauses {
					if p.Duty == rule && p.resumed.IsZero() {
						p.To, p.resumed = now, now
					}
				}
			}
		case "meet":
			at := now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 1, 30, 100}).Draw(t, "ago")) * time.Hour)
			tx(func(tx *db.Tx) error { return o.Meet(ctx, tx, report, rule, at, "e") })
			if !slices.ContainsFunc(m.done, func(d known[lawpack.Done]) bool { return d.T.Duty == rule }) {
				m.done = append(m.done, known[lawpack.Done]{lawpack.Done{Duty: rule, At: at, Evidence: "e"}, now})
				for _, e := range m.ends {
					if e.Duty == rule && e.over.IsZero() && !e.At.Before(at) {
						e.over = now
					}
				}
			}
		case "verify":
			tx(func(tx *db.Tx) error { return o.Verified(ctx, tx, []string{report}, now, "e") })
			if !slices.ContainsFunc(m.anchors, func(a lawpack.Anchor) bool { return a.Name == "verified_at" }) {
				m.anchors = append(m.anchors, lawpack.Anchor{Name: "verified_at", At: now, RecordedAt: now})
			}
			if !slices.ContainsFunc(m.done, func(d known[lawpack.Done]) bool { return d.T.Duty == duty.RuleServiceVerify }) {
				m.done = append(m.done, known[lawpack.Done]{lawpack.Done{Duty: duty.RuleServiceVerify, At: now, Evidence: "e"}, now})
			}
		case "remind":
			if _, err := o.Remind(ctx); err != nil {
				t.Fatal(err)
			}
			if n, err := o.Remind(ctx); err != nil || n != 0 {
				t.Fatalf("a double run notes %d, %v", n, err)
			}
		}
		check()
	}
	o.clock.Advance(time.Hour)
	for _, h := range history {
		got, err := o.Overview(ctx, member.System(), duty.Query{Rule: h.Rule, AsOf: h.At, OrgID: ds[h.Rule].OrgID, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(got.Entries, func(e duty.Entry) bool { return e.ReportID == report })
		if i < 0 {
			t.Fatalf("as of %s there is no %s", h.At, h.Rule)
		}
		d := got.Entries[i].Duty
		if now := (said{h.At, h.Rule, d.StateAt(h.At), d.DueAt, d.LatestAt, d.MetAt}); cmp.Diff(h, now) != "" {
			t.Fatalf("as of %s the register says something else than it said then:\n%s", h.At, cmp.Diff(h, now))
		}
	}
	for _, rule := range rules {
		f, err := o.Get(ctx, member.System(), ds[rule].ID)
		if err != nil {
			t.Fatal(err)
		}
		from := f.CreatedAt
		for _, p := range f.Past {
			if !p.Since.Equal(from) || p.Until.Before(p.Since) || p.EventID == "" {
				t.Fatalf("%s: the past has a hole at %s: %+v", rule, from, p)
			}
			from = p.Until
		}
		if len(f.Past) > 0 && (!f.Since.Equal(from) || !f.Past[0].DueAt.Equal(ds[rule].DueAt)) {
			t.Fatalf("%s: the first derivation is lost: %+v", rule, f)
		}
	}
}
