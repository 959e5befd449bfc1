// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
)

// explain turns a fault of a verb run on this machine into words, as the API would.
func explain(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	p := i18n.For(i18n.English)
	lines := []string{p.T(f.Key, f.Args...)}
	for _, x := range f.Fields {
		line := "  " + x.Name + ": " + p.T(x.Rule, x.Args...)
		if x.Example != "" {
			line += " (e.g. " + x.Example + ")"
		}
		lines = append(lines, line)
	}
	return errors.New(strings.Join(lines, "\n"))
}
