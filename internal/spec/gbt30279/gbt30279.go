// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package gbt30279 grades and classifies vulnerabilities after GB/T 30279-2020, with every step of the grading in the
// result so that a page can explain it.
package gbt30279

import (
	"errors"
	"strings"
)

// RuleSet names the tables this package grades with; store it beside every grade.
//
// Caveat: the tables were taken from an open implementation (CNVRS) and checked for completeness and monotony, but not
// against a printed copy of the standard. The name says so, and changes once somebody has compared them.
const RuleSet = "gbt30279-2020/cnvrs-derived"

// A Grade is one of the four grades of clause 6.
type Grade string

// The grades, the worst first.
const (
	Critical Grade = "critical" // 超危
	High     Grade = "high"     // 高危
	Medium   Grade = "medium"   // 中危
	Low      Grade = "low"      // 低危
)

// Grades returns the grades, the worst first.
func Grades() []Grade { return []Grade{Critical, High, Medium, Low} }

// Chinese returns the grade's name in the standard, or "" for anything that is no grade.
func (g Grade) Chinese() string {
	switch g {
	case Critical:
		return "超危"
	case High:
		return "高危"
	case Medium:
		return "中危"
	case Low:
		return "低危"
	}
	return ""
}

// Rank orders grades: 4 for Critical down to 1 for Low, 0 for anything that is no grade.
func (g Grade) Rank() int {
	for i, known := range Grades() {
		if g == known {
			return 4 - i
		}
	}
	return 0
}

// Technical is a technical grade (技术分级) with the numbers it follows from.
type Technical struct {
	Exploitability int // 被利用性, 1–9 (annex A)
	Impact         int // 影响程度, 1–9 (annex B)
	Grade          Grade
}

// Composite is a composite grade (综合分级): the technical grade as the environment of one place changes it.
type Composite struct {
	Technical   Technical
	Environment int // 环境因素, 1–9 (annex C)
	Grade       Grade
}

// Errors of grading.
var (
	// ErrNoImpact: a flaw that harms neither confidentiality nor integrity nor availability has no grade (annex B).
	ErrNoImpact = errors.New("gbt30279: no impact on C, I or A: nothing to grade")
	// ErrNoEnvironment: a composite grade needs E, RL and S.
	ErrNoEnvironment = errors.New("gbt30279: a composite grade needs E, RL and S")
)

// exploitability is annex A: AV and AC give the row, PR and UI the column (NN, NR, LN, LR, HN, HR).
var exploitability = map[string]string{
	"NL": "988773", "NH": "855432",
	"AL": "867533", "AH": "544221",
	"LL": "866422", "LH": "423121",
	"PL": "222111", "PH": "111111",
}

// technical is annex D: rows are impact 1–9, columns exploitability 1–9.
var technical = [9]string{
	"LLLLLLLLM",
	"LLMMMMMMM",
	"LLMMMMMMH",
	"LMMMMMMMH",
	"MMMMMMMHH",
	"MMMMMMMHH",
	"MMMMMHHHC",
	"MMMMHHHHC",
	"MHHHHHHHC",
}

// composite is annex E: rows are the technical grade, columns environment 1–9.
var composite = map[Grade]string{
	Critical: "MMMHHHCCC",
	High:     "LLLLMMHCC",
	Medium:   "LLLLLMMHC",
	Low:      "LLLLLLMMH",
}

var letter = map[byte]Grade{'C': Critical, 'H': High, 'M': Medium, 'L': Low}

// Technical grades v after annexes A, B and D. It fails with ErrNoImpact, or with a *Refused where v is no vector.
func (v Vector) Technical() (Technical, error) {
	if err := v.check(); err != nil {
		return Technical{}, err
	}
	t := Technical{
		Exploitability: int(exploitability[v.AV+v.AC][2*strings.Index("NLH", v.PR)+strings.Index("NR", v.UI)] - '0'),
		Impact:         v.impact(),
	}
	if t.Impact == 0 {
		return Technical{}, ErrNoImpact
	}
	t.Grade = letter[technical[t.Impact-1][t.Exploitability-1]]
	return t, nil
}

// impact is annex B: it counts severe (H) and partial (L) harm among C, I and A. 0 means none at all.
func (v Vector) impact() int {
	harm := v.C + v.I + v.A
	severe, partial := strings.Count(harm, "H"), strings.Count(harm, "L")
	return []int{0, 4, 7, 9}[severe] + partial
}

// Composite grades v after annexes C and E on top of its technical grade. It fails as Technical does, and with
// ErrNoEnvironment where E, RL and S are not given.
func (v Vector) Composite() (Composite, error) {
	t, err := v.Technical()
	if err != nil {
		return Composite{}, err
	}
	if !v.HasEnvironment() {
		return Composite{}, ErrNoEnvironment
	}
	// Annex C is a sum: from 9 every easing takes its part.
	env := 9 - map[string]int{"M": 1, "L": 4}[v.S] - map[string]int{"M": 1, "H": 2}[v.E] - map[string]int{"M": 1, "L": 2}[v.RL]
	return Composite{Technical: t, Environment: env, Grade: letter[composite[t.Grade][env-1]]}, nil
}
