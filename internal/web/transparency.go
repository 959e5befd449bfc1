// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/transparency"
)

// figuresView is a page of figures: an edition, a draft, or what stands now.
type figuresView struct {
	transparency.Figures
	Edition  *transparency.Edition // nil for live figures
	Periods  []transparency.Period
	Editions []transparency.Edition // of this period, and for its breakdown the newest one of a quarter
	Latest   *transparency.Edition  // of the newest quarter: whose breakdown live figures point to
	Drafts   []transparency.Edition
	People   map[string]string
}

func (s *Server) transparencyHome(v *view) error {
	return s.transparencyLive(v, transparency.Rolling, v.blank(nil), http.StatusOK)
}

// transparencyPeriod shows the newest edition of a period, or without one how it stands.
func (s *Server) transparencyPeriod(v *view) error {
	e, err := s.Transparency.Edition(v.Context(), v.PathValue("period"), 0)
	if fault.Is(err, fault.NotFound) {
		return s.transparencyLive(v, v.PathValue("period"), v.blank(nil), http.StatusOK)
	}
	if err != nil {
		return err
	}
	return s.transparencyShow(v, &e, e.Figures, v.blank(nil), http.StatusOK)
}

func (s *Server) transparencyLive(v *view, period string, f *form, status int) error {
	x, err := s.liveFigures(v, period)
	if err != nil {
		return err
	}
	return s.transparencyShow(v, nil, x, f, status)
}

// liveFigures are figures by a period in a path: one that is none does not exist.
func (s *Server) liveFigures(v *view, period string) (transparency.Figures, error) {
	x, err := s.Transparency.Live(v.Context(), period)
	if fault.Is(err, fault.Invalid) {
		err = fault.Missing()
	}
	return x, err
}

// edition reads which edition a path means.
func (s *Server) edition(v *view) (transparency.Edition, error) {
	n, err := strconv.Atoi(v.PathValue("edition"))
	if err != nil || n < 1 {
		return transparency.Edition{}, fault.Missing()
	}
	return s.Transparency.Edition(v.Context(), v.PathValue("period"), n)
}

func (s *Server) transparencyEdition(v *view) error {
	if v.PathValue("edition") == "live" {
		return s.transparencyLive(v, v.PathValue("period"), v.blank(nil), http.StatusOK)
	}
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	return s.transparencyShow(v, &e, e.Figures, v.blank(nil), http.StatusOK)
}

func (s *Server) transparencyShow(v *view, e *transparency.Edition, f transparency.Figures, form *form, status int) (err error) {
	x := figuresView{Figures: f, Edition: e}
	if x.Periods, err = s.Transparency.Periods(v.Context()); err != nil {
		return err
	}
	all, err := s.Transparency.Editions(v.Context())
	if err != nil {
		return err
	}
	for _, y := range all {
		if y.Period == f.Period {
			x.Editions = append(x.Editions, y)
		}
		if x.Latest == nil && strings.Contains(y.Period, "-Q") || x.Latest != nil && strings.Contains(y.Period, "-Q") && y.Period > x.Latest.Period {
			x.Latest = &y
		}
	}
	if s.publishes(v.Actor) {
		if x.Drafts, err = s.Transparency.Drafts(v.Context(), v.Actor); err != nil {
			return err
		}
		var ids []string
		for _, y := range append(x.Drafts, all...) {
			ids = append(ids, y.DraftedBy, y.FirstBy, y.SecondBy)
		}
		if x.People, err = s.people(v, ids); err != nil {
			return err
		}
	}
	return v.show(status, transparencyPage(v, x, form))
}

// transparencyFile is an edition's figures for machines, its receipt, or how a period stands.
func (s *Server) transparencyFile(v *view) error {
	var f transparency.Figures
	var b []byte
	if v.PathValue("edition") == "live" {
		var err error
		if f, err = s.liveFigures(v, v.PathValue("period")); err != nil {
			return err
		}
		if b, err = json.Marshal(f); err != nil {
			return err
		}
	} else {
		e, err := s.edition(v)
		if err != nil {
			return err
		}
		if v.PathValue("file") == "receipt.json" {
			r, err := s.Transparency.Receipt(v.Context(), e.Period, e.N)
			if err != nil {
				return err
			}
			return v.file("application/json", "transparency-"+e.Period+"-"+strconv.Itoa(e.N)+"-receipt.json", r.Encode())
		}
		f, b = e.Figures, e.Bytes()
	}
	name := "transparency-" + f.Period
	switch v.PathValue("file") {
	case "figures.json":
		return v.file("application/json", name+".json", b)
	case "figures.csv":
		b, err := transparency.CSV(f)
		if err != nil {
			return err
		}
		return v.file("text/csv; charset=utf-8", name+".csv", b)
	}
	return fault.Missing()
}

// file answers with a file.
func (v *view) file(media, name string, b []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "private, no-store")
	_, err := bytes.NewReader(b).WriteTo(v.w)
	if err != nil && v.Context().Err() != nil {
		return nil // the reader has gone
	}
	return err
}
