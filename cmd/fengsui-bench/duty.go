// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning/warningtest"
)

// A register is a million duties of ten thousand members over two years, as a platform might have them: nine of ten are
// met, most of the rest are running, some are overdue.
type register struct {
	*bench
	random *rand.Rand
	now    time.Time
	orgs   []string
	busy   string   // the member that owes most
	open   []string // ids of running duties, of which nobody was reminded
	n      int
	used   int // how many of open have been swept
}

// duties measures what people ask of a million duties, and the sweep that reminds of them.
func duties(ctx context.Context, b *bench) error {
	r := &register{bench: b, random: rand.New(rand.NewPCG(1, 2)), now: b.Clock.Now().UTC().Truncate(time.Second), n: b.scaled(1_000_000)}
	if err := r.fill(ctx); err != nil {
		return err
	}
	if err := r.ask(ctx); err != nil {
		return err
	}
	return r.sweep(ctx)
}

func (r *register) fill(ctx context.Context) error {
	if err := warningtest.Members(ctx, r.DB, r.scaled(10_000)); err != nil {
		return err
	}
	var err error
	if err = r.DB.View(ctx, func(tx *db.Tx) error {
		r.orgs, err = db.List(ctx, tx, db.Value[string], `SELECT id FROM org WHERE partner ORDER BY id`)
		return err
	}); err != nil {
		return err
	}
	r.busy = r.orgs[len(r.orgs)/2]
	accounts := map[string]string{}
	if err := r.DB.Tx(ctx, func(tx *db.Tx) error {
		var rows [][]any
		for _, org := range append([]string{"platform"}, r.orgs...) {
			roles := []string{"engineer", "org-admin"}
			if org == "platform" {
				roles = []string{"duty-officer", "duty-officer"}
			}
			for i, role := range roles {
				id := uuid.Must(uuid.NewV7()).String()
				if i == 0 {
					accounts[org] = id
				}
				rows = append(rows, []any{id, org, id + "@member.example", "李明", db.ToJSON([]string{role}), "", "zh-CN", "active", db.At(tx.Now)})
			}
		}
		return db.Bulk(ctx, tx, `account (id, org_id, email, name, roles, password_hash, locale, status, created_at)`, "", rows)
	}); err != nil {
		return err
	}
	start := time.Now()
	done := 0
	for part := range slices.Chunk(r.course(), 20_000) {
		if err := r.DB.Tx(ctx, func(tx *db.Tx) error {
			rows := make([][]any, len(part))
			for i, x := range part {
				rows[i] = r.duty(done+i, x, accounts)
			}
			done += len(rows)
			return db.Bulk(ctx, tx, `duty (id, rule, force, org_id, report_id, anchor, anchor_at, due_at, latest_at, met_at, met_event, void_at, void_why, created_at,
				law, article, pack, remind_at, account_id, number, lasted)`, "", rows)
		}); err != nil {
			return err
		}
	}
	r.say("duties: fill the register", time.Since(start).Seconds(), "s", r.n, "bulk inserts, in the order in which they were recorded")
	tidy := "ANALYZE"
	if r.engine == "postgres" { // as its own housekeeping would have done by now
		tidy = "VACUUM ANALYZE"
	}
	_, err = r.DB.Writer().ExecContext(ctx, tidy)
	return err
}

// An owing is how a duty begins, and in dice how it goes on.
type owing struct {
	anchor, created time.Time
	dice            int // 0 to 999
}

// course is how the register grew: one duty after the other over two years. Rows in any other order would be written all
// over its indexes, which no platform does, and which takes an engine many times as long.
func (r *register) course() []owing {
	out := make([]owing, r.n)
	for i := range out {
		x := owing{anchor: r.now.Add(-time.Duration(r.random.IntN(2*365*24*3600)) * time.Second), dice: r.random.IntN(1000)}
		if x.dice >= running { // learned of within two days, so that its steps are to come
			x.anchor = r.now.Add(-time.Duration(r.random.IntN(20*3600)) * time.Second)
		}
		x.created = x.anchor.Add(time.Duration(r.random.IntN(3600)) * time.Second)
		out[i] = x
	}
	slices.SortFunc(out, func(a, b owing) int { return a.created.Compare(b.created) })
	return out
}

// running is the least dice of a duty that is still running.
const running = 920

// duty is the i-th row: one of the rules, owed by one of the members.
func (r *register) duty(i int, x owing, accounts map[string]string) []any {
	rules := []struct{ rule, force, article string }{{duty.RuleReport, "mandatory", "7(2)"}, {duty.RuleVerify, "mandatory", "7(1)"}, {duty.RuleUpstream, "mandatory", "7(1)"},
		{duty.RulePartner, "contractual", ""}, {duty.RuleRemedy, "mandatory", "8"}}
	law := rules[r.random.IntN(len(rules))]
	org := r.orgs[r.random.IntN(len(r.orgs))]
	if r.random.IntN(200) == 0 {
		org = r.busy
	}
	var met, void, remind time.Time
	due := x.anchor.Add(48 * time.Hour)
	id := uuid.Must(uuid.NewV7()).String()
	switch {
	case x.dice < 880:
		met = x.created.Add(time.Duration(r.random.IntN(40*3600)) * time.Second)
	case x.dice < 900:
		met = due.Add(time.Duration(r.random.IntN(40*3600)) * time.Second)
	case x.dice < 910:
		void = x.created.Add(time.Hour)
	case x.dice < running: // overdue, and reminded of long ago
	default:
		remind = x.anchor.Add(24 * time.Hour)
		r.open = append(r.open, id)
	}
	var event, why any
	if !met.IsZero() {
		event = "e"
	}
	if !void.IsZero() {
		why = "not our product"
	}
	return []any{id, law.rule, law.force, org, fmt.Sprintf("report-%d", i), "learned", db.At(x.anchor), db.At(due), db.At(due.Add(14 * time.Hour)), db.At(met), event, db.At(void), why, db.At(x.created),
		"RMSV 2021", law.article, "cn-rmsv-2021@1.0.0", db.At(remind), accounts[org], fmt.Sprintf("FS-R-2026-%06d", i),
		lasted(x.created, met, void)}
}

// lasted is the class of how long a duty was open, as package duty keeps it: 2^n days, or 20.
func lasted(created, met, void time.Time) int {
	end := met
	if end.IsZero() {
		end = void
	}
	if end.IsZero() {
		return 20
	}
	n := 0
	for !end.Before(created.Add(24 * time.Hour << n)) {
		n++
	}
	return n
}

// rounds is how often a question is asked.
const rounds = 20

// ask measures the register's pages and what members owe.
func (r *register) ask(ctx context.Context) error {
	staff := member.Actor{AccountID: "staff", OrgID: "platform", Roles: []member.Role{member.Supervisor}, Via: "web"}
	some := func() string { return r.orgs[r.random.IntN(len(r.orgs))] }
	month := func() (from, until time.Time) {
		from = r.now.AddDate(0, 0, -30-r.random.IntN(600))
		return from, from.AddDate(0, 0, 30)
	}
	questions := []struct {
		name string
		q    func() duty.Query
	}{
		{"everything", func() duty.Query { return duty.Query{} }},
		{"everything, latest due first", func() duty.Query { return duty.Query{Sort: duty.DueLast} }},
		{"everything, newest facts first", func() duty.Query { return duty.Query{Sort: duty.AnchorLast} }},
		{"everything, last recorded first", func() duty.Query { return duty.Query{Sort: duty.RecordedNew} }},
		{"open", func() duty.Query { return duty.Query{State: duty.Open} }},
		{"overdue", func() duty.Query { return duty.Query{State: duty.Overdue} }},
		{"running", func() duty.Query { return duty.Query{State: duty.Running} }},
		{"arguable", func() duty.Query { return duty.Query{State: duty.Arguable} }},
		{"paused", func() duty.Query { return duty.Query{State: duty.Paused} }},
		{"not triggered", func() duty.Query { return duty.Query{State: duty.NotTriggered} }},
		{"met late", func() duty.Query { return duty.Query{State: duty.MetLate} }},
		{"met", func() duty.Query { return duty.Query{State: duty.Met} }},
		{"waived", func() duty.Query { return duty.Query{State: duty.Waived} }},
		{"void", func() duty.Query { return duty.Query{State: duty.Void} }},
		{"one rule", func() duty.Query { return duty.Query{Rule: duty.RuleReport} }},
		{"one rule, overdue", func() duty.Query { return duty.Query{Rule: duty.RuleReport, State: duty.Overdue} }},
		{"one rule, met late", func() duty.Query { return duty.Query{Rule: duty.RuleReport, State: duty.MetLate} }},
		{"one force", func() duty.Query { return duty.Query{Force: duty.Contractual} }},
		{"one force, overdue", func() duty.Query { return duty.Query{Force: duty.Contractual, State: duty.Overdue} }},
		{"one law", func() duty.Query { return duty.Query{Law: "RMSV 2021"} }},
		{"a law that nobody is under", func() duty.Query { return duty.Query{Law: "DORA"} }},
		{"one organisation", func() duty.Query { return duty.Query{OrgID: some()} }},
		{"one organisation, overdue", func() duty.Query { return duty.Query{OrgID: some(), State: duty.Overdue} }},
		{"the busiest organisation, met late", func() duty.Query { return duty.Query{OrgID: r.busy, State: duty.MetLate} }},
		{"a part of a name", func() duty.Query { return duty.Query{Org: fmt.Sprintf("Unit %d", r.random.IntN(len(r.orgs)))} }},
		{"due within a month", func() duty.Query { from, until := month(); return duty.Query{From: from, Until: until} }},
		{"due within a month, met late", func() duty.Query {
			from, until := month()
			return duty.Query{From: from, Until: until, State: duty.MetLate}
		}},
		{"as of a day of the past", func() duty.Query { return duty.Query{AsOf: r.now.AddDate(0, 0, -30-r.random.IntN(600))} }},
		{"as of a day of the past, overdue", func() duty.Query {
			return duty.Query{AsOf: r.now.AddDate(0, 0, -30-r.random.IntN(600)), State: duty.Overdue}
		}},
	}
	for _, x := range questions {
		var first, deep []time.Duration
		for range rounds {
			q := x.q()
			start := time.Now()
			o, err := r.Duties.Overview(ctx, staff, q)
			if err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
			first = append(first, time.Since(start))
			if len(first) >= 5 && time.Since(start) > time.Second {
				break // slow enough to be sure
			}
			if o.Next == "" {
				continue
			}
			q.After = r.deep(o)
			start = time.Now()
			if _, err := r.Duties.Overview(ctx, staff, q); err != nil {
				return fmt.Errorf("%s, deep: %w", x.name, err)
			}
			deep = append(deep, time.Since(start))
		}
		r.p95("duties: register, "+x.name, first, fmt.Sprintf("of %d duties, with counts by state", r.n))
		if len(deep) > 0 {
			r.p95("duties: register, "+x.name+", a page further down", deep, fmt.Sprintf("of %d duties, with counts by state", r.n))
		}
	}
	for name, org := range map[string]func() string{"a member": some, "the busiest member": func() string { return r.busy }} {
		var took []time.Duration
		for range rounds {
			id := org()
			by := member.Actor{AccountID: "a", OrgID: id, Roles: []member.Role{member.Engineer}, Via: "web"}
			start := time.Now()
			if _, err := r.Duties.Owed(ctx, by, id, true); err != nil {
				return err
			}
			took = append(took, time.Since(start))
		}
		r.p95("duties: what "+name+" owes", took, fmt.Sprintf("of %d duties", r.n))
	}
	return nil
}

// deep is the cursor behind a page; the pages behind it cost the same however far down they are, which the name of a
// question with random days shows.
func (r *register) deep(o duty.Overview) string { return o.Next }

func (b *bench) p95(name string, took []time.Duration, note string) {
	b.quantiles(name, took, note)
	b.say(name+" p95", ms(took[int(.95*float64(len(took)-1))]), "ms", len(took), note)
}

// sweep measures the reminders: a minute in which nothing falls due, and one in which a thousand do.
func (r *register) sweep(ctx context.Context) error {
	var took []time.Duration
	for range rounds {
		start := time.Now()
		if n, err := r.Duties.Remind(ctx); err != nil || n != 0 {
			return fmt.Errorf("nothing should fall due, %d did: %w", n, err)
		}
		took = append(took, time.Since(start))
	}
	r.p95("duties: sweep with nothing due", took, fmt.Sprintf("of %d duties, %d open", r.n, len(r.open)))
	for _, n := range []int{100, 1000} {
		n = min(n, len(r.open)/50)
		took = nil
		for range rounds {
			if err := r.fall(ctx, n); err != nil {
				return err
			}
			start := time.Now()
			if got, err := r.Duties.Remind(ctx); err != nil || got != n {
				return fmt.Errorf("%d should fall due, %d did: %w", n, got, err)
			}
			took = append(took, time.Since(start))
		}
		r.p95(fmt.Sprintf("duties: sweep with %d due", n), took, fmt.Sprintf("of %d duties: rows, letters, mails, calls and evidence, all durable", r.n))
	}
	return nil
}

// fall moves the clocks of n running duties so that the steps of a quarter of them each fall due a second ago.
func (r *register) fall(ctx context.Context, n int) error {
	ids := r.open[r.used : r.used+n]
	r.used += n
	return r.DB.Tx(ctx, func(tx *db.Tx) error {
		fell := tx.Now.Truncate(time.Second).Add(-time.Second)
		for i, step := range duty.Steps {
			part := ids[i*n/4 : (i+1)*n/4]
			anchor := fell.Add(-48 * time.Hour / 100 * time.Duration(step))
			for len(part) > 0 {
				some := part[:min(200, len(part))]
				part = part[len(some):]
				var a db.Args
				query := `UPDATE duty SET anchor_at = ` + a.P(db.At(anchor)) + `, created_at = ` + a.P(db.At(anchor)) + `, due_at = ` + a.P(db.At(anchor.Add(48*time.Hour))) + `, remind_at = ` + a.P(db.At(fell)) + ` WHERE id IN ` + db.In(&a, some)
				if _, err := tx.Exec(ctx, query, a...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
