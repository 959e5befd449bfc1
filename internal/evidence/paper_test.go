// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/evidence"
)

// What is printed proves the digest and its date, in little room and without a word of the content.
func TestPaperProvesDigestAndDate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		grow(t, l, 0, 700)
		appendEntry(t, l, "promise")
		for id, inLog := range map[string]bool{"000123": true, "promise": false} {
			var r evidence.Receipt
			if err := json.Unmarshal(receipt(t, l, id), &r); err != nil {
				t.Fatal(err)
			}
			text := r.Paper()
			v, err := keysOf(t, l).VerifyPaper(text)
			if err != nil || v.InLog != inLog || v.Entry.Digest != r.Entry.Digest || !v.Entry.At.Equal(r.Entry.At) {
				t.Errorf("%+v, %v", v, err)
			}
			if strings.Contains(text, "log4j") || len(text) > 1200 {
				t.Errorf("%d bytes: %s", len(text), text)
			}
			for i := range len(text) {
				if _, err := keysOf(t, l).VerifyPaper(text[:i] + string(text[i]^1) + text[i+1:]); err == nil {
					t.Fatalf("byte %d altered and accepted", i)
				}
			}
		}
	})
}
