// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/outbox"
)

// Units whose receivers of webhooks do not work, each in its own way.
const (
	moved  = "guanlan" // it is there no more
	broken = "canglan" // it is being repaired
)

// apart gives them receivers of their own.
func (d *Demo) apart() error { return errors.Join(d.world.Apart(moved), d.world.Apart(broken)) }

// receivers are what becomes of them. What waits and what failed, the platform's own delivery makes of it.
func receivers() []scene {
	return []scene{
		{at: at(time.December, 6, 12, 0), en: "the log company takes its receiver down for good", do: answersWith(moved, http.StatusGone)},
		{at: at(time.December, 7, 10, 0), en: "and tests the address that the platform still has", do: (*stage).testsReceiver},
		{at: at(time.December, 8, 11, 0), en: "the bank repairs its receiver", do: answersWith(broken, http.StatusServiceUnavailable)},
	}
}

func answersWith(org string, status int) func(*stage, context.Context) error {
	return func(st *stage, _ context.Context) error {
		st.world.Answer(org, status)
		return nil
	}
}

func (st *stage) testsReceiver(ctx context.Context) error {
	_, err := st.s.Destinations.Test(ctx, st.as(moved), destination.MainWebhook)
	return err
}

// receiverScreens are the pages about what waits to leave the platform, and what failed.
func (d *Demo) receiverScreens(ctx context.Context, add func(name, who, path string)) error {
	add("deliveries", "officer", "/deliveries")
	add("deliveries-webhook", "officer", "/deliveries?channel=webhook")
	board, err := d.s.Outbox.Board(ctx, d.as("officer"))
	if err != nil {
		return err
	}
	for _, x := range board.Waiting[:min(1, len(board.Waiting))] {
		add("delivery-waiting", "officer", "/deliveries/"+url.PathEscape(x.Name()))
	}
	failed, _, err := d.s.Outbox.Failed(ctx, d.as("officer"), outbox.Filter{Limit: 1})
	for _, x := range failed {
		add("delivery-failed", "officer", "/deliveries/"+url.PathEscape(x.Name()))
	}
	return err
}
