// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/witness"
)

// logRoutes publishes the evidence log for whoever wants to audit it: c2sp.org/tlog-tiles below /log, the list of its
// keys, and consistency proofs for those who do not want to read tiles. docs/evidence.md explains them.
func (s *Server) logRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /log/checkpoint", s.published("text/plain; charset=utf-8", moment, func(r *http.Request) ([]byte, error) {
		cp, err := s.Witnesses.Newest(r.Context())
		if err == nil && cp == "" {
			err = fault.Missing()
		}
		return []byte(cp), err
	}))
	mux.HandleFunc("GET /log/cosigned", s.published("text/plain; charset=utf-8", moment, func(r *http.Request) ([]byte, error) {
		cp, err := s.Witnesses.Cosigned(r.Context())
		return []byte(cp), err
	}))
	mux.HandleFunc("GET /log/witnesses", s.published("application/json", moment, func(r *http.Request) ([]byte, error) {
		stands, err := s.Witnesses.Stands(r.Context())
		if err != nil {
			return nil, err
		}
		return json.MarshalIndent(struct {
			Witnesses []witness.Stand `json:"witnesses"`
		}{append([]witness.Stand{}, stands...)}, "", "  ")
	}))
	mux.HandleFunc("POST /log/cosignatures", s.cosignatures)
	mux.HandleFunc("GET /log/keys", s.published("application/json", moment, func(r *http.Request) ([]byte, error) {
		keys, err := s.Evidence.Keys(r.Context())
		return keys.Encode(), err
	}))
	mux.HandleFunc("GET /log/tile/{path...}", s.published("application/octet-stream", forever, func(r *http.Request) ([]byte, error) {
		return s.Evidence.Tile(r.Context(), "tile/"+r.PathValue("path"))
	}))
	mux.HandleFunc("GET /log/consistency/{older}/{newer}", s.published("text/plain; charset=utf-8", forever, func(r *http.Request) ([]byte, error) {
		older, err := strconv.ParseInt(r.PathValue("older"), 10, 64)
		newer, err2 := strconv.ParseInt(r.PathValue("newer"), 10, 64)
		if err != nil || err2 != nil {
			return nil, fault.Missing()
		}
		proof, err := s.Evidence.Consistency(r.Context(), older, newer)
		var b strings.Builder
		for _, h := range proof {
			b.WriteString(h.String() + "\n")
		}
		return []byte(b.String()), err
	}))
}

// How long caches may keep what the log publishes.
const (
	moment  = "public, max-age=1"
	forever = "public, max-age=31536000, immutable"
)

// published serves what get returns, to anybody and from any site.
func (s *Server) published(contentType, cache string, get func(*http.Request) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := get(r)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			http.Error(w, "the evidence log has no such part", http.StatusNotFound)
			return
		case err != nil:
			s.Log.ErrorContext(r.Context(), "request failed", "surface", "log", "error", err)
			http.Error(w, "the evidence log cannot be read now", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", cache)
		h.Set("Access-Control-Allow-Origin", "*")
		w.Write(b) //nolint:errcheck // the reader may have gone
	}
}

// cosignatures takes what a witness brings by itself. Only those count that the configuration names, so anybody may ask.
func (s *Server) cosignatures(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<10))
	if err != nil {
		http.Error(w, "a checkpoint with cosignatures has at most 16 kB", http.StatusRequestEntityTooLarge)
		return
	}
	n, err := s.Witnesses.Accept(r.Context(), body)
	switch {
	case errors.Is(err, witness.ErrForeign) || errors.Is(err, witness.ErrUnsigned):
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case err != nil:
		s.Log.ErrorContext(r.Context(), "request failed", "surface", "log", "error", err)
		http.Error(w, "the cosignatures cannot be kept now", http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, strconv.Itoa(n)+" new\n") //nolint:errcheck // the witness has gone
	}
}
