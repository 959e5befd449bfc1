// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package spreadsheet

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "a=1": "a=1", "-5": "-5", "-5.25": "-5.25", "12": "12", " ": " ",
		"=1": "'=1", "+1": "'+1", "-1+2": "'-1+2", "@x": "'@x", "＝1": "'＝1", "－x": "'－x", " =1": "' =1", "\u3000=1": "'\u3000=1", "\t=1": "'\t=1", "\nx": "'\nx", "-": "'-", "-5e": "'-5e",
	} {
		if got := Harmless(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzHarmless(f *testing.F) {
	for _, s := range []string{"=1", " \t=cmd", "－1", "-5", "\u200b=1", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Harmless(s)
		if strings.TrimPrefix(got, "'") != s && got != s {
			t.Errorf("%q becomes %q", s, got)
		}
		text := strings.TrimLeftFunc(got, unicode.IsSpace)
		if text != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(text)[0]) && !number.MatchString(got) {
			t.Errorf("a formula: %q", got)
		}
	})
}

type broken struct{ n int }

func (b *broken) Write(p []byte) (int, error) {
	if b.n++; b.n > 1 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestWriter(t *testing.T) {
	var b strings.Builder
	w := New(&b)
	if err := errors.Join(w.Row("名称", "n"), w.Row("=cmd", "-3"), w.Flush()); err != nil {
		t.Fatal(err)
	}
	rest, ok := strings.CutPrefix(b.String(), "\uFEFF")
	rows, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil || !ok || !strings.Contains(rest, "\r\n") || len(rows) != 2 || !slices.Equal(rows[1], []string{"'=cmd", "-3"}) {
		t.Errorf("%q, %v", b.String(), err)
	}
	bad := New(&broken{})
	bad.Row(strings.Repeat("x", 10_000)) //nolint:errcheck // Flush says it
	if bad.Flush() == nil || bad.Row("x") == nil {
		t.Error("an error was forgotten")
	}
}
