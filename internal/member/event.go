// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"time"

	"github.com/fengsui/fengsui/internal/event"
)

// Events of this package.
type (
	// Joined: an organisation asked to join.
	Joined struct {
		OrgID string `json:"org"`
		Name  string `json:"name"`
	}
	// Approved: an applicant became a member.
	Approved struct {
		OrgID string `json:"org"`
		Name  string `json:"name"`
	}
	// Declined: an applicant did not become a member.
	Declined struct {
		OrgID string `json:"org"`
		Why   string `json:"why"`
	}
	// OrgAdded: the platform entered an organisation itself.
	OrgAdded struct {
		OrgID string `json:"org"`
		Name  string `json:"name"`
	}
	// AccountAdded: a person can act for an organisation or, with OrgID empty, for the platform.
	AccountAdded struct {
		OrgID     string `json:"org,omitempty"`
		AccountID string `json:"account"`
		Roles     []Role `json:"roles"`
	}
	// Configured: an organisation changed where it can be reached.
	Configured struct {
		OrgID   string   `json:"org"`
		Changed []string `json:"changed"` // "email", "phone", "webhook_url", "certificate"
	}
	// SecretRotated: an organisation's main webhook got a new signing secret.
	SecretRotated struct {
		OrgID string `json:"org"`
	}
	// TokenIssued: a person let a machine act in its name.
	TokenIssued struct {
		OrgID   string    `json:"org,omitempty"`
		TokenID string    `json:"token"`
		Scopes  []string  `json:"scopes"`
		Until   time.Time `json:"until,omitzero"`
	}
	// TokenRevoked: a token ended before its time.
	TokenRevoked struct {
		OrgID   string `json:"org,omitempty"`
		TokenID string `json:"token"`
	}
	// OrgSuspended: an organisation lost its standing for a time.
	OrgSuspended struct {
		OrgID string    `json:"org"`
		Until time.Time `json:"until"`
		Why   string    `json:"why"`
	}
	// OrgWarned: a warning stands on the organisation's record.
	OrgWarned struct {
		OrgID  string    `json:"org"`
		Number string    `json:"number"` // of the inquiry
		Until  time.Time `json:"until"`
	}
	// OrgRestricted: an organisation lost capabilities for a time.
	OrgRestricted struct {
		OrgID   string       `json:"org"`
		Number  string       `json:"number"` // of the inquiry
		Without []Capability `json:"without"`
		Until   time.Time    `json:"until"`
	}
	// MeasureLifted: a warning or restriction ended before its time.
	MeasureLifted struct {
		OrgID  string `json:"org"`
		Number string `json:"number"` // of the inquiry
	}
	// OrgReinstated: a suspension ended.
	OrgReinstated struct {
		OrgID string `json:"org"`
		Why   string `json:"why"`
	}
)

// Kind is the stored name.
func (Joined) Kind() string { return "member.joined" }

// About puts it on the organisation's time line.
func (e Joined) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (Approved) Kind() string { return "member.approved" }

// About puts it on the organisation's time line.
func (e Approved) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (Declined) Kind() string { return "member.declined" }

// About puts it on the organisation's time line.
func (e Declined) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (OrgAdded) Kind() string { return "member.added" }

// About puts it on the organisation's time line.
func (e OrgAdded) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (AccountAdded) Kind() string { return "member.account-added" }

// About puts it on the organisation's time line.
func (e AccountAdded) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (Configured) Kind() string { return "member.configured" }

// About puts it on the organisation's time line.
func (e Configured) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (SecretRotated) Kind() string { return "member.secret-rotated" }

// About puts it on the organisation's time line.
func (e SecretRotated) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (TokenIssued) Kind() string { return "member.token-issued" }

// About puts it on the organisation's time line.
func (e TokenIssued) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (TokenRevoked) Kind() string { return "member.token-revoked" }

// About puts it on the organisation's time line.
func (e TokenRevoked) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (OrgSuspended) Kind() string { return "member.suspended" }

// About puts it on the organisation's time line.
func (e OrgSuspended) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (OrgReinstated) Kind() string { return "member.reinstated" }

// About puts it on the organisation's time line.
func (e OrgReinstated) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (OrgWarned) Kind() string { return "member.warned" }

// About puts it on the organisation's time line.
func (e OrgWarned) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (OrgRestricted) Kind() string { return "member.restricted" }

// About puts it on the organisation's time line.
func (e OrgRestricted) About() event.About { return about(e.OrgID) }

// Kind is the stored name.
func (MeasureLifted) Kind() string { return "member.measure-lifted" }

// About puts it on the organisation's time line.
func (e MeasureLifted) About() event.About { return about(e.OrgID) }

func about(org string) event.About {
	if org == "" {
		return event.About{}
	}
	return event.About{Subjects: []string{"org/" + org}}
}
