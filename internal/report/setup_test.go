// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var learned = dbtest.Start.Add(-3 * time.Hour)

// A house is a platform with two authorities, a partner unit, another member and a member of staff.
type house struct {
	*report.Service
	t                          *testing.T
	clock                      *calendar.Driven
	webhookAuthority           string
	mailAuthority              string
	unit, other                member.Actor
	analyst, auditor, operator member.Actor // operator: an administrator of the platform
}

// each builds a house on every database, with the integrator of the evidence log at work.
func each(t *testing.T, test func(t *testing.T, h *house)) {
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
			log.Run(ctx, 50*time.Millisecond, func(err error) { t.Error(err) })
		}()
		t.Cleanup(func() { cancel(); <-stopped })
		h := &house{t: t, clock: clock, Service: &report.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Evidence: log, Seal: ring,
			Duties: &duty.Service{DB: d}, Blobs: blob.Store{Dir: t.TempDir(), Seal: ring}, Prefix: "FS"}}
		h.webhookAuthority = h.org("centre", "authority", false, "https://centre.example/hook")
		h.mailAuthority = h.org("cert", "authority", false, "")
		h.unit = h.person(h.org("unit", "provider", true, ""), member.Engineer)
		h.other = h.person(h.org("other", "operator", false, ""), member.Engineer)
		platform := h.org("platform", "platform", false, "")
		h.analyst, h.auditor, h.operator = h.person(platform, member.Analyst), h.person(platform, member.Auditor), h.person(platform, member.Administrator)
		test(t, h)
	})
}

func (h *house) org(slug, role string, partner bool, url string) string {
	id := uuid.Must(uuid.NewV7()).String()
	h.write(func(ctx context.Context, tx *db.Tx) error {
		secret := h.Seal.Seal("org/"+id+"/webhook_secret", []byte("sixteen bytes or more"))
		return db.Bulk(ctx, tx, `org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status,
			suspension_reason, email, phone, webhook_url, webhook_secret_sealed, domains, note, created_at)`, "", [][]any{{id, slug, "单位" + slug, slug,
			db.ToJSON([]string{role}), partner, 0, "", "", "CN", "active", "", slug + "@example.org", "", url, secret, db.ToJSON([]string{}), "", db.At(tx.Now)}})
	})
	return id
}

func (h *house) person(org string, role member.Role) member.Actor {
	id := uuid.Must(uuid.NewV7()).String()
	h.write(func(ctx context.Context, tx *db.Tx) error {
		return db.Bulk(ctx, tx, `account (id, org_id, email, name, roles, password_hash, locale, status, created_at)`, "", [][]any{{
			id, org, id + "@example.org", "", db.ToJSON([]string{string(role)}), "", "zh-CN", "active", db.At(tx.Now)}})
	})
	return member.Actor{AccountID: id, OrgID: org, Roles: []member.Role{role}, Via: "web", Locale: "zh-CN"}
}

func (h *house) write(do func(context.Context, *db.Tx) error) {
	h.t.Helper()
	if err := h.DB.Tx(h.t.Context(), func(tx *db.Tx) error { return do(h.t.Context(), tx) }); err != nil {
		h.t.Fatal(err)
	}
}

// count runs a query that returns one number.
func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	h.write(func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = db.Get(ctx, tx, db.Value[int], query, args...)
		return err
	})
	return n
}

// rows counts everything that a report leaves behind.
func (h *house) rows() map[string]int {
	out := map[string]int{}
	for _, table := range []string{"report", "report_version", "attachment", "event", "evidence", "duty", "delivery", "series"} {
		out[table] = h.count(`SELECT count(*) FROM ` + table)
	}
	delete(out, "evidence") // the integrator adds its own counter to series
	out["series"] = h.count(`SELECT count(*) FROM series WHERE name LIKE 'report/%'`)
	return out
}

func (h *house) submit(by member.Actor, in report.Input) report.Result {
	h.t.Helper()
	out, err := h.Submit(h.t.Context(), by, in)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *house) transfers(id string) (out []delivery.Delivery) {
	h.t.Helper()
	out, err := h.Transfers(h.t.Context(), member.System(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// whole is a content with all statutory items.
func whole() report.Content {
	return report.Content{Vendor: "Example Software", Product: "Example Logger", Versions: "2.0 – 2.14.1", PURL: "pkg:maven/org.example/logger",
		Technical: "a look-up in a logged message loads a class from afar", Harm: "code of the sender runs", Scope: "whoever logs input",
		CWE: "cwe-502", Exploited: "no", Relation: duty.MakesProduct, LearnedAt: learned, Aliases: []string{"CVE-2021-00000", " ", "CVE-2021-00000"}}
}

func flash() report.Input {
	return report.Input{Flash: true, Content: report.Content{Product: "Example Logger", Harm: "code of the sender runs", Exploited: "unknown", LearnedAt: learned}}
}

func wantKind(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); err == nil || got != kind {
		t.Errorf("got %v (%s), want %s", err, got, kind)
	}
}

// fields returns the rules that an error says were broken, by field.
func fields(err error) map[string]string {
	out := map[string]string{}
	for e := err; e != nil; {
		if f, ok := e.(*fault.Error); ok {
			for _, x := range f.Fields {
				out[x.Name] = x.Rule
			}
			break
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	return out
}

func same(t *testing.T, what string, got, want any, opts ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
