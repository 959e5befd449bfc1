// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package email_test

import (
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/channel/email"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/spec/pgp"
	"github.com/fengsui/fengsui/internal/spec/pgp/pgptest"
)

// The operator is warned of the platform's own keys thirty days before they end, not earlier, and when they have.
func TestOwnKeysThatEnd(t *testing.T) {
	day := 24 * time.Hour
	id := newIdentity(t, rsaKey(t, 2048), 0, at.Add(100*day))
	signer, err := pgp.ReadSigner(pgptest.New(t, at, "Warnings <warnings@fengsui.example>", "ed25519", "sign", "200d").Private(), at)
	if err != nil {
		t.Fatal(err)
	}
	s := &delivery.Sender{Channels: map[string]delivery.Channel{delivery.Email: email.Channel{Sign: &id.pair, OpenPGP: signer}}}
	near := func(a, b time.Time) bool { return a.Sub(b).Abs() <= 2*time.Hour }
	for _, x := range []struct {
		name  string
		now   time.Time
		kinds map[string]time.Time
	}{
		{"long before", at.Add(69 * day), map[string]time.Time{}},
		{"the certificate ends in 29 days", at.Add(71 * day), map[string]time.Time{"smime": at.Add(100 * day)}},
		{"it has ended", at.Add(101 * day), map[string]time.Time{"smime": at.Add(100 * day)}},
		{"the key ends, too", at.Add(172 * day), map[string]time.Time{"smime": at.Add(100 * day), "openpgp": at.Add(200 * day)}},
		{"both have ended", at.Add(210 * day), map[string]time.Time{"smime": at.Add(100 * day), "openpgp": at.Add(210 * day)}},
	} {
		got := s.EndingKeys(x.now)
		if len(got) != len(x.kinds) {
			t.Errorf("%s: %+v", x.name, got)
		}
		for _, k := range got {
			if want, ok := x.kinds[k.Kind]; !ok || k.Channel != delivery.Email || !near(k.Ends, want) {
				t.Errorf("%s: %+v, want %v", x.name, k, want)
			}
		}
	}
	if got := (&delivery.Sender{Channels: map[string]delivery.Channel{delivery.Email: email.Channel{}}}).EndingKeys(at); len(got) != 0 {
		t.Errorf("without keys: %+v", got)
	}
}
