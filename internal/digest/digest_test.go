// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package digest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/digest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const canary = "jndi-lookup-gadget"

type world struct {
	*testing.T
	d     *db.DB
	clock *calendar.Driven
	p     digest.Purpose
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	w.ok(w.d.Tx(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), query, args...)
		return err
	}))
}

// revision releases a revision of a warning to organisation "a", and puts it aside for the digest.
func (w *world) revision(id string, n int, level, tlp, kind, answer string, products int, aside bool) {
	w.Helper()
	at := db.At(w.clock.Now())
	if n == 1 {
		w.exec(`INSERT INTO casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at)
			VALUES ($1,$2,'assessed',$3,$4,1,'high','high','no','','',$5,$6)`, "c-"+id, "C-"+id, at, []byte(canary), at, at)
		w.exec(`INSERT INTO warning (id, number, case_id, revision, rev, level, tlp, state, content_sealed, drafted_by, approved_by, released_by, created_at, released_at)
			VALUES ($1,$2,$3,1,1,$4,$5,'released',$6,'x','','x',$7,$8)`, id, "FS-W-"+id, "c-"+id, level, tlp, []byte(canary), at, at)
	}
	w.exec(`INSERT INTO warning_revision (warning_id, revision, level, tlp, content_sealed, respond_by, approved_by, released_by, released_at, kind)
		VALUES ($1,$2,$3,$4,$5,$6,'','x',$7,$8)`, id, n, level, tlp, []byte(canary), db.At(w.clock.Now().Add(72*time.Hour)), at, kind)
	w.exec(`INSERT INTO warning_recipient (warning_id, revision, org_id, wave, products, at, answer, comment_sealed, assets, answered_by, answered_via)
		VALUES ($1,$2,'a',3,$3,$4,$5,$6,0,'','')`, id, n, products, at, answer, []byte(canary))
	if aside {
		w.exec(`INSERT INTO digest_item (org_id, target, purpose, subject, gravity, why, at, due_at) VALUES ('a','email','warning',$1,3,'chosen',$2,$3)`, id+":"+string(rune('0'+n)), at, at)
	}
}

func (w *world) render() (delivery.Message, error) {
	w.Helper()
	n, err := w.p.Destinations.MakeDigests(context.Background())
	w.ok(err)
	if n != 1 {
		w.Fatalf("%d digests", n)
	}
	var d delivery.Delivery
	w.ok(w.d.View(context.Background(), func(tx *db.Tx) error {
		sweeps, err := db.List(context.Background(), tx, db.Value[string], `SELECT sweep FROM digest ORDER BY period DESC`)
		if err != nil {
			return err
		}
		ds, err := delivery.Of(context.Background(), tx, destination.DigestPurpose, sweeps[0])
		d = ds[0]
		return err
	}))
	return w.p.Render(context.Background(), d)
}

// A digest has the gravest first in its blocks, shows each warning as it stands, and holds no text of any.
func TestDigestSaysWhatWaitedAsItStands(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		keys, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, d: d, clock: clock, p: digest.Purpose{DB: d, Members: &member.Service{DB: d, Seal: keys}, Destinations: &destination.Service{DB: d, Seal: keys, BaseURL: "https://fengsui.example"}, BaseURL: "https://fengsui.example"}}
		w.exec(`INSERT INTO org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspension_reason, email, phone, webhook_url, domains, note, created_at)
			VALUES ('a','a','单位','','["operator"]',TRUE,0,'','','CN','active','','a@member.example','','','[]','',$1)`, db.At(clock.Now()))
		w.revision("new1", 1, "notice", "GREEN", "original", "", 0, true)
		w.revision("new2", 1, "blue", "AMBER", "original", "fixed", 0, true)
		w.revision("new3", 1, "blue", "AMBER", "original", "checking", 2, true)
		w.revision("upd", 1, "blue", "GREEN", "original", "", 0, false)
		w.revision("upd", 2, "blue", "GREEN", "amendment", "", 0, true)
		w.revision("off", 1, "blue", "GREEN", "original", "", 0, false)
		w.revision("off", 2, "blue", "GREEN", "lift", "", 0, true)
		w.revision("told", 1, "blue", "GREEN", "original", "", 0, true)
		w.revision("told", 2, "red", "RED", "raise", "", 0, false) // its own message said so at once
		m, err := w.render()
		w.ok(err)
		for _, want := range []string{"新增 3，更新 1，解除或撤回 1，待答复 4", "Fengsui digest: 3 new, 1 updated, 1 withdrawn, 4 to answer"} {
			if !strings.Contains(m.Subject, want) {
				t.Errorf("subject %q", m.Subject)
			}
		}
		if m.To.Email != "a@member.example" || m.Class != "digest" || m.Unsubscribe == "" || strings.Contains(m.Text+m.Subject, canary) {
			t.Errorf("%+v", m)
		}
		before := func(x, y string) {
			if i, j := strings.Index(m.Text, x), strings.Index(m.Text, y); i < 0 || j < i {
				t.Errorf("%q does not come before %q:\n%s", x, y, m.Text)
			}
		}
		before("FS-W-new3", "FS-W-new2")
		before("FS-W-new2", "FS-W-new1")
		before("FS-W-upd", "FS-W-off")
		before("FS-W-off", "红色预警 FS-W-told")

		// nothing left to say, nothing sent
		clock.Advance(2 * time.Hour)
		w.revision("late", 1, "blue", "GREEN", "original", "", 0, true)
		w.revision("late", 2, "red", "AMBER", "raise", "", 0, false)
		if _, err := w.render(); !errors.Is(err, delivery.ErrSuperseded) {
			t.Errorf("an empty digest: %v", err)
		}
	})
}

// Reminders that waited for the digest make one also where nothing else is new; what was answered or met meanwhile makes none.
func TestDigestReminds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		keys, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, d: d, clock: clock, p: digest.Purpose{DB: d, Members: &member.Service{DB: d, Seal: keys}, Destinations: &destination.Service{DB: d, Seal: keys, BaseURL: "https://fengsui.example"}, BaseURL: "https://fengsui.example"}}
		w.exec(`INSERT INTO org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspension_reason, email, phone, webhook_url, domains, note, created_at)
			VALUES ('a','a','单位','','["operator"]',TRUE,0,'','','CN','active','','a@member.example','','','[]','',$1)`, db.At(clock.Now()))
		w.revision("half", 1, "blue", "AMBER", "original", "", 0, false)
		w.revision("over", 1, "blue", "GREEN", "original", "", 0, false)
		w.revision("said", 1, "blue", "GREEN", "original", "fixed", 0, false)
		w.revision("open", 1, "blue", "GREEN", "original", "", 0, false)
		aside := func(purpose, subject string) {
			t.Helper()
			w.exec(`INSERT INTO digest_item (org_id, target, purpose, subject, gravity, why, at, due_at) VALUES ('a','email',$1,$2,3,'chosen',$3,$4)`, purpose, subject, db.At(clock.Now()), db.At(clock.Now()))
		}
		for _, s := range []string{"half:1:50:places", "over:1:50:places", "over:1:100:places", "said:1:50:places"} {
			aside(warning.SilencePurpose, s)
		}
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		w.ok(err)
		duties := &duty.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Seal: keys}
		w.ok(d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := duties.StartAll(t.Context(), tx, []duty.Begin{{ReportID: "r", Number: "FS-R-2021-000001", Facts: duty.Facts{OrgID: "a", Relation: duty.Operates, LearnedAt: tx.Now}}})
			return err
		}))
		clock.Advance(25 * time.Hour)
		_, err = duties.Remind(t.Context())
		w.ok(err)
		var sweep string
		w.ok(d.View(t.Context(), func(tx *db.Tx) (err error) {
			sweep, err = db.Get(t.Context(), tx, db.Value[string], `SELECT max(sweep) FROM duty_reminder`)
			return err
		}))
		aside(duty.Purpose, "places/"+sweep+"/"+string(destination.Mandatory)) // mandatory ones do not wait; as if it had
		m, err := w.render()
		w.ok(err)
		if !strings.Contains(m.Subject, "待答复 3，义务提醒 1 /") || strings.Contains(m.Text+m.Subject, canary) {
			t.Errorf("subject %q", m.Subject)
		}
		zh, _, _ := strings.Cut(m.Text, "Fengsui:")
		for _, want := range []string{"提醒：时限已过半或已过，贵单位尚未答复\n- 蓝色预警 FS-W-half  TLP:AMBER  请于", "- 蓝色预警 FS-W-over  TLP:GREEN  答复时限 ", "FS-R-2021-000001 ", "时限已到", "https://fengsui.example/duties", "贵单位待答复\n- 蓝色预警 FS-W-open"} {
			if !strings.Contains(zh, want) {
				t.Errorf("no %q in\n%s", want, zh)
			}
		}
		if strings.Contains(zh, "FS-W-said") {
			t.Errorf("what was answered is reminded of:\n%s", zh)
		}

		clock.Advance(2 * time.Hour)
		w.exec(`UPDATE warning_recipient SET answer = 'fixed'`)
		aside(warning.SilencePurpose, "open:1:100:places")
		if _, err := w.render(); !errors.Is(err, delivery.ErrSuperseded) {
			t.Errorf("a digest of what was answered: %v", err)
		}
	})
}
