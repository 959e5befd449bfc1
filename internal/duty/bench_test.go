// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"testing"

	"github.com/fengsui/fengsui/internal/duty"
)

// Reports arrive by the hundred a second; what they owe must not be what they wait for.
func BenchmarkResolve(b *testing.B) {
	f := duty.Facts{OrgID: "o", Relation: duty.Embeds, Upstream: true, Partner: true, LearnedAt: learned}
	for b.Loop() {
		duty.Resolve(f)
	}
}

func BenchmarkExplain(b *testing.B) {
	f := duty.Facts{OrgID: "o", Relation: duty.Embeds, Upstream: true, Partner: true, LearnedAt: learned}
	for b.Loop() {
		if _, _, err := duty.Explain(f, learned); err != nil {
			b.Fatal(err)
		}
	}
}
