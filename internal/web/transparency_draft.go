// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/transparency"
)

// publishes reports whether the reader may sign editions.
func (s *Server) publishes(by member.Actor) bool {
	return by.SignedIn() && by.Is(append(slices.Clone(s.Transparency.Second), member.Supervisor)...)
}

func (s *Server) transparencyDraft(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	e, err := s.Transparency.Draft(v.Context(), v.Actor, f.Get("period"))
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.transparencyLive(v, transparency.Rolling, f, http.StatusUnprocessableEntity)
	}
	return v.see("/transparency-drafts/" + pathEscape(e.ID))
}

func (s *Server) transparencyDraftShow(v *view) error {
	return s.transparencyDraftAgain(v, v.blank(nil), http.StatusOK)
}

func (s *Server) transparencyDraftAgain(v *view, f *form, status int) error {
	e, err := s.Transparency.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return s.transparencyShow(v, &e, e.Figures, f, status)
}

func (s *Server) transparencyDraftDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	var e transparency.Edition
	switch f.Get("do") {
	case "sign":
		e, err = s.Transparency.Sign(v.Context(), v.Actor, id)
	case "drop":
		e, err = s.Transparency.Drop(v.Context(), v.Actor, id, f.Get("why"))
	default:
		if e, err = s.Transparency.Get(v.Context(), v.Actor, id); err == nil {
			err = fault.FieldError("do", "member.rule.unknown", "")
		}
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.transparencyDraftAgain(v, f, http.StatusUnprocessableEntity)
	}
	switch e.State {
	case transparency.Published:
		return v.see("/transparency/" + pathEscape(e.Period) + "/" + strconv.Itoa(e.N))
	case transparency.Fell:
		return v.see("/transparency")
	}
	return v.see("/transparency-drafts/" + pathEscape(e.ID))
}

func (s *Server) transparencyExplain(v *view) error {
	f, err := v.parse()
	if err == nil {
		err = s.Transparency.Explain(v.Context(), v.Actor, v.PathValue("duty"), f.Get("reason_zh"), f.Get("reason_en"))
	}
	if err != nil {
		return err
	}
	return v.see("/transparency/" + pathEscape(f.Get("period")) + "/live")
}
