// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

// Again says what a duty comes to at in.Now. That it is owed was found before, by the facts of that time: only what was
// asserted, done and decided since is looked at, and the version of the pack stays the one in which the duty stands.
func (in Input) Again(d *Duty) Owed { return in.owed(d) }
