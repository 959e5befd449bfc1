// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/product"
)

type productImportCmd struct {
	Check bool   `help:"Only say what would become of it."`
	File  string `arg:"" help:"The table: CSV in UTF-8 or GBK ('-' is standard input)."`
}

// Help is the example.
func (productImportCmd) Help() string {
	return "Example:\n  fengsui product template > devices.csv\n  fengsui product import devices.csv\n\nColumns are found by their names, in Chinese or English. All rows are taken, or none."
}

// Run imports.
func (x *productImportCmd) Run(ctx context.Context, c *client) error {
	b, err := c.read(x.File)
	if err != nil {
		return err
	}
	var out api.ProductTable
	if err := c.call(ctx, "POST", "/product-tables?check="+url.QueryEscape(strconv.FormatBool(x.Check)), b, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%d rows: %d new products, %d known, %d new versions, %d counted\n", out.Rows, out.New, out.Known, out.Versions, out.Counted)
	})
}

type productTemplateCmd struct{}

// Help is the example.
func (productTemplateCmd) Help() string { return "Example:\n  fengsui product template > devices.csv" }

// Run prints an empty table.
func (productTemplateCmd) Run(c *client) error {
	_, err := c.env.Stdout.Write(product.Template(c.Lang))
	return err
}
