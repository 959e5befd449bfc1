// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Limits of one look at the directory.
const (
	maxFiles    = 500_000 // that are looked at
	maxNewFiles = 5_000   // that are read; the others follow at the next look
)

type fileState struct {
	path, modified string
	size           int64
}

// Watch takes in the records of the watched directory that are new or have changed since the last look: files that end in
// .json or .zip, below it. Links that lead out of it are not followed. A file that cannot be taken is noted with the
// reason, and looked at again when it has changed.
func (s *Service) Watch(ctx context.Context) error {
	if s.Directory == "" {
		return nil
	}
	root, err := os.OpenRoot(s.Directory)
	if err != nil {
		return fmt.Errorf("watch public records: %w", err)
	}
	defer root.Close()
	fresh, err := s.freshFiles(ctx, root)
	if err != nil {
		return fmt.Errorf("watch public records: %w", err)
	}
	for _, f := range fresh {
		outcome := "taken"
		data, err := readFile(root, f.path)
		if err == nil {
			_, err = s.Import(ctx, member.System(), f.path, data)
		}
		var e *fault.Error
		switch {
		case errors.As(err, &e):
			outcome = "refused: " + e.Error()
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fmt.Errorf("watch public records: %s: %w", f.path, err)
		}
		err = s.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO credit_file (path, size, modified, read_at, outcome) VALUES ($1,$2,$3,$4,$5)
				ON CONFLICT (path) DO UPDATE SET size = excluded.size, modified = excluded.modified, read_at = excluded.read_at, outcome = excluded.outcome`,
				f.path, f.size, f.modified, db.At(tx.Now), line(outcome))
			return err
		})
		if err != nil {
			return fmt.Errorf("watch public records: %w", err)
		}
	}
	return nil
}

func readFile(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxBatch+1))
}

// freshFiles are the files that are not known in their present state.
func (s *Service) freshFiles(ctx context.Context, root *os.Root) (out []fileState, err error) {
	known := map[fileState]bool{}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		have, err := db.List(ctx, tx, func(r db.Row) (f fileState, err error) { return f, r.Scan(&f.path, &f.size, &f.modified) }, `SELECT path, size, modified FROM credit_file`)
		for _, f := range have {
			known[f] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	seen := 0
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ext := strings.ToLower(path.Ext(name))
		if !d.Type().IsRegular() || ext != ".json" && ext != ".zip" || !storable(name) {
			return nil
		}
		if seen++; seen > maxFiles || len(out) >= maxNewFiles {
			return fs.SkipAll
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if f := (fileState{name, info.ModTime().UTC().Format(time.RFC3339Nano), info.Size()}); !known[f] {
			out = append(out, f)
		}
		return nil
	})
	return out, err
}
