// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

func TestListAndBoard(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var ids []string
		for range 5 {
			ids = append(ids, h.kase(casework.Triage).ID) // all at the same time
		}
		_, foreign := h.report(h.other, flaw())
		h.put(foreign, casework.Verifying)
		cs, next, err := h.List(h.ctx, h.analyst, casework.Filter{Limit: 4})
		if err != nil || len(cs) != 4 || next == "" || cs[0].Content.Description != "" || cs[0].Content.Title == "" {
			t.Fatalf("%d rows, next %q, %v", len(cs), next, err)
		}
		rest, next, err := h.List(h.ctx, h.analyst, casework.Filter{Limit: 4, After: next})
		if err != nil || len(rest) != 2 || next != "" || rest[1].ID != ids[0] {
			t.Errorf("%d rows, next %q, %v", len(rest), next, err)
		}
		cs, _, err = h.List(h.ctx, h.analyst, casework.Filter{States: []casework.State{casework.Verifying, casework.Closed}})
		if err != nil || len(cs) != 1 || cs[0].ID != foreign.ID {
			t.Errorf("by state: %+v, %v", cs, err)
		}
		if cs, _, err = h.List(h.ctx, h.reporter, casework.Filter{}); err != nil || len(cs) != 5 {
			t.Errorf("the reporter lists %d, %v", len(cs), err)
		}
		if cs, _, err = h.List(h.ctx, member.Anonymous("web"), casework.Filter{}); err != nil || len(cs) != 0 {
			t.Errorf("the public lists %d, %v", len(cs), err)
		}
		for _, f := range []casework.Filter{{After: "x"}, {After: "!"}, {After: "MjAyMQ"}, {Limit: -1}, {Limit: 201}, {States: []casework.State{"open"}}} {
			_, _, err := h.List(h.ctx, h.analyst, f)
			wantKind(t, err, fault.Invalid)
		}

		h.exec(`UPDATE casefile SET composite = 'high' WHERE id = $1`, ids[3])
		h.exec(`UPDATE casefile SET exploited = 'yes' WHERE id = $1`, ids[2])
		h.exec(`UPDATE casefile SET state_since = $1 WHERE id = $2`, db.At(h.clock.Now().Add(-time.Hour)), ids[4])
		b, err := h.Board(h.ctx, h.supervisor)
		h.ok(err)
		var got []string
		for _, c := range b[casework.Triage] {
			got = append(got, fmt.Sprint(strings.Index(strings.Join(ids, " "), c.ID)/37))
		}
		if strings.Join(got, "") != "23401" || len(b[casework.Verifying]) != 1 || len(b) != 2 {
			t.Errorf("board: %v, %d lanes", got, len(b))
		}
		if b, err = h.Board(h.ctx, h.other); err != nil || len(b[casework.Triage]) != 0 || len(b[casework.Verifying]) != 1 {
			t.Errorf("the other's board: %v, %v", b, err)
		}
		_, err = h.Board(h.ctx, member.Anonymous("web"))
		wantKind(t, err, fault.Unauthenticated)
	})
}

func TestReportsOf(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ra, a := h.report(h.reporter, flaw())
		_, b := h.report(h.other, flaw())
		h.ok(h.Join(h.ctx, h.analyst, b.ID, a.ID))
		h.party(a.ID, h.upstream.OrgID, casework.Upstream)
		for name, x := range map[string]struct {
			by   member.Actor
			want int
		}{"analyst": {h.analyst, 2}, "reporter": {h.reporter, 1}, "upstream": {h.upstream, 0}} {
			rs, err := h.ReportsOf(h.ctx, x.by, a.ID)
			if err != nil || len(rs) != x.want || x.want == 1 && rs[0].ID != ra.ID {
				t.Errorf("%s reads %d reports, %v", name, len(rs), err)
			}
		}
		// nor does one reporter learn from the time line that there is another
		ls, err := h.TimeLine(h.ctx, h.reporter, a.ID)
		if err != nil || len(ls) != 1 || ls[0].Kind != "case.opened" {
			t.Errorf("the reporter sees %+v, %v", ls, err)
		}
	})
}

// Undisclosed details rest sealed: no table holds the word, in whatever column.
func TestSealedAtRest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, c := h.report(h.reporter, flaw())
		h.registers(h.upstream.OrgID, "Upstream", "Logger", "pkg:maven/org.example/"+secret) // the notice's reason names it
		x := c.Content
		x.Description, x.Fix, x.Affected = secret, secret, []report.Affected{{PURL: "pkg:maven/org.example/" + secret}, {Vendor: secret, Product: secret}}
		_, err := h.Edit(h.ctx, h.analyst, c.ID, 1, x)
		h.ok(err)
		n, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: secret})
		if err != nil || !strings.Contains(n.Reason, secret) {
			t.Fatalf("notice: %+v, %v", n, err)
		}
		h.ok(h.AskInfo(h.ctx, h.analyst, c.ID, secret))
		h.ok(h.StartVerifying(h.ctx, h.analyst, c.ID))
		_, err = h.Verify(h.ctx, h.analyst, c.ID, casework.VerifyInput{Result: "reproduced", Environment: secret, Steps: secret, Remark: secret})
		h.ok(err)
		_, err = h.ConfirmOwn(h.ctx, h.upstream, c.ID, casework.VerifyInput{Result: "reproduced", Remark: secret})
		h.ok(err)
		_, err = h.AddGrade(h.ctx, h.analyst, c.ID, casework.GradeInput{Scheme: casework.GBT30279, Vector: gbt, Rationale: secret})
		h.ok(err)
		_, err = h.OpenNotice(h.ctx, h.upstream, n.ID)
		h.ok(err)
		h.ok(h.Answer(h.ctx, h.upstream, c.ID, casework.NotAffected, secret))
		s, mail, _ := h.sender()
		h.drain(s)
		for _, m := range mail.sent {
			if strings.Contains(m.Subject+m.Text, secret) {
				t.Errorf("a mail holds the word: %s", m.Subject)
			}
		}
		_, err = h.Edit(h.ctx, h.analyst, c.ID, 1, x) // an error says nothing of it
		if strings.Contains(err.Error(), secret) {
			t.Errorf("an error holds the word: %v", err)
		}
		h.exec(`DELETE FROM product`)
		for _, table := range h.tables() {
			if n := h.holds(table); n > 0 {
				t.Errorf("table %s holds the word %d times", table, n)
			}
		}
	})
}

// tables lists all tables of the schema.
func (h *house) tables() (out []string) {
	h.t.Helper()
	h.write(func(tx *db.Tx) (err error) {
		query := `SELECT name FROM sqlite_master WHERE type = 'table'`
		if tx.Engine == db.PostgreSQL {
			query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
		}
		out, err = db.List(h.ctx, tx, db.Value[string], query)
		return err
	})
	if len(out) < 20 {
		h.t.Fatalf("only %d tables", len(out))
	}
	return out
}

// holds counts the rows of a table that hold the secret in some column.
func (h *house) holds(table string) (n int) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		rows, err := tx.Query(h.ctx, `SELECT * FROM `+table)
		if err != nil {
			return err
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			values, dest := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				dest[i] = &values[i]
			}
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			for _, v := range values {
				if b, ok := v.([]byte); ok && bytes.Contains(b, []byte(secret)) || strings.Contains(fmt.Sprint(v), secret) {
					n++
				}
			}
		}
		return rows.Err()
	})
	return n
}
