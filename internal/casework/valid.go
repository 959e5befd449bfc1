// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

// Valid returns the content as it is kept, and a fault of kind Invalid with every rule that it breaks: for later stages
// of the line that change a copy of their own. Fields are named as in "content.affected[0].purl".
func (c Content) Valid() (Content, error) {
	c = c.tidied()
	return c, c.check()
}
