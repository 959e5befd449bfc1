// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Input says what to import.
type Input struct {
	Kind     string    // one of Kinds
	Source   string    // path or https URL
	Name     string    // what to call it where the path is a temporary one, or ""
	Progress func(Run) // is told after every batch; nil for nobody

	fingerprint string // of what was downloaded, or ""
}

// Limits of a batch: what shares a transaction.
const (
	batchDocs  = 2_000
	batchBytes = 8 << 20
)

// budget is how many bytes of documents are in memory at a time. One document may be larger alone.
const budget = 64 << 20

// Import takes in public records from a path or URL: what is known stays as it is, what is new or newer is taken, what
// is no record is refused by itself and counted. Killed or cancelled it has lost nothing, and goes on where it stopped when it is started
// again and the same lies there. There is one import at a time. For administrators.
func (s *Service) Import(ctx context.Context, by member.Actor, in Input) (Run, error) {
	if err := importer(by); err != nil {
		return Run{}, err
	}
	if err := checkInput(in.Kind, in.Source); err != nil {
		return Run{}, err
	}
	if in.Name == "" {
		in.Name = in.Source
	}
	if web(in.Source) {
		return s.importURL(ctx, by, in)
	}
	at, err := filepath.Abs(in.Source)
	if err != nil {
		return Run{}, err
	}
	if in.Name == in.Source {
		in.Name = at
	}
	in.Source = at
	return s.importPath(ctx, by, in)
}

// importPath imports what lies at a path, under the name that the input gives it.
func (s *Service) importPath(ctx context.Context, by member.Actor, in Input) (Run, error) {
	switch in.Kind {
	case "kev":
		return s.importKEV(ctx, by, in)
	case "epss":
		return s.importEPSS(ctx, by, in)
	}
	label := ""
	if in.Name != in.Source { // what lies there has another name in the world
		label = in.Name
	}
	p, err := open(in.Kind, in.Source, label, s.Scratch)
	if errors.Is(err, os.ErrNotExist) {
		return Run{}, fault.FieldError("source", "vuln.rule.missing", "advisories.zip")
	}
	if err != nil {
		return Run{}, fmt.Errorf("import %s: %w", in.Kind, err)
	}
	defer p.Close() //nolint:errcheck // read only
	if in.fingerprint != "" {
		p.fingerprint = in.fingerprint
	}
	return s.take(ctx, by, in, p)
}

// take runs an import of documents by a plan.
func (s *Service) take(ctx context.Context, by member.Actor, in Input, p *plan) (Run, error) {
	return s.during(ctx, by, in, p.fingerprint, p.total, func(ctx context.Context, r *Run) error {
		return s.pump(ctx, r, in, p)
	})
}

// during runs do as an import: it begins, gives signs of life, and ends whatever becomes of it.
func (s *Service) during(ctx context.Context, by member.Actor, in Input, fingerprint string, total int, do func(context.Context, *Run) error) (Run, error) {
	r, err := s.begin(ctx, by, in.Kind, in.Name, fingerprint, total)
	if err != nil {
		return Run{}, fmt.Errorf("import %s: %w", in.Kind, err)
	}
	alive, cancel := context.WithCancelCause(ctx)
	var beating sync.WaitGroup
	id := r.ID // the rest of it changes
	beating.Go(func() { s.beat(alive, id, cancel) })
	why := do(alive, &r)
	if cause := context.Cause(alive); cause != nil && why != nil {
		why = cause
	}
	cancel(nil)
	beating.Wait()
	if err := s.end(ctx, by, &r, why); err != nil {
		return r, fmt.Errorf("import %s: %w", in.Kind, errors.Join(why, err))
	}
	switch {
	case errors.Is(why, errOvertaken):
		return r, fault.Clash("vuln.import-overtaken")
	case r.State == Cancelled:
		return r, ctx.Err()
	case why != nil:
		return r, fmt.Errorf("import %s: %w", in.Kind, why)
	}
	return r, nil
}

// A load is a piece on its way through the pump.
type load struct {
	piece
	sum      [sha256.Size]byte
	doc      []byte
	records  []*arrival
	refusal  *Refusal
	err      error // that ends the import
	finished chan struct{}
}

// A wave is what shares a transaction.
type wave struct {
	loads []*load
	bytes int64
}

// pump reads the pieces, several at a time, leaves out what is known to the byte, makes records of the rest, and writes
// them in the order of the pieces.
func (s *Service) pump(ctx context.Context, r *Run, in Input, p *plan) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var crew sync.WaitGroup
	defer crew.Wait()
	defer cancel(nil)
	room := newRoom(budget)
	work, queue, waves := make(chan *load), make(chan *load, 2*batchDocs), make(chan wave, 1)
	n := max(2, runtime.GOMAXPROCS(0))
	for range n {
		crew.Go(func() {
			for l := range work {
				l.read()
				close(l.finished)
			}
		})
	}
	crew.Go(func() { // who reads ahead
		defer close(queue)
		defer close(work)
		err := p.each(r.Place, func(x piece) error {
			if err := room.take(ctx, x.size); err != nil {
				return err
			}
			l := &load{piece: x, finished: make(chan struct{})}
			for _, to := range []chan *load{work, queue} {
				select {
				case to <- l:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
		if err != nil {
			cancel(err)
		}
	})
	crew.Go(func() { // who gathers waves and has records made of them
		defer close(waves)
		if err := s.gather(ctx, in.Kind, n, queue, waves); err != nil {
			cancel(err)
		}
	})
	had, landed := r.New, make(chan int, 1)
	defer close(landed)
	crew.Go(func() { // who keeps the tables in order meanwhile
		if err := s.tend(ctx, had, landed); err != nil {
			cancel(err)
		}
	})
	for w := range waves {
		if err := s.land(ctx, r, w); err != nil {
			cancel(err)
			return err
		}
		select {
		case landed <- r.New:
		default: // the next wave tells it, too
		}
		room.give(w.bytes)
		if in.Progress != nil {
			in.Progress(*r)
		}
	}
	return context.Cause(ctx)
}

// read loads a piece.
func (l *load) read() {
	doc, err := l.load()
	switch {
	case errors.As(err, &l.refusal):
	case err != nil && errors.Is(err, os.ErrNotExist): // it went away since it was listed
		l.refusal = &Refusal{Reason: RefusedRead, Detail: "it is gone"}
	case err != nil:
		l.err = fmt.Errorf("%s: %w", l.name, err)
	default:
		l.doc, l.sum = doc, sha256.Sum256(doc)
	}
}

// gather makes waves of loads.
func (s *Service) gather(ctx context.Context, kind string, n int, queue <-chan *load, waves chan<- wave) error {
	var w wave
	flush := func() error {
		if len(w.loads) == 0 {
			return nil
		}
		if err := s.make(ctx, kind, n, w.loads); err != nil {
			return err
		}
		select {
		case waves <- w:
		case <-ctx.Done():
			return ctx.Err()
		}
		w = wave{}
		return nil
	}
	for l := range queue {
		select {
		case <-l.finished:
		case <-ctx.Done():
			return ctx.Err()
		}
		if l.err != nil {
			return l.err
		}
		w.loads = append(w.loads, l)
		if w.bytes += l.size; len(w.loads) >= batchDocs || w.bytes >= batchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return flush()
}

// make makes records of the documents that are not known to the byte.
func (s *Service) make(ctx context.Context, kind string, n int, loads []*load) error {
	var sums [][]byte
	for _, l := range loads {
		if l.refusal == nil {
			sums = append(sums, l.sum[:])
		}
	}
	known := map[[sha256.Size]byte]bool{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		have, err := listIn(ctx, tx, db.Value[[]byte], `SELECT digest FROM vuln_record WHERE digest %s AND reader = `+fmt.Sprint(reader), sums)
		for _, b := range have {
			known[[sha256.Size]byte(b)] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	next := make(chan *load, len(loads))
	for _, l := range loads {
		if l.refusal == nil && !known[l.sum] {
			next <- l
		}
	}
	close(next)
	var crew sync.WaitGroup
	for range n {
		crew.Go(func() {
			for l := range next {
				l.parse(kind)
			}
		})
	}
	crew.Wait()
	for _, l := range loads {
		l.doc, l.piece.load = nil, nil
	}
	return nil
}

// parse makes records of a document.
func (l *load) parse(kind string) {
	rs, err := parse(kind, l.name, l.doc)
	if err != nil {
		if !errors.As(err, &l.refusal) {
			l.refusal = &Refusal{Reason: RefusedSyntax, Detail: text(err.Error(), 200)}
		}
		return
	}
	for _, a := range rs {
		a.sum = l.sum
	}
	l.records = rs
}

// parse makes records of a document of a kind.
func parse(kind, name string, doc []byte) (rs []*arrival, err error) {
	lower := strings.ToLower(name)
	switch {
	case kind == "osv" && (strings.HasSuffix(lower, ".yaml") || strings.HasSuffix(lower, ".yml")):
		if doc, err = fromYAML(doc); err == nil {
			rs, err = readOSV(doc)
		}
	case kind == "osv":
		rs, err = readOSV(doc)
	case kind == "cve":
		rs, err = readCVE(doc)
	case kind == "csaf":
		rs, err = readCSAF(doc)
	default:
		err = fmt.Errorf("vuln: no documents are of kind %s", kind)
	}
	for _, a := range rs {
		a.Origin = text(name, 500)
	}
	return rs, err
}

// land writes a wave.
func (s *Service) land(ctx context.Context, r *Run, w wave) error {
	var as []*arrival
	var sums [][sha256.Size]byte
	var refusals []*Refusal
	same := 0
	for _, l := range w.loads {
		switch {
		case l.refusal != nil:
			l.refusal.File = l.name
			refusals = append(refusals, l.refusal)
		case l.records == nil:
			same++
		default:
			as = append(as, l.records...)
			sums = append(sums, l.sum)
		}
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := leaveWords(ctx, tx); err != nil {
			return err
		}
		t, err := s.put(ctx, tx, r.ID, as)
		if err != nil {
			return err
		}
		t.Same += same
		t.Refused = len(refusals)
		return r.advance(ctx, tx, len(w.loads), t, sums, refusals)
	})
}

// room is a number of bytes that are shared.
type room struct {
	mu   sync.Mutex
	left int64
	all  int64
	more chan struct{}
}

func newRoom(n int64) *room { return &room{left: n, all: n, more: make(chan struct{}, 1)} }

// take waits until n bytes are free, or all are.
func (r *room) take(ctx context.Context, n int64) error {
	n = min(n, r.all)
	for {
		r.mu.Lock()
		if r.left >= n {
			r.left -= n
			r.mu.Unlock()
			return nil
		}
		r.mu.Unlock()
		select {
		case <-r.more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *room) give(n int64) {
	r.mu.Lock()
	r.left = min(r.left+n, r.all)
	r.mu.Unlock()
	select {
	case r.more <- struct{}{}:
	default:
	}
}
