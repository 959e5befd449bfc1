// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"strconv"

	"github.com/fengsui/fengsui/internal/i18n"
)

// Leads are the sentences with which a warning turns to the units of each wave, where they are not the platform's own.
type Leads struct {
	Affected   string `json:"affected,omitempty"`
	AffectedEN string `json:"affected_en,omitempty"`
	Sector     string `json:"sector,omitempty"`
	SectorEN   string `json:"sector_en,omitempty"`
	All        string `json:"all,omitempty"`
	AllEN      string `json:"all_en,omitempty"`
}

// of is a wave's sentence in both languages, "" for the platform's own.
func (l Leads) of(wave int) (zh, en string) {
	switch wave {
	case WaveAffected:
		return l.Affected, l.AffectedEN
	case WaveSector:
		return l.Sector, l.SectorEN
	}
	return l.All, l.AllEN
}

// only keeps a wave's sentences: what is said to others is not for it.
func (l Leads) only(wave int) (out Leads) {
	switch zh, en := l.of(wave); wave {
	case WaveAffected:
		out.Affected, out.AffectedEN = zh, en
	case WaveSector:
		out.Sector, out.SectorEN = zh, en
	default:
		out.All, out.AllEN = zh, en
	}
	return out
}

// Lead is the sentence for a wave in the printer's language: the warning's, in whichever language it has one, or the
// platform's. What is over needs none: "".
func (w Warning) Lead(p i18n.Printer, wave int) string {
	if w.Kind.Closes() {
		return ""
	}
	wave = min(max(wave, WaveAffected), WaveAll)
	if s := p.Pick(w.Content.Leads.of(wave)); s != "" {
		return s
	}
	return p.T("warning.lead." + strconv.Itoa(wave))
}
