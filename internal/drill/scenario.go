// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package drill is exercises (演练): a scenario file is played on a platform of its own, with a clock of its own and
// nothing real around it; people may take seats, scripts play the rest; what happened is scored from the platform's
// rows and told in an after-action report. The same scenarios answer "what if it had been reported on day N".
package drill

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// Schema is the version of the file format.
const Schema = "fengsui-drill/v1"

// A Text is a text in both languages.
type Text struct {
	ZH string `yaml:"zh" json:"zh"`
	EN string `yaml:"en" json:"en"`
}

// In gives the text in the language of p.
func (t Text) In(p i18n.Printer) string { return p.Pick(t.ZH, t.EN) }

// A Period is an ISO 8601 duration such as PT45M or P2D.
type Period struct{ calendar.Period }

// UnmarshalYAML reads a period.
func (p *Period) UnmarshalYAML(n *yaml.Node) (err error) {
	if p.Period, err = calendar.ParsePeriod(n.Value); n.Kind != yaml.ScalarNode || err != nil {
		return fmt.Errorf("line %d: a period is written as PT45M, PT12H or P2D", n.Line)
	}
	return nil
}

// Duration is how long the period is, counting a day as 24 hours.
func (p Period) Duration() time.Duration {
	from := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	return p.Elapsed(from, time.UTC).Sub(from)
}

// An Instant is a moment with its zone: 2021-12-09T09:10:00+08:00.
type Instant struct{ time.Time }

// UnmarshalYAML reads an instant.
func (i *Instant) UnmarshalYAML(n *yaml.Node) (err error) {
	if i.Time, err = time.Parse(time.RFC3339, n.Value); n.Kind != yaml.ScalarNode || err != nil {
		return fmt.Errorf("line %d: a moment is written with its zone: 2021-12-09T09:10:00+08:00", n.Line)
	}
	i.Time = i.Time.UTC()
	return nil
}

// A Scenario is one exercise, as written down.
type Scenario struct {
	Schema  string          `yaml:"schema"`
	ID      string          `yaml:"id"`      // short and stable: "log4j2-2021"
	Version string          `yaml:"version"` // semantic version
	Title   Text            `yaml:"title"`
	Brief   Text            `yaml:"brief"` // what participants may know before
	Start   Instant         `yaml:"start"`
	End     Instant         `yaml:"end"`
	Cast    []Organisation  `yaml:"cast"`
	Flaws   map[string]Flaw `yaml:"flaws"`
	Moves   []Move          `yaml:"moves"`
	Goals   []Goal          `yaml:"goals"`
	WhatIf  *WhatIf         `yaml:"what_if"`

	Source []byte `yaml:"-"` // the file itself
}

// An Organisation takes part. All are invented.
type Organisation struct {
	Slug     string           `yaml:"slug"`
	Name     Text             `yaml:"name"`
	Roles    []member.OrgRole `yaml:"roles"`
	Partner  int              `yaml:"partner"` // level of a partner unit, 0 for none
	Sector   string           `yaml:"sector"`
	People   []Person         `yaml:"people"`
	Products []Product        `yaml:"products"`
}

// A Person of an organisation; a seat that somebody may take.
type Person struct {
	Key   string        `yaml:"key"`
	Name  Text          `yaml:"name"`
	Roles []member.Role `yaml:"roles"`
	Seat  Text          `yaml:"seat"` // what the person does in the exercise
}

// A Product of an organisation with what it contains.
type Product struct {
	Name     Text         `yaml:"name"`
	Model    string       `yaml:"model"`
	Kind     product.Kind `yaml:"kind"`
	PURL     string       `yaml:"purl"`
	Version  string       `yaml:"version"`
	Contains []string     `yaml:"contains"` // purls with versions; "a > b" says that a brings b along
}

// A Flaw is what can be reported: the statutory content (Provisions of 2021, art. 7 (2)).
type Flaw struct {
	Title       Text       `yaml:"title"`
	Vendor      string     `yaml:"vendor"`
	Product     string     `yaml:"product"`
	Versions    string     `yaml:"versions"`
	Technical   Text       `yaml:"technical"`
	Harm        string     `yaml:"harm"`
	Scope       string     `yaml:"scope"`
	CWE         string     `yaml:"cwe"`
	Aliases     []string   `yaml:"aliases"`
	Upstream    bool       `yaml:"upstream"`
	Affected    []Affected `yaml:"affected"`
	CVSS        string     `yaml:"cvss"`
	GBT         string     `yaml:"gbt"` // vector of GB/T 30279-2020
	Rationale   string     `yaml:"rationale"`
	Environment string     `yaml:"environment"`
	Steps       string     `yaml:"steps"`
	Fix         Text       `yaml:"fix"`
	Workaround  Text       `yaml:"workaround"`
	Notice      string     `yaml:"notice"` // to the upstream provider
}

// Affected is a range of versions.
type Affected struct {
	PURL       string `yaml:"purl"`
	Introduced string `yaml:"introduced"`
	Fixed      string `yaml:"fixed"`
}

// A Move is one thing that happens, at a time or a while after another one.
type Move struct {
	ID    string  `yaml:"id"`
	At    Instant `yaml:"at"`    // or
	After string  `yaml:"after"` // the move that it follows
	Plus  Period  `yaml:"plus"`  // how long after
	Who   string  `yaml:"who"`   // key of a person; "" for what happens outside
	By    string  `yaml:"by"`    // revise: the second person
	Do    Verb    `yaml:"do"`
	Say   Text    `yaml:"say"` // what is told of it
	On    string  `yaml:"on"`  // the move whose case it goes on with, when that is not the first report's

	Flaw    string  `yaml:"flaw"`    // report, flash, verify, grade, notify: of which
	Learned Instant `yaml:"learned"` // report, flash: since when the reporter knows
	Level   string  `yaml:"level"`   // approve: red, orange, yellow, blue
	Answer  string  `yaml:"answer"`  // answer: checking, affected, not-affected, fixed
	Assets  int     `yaml:"assets"`  // answer: how many
	Text    Text    `yaml:"text"`    // answer: comment; revise: the measures
}

// A Verb is what a move does on the platform.
type Verb string

// The verbs.
const (
	Tell    Verb = "tell"    // nothing on the platform: the story goes on outside, or participants are told
	Report  Verb = "report"  // a full report
	Flash   Verb = "flash"   // four facts
	Take    Verb = "take"    // an analyst takes the case and starts to verify
	Join    Verb = "join"    // the case is joined to the first one as a duplicate
	Notify  Verb = "notify"  // the upstream provider that the platform proposes is told
	Verify  Verb = "verify"  // the flaw is reproduced, and the case's facts are completed
	Grade   Verb = "grade"   // CVSS and GB/T 30279; matching follows
	Approve Verb = "approve" // the drafted warning gets its level and first signature
	Release Verb = "release" // second signature: everybody is warned
	Revise  Verb = "revise"  // new measures, both signatures; Who approves, By releases
	Answer  Verb = "answer"  // a unit acknowledges the warning
	Draft   Verb = "draft"   // an analyst drafts the advisory and hands it in
	Publish Verb = "publish" // a second person publishes it
)

// Verbs lists them in the order of the line.
var Verbs = []Verb{Tell, Report, Flash, Take, Join, Notify, Verify, Grade, Approve, Release, Revise, Answer, Draft, Publish}

// A Goal is something that is scored.
type Goal struct {
	ID     string  `yaml:"id"`
	Text   Text    `yaml:"text"`
	Points int     `yaml:"points"`
	Time   *Timing `yaml:"time"`     // how long something took; or
	Share  *Share  `yaml:"answered"` // how many units had answered after a while; or
	Exact  *Exact  `yaml:"affected"` // whether exactly these were found affected; or
	Duty   *Owed   `yaml:"duty"`     // whether an organisation did its duty in time
}

// Timing is full within Within and falls evenly to nothing at twice that.
type Timing struct {
	From   string `yaml:"from"` // a move, or a kind of event, the first of it
	To     string `yaml:"to"`   // a kind of event, the first after From
	Within Period `yaml:"within"`
}

// Share is full when at least Percent of the units had answered After the release.
type Share struct {
	After   Period `yaml:"after"`
	Percent int    `yaml:"percent"`
}

// Exact names the organisations that must be found affected, no more and no fewer.
type Exact struct {
	Orgs []string `yaml:"orgs"`
}

// Owed is a duty of an organisation.
type Owed struct {
	Org  string `yaml:"org"`
	Rule string `yaml:"rule"`
}

// WhatIf asks what would have been, had somebody reported on another day.
type WhatIf struct {
	Label Text    `yaml:"label"`
	Who   string  `yaml:"who"`
	Flaw  string  `yaml:"flaw"`
	Base  Instant `yaml:"base"` // day 0: when the reporter learned of it
	Days  int     `yaml:"days"` // the last day that can be asked for
	For   string  `yaml:"for"`  // the move that the earlier report stands in for
	Leak  string  `yaml:"leak"` // the move after which everybody could know
}

//go:embed scenarios/*.yaml
var built embed.FS

// Built returns the scenarios that come with the platform, by id.
func Built() ([]*Scenario, error) {
	names, err := fs.Glob(built, "scenarios/*.yaml")
	if err != nil {
		return nil, err
	}
	var out []*Scenario
	for _, name := range names {
		b, err := built.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s, err := Parse(name, b)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *Scenario) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// person finds a person and its organisation by key.
func (s *Scenario) person(key string) (Organisation, Person, bool) {
	for _, o := range s.Cast {
		for _, p := range o.People {
			if p.Key == key {
				return o, p, true
			}
		}
	}
	return Organisation{}, Person{}, false
}

// move finds a move by id.
func (s *Scenario) move(id string) (Move, bool) {
	i := slices.IndexFunc(s.Moves, func(m Move) bool { return m.ID == id })
	if i < 0 {
		return Move{}, false
	}
	return s.Moves[i], true
}

// A timed move has its moment.
type timed struct {
	Move
	when time.Time
}

// schedule gives every move its moment, in order.
func (s *Scenario) schedule() []timed {
	when := map[string]time.Time{}
	var at func(m Move) time.Time
	at = func(m Move) time.Time {
		if t, ok := when[m.ID]; ok {
			return t
		}
		t := m.At.Time
		if m.After != "" {
			before, _ := s.move(m.After) // Parse has seen that it is there and that nothing waits for itself
			t = m.Plus.Elapsed(at(before), calendar.Beijing())
		}
		when[m.ID] = t
		return t
	}
	out := make([]timed, len(s.Moves))
	for i, m := range s.Moves {
		out[i] = timed{m, at(m)}
	}
	slices.SortStableFunc(out, func(a, b timed) int { return a.when.Compare(b.when) })
	return out
}
