// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package fault gives errors the kinds that a caller can act on; every other error is internal and shown as an incident.
//
// Texts are i18n keys, so that a surface speaks the reader's language.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what went wrong, in the caller's terms.
type Kind string

// The kinds. Withheld looks like NotFound from outside: what one may not see looks like what does not exist.
const (
	Invalid         Kind = "invalid"         // the input breaks a rule; Fields say which
	NotFound        Kind = "not-found"       // there is no such thing
	Withheld        Kind = "withheld"        // there is, but not for this actor
	Forbidden       Kind = "forbidden"       // the actor may see it, but not do this to it
	Unauthenticated Kind = "unauthenticated" // nobody is signed in
	Conflict        Kind = "conflict"        // the thing is in another state than the caller thinks
	TooLarge        Kind = "too-large"       // the input is larger than the limit
	Limited         Kind = "limited"         // too many attempts; try later
	Internal        Kind = "internal"        // everything else
)

// A Field is one item of the input that breaks a rule.
type Field struct {
	Name    string // path as the caller wrote it: "products[0].versions"
	Rule    string // i18n key of the sentence that states the rule
	Args    []any  // its arguments
	Example string // a value that would do, or ""
}

// An Error is a fault with a kind.
type Error struct {
	Kind   Kind
	Key    string // i18n key of the sentence
	Args   []any
	Fields []Field
}

// Error is the form for logs: kind, key and field names, never a submitted value.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kind, e.Key)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Name, f.Rule)
	}
	return b.String()
}

// KindOf returns err's kind: Internal when it is no fault.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is a fault of kind k. Withheld counts as NotFound.
func Is(err error, k Kind) bool {
	got := KindOf(err)
	return got == k || (k == NotFound && got == Withheld)
}

// Missing says that there is no such thing.
func Missing() error { return &Error{Kind: NotFound, Key: "fault.not-found"} }

// Hidden says that the thing is not for this actor; it looks like Missing from outside.
func Hidden() error { return &Error{Kind: Withheld, Key: "fault.not-found"} }

// Deny says that the actor may not do this: key names what would be needed.
func Deny(key string, args ...any) error { return &Error{Kind: Forbidden, Key: key, Args: args} }

// SignIn says that nobody is signed in.
func SignIn() error { return &Error{Kind: Unauthenticated, Key: "fault.sign-in"} }

// Clash says that the thing is not in a state that allows this.
func Clash(key string, args ...any) error { return &Error{Kind: Conflict, Key: key, Args: args} }

// Check collects the rules that an input breaks, so that the caller learns all of them at once.
type Check struct{ fields []Field }

// That adds a broken rule for the field name unless ok.
func (c *Check) That(ok bool, name, rule, example string, args ...any) {
	if !ok {
		c.fields = append(c.fields, Field{Name: name, Rule: rule, Args: args, Example: example})
	}
}

// Err returns nil, or a fault of kind Invalid with all broken rules.
func (c *Check) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "fault.invalid", Args: []any{len(c.fields)}, Fields: c.fields}
}

// FieldError says that one field breaks one rule.
func FieldError(name, rule, example string, args ...any) error {
	var c Check
	c.That(false, name, rule, example, args...)
	return c.Err()
}
