// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/warning"
)

// bundleView is the page of those who work without a network.
type bundleView struct {
	Form  *form
	Sheet warning.AnswerSheet // that has just been handed back
}

func (s *Server) bundleShow(v *view) error {
	if v.Actor.OrgID == "" || v.Actor.Staff() {
		return fault.Missing()
	}
	return v.ok(bundlePage(v, bundleView{Form: v.blank(nil)}))
}

// bundleGet gives the signed file of one warning, or of all in force.
func (s *Server) bundleGet(v *view) error {
	name, b, err := s.Warnings.Bundle(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.attach(name, "application/zip", b)
}

// bundleAnswer takes an answer sheet back.
func (s *Server) bundleAnswer(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	files, err := f.Files("sheet")
	if err != nil {
		return err
	}
	var sheet []byte
	if len(files) == 1 {
		sheet = files[0].Bytes
	}
	x := bundleView{Form: f}
	if x.Sheet, _, err = s.Warnings.AcknowledgeSheet(v.Context(), v.Actor, sheet); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return v.show(http.StatusUnprocessableEntity, bundlePage(v, x))
	}
	x.Form = v.blank(nil)
	return v.ok(bundlePage(v, x))
}
