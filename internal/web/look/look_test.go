// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package look

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/i18n"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(Speak(t.Context(), i18n.For("en")), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var start = time.Date(2021, 11, 24, 2, 0, 0, 0, time.UTC)

// Whatever the times, a bar stays inside its picture, and what is late begins at the strict reading.
func TestClockStaysInsideItsBar(t *testing.T) {
	hours := rapid.Int64Range(-100, 2000)
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time { return start.Add(time.Duration(hours.Draw(t, name)) * time.Hour) }
		c := Clock{From: start, Due: at("due"), Latest: at("latest"), Now: at("now")}
		if rapid.Bool().Draw(t, "met") {
			c.Met = at("met at")
		}
		b := c.bar()
		for _, x := range []float64{b.fill, b.lateFrom, b.late, b.due, b.end, b.now, b.lateFrom + b.late} {
			if x < 0 || x > 1.0001 {
				t.Fatalf("%+v leaves the bar: %+v", c, b)
			}
		}
		if b.late > 0 && b.lateFrom != b.due {
			t.Fatalf("late begins at %v, due is at %v", b.lateFrom, b.due)
		}
	})
}

func TestClockShowsEachState(t *testing.T) {
	due, latest := start.Add(48*time.Hour), start.Add(62*time.Hour)
	for _, c := range []struct {
		name                 string
		now, met             time.Time
		fill, lateFrom, late float64
	}{
		{"running", start.Add(31 * time.Hour), time.Time{}, 0.5, 0, 0},
		{"between the readings", start.Add(55 * time.Hour), time.Time{}, 48. / 62, 48. / 62, 7. / 62},
		{"overdue", start.Add(124 * time.Hour), time.Time{}, 48. / 124, 48. / 124, 76. / 124},
		{"met in time", start.Add(500 * time.Hour), start.Add(31 * time.Hour), 0.5, 0, 0},
	} {
		b := Clock{From: start, Due: due, Latest: latest, Now: c.now, Met: c.met}.bar()
		if !close(b.fill, c.fill) || !close(b.lateFrom, c.lateFrom) || !close(b.late, c.late) {
			t.Errorf("%s: %+v", c.name, b)
		}
	}
}

func close(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// A clock says everything in words; the picture adds nothing for those who hear the page.
func TestClockIsReadWithoutItsPicture(t *testing.T) {
	out := render(t, ClockBar(Clock{Label: "Report to the platform", State: Overdue, Word: "overdue", Hero: "9 hours overdue", Sentence: "by law", From: start, Due: start.Add(48 * time.Hour),
		Latest: start.Add(62 * time.Hour), Now: start.Add(71 * time.Hour), FromWord: "A", DueWord: "B", LateWord: "C"}))
	for _, svg := range regexp.MustCompile(`<svg[^>]*>`).FindAllString(out, -1) {
		if !strings.Contains(svg, `aria-hidden="true"`) {
			t.Errorf("a picture is read out: %s", svg)
		}
	}
	words := regexp.MustCompile(`(?s)<svg.*?</svg>`).ReplaceAllString(out, "")
	for _, word := range []string{"Report to the platform", "9 hours overdue", "by law", ">A<", ">B<", ">C<", "Strict reading", "Latest arguable"} {
		if !strings.Contains(words, word) {
			t.Errorf("the words lack %q", word)
		}
	}
}

// No two levels share a shape, and the word is always there: colour is never alone.
func TestLevelsDifferWithoutColour(t *testing.T) {
	shapes := map[string]string{}
	for _, level := range []string{"red", "orange", "yellow", "blue", "notice"} {
		if other, taken := shapes[levelPath(level)]; taken {
			t.Errorf("%s looks like %s", level, other)
		}
		shapes[levelPath(level)] = level
		if out := render(t, Level(level, "the word")); !strings.Contains(out, "the word") {
			t.Errorf("%s has no word", level)
		}
	}
}

func TestGradesDifferByStrokes(t *testing.T) {
	for i, grade := range []string{"", "low", "medium", "high", "critical"} {
		if n := strings.Count(render(t, Grade(grade, "x")), `class="on"`); n != i {
			t.Errorf("%q has %d strokes", grade, n)
		}
	}
}

// What people wrote stays text, wherever it stands.
func TestTextsAreEscaped(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	for name, c := range map[string]templ.Component{
		"input": Input(Field{Name: "n", Label: evil, Value: evil, Wrong: evil, Hint: evil}), "area": Area(Field{Name: "n", Value: evil}), "fact": FactText(evil, evil), "prose": Prose(evil),
		"block": Block(evil, evil), "row": RowLink("javascript:alert(1)", evil, evil), "line": TimeLine([]Moment{{Title: evil, Note: evil, At: evil}}), "cell": CellText(evil, evil),
		"summary": Summary(evil, []Wrong{{evil, evil}}), "level": Level("red", evil), "tag": Tag(evil), "state": State(Bad, evil),
	} {
		if out := render(t, c); strings.Contains(out, "<script>") || strings.Contains(out, `href="javascript`) {
			t.Errorf("%s lets code through: %s", name, out)
		}
	}
}

// A wrong field says so to everybody: marked, described, linked from the summary.
func TestWrongFieldIsTiedToItsMessage(t *testing.T) {
	f := Field{Name: "learned_at", Label: "Learned at", Hint: "h", Wrong: "w", Required: true}
	out := render(t, Input(f))
	for _, want := range []string{`aria-invalid="true"`, `aria-required="true"`, `aria-describedby="f-learned_at-hint f-learned_at-wrong"`, `id="f-learned_at-wrong"`, `for="f-learned_at"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the field lacks %s: %s", want, out)
		}
	}
	if out := render(t, Summary("2 items", []Wrong{{"learned_at", "w"}})); !strings.Contains(out, `href="#f-learned_at"`) || !strings.Contains(out, `role="alert"`) {
		t.Errorf("the summary does not lead there: %s", out)
	}
	if out := render(t, Summary("", nil)); out != "" {
		t.Errorf("an empty summary shows %q", out)
	}
}
