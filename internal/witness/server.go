// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/spec/cosign"
)

// A Server is a witness: it answers add-checkpoint for the logs that it knows, and remembers the last tree of each in
// one file, which it writes before it answers.
type Server struct {
	signer *cosign.Signer
	file   string
	logs   map[string]evidence.Keys // by origin

	mu   sync.Mutex
	seen map[string]tree
}

// tree is the last that was seen of a log.
type tree struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// requestMax bounds a request: a checkpoint, and at most 63 hashes of proof.
const requestMax = 64 << 10

// NewServer makes a witness with its key, the logs that it knows, and the file of its memory, which it creates.
func NewServer(signer *cosign.Signer, file string, logs ...evidence.Keys) (*Server, error) {
	s := &Server{signer: signer, file: file, logs: map[string]evidence.Keys{}, seen: map[string]tree{}}
	for _, k := range logs {
		s.logs[k.Origin()] = k
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &s.seen)
	}
	if err != nil {
		return nil, fmt.Errorf("the witness's memory: %w", err)
	}
	return s, nil
}

// ServeHTTP answers POST …/add-checkpoint.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/add-checkpoint") {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, requestMax))
	if err != nil {
		http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
		return
	}
	line, status, size := s.add(string(body))
	switch {
	case status == http.StatusConflict:
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(status)
		fmt.Fprintf(w, "%d\n", size)
	case status != http.StatusOK:
		http.Error(w, http.StatusText(status), status)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, line) //nolint:errcheck // the log has gone
	}
}

// add does what c2sp.org/tlog-witness says of a request, and returns the cosignature's line or the status of a refusal.
func (s *Server) add(body string) (line string, status int, seen int64) {
	head, text, ok := strings.Cut(body, "\n\n")
	first, rest, _ := strings.Cut(head, "\n")
	number, isOld := strings.CutPrefix(first, "old ")
	old, err := strconv.ParseInt(number, 10, 64)
	if !ok || !isOld || err != nil || old < 0 || strconv.FormatInt(old, 10) != number {
		return "", http.StatusBadRequest, 0
	}
	var proof tlog.TreeProof
	if rest != "" {
		for l := range strings.SplitSeq(rest, "\n") {
			h, err := tlog.ParseHash(l)
			if err != nil || len(proof) == 63 {
				return "", http.StatusBadRequest, 0
			}
			proof = append(proof, h)
		}
	}
	origin, _, _ := strings.Cut(text, "\n")
	keys, ok := s.logs[origin]
	if !ok {
		return "", http.StatusNotFound, 0
	}
	cp, err := keys.Checkpoint(text)
	if err != nil {
		return "", http.StatusForbidden, 0
	}
	if old > cp.Size {
		return "", http.StatusBadRequest, 0
	}
	return s.advance(origin, old, proof, cp)
}

// advance moves the memory of a log on to a checkpoint that contains what it holds.
func (s *Server) advance(origin string, old int64, proof tlog.TreeProof, cp evidence.Checkpoint) (line string, status int, seen int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.seen[origin]
	if old != was.Size {
		return "", http.StatusConflict, was.Size
	}
	switch {
	case old == cp.Size && old > 0:
		if len(proof) > 0 {
			return "", http.StatusUnprocessableEntity, 0
		}
		if was.Root != cp.Root.String() {
			return "", http.StatusConflict, was.Size // two trees of one size: the log shows different histories
		}
	case old > 0:
		root, err := tlog.ParseHash(was.Root)
		if err != nil || tlog.CheckTree(proof, cp.Size, cp.Root, old, root) != nil {
			return "", http.StatusUnprocessableEntity, 0
		}
	case len(proof) > 0:
		return "", http.StatusUnprocessableEntity, 0
	}
	text, _, _ := strings.Cut(cp.Text, "\n\n")
	signed, err := note.Sign(&note.Note{Text: text + "\n"}, s.signer)
	if err != nil {
		return "", http.StatusInternalServerError, 0
	}
	if err := s.remember(origin, tree{cp.Size, cp.Root.String()}); err != nil {
		return "", http.StatusInternalServerError, 0
	}
	return strings.TrimPrefix(string(signed), text+"\n\n"), http.StatusOK, 0
}

// remember writes the memory before anybody hears of it: a witness that forgets would cosign a second history.
func (s *Server) remember(origin string, t tree) (err error) {
	was, had := s.seen[origin]
	s.seen[origin] = t
	defer func() {
		if err != nil {
			if s.seen[origin] = was; !had {
				delete(s.seen, origin)
			}
		}
	}()
	b, err := json.MarshalIndent(s.seen, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.file), ".witness-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), s.file); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(s.file))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
