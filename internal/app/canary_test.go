// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	mathrand "math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/tlp"
	"github.com/fengsui/fengsui/internal/warning"
)

// A mine is a platform whose texts hold canaries: words that stand nowhere else, each with a note of what may become of the
// text it was put into. Everything that leaves is kept, with the way it took and whom it reached.
type mine struct {
	*testing.T
	s      *app.Services
	config app.Config
	random *mathrand.Rand
	clock  *calendar.Driven
	people map[string]member.Actor
	ids    map[string][]string // of what was made, by the word in the paths of its pages
	keys   keys

	mu       sync.Mutex
	canaries map[string]secret
	left     []leaving
	arrived  int               // messages at the sinks
	read     map[[32]byte]bool // what was kept already
}

// A secret says who may read a text.
type secret struct {
	label string // of TLP; or own, or authority
	of    string // the only organisations, beside the desk, that may; "" for all whom the label lets
}

func (s secret) lets(to string) bool { return slices.Contains(strings.Fields(s.of), to) }

const (
	own       = "own"       // never sent: it is read by those who have signed in
	authority = "authority" // own, and due to an authority
)

// leaving is something that left, by which way and to whom: the short name of an organisation, "" for everybody.
type leaving struct {
	way, to string
	raw     []byte
}

// ways says up to which label a way carries texts; what is not here carries none at all.
var ways = map[string]tlp.Label{"mail": tlp.Green, "sealed mail": tlp.AmberStrict, "webhook": tlp.Green, "feed": tlp.Green, "amber feed": tlp.AmberStrict, "public feed": tlp.Clear, "link": tlp.Green, "head of a mail": tlp.Clear,
	"bundle": tlp.AmberStrict, "page": tlp.Red}

// warned are the organisations that are warned: to others the warnings do not exist.
var warned = []string{"unit", "other"}

// canary plants a word.
func (m *mine) canary(s secret) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := make([]byte, 5)
	rand.Read(b) //nolint:errcheck // never fails
	word := fmt.Sprintf("Qz%xZq", b)
	m.canaries[strings.ToLower(word)] = s
	return word + "丝雀"
}

// domain plants a word in the name of a domain.
func (m *mine) domain(s secret) string {
	return strings.ToLower(strings.TrimSuffix(m.canary(s), "丝雀")) + ".example"
}

// take keeps what left. The same by the same way is kept once.
func (m *mine) take(way, to string, raw []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := sha256.Sum256(append([]byte(way+"\x00"+to+"\x00"), raw...))
	if !m.read[key] {
		m.read[key] = true
		m.left = append(m.left, leaving{way, to, raw})
	}
}

func (m *mine) ok(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// note remembers the id of something that has pages.
func (m *mine) note(thing, id string) { m.ids[thing] = append(m.ids[thing], id) }

// pick returns one of several.
func pick[T any](m *mine, xs []T) T { return xs[m.random.IntN(len(xs))] }

// may reports whether a text may reach somebody by a way.
func may(way, to string, s secret) bool {
	if way == "page" && to == "desk" {
		return true
	}
	if s.of != "" && !s.lets(to) && (s.label != authority || to != "authority") {
		return false
	}
	switch s.label {
	case own:
		return way == "page" && s.lets(to)
	case authority:
		return way == "page" && s.lets(to) || way == "authority"
	}
	up, ok := ways[way]
	if !ok || !tlp.Label(s.label).Valid() || tlp.Stricter(tlp.Label(s.label), up) != up {
		return false
	}
	return tlp.Label(s.label) == tlp.Clear || s.of != "" || slices.Contains(warned, to)
}

// Whatever is sealed, and whatever is labelled, stays where it may be: every byte that leaves in a random run, over every
// channel and for every purpose, is read through whatever wraps it, and so is every page and answer of the API as everybody
// gets it.
func TestNothingLeavesByAWayThatMayNotCarryIt(t *testing.T) {
	for engine, address := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			seed := mathrand.Uint64()
			t.Logf("seed %d", seed)
			m := newMine(t, engine, address, seed)
			m.warnings()
			m.others()
			m.hours(48)
			m.pull()
			m.answers()
			m.days(35)
			m.drafts()
			m.crawl()
			m.rest()
			m.places()
			m.running()
			m.search()
		})
	}
}

// places asks whether what reminds and asks has come to every place, too: else nothing was read of it there.
func (m *mine) places() {
	m.Helper()
	came := map[string]bool{}
	m.ok(m.s.DB.View(m.Context(), func(tx *db.Tx) error {
		rows, err := db.List(m.Context(), tx, db.Value[string], `SELECT DISTINCT purpose || ' ' || channel FROM delivery WHERE state = 'delivered' AND org_id <> '' AND (destination <> '' OR channel = 'webhook')`)
		for _, x := range rows {
			came[x] = true
		}
		return err
	}))
	of := map[string][]string{casework.PurposeNotice: destination.Channels, compliance.Purpose: destination.Channels, warning.SilencePurpose: destination.Channels,
		duty.Purpose: {delivery.Email, delivery.Webhook, delivery.Slack}} // of who reported, which has no more
	for purpose, channels := range of {
		for _, channel := range channels {
			if !came[purpose+" "+channel] {
				m.Errorf("nothing of %s has come to a place by %s", purpose, channel)
			}
		}
	}
}

var canaryForm = regexp.MustCompile(`(?i)qz[0-9a-f]{10}zq`)

// search reads everything that left.
func (m *mine) search() {
	m.Helper()
	seen := map[string]bool{} // "way label", "way own"
	amount, told := map[string]int{}, map[string]bool{}
	for _, x := range m.left {
		amount[x.way]++
		for _, word := range words(x.raw) {
			s, known := m.canaries[word]
			if !known {
				m.Fatalf("%q was not planted", word)
			}
			seen[x.way+" "+s.label], seen[x.way+" "+s.label+" "+x.to] = true, true
			if may(x.way, x.to, s) {
				continue
			}
			what := fmt.Sprintf("a text %q of %q left by %s to %q", s.label, s.of, x.way, x.to)
			if !told[what] {
				told[what] = true
				m.Errorf("%s: …%s…", what, around(x.raw, word))
			}
		}
	}
	m.Logf("%d things left: %v", len(m.left), amount)
	// and what may be told, is: else this test would find nothing because there is nothing
	for way, labels := range map[string][]string{"mail": {"CLEAR", "GREEN"}, "sealed mail": {"CLEAR", "GREEN", "AMBER unit", "AMBER other", "AMBER+STRICT unit", "AMBER+STRICT other"}, "webhook": {"CLEAR", "GREEN"}, "feed": {"GREEN"},
		"amber feed": {"AMBER", "AMBER+STRICT"}, "public feed": {"CLEAR"}, "link": {"GREEN"}, "authority": {authority}, "bundle": {"GREEN unit", "AMBER+STRICT unit", "AMBER+STRICT other"},
		"head of a mail": {"CLEAR"}, "page": {"RED unit", "RED other", "own unit", "own other", "own desk", "authority other"}} {
		for _, label := range labels {
			if !seen[way+" "+label] {
				m.Errorf("no text %q left by %s", label, way)
			}
		}
	}
	for _, way := range append(slices.Clone(destination.Channels[2:]), "stream", "log", "table", "refused", "metrics") {
		if amount[way] == 0 {
			m.Errorf("nothing left by %s", way)
		}
	}
}

// words are the canaries in what left, in small letters.
func words(raw []byte) (out []string) {
	for _, layer := range peel(raw) {
		for _, found := range canaryForm.FindAll(layer, -1) {
			if word := string(bytes.ToLower(found)); !slices.Contains(out, word) {
				out = append(out, word)
			}
		}
	}
	return out
}

// around is a part of what left, for people.
func around(raw []byte, word string) string {
	for _, layer := range peel(raw) {
		if i := bytes.Index(bytes.ToLower(layer), []byte(word)); i >= 0 {
			return fmt.Sprintf("%q", layer[max(0, i-160):min(len(layer), i+60)])
		}
	}
	return ""
}

// Who may read what by which way, in some words.
func TestMayOfCanaries(t *testing.T) {
	for _, x := range []struct {
		way, to string
		secret
		want bool
	}{
		{"mail", "unit", secret{"GREEN", ""}, true}, {"mail", "unit", secret{"AMBER", ""}, false}, {"mail", "barred", secret{"GREEN", ""}, false}, {"sealed mail", "unit", secret{"AMBER+STRICT", ""}, true},
		{"sealed mail", "unit", secret{"RED", ""}, false}, {"dingtalk", "unit", secret{"CLEAR", ""}, false}, {"mail", "unit", secret{own, "unit"}, false}, {"mail", "other", secret{"GREEN", "unit"}, false},
		{"mail", "other", secret{authority, "other"}, false}, {"authority", "authority", secret{authority, "other"}, true}, {"authority", "authority", secret{own, "other"}, false}, {"page", "unit", secret{"RED", ""}, true},
		{"page", "outsider", secret{"GREEN", ""}, false}, {"page", "outsider", secret{"CLEAR", ""}, true}, {"page", "", secret{"GREEN", ""}, false}, {"page", "other", secret{own, "unit"}, false}, {"page", "unit", secret{own, "unit"}, true},
		{"page", "desk", secret{own, "unit"}, true}, {"refused", "unit", secret{"CLEAR", ""}, false}, {"page", "unit", secret{own, "desk"}, false}, {"bundle", "unit", secret{"RED", ""}, false}, {"link", "other", secret{"GREEN", "unit"}, false},
	} {
		if may(x.way, x.to, x.secret) != x.want {
			t.Errorf("%s carries %v to %q: %t", x.way, x.secret, x.to, !x.want)
		}
	}
}
