// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
)

// tampers are what somebody with all rights on the database may try. %E is an event that has long been in
// the tree, %P one that is waiting for it.
var tampers = []struct{ name, do string }{
	{"the kind of an event", `UPDATE event SET kind = 'test.dark' WHERE id = '%E'`},
	{"who did it", `UPDATE event SET by_user = 'b' WHERE id = '%E'`},
	{"for whom", `UPDATE event SET by_org = 'p' WHERE id = '%E'`},
	{"over which surface", `UPDATE event SET via = 'api' WHERE id = '%E'`},
	{"a word moved from one column to the next", `UPDATE event SET by_user = '', by_org = 'ao' WHERE id = '%E'`},
	{"a column moved into another", "UPDATE event SET by_user = 'a\no', by_org = 'web', via = 'tower/2' WHERE id = '%E'; DELETE FROM event_subject WHERE subject = 'tower/2' AND event_id = '%E'"},
	{"what happened", `UPDATE event SET payload = '{"tower":"9"}' WHERE id = '%E'`},
	{"a blank in the payload", `UPDATE event SET payload = payload || ' ' WHERE id = '%E'`},
	{"what happened, before it is in the tree", `UPDATE event SET payload = '{"tower":"9"}' WHERE id = '%P'`},
	{"the salt", `UPDATE event SET salt = (SELECT salt FROM event WHERE id = '%P') WHERE id = '%E'`},
	{"an event deleted", `DELETE FROM event WHERE id = '%E'`},
	{"an event renamed", `UPDATE event SET id = 'x' WHERE id = '%E'`},
	{"an event added", `INSERT INTO event (id, kind, at, by_user, by_org, via, payload, salt) SELECT 'extra', kind, at, by_user, by_org, via, payload, salt FROM event WHERE id = '%E'`},
	{"the time of an event", `UPDATE event SET at = (SELECT at FROM event WHERE id = '%P') WHERE id = '%E'`},
	{"the time of an event, with its entry", `UPDATE event SET at = (SELECT at FROM event WHERE id = '%P') WHERE id = '%E'; UPDATE evidence SET leaf = (SELECT leaf FROM evidence WHERE id = '%P') WHERE id = '%E'`},
	{"the contents of two events exchanged", `UPDATE event SET payload = '{"tower":"3"}' WHERE id = '%E'; UPDATE event SET payload = '{"tower":"2"}' WHERE payload = '{"tower":"3"}' AND id <> '%E'`},
	{"an event deleted with its entry", `DELETE FROM event_subject WHERE event_id = '%E'; DELETE FROM event WHERE id = '%E'; DELETE FROM evidence WHERE id = '%E'`},
	{"an event deleted, and the gap closed", `DELETE FROM event_subject WHERE event_id = '%E'; DELETE FROM event WHERE id = '%E'; DELETE FROM evidence WHERE id = '%E'; UPDATE evidence SET seq = 1 WHERE seq = 4`},
	{"off a time line", `DELETE FROM event_subject WHERE event_id = '%E' AND subject = 'wall/1'`},
	{"onto a time line", `INSERT INTO event_subject (subject, event_id) VALUES ('wall/2', '%E')`},
	{"another time line", `UPDATE event_subject SET subject = 'wall/2' WHERE event_id = '%E' AND subject = 'wall/1'`},
	{"another event on the time line", `UPDATE event_subject SET event_id = '%P' WHERE event_id = '%E' AND subject = 'tower/2'`},
	{"the id of an entry", `UPDATE evidence SET id = 'x' WHERE id = '%E'`},
	{"the leaf of an entry", `UPDATE evidence SET leaf = (SELECT leaf FROM evidence WHERE id = '%P') WHERE id = '%E'`},
	{"the head of an entry", `UPDATE evidence SET head = replace(head, 'T-1', 'T-2') WHERE id = '%E'`},
	{"the head of an entry emptied", `UPDATE evidence SET head = '' WHERE id = '%E'`},
	{"the number of an entry", `UPDATE evidence SET seq = 99 WHERE id = '%E'`},
	{"an entry taken out of the tree", `UPDATE evidence SET seq = NULL WHERE id = '%E'`},
	{"a waiting entry numbered by hand", `UPDATE evidence SET seq = 5 WHERE id = '%P'`},
	{"an entry deleted", `DELETE FROM evidence WHERE id = '%P'`},
	{"an entry added", `INSERT INTO evidence (id, leaf, head, seq) SELECT 'extra', leaf, head, NULL FROM evidence WHERE id = '%E'`},
	{"a hash", `UPDATE evidence_hash SET hash = (SELECT hash FROM evidence_hash WHERE idx = 0) WHERE idx = 1`},
	{"the number of a hash", `UPDATE evidence_hash SET idx = 99 WHERE idx = 2`},
	{"a hash deleted", `DELETE FROM evidence_hash WHERE idx = 2`},
	{"a hash added", `INSERT INTO evidence_hash (idx, hash) SELECT 77, hash FROM evidence_hash WHERE idx = 0`},
	{"the size of a checkpoint", `UPDATE evidence_checkpoint SET size = 4 WHERE size = 3`},
	{"the note of a checkpoint", `UPDATE evidence_checkpoint SET note = replace(note, 'test.example', 'best.example') WHERE size = 3`},
	{"the newest checkpoint deleted", `DELETE FROM evidence_checkpoint WHERE size = 5`},
	{"a checkpoint added", `INSERT INTO evidence_checkpoint (size, note) SELECT 4, note FROM evidence_checkpoint WHERE size = 3`},
	{"the number of a change of keys", `UPDATE evidence_rotation SET n = 7`},
	{"the entry of a change of keys", `UPDATE evidence_rotation SET entry_id = '%E'`},
	{"the statement of a change of keys", `UPDATE evidence_rotation SET statement = replace(statement, 'v1', 'v2')`},
	{"a change of keys deleted", `DELETE FROM evidence_rotation`},
}

// Whoever rewrites, deletes, adds or back-dates anything in the tables of events and evidence is found out, on both engines.
func TestAuditFindsEveryTampering(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := t.Context()
		l := open(t, d)
		old, waiting := world(t, l, clock)
		fill := strings.NewReplacer("%E", old, "%P", waiting)
		undo := errors.New("undo")
		clean := func() {
			t.Helper()
			if f, err := l.Audit(ctx); err != nil || f.Err() != nil || f.Size != 5 || f.Pending != 1 || f.Checkpoints != 3 {
				t.Fatalf("untouched: %+v, %v", f, err)
			}
		}
		clean()
		for _, x := range tampers {
			err := d.Tx(ctx, func(tx *db.Tx) error {
				free := `PRAGMA defer_foreign_keys = on`
				if d.Engine == db.PostgreSQL {
					free = `ALTER TABLE event_subject DROP CONSTRAINT event_subject_event_id_fkey`
				}
				changed := int64(0)
				for _, q := range append([]string{free}, strings.Split(fill.Replace(x.do), "; ")...) {
					n, err := tx.Exec(ctx, q)
					if err != nil {
						return err
					}
					changed += n
				}
				f, err := l.AuditTx(ctx, tx)
				if changed == 0 || err == nil && f.Err() == nil {
					t.Errorf("%s: not found (%d rows changed, %v)", x.name, changed, err)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Errorf("%s: %v", x.name, err)
			}
		}
		clean()
	})
}

// world makes five entries in the tree, the third of them a change of keys, and one that is waiting.
func world(t *testing.T, l *event.Log, clock *calendar.Driven) (old, waiting string) {
	t.Helper()
	light := func(tower string, integrate bool) (id string) {
		t.Helper()
		clock.Advance(time.Hour)
		err := l.DB.Tx(t.Context(), func(tx *db.Tx) (err error) {
			id, err = l.Record(t.Context(), tx, event.By{Account: "a", Org: "o", Via: "web"}, lit{Tower: tower})
			return err
		})
		if err == nil && integrate {
			_, err = l.Evidence.Integrate(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	light("1", false)
	old = light("2", true)
	if _, err := l.Evidence.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	light("3", false)
	light("4", true)
	return old, light("8", false)
}
