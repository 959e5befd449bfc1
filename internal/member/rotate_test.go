// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func (b bench) address(org string) (a delivery.Address) {
	b.Helper()
	if err := b.db.View(context.Background(), func(tx *db.Tx) error {
		o, err := b.OrgTx(context.Background(), tx, org)
		a = o.Address(tx.Now)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return a
}

// Both secrets sign for a day after a rotation, and only those two; the secret is told once, to the administrator.
func TestRotateSecret(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		admin := b.as(member.OrgAdmin)
		first := b.address(b.own.ID)
		for _, x := range []struct {
			by   member.Actor
			want fault.Kind
		}{{member.Anonymous("web"), fault.Unauthenticated}, {b.as(member.Engineer), fault.Forbidden}} {
			if _, _, err := b.RotateSecret(ctx, x.by); !fault.Is(err, x.want) {
				t.Errorf("%v, want %s", err, x.want)
			}
		}
		var all [][]byte
		for range 2 {
			o, secret, err := b.RotateSecret(ctx, admin)
			if err != nil || o.WebhookSecret != nil || o.WebhookFormer != nil {
				t.Fatal(err)
			}
			key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
			if err != nil {
				t.Fatal(err)
			}
			a := b.address(b.own.ID)
			if !bytes.Equal(a.Secret, key) || !bytes.Equal(a.Former, first.Secret) || len(key) != 32 {
				t.Errorf("secret %x, former %x", a.Secret, a.Former)
			}
			first = a
			all = append(all, key)
		}
		b.clock.Advance(member.Overlap)
		if a := b.address(b.own.ID); a.Former != nil || !bytes.Equal(a.Secret, all[1]) {
			t.Errorf("after the overlap: %+v", a)
		}
		// another receiver has never had the old secret
		if _, _, err := b.RotateSecret(ctx, admin); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Configure(ctx, admin, b.own.ID, member.Channels{Email: "psirt@own.example", WebhookURL: "https://other.own.example/"}); err != nil {
			t.Fatal(err)
		}
		if a := b.address(b.own.ID); a.Former != nil {
			t.Error("a new address is signed for with an old secret")
		}
		if _, _, err := b.Configure(ctx, admin, b.own.ID, member.Channels{Email: "psirt@own.example"}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.RotateSecret(ctx, admin); !fault.Is(err, fault.NotFound) {
			t.Errorf("without a webhook: %v", err)
		}
	})
}

// A main address takes a certificate or a key that works now; what stands is not judged again when something else changes.
func TestMainAddressTakesAKey(t *testing.T) {
	each(t, func(b bench) {
		ctx := context.Background()
		admin := b.as(member.OrgAdmin)
		key, err := os.ReadFile("testdata/key.asc")
		if err != nil {
			t.Fatal(err)
		}
		in := member.Channels{Email: "psirt@own.example", Certificate: string(key)}
		if _, _, err = b.Configure(ctx, admin, b.own.ID, in); err != nil {
			t.Fatal(err)
		}
		if a := b.address(b.own.ID); !a.Seals(b.clock.Now()) {
			t.Errorf("mail to %s is not encrypted", a.Email)
		}
		b.clock.Advance(20 * 365 * 24 * 3600e9)
		if a := b.address(b.own.ID); a.Seals(b.clock.Now()) {
			t.Error("it is encrypted for a key that has expired")
		}
		in.Phone = "010-5555"
		if _, _, err = b.Configure(ctx, admin, b.own.ID, in); err != nil {
			t.Errorf("a telephone number cannot be changed while a key has expired: %v", err)
		}
		for _, text := range []string{"key", string(key) + string(key), strings.Replace(string(key), "PUBLIC", "PRIVATE", 2), string(key[:200])} {
			in.Certificate = text
			if _, _, err = b.Configure(ctx, admin, b.own.ID, in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%.60q: %v", text, err)
			}
		}
	})
}
