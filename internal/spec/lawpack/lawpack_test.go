// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Every pack passes its own tests.
func TestPacksHoldTheirOwnTests(t *testing.T) {
	files, err := filepath.Glob("packs/*.yaml")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d packs, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := lawpack.Parse(file, data)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, f := range p.Test() {
			t.Errorf("%s: %s", file, f)
		}
		if p.Regime+".yaml" != filepath.Base(file) {
			t.Errorf("%s holds the regime %s", file, p.Regime)
		}
	}
	if t.Failed() {
		return
	}
	if got := len(lawpack.Builtin()); got != len(files) {
		t.Errorf("%d packs come with the platform, of %d", got, len(files))
	}
}
