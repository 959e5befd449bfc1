// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/delivery"
)

// Class is how much a message must be heard.
type Class string

// The classes. Reminders to answer a warning have its class (docs/adr/0015).
const (
	Mandatory Class = "mandatory" // red and orange warnings, what lifts or recalls them, what is due by law soon, that letters and notices wait: never muted, only re-routed
	Prompt    Class = "prompt"    // yellow warnings, and lesser ones about the member's own products; what binds the member otherwise
	Digest    Class = "digest"    // blue warnings, risk notices, editorial revisions; what the law encourages, and own promises
)

// Classes lists the classes, the gravest first.
var Classes = []Class{Mandatory, Prompt, Digest}

// levels are those of warnings, the gravest first.
var levels = []string{"red", "orange", "yellow", "blue", "notice"}

// ClassOf is the class of what is said about a warning of a level. An editorial revision waits for the digest, whatever
// its level.
func ClassOf(level string, editorial bool) Class {
	switch {
	case editorial:
		return Digest
	case level == "red" || level == "orange":
		return Mandatory
	case level == "yellow":
		return Prompt
	}
	return Digest
}

// gravity orders what stands in a digest: 0 is the gravest.
func gravity(level string) int {
	if i := slices.Index(levels, level); i >= 0 {
		return i
	}
	return len(levels)
}

// How is when somebody wants to be told.
type How string

// The ways.
const (
	Now    How = "now"
	Hourly How = "hourly" // in a digest
	Daily  How = "daily"  // in a digest
	None   How = "none"   // it stands in the inbox
)

// Ways lists what can be chosen for a class: what is mandatory comes at once or to another place.
func (c Class) Ways() []How {
	if c == Mandatory {
		return []How{Now, None}
	}
	return []How{Now, Hourly, Daily, None}
}

// Usual is what holds for a channel where nothing was chosen: people get what is not urgent once a day, machines at
// once, and nobody is woken by a text message that is not mandatory.
func Usual(channel string, c Class) How {
	switch {
	case c == Mandatory || channel == delivery.Webhook:
		return Now
	case channel == delivery.SMS:
		return None
	case c == Digest:
		return Daily
	}
	return Now
}

// usual is Usual in SQL, for the channel and the class that two expressions give. What literals rule out is left out: it
// is asked of every recipient.
func usual(channel, class string) string {
	may := func(expression, word string) bool {
		return expression == `'`+word+`'` || !strings.HasPrefix(expression, `'`)
	}
	var b strings.Builder
	for _, ch := range Channels {
		for _, c := range Classes {
			if how := Usual(ch, c); how != Now && may(channel, ch) && may(class, string(c)) {
				b.WriteString(` WHEN ` + channel + ` = '` + ch + `' AND ` + class + ` = '` + string(c) + `' THEN '` + string(how) + `'`)
			}
		}
	}
	if b.Len() == 0 {
		return `'now'`
	}
	return `CASE` + b.String() + ` ELSE 'now' END`
}
