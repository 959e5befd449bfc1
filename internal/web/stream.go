// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"io"
	"mime"
	"net/http"
	"time"
)

// exportTime is how long an export may take: it holds one state of the database until it ends.
const exportTime = 5 * time.Minute

// streamed answers with a file that is written as it is read. write calls begin with the file's name before the first byte;
// what goes wrong before that is told as ever, and later the connection breaks off: what has come is not the whole.
func (s *Server) streamed(v *view, media string, write func(ctx context.Context, w io.Writer, begin func(name string)) error) error {
	ctx, cancel := context.WithTimeout(v.Context(), exportTime)
	defer cancel()
	begun := false
	err := write(ctx, v.w, func(name string) {
		begun = true
		h := v.w.Header()
		h.Set("Content-Type", media)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "private, no-store")
	})
	if err != nil && begun {
		s.Log.WarnContext(v.Context(), "a file broke off", "path", v.URL.Path, "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}
