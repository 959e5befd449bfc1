// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

// together makes every reminder that was ever queued with all others of its subject and channel, and alone, and returns how
// many of them came out how.
func (y *yard) together(moment string) (made, needless, broken int) {
	y.Helper()
	type kind struct{ subject, channel string }
	kinds := map[kind][]delivery.Delivery{}
	y.ok(y.DB.View(y.Context(), func(tx *db.Tx) error {
		ds, err := db.List(y.Context(), tx, func(r db.Row) (d delivery.Delivery, err error) {
			return d, r.Scan(&d.ID, &d.Purpose, &d.Subject, &d.OrgID, &d.Channel, &d.Destination)
		}, `SELECT id, purpose, subject, org_id, channel, destination FROM delivery WHERE purpose = $1 ORDER BY org_id, id`, duty.Purpose)
		for _, d := range ds {
			k := kind{d.Subject, d.Channel}
			kinds[k] = append(kinds[k], d)
		}
		return err
	}))
	p := y.sender.Purposes[duty.Purpose].(delivery.Bulk)
	for _, ds := range kinds {
		many := p.RenderMany(y.Context(), ds)
		if len(many) != len(ds) {
			y.Fatalf("%d of %d messages", len(many), len(ds))
		}
		for i, d := range ds {
			m, err := p.Render(y.Context(), d)
			if diff := cmp.Diff(m, many[i].Message); diff != "" {
				y.Errorf("%s, %s: %s", moment, d.ID, diff)
			}
			superseded := errors.Is(err, delivery.ErrSuperseded)
			if fmt.Sprint(err) != fmt.Sprint(many[i].Err) || errors.As(err, new(delivery.Permanent)) != errors.As(many[i].Err, new(delivery.Permanent)) || superseded != errors.Is(many[i].Err, delivery.ErrSuperseded) {
				y.Errorf("%s, %s: alone %v, together %v", moment, d.ID, err, many[i].Err)
			}
			switch {
			case superseded:
				needless++
			case err != nil:
				broken++
			default:
				made++
			}
		}
	}
	return made, needless, broken
}

// Reminders that are made together are those that are made alone: of organisations that owe different things, when something
// has been met, somebody has left or a place is gone, in every class, and after a call.
func TestDutyRemindersMadeTogetherAsAlone(t *testing.T) {
	eachYard(t, func(y *yard) {
		owes := map[string]duty.Duty{}
		robots := map[string]string{}
		heads := map[string]member.Actor{}
		for i, slug := range []string{"a", "b", "c", "d"} {
			org := y.join(slug, member.Operator)
			heads[slug] = y.person(org, "head-"+slug, member.OrgAdmin)
			worker := y.person(org, "worker-"+slug, member.Engineer)
			y.ok(y.DB.Tx(y.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(y.Context(), `UPDATE org SET webhook_url = $1 WHERE id = $2`, "https://"+slug+".example/hook", org)
				return err
			}))
			y.head = heads[slug]
			robots[slug] = y.place(delivery.Feishu, "https://"+slug+".example/robot")
			y.place(delivery.Email, "soc@"+slug+".example")
			y.place(delivery.Email, "head-"+slug+"@head-"+slug+".example") // who is written to in any case
			for n := range i + 1 {
				y.ok(y.DB.Tx(y.Context(), func(tx *db.Tx) error {
					b := duty.Begin{ReportID: uuid.NewString(), Number: fmt.Sprintf("FS-R-2021-%03d%03d", i, n), AccountID: worker.AccountID, Facts: duty.Facts{OrgID: org, Relation: duty.Operates, LearnedAt: tx.Now}}
					all, err := y.StartAll(y.Context(), tx, []duty.Begin{b})
					for _, x := range all[b.ReportID] {
						if x.Rule == duty.RuleRemedy {
							owes[slug] = x
						}
					}
					return err
				}))
			}
		}
		want := func(moment string, made, needless, broken int) {
			y.Helper()
			if m, n, b := y.together(moment); m != made || n != needless || b != broken {
				y.Errorf("%s: %d, %d needless and %d impossible, want %d, %d and %d", moment, m, n, b, made, needless, broken)
			}
		}
		y.till(owes["a"], 50)
		want("at half the time", 20, 0, 0) // for each: webhook, robot, two mailboxes, and a letter, which is not to the head yet
		y.ok(y.destinations.Remove(y.Context(), heads["b"], robots["b"]))
		y.ok(y.DB.Tx(y.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(y.Context(), `UPDATE org SET status = 'left' WHERE id = $1`, owes["c"].OrgID); err != nil {
				return err
			}
			_, err := tx.Exec(y.Context(), `UPDATE duty SET met_at = $1 WHERE id = $2`, db.At(tx.Now), owes["a"].ID)
			return err
		}))
		want("when things have changed", 10, 5, 5)
		y.till(owes["d"], 100)
		want("at the end", 25, 9, 5)
		cs, _, err := y.Calls(y.Context(), y.watch, duty.CallFilter{Open: true})
		y.ok(err)
		for _, c := range cs {
			if c.OrgID == owes["d"].OrgID {
				_, err = y.RecordCall(y.Context(), y.watch, c.ID, duty.CallInput{To: heads["d"].AccountID, Outcome: duty.Spoken, Note: "xylophone"})
				y.ok(err)
			}
		}
		want("after a call", 29, 10, 5)
	})
}
