// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package filing lets one report serve several receivers. For each receiver without an interface for programs there is a
// pack: its form as data, in its own order, with its own labels and limits. The report fills it in, what is missing is
// named, and when a person has handed it in, that is recorded and meets the duty that the pack names.
package filing

import (
	"time"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
)

// A Filing says that a report was handed in to a receiver.
type Filing struct {
	ID, ReportID, OrgID string
	Pack                string // id
	Version             string // of the pack
	Stage               int    // version of the report
	At                  time.Time
	Number              string // that the receiver gave it, or ""
	Note                string // to those who may read the report
	Proof               Proof
	AccountID           string // who recorded it
	EventID             string
	RecordedAt          time.Time

	note []byte
}

// A Proof is a file that shows that something was handed in: the receiver's confirmation. It is sealed at rest.
type Proof struct {
	Name, SHA256 string
	blob         string
}

// Service holds the verbs about filings.
type Service struct {
	DB      *db.DB
	Events  *event.Log
	Seal    *seal.Keyring
	Blobs   blob.Store
	Members *member.Service
	Duties  *duty.Service
	Reports *report.Service
	Cases   *casework.Service
}

// HandedIn: a report was handed in to another receiver.
type HandedIn struct {
	FilingID string    `json:"filing"`
	ReportID string    `json:"report"`
	Number   string    `json:"number"` // of the report
	OrgID    string    `json:"org"`
	CaseID   string    `json:"case,omitempty"`
	Pack     string    `json:"pack"` // with its version: "cnvd@1.0.0"
	Stage    int       `json:"stage"`
	At       time.Time `json:"at"`
	Given    string    `json:"given,omitempty"` // the number that the receiver gave
	Proof    string    `json:"proof,omitempty"` // hex SHA-256 of the file that shows it
}

// Kind is the stored name.
func (HandedIn) Kind() string { return "filing.handed-in" }

// About puts it on the time lines of the report, its case and its organisation.
func (e HandedIn) About() event.About {
	a := event.About{Number: e.Number, Subjects: []string{"report/" + e.ReportID, "org/" + e.OrgID}}
	if e.CaseID != "" {
		a.Subjects = append(a.Subjects, "case/"+e.CaseID)
	}
	return a
}

const columns = `id, report_id, org_id, pack, version, stage, handed_at, number, note_sealed, proof_name, proof_blob, proof_sha, account_id, event_id, recorded_at`

func scan(r db.Row) (f Filing, err error) {
	var at, recorded db.Time
	err = r.Scan(&f.ID, &f.ReportID, &f.OrgID, &f.Pack, &f.Version, &f.Stage, &at, &f.Number, &f.note, &f.Proof.Name, &f.Proof.blob, &f.Proof.SHA256,
		&f.AccountID, &f.EventID, &recorded)
	f.At, f.RecordedAt = at.Time, recorded.Time
	return f, err
}

func place(id string) string { return "filing/" + id }
