// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import "github.com/fengsui/fengsui/internal/spec/tlp"

// Labels are the TLP labels of a warning's parts, where they differ from the label of the rest: "" is that label.
type Labels struct {
	Summary  string `json:"summary,omitempty"`
	Measures string `json:"measures,omitempty"`
	Pack     string `json:"pack,omitempty"`
}

// strictest is the label of the whole: the strictest of its parts.
func (l Labels) strictest(rest string) string {
	out := tlp.Label(rest)
	for _, x := range []string{l.Summary, l.Measures, l.Pack} {
		if x != "" {
			out = tlp.Stricter(out, tlp.Label(x))
		}
	}
	return string(out)
}

// apart says of each part without a label which one it has, when the label of the whole is not that of the rest.
func (l Labels) apart(rest string) Labels {
	if l.strictest(rest) == rest {
		return l
	}
	return Labels{Summary: or(l.Summary, rest), Measures: or(l.Measures, rest), Pack: or(l.Pack, rest)}
}

// label is that of a part.
func (w Warning) label(of string) string {
	if of != "" {
		return of
	}
	return w.TLP
}

// MeasuresLabel, SummaryLabel and PackLabel say how far a part of the warning may travel.
func (w Warning) MeasuresLabel() string { return w.label(w.Content.Labels.Measures) }

// SummaryLabel is that of the summary.
func (w Warning) SummaryLabel() string { return w.label(w.Content.Labels.Summary) }

// PackLabel is that of the machine pack.
func (w Warning) PackLabel() string { return w.label(w.Content.Labels.Pack) }

// open reports whether a part with a label may travel by mail and unread.
func open(label string) bool { return tlp.Label(label).Allows(tlp.Community) }
