// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package member knows the organisations and people that take part in the platform, how they sign in, and what an
// organisation's standing (active, suspended) lets it do.
package member

import (
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/seal"
)

// OrgRole is what an organisation is to the platform; it may be several things at once.
type OrgRole string

// Roles of organisations (Provisions on Network Product Security Vulnerabilities, art. 2, 3, 7–10).
const (
	Provider  OrgRole = "provider"  // 网络产品提供者
	Operator  OrgRole = "operator"  // 网络运营者
	Finder    OrgRole = "finder"    // 发现者
	Collector OrgRole = "collector" // 漏洞收集平台
	Authority OrgRole = "authority" // receives transfers (art. 7 ¶2)
	Platform  OrgRole = "platform"  // runs this platform
)

// OrgRoles lists the roles in the order in which they are shown.
var OrgRoles = []OrgRole{Provider, Operator, Finder, Collector, Authority, Platform}

// Status is an organisation's standing.
type Status string

// Standings. Suspended ends by itself at Org.SuspendedUntil.
const (
	Applicant Status = "applicant"
	Active    Status = "active"
	Suspended Status = "suspended"
	Left      Status = "left"
)

// Statuses lists the standings in the order in which they are shown.
var Statuses = []Status{Applicant, Active, Suspended, Left}

// An Org is a member organisation.
type Org struct {
	ID, Slug       string
	NameZH, NameEN string
	Roles          []OrgRole
	Partner        bool // partner unit (合作单位)
	PartnerLevel   int  // 1–3 (一级 is highest), 0 for none
	Sector         string
	Region         string
	Country        string // ISO 3166-1 alpha-2
	Status         Status
	SuspendedUntil time.Time
	SuspendedWhy   string    // number of the inquiry
	Measures       []Measure // warnings and restrictions that are not over; only where one organisation is read
	Email          string    // security contact
	Phone          string
	WebhookURL     string
	WebhookSecret  []byte    // decrypted only where it is used
	WebhookFormer  []byte    // the secret before the last rotation, likewise
	FormerUntil    time.Time // it signs as well until then
	Certificate    string    // S/MIME certificate in PEM or OpenPGP key in ASCII armour that mail to Email is encrypted for; "" for none
	Domains        []string
	Note           string // of an applicant: why it wants to join
	CreatedAt      time.Time
}

// Name returns the organisation's name in a language, or in the other one when it has none there.
func (o Org) Name(lang string) string {
	if lang == "en" && o.NameEN != "" || o.NameZH == "" {
		return o.NameEN
	}
	return o.NameZH
}

// Has reports whether the organisation has the role.
func (o Org) Has(r OrgRole) bool { return slices.Contains(o.Roles, r) }

// SuspendedAt reports whether the organisation is suspended at t: a suspension ends by itself.
func (o Org) SuspendedAt(t time.Time) bool {
	return o.Status == Suspended && (o.SuspendedUntil.IsZero() || t.Before(o.SuspendedUntil))
}

// Role is what a person may do.
type Role string

// Roles of people. The first two act for their organisation, the others for the platform.
const (
	Engineer      Role = "engineer"      // a member's security engineer or PSIRT
	OrgAdmin      Role = "org-admin"     // manages its organisation's people, tokens and channels
	Analyst       Role = "analyst"       // 研判人员
	DutyOfficer   Role = "duty-officer"  // 值班长: releases warnings
	Supervisor    Role = "supervisor"    // 监管人员
	Auditor       Role = "auditor"       // 审计: reads the journal, changes nothing, reads no case
	Administrator Role = "administrator" // 系统管理: members, users, keys; reads no case
)

// Roles lists the roles in the order in which they are shown.
var Roles = []Role{Engineer, OrgAdmin, Analyst, DutyOfficer, Supervisor, Auditor, Administrator}

// An Account is a person that can sign in.
type Account struct {
	ID, OrgID    string
	Email, Name  string
	Roles        []Role
	Locale       string // "zh-CN" or "en"
	Status       string // AccountActive …
	PasswordHash string // empty outside of signing in
	LastLoginAt  time.Time
	CreatedAt    time.Time
}

// Standings of an account.
const (
	AccountActive  = "active"
	AccountInvited = "invited" // waits until its organisation is approved
	AccountClosed  = "closed"
)

// An Actor is who does something: a signed-in person, a token's owner, the holder of a signed link, or the platform.
type Actor struct {
	AccountID, OrgID string
	Name             string
	Roles            []Role
	OrgRoles         []OrgRole
	Suspended        bool         // the organisation is, now
	Warned           bool         // a warning stands on its record, now
	Without          []Capability // what restrictions have taken from it, now: see May
	Scopes           []string     // of a token; nil means everything the roles allow
	Via              string       // "web", "api", "cli", "link", "system"
	Locale           string
}

// System acts for the platform itself: steps of the flow.
func System() Actor { return Actor{Name: "system", Via: "system"} }

// Anonymous is nobody in particular, through a surface.
func Anonymous(via string) Actor { return Actor{Via: via} }

// Is reports whether the actor has one of the roles. The system has all.
func (a Actor) Is(roles ...Role) bool {
	if a.Via == "system" {
		return true
	}
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(a.Roles, r) })
}

// Staff reports whether the actor handles cases for the platform.
func (a Actor) Staff() bool { return a.Is(Analyst, DutyOfficer, Supervisor) && a.May(ToServe) }

// SignedIn reports whether the actor is a known person (or the system).
func (a Actor) SignedIn() bool { return a.AccountID != "" || a.Via == "system" }

// Allows reports whether the actor's token, if it acts by one, has the scope.
func (a Actor) Allows(scope string) bool { return a.Scopes == nil || slices.Contains(a.Scopes, scope) }

// By is the actor as events record it.
func (a Actor) By() event.By { return event.By{Account: a.AccountID, Org: a.OrgID, Via: a.Via} }

// Scopes of API tokens.
const (
	ScopeReport  = "report"  // submit and read own reports
	ScopeProduct = "product" // register products, push SBOMs
	ScopeWarning = "warning" // read and acknowledge warnings
	ScopeCase    = "case"    // read and work on cases
	ScopeAdmin   = "admin"   // manage members
)

// AllScopes lists the scopes in the order in which they are shown.
var AllScopes = []string{ScopeReport, ScopeProduct, ScopeWarning, ScopeCase, ScopeAdmin}

// Scopes of private feeds. Such a token is part of an address, which is kept by feed readers and written into logs on the
// way: it reads warnings and does nothing else, and no other scope stands beside it.
const (
	ScopeFeed      = "feed"       // read warnings as a feed, texts up to TLP:GREEN
	ScopeFeedAmber = "feed-amber" // up to TLP:AMBER+STRICT
)

// FeedScopes lists them.
var FeedScopes = []string{ScopeFeed, ScopeFeedAmber}

// Service holds the verbs about members.
type Service struct {
	DB     *db.DB
	Events *event.Log
	Seal   *seal.Keyring
	Leaps  bool // the clock leaps, as in an exercise: sessions are not ended by time

	hashing hashing
}
