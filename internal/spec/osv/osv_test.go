// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

var at = time.Date(2021, 12, 10, 8, 0, 0, 0, time.FixedZone("CST", 8*3600))

// log4j2 is the record of CVE-2021-44228 with the ranges of its three lines of releases.
func log4j2() Record {
	span := func(from, to string) Range {
		return Range{Type: RangeEcosystem, Events: []Event{{Introduced: from}, {Fixed: to}}}
	}
	return Record{SchemaVersion: SchemaVersion, ID: "x_FS-2021-000001", Modified: at, Published: &at, Aliases: []string{"CVE-2021-44228"}, Summary: "Remote code execution in Apache Log4j2",
		Severity: []Severity{{CVSSv3, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}},
		Affected: []Affected{{Package: &Package{Ecosystem: "Maven", Name: "org.apache.logging.log4j:log4j-core"},
			Ranges: []Range{span("2.0-beta9", "2.3.1"), span("2.4", "2.12.2"), span("2.13.0", "2.15.0")}}},
		References: []Reference{{RefAdvisory, "https://logging.apache.org/security.html"}}, Credits: []Credit{{Name: "finder", Type: Finder}}}
}

func TestRecordsAreWrittenInUTCAndReadBack(t *testing.T) {
	b, err := json.Marshal(log4j2())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `"modified":"2021-12-10T00:00:00Z","published":"2021-12-10T00:00:00Z"`) || strings.Contains(string(b), "withdrawn") {
		t.Errorf("record is %s", b)
	}
	var back Record
	if err := json.Unmarshal(b, &back); err != nil || back.Check() != nil {
		t.Fatal(err, back.Check())
	}
	if diff := cmp.Diff(log4j2(), back); diff != "" {
		t.Errorf("written and read differ:\n%s", diff)
	}
}

func TestCheckRefuses(t *testing.T) {
	events := func(es ...Event) func(*Record) {
		return func(r *Record) { r.Affected[0].Ranges[0].Events = es }
	}
	for _, c := range []struct {
		field  string
		rule   Rule
		breaks func(*Record)
	}{
		{"id", Required, func(r *Record) { r.ID = "" }},
		{"id", Prefix, func(r *Record) { r.ID = "烽燧-1" }},
		{"id", Prefix, func(r *Record) { r.ID = "x_" }},
		{"modified", Required, func(r *Record) { r.Modified = time.Time{} }},
		{"severity[0].type", Vocabulary, func(r *Record) { r.Severity[0].Type = "CVSS" }},
		{"severity[0].score", Required, func(r *Record) { r.Severity[0].Score = "" }},
		{"affected[0].package", Required, func(r *Record) { r.Affected[0].Package.Name = "" }},
		{"affected[0].severity[0].type", Vocabulary, func(r *Record) { r.Affected[0].Severity = []Severity{{"x", "y"}} }},
		{"affected[0].ranges[0].type", Vocabulary, func(r *Record) { r.Affected[0].Ranges[0].Type = "MAVEN" }},
		{"affected[0].ranges[0].repo", Required, func(r *Record) { r.Affected[0].Ranges[0].Type = RangeGit }},
		{"affected[0].ranges[0].events[1]", Commit, func(r *Record) {
			r.Affected[0].Ranges[0] = Range{Type: RangeGit, Repo: "https://git.example/x", Events: []Event{{Introduced: "0"}, {Fixed: "abc"}}}
		}},
		{"affected[0].ranges[0].events[0]", OneEvent, events(Event{Introduced: "1", Fixed: "2"})},
		{"affected[0].ranges[0].events[1]", OneEvent, events(Event{Introduced: "1"}, Event{})},
		{"affected[0].ranges[0].events", Opening, events(Event{Fixed: "2"})},
		{"affected[0].ranges[0].events", Opening, events()},
		{"affected[0].ranges[0].events", Exclusive, events(Event{Introduced: "1"}, Event{Fixed: "2"}, Event{LastAffected: "3"})},
		{"references[0].type", Vocabulary, func(r *Record) { r.References[0].Type = "advisory" }},
		{"references[0].url", Required, func(r *Record) { r.References[0].URL = "" }},
		{"credits[0].name", Required, func(r *Record) { r.Credits[0].Name = "" }},
		{"credits[0].type", Vocabulary, func(r *Record) { r.Credits[0].Type = "HERO" }},
	} {
		r := log4j2()
		c.breaks(&r)
		var refused *Refused
		if err := r.Check(); !errors.As(err, &refused) || *refused != (Refused{c.field, c.rule}) {
			t.Errorf("want %s at %s, got %v", c.rule, c.field, err)
		}
	}
	if err := log4j2().Check(); err != nil {
		t.Error(err)
	}
}

func TestAffects(t *testing.T) {
	a := log4j2().Affected[0]
	for version, want := range map[string]State{"2.0-alpha1": Miss, "2.0-beta8": Miss, "2.0-beta9": Hit, "2.0": Hit, "2.3": Hit, "2.3.1": Miss, "2.3.2": Miss, "2.4": Hit, "2.12.1": Hit, "2.12.2": Miss,
		"2.12.4": Miss, "2.13.0": Hit, "2.14.1": Hit, "2.15.0-rc1": Hit, "2.15.0": Miss, "2.17.1": Miss, "1.2.17": Miss, "": Unknown, "latest": Unknown} {
		if got := Affects(a, "Maven", version); got.State != want {
			t.Errorf("%q is %+v, want %s", version, got, want)
		}
	}
	v := Affects(a, "Maven", "2.14.1")
	if v.Reason != InRange || v.Range != 2 || v.Opened.Introduced != "2.13.0" || v.Closes.Fixed != "2.15.0" {
		t.Errorf("verdict is %+v", v)
	}
}

func TestAffectsSaysWhy(t *testing.T) {
	from := func(events ...Event) []Range { return []Range{{Type: RangeEcosystem, Events: events}} }
	git := []Range{{Type: RangeGit, Repo: "https://git.example/x", Events: []Event{{Introduced: "0"}}}}
	pypi := &Package{Ecosystem: "PyPI", Name: "x"}
	debian := &Package{Ecosystem: "Debian:12", Name: "x"}
	for name, c := range map[string]struct {
		a                  Affected
		ecosystem, version string
		state              State
		reason             Reason
	}{
		"another ecosystem":            {Affected{Package: pypi, Versions: []string{"1"}}, "npm", "1", Miss, OtherEcosystem},
		"another release":              {Affected{Package: debian, Versions: []string{"1"}}, "Debian:11", "1", Miss, OtherEcosystem},
		"this release":                 {Affected{Package: debian, Versions: []string{"1"}}, "Debian:12", "1", Hit, Listed},
		"some release":                 {Affected{Package: debian, Versions: []string{"1"}}, "Debian", "1", Unknown, NoRelease},
		"a miss in any release":        {Affected{Package: debian, Ranges: from(Event{Introduced: "2"})}, "Debian", "1", Miss, Outside},
		"listed with a v":              {Affected{Package: pypi, Versions: []string{"v1.0"}}, "PyPI", "1.0", Hit, Listed},
		"a commit range does not stop": {Affected{Package: pypi, Ranges: append(git, from(Event{Introduced: "1"})...)}, "PyPI", "1.5", Hit, InRange},
		"only commits":                 {Affected{Package: pypi, Ranges: git}, "PyPI", "1.5", Unknown, OnlyCommits},
		"nothing said":                 {Affected{Package: pypi}, "PyPI", "1.5", Unknown, NothingSaid},
		"every version":                {Affected{Package: pypi, Ranges: from(Event{Introduced: "0"})}, "PyPI", "whatever", Hit, EveryVersion},
		"last affected counts":         {Affected{Package: pypi, Ranges: from(Event{Introduced: "0"}, Event{LastAffected: "1.5"})}, "PyPI", "1.5", Hit, InRange},
		"after the last affected":      {Affected{Package: pypi, Ranges: from(Event{Introduced: "0"}, Event{LastAffected: "1.5"})}, "PyPI", "1.5.1", Miss, Outside},
		"opened again":                 {Affected{Package: pypi, Ranges: from(Event{Introduced: "1"}, Event{Fixed: "2"}, Event{Introduced: "3"})}, "PyPI", "3.1", Hit, InRange},
		"events in any order":          {Affected{Package: pypi, Ranges: from(Event{Fixed: "2"}, Event{Introduced: "1"})}, "PyPI", "1.5", Hit, InRange},
		"a limit cuts":                 {Affected{Package: pypi, Ranges: from(Event{Introduced: "0"}, Event{Limit: "2"})}, "PyPI", "2", Miss, Outside},
		"before the limit":             {Affected{Package: pypi, Ranges: from(Event{Introduced: "0"}, Event{Limit: "2"})}, "PyPI", "1", Hit, InRange},
		"a range nobody can read":      {Affected{Package: pypi, Ranges: from(Event{Introduced: "not a version"})}, "PyPI", "1", Unknown, BadRange},
		"one bad range hides no hit":   {Affected{Package: pypi, Ranges: append(from(Event{Introduced: "?"}), from(Event{Introduced: "0"}, Event{Fixed: "2"})...)}, "PyPI", "1", Hit, InRange},
		"firmware":                     {Affected{Versions: []string{"8.2.*"}}, "", "8.2.14", Hit, Listed},
		"other firmware":               {Affected{Versions: []string{"8.2.*"}}, "", "8.3.0", Miss, Outside},
		"firmware is no package":       {Affected{Versions: []string{"1"}}, "npm", "1", Miss, OtherEcosystem},
	} {
		if v := Affects(c.a, c.ecosystem, c.version); v.State != c.state || v.Reason != c.reason {
			t.Errorf("%s: %+v, want %s (%s)", name, v, c.state, c.reason)
		}
	}
}

// FuzzRecord reads foreign records: nothing panics, and what passes Check survives being written and read again with
// the same verdicts.
func FuzzRecord(f *testing.F) {
	b, err := json.Marshal(log4j2())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, "Maven", "2.14.1")
	f.Add([]byte(`{"id":"GO-1","modified":"2021-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Go","name":"x"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.3"}]},{"type":"GIT","repo":"x","events":[{"introduced":"0"}]}]}]}`), "Go", "v1.2.2")
	f.Add([]byte(`{"affected":[{"ranges":[{"events":[{}]}],"versions":["8.*"]}]}`), "", "8.2.(build 7)")
	f.Fuzz(func(t *testing.T, b []byte, ecosystem, version string) {
		var r Record
		if json.Unmarshal(b, &r) != nil {
			return
		}
		var verdicts []Verdict
		for _, a := range r.Affected {
			v := affectsByParsing(a, ecosystem, version)
			if fast := Affects(a, ecosystem, version); fast != v {
				t.Fatalf("%+v, by keys %+v: %+v", v, fast, a)
			}
			key, _ := vers.Key(ecosystem, version)
			if compiled := Compile(a).Affects(ecosystem, version, key); compiled != v {
				t.Fatalf("%+v, compiled %+v: %+v", v, compiled, a)
			}
			verdicts = append(verdicts, v)
		}
		if r.Check() != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			return // a year that JSON cannot write, or raw JSON that is none
		}
		var back Record
		if err := json.Unmarshal(again, &back); err != nil || back.Check() != nil {
			t.Fatalf("%v, %v: %s", err, back.Check(), again)
		}
		for i, a := range back.Affected {
			v := Affects(a, ecosystem, version)
			if v.State != verdicts[i].State || v.Reason != verdicts[i].Reason || v.Range != verdicts[i].Range {
				t.Fatalf("%+v, then %+v: %s", verdicts[i], v, again)
			}
		}
	})
}
