// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// secret is a word of what is sealed: it must not turn up elsewhere.
const secret = "zebracrossing"

// A house is a platform with three supervisors, a duty officer, and two members.
type house struct {
	*compliance.Service
	*testing.T
	ctx   context.Context
	clock *calendar.Driven
	ring  *seal.Keyring
	kicks int

	reports  *report.Service
	warnings *warning.Service

	platform, cloud, other           string
	first, second, third, officer    member.Actor
	analyst, engineer, head, another member.Actor // engineer and head are of cloud, another is of the other member
}

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		ring, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			log.Run(ctx, 20*time.Millisecond, func(err error) { t.Error(err) })
		}()
		t.Cleanup(func() { cancel(); <-stopped })
		h := &house{T: t, ctx: t.Context(), clock: clock, ring: ring}
		events := &event.Log{DB: d, Evidence: log}
		duties := &duty.Service{DB: d, Events: events, Seal: ring}
		members := &member.Service{DB: d, Events: events, Seal: ring}
		cases := &casework.Service{DB: d, Events: events, Seal: ring, Prefix: "FS"}
		h.Service = &compliance.Service{DB: d, Events: events, Seal: ring, Members: members, Second: []member.Role{member.DutyOfficer}, Prefix: "FS", BaseURL: "https://fengsui.example", Notify: func() { h.kicks++ }}
		h.reports = &report.Service{DB: d, Events: events, Evidence: log, Seal: ring, Duties: duties, Blobs: blob.Store{Dir: t.TempDir(), Seal: ring}, Prefix: "FS"}
		h.warnings = &warning.Service{DB: d, Events: events, Seal: ring, Cases: cases, Members: members, Matches: &match.Service{DB: d, Events: events, Cases: cases}, Prefix: "FS", BaseURL: "https://fengsui.example"}
		h.platform, h.cloud, h.other = h.org("platform", member.Platform), h.org("cloud", member.Provider), h.org("other", member.Operator)
		h.first, h.second, h.third = h.person(h.platform, member.Supervisor), h.person(h.platform, member.Supervisor), h.person(h.platform, member.Supervisor)
		h.officer, h.analyst = h.person(h.platform, member.DutyOfficer), h.person(h.platform, member.Analyst)
		h.engineer, h.head, h.another = h.person(h.cloud, member.Engineer), h.person(h.cloud, member.OrgAdmin), h.person(h.other, member.Engineer)
		test(h)
	})
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (h *house) exec(query string, args ...any) {
	h.Helper()
	h.ok(h.DB.Tx(h.ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(h.ctx, query, args...)
		return err
	}))
}

// count runs a query that returns one number.
func (h *house) count(query string, args ...any) (n int) {
	h.Helper()
	h.ok(h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
		n, err = db.Get(h.ctx, tx, db.Value[int], query, args...)
		return err
	}))
	return n
}

func (h *house) org(slug string, role member.OrgRole) string {
	id := newID()
	h.exec(`INSERT INTO org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspension_reason, email, phone, webhook_url, domains, note, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,1,'','','CN','active','',$7,'010-55550100','','[]','',$8)`,
		id, slug, "单位"+slug, "Unit "+slug, db.ToJSON([]string{string(role)}), role != member.Platform, slug+"@member.example", db.At(h.clock.Now()))
	return id
}

func (h *house) person(org string, role member.Role) member.Actor {
	id := newID()
	h.exec(`INSERT INTO account (id, org_id, email, name, roles, password_hash, locale, status, created_at) VALUES ($1,$2,$3,'',$4,'','zh-CN','active',$5)`,
		id, org, id+"@example.org", db.ToJSON([]string{string(role)}), db.At(h.clock.Now()))
	return member.Actor{AccountID: id, OrgID: org, Roles: []member.Role{role}, Via: "web", Locale: "zh-CN"}
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// want holds an error to a kind and, unless it is "", a key or the name of a field.
func (h *house) want(what string, err error, kind fault.Kind, about string) {
	h.Helper()
	if err == nil || fault.KindOf(err) != kind || !strings.Contains(err.Error(), about) {
		h.Errorf("%s: got %v, want %s %s", what, err, kind, about)
	}
}

func (h *house) at(s string) time.Time {
	h.Helper()
	t, err := time.Parse(time.RFC3339, s)
	h.ok(err)
	return t
}

func (h *house) set(s string) { h.Helper(); h.clock.Set(h.at(s)) }

func (h *house) standing() member.Org {
	h.Helper()
	var o member.Org
	h.ok(h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
		o, err = h.Members.OrgTx(h.ctx, tx, h.cloud)
		return err
	}))
	return o
}

// kinds are the kinds on a time line.
func (h *house) kinds(subject string) (out []string) {
	h.Helper()
	h.ok(h.DB.View(h.ctx, func(tx *db.Tx) error {
		ls, err := event.TimeLine(h.ctx, tx, subject)
		for _, l := range ls {
			out = append(out, l.Kind)
			if strings.Contains(l.Payload, secret) {
				h.Errorf("%s holds what is sealed", l.Kind)
			}
		}
		return err
	}))
	return out
}

func asked(org string) compliance.Question {
	return compliance.Question{OrgID: org, Text: "何时获知该漏洞？ " + secret, Anchor: dbtest.Start,
		Evidence: []compliance.Evidence{{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/2021/17", Remark: "credits a person of the unit"}}}
}

// inquiry is a file in a state, as the ladder makes it.
func (h *house) inquiry(state compliance.State, p compliance.Proposal) compliance.File {
	h.Helper()
	f, err := h.OpenInquiry(h.ctx, h.first, asked(h.cloud))
	h.ok(err)
	if state == compliance.Open {
		return f
	}
	f, err = h.Serve(h.ctx, h.first, f.ID, "告知 "+secret, 0)
	h.ok(err)
	if state == compliance.Noticed {
		return f
	}
	f, err = h.State(h.ctx, h.engineer, f.ID, "陈述 "+secret, time.Time{})
	h.ok(err)
	if state == compliance.Stated {
		return f
	}
	f, err = h.Propose(h.ctx, h.first, f.ID, p)
	h.ok(err)
	if state == compliance.Proposed {
		return f
	}
	f, err = h.Sign(h.ctx, h.second, f.ID, f.Decision().ID)
	h.ok(err)
	if state == compliance.Decided {
		return f
	}
	f, err = h.Appeal(h.ctx, h.head, f.ID, "申诉 "+secret)
	h.ok(err)
	return f
}

func sixMonths() compliance.Proposal {
	return compliance.Proposal{Outcome: compliance.Suspension, Months: 6, Reasons: "未按期报送 " + secret, PublicZH: "未按期报送漏洞。", PublicEN: "It did not report in time."}
}
