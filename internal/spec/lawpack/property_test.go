// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// drawInput draws anything that may be asked: facts and anchors known or not, corrected, done, paused, ended.
func drawInput(t *rapid.T) lawpack.Input {
	hour := func(name string) time.Time {
		return at("2026-09-01 00:00").Add(time.Duration(rapid.IntRange(0, 24*120).Draw(t, name)) * time.Hour)
	}
	in := lawpack.Input{Facts: lawpack.Facts{}, Now: hour("now")}
	for _, r := range lawpack.Roles {
		if rapid.Bool().Draw(t, string(r)) {
			in.Roles = append(in.Roles, r)
		}
	}
	for _, fact := range slices.Sorted(maps.Keys(lawpack.FactValues)) {
		if v := rapid.SampledFrom(append([]string{""}, lawpack.FactValues[fact]...)).Draw(t, fact); v != "" {
			in.Facts[fact] = v
		}
	}
	for _, name := range lawpack.Anchors {
		for range rapid.IntRange(0, 2).Draw(t, name) {
			in.Anchors = append(in.Anchors, lawpack.Anchor{Name: name, At: hour("at"), RecordedAt: hour("recorded")})
		}
	}
	var keys []string
	for _, p := range lawpack.Builtin() {
		for _, d := range p.Duties {
			keys = append(keys, d.Key())
		}
	}
	signed := lawpack.Signed{Why: "why", By: "a", Second: "b"}
	for range rapid.IntRange(0, 5).Draw(t, "events") {
		key := rapid.SampledFrom(keys).Draw(t, "key")
		in.Done = append(in.Done, lawpack.Done{Duty: rapid.SampledFrom(keys).Draw(t, "done"), At: hour("done at"), Evidence: "e"})
		in.Pauses = append(in.Pauses, lawpack.Pause{Duty: rapid.SampledFrom([]string{key, "platform-service/verify"}).Draw(t, "pause"), From: hour("from"), To: hour("to"), Signed: signed})
		in.Ends = append(in.Ends, lawpack.End{Duty: key, State: lawpack.Waived, At: hour("end"), Signed: signed})
	}
	return in
}

// 11. A missing anchor never yields a date, in no regime; and the other promises that hold for every duty.
func TestPromisesOfTheEngine(t *testing.T) {
	zh, en := i18n.For(i18n.Chinese), i18n.For(i18n.English)
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		for _, o := range lawpack.Evaluate(lawpack.Builtin(), in) {
			key := o.Duty.Key()
			switch {
			case o.AnchorAt.IsZero() && (!o.DueAt.IsZero() || !o.LatestAt.IsZero()):
				t.Fatalf("%s: a date without an anchor: %+v", key, o)
			case o.State == lawpack.NotTriggered && !o.DueAt.IsZero():
				t.Fatalf("%s: not triggered, and due", key)
			case o.LatestAt.Before(o.DueAt):
				t.Fatalf("%s: due %s, arguable until %s", key, o.DueAt, o.LatestAt)
			case o.State.Alarms() && o.Duty.Pack().Status != lawpack.InForce:
				t.Fatalf("%s: %s alarms", key, o.Duty.Pack().Status)
			case o.Duty.Pack().Status == lawpack.Proposed && o.State != lawpack.Upcoming:
				t.Fatalf("%s: proposed, and %s", key, o.State)
			case o.State == lawpack.Overdue && !in.Now.After(o.LatestAt):
				t.Fatalf("%s: overdue before %s", key, o.LatestAt)
			case (o.State == lawpack.Met || o.State == lawpack.MetLate) && (o.MetAt.After(in.Now) || o.Evidence == ""):
				t.Fatalf("%s: met in the future or without evidence: %+v", key, o)
			}
			for _, p := range []i18n.Printer{zh, en} {
				if s := o.Sentence(p); strings.Contains(s, "law.") || strings.Contains(s, "{") || strings.Contains(s, "0001-") || strings.Contains(s, "%!") {
					t.Fatalf("%s: %s", key, s)
				}
			}
		}
	})
}

// What is asked of a time in the past is answered as it would have been answered then.
func TestAnswersOfThePastStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		then := in
		then.Anchors = slices.DeleteFunc(slices.Clone(in.Anchors), func(a lawpack.Anchor) bool { return a.RecordedAt.After(in.Now) })
		then.Done = slices.DeleteFunc(slices.Clone(in.Done), func(d lawpack.Done) bool { return d.At.After(in.Now) })
		then.Ends = slices.DeleteFunc(slices.Clone(in.Ends), func(e lawpack.End) bool { return e.At.After(in.Now) })
		if diff := cmp.Diff(lawpack.Evaluate(lawpack.Builtin(), then), lawpack.Evaluate(lawpack.Builtin(), in),
			cmpopts.IgnoreTypes(&lawpack.Duty{}), cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// An earlier anchor never gives a later due time.
func TestEarlierAnchorsFallDueEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		in.Pauses, in.Ends, in.Done = nil, nil, nil
		earlier := in
		earlier.Anchors = slices.Clone(in.Anchors)
		by := time.Duration(rapid.IntRange(1, 200).Draw(t, "by")) * time.Hour
		for i := range earlier.Anchors {
			earlier.Anchors[i].At = earlier.Anchors[i].At.Add(-by)
		}
		due := map[string]lawpack.Owed{}
		for _, o := range lawpack.Evaluate(lawpack.Builtin(), in) {
			due[o.Duty.Key()] = o
		}
		for _, o := range lawpack.Evaluate(lawpack.Builtin(), earlier) {
			if o.Period.Months > 0 || slices.Contains(o.Duty.Due.Readings, lawpack.NoonAfterRest) {
				continue // the last days of a month share the last day of a shorter one; Sunday evening moves past Monday morning
			}
			if was, ok := due[o.Duty.Key()]; ok && !was.DueAt.IsZero() && !o.DueAt.IsZero() && (o.DueAt.After(was.DueAt) || o.LatestAt.After(was.LatestAt)) {
				t.Fatalf("%s: %s earlier, due %s instead of %s", o.Duty.Key(), by, o.DueAt, was.DueAt)
			}
		}
	})
}
