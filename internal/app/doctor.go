// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
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
	size, err := s.Evidence.Audit(ctx)
	note("evidence log", err == nil, "%d entries lead to the signed checkpoint%s", size, reason(err))
	altered, err := s.altered(ctx)
	if err != nil {
		return out, err
	}
	note("events", altered == "", "every event is the one that its evidence entry digests%s", orNone(altered))
	counts, err := s.Jobs.Counts(ctx)
	if err != nil {
		return out, err
	}
	note("steps", counts.GivenUp == 0, "%d waiting, %d running, %d given up", counts.Waiting, counts.Running, counts.GivenUp)
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

func orNone(event string) string {
	if event == "" {
		return ""
	}
	return ": not " + event
}

// altered returns the id of an event whose payload is not the one that its evidence entry digests, or "".
func (s *Services) altered(ctx context.Context) (id string, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT e.id, e.payload, e.salt, v.leaf FROM event e LEFT JOIN evidence v ON v.id = e.id ORDER BY e.id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var event, payload string
			var salt, leaf []byte
			if err := rows.Scan(&event, &payload, &salt, &leaf); err != nil {
				return err
			}
			var entry evidence.Entry
			if json.Unmarshal(leaf, &entry) != nil || entry.ID != event || entry.Digest != evidence.Digest(salt, []byte(payload)) {
				id = event
				return nil
			}
		}
		return rows.Err()
	})
	return id, err
}
