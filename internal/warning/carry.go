// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// A Way says whether a text with a label may go somewhere.
type Way func(label string) bool

// By is the way of a push channel; sealed says that what leaves by it is encrypted for its recipient.
func By(channel string, sealed bool) Way {
	return func(label string) bool { return delivery.Carries(channel, label, sealed) }
}

// UpTo is the way of what is fetched, by somebody who is known to be entitled to labels as strict as the ceiling. Nothing
// above TLP:AMBER+STRICT is fetched without reading it as a person.
func UpTo(ceiling tlp.Label) Way {
	return func(label string) bool {
		l := tlp.Label(label)
		return l.Allows(tlp.Organisation) && tlp.Stricter(l, ceiling) == ceiling
	}
}

// Within returns the warning with what of it may go a way: each part by its own label. open says that what has no label of
// its own, the title among it, may go; who issued it always may.
func (w Warning) Within(way Way) (out Warning, open bool) {
	out, open = w, way(w.TLP)
	out.Known = Snapshot{}
	c := Content{Issuer: w.Content.Issuer, Phone: w.Content.Phone, Labels: w.Content.Labels}
	if open {
		c.Leads = w.Content.Leads
		c.Title, c.TitleEN, c.Scope, c.ScopeEN, c.Basis = w.Content.Title, w.Content.TitleEN, w.Content.Scope, w.Content.ScopeEN, w.Content.Basis
	}
	if way(w.SummaryLabel()) {
		c.Summary, c.SummaryEN = w.Content.Summary, w.Content.SummaryEN
	}
	if way(w.MeasuresLabel()) {
		c.Measures, c.MeasuresEN = w.Content.Measures, w.Content.MeasuresEN
	}
	if way(w.PackLabel()) {
		c.Pack = w.Content.Pack
	}
	out.Content = c
	return out, open
}
