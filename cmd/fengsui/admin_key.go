// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/fengsui/fengsui/internal/app"
)

type adminKeyCmd struct {
	Rotate keyRotateCmd `cmd:"" help:"Replace the key that signs the evidence log."`
}

type keyRotateCmd struct {
	local `embed:""`
}

// Help is the example.
func (keyRotateCmd) Help() string {
	return "Example:\n  fengsui admin key rotate --data /var/lib/fengsui\n" +
		"The change is signed by both keys and is an entry of the log. Old receipts and checkpoints stay good. The old key stays in the key directory as\n" +
		"evidence-HASH.key; take it away when you have a back-up. Running nodes go over to the new key by themselves."
}

// Run rotates.
func (k *keyRotateCmd) Run(ctx context.Context, e *env, c *client) error {
	return k.with(ctx, e, func(_ app.Config, s *app.Services) error {
		vkey, err := s.Evidence.Rotate(ctx)
		if err != nil {
			return err
		}
		return c.print(map[string]string{"public_key": vkey}, func(w io.Writer) { fmt.Fprintf(w, "the evidence log is now signed by\n%s\n", vkey) })
	})
}
