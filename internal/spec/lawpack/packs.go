// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"embed"
	"io/fs"
	"slices"
	"sync"
	"time"
)

//go:embed packs/*.yaml
var files embed.FS

// Builtin returns the packs that come with the platform.
func Builtin() []*Pack { return builtin() }

var builtin = sync.OnceValue(func() []*Pack {
	packs, err := readAll(files, "packs/*.yaml")
	if err != nil {
		panic(err) // an embedded pack is broken; the tests of this package say so first
	}
	return packs
})

// readAll parses the packs that match and refuses those that cannot stand together.
func readAll(from fs.FS, pattern string) (packs []*Pack, err error) {
	names, err := fs.Glob(from, pattern)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		p, err := Parse(name, data)
		if err != nil {
			return nil, err
		}
		packs = append(packs, p)
	}
	if _, err := NewSet(packs...); err != nil {
		return nil, err
	}
	return packs, nil
}

// Ref names a version of a pack: "cn-rmsv-2021@1.0.0".
func (p *Pack) Ref() string { return p.Regime + "@" + p.Version }

// Text is the file from which the pack was read.
func (p *Pack) Text() []byte { return p.text }

// builtinSet holds the packs that come with the platform.
var builtinSet = sync.OnceValue(func() *Set {
	s, err := NewSet(Builtin()...)
	if err != nil {
		panic(err) // readAll has built it before
	}
	return s
})

// BuiltinSet is the set of the packs that come with the platform.
func BuiltinSet() *Set { return builtinSet() }

// memory holds the duties of packs that came from outside, by stored name. A version of a pack never changes, so what
// is remembered is true for everybody: it only ever grows.
var memory = struct {
	sync.RWMutex
	duties map[string][]*Duty
}{duties: map[string][]*Duty{}}

// Remember makes the versions of a set known to Lookup, so that what was derived from them can say so.
func Remember(s *Set) {
	memory.Lock()
	defer memory.Unlock()
	for key, ds := range s.byKey {
		for _, d := range ds {
			if BuiltinSet().Pack(d.pack.Ref()) != d.pack && !slices.ContainsFunc(memory.duties[key], func(x *Duty) bool { return x.pack.Ref() == d.pack.Ref() }) {
				memory.duties[key] = append(memory.duties[key], d)
			}
		}
	}
}

// Lookup returns the duty with a stored name as the version of the pack that ref names has it, or, when that version is
// not known here, as the newest that came with the platform has it. It returns nil for a name that no pack has.
func Lookup(key, ref string) *Duty {
	memory.RLock()
	loaded := memory.duties[key]
	memory.RUnlock()
	for _, d := range loaded {
		if d.pack.Ref() == ref {
			return d
		}
	}
	if d := builtinSet().Lookup(key, ref); d != nil {
		return d
	}
	if len(loaded) == 0 {
		return nil
	}
	return slices.MaxFunc(loaded, func(a, b *Duty) int { return compareVersions(a.pack.Version, b.pack.Version) })
}

// Recall is what a duty came to when it was stored: its due times are those, whatever the pack would say now.
func Recall(d *Duty, anchor string, at, due, latest time.Time) Owed {
	o := Owed{Duty: d, Anchor: anchor, AnchorAt: at, State: Running}
	if at.IsZero() {
		o.State = NotTriggered
		return o
	}
	Input{}.derive(&o, map[string]time.Time{anchor: at}, due)
	o.DueAt, o.LatestAt = due, latest
	return o
}
