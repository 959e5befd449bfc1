// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
)

const (
	recordTable = `vuln_record (id BIGINT, source TEXT, key TEXT, document TEXT, vuln_id BIGINT, state TEXT, issuer TEXT, title TEXT, summary TEXT, cvss TEXT, score BIGINT, severity TEXT, published TIMESTAMPTZ, modified TIMESTAMPTZ, withdrawn TIMESTAMPTZ, seq BIGINT, reader BIGINT, digest BYTEA, origin TEXT, run_id TEXT, imported_at TIMESTAMPTZ, body BYTEA)`
	aliasTable  = `vuln_alias (name TEXT, record_id BIGINT, vuln_id BIGINT, joins BOOLEAN, written TEXT)`
	claimTable  = `vuln_claim (ecosystem TEXT, name TEXT, record_id BIGINT, n BIGINT, kind TEXT, says BYTEA)`
	vulnTable   = `vuln (id BIGINT, place BIGINT, name TEXT, title TEXT, state TEXT, severity TEXT, score BIGINT, published TIMESTAMPTZ, modified TIMESTAMPTZ, kev BOOLEAN, records BIGINT, ecosystems TEXT)`
	epssTable   = `vuln_epss (cve TEXT, score BIGINT, percentile BIGINT, day TEXT, model TEXT, was BIGINT, was_day TEXT)`
	kevTable    = `vuln_kev (cve TEXT, added TEXT, due TEXT, ransomware TEXT, action TEXT, notes TEXT)`
)

// A table gathers rows for a statement that inserts many: on PostgreSQL one array a column, which it reads three times
// as fast as a list of rows; on SQLite rows of numbered lengths, so that few texts of statements are prepared.
type table struct {
	into   string // name and columns with their types, in PostgreSQL's words
	suffix string // ON CONFLICT …
	rows   [][]any
}

func (t *table) add(row ...any) { t.rows = append(t.rows, row) }

// most is how many rows one statement carries on SQLite, by columns.
func most(columns int) int { return max(1, 320/columns) }

func (t *table) insert(ctx context.Context, tx *db.Tx) error {
	if len(t.rows) == 0 {
		return nil
	}
	into, list, _ := strings.Cut(strings.TrimSuffix(t.into, ")"), " (")
	var names, types []string
	for _, c := range strings.Split(list, ", ") {
		name, kind, _ := strings.Cut(c, " ")
		names, types = append(names, name), append(types, kind)
	}
	head := `INSERT INTO ` + into + ` (` + strings.Join(names, ", ") + `) `
	if tx.Engine == db.PostgreSQL {
		return t.insertArrays(ctx, tx, head, types)
	}
	row := "(?" + strings.Repeat(",?", len(names)-1) + ")"
	for rows, n := t.rows, most(len(names)); len(rows) > 0; {
		for n > len(rows) {
			n /= 2
		}
		args := make([]any, 0, n*len(names))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := tx.Exec(ctx, head+"VALUES "+row+strings.Repeat(","+row, n-1)+t.suffix, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// arrayed is how many rows one statement carries on PostgreSQL.
const arrayed = 5_000

func (t *table) insertArrays(ctx context.Context, tx *db.Tx, head string, types []string) error {
	for start := 0; start < len(t.rows); start += arrayed {
		part := t.rows[start:min(len(t.rows), start+arrayed)]
		var args []any
		var casts []string
		for i, kind := range types {
			casts = append(casts, fmt.Sprintf("$%d::%s[]", i+1, kind))
			switch kind {
			case "BIGINT":
				args = append(args, column[int64](part, i))
			case "BOOLEAN":
				args = append(args, column[bool](part, i))
			case "BYTEA":
				args = append(args, column[[]byte](part, i))
			case "TIMESTAMPTZ":
				list := make([]*string, len(part))
				for k, r := range part {
					if v, _ := r[i].(db.Time).Value(); v != nil {
						s := v.(string)
						list[k] = &s
					}
				}
				args = append(args, list)
			default:
				args = append(args, column[string](part, i))
			}
		}
		if _, err := tx.Exec(ctx, head+`SELECT * FROM unnest(`+strings.Join(casts, ", ")+`)`+t.suffix, args...); err != nil {
			return err
		}
	}
	return nil
}

func column[T any](rows [][]any, i int) []T {
	list := make([]T, len(rows))
	for k, r := range rows {
		list[k] = r[i].(T)
	}
	return list
}

// inParts calls do with parts of a list that are short enough for one statement (db.Among).
func inParts[T any](tx *db.Tx, list []T, do func([]T) error) error {
	n := asked
	if tx.Engine == db.PostgreSQL {
		n = arrayed
	}
	for start := 0; start < len(list); start += n {
		if err := do(list[start:min(len(list), start+n)]); err != nil {
			return err
		}
	}
	return nil
}

// deleteIn deletes what a statement that ends with a column names by it.
func deleteIn[T string | int64 | []byte](ctx context.Context, tx *db.Tx, statement string, ids []T) error {
	return inParts(tx, ids, func(part []T) error {
		var a db.Args
		_, err := tx.Exec(ctx, statement+" "+db.Among(tx, &a, part), a...)
		return err
	})
}

// listIn lists what a query that holds "%s" behind the column that is to be one of the ids finds.
func listIn[T any, K string | int64 | []byte](ctx context.Context, tx *db.Tx, scan func(db.Row) (T, error), query string, ids []K) (out []T, err error) {
	err = inParts(tx, ids, func(part []K) error {
		var a db.Args
		in := db.Among(tx, &a, part)
		some, err := db.List(ctx, tx, scan, fmt.Sprintf(query, in), a...)
		out = append(out, some...)
		return err
	})
	return out, err
}

const recordColumns = `r.id, r.source, r.key, r.document, r.vuln_id, r.state, r.issuer, r.title, r.summary, r.cvss, r.score, r.severity, r.published, r.modified, r.withdrawn, r.seq, r.digest, r.origin, r.run_id, r.imported_at`

func scanRecord(row db.Row) (r Record, err error) {
	var published, modified, withdrawn, imported db.Time
	var digest []byte
	err = row.Scan(&r.ID, &r.Source, &r.Key, &r.document, &r.Vuln, &r.State, &r.Issuer, &r.Title, &r.Summary, &r.CVSS, &r.Score, &r.Severity, &published, &modified, &withdrawn, &r.Seq, &digest, &r.Origin, &r.Run, &imported)
	r.Published, r.Modified, r.Withdrawn, r.Imported, r.Digest = published.Time, modified.Time, withdrawn.Time, imported.Time, hex.EncodeToString(digest)
	return r, err
}

// bodyOf is the document of a record, which another record of the document may have.
func bodyOf(ctx context.Context, tx *db.Tx, r Record) ([]byte, error) {
	packed, err := db.Get(ctx, tx, db.Value[[]byte], `SELECT body FROM vuln_record WHERE id = $1`, r.ID)
	if err == nil && len(packed) == 0 && r.document != "" {
		packed, err = db.Get(ctx, tx, db.Value[[]byte], `SELECT body FROM vuln_record WHERE document = $1 AND document <> '' AND source = $2 AND length(body) > 0 ORDER BY seq DESC LIMIT 1`, r.document, r.Source)
	}
	if err != nil {
		return nil, err
	}
	return unpackDoc(packed)
}
