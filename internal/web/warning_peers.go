// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"io"

	"github.com/fengsui/fengsui/internal/warning"
)

// warningPeersExport is how others are doing as a file: what the page tells.
func (s *Server) warningPeersExport(v *view) error {
	f := warning.Format(v.URL.Query().Get("format"))
	return s.streamed(v, f.MediaType(), func(ctx context.Context, w io.Writer, begin func(string)) error {
		return s.Warnings.ExportPeers(ctx, v.Actor, v.PathValue("id"), f, v.P, w, begin)
	})
}
