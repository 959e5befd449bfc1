// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
)

// workshop keeps how many messages were made at once, and in which order they came.
type workshop struct {
	*purpose
	mu    sync.Mutex
	made  []string
	order []string
}

func (w *workshop) Render(_ context.Context, d delivery.Delivery) (delivery.Message, error) {
	return w.make([]delivery.Delivery{d})[0].Message, nil
}

func (w *workshop) RenderMany(_ context.Context, ds []delivery.Delivery) []delivery.Rendered {
	return w.make(ds)
}

func (w *workshop) make(ds []delivery.Delivery) []delivery.Rendered {
	out := make([]delivery.Rendered, len(ds))
	for i := range ds {
		out[i].Message.To = delivery.Address{URL: "https://all.example/", Email: "all@example.org"}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made = append(w.made, fmt.Sprintf("%d by %s", len(ds), ds[0].Channel))
	return out
}

// Send implements delivery.Channel.
func (w *workshop) Send(_ context.Context, id string, _ time.Time, _ delivery.Message) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.order = append(w.order, id)
	return 200, nil
}

// send queues and sends what of gives for 0 to 59, and returns the ids in this order.
func (w *workshop) send(t *testing.T, d *db.DB, parallel int, of func(i int, now time.Time) delivery.Delivery) (ids []string) {
	t.Helper()
	if err := d.Tx(ctx, func(tx *db.Tx) error {
		var ds []delivery.Delivery
		for i := range 60 {
			x := of(i, tx.Now)
			ds, ids = append(ds, x), append(ids, delivery.ID(x.Purpose, x.Subject, x.OrgID, x.Channel))
		}
		return delivery.Queue(ctx, tx, ds...)
	}); err != nil {
		t.Fatal(err)
	}
	s, _, p := setup(d)
	w.purpose = p
	s.Parallel, s.Purposes["test"] = parallel, w
	s.Channels["webhook"], s.Channels["email"] = w, w
	drain(t, s)
	return ids
}

// What goes to organisations by several channels is made together, channel by channel, though it is claimed organisation by
// organisation.
func TestMessagesOfAKindAreMadeTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		var w workshop
		ids := w.send(t, d, 32, func(i int, _ time.Time) delivery.Delivery {
			return delivery.Delivery{Purpose: "test", Subject: "s", OrgID: fmt.Sprintf("org%04d", i/2), Channel: []string{"email", "webhook"}[i%2]}
		})
		slices.Sort(w.made)
		if diff := cmp.Diff([]string{"30 by email", "30 by webhook"}, w.made); diff != "" {
			t.Error(diff)
		}
		slices.Sort(w.order)
		if diff := cmp.Diff(ids, w.order); diff != "" {
			t.Error(diff)
		}
	})
}

// Where one message is sent after the other, they go in the order in which they fell due, whatever could be made together.
func TestOneAfterTheOtherKeepsTheOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		var w workshop
		ids := w.send(t, d, 1, func(i int, now time.Time) delivery.Delivery {
			return delivery.Delivery{Purpose: "test", Subject: fmt.Sprint("s", i%2), OrgID: fmt.Sprintf("org%04d", i), Channel: "webhook", NextAt: now.Add(time.Duration(i-60) * time.Second)}
		})
		if diff := cmp.Diff(ids, w.order); diff != "" {
			t.Error(diff)
		}
	})
}
