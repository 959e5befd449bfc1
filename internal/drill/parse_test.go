// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

// TestRefuse: what is wrong with a scenario is said with its line.
func TestRefuse(t *testing.T) {
	good, err := os.ReadFile("scenarios/log4j2-2021.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct{ was, is, reason string }{
		"schema":           {"fengsui-drill/v1", "fengsui-drill/v9", "fengsui-drill/v1"},
		"unknown key":      {"moves:\n", "mvoes:\n", "mvoes"},
		"no translation":   {`text: {zh: 受影响单位一个不多、一个不少, en: "Exactly the affected are warned first"}`, "text: {zh: 受影响单位一个不多、一个不少}", "both languages"},
		"nobody":           {"who: deputy\n    do: release", "who: nobody\n    do: release", `"nobody" is nobody`},
		"unknown verb":     {"do: release", "do: releese", "releese"},
		"two moments":      {"    after: fix\n    plus: PT8H", "    after: fix\n    at: 2021-12-10T16:00:00+08:00\n    plus: PT8H", "either a moment"},
		"circle":           {"at: 2021-12-10T08:00:00+08:00", "after: drafted", "wait for each other"},
		"unknown move":     {"after: released\n    plus: PT25M", "after: realeased\n    plus: PT25M", `no move "realeased"`},
		"no zone":          {"at: 2021-12-08T20:00:00+08:00", "at: 2021-12-08T20:00:00", "with its zone"},
		"bad period":       {"plus: PT25M", "plus: 25 minutes", "PT45M"},
		"level":            {"level: orange", "level: purple", "purple"},
		"answer":           {"answer: checking", "answer: perhaps", "perhaps"},
		"one second hand":  {"by: deputy", "by: officer", "second person"},
		"unknown flaw":     {"do: grade\n    flaw: log4shell", "do: grade\n    flaw: heartbleed", `no flaw "heartbleed"`},
		"points":           {"points: 15", "points: 0", "between 1 and 1000"},
		"unknown event":    {"to: case.taken", "to: case.eaten", "case.eaten"},
		"unknown rule":     {"rule: partner-report", "rule: partner-report-2", "no duty"},
		"unknown org":      {"orgs: [donglu,", "orgs: [dongluo,", `no organisation "dongluo"`},
		"double id":        {"- id: leak", "- id: found", "id of its own"},
		"two desks":        {"roles: [authority], sector: authority}\n  - {slug: response", "roles: [platform], sector: authority}\n  - {slug: response", "one organisation runs the platform"},
		"days":             {"days: 15", "days: 1000", "60 days"},
		"leak":             {"leak: leak", "leak: drip", `no move "drip"`},
		"ends before":      {"end: 2021-12-20", "end: 2021-11-20", "later end"},
		"kind of product":  {"kind: hardware", "kind: soft", "no kind of product"},
		"role of a person": {"roles: [analyst], seat: {zh: 复核", "roles: [king], seat: {zh: 复核", `"king" is no role of a person`},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(string(good), x.was, x.is, 1)
			if bad == string(good) {
				t.Fatal("the change changes nothing")
			}
			_, err := Parse("x.yaml", []byte(bad))
			var ps Problems
			if !errors.As(err, &ps) || !strings.Contains(err.Error(), x.reason) {
				t.Fatalf("%v", err)
			}
			for _, p := range ps {
				if p.Line < 1 || p.Line > strings.Count(bad, "\n")+1 {
					t.Errorf("line %d", p.Line)
				}
			}
		})
	}
	if _, err := Parse("x.yaml", append(good, make([]byte, MaxSize)...)); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("a large file: %v", err)
	}
	if _, err := Parse("x.yaml", append(good, []byte("---\nid: second\n")...)); err == nil || !strings.Contains(err.Error(), "second document") {
		t.Errorf("two documents: %v", err)
	}
}

// FuzzParse: no text makes the reader fail otherwise than by saying what is wrong, and what it accepts can be scheduled.
func FuzzParse(f *testing.F) {
	good, err := os.ReadFile("scenarios/log4j2-2021.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("moves: [{id: a, after: a}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("x.yaml", data)
		if err != nil {
			var ps Problems
			if !errors.As(err, &ps) || len(ps) == 0 {
				t.Errorf("%T %v", err, err)
			}
			return
		}
		if got := s.schedule(); len(got) != len(s.Moves) {
			t.Errorf("%d of %d moves", len(got), len(s.Moves))
		}
		for _, o := range s.Cast {
			for _, p := range o.Products {
				if _, err := p.cycloneDX(); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// TestTimely: points fall from full to nothing and never rise with time.
func TestTimely(t *testing.T) {
	for _, x := range []struct {
		took time.Duration
		want int
	}{{0, 20}, {2 * time.Hour, 20}, {3 * time.Hour, 10}, {4 * time.Hour, 0}, {9 * time.Hour, 0}} {
		if got := timely(20, x.took, 2*time.Hour); got != x.want {
			t.Errorf("%s: %d points, want %d", x.took, got, x.want)
		}
	}
	falls := func(points uint16, a, b uint32, within uint32) bool {
		w, lo, hi := time.Duration(within)+1, time.Duration(min(a, b)), time.Duration(max(a, b))
		p, q := timely(int(points), lo, w), timely(int(points), hi, w)
		return p >= q && q >= 0 && p <= int(points)
	}
	if err := quick.Check(falls, nil); err != nil {
		t.Error(err)
	}
}

// TestPaced: the clock runs at its pace, stands still, and goes on from where it is put.
func TestPaced(t *testing.T) {
	start := time.Date(2021, 12, 9, 9, 0, 0, 0, time.UTC)
	c := NewPaced(start, 0)
	if !c.Now().Equal(start) {
		t.Errorf("a clock that stands still shows %s", c.Now())
	}
	c.SetPace(MaxPace + 1)
	if c.Pace() != MaxPace || c.Now().Before(start) {
		t.Errorf("pace %g, %s", c.Pace(), c.Now())
	}
	c.SetPace(0)
	stopped := c.Now()
	if c.Set(start); !c.Now().Equal(start) || stopped.Before(start) {
		t.Errorf("put back it shows %s", c.Now())
	}
}
