// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"bytes"
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// A Tally counts records by what became of them.
type Tally struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Same      int `json:"same"`      // known as they are
	Older     int `json:"older"`     // known in a newer state
	Withdrawn int `json:"withdrawn"` // of the new and changed ones
	Refused   int `json:"refused"`   // documents
}

func (t *Tally) add(u Tally) {
	t.New, t.Changed, t.Same, t.Older, t.Withdrawn, t.Refused = t.New+u.New, t.Changed+u.Changed, t.Same+u.Same, t.Older+u.Older, t.Withdrawn+u.Withdrawn, t.Refused+u.Refused
}

// known is what is there of a record that arrives.
type known struct {
	id, vuln int64
	digest   []byte
	reader   int
	modified time.Time
}

type sourceKey struct {
	source Source
	key    string
}

// put takes records in: those that are new or have changed are written, with their names and claims, and what their
// vulnerabilities come to is worked out again. It is run by one import at a time.
func (s *Service) put(ctx context.Context, tx *db.Tx, run string, as []*arrival) (t Tally, err error) {
	if len(as) == 0 {
		return t, nil
	}
	as, t.Same = once(as)
	if as, err = leftOut(ctx, tx, as); err != nil {
		return t, err
	}
	if err := find(ctx, tx, as); err != nil {
		return t, err
	}
	var take []*arrival
	fresh := 0
	for _, a := range as {
		switch {
		case a.old == nil:
			t.New++
			fresh++
		case bytes.Equal(a.old.digest, a.sum[:]) && a.old.reader == reader:
			t.Same++
			continue
		case !a.Modified.IsZero() && a.Modified.Before(a.old.modified):
			t.Older++
			continue
		default:
			t.Changed++
		}
		if !a.State.Live() {
			t.Withdrawn++
		}
		take = append(take, a)
	}
	if len(take) == 0 {
		return t, nil
	}
	if err := number(ctx, tx, take, fresh); err != nil {
		return t, err
	}
	g, err := group(ctx, tx, take)
	if err != nil {
		return t, err
	}
	ds, err := draw(ctx, tx, g, take)
	if err != nil {
		return t, err
	}
	defer ds.alone.Wait()
	if err := write(ctx, tx, run, take); err != nil {
		return t, err
	}
	return t, ds.store(ctx, tx)
}

// once leaves the newest of several states of one record, and counts the others.
func once(as []*arrival) (out []*arrival, dropped int) {
	at := map[sourceKey]int{}
	for _, a := range as {
		k := sourceKey{a.Source, a.Key}
		i, twice := at[k]
		switch {
		case !twice:
			at[k] = len(out)
			out = append(out, a)
		case !a.Modified.Before(out[i].Modified):
			out[i] = a
			dropped++
		default:
			dropped++
		}
	}
	return out, dropped
}

// find looks up what is there of the records.
func find(ctx context.Context, tx *db.Tx, as []*arrival) error {
	by := map[sourceKey]*arrival{}
	keys := map[Source][]string{}
	for _, a := range as {
		by[sourceKey{a.Source, a.Key}] = a
		keys[a.Source] = append(keys[a.Source], a.Key)
	}
	for source, ks := range keys {
		err := inParts(tx, ks, func(part []string) error {
			var a db.Args
			type row struct {
				key string
				known
			}
			rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) {
				var modified db.Time
				err = r.Scan(&x.id, &x.key, &x.vuln, &x.digest, &x.reader, &modified)
				x.modified = modified.Time
				return x, err
			}, `SELECT id, key, vuln_id, digest, reader, modified FROM vuln_record WHERE source = `+a.P(source)+` AND key `+db.Among(tx, &a, part), a...)
			for _, x := range rows {
				known := x.known
				by[sourceKey{source, x.key}].old = &known
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// number gives new records their ids, and all of them their places among the changes.
func number(ctx context.Context, tx *db.Tx, as []*arrival, fresh int) error {
	seq, err := db.Take(ctx, tx, "vuln/seq", len(as))
	if err != nil {
		return err
	}
	id := int64(0)
	if fresh > 0 {
		if id, err = db.Take(ctx, tx, "vuln/record", fresh); err != nil {
			return err
		}
		id -= int64(fresh)
	}
	for i, a := range as {
		a.Seq = seq - int64(len(as)-1-i)
		if a.old != nil {
			a.ID = a.old.id
		} else {
			id++
			a.ID = id
		}
	}
	return nil
}

// write stores records, their names and their claims.
func write(ctx context.Context, tx *db.Tx, run string, as []*arrival) error {
	var was []int64
	records, aliases, claims := table{into: recordTable}, table{into: aliasTable}, table{into: claimTable}
	for _, a := range as {
		if a.old != nil {
			was = append(was, a.ID)
		}
		records.add(a.ID, string(a.Source), a.Key, a.document, a.Vuln, string(a.State), a.Issuer, a.Title, a.Summary, a.CVSS, int64(a.Score), string(a.Severity),
			db.At(a.Published), db.At(a.Modified), db.At(a.Withdrawn), a.Seq, int64(reader), bytes.Clone(a.sum[:]), a.Origin, run, db.At(tx.Now), a.body)
		for _, n := range a.names {
			aliases.add(n.folded, a.ID, a.Vuln, n.joins, n.written)
		}
		for _, c := range a.claims {
			claims.add(c.Ecosystem, c.Name, a.ID, int64(c.N), string(c.Kind), c.encode())
		}
	}
	for _, from := range []string{`DELETE FROM vuln_record WHERE id`, `DELETE FROM vuln_alias WHERE record_id`, `DELETE FROM vuln_claim WHERE record_id`} {
		if err := deleteIn(ctx, tx, from, was); err != nil {
			return err
		}
	}
	for _, t := range []*table{&records, &aliases, &claims} {
		if err := t.insert(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// leftOut adds what new versions of documents no longer speak of: their publisher has taken it back.
func leftOut(ctx context.Context, tx *db.Tx, as []*arrival) ([]*arrival, error) {
	news := map[string]*arrival{} // by document
	has := map[sourceKey]bool{}
	var documents []string
	for _, a := range as {
		has[sourceKey{a.Source, a.Key}] = true
		if a.document == "" {
			continue
		}
		if news[a.document] == nil {
			documents = append(documents, a.document)
		}
		if n := news[a.document]; n == nil || !a.Modified.Before(n.Modified) {
			news[a.document] = a
		}
	}
	old, err := listIn(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM vuln_record r WHERE r.document <> '' AND r.document %s ORDER BY r.id`, documents)
	if err != nil {
		return nil, err
	}
	found := map[int64][]string{}
	var ids []int64
	for _, r := range old {
		ids = append(ids, r.ID)
	}
	aliases, err := listIn(ctx, tx, func(r db.Row) (h hit, err error) { return h, r.Scan(&h.name, &h.record) }, `SELECT written, record_id FROM vuln_alias WHERE record_id %s ORDER BY name`, ids)
	if err != nil {
		return nil, err
	}
	for _, h := range aliases {
		found[h.record] = append(found[h.record], h.name)
	}
	for _, r := range old {
		n := news[r.document]
		if has[sourceKey{r.Source, r.Key}] || !r.State.Live() || n.Modified.Before(r.Modified) {
			continue
		}
		a := &arrival{Record: r, names: names(r.Key, nil, found[r.ID])}
		a.State, a.Withdrawn, a.Modified, a.Origin = Withdrawn, n.Modified, n.Modified, n.Origin
		a.sum, a.words = n.sum, r.words()
		a.body = []byte{}
		as = append(as, a)
	}
	return as, nil
}
