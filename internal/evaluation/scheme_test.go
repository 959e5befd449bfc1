// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/member"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The schemes that come with the platform hold their own tests.
func TestBuiltinSchemes(t *testing.T) {
	if len(Builtin()) == 0 || For(2021) == nil || For(1999) != nil {
		t.Fatal("there is no scheme for 2021, or one for 1999")
	}
	for _, s := range Builtin() {
		if lookup(s.Ref()) != s || len(s.Digest()) != 64 {
			t.Errorf("%s is not found by its reference", s.Ref())
		}
	}
}

func source(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("schemes/partner-1.0.0.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A wrong scheme is refused with its line and the reason.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, from, to, reason string }{
		{"no YAML", "schema: evaluation/v1", "schema: [", "did not find"},
		{"unknown key", "term: 10", "term: 10\nbonus: 7", "bonus"},
		{"double key", "term: 10", "term: 10\nterm: 11", "already"},
		{"another schema", "evaluation/v1", "evaluation/v9", "schema must be"},
		{"one language", "en: Yearly evaluation of partner units", "en: ''", "in zh and en"},
		{"too short a term", "term: 10", "term: 2", "working days"},
		{"levels the wrong way round", "{level: 2, from: 65}", "{level: 2, from: 95}", "lower score"},
		{"points that are not 100", "points: 18", "points: 19", "must be 100 in all: they are 101"},
		{"a measure that nobody knows", "measure: help", "measure: loyalty", "measured by nobody"},
		{"paid twice", "measure: finds", "measure: reports-verified", "measured twice"},
		{"of another kind", "kind: clean", "kind: share", "of kind clean"},
		{"late is better than in time", "{in-time: 1, late: 0.25}", "{in-time: 1, late: 1.5}", "must not be better"},
		{"a duty met costs more than one left undone", "{met: 0, late: 0.1, overdue: 0.25}", "{met: 0, late: 0.5, overdue: 0.25}", "must not be better"},
		{"a share above the whole", "{answered: 1, silent: 0}", "{answered: 2, silent: 0}", "at most 1"},
		{"an outcome without a value", "{first: 1, shared: 0.5}", "{first: 1}", `"shared" has no value`},
		{"an outcome that does not exist", "{first: 1, shared: 0.5}", "{first: 1, shared: 0.5, lucky: 9}", `"lucky" is no outcome`},
		{"a role that does not exist", "roles: [provider, operator]", "roles: [king]", "no role"},
		{"four decimals", "{level: 1, from: 85}", "{level: 1, from: 85.0001}", "three decimals"},
		{"a negative number", "points: 4\n", "points: -4\n", "no number"},
		{"a test that fails", "want: {score: 100, level: 1", "want: {score: 99, level: 1", "the score is 100"},
		{"a test of nothing", "timely-reports: {late: 4}", "punctuality: {late: 4}", "no criterion"},
		{"anchors", "roles: [finder]\n    rows:\n      timely-reports: {in-time: 5}", "roles: &a [finder]\n    rows:\n      timely-reports: {in-time: 5}", "anchors"},
	} {
		text := strings.Replace(source(t), c.from, c.to, 1)
		if text == source(t) {
			t.Errorf("%s: %q does not stand in the scheme", c.name, c.from)
			continue
		}
		_, err := Parse("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("%s: %v, want %q with a line", c.name, err, c.reason)
		}
	}
	if _, err := Parse("x.yaml", make([]byte, MaxSize+1)); err == nil {
		t.Error("a scheme without end was read")
	}
	if _, err := Parse("x.yaml", []byte(source(t)+"\n---\nschema: evaluation/v1\n")); err == nil {
		t.Error("two schemes in a file were read")
	}
}

// FuzzParse: whatever stands in a file is read or refused with lines, in time.
func FuzzParse(f *testing.F) {
	b, err := os.ReadFile("schemes/partner-1.0.0.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("schema: evaluation/v1\ncriteria: [null]\n"))
	f.Add([]byte("levels: [{level: 1, from: 9999999999}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("f", data)
		if err == nil && s.Score([]member.OrgRole{member.Finder}, nil).Score < 0 {
			t.Error("a score below nothing")
		}
	})
}

// world draws rows of every criterion.
func world(t *rapid.T, s *Scheme) map[string][]Row {
	out := map[string][]Row{}
	for _, c := range s.Criteria {
		for i := range rapid.IntRange(0, 12).Draw(t, c.ID) {
			out[c.ID] = append(out[c.ID], Row{Kind: "duty", ID: string(rune('a' + i)), Outcome: rapid.SampledFrom(measures[c.Measure].outcomes).Draw(t, c.ID+" outcome")})
		}
	}
	return out
}

func copied(rows map[string][]Row) map[string][]Row {
	out := map[string][]Row{}
	for k, rs := range rows {
		out[k] = slices.Clone(rs)
	}
	return out
}

var everyRole = []member.OrgRole{member.Provider, member.Operator, member.Finder}

// Doing better at one thing never lowers the score: not a duty in time, not an answer, not a fix.
func TestDoingBetterNeverCosts(t *testing.T) {
	s := For(2021)
	rapid.Check(t, func(t *rapid.T) {
		rows := world(t, s)
		c := rapid.SampledFrom(s.Criteria).Draw(t, "criterion")
		m := measures[c.Measure]
		if len(rows[c.ID]) == 0 || m.unordered {
			return
		}
		roles := rapid.SliceOfDistinct(rapid.SampledFrom(everyRole), func(r member.OrgRole) member.OrgRole { return r }).Draw(t, "roles")
		i := rapid.IntRange(0, len(rows[c.ID])-1).Draw(t, "row")
		j := slices.Index(m.outcomes, rows[c.ID][i].Outcome)
		better := copied(rows)
		better[c.ID][i].Outcome = m.outcomes[rapid.IntRange(0, j).Draw(t, "better")]
		if a, b := s.Score(roles, rows), s.Score(roles, better); b.Score < a.Score {
			t.Fatalf("%s: from %s to %s the score went from %s to %s", c.ID, rows[c.ID][i].Outcome, better[c.ID][i].Outcome, a.Score, b.Score)
		}
	})
}

// Reporting more never lowers the score, however late, and whatever becomes of it.
func TestReportingMoreNeverCosts(t *testing.T) {
	s := For(2021)
	rapid.Check(t, func(t *rapid.T) {
		rows := world(t, s)
		more := copied(rows)
		for _, id := range []string{"timely-reports", "verified-reports", "original-finds", "help"} {
			c := s.Criterion(id)
			if rapid.Bool().Draw(t, id) {
				more[id] = append(more[id], Row{Kind: "report", ID: "new", Outcome: rapid.SampledFrom(measures[c.Measure].outcomes).Draw(t, id)})
			}
		}
		if a, b := s.Score(everyRole, rows), s.Score(everyRole, more); b.Score < a.Score {
			t.Fatalf("the score went from %s to %s", a.Score, b.Score)
		}
	})
}

// The order of rows says nothing; neither does what does not count.
func TestScoreIsOfTheRowsAlone(t *testing.T) {
	s := For(2021)
	rapid.Check(t, func(t *rapid.T) {
		rows := world(t, s)
		mixed := copied(rows)
		seed := rapid.Uint64().Draw(t, "seed")
		for _, rs := range mixed {
			rand.New(rand.NewPCG(seed, 1)).Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
		}
		a, b := s.Score(everyRole, rows), s.Score(everyRole, mixed)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("another order, another result:\n%s", diff)
		}
		if a.Score < 0 || a.Score > 100_000 {
			t.Fatalf("a score of %s", a.Score)
		}
	})
}

// Who may not act is not measured: what does not apply is left out of the whole, not counted as nothing.
func TestWhatDoesNotApplyIsLeftOut(t *testing.T) {
	s := For(2021)
	r := s.Score([]member.OrgRole{member.Operator}, map[string][]Row{"acknowledgement": {{ID: "a", Outcome: "in-time"}}, "answers": {{ID: "a", Outcome: "answered"}}})
	if r.Score != 100_000 || r.Level != 1 || r.Possible != 36_000 {
		t.Errorf("an operator that did all it was asked for: %s of %s possible, level %d", r.Score, r.Possible, r.Level)
	}
	if l := r.Line("fixes"); l.Applies || l.Earned != 0 {
		t.Error("there was nothing to fix, and it counts")
	}
}

func TestMilli(t *testing.T) {
	for m, want := range map[Milli]string{0: "0", 250: "0.25", 18000: "18", 99999: "99.999", -500: "-0.5", 100: "0.1"} {
		if m.String() != want {
			t.Errorf("%d: %q, want %q", int64(m), m.String(), want)
		}
	}
}

// The distribution that units see holds nobody alone.
func TestSpreadHidesEverybody(t *testing.T) {
	if spread([]Milli{1, 2, 3, 4}) != nil {
		t.Error("four units have a distribution")
	}
	rapid.Check(t, func(t *rapid.T) {
		scores := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Milli { return Milli(rapid.IntRange(0, 100_000).Draw(t, "score")) }), K, 60).Draw(t, "scores")
		bins, n := spread(scores), 0
		for i, b := range bins {
			if b.N > 0 && b.N < K {
				t.Fatalf("%d units from %d to %d: %v", b.N, b.From, b.To, bins)
			}
			if i > 0 && bins[i-1].To != b.From {
				t.Fatalf("a gap or an overlap: %v", bins)
			}
			n += b.N
		}
		if n != len(scores) || bins[0].From != 0 || bins[len(bins)-1].To != 100 {
			t.Fatalf("%d of %d units: %v", n, len(scores), bins)
		}
	})
}
