// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
)

// The facts that a stage must bring: the first stops the clock within a minute, the second is the statutory content
// (Provisions of 2021, art. 7 (2)) with the anchor of the clocks. A model is asked for, but software has none.
var (
	flashItems = []string{"product", "harm", "exploited", "learned_at"}
	fullItems  = []string{"product", "versions", "technical", "harm", "scope", "relation", "learned_at"}
)

// An item is a fact that makes a report complete.
type item struct {
	name    string
	have    bool
	example string
}

func (c Content) items() []item {
	said := func(s string) bool { return strings.TrimSpace(s) != "" }
	return []item{
		{"product", said(c.Product), "Apache Log4j2"},
		{"model", said(c.Model) || said(c.PURL), "RT-AX88U"}, // a package's identity stands in place of a model
		{"versions", said(c.Versions), "2.0-beta9 – 2.14.1"},
		{"technical", said(c.Technical), ""},
		{"harm", said(c.Harm), ""},
		{"scope", said(c.Scope), ""},
		{"relation", c.Relation != "", "provider"},
		{"learned_at", !c.LearnedAt.IsZero(), timeExample},
	}
}

// Completeness says how much of the statutory content a report has, in per cent: product, model, versions, technical
// characteristics, harm, impact scope (art. 7 (2)), and the relation and the time of learning, from which duties follow.
// Software that is named by a package URL needs no model. Missing are names of fields: "report.field.<name>".
func Completeness(c Content) (percent int, missing []string) {
	items := c.items()
	for _, i := range items {
		if !i.have {
			missing = append(missing, i.name)
		}
	}
	return 100 * (len(items) - len(missing)) / len(items), missing
}

// checkStage collects what a stage lacks: a flash report needs four facts, a full one the statutory content.
func (c Content) checkStage(k *fault.Check, flash bool) {
	need := fullItems
	if flash {
		need = flashItems
	}
	for _, i := range append(c.items(), item{"exploited", c.Exploited != "", "unknown"}) {
		k.That(i.have || !slices.Contains(need, i.name), i.name, "rule.required", i.example)
	}
}
