// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Result is what an import came to, in records: an advisory about several flaws is several.
type Result struct {
	New     int // not known before
	Changed int // known in another state
	Same    int // known as it is
	Older   int // known in a newer state
	Leads   int // found by it, for supervisors: others do not learn whether there are any
	Refused int
	Reasons []Reason // of the first that were refused
}

// Reason says why a document was refused.
type Reason struct {
	Name string // of the document
	Why  Refusal
}

// maxReasons bounds how many refused documents an answer names.
const maxReasons = 100

// atOnce is how many records share a transaction.
const atOnce = 50

// Import takes in public records: a record, several, or an archive of them, in CVE JSON 5, OSV or CSAF; source names where
// they come from. The same record twice changes nothing. What it says of members becomes leads. A document that is no
// record is refused and the others are taken; when it is the only one, the fault is Invalid. For the platform's people.
func (s *Service) Import(ctx context.Context, by member.Actor, source string, data []byte) (out Result, err error) {
	if err := importer(by); err != nil {
		return Result{}, err
	}
	if source = line(source); source == "" {
		source = "—"
	}
	if rs := []rune(source); len(rs) > maxSource {
		source = string(rs[:maxSource])
	}
	if len(data) > MaxBatch {
		return Result{}, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{fmt.Sprintf("%d MiB", MaxBatch>>20)}}
	}
	b, err := s.batch(ctx, by)
	if err != nil {
		return Result{}, fmt.Errorf("import records: %w", err)
	}
	docs := 0
	err = unpack(source, data, func(d document) error {
		docs++
		return b.take(ctx, d)
	})
	if err == nil {
		err = b.flush(ctx)
	}
	if err != nil {
		return b.out, fmt.Errorf("import records: %w", err)
	}
	if !by.Is(member.Supervisor) {
		b.out.Leads = 0
	}
	if docs == 1 && b.out.Refused == 1 {
		return Result{}, fault.FieldError("file", string(b.out.Reasons[0].Why), "")
	}
	return b.out, nil
}

// A batch gathers records until they share a transaction.
type batch struct {
	s       *Service
	by      member.Actor
	index   *index
	waiting []arrival
	out     Result
}

type arrival struct {
	Record
	body []byte
}

func (s *Service) batch(ctx context.Context, by member.Actor) (*batch, error) {
	b := &batch{s: s, by: by}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		members, err := s.Members.KnownTx(ctx, tx)
		b.index = newIndex(members)
		return err
	})
	return b, err
}

// take reads one document.
func (b *batch) take(ctx context.Context, d document) error {
	body := bytes.TrimSpace(d.body)
	rs, err := read(body)
	var why Refusal
	switch {
	case errors.As(err, &why):
		if b.out.Refused++; len(b.out.Reasons) < maxReasons {
			b.out.Reasons = append(b.out.Reasons, Reason{d.name, why})
		}
		return nil
	case err != nil:
		return err
	}
	sum := sha256.Sum256(body)
	for _, r := range rs {
		r.SHA256, r.Source = hex.EncodeToString(sum[:]), d.name
		b.waiting = append(b.waiting, arrival{r, body})
	}
	if len(b.waiting) >= atOnce {
		return b.flush(ctx)
	}
	return nil
}

// flush stores what has gathered.
func (b *batch) flush(ctx context.Context) error {
	for part := range slices.Chunk(b.waiting, atOnce) {
		var done Result
		err := b.s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			done, err = b.store(ctx, tx, part)
			return err
		})
		if err != nil {
			return err
		}
		b.out.New, b.out.Changed, b.out.Same, b.out.Older, b.out.Leads = b.out.New+done.New, b.out.Changed+done.Changed, b.out.Same+done.Same, b.out.Older+done.Older, b.out.Leads+done.Leads
	}
	b.waiting = b.waiting[:0]
	return nil
}

// store takes records in, in one transaction. The series' row is the lock of those who import: two that bring the same
// record must not make two finds of it.
func (b *batch) store(ctx context.Context, tx *db.Tx, part []arrival) (out Result, err error) {
	same, err := b.known(ctx, tx, part)
	if err != nil {
		return out, err
	}
	if len(same) == len(part) {
		out.Same = len(part)
		return out, nil
	}
	if _, err := db.Next(ctx, tx, "credit/import"); err != nil {
		return out, err
	}
	sum := sha256.New()
	for i, a := range part {
		if same[i] {
			out.Same++
			continue
		}
		if err := b.put(ctx, tx, a, &out); err != nil {
			return out, fmt.Errorf("%s: %w", a.Name, err)
		}
		sum.Write([]byte(a.SHA256 + "\n")) //nolint:errcheck // never fails
	}
	if n := out.New + out.Changed; n > 0 {
		_, err = b.s.Events.Record(ctx, tx, b.by.By(), Imported{Records: n, Digest: hex.EncodeToString(sum.Sum(nil))})
	}
	return out, err
}

// known tells which of the records are there in this very state.
func (b *batch) known(ctx context.Context, tx *db.Tx, part []arrival) (map[int]bool, error) {
	var a db.Args
	var names []string
	for _, x := range part {
		names = append(names, x.Name)
	}
	type state struct{ format, name, sha string }
	have, err := db.List(ctx, tx, func(r db.Row) (x state, err error) { return x, r.Scan(&x.format, &x.name, &x.sha) },
		`SELECT format, name, sha256 FROM credit_record WHERE name IN `+db.In(&a, names), a...)
	out := map[int]bool{}
	for i, x := range part {
		if slices.Contains(have, state{x.Format, x.Name, x.SHA256}) {
			out[i] = true
		}
	}
	return out, err
}

// put takes one record in.
func (b *batch) put(ctx context.Context, tx *db.Tx, a arrival, out *Result) error {
	r := a.Record
	old, err := db.Get(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM credit_record r WHERE r.format = $1 AND r.name = $2`, r.Format, r.Name)
	fresh := fault.Is(err, fault.NotFound)
	switch {
	case err != nil && !fresh:
		return err
	case !fresh && old.SHA256 == r.SHA256: // twice in one batch
		out.Same++
		return nil
	case !fresh && !r.ModifiedAt.IsZero() && r.ModifiedAt.Before(old.ModifiedAt):
		out.Older++
		return b.version(ctx, tx, old.ID, a)
	}
	r.ID = old.ID
	if fresh {
		r.ID = newID()
	}
	if r.FindID, err = b.s.find(ctx, tx, r.Idents, old.FindID); err != nil {
		return err
	}
	if r.withdrawn && r.WithdrawnAt.IsZero() {
		if r.WithdrawnAt = r.ModifiedAt; r.WithdrawnAt.IsZero() {
			r.WithdrawnAt = tx.Now
		}
	}
	if err := b.save(ctx, tx, r, fresh); err != nil {
		return err
	}
	if err := b.version(ctx, tx, r.ID, a); err != nil {
		return err
	}
	if fresh {
		out.New++
	} else {
		out.Changed++
	}
	leads, err := b.s.follow(ctx, tx, b.by, b.index, r, a.body, "")
	out.Leads += leads
	return err
}

func (b *batch) save(ctx context.Context, tx *db.Tx, r Record, fresh bool) error {
	query := `UPDATE credit_record SET find_id = $1, url = $2, sha256 = $3, withdrawn_at = $4, public_at = $5, modified_at = $6, thanks = $7, content = $8, imported_at = $9 WHERE id = $10`
	args := []any{r.FindID, r.URL, r.SHA256, db.At(r.WithdrawnAt), db.At(r.PublicAt), db.At(r.ModifiedAt), len(r.Thanks)+len(r.Issuers) > 0, db.ToJSON(r), db.At(tx.Now), r.ID}
	if fresh {
		query = `INSERT INTO credit_record (find_id, url, sha256, withdrawn_at, public_at, modified_at, thanks, content, imported_at, id, format, name) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`
		args = append(args, r.Format, r.Name)
	}
	_, err := tx.Exec(ctx, query, args...)
	return err
}

func (b *batch) version(ctx context.Context, tx *db.Tx, recordID string, a arrival) error {
	_, err := tx.Exec(ctx, `INSERT INTO credit_version (record_id, sha256, source, by_account, imported_at) VALUES ($1,$2,$3,$4,$5) ON CONFLICT (record_id, sha256) DO NOTHING`,
		recordID, a.SHA256, a.Source, b.by.AccountID, db.At(tx.Now))
	return err
}

// find returns the find that goes by any of these numbers, and makes it one that goes by all of them. Finds that were
// taken for different ones become one.
func (s *Service) find(ctx context.Context, tx *db.Tx, idents []string, known string) (string, error) {
	var a db.Args
	finds, err := db.List(ctx, tx, db.Value[string], `SELECT DISTINCT find_id FROM credit_ident WHERE ident IN `+db.In(&a, idents)+` ORDER BY find_id`, a...)
	if err != nil {
		return "", err
	}
	if known != "" && !slices.Contains(finds, known) {
		finds = append(finds, known)
	}
	var into string
	switch len(finds) {
	case 0:
		into = newID()
		_, err = tx.Exec(ctx, `INSERT INTO credit_find (id, seen_at) VALUES ($1,$2)`, into, db.At(tx.Now))
	case 1:
		into = finds[0]
	default:
		into, err = s.merge(ctx, tx, finds)
	}
	if err != nil {
		return "", err
	}
	var rows [][]any
	for _, id := range idents {
		rows = append(rows, []any{id, into})
	}
	return into, db.Bulk(ctx, tx, "credit_ident (ident, find_id)", "ON CONFLICT (ident) DO NOTHING", rows)
}

// merge makes one find of several: the one about which a question was asked, or the oldest. A member's lead moves with
// its find; where both have one, the other ends as merged.
func (s *Service) merge(ctx context.Context, tx *db.Tx, finds []string) (into string, err error) {
	var a db.Args
	leads, err := db.List(ctx, tx, s.scanLead, `SELECT `+leadColumns+` FROM credit_lead l WHERE l.find_id IN `+db.In(&a, finds)+` ORDER BY l.id`+tx.ForUpdate(), a...)
	if err != nil {
		return "", err
	}
	slices.Sort(finds)
	into = finds[0]
	if i := slices.IndexFunc(leads, func(l Lead) bool { return l.InquiryID != "" }); i >= 0 {
		into = leads[i].FindID
	}
	stays := map[string]*Lead{} // by organisation
	for i := range leads {
		if leads[i].FindID == into {
			stays[leads[i].OrgID] = &leads[i]
		}
	}
	for _, from := range finds {
		if from == into {
			continue
		}
		for _, q := range []string{`UPDATE credit_ident SET find_id = $1 WHERE find_id = $2`, `UPDATE credit_record SET find_id = $1 WHERE find_id = $2`, `UPDATE credit_find SET moved_to = $1 WHERE id = $2`} {
			if _, err := tx.Exec(ctx, q, into, from); err != nil {
				return "", err
			}
		}
	}
	for i := range leads {
		l := &leads[i]
		if l.FindID == into || l.State == Merged {
			continue
		}
		was := l.State
		if keep := stays[l.OrgID]; keep == nil {
			l.FindID = into
			stays[l.OrgID] = l
		} else {
			l.State = Merged
			keep.Signs = append(keep.Signs, l.Signs...)
			if keep.Confidence.rank() > l.Confidence.rank() {
				keep.Confidence = l.Confidence
			}
			if err := s.updateLead(ctx, tx, keep, keep.State); err != nil {
				return "", err
			}
			if err := s.say(ctx, tx, member.System(), *l, SaysMerged, keep.Number); err != nil {
				return "", err
			}
			if _, err := s.Events.Record(ctx, tx, member.System().By(), Joined{l.on(), keep.ID}); err != nil {
				return "", err
			}
		}
		if err := s.updateLead(ctx, tx, l, was); err != nil {
			return "", err
		}
	}
	return into, nil
}

// public is when the find became public, as far as its records say.
func public(rs []Record) (t time.Time) {
	for _, r := range rs {
		if !r.PublicAt.IsZero() && (t.IsZero() || r.PublicAt.Before(t)) {
			t = r.PublicAt
		}
	}
	return t
}
