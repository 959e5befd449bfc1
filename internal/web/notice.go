// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/casework"
)

// noticeShow is what an upstream provider sees first: what is wrong, and one button.
func (s *Server) noticeShow(v *view) error {
	n, err := s.Cases.OpenNotice(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.ok(noticePage(v, n, ""))
}

func (s *Server) noticeAcknowledge(v *view) error {
	n, err := s.Cases.AcknowledgeNotice(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.see("/cases/" + pathEscape(n.CaseID))
}

// noticeLink is the same for a provider without an account. Opening the page acknowledges nothing: mail scanners open links.
func (s *Server) noticeLink(v *view) error {
	token := v.PathValue("token")
	n, err := s.Cases.OpenNoticeByLink(v.Context(), token)
	if err != nil {
		return err
	}
	return v.ok(noticePage(v, n, token))
}

func (s *Server) noticeLinkPost(v *view) error {
	token := v.PathValue("token")
	var n casework.Notice
	n, err := s.Cases.AcknowledgeByLink(v.Context(), token)
	if err != nil {
		return err
	}
	return v.ok(noticePage(v, n, token))
}
