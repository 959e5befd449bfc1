// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/warning/warningtest"
)

// release warns a hundred thousand members: every copy and every delivery is durable when it returns.
func release(ctx context.Context, b *bench) error {
	if err := warningtest.Members(ctx, b.DB, b.scaled(100_000)); err != nil {
		return err
	}
	id, err := warningtest.Case(ctx, b.DB, b.Seal, 10)
	if err != nil {
		return err
	}
	t, err := warningtest.Release(ctx, b.Warnings, id)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d recipients, %d deliveries, all durable", t.Recipients, t.Deliveries)
	b.say("release a red warning", ms(t.Release), "ms", t.Recipients, what)
	b.say("release a red warning: bare inserts", ms(t.Bare), "ms", t.Recipients, what)
	return nil
}
