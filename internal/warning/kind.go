// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import "github.com/fengsui/fengsui/internal/destination"

// Kind says what a revision is (emergency plan of 2017, 4.6: the issuer adjusts the level as things develop, and lifts the
// warning when the risk is over).
type Kind string

// The kinds. Raise and Lowering follow from the level: nobody chooses them.
const (
	Original  Kind = "original"  // 首发
	Amendment Kind = "amendment" // 更新: facts or texts have changed
	Raise     Kind = "raise"     // 升级
	Lowering  Kind = "lowering"  // 降级
	Supersede Kind = "supersede" // 替代: the advice that was given before does not hold any more
	Lift      Kind = "lift"      // 解除: the risk is over
	Recall    Kind = "recall"    // 撤回: the warning was wrong
)

// Kinds lists them.
var Kinds = []Kind{Original, Amendment, Raise, Lowering, Supersede, Lift, Recall}

// Chosen lists those that a person may begin.
var Chosen = []Kind{Amendment, Supersede, Lift, Recall}

// Closes reports whether nobody has to answer any more.
func (k Kind) Closes() bool { return k == Lift || k == Recall }

// by is the kind of a revision that takes a warning from one level to another.
func (k Kind) by(from, to Level) Kind {
	if k != Amendment && k != Raise && k != Lowering {
		return k
	}
	switch {
	case to.graver(from):
		return Raise
	case from.graver(to):
		return Lowering
	}
	return Amendment
}

// Class is how much a revision must be heard: what is recalled must be by everybody, an editorial one waits for the digest.
func (w Warning) Class() destination.Class {
	if w.Kind == Recall {
		return destination.Mandatory
	}
	return destination.ClassOf(string(w.Level), !w.Significant)
}

// classFor is the class for one recipient: what concerns its own products waits for no digest.
func (w Warning) classFor(r Recipient) destination.Class {
	if c := w.Class(); c != destination.Digest || !w.Significant || r.Wave != WaveAffected {
		return c
	}
	return destination.Prompt
}

// Type is the event type on the wire: what receivers sort by, and may filter by what is not mandatory.
func (w Warning) Type() string {
	switch {
	case w.Revision <= 1:
		return "warning.released"
	case w.Kind == Lift:
		return "warning.lifted"
	case w.Kind == Recall:
		return "warning.recalled"
	}
	return "warning.revised"
}
