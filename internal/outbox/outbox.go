// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package outbox shows the operator what waits to leave the platform, why, and what could not be delivered, and sends it
// once more.
package outbox

import (
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// Service holds the verbs about what leaves.
type Service struct {
	DB     *db.DB
	Events *event.Log
	Seal   *seal.Keyring // names guests
	Sender *delivery.Sender
}

// Replayed: staff sent deliveries once more that had failed for good.
type Replayed struct {
	Deliveries []string `json:"deliveries"`
}

// Kind is the stored name.
func (Replayed) Kind() string { return "delivery.replayed" }

// About puts it on no time line: the attempts stand with each delivery.
func (Replayed) About() event.About { return event.About{} }

// operator: who keeps the platform going. For everybody else there is no such page.
func operator(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Is(member.DutyOfficer, member.Supervisor, member.Administrator) || !by.Allows(member.ScopeCase):
		return fault.Hidden()
	}
	return nil
}

// storable reports whether both databases take a text: no delivery has another id.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// named are deliveries with the names of their guests.
func (s *Service) named(ds []delivery.Delivery) []delivery.Delivery {
	for i, d := range ds {
		ds[i] = d.Named(s.Seal)
	}
	return ds
}
