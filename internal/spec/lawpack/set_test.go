// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// agreement is the partner agreement with changes, old and new in turns.
func agreement(t *testing.T, changes ...string) *lawpack.Pack {
	t.Helper()
	data, err := os.ReadFile("packs/partner-agreement.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := lawpack.Parse("x.yaml", []byte(strings.NewReplacer(changes...).Replace(string(data))))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhichVersionCounts(t *testing.T) {
	const from = "effective: {from: 2021-09-01}"
	packs := []*lawpack.Pack{
		agreement(t),
		agreement(t, "version: 1.0.0", "version: 1.1.0", from, "effective: {from: 2023-01-01}"),
		agreement(t, "version: 1.0.0", "version: 1.2.0", from, "effective: {from: 2024-01-01, to: 2025-01-01}", "status: in_force", "status: repealed"),
		agreement(t, "version: 1.0.0", "version: 2.0.0", "status: in_force", "status: proposed", from, "effective: {}"),
		agreement(t, "version: 1.0.0", "version: 2.1.0", "status: in_force", "status: proposed", from, "effective: {}"),
	}
	set, err := lawpack.NewSet(packs...)
	if err != nil {
		t.Fatal(err)
	}
	refs := func(ps []*lawpack.Pack) (out []string) {
		for _, p := range ps {
			out = append(out, p.Version)
		}
		return out
	}
	for _, c := range []struct {
		day      string
		inForce  []string
		upcoming []string
	}{
		{"2021-08-31 23:59", nil, []string{"1.0.0", "1.1.0", "2.1.0"}},
		{"2021-09-01 00:00", []string{"1.0.0"}, []string{"1.1.0", "2.1.0"}},
		{"2022-12-31 23:59", []string{"1.0.0"}, []string{"1.1.0", "2.1.0"}},
		{"2023-01-01 00:00", []string{"1.1.0"}, []string{"2.1.0"}},
		{"2024-12-31 23:59", []string{"1.2.0"}, []string{"2.1.0"}},
		{"2025-01-01 00:00", nil, []string{"2.1.0"}}, // repealed: the versions before it do not come back
	} {
		if got := refs(set.InForce(at(c.day))); !slices.Equal(got, c.inForce) {
			t.Errorf("in force on %s: %v", c.day, got)
		}
		if got := refs(set.Upcoming(at(c.day))); !slices.Equal(got, c.upcoming) {
			t.Errorf("upcoming on %s: %v", c.day, got)
		}
		// The engine and the list agree, and a proposal takes nobody's place.
		var running, hints []string
		for _, o := range lawpack.Evaluate(set.Packs(), lawpack.Input{Roles: []lawpack.Role{lawpack.Partner}, Now: at(c.day), Anchors: []lawpack.Anchor{happened("discovered_or_learned_at", c.day)}}) {
			if o.State == lawpack.Upcoming {
				hints = append(hints, o.Duty.Pack().Version)
			} else {
				running = append(running, o.Duty.Pack().Version)
			}
		}
		if !slices.Equal(running, c.inForce) || !slices.Equal(hints, []string{"2.1.0"}) {
			t.Errorf("derived on %s: %v, hints %v", c.day, running, hints)
		}
	}
	if p := set.Pack("partner-agreement@1.1.0"); p != packs[1] || set.Pack("partner-agreement@9.9.9") != nil {
		t.Errorf("%v", p)
	}
	if d := set.Lookup("partner-report", "partner-agreement@1.1.0"); d.Pack() != packs[1] {
		t.Errorf("looked up %s", d.Pack().Ref())
	}
	if d := set.Lookup("partner-report", "elsewhere@1.0.0"); d.Pack() != packs[4] {
		t.Errorf("the newest is %s", d.Pack().Ref())
	}
}

func TestWhatCannotStandTogether(t *testing.T) {
	one := agreement(t)
	for name, other := range map[string]*lawpack.Pack{
		"the same version":          agreement(t),
		"another regime's duty":     agreement(t, "regime: partner-agreement", "regime: other-agreement"),
		"the same, a later version": agreement(t, "regime: partner-agreement", "regime: other-agreement", "version: 1.0.0", "version: 7.0.0"),
	} {
		_, err := lawpack.NewSet(one, other)
		var clash *lawpack.ClashError
		if !errors.As(err, &clash) || clash.First != "partner-agreement" || clash.Ref != other.Ref() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := lawpack.BuiltinSet().With(agreement(t, "version: 1.0.0", "version: 9.0.0")); err != nil {
		t.Error(err)
	}
}

func TestDiff(t *testing.T) {
	old := lawpack.BuiltinSet().Pack("cn-rmsv-2021@1.0.0")
	if old == nil {
		old = lawpack.BuiltinSet().Lookup("rmsv-7-2-report", "").Pack()
	}
	text := string(old.Text())
	changed := strings.NewReplacer("value: P2D, readings: [elapsed, civil_days], calendar: cn", "value: P1D", "version: "+old.Version, "version: 9.0.0", "  - id: reward\n", "  - id: bounty\n", "reward: {state: running}", "bounty: {state: running}").Replace(text)
	p, err := lawpack.Parse("x.yaml", []byte(changed))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range lawpack.Diff(old, p) {
		got = append(got, c.Duty+" "+c.Item+": "+c.From+" → "+c.To)
	}
	for _, want := range []string{" version: " + old.Version + " → 9.0.0", "report due.value: P2D → P1D", "report due.readings: elapsed, civil_days → ", "report due.calendar: cn → ",
		"bounty duty:  → 建立奖励机制 / Reward those who report", "reward duty: 建立奖励机制 / Reward those who report → "} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
	if len(got) != 6 {
		t.Errorf("%d changes:\n%s", len(got), strings.Join(got, "\n"))
	}
	if d := lawpack.Diff(old, old); len(d) != 0 {
		t.Errorf("a pack differs from itself: %v", d)
	}
}

func TestSignatures(t *testing.T) {
	p := agreement(t)
	skey, vkey, err := lawpack.NewKey("laws.example")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := lawpack.ParseKeys(vkey)
	if err != nil {
		t.Fatal(err)
	}
	note, err := lawpack.Sign(p, skey)
	if err != nil {
		t.Fatal(err)
	}
	file := lawpack.Embed(p.Text(), note)
	text, under := lawpack.Split(file)
	if string(text) != string(p.Text()) || under != note {
		t.Errorf("taken apart otherwise than put together:\n%q\n%q", under, note)
	}
	if again, err := lawpack.Parse("x.yaml", file); err != nil || again.Ref() != p.Ref() {
		t.Errorf("a signed file is no YAML any more: %v", err)
	}
	if twice := lawpack.Embed(file, note); string(twice) != string(file) {
		t.Error("signing twice leaves two notes")
	}
	s, err := keys.Open(text, under)
	if err != nil || s.Ref != p.Ref() || !slices.Equal(s.Signers, []string{"laws.example"}) {
		t.Errorf("%+v, %v", s, err)
	}
	other, otherVKey, err := lawpack.NewKey("other.example")
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := lawpack.ParseKeys(otherVKey)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := lawpack.Sign(p, other)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys lawpack.Keys
		text string
		note string
		want error
	}{
		"nothing":                   {keys, string(text), " \n", lawpack.ErrUnsigned},
		"no keys are trusted":       {nil, string(text), note, lawpack.ErrUntrusted},
		"another key is":            {strangers, string(text), note, lawpack.ErrUntrusted},
		"signed by another":         {keys, string(text), foreign, lawpack.ErrUntrusted},
		"a byte more":               {keys, string(text) + "\n", note, lawpack.ErrAltered},
		"the note was changed":      {keys, string(text), strings.Replace(note, "@1.", "@2.", 1), lawpack.ErrAltered},
		"a note about other things": {keys, string(text), signedNote(t, skey, "hello\n"), lawpack.ErrNote},
		"no note":                   {keys, string(text), "hello\n", lawpack.ErrNote},
		"far too long":              {keys, string(text), note + strings.Repeat("— x AAAA\n", 2000), lawpack.ErrNote},
	} {
		if _, err := c.keys.Open([]byte(c.text), c.note); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for _, bad := range []string{"", "x", "name+00000000+AAAA", vkey + "x"} {
		if _, err := lawpack.ParseKeys(bad); err == nil {
			t.Errorf("%q is taken for a key", bad)
		}
	}
	if _, err := lawpack.Sign(p, vkey); err == nil {
		t.Error("signed with a public key")
	}
}

// FuzzSignature holds the reader of signatures to its bounds: whatever it is given, it ends, takes no note for trusted
// that nobody made, and gives back every byte.
func FuzzSignature(f *testing.F) {
	skey, vkey, err := lawpack.NewKey("laws.example")
	if err != nil {
		f.Fatal(err)
	}
	keys, err := lawpack.ParseKeys(vkey)
	if err != nil {
		f.Fatal(err)
	}
	note, err := lawpack.SignText([]byte("a: b\n"), "x@1.0.0", skey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(lawpack.Embed([]byte("a: b\n"), note), note)
	f.Add([]byte("# fengsui.lawpack/v1\n"), "")
	f.Add([]byte("x\n# fengsui.lawpack/v1\n#\n# — a b\n"), "fengsui.lawpack/v1\n\n— a AAAA\n")
	f.Fuzz(func(t *testing.T, data []byte, beside string) {
		text, under := lawpack.Split(data)
		if !strings.HasPrefix(string(data), string(text)) || len(text)+len(under) > len(data)+64 {
			t.Fatalf("%q comes apart into %q and %q", data, text, under)
		}
		for _, n := range []string{under, beside} {
			if s, err := keys.Open(text, n); err == nil && (s.Digest != lawpack.Digest([]byte("a: b\n")) || s.Ref != "x@1.0.0") {
				t.Fatalf("%q counts as signed", text)
			}
		}
	})
}
