// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/fengsui/fengsui/internal/db"
)

// Words are made here, so that both engines index the same ones: runs of letters and digits in lower case, and of
// Chinese, Japanese and Korean text every pair of neighbours, which finds words of two characters exactly. The last
// character of such a run stands for itself too, so that a single one is found as the beginning of a word.

// maxWords bounds what is indexed of one vulnerability.
const maxWords = 400

// stop are words that stand in every other text.
var stop = map[string]bool{}

func init() {
	for _, w := range strings.Fields("a an and are as at be been before by can could for from has have in is it its may of on or that the this through to via was when which who with") {
		stop[w] = true
	}
}

// cjk reports whether a character is written without blanks between words.
func cjk(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case r >= 0x4e00 && r <= 0x9fff, r >= 0x3040 && r <= 0x30ff, r >= 0xac00 && r <= 0xd7a3:
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// tokens calls each for every word of a text.
func tokens(s string, each func(string)) {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		s = strings.ToLower(s)
		start := -1
		for i := 0; i <= len(s); i++ {
			if i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9') {
				if start < 0 {
					start = i
				}
			} else if start >= 0 {
				word(s[start:i], each)
				start = -1
			}
		}
		return
	}
	var run []rune
	han := false
	flush := func() {
		switch {
		case len(run) == 0:
		case !han:
			word(string(run), each)
		default:
			for i := range len(run) - 1 {
				each(string(run[i : i+2]))
			}
			each(string(run[len(run)-1:]))
		}
		run = run[:0]
	}
	for _, r := range strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, " "))) {
		switch h := cjk(r); {
		case h && han && len(run) > 0, r >= 'a' && r <= 'z' && !han && len(run) > 0:
		case !h && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r):
			flush()
			continue
		case len(run) > 0 && h != han:
			flush()
			han = h
		default:
			han = h
		}
		run = append(run, r)
	}
	flush()
}

func word(w string, each func(string)) {
	if !stop[w] && len(w) <= 64 {
		each(w)
	}
}

// maxIndexed is how much of a summary is indexed, in bytes.
const maxIndexed = 400

// words are those of a record's title and the beginning of its summary, each once.
func (r Record) words() (out []string) {
	seen := map[string]bool{}
	add := func(w string) {
		if !seen[w] && len(out) < maxWords {
			seen[w] = true
			out = append(out, strings.Clone(w))
		}
	}
	tokens(r.Title, add)
	tokens(r.Summary[:min(len(r.Summary), maxIndexed)], add)
	return out
}

// words are those by which a vulnerability is found, with marks for filters, which no text can hold. Those of records
// that have just arrived are known.
func (d *draft) words(known map[int64][]string) []string {
	out := make([]string, 0, 64)
	seen := make(map[string]bool, 64)
	add := func(w string) {
		if !seen[w] && len(out) < maxWords {
			seen[w] = true
			out = append(out, w)
		}
	}
	for _, e := range d.Ecosystems {
		add(markEcosystem(e))
	}
	if d.Severity != "" {
		add(markSeverity(d.Severity))
	}
	if d.KEV {
		add(markKEV)
	}
	add(markAny)
	if d.State.Live() {
		add(markLive)
	}
	for _, n := range d.names {
		add(whole(n.folded))
		tokens(n.folded, add)
	}
	for i, p := range d.at {
		if i == 0 || d.at[i-1].Name != p.Name {
			tokens(p.Name, add)
		}
	}
	for _, r := range d.records {
		ws, ok := known[r.ID]
		if !ok {
			ws = r.words()
		}
		for _, w := range ws {
			add(w)
		}
	}
	return out
}

const (
	markKEV  = "_kev"
	markLive = "_live"
	markAny  = "_any"
)

func markSeverity(s Severity) string { return "_s_" + string(s) }

func markEcosystem(e string) string {
	return "_e_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r > 0x7f:
			return r
		}
		return '_'
	}, e)
}

// whole is a name as one word: "cve-2021-44228".
func whole(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', strings.ContainsRune("-_.:/@+", r):
			return r
		case r > 0x7f && !unicode.IsSpace(r):
			return unicode.ToLower(r)
		}
		return '_'
	}, name)
}

// wordKey is the column that numbers the documents of the index.
func wordKey(tx *db.Tx) string {
	if tx.Engine == db.PostgreSQL {
		return "place"
	}
	return "rowid"
}

// wordRows gathers what is indexed.
type wordRows struct {
	places []int64
	texts  []string
}

func (w *wordRows) add(place int64, text string) {
	w.places, w.texts = append(w.places, place), append(w.texts, text)
}

func (w *wordRows) insert(ctx context.Context, tx *db.Tx) error {
	if len(w.places) == 0 {
		return nil
	}
	if tx.Engine == db.PostgreSQL {
		// words hold neither blanks nor quotes, so that their list is a tsvector's text
		_, err := tx.Exec(ctx, `INSERT INTO vuln_word (place, words) SELECT p, array_to_tsvector(string_to_array(w, ' ')) FROM unnest($1::BIGINT[], $2::TEXT[]) AS x (p, w)`, w.places, w.texts)
		return err
	}
	at := make([]int, len(w.places)) // the index grows fastest in its own order
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int { return int(min(max(w.places[a]-w.places[b], -1), 1)) })
	for _, i := range at {
		if _, err := tx.Exec(ctx, `INSERT INTO vuln_word (rowid, words) VALUES (?, ?)`, w.places[i], w.texts[i]); err != nil {
			return err
		}
	}
	return nil
}
