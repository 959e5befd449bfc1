// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package destination knows where and when a member wants to be reached: further addresses beside its two main ones,
// what it wants at once, what in a digest and what not at all, and whether anybody is there.
package destination

import (
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/seal"
)

// Channels that a destination can be on, in the order in which they are offered.
var Channels = []string{delivery.Email, delivery.Webhook, delivery.DingTalk, delivery.WeCom, delivery.Feishu, delivery.Slack, delivery.Teams, delivery.SMS}

// The two main addresses of an organisation, as targets: they stand in the organisation's own record.
const (
	MainEmail   = delivery.Email
	MainWebhook = delivery.Webhook
)

// A Destination is where a member is reached beside its main addresses.
type Destination struct {
	ID, OrgID   string
	Channel     string
	Label       string // as the member calls it
	Address     string // e-mail address, URL or telephone number
	Certificate string // S/MIME certificate in PEM or OpenPGP key in ASCII armour that mail is encrypted for; "" for none
	Types       []string
	CreatedAt   time.Time
	VerifiedAt  time.Time // nothing but tests goes out before
	PausedAt    time.Time
	DownAt      time.Time // since when nothing has come through
	FormerUntil time.Time // the secret before the last rotation signs as well until then

	secret, former []byte
}

// Live reports whether messages go to the destination.
func (d Destination) Live() bool { return !d.VerifiedAt.IsZero() && d.PausedAt.IsZero() }

// maxOf is how many destinations an organisation may have.
const maxOf = 20

// Service holds the verbs about destinations.
type Service struct {
	DB      *db.DB
	Events  *event.Log
	Seal    *seal.Keyring
	BaseURL string                    // of this platform, for links
	Offers  func(channel string) bool // whether the platform can send on a channel; nil means on every one
	Private bool                      // plain http is allowed: for the demo and tests
	Notify  func()                    // kicks the deliveries, after the commit
}

func (s *Service) offers(channel string) bool { return s.Offers == nil || s.Offers(channel) }

// on is what the events say of a destination: never its address.
type on struct {
	OrgID         string `json:"org"`
	DestinationID string `json:"destination"`
	Channel       string `json:"channel"`
}

// About puts it on the organisation's time line.
func (o on) About() event.About { return event.About{Subjects: []string{"org/" + o.OrgID}} }

func (d Destination) on() on { return on{d.OrgID, d.ID, d.Channel} }

// Events of this package.
type (
	// Added: a member named a further place where it can be reached.
	Added struct{ on }
	// Changed: a member changed one.
	Changed struct {
		on
		Changed []string `json:"changed"` // "label", "address", "certificate", "types", "paused"
	}
	// Rotated: its webhook got a new signing secret.
	Rotated struct{ on }
	// Removed: a member wants no messages there any more.
	Removed struct{ on }
)

// Kind is the stored name.
func (Added) Kind() string { return "destination.added" }

// Kind is the stored name.
func (Changed) Kind() string { return "destination.changed" }

// Kind is the stored name.
func (Rotated) Kind() string { return "destination.rotated" }

// Kind is the stored name.
func (Removed) Kind() string { return "destination.removed" }
