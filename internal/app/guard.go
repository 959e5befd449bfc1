// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"strings"
)

// policy lets a page load only what this platform serves: no inline code, no third party.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers that every answer carries and refuses forms posted from other sites.
func guard(next http.Handler, secure, exercise bool) http.Handler {
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if exercise {
			h.Set("Fengsui-Exercise", "yes")
		}
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
	return http.NewCrossOriginProtection().Handler(guarded)
}

// secure reports whether people reach the platform over https.
func (c Config) secure() bool { return strings.HasPrefix(c.BaseURL, "https://") }
