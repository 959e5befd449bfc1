// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package look is how Fengsui looks: components that every page is built of, in plain terms and without the platform's
// nouns.
//
// Ink on paper, one accent (pine), one tone for what is late or wrong (mulberry). Red, orange, yellow and blue belong to
// Level alone. Nothing is said by colour alone. No inline style and no inline script: sizes are SVG attributes or classes.
//
//	shell     Page(Shell)                         header, navigation, preferences, user, demo ribbon, footer; wraps a page
//	heading   Head(Heading) · Crumbs · Tabs       breadcrumb, title, lead; children stand below (tags, buttons)
//	layout    Columns · Main · Aside · Stack · Row · Grid · Strip · Actions
//	card      Card(title, note) · Section(title, note) · Fold(title, note, open)
//	list      Facts + Fact(term) / Facts(...) + FactText(term, text) · Rows + RowLink(href)
//	table     Table(caption, heads…) + <tr> + Cell(head) / CellText(head, text) / Numeric(head, text)
//	chip      Tag(text) · State(tone, word) · Level(level, word) · Grade(grade, word) · TLP(label) · Code(text)
//	clock     ClockBar(Clock)                     the hero of duty pages
//	measure   Meter(label, percent) · Tile(Stat) · Bars([]Bar) · Steps(current, []string) · Line(current)
//	time      TimeLine([]Moment)
//	form      Form(action) · FileForm · SearchForm · Pair · Input · Area · Select · Radios · Checks · Check · File · Hidden · Summary(title, []Wrong)
//	button    Button(kind, text) · ButtonAs(kind, name, value, text) · LinkButton(kind, href, text) · Download · Post(action, kind, text)
//	else      Callout(tone, title) · Empty(title, text) · Pager(next, href) · Block(label, text) · Prose(text) · Dim(text) · Avatar(name) · Icon(name) · Mark · Towers
//	work      Board · Lane · Ticket · Next · Band · Verdict · Path · Relay   the workbench and the warning
//
// Kinds of buttons: Primary, Quiet, Danger. Tones: Plain, Good, Wait, Bad, Off. Components speak the language of the Page
// around them.
package look

import (
	"context"

	"github.com/fengsui/fengsui/internal/i18n"
)

type speaking struct{}

// Speak returns a context in which components speak p's language. Page does it for all that it wraps.
func Speak(ctx context.Context, p i18n.Printer) context.Context {
	return context.WithValue(ctx, speaking{}, p)
}

func printer(ctx context.Context) i18n.Printer {
	if p, ok := ctx.Value(speaking{}).(i18n.Printer); ok {
		return p
	}
	return i18n.For(i18n.Chinese)
}

// Tones of states and callouts. Each has its own shape beside its colour.
const (
	Plain = "plain" // neither good nor bad
	Good  = "good"  // done, holds
	Wait  = "wait"  // somebody has to act
	Bad   = "bad"   // late, refused, failed
	Off   = "off"   // over, does not apply
)

// Kinds of buttons.
const (
	Primary = "primary"
	Quiet   = "quiet"
	Danger  = "danger"
)

// A Link is a word that leads somewhere.
type Link struct{ Href, Label string }
