// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package email

import (
	"crypto/x509"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
)

var _ delivery.KeyHolder = Channel{}

// EndingKeys are the sender's certificate and OpenPGP key where they will have ended at a time.
func (c Channel) EndingKeys(now, by time.Time) (out []delivery.OwnKey) {
	if c.Sign != nil && len(c.Sign.Certificate) > 0 {
		x, err := x509.ParseCertificate(c.Sign.Certificate[0])
		if err == nil && !by.Before(x.NotAfter) {
			out = append(out, delivery.OwnKey{Kind: "smime", Ends: x.NotAfter})
		}
	}
	if c.OpenPGP != nil && !c.OpenPGP.Signs(by) {
		out = append(out, delivery.OwnKey{Kind: "openpgp", Ends: ends(c.OpenPGP.Signs, now, by)})
	}
	return out
}

// ends is when something that holds no more at by has ended, to the minute; now where it does not hold now. A key can end by
// its own term, that of a subkey or that of a signature: it is asked whether it signs.
func ends(holds func(time.Time) bool, now, by time.Time) time.Time {
	if !holds(now) {
		return now
	}
	for by.Sub(now) > time.Minute {
		if half := now.Add(by.Sub(now) / 2); holds(half) {
			now = half
		} else {
			by = half
		}
	}
	return by
}
