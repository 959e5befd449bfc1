// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
)

// TestOddDirectory: a database lies where its path says, whatever stands in the path.
func TestOddDirectory(t *testing.T) {
	for _, name := range []string{"run#2", "why?", "100%", "a b", "数据"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "fengsui.db")
		d, err := db.Open(t.Context(), file, calendar.NewDriven(time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Migrate(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
