// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"testing"

	"github.com/fengsui/fengsui/internal/app"
)

// intact audits a whole database: whatever the platform has done by its own hand stands in its journal of rows.
func intact(t *testing.T, s *app.Services) {
	t.Helper()
	if _, err := s.Evidence.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := s.Events.Audit(t.Context())
	if err != nil || f.Err() != nil || f.Records < 100 {
		t.Fatalf("audit: %v, %d records, %+v", err, f.Records, f.Traces)
	}
	var rows, loose int64
	for _, x := range f.Tables {
		rows, loose = rows+x.Rows, loose+x.Loose
	}
	if rows < 400 || loose > 0 {
		t.Errorf("%d rows were looked at, %d belong to nothing", rows, loose)
	}
}
