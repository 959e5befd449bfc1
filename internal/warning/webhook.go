// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"encoding/json"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
)

// data is the webhook's "data" (event "warning.released"). Above TLP:GREEN it is thin: it names the recipient's own
// products, and what is wrong with them is read by an authenticated call, which is on record.
type data struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"`
	Revision  int       `json:"revision"`
	Level     Level     `json:"level"`
	TLP       string    `json:"tlp"`
	Case      string    `json:"case"`
	Released  time.Time `json:"released_at"`
	RespondBy time.Time `json:"respond_by"`
	Wave      int       `json:"wave"`
	URL       string    `json:"url"`
	Matched   int       `json:"matched_products"`
	Products  []hit     `json:"products"` // at most 20
	Kind      Kind      `json:"kind"`
	Editorial bool      `json:"editorial,omitempty"`
	Exercise  bool      `json:"exercise,omitempty"`
	Answer    Answer    `json:"answer,omitempty"`  // that stands from an earlier revision
	Because   string    `json:"because,omitempty"` // why an earlier answer is void: one of Voids
	Lead      string    `json:"lead,omitempty"`    // to units of its wave
	LeadEN    string    `json:"lead_en,omitempty"`
	Title     string    `json:"title,omitempty"`
	TitleEN   string    `json:"title_en,omitempty"`
	Measures  string    `json:"measures,omitempty"`
	MeasureEN string    `json:"measures_en,omitempty"`
}

type hit struct {
	ID      string        `json:"id"`
	Version string        `json:"version,omitempty"`
	Name    string        `json:"name,omitempty"`
	Verdict match.Verdict `json:"verdict,omitempty"`
	Why     *match.Why    `json:"why,omitempty"`
}

const (
	maxHits  = 20
	maxBytes = 18_000 // a webhook carries less than 20 kB, envelope included
)

func (s *Service) data(l letter) data {
	w := l.w
	d := data{ID: w.ID, Number: w.Number, Revision: w.Revision, Level: w.Level, TLP: w.TLP, Case: l.c.Number, Released: w.ReleasedAt,
		RespondBy: w.RespondBy, Wave: l.copy.Wave, URL: s.pageURL(w.ID), Matched: l.copy.Products, Products: []hit{},
		Kind: w.Kind, Editorial: !w.Significant, Exercise: w.Exercise}
	if l.copy.Carried == Stands {
		d.Answer = l.copy.Answer
	} else {
		d.Because = l.copy.Carried
	}
	for _, f := range l.findings[:min(len(l.findings), maxHits)] {
		d.Products = append(d.Products, hit{ID: f.ProductID, Version: f.Version})
	}
	w, open := w.Within(l.way)
	thin := d
	d.Lead, d.LeadEN = w.Lead(i18n.For(i18n.Chinese), l.copy.Wave), w.Lead(i18n.For(i18n.English), l.copy.Wave)
	d.Title, d.TitleEN, d.Measures, d.MeasureEN = w.Content.Title, w.Content.TitleEN, w.Content.Measures, w.Content.MeasuresEN
	if open {
		d.Products = make([]hit, len(thin.Products))
		for i, h := range thin.Products {
			f := l.findings[i]
			h.Name, h.Verdict, h.Why = l.names[f.ProductID], f.Verdict, &f.Why
			d.Products[i] = h
		}
	}
	if b, err := json.Marshal(d); err != nil || len(b) > maxBytes {
		return thin
	}
	return d
}

// pageURL is where a signed-in person reads a warning.
func (s *Service) pageURL(id string) string { return s.BaseURL + "/warnings/" + id }
