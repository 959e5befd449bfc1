// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package cap writes alerts in the Common Alerting Protocol 1.2 (OASIS, 1 July 2010).
package cap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MediaType of an alert, and Namespace of its elements (section 3.2).
const (
	MediaType = "application/cap+xml; charset=utf-8"
	Namespace = "urn:oasis:names:tc:emergency:cap:1.2"
)

// Values of status, msgType and scope (section 3.2.1).
const (
	Actual   = "Actual"
	Exercise = "Exercise"

	First  = "Alert"
	Update = "Update"
	Cancel = "Cancel"

	Public     = "Public"
	Restricted = "Restricted"
)

// An Alert is one message.
type Alert struct {
	Identifier  string // unique for the sender; no blank, comma, "<" or "&"
	Sender      string // as Identifier
	Sent        time.Time
	Status      string
	Type        string // msgType
	Source      string
	Scope       string
	Restriction string // who may have it: of a Restricted one
	Note        string
	References  []Reference // earlier messages that this one updates or cancels
	Infos       []Info      // one a language
}

// A Reference names an earlier message.
type Reference struct {
	Sender, Identifier string
	Sent               time.Time
}

// An Info is the content in one language.
type Info struct {
	Language      string // RFC 3066
	Categories    []string
	Event         string // type of the event, in words
	ResponseTypes []string
	Urgency       string
	Severity      string
	Certainty     string
	Audience      string
	EventCodes    []Value
	Effective     time.Time
	SenderName    string
	Headline      string
	Description   string
	Instruction   string
	Web           string // absolute URI
	Contact       string
	Parameters    []Value
	Areas         []string // in words
}

// A Value is a name and what it stands for.
type Value struct {
	Name  string `xml:"valueName"`
	Value string `xml:"value"`
}

// Errors of encoding. What they wrap is not shown to anybody: it is a mistake in the program.
var (
	// ErrRequired: an element that must be there is missing.
	ErrRequired = errors.New("cap: required")
	// ErrValue: an element has a value that the standard does not know.
	ErrValue = errors.New("cap: value")
)

// The standard's lists of values (sections 3.2.1 and 3.2.2).
var (
	statuses   = []string{Actual, Exercise, "System", "Test", "Draft"}
	types      = []string{First, Update, Cancel, "Ack", "Error"}
	scopes     = []string{Public, Restricted, "Private"}
	categories = []string{"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"}
	responses  = []string{"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}
	urgencies  = []string{"Immediate", "Expected", "Future", "Past", "Unknown"}
	severities = []string{"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
	certainty  = []string{"Observed", "Likely", "Possible", "Unlikely", "Unknown"}
)

// Check holds the alert to what the standard demands beyond its grammar. Its errors wrap ErrRequired or ErrValue.
func (a Alert) Check() error {
	var errs []error
	need := func(ok bool, kind error, what string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%w: %s", kind, what))
		}
	}
	name := func(s string) bool { return s != "" && !strings.ContainsAny(s, " ,<&\t\r\n") }
	need(name(a.Identifier), ErrValue, "identifier")
	need(name(a.Sender), ErrValue, "sender")
	need(!a.Sent.IsZero(), ErrRequired, "sent")
	need(slices.Contains(statuses, a.Status), ErrValue, "status")
	need(slices.Contains(types, a.Type), ErrValue, "msgType")
	need(slices.Contains(scopes, a.Scope), ErrValue, "scope")
	need(a.Scope != "Private", ErrRequired, "addresses") // private alerts are not written here
	need((a.Scope == Restricted) == (a.Restriction != ""), ErrRequired, "restriction")
	need(a.Type == First || len(a.References) > 0, ErrRequired, "references")
	for _, r := range a.References {
		need(name(r.Sender) && name(r.Identifier) && !r.Sent.IsZero(), ErrValue, "references")
	}
	for _, i := range a.Infos {
		need(len(i.Categories) > 0 && i.Event != "", ErrRequired, "category and event")
		need(within(categories, i.Categories), ErrValue, "category")
		need(within(responses, i.ResponseTypes), ErrValue, "responseType")
		need(slices.Contains(urgencies, i.Urgency), ErrValue, "urgency")
		need(slices.Contains(severities, i.Severity), ErrValue, "severity")
		need(slices.Contains(certainty, i.Certainty), ErrValue, "certainty")
	}
	return errors.Join(errs...)
}

func within(known, got []string) bool {
	return !slices.ContainsFunc(got, func(s string) bool { return !slices.Contains(known, s) })
}

// Encode writes the alert. Characters that XML cannot hold become U+FFFD. Its errors are those of Check.
func (a Alert) Encode() ([]byte, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(a.element()); err != nil {
		return nil, fmt.Errorf("cap: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
