// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

// FoundFor is the event by which the flow hears of a lead.
func FoundFor(l Lead) Found { return Found{l.on(), l.Confidence} }
