// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

type productCmd struct {
	Add         productAddCmd      `cmd:"" help:"Register a product."`
	List        productListCmd     `cmd:"" help:"List your products."`
	Version     productVersionCmd  `cmd:"" help:"Versions of a product."`
	Import      productImportCmd   `cmd:"" help:"Enter the products of a table: devices with their firmware and number."`
	Template    productTemplateCmd `cmd:"" help:"Print an empty table for import."`
	Findings    productFindingsCmd `cmd:"" help:"Show what is publicly known to be wrong with a product."`
	Concerns    productConcernsCmd `cmd:"" help:"Ask whether a vulnerability is in your products."`
	Assess      assessCmd          `cmd:"" help:"Say how a product stands to a vulnerability."`
	Assessments assessmentsCmd     `cmd:"" help:"List what was said of vulnerabilities in a product."`
}

type productVersionCmd struct {
	Add versionAddCmd `cmd:"" help:"Add a version."`
}

type versionAddCmd struct {
	Product string `arg:"" help:"Id of the product."`
	Version string `arg:"" help:"The version."`
}

// Help is the example.
func (versionAddCmd) Help() string { return "Example:\n  fengsui product version add 0197… 3.3.0" }

// Run adds.
func (x *versionAddCmd) Run(ctx context.Context, c *client) error {
	var out api.Product
	if err := c.call(ctx, "POST", "/products/"+url.PathEscape(x.Product)+"/versions", api.NewVersion{Version: x.Version}, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintln(w, strings.Join(out.Versions, " ")) })
}

type productAddCmd struct {
	Vendor  string   `help:"Vendor." required:""`
	Name    string   `help:"Name." required:""`
	NameEn  string   `help:"English name."`
	Model   string   `help:"Model, for hardware."`
	Kind    string   `help:"software, hardware or service." enum:"software,hardware,service" default:"software"`
	CPE     string   `help:"CPE 2.3." name:"cpe"`
	PURL    string   `help:"Package URL without version." name:"purl"`
	Version []string `help:"Version; may be repeated."`
}

// Help is the example.
func (productAddCmd) Help() string {
	return "Example:\n  fengsui product add --vendor 星河云 --name 对象存储网关 --version 3.2.0"
}

// Run registers.
func (p *productAddCmd) Run(ctx context.Context, c *client) error {
	var out api.Product
	err := c.call(ctx, "POST", "/products", api.NewProduct{Vendor: p.Vendor, Name: p.Name, NameEN: p.NameEn, Model: p.Model, Kind: p.Kind, CPE: p.CPE, PURL: p.PURL, Versions: p.Version}, &out)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintln(w, out.ID) })
}

type productListCmd struct {
	Text string `help:"Part of vendor, name or model."`
}

// Help is the example.
func (productListCmd) Help() string { return "Example:\n  fengsui product list --text 网关" }

// Run lists.
func (p *productListCmd) Run(ctx context.Context, c *client) error {
	out, err := collect[api.Product](ctx, c, "/products?q="+url.QueryEscape(p.Text), 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			rows = append(rows, []string{x.Vendor, x.Name, x.Model, strings.Join(x.Versions, " "), x.ID})
		}
		table(w, "VENDOR | NAME | MODEL | VERSIONS | ID", rows)
	})
}

type sbomCmd struct {
	Push            sbomPushCmd     `cmd:"" help:"Upload a CycloneDX or SPDX document."`
	PrivateFindings sbomFindingsCmd `cmd:"" help:"Show what is known of what was pushed with --private."`
	Diff            sbomDiffCmd     `cmd:"" help:"Show what changed between two component lists."`
	Scan            sbomScanCmd     `cmd:"" help:"Find known vulnerabilities without a server."`
}

type sbomDiffCmd struct {
	From string `arg:"" help:"Id of the older list."`
	To   string `arg:"" help:"Id of the newer list."`
}

// Help is the example.
func (sbomDiffCmd) Help() string {
	return "Example:\n  fengsui sbom diff 0197… 0198…\n\nThe ids of a product's lists stand in the answer to sbom push."
}

// Run compares.
func (x *sbomDiffCmd) Run(ctx context.Context, c *client) error {
	var out api.SBOMDiff
	if err := c.call(ctx, "GET", "/sboms/"+url.PathEscape(x.From)+"/diff/"+url.PathEscape(x.To), nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		for _, x := range out.Removed {
			fmt.Fprintf(w, "- %s %s\n", x.Name, x.Version)
		}
		for _, x := range out.Added {
			fmt.Fprintf(w, "+ %s %s\n", x.Name, x.Version)
		}
	})
}
