// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// submit accepts reports: validate, seal, store, evidence, duties, two transfers, receipt.
func submit(ctx context.Context, b *bench) error {
	reporter, err := b.reporter(ctx)
	if err != nil {
		return err
	}
	stop := b.integrate(ctx)
	defer stop()
	n := b.scaled(2000)
	took, all, err := b.paced(n, 200, func(i int) error { return b.one(ctx, reporter, i) })
	if err != nil {
		return err
	}
	b.quantiles("accept a report at 200/s", took, fmt.Sprintf("%.0f/s reached; validated, stored with event, evidence, duties and transfers, receipt in hand", float64(n)/all.Seconds()))
	took, all, err = b.paced(n, 0, func(i int) error { return b.one(ctx, reporter, n+i) })
	if err != nil {
		return err
	}
	b.say("accept reports, 8 at once", float64(n)/all.Seconds(), "1/s", n, "")
	b.quantiles("accept reports, 8 at once", took, "")
	return nil
}

func (b *bench) reporter(ctx context.Context) (member.Actor, error) {
	var o member.Org
	for _, in := range []member.OrgInput{{Slug: "notification", NameZH: "通报中心", Roles: []member.OrgRole{member.Authority}, Email: "a@bench.example"},
		{Slug: "response", NameZH: "协调中心", Roles: []member.OrgRole{member.Authority}, Email: "b@bench.example"},
		{Slug: "reporter", NameZH: "提供者", Roles: []member.OrgRole{member.Provider}, Partner: true, Email: "c@bench.example"}} {
		var err error
		if o, err = b.Members.AddOrg(ctx, member.System(), in); err != nil {
			return member.Actor{}, err
		}
	}
	a, err := b.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: "reporter@bench.example", Name: "Reporter", Roles: []member.Role{member.Engineer}})
	return member.Actor{AccountID: a.ID, OrgID: o.ID, Roles: a.Roles, OrgRoles: o.Roles, Via: "api", Locale: "zh-CN"}, err
}

func (b *bench) one(ctx context.Context, by member.Actor, i int) error {
	_, err := b.Reports.Submit(ctx, by, report.Input{IdempotencyKey: fmt.Sprint("bench-", i), Content: report.Content{Product: fmt.Sprint("Router ", i), Vendor: "Vendor", Model: "X", Versions: "1.0 – 1.9",
		Technical: "A flaw in the management page lets whoever can reach it run commands.", Harm: "Full control of the device.", Scope: "All devices in the field.", CWE: "CWE-78", Exploited: "no",
		Public: "no", Upstream: "no", Relation: duty.MakesProduct, LearnedAt: time.Now().Add(-time.Hour), LearnedBy: "research"}})
	return err
}

// integrate runs the evidence log's loop, and returns how to stop it.
func (b *bench) integrate(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { b.Evidence.Run(ctx, time.Second, func(err error) { b.Log.Error("integrate", "error", err) }) })
	return func() { cancel(); wg.Wait() }
}

// paced does n things, so many a second (0: eight at once, as fast as they go), and returns how long each took from
// the moment at which it was due.
func (b *bench) paced(n, rate int, do func(i int) error) (took []time.Duration, all time.Duration, err error) {
	took, errs := make([]time.Duration, n), make([]error, n)
	workers := 8
	if rate > 0 {
		workers = 64
	}
	todo := make(chan int)
	start := time.Now()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range todo {
				due := time.Now()
				if rate > 0 {
					due = start.Add(time.Duration(i) * time.Second / time.Duration(rate))
				}
				errs[i] = do(i)
				took[i] = time.Since(due)
			}
		})
	}
	for i := range n {
		if rate > 0 {
			time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		}
		todo <- i
	}
	close(todo)
	wg.Wait()
	return took, time.Since(start), errors.Join(errs...)
}
