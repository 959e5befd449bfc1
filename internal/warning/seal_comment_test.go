// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// comments are the sealed ones of a warning, by revision and unit.
func (w *world) comments(id string) map[string][]byte {
	w.Helper()
	out := map[string][]byte{}
	w.ok(w.d.View(ctx, func(tx *db.Tx) error {
		_, err := db.List(ctx, tx, func(r db.Row) (struct{}, error) {
			var revision int
			var org string
			var sealed []byte
			err := r.Scan(&revision, &org, &sealed)
			if sealed != nil {
				out[fmt.Sprint(revision, org)] = sealed
			}
			return struct{}{}, err
		}, `SELECT revision, org_id, comment_sealed FROM warning_recipient WHERE warning_id = $1`, id)
		return err
	}))
	return out
}

// What a unit says lies encrypted, is read by who may read it, and comes along with its answer (TestLog4j2FourRevisions).
func TestCommentsAreSealed(t *testing.T) {
	each(t, func(w *world) {
		for _, x := range []string{"a", "b", "c", "d", "e", "f"} {
			w.partner(x, "x")
		}
		d := w.draft(map[string]int{"a": 1, "b": 1})
		w.release(d.ID)
		const secret = "网关 10.0.0.7 上的 log4j-core"
		said := func(org, comment string) {
			t.Helper()
			_, err := w.s.Acknowledge(ctx, engineer(org), d.ID, warning.AnswerInput{Answer: warning.AffectedYes, Comment: comment})
			w.ok(err)
		}
		said("a", secret)
		said("b", secret)
		sealed := w.comments(d.ID)
		if len(sealed) != 2 || bytes.Equal(sealed["1a"], sealed["1b"]) || bytes.Contains(sealed["1a"], []byte("log4j")) {
			t.Fatalf("at rest: %q", sealed)
		}
		said("b", "")
		if sealed = w.comments(d.ID); len(sealed) != 1 {
			t.Errorf("at rest after an empty comment: %q", sealed)
		}
		rows, err := w.matrix(watch, d.ID)
		w.ok(err)
		for _, r := range rows {
			if want := map[string]string{"a": secret}[r.Org.ID]; r.Recipient.Comment != want {
				t.Errorf("the board shows %q for %s", r.Recipient.Comment, r.Org.ID)
			}
		}
		// what was written into another's row opens nowhere
		w.exec(`UPDATE warning_recipient SET comment_sealed = $1 WHERE warning_id = $2 AND org_id = 'b'`, sealed["1a"], d.ID)
		if _, r, err := w.s.Get(ctx, engineer("b"), d.ID); err == nil {
			t.Errorf("b reads %q", r.Comment)
		}
		w.exec(`UPDATE warning_recipient SET comment_sealed = NULL WHERE warning_id = $1 AND org_id = 'b'`, d.ID)
	})
}

// Comments that an older version wrote in clear are sealed by whoever starts, once, and those of an answer that has fallen since go.
func TestSealComments(t *testing.T) {
	each(t, func(w *world) {
		const n = 700 // more than one transaction takes
		for i := range n {
			w.org(member.Org{Slug: fmt.Sprintf("u%03d", i), Partner: true})
		}
		d := w.draft(nil)
		w.release(d.ID)
		w.exec(`UPDATE warning_recipient SET answer = 'affected' WHERE org_id <> 'u001'`)
		w.exec(`INSERT INTO warning_comment_unsealed (warning_id, revision, org_id, comment) SELECT warning_id, revision, org_id, 'said by ' || org_id FROM warning_recipient WHERE warning_id = $1`, d.ID)
		_, err := w.s.Acknowledge(ctx, engineer("u002"), d.ID, warning.AnswerInput{Answer: warning.Checking, Comment: "said since"})
		w.ok(err)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := w.s.SealComments(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if left := w.number(`SELECT count(*) FROM warning_comment_unsealed`); left != 0 {
			t.Errorf("%d in clear", left)
		}
		for org, sealed := range w.comments(d.ID) {
			if bytes.Contains(sealed, []byte("said")) {
				t.Errorf("%s: %q", org, sealed)
			}
		}
		var b strings.Builder
		for _, org := range []string{"u000", "u001", "u002", "u699"} {
			_, r, err := w.s.Get(ctx, engineer(org), d.ID)
			w.ok(err)
			fmt.Fprintf(&b, "%s: %s\n", org, r.Comment)
		}
		if b.String() != "u000: said by u000\nu001: \nu002: said since\nu699: said by u699\n" {
			t.Error(b.String())
		}
	})
}
