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

type assessCmd struct {
	Product       string `arg:"" help:"Id of the product."`
	Vulnerability string `arg:"" help:"Any of its names: CVE, CNVD, GHSA …"`
	Status        string `help:"affected, not_affected, fixed or under_investigation." enum:"affected,not_affected,fixed,under_investigation" required:""`
	Justification string `help:"Why it is not affected, in OpenVEX's words: component_not_present, vulnerable_code_not_present, vulnerable_code_not_in_execute_path, vulnerable_code_cannot_be_controlled_by_adversary, inline_mitigations_already_exist."`
	Reason        string `help:"Why, in your words."`
	Version       string `help:"Version of the product; every version without it."`
	PURL          string `help:"Package URL of a component; the product as a whole without it." name:"purl"`
}

// Help is the example.
func (assessCmd) Help() string {
	return "Example:\n  fengsui product assess 0197… CVE-2021-44228 --status not_affected --justification vulnerable_code_not_in_execute_path --reason 查询功能已关闭"
}

// Run assesses.
func (x *assessCmd) Run(ctx context.Context, c *client) error {
	var out api.Assessment
	if err := c.call(ctx, "POST", "/products/"+url.PathEscape(x.Product)+"/assessments", api.NewAssessment{Vulnerability: x.Vulnerability, Version: x.Version, PURL: x.PURL,
		Status: x.Status, Justification: x.Justification, Reason: x.Reason}, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintln(w, out.ID) })
}

type assessmentsCmd struct {
	Product       string `arg:"" help:"Id of the product."`
	Vulnerability string `help:"Only about this one."`
}

// Help is the example.
func (assessmentsCmd) Help() string { return "Example:\n  fengsui product assessments 0197…" }

// Run lists.
func (x *assessmentsCmd) Run(ctx context.Context, c *client) error {
	out, err := collect[api.Assessment](ctx, c, "/products/"+url.PathEscape(x.Product)+"/assessments?vulnerability="+url.QueryEscape(x.Vulnerability), 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, a := range out.Items {
			about, from := "", a.Via
			if a.Component != nil {
				about = strings.TrimSpace(a.Component.Name + " " + a.Component.Version)
			}
			if a.Source != nil {
				from = a.Source.Format
			}
			rows = append(rows, []string{a.SaidAt.Format("2006-01-02 15:04"), a.Vulnerability, a.Version, about, a.Status, a.Justification, from})
		}
		table(w, "SAID (UTC) | VULNERABILITY | VERSION | COMPONENT | STATUS | JUSTIFICATION | FROM", rows)
	})
}

type vexCmd struct {
	Push vexPushCmd `cmd:"" help:"Take in an OpenVEX, CSAF or CycloneDX document."`
}

type vexPushCmd struct {
	Product string `help:"Id of the product that is meant, where the document does not tell."`
	Version string `help:"Version of that product, where the document does not tell."`
	File    string `arg:"" help:"The document ('-' is standard input)."`
}

// Help is the example.
func (vexPushCmd) Help() string {
	return "Example:\n  fengsui vex push gateway.openvex.json\n\nStatements find your products by package URL, CPE, vendor and name, or BOM-Link. The same document twice changes nothing."
}

// leftWords say why a statement was not taken.
var leftWords = map[string]string{"product": "none of your products is meant", "component": "the component cannot be told", "list": "the component list it links to is not here",
	"version": "it is about a range of versions; name one with --product and --version", "vuln": "the vulnerability has no name"}

// Run sends.
func (x *vexPushCmd) Run(ctx context.Context, c *client) error {
	b, err := c.read(x.File)
	if err != nil {
		return err
	}
	var out api.VEXTaken
	if err := c.call(ctx, "POST", "/vex?product="+url.QueryEscape(x.Product)+"&version="+url.QueryEscape(x.Version), b, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s %s: %d taken, %d known, %d left\n", out.Source.Format, out.Source.Name, out.Taken, out.Known, out.Left)
		for _, l := range out.Reasons {
			fmt.Fprintf(w, "  %s, %s: %s\n", l.Vulnerability, l.About, leftWords[l.Why])
		}
	})
}
