// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fengsui/fengsui/internal/vuln"
)

// known is what the world publicly knew that evening, as far as the demo needs it: real numbers, packages and versions
// in our own words. EPSS values are for demonstration, and say so in their model.
//
//go:embed known
var known embed.FS

// learn imports what is publicly known, as the night's import would.
func (st *stage) learn(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "fengsui-demo-known")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.CopyFS(dir, known); err != nil {
		return err
	}
	for _, x := range [][2]string{{"osv", "osv"}, {"csaf", "csaf"}, {"kev", "kev.json"}, {"epss", "epss.csv"}} {
		r, err := st.s.Vulns.Import(ctx, st.as("administrator"), vuln.Input{Kind: x[0], Source: filepath.Join(dir, "known", x[1]), Name: "demo:known/" + x[1]})
		if err != nil {
			return fmt.Errorf("import %s: %w", x[1], err)
		}
		if r.State != vuln.Done || r.Refused > 0 {
			return fmt.Errorf("import %s: %s, %d refused", x[1], r.State, r.Refused)
		}
	}
	return nil
}

// knownScreens are the pages about what is publicly known.
func (d *Demo) knownScreens(ctx context.Context, add func(name, who, path string)) error {
	add("vulns", "", "/vulnerabilities")
	add("vulns-search", "engineer", "/vulnerabilities?q=远程代码执行")
	add("vulns-nothing", "engineer", "/vulnerabilities?q=CVE-2021-44228")
	add("vuln", "engineer", "/vulnerabilities/CVE-2020-17530")
	add("vuln-public", "", "/vulnerabilities/CVE-2020-9488")
	add("imports", "administrator", "/imports")
	rs, _, err := d.s.Vulns.Imports(ctx, d.as("administrator"), "", 10)
	if err != nil {
		return err
	}
	for _, r := range rs[:min(1, len(rs))] {
		add("import", "administrator", "/imports/"+r.ID)
	}
	return nil
}
