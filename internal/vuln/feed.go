// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import "time"

// A Feed is a place from which records are taken again and again.
type Feed struct {
	Kind   string // osv, cve, csaf, kev, epss
	Source string // path or URL
	Every  time.Duration
}
