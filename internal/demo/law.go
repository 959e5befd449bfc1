// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// agreement is the regime of which the demo's supervisor has a new version.
const agreement = "partner-agreement"

// draftLaw loads a version of the partner agreement that leaves one day instead of two. It is signed with a key that
// this platform trusts and that exists for this demo alone; nobody has activated it, so that it can be tried first.
func (st *stage) draftLaw(ctx context.Context) error {
	text, ref, err := shorterAgreement()
	if err != nil {
		return err
	}
	note, err := lawpack.SignText(text, ref, st.lawKey)
	if err != nil {
		return err
	}
	_, err = st.s.Rulebook.Load(ctx, st.as("supervisor"), text, note)
	return err
}

func shorterAgreement() (text []byte, ref string, err error) {
	for _, p := range lawpack.Builtin() {
		if p.Regime != agreement {
			continue
		}
		const version = "2.0.0"
		s := string(p.Text())
		for _, change := range [][2]string{
			{"version: " + p.Version, "version: " + version},
			{"value: P2D, readings: [elapsed, whole_days]", "value: P1D"},
			{"due: 2021-11-26T10:00:00+08:00, latest: 2021-11-27T00:00:00+08:00", "due: 2021-11-25T10:00:00+08:00"},
		} {
			if !strings.Contains(s, change[0]) {
				return nil, "", fmt.Errorf("demo: the partner agreement says no more %q", change[0])
			}
			s = strings.Replace(s, change[0], change[1], 1)
		}
		return []byte(s), agreement + "@" + version, nil
	}
	return nil, "", fmt.Errorf("demo: no pack of the partner agreement")
}

// lawScreens are the pages of the version that waits, as loaded and as tried on last year.
func (d *Demo) lawScreens(ctx context.Context, add func(name, who, path string)) error {
	vs, err := d.s.Rulebook.Versions(ctx, d.as("supervisor"))
	if err != nil {
		return err
	}
	for _, x := range vs {
		if x.State == rulebook.Loaded {
			add("law-version", "supervisor", "/law-packs/"+x.ID)
			add("law-dry-run", "supervisor", "/law-packs/"+x.ID+"?from=2020-12-01T00:00&to=2021-12-10T00:00")
			break
		}
	}
	return nil
}
