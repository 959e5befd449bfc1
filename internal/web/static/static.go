// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package static serves the few files that pages load: one style sheet, one small script, the sign. They stand in the
// binary; their addresses change with their content, so that a browser may keep them for good.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed app.css app.js beacon.svg
var files embed.FS

// prefix is where the pages find the files.
const prefix = "/static/"

// sums are the first bytes of each file's SHA-256, in hex.
var sums = func() map[string]string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the embedded directory can always be read
	}
	out := map[string]string{}
	for _, e := range entries {
		b, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(b)
		out[e.Name()] = hex.EncodeToString(sum[:6])
	}
	return out
}()

// URL is the address of a file: "/static/1a2b3c4d5e6f/app.css". It panics for a name that is not there.
func URL(name string) string {
	sum, ok := sums[name]
	if !ok {
		panic("static: there is no " + name)
	}
	return prefix + sum + "/" + name
}

// Handler serves the files below /static/: for good under their address, for a moment under an outdated or bare one.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dir, name := path.Split(strings.TrimPrefix(r.URL.Path, prefix))
		sum, ok := sums[name]
		if !ok || strings.Count(dir, "/") > 1 {
			http.NotFound(w, r)
			return
		}
		b, err := files.ReadFile(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		keep := "public, max-age=60"
		if dir == sum+"/" {
			keep = "public, max-age=31536000, immutable"
		}
		w.Header().Set("Cache-Control", keep)
		w.Header().Set("ETag", `"`+sum+`"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
	})
}
