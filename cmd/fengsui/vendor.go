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

type vendorCmd struct {
	List vendorListCmd `cmd:"" help:"List vendors that go by more than one name."`
	Join vendorJoinCmd `cmd:"" help:"Say that names are one vendor's."`
	Part vendorPartCmd `cmd:"" help:"Take a name out of its vendor's."`
}

type vendorListCmd struct {
	Name string `arg:"" optional:"" help:"Only vendors with a name that contains it."`
}

// Help is the example.
func (vendorListCmd) Help() string { return "Example:\n  fengsui vendor list huawei" }

// Run lists.
func (x *vendorListCmd) Run(ctx context.Context, c *client) error {
	var out api.Vendors
	if err := c.call(ctx, "GET", "/vendors?name="+url.QueryEscape(x.Name), nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, v := range out.Items {
			rows = append(rows, []string{v.Names[0], strings.Join(v.Names[1:], ", "), mark(v.Own, "own")})
		}
		table(w, "VENDOR | OTHER NAMES | OWN", rows)
	})
}

type vendorJoinCmd struct {
	Names []string `arg:"" help:"Two names or more; the first stands for the vendor."`
}

// Help is the example.
func (vendorJoinCmd) Help() string {
	return "Example:\n  fengsui vendor join 华为 Huawei\n\nWhatever bears one of the names is matched anew. Capitals, full-width letters and blanks make no difference."
}

// Run joins.
func (x *vendorJoinCmd) Run(ctx context.Context, c *client) error {
	var v api.Vendor
	if err := c.call(ctx, "POST", "/vendors", map[string]any{"names": x.Names}, &v); err != nil {
		return err
	}
	return c.print(v, func(w io.Writer) { fmt.Fprintln(w, "one vendor:", strings.Join(v.Names, ", ")) })
}

type vendorPartCmd struct {
	Name string `arg:"" help:"The name."`
}

// Help is the example.
func (vendorPartCmd) Help() string {
	return "Example:\n  fengsui vendor part Huawei\n\nThe name stands for a vendor of its own from then on."
}

// Run parts.
func (x *vendorPartCmd) Run(ctx context.Context, c *client) error {
	if err := c.call(ctx, "POST", "/vendors/part", map[string]any{"name": x.Name}, nil); err != nil {
		return err
	}
	return c.print(map[string]string{"name": x.Name}, func(w io.Writer) { fmt.Fprintln(w, x.Name, "stands for itself now") })
}
