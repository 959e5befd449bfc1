// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package product keeps the directory of members' products and what they are made of: versions, models and software
// bills of materials, with components stored once.
//
// What a component list says rests in three tables that later packages read. component holds every package in every
// version once, under an integer id, and is never changed or emptied. sbom_component (component_id, sbom_id, root) says
// which components a list names; root is true for a direct dependency of the product itself: what depends on nothing
// above it but the document's own subject, and everything a flat list holds. sbom_edge (sbom_id, parent, child) holds the
// dependencies between components by their ids, never one of a component on itself; the product itself is no component
// and parent is never 0. A path from the product to a component therefore starts at a root and follows edges, and every
// component can be reached from a root. Lists with sbom.is_current are what products contain now: the list pushed last
// for each product and version. Older lists keep their rows.
//
// A component's ecosystem and name are those of OSV, found from its package URL: the name in the form that purl.Key
// compares, so in lower case where the ecosystem does not tell cases apart, and the ecosystem without a release, which
// stays in the package URL's "distro". Where OSV has no ecosystem for the type of package URL, the type itself stands
// there ("generic"). A component without a package URL has the ecosystem "" and the name "group/name" of the document,
// and is compared by name alone; one without a version has the version "".
package product

import (
	"time"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
)

// Kind of product.
type Kind string

// The kinds.
const (
	Software Kind = "software"
	Hardware Kind = "hardware"
	Hosted   Kind = "service" // a network service
)

// A Product is something a member makes, supplies or runs.
type Product struct {
	ID, OrgID string
	Vendor    string // as the member writes it
	Name      string
	NameEN    string
	Model     string // of hardware
	Kind      Kind
	CPE       string // 2.3, or ""
	PURL      string // without version, or ""
	Versions  []string
	CreatedAt time.Time
}

// An SBOM is one uploaded component list of a product's version.
type SBOM struct {
	ID, ProductID string
	Version       string // of the product
	Format        string // "CycloneDX", "SPDX"
	SpecVersion   string
	SHA256, Blob  string
	Components    int
	Edges         int
	Current       bool // what the product's version contains now: the list that was pushed last
	AccountID     string
	At            time.Time
}

// A Component is a package in a version, stored once however many products contain it.
type Component struct {
	ID        int64
	Ecosystem string // OSV name ("Maven"), or the purl type where OSV has none
	Name      string // OSV package name ("org.apache.logging.log4j:log4j-core")
	Version   string
	PURL      string
}

// Service holds the verbs about products.
type Service struct {
	DB     *db.DB
	Events *event.Log
	Blobs  blob.Store
}

// Registered: a member entered a product in the directory.
type Registered struct {
	ProductID string `json:"product"`
	OrgID     string `json:"org"`
}

// Kind is the stored name.
func (Registered) Kind() string { return "product.registered" }

// About puts it on the organisation's time line.
func (e Registered) About() event.About {
	return event.About{Subjects: []string{"org/" + e.OrgID, "product/" + e.ProductID}}
}

// Changed: what a product contains has changed (a new component list, a new version).
type Changed struct {
	ProductID string `json:"product"`
	OrgID     string `json:"org"`
	SBOMID    string `json:"sbom,omitempty"`
}

// Kind is the stored name.
func (Changed) Kind() string { return "product.changed" }

// About puts it on the organisation's time line.
func (e Changed) About() event.About {
	return event.About{Subjects: []string{"org/" + e.OrgID, "product/" + e.ProductID}}
}
