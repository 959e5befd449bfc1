// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/seal"
)

// A guest's address stands in no id, and no id tells whether a guess of it is right. Deliveries that were made when an id
// held the address, or a digest that anybody can make, are not made once more, and are found by every name they ever had.
func TestGuestsAreNotNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		keys, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		const address = "finder@psirt.example"
		to := func(subject string) delivery.Delivery {
			return delivery.Delivery{Purpose: "test", Subject: subject, Channel: "email", Destination: address}
		}
		guess := func(subject string) string { // by whoever knows how it once was made
			sum := sha256.Sum256([]byte("test\n" + subject + "\n" + address))
			return delivery.ID("test", subject, "guest-"+hex.EncodeToString(sum[:10]), "email")
		}
		stored := map[string]string{"n:0": delivery.ID("test", "n:0", address, "email"), "n:1": guess("n:1")}
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			for subject, id := range stored {
				if _, err := tx.Exec(ctx, `INSERT INTO delivery (id, purpose, subject, org_id, channel, destination, state, attempts, last_error, created_at, done_at)
					VALUES ($1, 'test', $2, '', 'email', $3, 'failed', 1, 'answered 550', $4, $4)`, id, subject, address, db.At(tx.Now)); err != nil {
					return err
				}
			}
			for range 2 {
				for _, subject := range []string{"n:0", "n:1", "n:2"} {
					if err := delivery.Queue(ctx, tx, to(subject).Named(keys)); err != nil {
						return err
					}
				}
			}
			another := to("n:2")
			another.Destination = "other@psirt.example"
			return delivery.Queue(ctx, tx, another.Named(keys))
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Tx(ctx, func(tx *db.Tx) error { return delivery.Queue(ctx, tx, to("n:3")) }); err == nil {
			t.Error("a guest without a name has a delivery")
		}
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			names := map[string]bool{}
			for _, subject := range []string{"n:0", "n:1", "n:2"} {
				ds, err := delivery.Of(ctx, tx, "test", subject)
				if err != nil {
					return err
				}
				for _, x := range ds {
					for _, name := range []string{x.Name(), x.Named(keys).Name()} { // without the key, nothing stands for the guest
						if strings.Contains(name, "@") || strings.Contains(name, "psirt") || name == guess(subject) {
							t.Errorf("shown as %q", name)
						}
					}
					name := x.Named(keys).Name()
					names[name] = true
					if id := stored[subject]; id != "" && x.ID != id || id == "" && x.ID != name {
						t.Errorf("%q is stored as %q", name, x.ID)
					}
					asked := []string{name, x.ID}
					if subject == "n:0" {
						asked = append(asked, guess(subject)) // it was shown by that for a while
					}
					for _, ask := range asked {
						if got, err := delivery.Get(ctx, tx, keys, ask); err != nil || got.ID != x.ID || got.Name() != name {
							t.Errorf("by %q: %+v, %v", ask, got, err)
						}
					}
					if stored[subject] == "" {
						if _, err := delivery.Get(ctx, tx, keys, guess(subject)); err == nil {
							t.Error("a guess is confirmed")
						}
						continue
					}
					if out, err := delivery.Replay(ctx, tx, keys, []string{name}); err != nil || len(out) != 1 || out[0].ID != x.ID {
						t.Errorf("sent once more: %+v, %v", out, err)
					}
				}
			}
			if len(names) != 4 {
				t.Errorf("%d deliveries: %v", len(names), names)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
