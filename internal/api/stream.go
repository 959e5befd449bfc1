// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// stream is an answer that is written as it is read.
type stream struct{ Body func(huma.Context) }

// streamed says that an operation answers with one of the media types, as long as it may be.
func streamed(o huma.Operation, types ...string) huma.Operation {
	content := map[string]*huma.MediaType{}
	for _, t := range types {
		content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	o.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: content}}
	o.Errors = append(o.Errors, http.StatusTooManyRequests)
	return o
}

// exportTime is how long an export may take: it holds one state of the database until it ends.
const exportTime = 5 * time.Minute

// file answers with a file that is written as it is read. write calls begin with the file's name before the first byte; what
// goes wrong before that is a problem as ever, and later the connection breaks off: what has come is not the whole.
func (s *Server) file(a huma.API, media string, write func(ctx context.Context, w io.Writer, begin func(name string)) error) *stream {
	return &stream{func(c huma.Context) {
		ctx, cancel := context.WithTimeout(c.Context(), exportTime)
		defer cancel()
		begun := false
		err := write(ctx, c.BodyWriter(), func(name string) {
			begun = true
			c.SetHeader("Content-Type", media)
			c.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
			c.SetStatus(http.StatusOK)
		})
		switch {
		case err != nil && !begun:
			s.fail(a, c, err)
		case err != nil:
			s.Log.WarnContext(c.Context(), "a file broke off", "operation", c.Operation().OperationID, "error", err)
			panic(http.ErrAbortHandler)
		}
	}}
}
