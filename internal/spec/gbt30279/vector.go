// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package gbt30279

import (
	"fmt"
	"strings"
)

// Prefix starts a vector in full form.
const Prefix = "GBT30279:2020/"

// A Vector holds the values of the grading indicators (clause 6.2), each a single letter.
// E, RL and S are empty together where only the technical grade is asked for.
type Vector struct {
	AV string // 访问路径: N network, A adjacent, L local, P physical
	AC string // 触发要求: L low, H high
	PR string // 权限需求: N none, L ordinary user, H administrator
	UI string // 交互条件: N not needed, R needed
	C  string // 保密性: H severe, L partial, N none
	I  string // 完整性, as C
	A  string // 可用性, as C
	E  string // 被利用成本: L low, M medium, H high
	RL string // 修复难度: H high, M medium, L low
	S  string // 影响范围: H high (over 50 % of the assets), M medium, L low (under 10 %)
}

// A Rule names what a vector breaks.
type Rule string

// The rules of a vector.
const (
	Length  Rule = "length"  // longer than any vector is
	Form    Rule = "form"    // a part is not METRIC:VALUE
	Unknown Rule = "unknown" // there is no such indicator
	Twice   Rule = "twice"   // the indicator stands there twice
	Missing Rule = "missing" // the indicator is not given
	Value   Rule = "value"   // the indicator cannot take that value
)

// Refused says why a text is no vector.
type Refused struct {
	Metric string // AV … S, or what stands in its place
	Rule   Rule
	Detail string // for Missing and Value the letters allowed, else ""
}

func (r *Refused) Error() string {
	s := fmt.Sprintf("gbt30279: %s: %s", r.Metric, r.Rule)
	if r.Detail != "" {
		s += ", one of " + r.Detail
	}
	return s
}

// metrics is the canonical order with the values allowed.
var metrics = []struct{ name, values string }{
	{"AV", "NALP"}, {"AC", "LH"}, {"PR", "NLH"}, {"UI", "NR"}, {"C", "HLN"}, {"I", "HLN"}, {"A", "HLN"},
	{"E", "LMH"}, {"RL", "HML"}, {"S", "HML"},
}

const technicalMetrics = 7

// fields returns v's values in the order of metrics.
func (v *Vector) fields() [10]*string {
	return [10]*string{&v.AV, &v.AC, &v.PR, &v.UI, &v.C, &v.I, &v.A, &v.E, &v.RL, &v.S}
}

// Parse reads a vector, with or without Prefix, its indicators in any order, the environment (E, RL, S) whole or left out.
// Every error is a *Refused.
func Parse(s string) (Vector, error) {
	var v Vector
	if len(s) > 128 {
		return v, &Refused{Metric: s[:8] + "…", Rule: Length}
	}
	s = strings.TrimPrefix(s, Prefix)
	fields := v.fields()
part:
	for part := range strings.SplitSeq(s, "/") {
		name, value, ok := strings.Cut(part, ":")
		if !ok || value == "" {
			return Vector{}, &Refused{Metric: part, Rule: Form}
		}
		for i, m := range metrics {
			if m.name == name {
				if *fields[i] != "" {
					return Vector{}, &Refused{Metric: name, Rule: Twice}
				}
				*fields[i] = value
				continue part
			}
		}
		return Vector{}, &Refused{Metric: name, Rule: Unknown}
	}
	if err := v.check(); err != nil {
		return Vector{}, err
	}
	return v, nil
}

// HasEnvironment reports whether any of E, RL and S is given.
func (v Vector) HasEnvironment() bool { return v.E != "" || v.RL != "" || v.S != "" }

func (v Vector) check() error {
	for i, value := range v.fields() {
		m := metrics[i]
		switch {
		case *value == "" && (i < technicalMetrics || v.HasEnvironment()):
			return &Refused{Metric: m.name, Rule: Missing, Detail: m.values}
		case *value != "" && (len(*value) != 1 || !strings.Contains(m.values, *value)):
			return &Refused{Metric: m.name, Rule: Value, Detail: m.values}
		}
	}
	return nil
}

// String returns the canonical form: Prefix and the indicators that are given, in the standard's order.
func (v Vector) String() string {
	var parts []string
	for i, value := range v.fields() {
		if *value != "" {
			parts = append(parts, metrics[i].name+":"+*value)
		}
	}
	return Prefix + strings.Join(parts, "/")
}
