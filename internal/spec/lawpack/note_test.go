// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack_test

import (
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// signedNote signs any words: what a key signs need not be about a pack.
func signedNote(t *testing.T, skey, text string) string {
	t.Helper()
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	out, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
