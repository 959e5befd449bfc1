// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

type peersExportInput struct {
	ByID
	Format string `query:"format" doc:"csv: for a spreadsheet, heads in your language; json: one document" default:"csv" maxLength:"20"`
}

// warningPeersExport writes as a file what warningPeers tells.
func (s *Server) warningPeersExport(a huma.API) func(context.Context, member.Actor, *peersExportInput) (*stream, error) {
	return func(_ context.Context, by member.Actor, in *peersExportInput) (*stream, error) {
		f := warning.Format(in.Format)
		return s.file(a, f.MediaType(), func(ctx context.Context, w io.Writer, begin func(string)) error {
			return s.Warnings.ExportPeers(ctx, by, in.ID, f, printer(ctx), w, begin)
		}), nil
	}
}
