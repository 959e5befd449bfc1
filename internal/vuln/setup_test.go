// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
)

func TestMain(m *testing.M) {
	if os.Getenv("VULN_IMPORT") != "" {
		os.Exit(child())
	}
	dbtest.Main(m)
}

// A house is a platform that has nothing but imports.
type house struct {
	*Service
	*testing.T
	ctx   context.Context
	clock *calendar.Driven
}

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		test(&house{Service: &Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Lease: 40 * time.Millisecond, Private: true}, T: t, ctx: t.Context(), clock: clock})
	})
}

// take imports, and expects it to go well.
func (h *house) take(kind, source string) Run {
	h.Helper()
	r, err := h.Import(h.ctx, member.System(), Input{Kind: kind, Source: source})
	if err != nil {
		h.Fatal(err)
	}
	return r
}

// refused are the refusals of a run, as text.
func (h *house) refused(r Run) (out []string) {
	h.Helper()
	_, rs, err := h.Run(h.ctx, member.System(), r.ID)
	if err != nil {
		h.Fatal(err)
	}
	for _, x := range rs {
		out = append(out, fmt.Sprintf("%s|%s|%s", x.File, x.Field, x.Reason))
	}
	return out
}

// Run hides testing's: subtests are not needed here.
func (h *house) Run(ctx context.Context, by member.Actor, id string) (Run, []Refusal, error) {
	return h.Service.Run(ctx, by, id)
}

// files writes files below a fresh directory.
func files(t testing.TB, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// zipped is an archive of files.
func zipped(t testing.TB, content map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(content)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// record is one in OSV.
func record(id, modified string, more string) string {
	return fmt.Sprintf(`{"id":%q,"modified":%q,"published":"2021-12-10T00:00:00Z","summary":"Flaw %s","affected":[{"package":{"ecosystem":"npm","name":"pkg-%s"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.3"}]}]}]%s}`, id, modified, id, id, more)
}
