// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"slices"
	"time"
)

// Reach at which a vulnerability counts as nationwide or wide: shares of the partner units whose products contain it.
const (
	nationwide = 0.5
	wide       = 0.1
)

// Propose proposes a warning's level from the technical grade (GB/T 30279: "critical", "high" …), whether it is
// exploited ("yes", "no", "unknown") and the share of partner units it reaches (0–1), with the i18n key of the reason.
// The emergency plan of 2017 grades warnings by urgency and possible harm and leaves the figures open: these are the
// platform's own, and a person decides.
func Propose(grade, exploited string, share float64) (Level, string) {
	active := exploited == "yes"
	switch {
	case grade == "critical" && active && share > nationwide:
		return Red, "warning.reason.critical-exploited-nationwide"
	case grade == "critical" && active:
		return Orange, "warning.reason.critical-exploited"
	case grade == "critical" && share > wide:
		return Orange, "warning.reason.critical-wide"
	case grade == "critical":
		return Yellow, "warning.reason.critical"
	case grade == "high" && active:
		return Yellow, "warning.reason.high-exploited"
	case grade == "high" && share > wide:
		return Blue, "warning.reason.high-wide"
	}
	return Risk, "warning.reason.lower"
}

// graver reports whether l is graver than m.
func (l Level) graver(m Level) bool { return slices.Index(Levels, l) < slices.Index(Levels, m) }

// Within is how long units have to answer a warning of this level, unless the duty officer sets another limit.
func (l Level) Within() time.Duration {
	switch l {
	case Red:
		return 4 * time.Hour
	case Orange:
		return 12 * time.Hour
	case Yellow:
		return 24 * time.Hour
	case Blue:
		return 72 * time.Hour
	}
	return 7 * 24 * time.Hour
}
