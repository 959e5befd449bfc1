// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// secret is a word of the undisclosed details.
const secret = "lookup-expression-in-a-message"

var (
	analyst  = member.Actor{AccountID: "analyst", OrgID: "platform", Roles: []member.Role{member.Analyst}, Via: "web"}
	reviewer = member.Actor{AccountID: "reviewer", OrgID: "platform", Roles: []member.Role{member.DutyOfficer}, Via: "web"}
	engineer = member.Actor{AccountID: "engineer", OrgID: "unit", Roles: []member.Role{member.Engineer}, Via: "web"}
)

// house is a platform with advisories and nothing on top of them.
type house struct {
	*testing.T
	*advisory.Service
	clock *calendar.Driven
}

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		key, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		clock.Set(time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC))
		events := &event.Log{DB: d, Evidence: log}
		test(&house{T: t, clock: clock, Service: &advisory.Service{DB: d, Events: events, Seal: key, BaseURL: "https://fengsui.example",
			Cases:     &casework.Service{DB: d, Events: events, Seal: key, Prefix: "FS"},
			Publisher: advisory.Publisher{NameZH: "烽燧示范平台", NameEN: "Fengsui Demonstration Platform", Namespace: "https://fengsui.example", Contact: "security@fengsui.example"}}})
	})
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) want(err error, kind fault.Kind) {
	h.Helper()
	if err == nil || fault.KindOf(err) != kind {
		h.Errorf("got %v, want %s", err, kind)
	}
}

// log4j2 is what the platform holds of CVE-2021-44228, by the public record.
func log4j2() casework.Content {
	return casework.Content{
		Title: "Apache Log4j2 远程代码执行漏洞", TitleEN: "Remote code execution in Apache Log4j2",
		Description:   "Log4j2 在处理日志消息时会解析其中的查找表达式。" + secret,
		DescriptionEN: "Log4j2 resolves lookup expressions inside log messages. " + secret,
		CWE:           "CWE-502", Aliases: []string{"CVE-2021-44228", "GHSA-jfh8-c2jp-5v3q"},
		Affected: []report.Affected{{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core", Introduced: "2.0-beta9", Fixed: "2.15.0"},
			{Vendor: "Example Networks", Product: "Gateway", Model: "GW-100", LastAffected: "3.2"}},
		Fix: "升级到 log4j-core 2.15.0 或更高版本。", FixEN: "Upgrade to log4j-core 2.15.0 or later.",
		Workaround: "从类路径中移除 JndiLookup 类。", WorkaroundEN: "Remove the JndiLookup class from the class path.",
		References: []casework.Reference{{Kind: "advisory", URL: "https://logging.apache.org/security.html"}, {Kind: "web", URL: "https://www.cve.org/CVERecord?id=CVE-2021-44228"}},
		Credits:    []string{"示例安全实验室"},
	}
}

// graded puts a graded case into the database.
func (h *house) graded(number string, c casework.Content) (id string) {
	h.Helper()
	id = uuid.Must(uuid.NewV7()).String()
	sealed, err := seal.SealJSON(h.Seal, "casefile/"+id+"/content", c)
	h.ok(err)
	h.ok(h.DB.Tx(h.Context(), func(tx *db.Tx) error {
		ctx := h.Context()
		err := db.Bulk(ctx, tx, `casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at)`, "",
			[][]any{{id, number, casework.Assessed, db.At(tx.Now), sealed, 1, "critical", "critical", "yes", "", "", db.At(tx.Now), db.At(tx.Now)}})
		if err != nil {
			return err
		}
		grade := func(scheme, vector, value, score string) []any {
			id := uuid.Must(uuid.NewV7()).String()
			return []any{id, number, scheme, vector, value, score, h.Seal.Seal("grade/"+id+"/rationale", []byte(secret)), "analyst", "platform", db.At(tx.Now)}
		}
		rows := [][]any{grade("cvss-3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "critical", "10.0"),
			grade("cvss-4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "critical", "10.0"),
			grade("gbt30279-2020", "GBT30279:2020/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", "critical", "9×9")}
		for _, r := range rows {
			r[1] = id
		}
		return db.Bulk(ctx, tx, `grade (id, case_id, scheme, vector, value, score, rationale_sealed, account_id, org_id, at)`, "", rows)
	}))
	return id
}

// published publishes the advisory of a new case: the analyst drafts, the reviewer publishes.
func (h *house) published(number string, c casework.Content) advisory.Advisory {
	h.Helper()
	a, err := h.Draft(h.Context(), analyst, h.graded(number, c))
	h.ok(err)
	return h.release(a.ID)
}

// rev is the present state of an advisory's text.
func (h *house) rev(id string) int {
	h.Helper()
	a, err := h.Get(h.Context(), analyst, id)
	h.ok(err)
	return a.Rev
}

// release has a draft reviewed and published.
func (h *house) release(id string) advisory.Advisory {
	h.Helper()
	_, err := h.Submit(h.Context(), analyst, id)
	h.ok(err)
	a, err := h.Publish(h.Context(), reviewer, id, h.rev(id))
	h.ok(err)
	return a
}

// tables is every byte at rest, by table.
func (h *house) tables() map[string]string {
	h.Helper()
	out := map[string]string{}
	h.ok(h.DB.View(h.Context(), func(tx *db.Tx) error {
		list := `SELECT name FROM sqlite_master WHERE type = 'table'`
		if tx.Engine == db.PostgreSQL {
			list = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
		}
		names, err := db.List(context.Background(), tx, db.Value[string], list)
		if err != nil {
			return err
		}
		for _, name := range names {
			rows, err := tx.Query(context.Background(), `SELECT * FROM "`+name+`"`)
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				cells, to := make([][]byte, len(columns)), make([]any, len(columns))
				for i := range cells {
					to[i] = &cells[i]
				}
				if err := rows.Scan(to...); err != nil {
					return err
				}
				for _, c := range cells {
					out[name] += string(c) + "\n"
				}
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	}))
	return out
}
