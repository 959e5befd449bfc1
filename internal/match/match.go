// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package match works out whose products contain a vulnerability, and says why for every hit.
//
// It looks both ways: Find compares a case with every product, OnChanged a product with every case that Find has seen.
// Both decide by the same code, so that it does not matter which of the two came first.
package match

import (
	"time"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// Verdict on a product.
type Verdict string

// The verdicts. Check means that a person must look: a name fits but a version could not be compared.
const (
	Hit   Verdict = "affected"
	Check Verdict = "check"
)

// A Finding says that a product contains a vulnerability, or may.
type Finding struct {
	CaseID, ProductID, OrgID string
	ComponentID              int64  // 0 when the product itself is the flawed thing; below 0 for one that a private list hides
	Version                  string // of the product
	Verdict                  Verdict
	Why                      Why
	At                       time.Time
}

// What a finding goes by.
const (
	ByComponent = "component" // package URL and the versions of its ecosystem
	ByProduct   = "product"   // the product itself: package URL, or vendor, name, model and version
)

// Why explains a finding. It repeats undisclosed details of the case: sealed at rest.
type Why struct {
	By    string   `json:"by"`             // ByComponent or ByProduct
	Path  []string `json:"path,omitempty"` // from the product down to the component, the shortest way: "name@version", or Gap
	Found string   `json:"found"`          // what was found: "org.apache.logging.log4j:log4j-core@2.14.1"
	Range string   `json:"range"`          // the range that holds it: ">= 2.0-beta9, < 2.15.0"
	Note  string   `json:"note,omitempty"` // for Check: what could not be decided (i18n key)
}

// Service holds the verbs about matching.
type Service struct {
	DB          *db.DB
	Events      *event.Log
	Cases       *casework.Service
	Products    *product.Service
	Vulns       *vuln.Service
	Assessments *assessment.Service
	Grounds     []Ground

	lists lists
}

// Found: a case was matched against all products.
type Found struct {
	CaseID   string `json:"case"`
	Number   string `json:"number"`
	Run      string `json:"run"`
	Products int    `json:"products"`
	Orgs     int    `json:"orgs"`
}

// Kind is the stored name.
func (Found) Kind() string { return "match.found" }

// About puts it on the case's time line.
func (e Found) About() event.About {
	return event.About{Number: e.Number, Subjects: []string{"case/" + e.CaseID}}
}
