// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/report"
)

// Words that are not those of the event are found, even when somebody who has the keys sealed them and mended the digest
// beside them.
func TestAuditHoldsWordsAgainstTheirEvent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		one, two := h.submit(h.unit, flash()), h.submit(h.unit, report.Input{Content: whole()})
		if _, err := h.Supplement(t.Context(), h.unit, one.Report.ID, report.Input{Content: whole()}); err != nil {
			t.Fatal(err)
		}
		id := two.Report.ID
		sealed := h.Seal.Seal("report_version/"+id+"/1/content", []byte(`{"title":"another"}`))
		for _, x := range []struct{ do, want string }{
			{``, ""},
			{`UPDATE report_version SET content_sealed = $1 WHERE report_id = $2 AND version = 1`, "not those whose digest is in its event"},
			{`UPDATE report_version SET content_sealed = $1, digest = '` + evidence.Digest([]byte("salt"), []byte(`{"title":"another"}`)) + `', salt = CAST('salt' AS BLOB) WHERE report_id = $2 AND version = 1`,
				"not those whose digest is in its event"},
			{`UPDATE report_version SET digest = 'x' WHERE report_id = $2 AND version = 1 AND content_sealed <> $1`, "not those whose digest is in its event"},
			{`UPDATE report_version SET content_sealed = substr(content_sealed, 2) WHERE report_id = $2 AND version = 1 AND content_sealed <> $1`, "cannot be opened"},
			{`UPDATE report_version SET event_id = 'x' WHERE report_id = $2 AND version = 1 AND content_sealed <> $1`, "its event is gone"},
		} {
			undo := errors.New("undo")
			err := h.DB.Tx(t.Context(), func(tx *db.Tx) error {
				return errors.Join(tamper(t.Context(), tx, x.do, sealed, id), func() error {
					f := &evidence.Findings{}
					if err := h.AuditContent(t.Context(), tx, f); err != nil {
						return err
					}
					switch {
					case x.want == "" && f.Count > 0, x.want != "" && (f.Count != 1 || f.Traces[0].Row != id+"/1" || !strings.Contains(f.Traces[0].What, x.want)):
						t.Errorf("%s: %+v", x.do, f.Traces)
					}
					return undo
				}())
			})
			if !errors.Is(err, undo) {
				t.Error(err)
			}
		}
	})
}

func tamper(ctx context.Context, tx *db.Tx, do string, args ...any) error {
	if do == "" {
		return nil
	}
	if tx.Engine == db.PostgreSQL {
		do = strings.ReplaceAll(do, "AS BLOB", "AS BYTEA")
	}
	_, err := tx.SQL().ExecContext(ctx, do, args...)
	return err
}
