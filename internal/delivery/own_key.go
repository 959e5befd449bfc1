// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"slices"
	"strings"
	"time"
)

// KeyNotice is how long before a key of the platform's own ends the operator is warned.
const KeyNotice = 30 * 24 * time.Hour

// An OwnKey is a key, or a certificate, with which the platform signs what leaves.
type OwnKey struct {
	Channel string
	Kind    string    // "smime" or "openpgp"
	Ends    time.Time // from then on nothing is signed with it; where it has ended already, a time that is not later than that asked about
}

// A KeyHolder is a channel that signs with keys of the platform's own.
type KeyHolder interface {
	// EndingKeys returns those that will have ended at a time, as it looks now.
	EndingKeys(now, by time.Time) []OwnKey
}

// EndingKeys are the platform's own keys that have ended or will within KeyNotice, by channel and kind.
func (s *Sender) EndingKeys(now time.Time) (out []OwnKey) {
	for name, c := range s.Channels {
		if h, ok := c.(KeyHolder); ok {
			for _, k := range h.EndingKeys(now, now.Add(KeyNotice)) {
				k.Channel = name
				out = append(out, k)
			}
		}
	}
	slices.SortFunc(out, func(a, b OwnKey) int { return strings.Compare(a.Channel+a.Kind, b.Channel+b.Kind) })
	return out
}
