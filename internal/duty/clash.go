// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// A Task asks a person of an organisation to decide about two duties that pull in different directions. The platform
// shows both texts and never decides.
type Task struct {
	ID, Clash       string // Clash: name in the law packs
	OrgID, ReportID string
	One, Two        Text      // the duties, as the packs have them
	DueAt           time.Time // the earlier of both clocks when it was opened; zero when neither has a time
	OpenedBy        string
	OpenedAt        time.Time
	Answer          string // the decision with its reasons; sealed at rest
	AnsweredBy      string
	AnsweredAt      time.Time
}

// A Text names a duty and the version of the pack in which it stood.
type Text struct{ Rule, Pack string }

// Law is the duty in its pack; nil for one that no pack has.
func (t Text) Law() *lawpack.Duty { return lawpack.Lookup(t.Rule, t.Pack) }

func (t Text) String() string { return t.Rule + " " + t.Pack }

func readText(s string) Text {
	rule, pack, _ := strings.Cut(s, " ")
	return Text{rule, pack}
}

// About is the clash in words; the zero value for one that is known no more.
func (t Task) About() lawpack.Clash {
	all := lawpack.AllClashes()
	if i := slices.IndexFunc(all, func(c lawpack.Clash) bool { return c.ID == t.Clash }); i >= 0 {
		return all[i]
	}
	return lawpack.Clash{ID: t.Clash}
}

// Open reports whether nobody has decided yet.
func (t Task) Open() bool { return t.AnsweredAt.IsZero() }

const taskColumns = `id, clash, org_id, report_id, one, two, due_at, opened_by, opened_at, answer_sealed, answered_by, answered_at`

func (s *Service) scanTask(r db.Row) (t Task, err error) {
	var due, opened, answered db.Time
	var one, two string
	var sealed []byte
	if err := r.Scan(&t.ID, &t.Clash, &t.OrgID, &t.ReportID, &one, &two, &due, &t.OpenedBy, &opened, &sealed, db.Null(&t.AnsweredBy), &answered); err != nil {
		return t, err
	}
	t.One, t.Two, t.DueAt, t.OpenedAt, t.AnsweredAt = readText(one), readText(two), due.Time, opened.Time, answered.Time
	t.Answer, err = s.open(placeTask(t.ID), sealed)
	return t, err
}

func placeTask(id string) string { return "duty_clash/" + id + "/answer" }

// OpenClashes opens a decision task for each clash among what an organisation owes by the facts about a report, and
// returns those that were not open before. It is for people of the organisation that reported, and for staff; facts are
// those of the reporter, as far as they are told. A second call with the same facts opens nothing.
func (s *Service) OpenClashes(ctx context.Context, by member.Actor, reportID string, f Facts) (out []Task, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		f, err := s.clashing(ctx, tx, by, reportID, f)
		if err != nil {
			return err
		}
		packs, err := s.Packs.In(ctx, tx)
		if err != nil {
			return err
		}
		owed, _, err := ExplainBy(packs, f, tx.Now)
		if err != nil {
			return err
		}
		have, err := db.List(ctx, tx, db.Value[string], `SELECT clash FROM duty_clash WHERE report_id = $1`, reportID)
		if err != nil {
			return err
		}
		out = nil
		for _, c := range lawpack.Clashes(owed) {
			if slices.Contains(have, c.ID) {
				continue
			}
			t, err := s.openTask(ctx, tx, by, reportID, f.OrgID, c, owed)
			if err != nil {
				return err
			}
			out = append(out, t)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open decision tasks: %w", err)
	}
	return out, nil
}

// clashing authorises, and fills in what the register knows of the report.
func (s *Service) clashing(ctx context.Context, tx *db.Tx, by member.Actor, reportID string, f Facts) (Facts, error) {
	if !by.SignedIn() {
		return f, fault.SignIn()
	}
	if uuid.Validate(reportID) != nil {
		return f, fault.Missing()
	}
	type known struct {
		facts, org string
		learned    time.Time
	}
	// The facts of the newest stage; the lock lets one of several calls at once open the tasks.
	k, err := db.Get(ctx, tx, func(r db.Row) (k known, err error) {
		var at db.Time
		err = r.Scan(&k.facts, &k.org, &at)
		k.learned = at.Time
		return k, err
	}, `SELECT facts, org_id, learned_at FROM duty_derivation WHERE report_id = $1 ORDER BY derived_at DESC, facts LIMIT 1`+tx.ForUpdate(), reportID)
	if err != nil {
		return f, err
	}
	if err := mayAsk(by, k.org); err != nil {
		return f, err
	}
	if by.AccountID == "" || !speaks(by, k.org) && !by.Staff() {
		return f, fault.Deny("duty.needs-person")
	}
	stored, err := ReadFacts(k.facts, k.org, k.learned)
	if err != nil {
		return f, err
	}
	stored.More, stored.Happened = f.More, f.Happened
	stored.Roles = append(stored.Roles, f.Roles...)
	stored.LearnedAt, err = s.Learned(ctx, tx, reportID, k.learned)
	return stored, err
}

func (s *Service) openTask(ctx context.Context, tx *db.Tx, by member.Actor, reportID, orgID string, c lawpack.Clash, owed []lawpack.Owed) (t Task, err error) {
	id, err := newID()
	if err != nil {
		return t, err
	}
	t = Task{ID: id, Clash: c.ID, OrgID: orgID, ReportID: reportID, OpenedBy: by.AccountID, OpenedAt: tx.Now}
	for _, o := range owed { // as they fall due: the first of each side is the one that presses
		text := Text{o.Duty.Key(), o.Duty.Pack().Ref()}
		switch {
		case o.State == lawpack.Upcoming:
			continue
		case t.One.Rule == "" && slices.Contains(c.One, text.Rule):
			t.One = text
		case t.Two.Rule == "" && slices.Contains(c.Two, text.Rule):
			t.Two = text
		default:
			continue
		}
		if !o.DueAt.IsZero() && (t.DueAt.IsZero() || o.DueAt.Before(t.DueAt)) {
			t.DueAt = o.DueAt
		}
	}
	if _, err := tx.Exec(ctx, `INSERT INTO duty_clash (id, clash, org_id, report_id, one, two, due_at, opened_by, opened_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
		t.ID, t.Clash, t.OrgID, t.ReportID, t.One.String(), t.Two.String(), db.At(t.DueAt), t.OpenedBy, db.At(t.OpenedAt)); err != nil {
		return t, err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), ClashOpened{t.on()})
	return t, err
}

func (t Task) on() onClash { return onClash{t.ID, t.Clash, t.OrgID, t.ReportID} }

// Tasks returns the decision tasks of an organisation, those that are open first, as they press. It is open to whom its
// duties are. With "" it returns those of all organisations, to staff.
func (s *Service) Tasks(ctx context.Context, by member.Actor, orgID string) (ts []Task, err error) {
	if orgID == "" && by.OrgID != "" && !by.Staff() {
		orgID = by.OrgID
	}
	if err := mayAsk(by, orgID); err != nil {
		return nil, err
	}
	var a db.Args
	where := `1 = 1`
	if orgID != "" {
		where = `org_id = ` + a.P(orgID)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ts, err = db.List(ctx, tx, s.scanTask, `SELECT `+taskColumns+` FROM duty_clash WHERE `+where+`
			ORDER BY CASE WHEN answered_at IS NULL THEN 0 ELSE 1 END, due_at, opened_at DESC, id LIMIT 200`, a...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list decision tasks: %w", err)
	}
	return ts, nil
}

// TasksOf returns the decision tasks of a report. The caller authorises.
func (s *Service) TasksOf(ctx context.Context, tx *db.Tx, reportID string) ([]Task, error) {
	return db.List(ctx, tx, s.scanTask, `SELECT `+taskColumns+` FROM duty_clash WHERE report_id = $1 ORDER BY opened_at, id`, reportID)
}

// Task returns one decision task, to the organisation that it is for and to staff.
func (s *Service) Task(ctx context.Context, by member.Actor, id string) (t Task, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		t, err = s.task(ctx, tx, by, id, "")
		return err
	})
	if err != nil {
		return Task{}, fmt.Errorf("decision task: %w", err)
	}
	return t, nil
}

func (s *Service) task(ctx context.Context, tx *db.Tx, by member.Actor, id, suffix string) (Task, error) {
	if !by.SignedIn() {
		return Task{}, fault.SignIn()
	}
	if uuid.Validate(id) != nil {
		return Task{}, fault.Missing()
	}
	t, err := db.Get(ctx, tx, s.scanTask, `SELECT `+taskColumns+` FROM duty_clash WHERE id = $1`+suffix, id)
	if err == nil {
		err = mayAsk(by, t.OrgID)
	}
	if err != nil {
		return Task{}, err
	}
	return t, nil
}

// MayAnswer reports whether the actor may decide.
func (t Task) MayAnswer(by member.Actor) bool { return t.Open() && speaks(by, t.OrgID) }

// AnswerClash records the reasoned decision of a person of the organisation. It moves no clock. Fault: Conflict when
// somebody has decided before.
func (s *Service) AnswerClash(ctx context.Context, by member.Actor, id, answer string) (t Task, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if t, err = s.task(ctx, tx, by, id, tx.ForUpdate()); err != nil {
			return err
		}
		switch {
		case !speaks(by, t.OrgID):
			return fault.Deny("duty.not-yours")
		case !t.Open():
			return fault.Clash("duty.clash-answered")
		}
		var k fault.Check
		t.Answer = reason(&k, "answer", answer)
		if err := k.Err(); err != nil {
			return err
		}
		t.AnsweredBy, t.AnsweredAt = by.AccountID, tx.Now
		if _, err := tx.Exec(ctx, `UPDATE duty_clash SET answer_sealed = $1, answered_by = $2, answered_at = $3 WHERE id = $4`,
			s.Seal.Seal(placeTask(t.ID), []byte(t.Answer)), t.AnsweredBy, db.At(t.AnsweredAt), t.ID); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), ClashAnswered{t.on()})
		return err
	})
	if err != nil {
		return Task{}, fmt.Errorf("decide about a clash: %w", err)
	}
	return t, nil
}
