// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package advisory publishes what everybody may know: drafted from a case, reviewed by a second person, and out as a
// page, CSAF 2.0, OSV and Atom.
package advisory

import (
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/seal"
)

// State of an advisory.
type State string

// The states.
const (
	Draft    State = "draft"
	InReview State = "in-review"
	Public   State = "published"
)

// Content is the public text and facts. It is sealed until published.
type Content struct {
	casework.Content
	Number    string           `json:"number"` // of the vulnerability: "FS-2021-000001"
	Technical string           `json:"technical"`
	Composite string           `json:"composite"`
	Grades    []casework.Grade `json:"grades"`
	Exploited string           `json:"exploited"`
	FixReady  bool             `json:"fix_ready"`         // the provider offers a fix, or authorities agreed to go out before it
	Summary   string           `json:"summary,omitempty"` // of the change, while it is a draft
}

// An Advisory is one advisory with its newest content.
type Advisory struct {
	ID, CaseID, Number    string
	State                 State
	Revision              int // of what is published, or will be
	Rev                   int // counts the changes of Content: who edits or publishes says which one he has seen
	Content               Content
	DraftedBy, ReviewedBy string
	CreatedAt, UpdatedAt  time.Time
	PublishedAt           time.Time
}

// A Revision is one published state of an advisory.
type Revision struct {
	N       int
	Summary string
	At      time.Time
}

// Publisher names the body that publishes, in the documents.
type Publisher struct {
	NameZH, NameEN string
	Namespace      string // URL
	Contact        string
	Exercise       bool // nothing here is real: every document says so
}

// Service holds the verbs about advisories.
type Service struct {
	DB        *db.DB
	Events    *event.Log
	Seal      *seal.Keyring
	Cases     *casework.Service
	Publisher Publisher
	BaseURL   string
}

// Published: an advisory went public.
type Published struct {
	AdvisoryID string `json:"advisory"`
	Number     string `json:"number"`
	CaseID     string `json:"case"`
	Revision   int    `json:"revision"`
}

// Kind is the stored name.
func (Published) Kind() string { return "advisory.published" }

// About puts it on the case's time line.
func (e Published) About() event.About {
	return event.About{Number: e.Number, Subjects: []string{"case/" + e.CaseID, "advisory/" + e.AdvisoryID}}
}
