// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
)

const (
	recordTable = `vuln_record (id, source, key, document, vuln_id, state, issuer, title, summary, cvss, score, severity, published, modified, withdrawn, seq, reader, digest, origin, run_id, imported_at, body)`
	aliasTable  = `vuln_alias (name, record_id, vuln_id, joins, written)`
	claimTable  = `vuln_claim (ecosystem, name, record_id, n, kind, says)`
	vulnTable   = `vuln (id, place, name, title, state, severity, score, published, modified, kev, records, ecosystems)`
	epssTable   = `vuln_epss (cve, score, percentile, day, model, was, was_day)`
	kevTable    = `vuln_kev (cve, added, due, ransomware, action, notes)`
)

// A table gathers rows for a statement that inserts many.
type table struct {
	into   string // name and columns
	suffix string // ON CONFLICT …
	rows   [][]any
}

func (t *table) add(row ...any) { t.rows = append(t.rows, row) }

func (t *table) insert(ctx context.Context, tx *db.Tx) error {
	return db.Bulk(ctx, tx, t.into, t.suffix, t.rows)
}

// arrayed is how many values one list of a statement has on PostgreSQL.
const arrayed = 5_000

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
