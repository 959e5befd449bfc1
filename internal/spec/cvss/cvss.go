// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package cvss reads vectors of the Common Vulnerability Scoring System, versions 3.0, 3.1 and 4.0 (FIRST), and scores
// them, so that an opinion in CVSS can stand beside others.
package cvss

import (
	"errors"
	"strconv"
	"strings"

	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"
)

// A Version of the standard.
type Version string

// The versions.
const (
	V30 Version = "3.0"
	V31 Version = "3.1"
	V40 Version = "4.0"
)

// Versions lists the versions, the oldest first.
var Versions = []Version{V30, V31, V40}

// A Severity is a word of the qualitative scale (CVSS 3.1 clause 5, 4.0 clause 6), in lower case.
type Severity string

// The severities, the worst first.
const (
	Critical Severity = "critical" // 9.0 to 10.0
	High     Severity = "high"     // 7.0 to 8.9
	Medium   Severity = "medium"   // 4.0 to 6.9
	Low      Severity = "low"      // 0.1 to 3.9
	None     Severity = "none"     // 0.0
)

// SeverityOf returns the word for a score.
func SeverityOf(score float64) Severity {
	switch {
	case score >= 9:
		return Critical
	case score >= 7:
		return High
	case score >= 4:
		return Medium
	case score > 0:
		return Low
	}
	return None
}

// A Metric is one part of a vector.
type Metric struct{ Name, Value string }

// A Vector is a vector that was read.
type Vector struct {
	Version  Version
	Metrics  []Metric // those that are defined, in the standard's order
	Base     float64  // score of the base metrics alone, 0.0 to 10.0
	Severity Severity // of Base
	text     string
}

// String returns the canonical form: the metrics that are defined, in the standard's order.
func (v Vector) String() string { return v.text }

// Score is Base as it is written: "10.0".
func (v Vector) Score() string { return strconv.FormatFloat(v.Base, 'f', 1, 64) }

// A Rule names what a vector breaks.
type Rule string

// The rules of a vector.
const (
	Length  Rule = "length"  // longer than any vector is
	Header  Rule = "header"  // does not start with a known version
	Form    Rule = "form"    // a part is not METRIC:VALUE, or 4.0's order is not kept
	Unknown Rule = "unknown" // there is no such metric
	Twice   Rule = "twice"   // the metric stands there twice
	Missing Rule = "missing" // the base metric is not given
	Value   Rule = "value"   // a metric cannot take its value
)

// Refused says why a text is no vector.
type Refused struct {
	Rule   Rule
	Metric string // as it stands in the text, where the rule is about one that can be told
}

func (r *Refused) Error() string {
	return "cvss: not a vector: " + strings.TrimSpace(string(r.Rule)+" "+r.Metric)
}

// maxLength is more than a vector of 4.0 with every metric has.
const maxLength = 300

// scored is what the libraries of all versions have in common.
type scored interface{ Vector() string }

// Parse reads a vector of any known version. Every error is a *Refused.
func Parse(s string) (Vector, error) {
	if len(s) > maxLength {
		return Vector{}, &Refused{Rule: Length}
	}
	head, _, _ := strings.Cut(s, "/")
	version, ok := strings.CutPrefix(head, "CVSS:")
	if !ok {
		return Vector{}, &Refused{Rule: Header}
	}
	switch Version(version) {
	case V30:
		x, err := gocvss30.ParseVector(s)
		if err != nil {
			return Vector{}, refused(err)
		}
		return vector(V30, x, x.BaseScore()), nil
	case V31:
		x, err := gocvss31.ParseVector(s)
		if err != nil {
			return Vector{}, refused(err)
		}
		return vector(V31, x, x.BaseScore()), nil
	case V40:
		x, err := gocvss40.ParseVector(s)
		if err != nil {
			return Vector{}, refused(err)
		}
		base, err := gocvss40.ParseVector(baseOf(x.Vector()))
		if err != nil {
			return Vector{}, refused(err)
		}
		return vector(V40, x, base.Score()), nil
	}
	return Vector{}, &Refused{Rule: Header}
}

func vector(version Version, x scored, base float64) Vector {
	v := Vector{Version: version, Base: base, Severity: SeverityOf(base), text: x.Vector()}
	for _, part := range strings.Split(v.text, "/")[1:] {
		name, value, _ := strings.Cut(part, ":")
		v.Metrics = append(v.Metrics, Metric{name, value})
	}
	return v
}

// base40 is how many metrics of 4.0 are base metrics: the first, in canonical order.
const base40 = 11

func baseOf(canonical string) string {
	parts := strings.Split(canonical, "/")
	return strings.Join(parts[:min(len(parts), 1+base40)], "/")
}

// refused translates an error of the libraries.
func refused(err error) error {
	var missing30 *gocvss30.ErrMissing
	var missing31 *gocvss31.ErrMissing
	var twice30 *gocvss30.ErrDefinedN
	var twice31 *gocvss31.ErrDefinedN
	var unknown30 *gocvss30.ErrInvalidMetric
	var unknown31 *gocvss31.ErrInvalidMetric
	var unknown40 *gocvss40.ErrInvalidMetric
	switch {
	case errors.As(err, &missing30):
		return &Refused{Missing, missing30.Abv}
	case errors.As(err, &missing31):
		return &Refused{Missing, missing31.Abv}
	case errors.As(err, &twice30):
		return &Refused{Twice, twice30.Abv}
	case errors.As(err, &twice31):
		return &Refused{Twice, twice31.Abv}
	case errors.As(err, &unknown30):
		return &Refused{Unknown, unknown30.Abv}
	case errors.As(err, &unknown31):
		return &Refused{Unknown, unknown31.Abv}
	case errors.As(err, &unknown40):
		return &Refused{Unknown, unknown40.Abv}
	case errors.Is(err, gocvss30.ErrInvalidMetricValue), errors.Is(err, gocvss31.ErrInvalidMetricValue), errors.Is(err, gocvss40.ErrInvalidMetricValue):
		return &Refused{Rule: Value}
	}
	return &Refused{Rule: Form}
}
