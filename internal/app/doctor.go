// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// A Finding is one thing that Doctor looked at.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Doctor looks at what a platform needs to keep its promises, and changes nothing. An error means that it could not
// look; what is wrong stands in the findings.
func (s *Services) Doctor(ctx context.Context, c Config) (out []Finding, err error) {
	note := func(name string, ok bool, format string, args ...any) {
		out = append(out, Finding{name, ok, fmt.Sprintf(format, args...)})
	}
	for _, x := range []string{c.Data, filepath.Join(c.Data, "keys"), filepath.Join(c.Data, "keys", "kek.key"), filepath.Join(c.Data, "keys", "evidence.key")} {
		mode, err := permissions(x)
		note("private: "+x, err == nil && mode&0o077 == 0, "%v%s", mode, reason(err))
	}
	found, err := s.Events.Audit(ctx)
	if err != nil {
		return out, err
	}
	rows := int64(0)
	for _, t := range found.Tables {
		rows += t.Rows
	}
	note("evidence log", found.Err() == nil, "%d entries lead to %d signed checkpoints, every event is the one that its entry digests, and each of %d rows of %d tables is the one that was written%s",
		found.Size, found.Checkpoints, rows, len(found.Tables), reason(found.Err()))
	counts, err := s.Jobs.Counts(ctx)
	if err != nil {
		return out, err
	}
	note("steps", counts.GivenUp == 0, "%d waiting, %d running, %d given up", counts.Waiting, counts.Running, counts.GivenUp)
	late, err := s.Vulns.Late(ctx)
	if err != nil {
		return out, err
	}
	for _, x := range late {
		note("import of "+x.Kind, false, "%s: failed %d times in a row, and ended last as it should at %s", x.Source, x.Failures, x.Good.Format(time.RFC3339))
	}
	note("imports", len(late) == 0, "%d of %d places are late", len(late), len(s.Vulns.Feeds))
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		for _, x := range []struct {
			name, query, detail string
			ok                  func(int) bool
		}{
			{"deliveries", `SELECT count(*) FROM delivery WHERE state = 'failed'`, "%d failed for good", func(n int) bool { return n == 0 }},
			{"administrators", `SELECT count(*) FROM account WHERE status = 'active' AND CAST(roles AS TEXT) LIKE '%"administrator"%'`, "%d can sign in", func(n int) bool { return n > 0 }},
			{"authorities", `SELECT count(*) FROM org WHERE status = 'active' AND CAST(roles AS TEXT) LIKE '%"authority"%' AND (email <> '' OR webhook_url <> '')`,
				"%d receive the transfer of every report (Provisions, art. 7 ¶2)", func(n int) bool { return n > 0 }},
		} {
			n, err := db.Get(ctx, tx, db.Value[int], x.query)
			if err != nil {
				return err
			}
			note(x.name, x.ok(n), x.detail, n)
		}
		return nil
	})
	return out, err
}

func permissions(path string) (fs.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Mode().Perm(), nil
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}
