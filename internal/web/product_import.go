// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/product"
)

// imported is what became of what was sent last.
type imported struct {
	Table *product.Table
	Check bool
	VEX   *assessment.Taken
}

// productImport is the page on which tables of devices and VEX documents are taken in.
func (s *Server) productImport(v *view) error {
	return s.importAgain(v, v.blank(nil), imported{}, http.StatusOK)
}

func (s *Server) importAgain(v *view, f *form, x imported, status int) error {
	if err := product.MayChange(v.Actor, v.Actor.OrgID); err != nil {
		return err
	}
	return v.show(status, productImportPage(v, x, f))
}

// theFile is the one file of a form.
func (f *form) theFile(name, example string) ([]byte, error) {
	files, err := f.Files(name)
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		return nil, fault.FieldError(name, "rule.required", example)
	}
	return files[0].Bytes, nil
}

func (s *Server) productTable(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	check := f.Get("check") != ""
	b, err := f.theFile("table", "devices.csv")
	var t product.Table
	if err == nil {
		t, err = s.Products.ImportCSV(v.Context(), v.Actor, b, check)
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.importAgain(v, f, imported{}, http.StatusUnprocessableEntity)
	}
	return s.importAgain(v, v.blank(nil), imported{Table: &t, Check: check}, http.StatusOK)
}

func (s *Server) vexPush(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	b, err := f.theFile("vex", "vex.json")
	var t assessment.Taken
	if err == nil {
		t, err = s.Assessments.ImportVEX(v.Context(), v.Actor, assessment.VEX{Document: b})
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.importAgain(v, f, imported{}, http.StatusUnprocessableEntity)
	}
	return s.importAgain(v, v.blank(nil), imported{VEX: &t}, http.StatusOK)
}

// productTemplate is an empty table of devices, as spreadsheets open it.
func (s *Server) productTemplate(v *view) error {
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="devices.csv"`)
	_, err := v.w.Write(product.Template(v.P.Lang()))
	return err
}
