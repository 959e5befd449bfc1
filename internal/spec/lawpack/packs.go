// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"embed"
	"fmt"
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

// readAll parses the packs that match and refuses two of the same regime and version, and two duties of one stored name.
func readAll(from fs.FS, pattern string) (packs []*Pack, err error) {
	names, err := fs.Glob(from, pattern)
	if err != nil {
		return nil, err
	}
	versions, keys := map[string]string{}, map[string]string{}
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		p, err := Parse(name, data)
		if err != nil {
			return nil, err
		}
		if first, twice := versions[p.Regime+"@"+p.Version]; twice {
			return nil, fmt.Errorf("%s: %s holds version %s of %s already", name, first, p.Version, p.Regime)
		}
		versions[p.Regime+"@"+p.Version] = name
		for _, d := range p.Duties {
			if first, twice := keys[d.Key()]; twice && first != p.Regime {
				return nil, fmt.Errorf("%s: the duty %s belongs to %s already", name, d.Key(), first)
			}
			keys[d.Key()] = p.Regime
		}
		packs = append(packs, p)
	}
	return packs, nil
}

// Ref names a version of a pack: "cn-rmsv-2021@1.0.0".
func (p *Pack) Ref() string { return p.Regime + "@" + p.Version }

// Lookup returns the duty with a stored name as the version of the pack that ref names has it, or, when that version is
// no longer here, as the newest has it. It returns nil for a name that no pack has.
func Lookup(key, ref string) *Duty {
	ds := byKey()[key]
	for _, d := range ds {
		if d.pack.Ref() == ref {
			return d
		}
	}
	if len(ds) == 0 {
		return nil
	}
	return ds[len(ds)-1]
}

// byKey are the duties by stored name, the newest version last.
var byKey = sync.OnceValue(func() map[string][]*Duty {
	out := map[string][]*Duty{}
	for _, p := range Builtin() {
		for _, d := range p.Duties {
			out[d.Key()] = append(out[d.Key()], d)
		}
	}
	for _, ds := range out {
		slices.SortFunc(ds, func(a, b *Duty) int { return compareVersions(a.pack.Version, b.pack.Version) })
	}
	return out
})

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
