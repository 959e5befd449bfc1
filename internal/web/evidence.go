// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/witness"
)

// evidenceView is the public page of the evidence log, and what was found of a receipt.
type evidenceView struct {
	Key, Checkpoint string
	Verdict         *evidence.Verdict
	Witnesses       []witness.Stand
	Refused         string // why the receipt does not hold
}

func (s *Server) evidenceShow(v *view) error { return s.evidenceAgain(v, evidenceView{}) }

func (s *Server) evidenceAgain(v *view, x evidenceView) (err error) {
	x.Key = s.Evidence.PublicKey()
	if x.Checkpoint, err = s.Witnesses.Newest(v.Context()); err != nil {
		return err
	}
	if x.Witnesses, err = s.Witnesses.Stands(v.Context()); err != nil {
		return err
	}
	status := http.StatusOK
	if x.Refused != "" {
		status = http.StatusUnprocessableEntity
	}
	return v.show(status, evidencePage(v, x))
}

// evidenceCheck verifies an uploaded receipt; nothing of it is kept.
func (s *Server) evidenceCheck(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	files, err := f.Files("receipt")
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return s.evidenceAgain(v, evidenceView{Refused: v.T("web.evidence.no-file")})
	}
	keys, err := s.Evidence.Keys(v.Context()) // a receipt of a key that was replaced is as good
	if err != nil {
		return err
	}
	verdict, err := evidence.Verify(files[0].Bytes, string(keys.Encode()))
	if err != nil {
		return s.evidenceAgain(v, evidenceView{Refused: v.T(reason(err))})
	}
	return s.evidenceAgain(v, evidenceView{Verdict: &verdict})
}

// reason is the key of the sentence for a refusal.
func reason(err error) string {
	switch err {
	case evidence.ErrForm:
		return "web.evidence.form"
	case evidence.ErrContent:
		return "web.evidence.content"
	case evidence.ErrPayload:
		return "web.evidence.payload"
	case evidence.ErrProof:
		return "web.evidence.proof"
	}
	return "web.evidence.signature"
}

// journal is everything that happened, for those who audit: kinds, times and persons, never content.
func (s *Server) journal(v *view) error {
	if !v.Actor.Is(member.Auditor, member.Supervisor) {
		return fault.Missing()
	}
	before := v.URL.Query().Get("before")
	if uuid.Validate(before) != nil {
		before = "" // no event has that id: from the newest
	}
	var lines []event.Line
	err := s.DB.View(v.Context(), func(tx *db.Tx) (err error) {
		lines, err = event.Journal(v.Context(), tx, before, 100)
		return err
	})
	if err != nil {
		return err
	}
	var orgs, people []string
	for _, l := range lines {
		orgs, people = append(orgs, l.By.Org), append(people, l.By.Account)
	}
	names, err := s.names(v, orgs)
	if err != nil {
		return err
	}
	persons, err := s.people(v, people)
	if err != nil {
		return err
	}
	return v.ok(journalPage(v, lines, names, persons))
}

// apiDocs explains the API to people; the document itself is served beside it.
func (s *Server) apiDocs(v *view) error { return v.ok(apiDocsPage(v)) }
