// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
)

type importAgainCmd struct {
	ID string `arg:"" help:"An import from that place, as the page of imports and GET /api/v1/imports name it."`
}

// Help is the example.
func (importAgainCmd) Help() string {
	return "Example:\n  fengsui import again 0197a1b2-…\n\nIt begins within a minute, on whichever node comes first. It is refused while the place is being imported from."
}

// Run asks.
func (x *importAgainCmd) Run(ctx context.Context, c *client) error {
	if err := c.call(ctx, "POST", "/imports/"+url.PathEscape(x.ID)+"/again", nil, nil); err != nil {
		return err
	}
	return c.print(map[string]string{"id": x.ID}, func(w io.Writer) { fmt.Fprintln(w, "the import begins within a minute") })
}
