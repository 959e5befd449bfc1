// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package gbt30279

// TechnicalAt is a cell of annex D: the technical grade of an impact and an exploitability, both 1–9; "" outside.
func TechnicalAt(impact, exploitability int) Grade {
	if impact < 1 || impact > 9 || exploitability < 1 || exploitability > 9 {
		return ""
	}
	return letter[technical[impact-1][exploitability-1]]
}

// CompositeAt is a cell of annex E: the composite grade of a technical grade and an environment, 1–9; "" outside.
func CompositeAt(g Grade, environment int) Grade {
	row := composite[g]
	if environment < 1 || environment > len(row) {
		return ""
	}
	return letter[row[environment-1]]
}
