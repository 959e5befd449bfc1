// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package tlp knows the labels of the Traffic Light Protocol 2.0 (FIRST, August 2022) and how far each lets a text travel.
package tlp

import (
	"fmt"
	"slices"
	"strings"
)

// A Label is one of the five labels, without the "TLP:" that stands before it in documents.
type Label string

// The labels, the most open first.
const (
	Clear       Label = "CLEAR"
	Green       Label = "GREEN"
	Amber       Label = "AMBER"
	AmberStrict Label = "AMBER+STRICT"
	Red         Label = "RED"
)

// Labels returns the labels, the most open first.
func Labels() []Label { return []Label{Clear, Green, Amber, AmberStrict, Red} }

// An Audience is whom a text may be handed on to, seen from the one who received it.
type Audience int

// The audiences, the smallest first.
const (
	Recipients   Audience = iota // the persons it was addressed to, nobody else
	Organisation                 // whoever in the recipient's organisation needs to know
	Clients                      // and the clients of that organisation who need to know
	Community                    // peers and partners, through channels that are not public
	Public                       // everybody
)

// Parse reads a label in any case, with or without "TLP:". WHITE, as TLP 1 called it, is CLEAR.
func Parse(s string) (Label, error) {
	name := strings.ToUpper(strings.TrimSpace(s))
	name = strings.TrimPrefix(name, "TLP:")
	if name == "WHITE" {
		return Clear, nil
	}
	if l := Label(name); l.Valid() {
		return l, nil
	}
	return "", fmt.Errorf("tlp: %.32q is none of CLEAR, GREEN, AMBER, AMBER+STRICT, RED", s)
}

// Valid reports whether l is one of the five labels.
func (l Label) Valid() bool { return slices.Contains(Labels(), l) }

// String returns the label as documents show it: "TLP:AMBER+STRICT".
func (l Label) String() string { return "TLP:" + string(l) }

// rank counts up from the most open; what is no label ranks as RED, so that a mistake never opens anything.
func (l Label) rank() int {
	if i := slices.Index(Labels(), l); i >= 0 {
		return i
	}
	return len(Labels()) - 1
}

// Stricter returns whichever of the two lets a text travel less far. What is no label counts as RED.
func Stricter(a, b Label) Label {
	return Labels()[max(a.rank(), b.rank())]
}

// Allows reports whether a text with this label may be handed on to the audience. What is no label counts as RED.
func (l Label) Allows(to Audience) bool {
	return to >= Recipients && to <= [...]Audience{Public, Community, Clients, Organisation, Recipients}[l.rank()]
}

// Colour returns the label's text colour as #RRGGBB; the standard sets it on black. What is no label has RED's.
func (l Label) Colour() string {
	return [...]string{"#FFFFFF", "#33FF00", "#FFC000", "#FFC000", "#FF2B2B"}[l.rank()]
}
