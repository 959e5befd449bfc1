// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/outbox"
)

// deliveries lets a message fail for good and has it sent once more; the message and its address are shown nowhere.
func (w *walk) deliveries() {
	ctx := context.Background()
	sender := &delivery.Sender{DB: w.DB, Channels: map[string]delivery.Channel{}, Purposes: map[string]delivery.Purpose{}}
	w.Outbox = &outbox.Service{DB: w.DB, Events: w.Members.Events, Seal: w.Members.Seal, Sender: sender}
	w.ok(w.DB.Tx(ctx, func(tx *db.Tx) error {
		return delivery.Queue(ctx, tx, delivery.Delivery{Purpose: "nothing", Subject: "s", Channel: "pigeon", Destination: "loft@member.example"}.Named(w.Members.Seal))
	}))
	_, err := sender.Drain(ctx)
	w.ok(err)
	a := w.do(rq{op: "list-failed-deliveries", as: "officer", query: "channel=pigeon&limit=1"})
	if a.len("items") != 1 || a.text("items.0.why") == "" || a.text("items.0.state") != "failed" {
		w.Errorf("failed: %s", a.raw)
	}
	id := a.text("items.0.id")
	if strings.Contains(string(a.raw), "loft") || strings.Contains(string(a.raw), "member.example") || a.text("items.0.reason.code") != string(delivery.NoChannel) {
		w.Errorf("it names an address, or no reason: %s", a.raw)
	}
	one := w.do(rq{op: "get-delivery", as: "officer", path: []string{id}})
	if one.len("tries") != 1 || one.text("tries.0.outcome") != "failed" || one.text("why") == "" || strings.Contains(string(one.raw), "loft") {
		w.Errorf("one: %s", one.raw)
	}
	w.do(rq{op: "get-delivery", as: "officer", path: []string{id + "x"}, want: 404})
	w.do(rq{op: "get-delivery", as: "engineer", path: []string{id}, want: 404})
	if a := w.do(rq{op: "retry-deliveries", as: "officer", body: object{"ids": []string{id}}}); fmt.Sprint(a.at("queued")) != "1" {
		w.Errorf("retried: %s", a.raw)
	}
	board := w.do(rq{op: "get-outbox", as: "supervisor"})
	if board.len("channels") == 0 {
		w.Errorf("board: %s", board.raw)
	}
	w.do(rq{op: "retry-deliveries", as: "officer", body: object{}, want: 422})
	w.do(rq{op: "list-failed-deliveries", as: "officer", query: "after=nonsense", want: 422})
	for _, op := range []string{"get-outbox", "list-failed-deliveries"} {
		w.do(rq{op: op, as: "engineer", want: 404})
	}
	w.do(rq{op: "retry-deliveries", as: "engineer", body: object{"ids": []string{id}}, want: 404})
}
