// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Command osvdev URL SCAN: asks a server by the client of osv.dev, which scanners use, about every package in the answer of
// 'fengsui sbom scan --json', and holds what it hears to that.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"osv.dev/bindings/go/api"
	"osv.dev/bindings/go/osvdev"

	"github.com/ossf/osv-schema/bindings/go/osvschema"
)

type scan struct {
	Documents []struct {
		Findings []struct{ Ecosystem, Package, Version, ID, Verdict string }
	}
}

type pkg struct{ ecosystem, name, version string }

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var s scan
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	want, asked := map[pkg][]string{}, []pkg{}
	for _, d := range s.Documents {
		for _, f := range d.Findings {
			p := pkg{f.Ecosystem, f.Package, f.Version}
			if _, ok := want[p]; !ok {
				want[p] = nil
				asked = append(asked, p)
			}
			if f.Verdict == "affected" && !slices.Contains(want[p], f.ID) {
				want[p] = append(want[p], f.ID)
			}
		}
	}
	asked = slices.DeleteFunc(asked, func(p pkg) bool { return p.version == "" }) // without one, all versions are asked about
	c := osvdev.DefaultClient()
	c.BaseHostURL, c.Config.UserAgent = url, "fengsui-conformance"
	query := func(p pkg) *api.Query {
		return &api.Query{Package: &osvschema.Package{Ecosystem: p.ecosystem, Name: p.name}, Param: &api.Query_Version{Version: p.version}}
	}
	var qs []*api.Query
	for _, p := range asked {
		qs = append(qs, query(p))
	}
	batch, err := c.QueryBatch(ctx, qs)
	if err != nil {
		return err
	}
	ids := func(vs []*osvschema.Vulnerability) (out []string) {
		for _, v := range vs {
			out = append(out, v.GetId())
		}
		slices.Sort(out)
		return out
	}
	wrong, heard := 0, 0
	for i, p := range asked {
		slices.Sort(want[p])
		got := ids(batch.GetResults()[i].GetVulns())
		if heard += len(got); !slices.Equal(got, want[p]) {
			wrong++
			fmt.Printf("%v: batch %s, scan %s\n", p, strings.Join(got, " "), strings.Join(want[p], " "))
		}
	}
	for i, p := range asked { // some of them one by one, with whole records
		if i%20 != 0 {
			continue
		}
		l, err := c.Query(ctx, query(p))
		if err != nil {
			return fmt.Errorf("%v: %w", p, err)
		}
		if got := ids(l.GetVulns()); !slices.Equal(got, want[p]) {
			wrong++
			fmt.Printf("%v: query %s, scan %s\n", p, strings.Join(got, " "), strings.Join(want[p], " "))
		}
		for _, id := range want[p] {
			v, err := c.GetVulnByID(ctx, id)
			if err != nil || v.GetId() != id {
				return fmt.Errorf("%s: %w", id, err)
			}
		}
	}
	if wrong > 0 || heard == 0 {
		return fmt.Errorf("%d of %d packages are answered otherwise; %d records heard", wrong, len(asked), heard)
	}
	fmt.Printf("ok: %d packages, %d findings\n", len(asked), heard)
	return nil
}
