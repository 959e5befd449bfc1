// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"
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
