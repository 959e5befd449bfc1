// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// The key that signs the world's law pack, and the one that the platform trusts.
const (
	lawKey  = "PRIVATE+KEY+laws.example+f7a86d6d+AUt97m6IuKfuCwHxFwCde9ePzHt/RlF7Ja5zySOILFPS"
	lawVKey = "laws.example+f7a86d6d+AV5JJwSW7F+/IfhsZtn83FmpVxG3LJsWIS57rXnorsuL"
)

// lawed loads a law pack, which waits for its second person, and returns its id.
func (w *world) lawed(ctx context.Context) string {
	w.Helper()
	own := lawpack.BuiltinSet().Lookup("partner-report", "").Pack()
	text := []byte(strings.Replace(string(own.Text()), "version: "+own.Version, "version: 99.0.0", 1))
	note, err := lawpack.SignText(text, own.Regime+"@99.0.0", lawKey)
	w.ok(err)
	v, err := w.s.Rulebook.Load(ctx, w.actors["administrator"], text, note)
	w.ok(err)
	return v.ID
}
