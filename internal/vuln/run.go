// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// RunState says how an import stands.
type RunState string

// The states.
const (
	Running     RunState = "running"
	Done        RunState = "done"
	Cancelled   RunState = "cancelled"   // somebody ended it; started again it goes on
	Failed      RunState = "failed"      // its source could not be read, or the database not written
	Interrupted RunState = "interrupted" // its process died; another import found it, or Settle did
)

// A Run is one import.
type Run struct {
	ID      string
	Kind    string // osv, cve, csaf, kev, epss
	Source  string // path or URL
	State   RunState
	By      string // account; "" for the platform and its operator
	Started time.Time
	Beat    time.Time // last sign of life
	Ended   time.Time
	Total   int // pieces to read, or 0 when nobody can tell
	Place   int // pieces that were dealt with
	Tally
	Digest string // hex, over the digests of what was taken, in order
	Error  string // text of why it failed

	fingerprint string
	stop        bool
}

const runColumns = `id, kind, source, fingerprint, state, stop, by_account, started_at, beat_at, ended_at, total, place, fresh, changed, same, older, withdrawn, refused, digest, error`

func scanRun(row db.Row) (r Run, err error) {
	var started, beat, ended db.Time
	err = row.Scan(&r.ID, &r.Kind, &r.Source, &r.fingerprint, &r.State, &r.stop, &r.By, &started, &beat, &ended, &r.Total, &r.Place, &r.New, &r.Changed, &r.Same, &r.Older, &r.Withdrawn, &r.Refused, &r.Digest, &r.Error)
	r.Started, r.Beat, r.Ended = started.Time, beat.Time, ended.Time
	return r, err
}

// errOvertaken ends an import whose place another has taken.
var errOvertaken = errors.New("vuln: another import has taken over")

// errStopped ends an import that somebody asked to end.
var errStopped = errors.New("vuln: the import was cancelled")

func (s *Service) lease() time.Duration {
	if s.Lease > 0 {
		return s.Lease
	}
	return 15 * time.Second
}

// begin makes a run, or goes on with one that was left behind where the same lies. There is one at a time: while
// another shows signs of life the fault is Conflict; one that shows none for the lease is taken for dead.
func (s *Service) begin(ctx context.Context, by member.Actor, kind, source, fingerprint string, total int) (Run, error) {
	var beat time.Time
	for first := true; ; first = false {
		var r, other Run
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			r, other = Run{}, Run{}
			if _, err := db.Next(ctx, tx, "vuln/import"); err != nil { // the row is the lock of those who begin
				return err
			}
			left, err := running(ctx, tx)
			if err != nil {
				return err
			}
			for _, x := range left {
				if first || !x.Beat.Equal(beat) {
					other = x
					return nil
				}
				if _, err := tx.Exec(ctx, `UPDATE import_run SET state = $1, ended_at = beat_at WHERE id = $2`, Interrupted, x.ID); err != nil {
					return err
				}
			}
			r, err = db.Get(ctx, tx, scanRun, `SELECT `+runColumns+` FROM import_run WHERE kind = $1 AND source = $2 ORDER BY started_at DESC, id DESC LIMIT 1`, kind, source)
			goesOn := err == nil && r.State != Done && r.fingerprint == fingerprint && fingerprint != ""
			for _, x := range left { // one that goes on tells at its end what it has taken in
				if !goesOn || x.ID != r.ID {
					if err := s.told(ctx, tx, x); err != nil {
						return err
					}
				}
			}
			switch {
			case err != nil && !fault.Is(err, fault.NotFound):
				return err
			case goesOn:
				r.State, r.Total, r.Error = Running, total, ""
				_, err = tx.Exec(ctx, `UPDATE import_run SET state = $1, stop = $2, ended_at = NULL, beat_at = $3, total = $4, error = '' WHERE id = $5`, Running, false, db.At(tx.Now), total, r.ID)
				return err
			}
			r = Run{ID: newID(), Kind: kind, Source: source, State: Running, By: by.AccountID, Started: tx.Now, Beat: tx.Now, Total: total, fingerprint: fingerprint}
			_, err = tx.Exec(ctx, `INSERT INTO import_run (`+runColumns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$8,NULL,$9,0,0,0,0,0,0,0,'','')`,
				r.ID, kind, source, fingerprint, Running, false, r.By, db.At(tx.Now), total)
			return err
		})
		switch {
		case err != nil:
			return Run{}, err
		case other.ID == "":
			return r, nil
		case !first:
			return Run{}, fault.Clash("vuln.import-running", other.Kind, other.Source)
		}
		beat = other.Beat
		select {
		case <-time.After(s.lease()):
		case <-ctx.Done():
			return Run{}, ctx.Err()
		}
	}
}

// advance notes within a transaction what has become of pieces, and learns whether to go on.
func (r *Run) advance(ctx context.Context, tx *db.Tx, pieces int, t Tally, sums [][sha256.Size]byte, refusals []*Refusal) error {
	next := *r
	next.Place += pieces
	next.add(t)
	chain := []byte(r.Digest)
	for _, sum := range sums {
		h := sha256.Sum256(append(chain, sum[:]...))
		chain = []byte(hex.EncodeToString(h[:]))
	}
	next.Digest = string(chain)
	stop, err := db.Get(ctx, tx, db.Value[bool], `UPDATE import_run SET beat_at = $1, place = $2, fresh = $3, changed = $4, same = $5, older = $6, withdrawn = $7, refused = $8, digest = $9
		WHERE id = $10 AND state = $11 AND place = $12 RETURNING stop`,
		db.At(tx.Now), next.Place, next.New, next.Changed, next.Same, next.Older, next.Withdrawn, next.Refused, next.Digest, r.ID, Running, r.Place)
	switch {
	case fault.Is(err, fault.NotFound):
		return errOvertaken
	case err != nil:
		return err
	case stop:
		return errStopped
	}
	var rows [][]any
	for i, x := range refusals {
		if n := r.Refused + i; n < maxRefusals {
			rows = append(rows, []any{r.ID, n, text(x.File, 500), text(x.Field, 300), x.Reason, text(x.Detail, 300)})
		}
	}
	if err := db.Bulk(ctx, tx, "import_refusal (run_id, n, file, field, reason, detail)", "ON CONFLICT (run_id, n) DO NOTHING", rows); err != nil {
		return err
	}
	tx.OnCommit(func() { next.Beat = tx.Now; *r = next })
	return nil
}

// maxRefusals bounds how many refused documents of one run are named.
const maxRefusals = 1_000

// beat gives a sign of life until ctx ends, and cancels the import when it is to stop.
func (s *Service) beat(ctx context.Context, id string, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(s.lease() / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			stop, err := db.Get(ctx, tx, db.Value[bool], `UPDATE import_run SET beat_at = $1 WHERE id = $2 AND state = $3 RETURNING stop`, db.At(tx.Now), id, Running)
			switch {
			case fault.Is(err, fault.NotFound):
				return errOvertaken
			case err == nil && stop:
				return errStopped
			}
			return err
		})
		if errors.Is(err, errOvertaken) || errors.Is(err, errStopped) {
			cancel(err)
			return
		}
	}
}

// end writes how a run ended, as an event when it took anything in or came to its end.
func (s *Service) end(ctx context.Context, by member.Actor, r *Run, why error) error {
	r.State = Done
	switch {
	case errors.Is(why, errOvertaken):
		return nil
	case errors.Is(why, errStopped), errors.Is(why, context.Canceled):
		r.State = Cancelled
	case why != nil:
		r.State, r.Error = Failed, text(why.Error(), 500)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE import_run SET state = $1, ended_at = $2, beat_at = $2, error = $3, total = CASE WHEN $1 = 'done' THEN place ELSE total END WHERE id = $4 AND state = $5`, r.State, db.At(tx.Now), r.Error, r.ID, Running)
		if err != nil || n == 0 {
			return err
		}
		r.Ended = tx.Now
		if err := settleIndex(ctx, tx, r.New+r.Changed); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), r.event())
		return err
	})
}

func (r *Run) event() event.Event {
	source := sha256.Sum256([]byte(r.Source))
	return Imported{Run: r.ID, From: r.Kind, State: string(r.State), Source: hex.EncodeToString(source[:]), Records: r.New + r.Changed + r.Same + r.Older, New: r.New, Changed: r.Changed,
		Withdrawn: r.Withdrawn, Refused: r.Refused, Digest: r.Digest}
}

// tables are those that an import fills.
var tables = []string{"vuln_word", "vuln", "vuln_record", "vuln_alias", "vuln_claim"}

// leaveWords lets PostgreSQL keep the new words of a transaction aside: who tends the tables puts them in order, on the
// other processor.
func leaveWords(ctx context.Context, tx *db.Tx) error {
	if tx.Engine != db.PostgreSQL {
		return nil
	}
	_, err := tx.Exec(ctx, `SET LOCAL gin_pending_list_limit = '64MB'`)
	return err
}

// sortWords puts in order what was kept aside.
func sortWords(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `SELECT gin_clean_pending_list('vuln_word_words')`)
	return err
}

// tend keeps PostgreSQL's tables in order beside an import, of which landed says how many records it has brought.
func (s *Service) tend(ctx context.Context, had int, landed <-chan int) error {
	for has := range landed {
		if s.DB.Engine != db.PostgreSQL {
			continue
		}
		err := s.DB.Grew(ctx, had, has, tables...)
		if err == nil {
			err = s.DB.Tx(ctx, func(tx *db.Tx) error { return sortWords(ctx, tx) })
		}
		if err != nil {
			return err
		}
		had = has
	}
	return nil
}

// manyRecords is from how many records on an import is worth more than a glance at its tables.
const manyRecords = 100_000

// settleIndex lets PostgreSQL put in order what an import has added.
func settleIndex(ctx context.Context, tx *db.Tx, added int) error {
	if tx.Engine != db.PostgreSQL {
		return nil
	}
	if err := sortWords(ctx, tx); err != nil {
		return err
	}
	if added < manyRecords {
		return db.Glance(ctx, tx, tables...)
	}
	return db.Look(ctx, tx, tables...)
}

func newID() string {
	u, err := uuid.NewV7()
	if err != nil {
		return rand.Text()
	}
	return u.String()
}

// Kinds of imports.
var Kinds = []string{"osv", "cve", "csaf", "kev", "epss"}

// importer: who may bring in public records, and stop it.
func importer(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeAdmin):
		return fault.Deny("fault.scope", member.ScopeAdmin)
	case !by.Is(member.Administrator):
		return fault.Hidden()
	}
	return nil
}

// checkInput says what is wrong with what is to be imported.
func checkInput(kind, source string) error {
	var c fault.Check
	c.That(slices.Contains(Kinds, kind), "kind", "rule.one-of", "osv", strings.Join(Kinds, ", "))
	c.That(source != "" && len(source) <= 2000 && storable(source) != "", "source", "vuln.rule.source", "advisories.zip")
	return c.Err()
}
