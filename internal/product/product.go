// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package product keeps the directory of members' products and what they are made of: versions, models and software
// bills of materials, with components stored once.
//
// What component lists say rests in two tables that later packages read. component holds every package in every version
// once, under an integer id, and is never changed or emptied. sbom.contents holds one whole list in one value (Graph): the
// ids of its components, which of them are direct dependencies of the product itself, and the edges between them. What
// depends on nothing above it but the document's own subject, and everything that a flat list holds, is direct; no edge
// leads from a component to itself; every component can be reached from a direct one. Paths, differences and graphs are
// worked out from that value in memory. Lists with sbom.is_current are what products contain now: the list pushed last for
// each product and version. Older lists keep their contents.
//
// holding (component_id, sbom_n) is the way back, from a component to the current lists that hold it: an index that is
// computed from contents (Holdings compares and rebuilds it). A current list has the short number sbom.n, which it hands
// over to the next list of that product and version, so that a push writes there what has changed and nothing else.
//
// A component's ecosystem and name are those of OSV, found from its package URL: the name in the form that purl.Key
// compares, so in lower case where the ecosystem does not tell cases apart. The release of a distribution stands beside
// the ecosystem, "" where the document does not tell it. Where OSV has no ecosystem for the type of package URL, the type
// itself stands there ("generic"). A component without a package URL has the ecosystem "" and the name "group/name" of the
// document, and is compared by name, and by its CPE where it has one; one without a version has the version "".
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
	Release   string // of a distribution: "12" of Debian; "" where there is none or it is not known
	Version   string
	CPE       string // 2.3, of what no ecosystem's rules decide about, or ""
	PURL      string
}

// Service holds the verbs about products.
type Service struct {
	DB     *db.DB
	Events *event.Log
	Blobs  blob.Store

	numbers numbers
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
