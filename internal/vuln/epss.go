// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Limits of a table of EPSS.
const (
	maxScores    = 5_000_000 // lines
	maxScoreLine = 4 << 10   // bytes
	million      = 1_000_000
)

// A scored is a line of a table.
type scored struct {
	cve               string
	score, percentile int64 // millionths
}

// readEPSS reads a table of EPSS scores: "#model_version:…,score_date:…", a heading, and a line a vulnerability. It tells
// of the model and the day, then each line in order; of one that cannot be read refusal says why.
func readEPSS(r io.Reader, head func(model, day string) error, each func(line int, x scored, refusal *Refusal) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxScoreLine)
	told, titled := false, false
	for n := 1; in.Scan(); n++ {
		if n > maxScores {
			return refuse("", RefusedBound, fmt.Sprintf("more than %d lines", maxScores))
		}
		line := strings.TrimSpace(strings.TrimPrefix(in.Text(), "\ufeff"))
		switch {
		case line == "":
			continue
		case strings.HasPrefix(line, "#") && !told:
			told = true
			model, day, err := scoreHead(line)
			if err != nil {
				return err
			}
			if err := head(model, day); err != nil {
				return err
			}
			continue
		case !told:
			return refuse("line 1", RefusedFormat, "")
		case !titled:
			if titled = true; !strings.HasPrefix(line, "cve,epss,percentile") {
				return refuse("line "+strconv.Itoa(n), RefusedFormat, "")
			}
			continue
		}
		x, no := scoreLine(line)
		if no != nil {
			no.Field = strings.TrimSpace("line " + strconv.Itoa(n) + " " + no.Field)
		}
		if err := each(n, x, no); err != nil {
			return err
		}
	}
	switch err := in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return refuse("", RefusedBound, "a line is too long")
	case err != nil:
		return refuse("", RefusedRead, text(err.Error(), 200))
	case !titled:
		return refuse("", RefusedFormat, "")
	}
	return nil
}

func scoreHead(line string) (model, day string, err error) {
	for _, x := range strings.Split(strings.TrimPrefix(line, "#"), ",") {
		key, value, _ := strings.Cut(x, ":")
		switch strings.TrimSpace(key) {
		case "model_version":
			model = text(value, 40)
		case "score_date":
			at, err := time.Parse(time.RFC3339, strings.TrimSpace(value))
			if err != nil {
				if at, err = time.Parse("2006-01-02T15:04:05-0700", strings.TrimSpace(value)); err != nil {
					at, err = time.Parse(time.DateOnly, strings.TrimSpace(value))
				}
			}
			if err != nil {
				return "", "", refuse("score_date", RefusedField, text(value, 40))
			}
			day = at.UTC().Format(time.DateOnly)
		}
	}
	if day == "" {
		return "", "", refuse("score_date", RefusedField, "")
	}
	return model, day, nil
}

func scoreLine(line string) (x scored, no *Refusal) {
	parts := strings.Split(line, ",")
	if len(parts) < 3 {
		return x, &Refusal{Reason: RefusedFormat}
	}
	if x.cve = strings.TrimSpace(parts[0]); !cveForm.MatchString(x.cve) {
		return x, &Refusal{Field: "cve", Reason: RefusedField, Detail: text(x.cve, 40)}
	}
	for i, to := range []*int64{&x.score, &x.percentile} {
		f, err := strconv.ParseFloat(strings.TrimSpace(parts[i+1]), 64)
		if err != nil || !(f >= 0 && f <= 1) {
			return x, &Refusal{Field: []string{"epss", "percentile"}[i], Reason: RefusedField, Detail: text(parts[i+1], 40)}
		}
		*to = int64(f*million + 0.5)
	}
	return x, nil
}

// openScores opens a table, packed by gzip or not.
func openScores(at string) (io.Reader, io.Closer, error) {
	f, err := os.Open(at)
	if err != nil {
		return nil, nil, err
	}
	head := make([]byte, 2)
	n, _ := io.ReadFull(f, head) //nolint:errcheck // what cannot be read fails below
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, f, err
	}
	if n < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return f, f, nil
	}
	z, err := gzip.NewReader(f)
	return io.LimitReader(z, maxScores*200), f, err
}

// scoresAtOnce is how many lines share a transaction.
const scoresAtOnce = 5_000

// importEPSS imports a table. A vulnerability keeps the newest score, and the one before its last change.
func (s *Service) importEPSS(ctx context.Context, by member.Actor, in Input) (Run, error) {
	sum, lines := sha256.New(), 0
	err := eachScores(in.Source, sum, func(string, string) error { return nil }, func(int, scored, *Refusal) error { lines++; return nil })
	if errors.Is(err, os.ErrNotExist) {
		return Run{}, fault.FieldError("source", "vuln.rule.missing", "epss_scores-current.csv.gz")
	}
	if err != nil {
		return Run{}, err
	}
	return s.during(ctx, by, in, hex.EncodeToString(sum.Sum(nil)), lines, func(ctx context.Context, r *Run) error {
		var model, day string
		var part []scored
		var refusals []*Refusal
		seen, done := 0, r.Place
		flush := func() error {
			n := len(part) + len(refusals)
			if n == 0 {
				return nil
			}
			err := s.DB.Tx(ctx, func(tx *db.Tx) error {
				t, err := score(ctx, tx, part, day, model)
				if err != nil {
					return err
				}
				t.Refused = len(refusals)
				return r.advance(ctx, tx, n, t, nil, refusals)
			})
			part, refusals = part[:0], nil
			if err == nil && in.Progress != nil {
				in.Progress(*r)
			}
			return err
		}
		err := eachScores(in.Source, io.Discard, func(m, d string) error { model, day = m, d; return nil }, func(line int, x scored, no *Refusal) error {
			if seen++; seen <= done {
				return nil
			}
			if no != nil {
				no.File = in.Name
				refusals = append(refusals, no)
			} else {
				part = append(part, x)
			}
			if len(part)+len(refusals) >= scoresAtOnce {
				return flush()
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		return flush()
	})
}

func eachScores(at string, sum io.Writer, head func(string, string) error, each func(int, scored, *Refusal) error) error {
	in, f, err := openScores(at)
	if f != nil {
		defer f.Close()
	}
	if err != nil {
		return err
	}
	return readEPSS(io.TeeReader(in, sum), head, each)
}

// score stores scores that are not older than what is there. A vulnerability that stands there twice has the last score.
func score(ctx context.Context, tx *db.Tx, part []scored, day, model string) (t Tally, err error) {
	rows := table{into: epssTable, suffix: ` ON CONFLICT (cve) DO UPDATE SET was = CASE WHEN vuln_epss.score <> excluded.score THEN vuln_epss.score ELSE vuln_epss.was END,
		was_day = CASE WHEN vuln_epss.score <> excluded.score THEN vuln_epss.day ELSE vuln_epss.was_day END,
		score = excluded.score, percentile = excluded.percentile, day = excluded.day, model = excluded.model`}
	var cves []string
	for _, x := range part {
		cves = append(cves, x.cve)
	}
	type known struct {
		scored
		day string
	}
	have, err := listIn(ctx, tx, func(r db.Row) (k known, err error) { return k, r.Scan(&k.cve, &k.score, &k.percentile, &k.day) }, `SELECT cve, score, percentile, day FROM vuln_epss WHERE cve %s`, cves)
	if err != nil {
		return t, err
	}
	old := map[string]known{}
	for _, k := range have {
		old[k.cve] = k
	}
	last := map[string]int{}
	for i, x := range part {
		last[x.cve] = i
	}
	for i, x := range part {
		k, ok := old[x.cve]
		switch {
		case last[x.cve] != i, ok && k.scored == x && k.day == day:
			t.Same++
			continue
		case ok && k.day > day:
			t.Older++
			continue
		case ok:
			t.Changed++
		default:
			t.New++
		}
		rows.add(x.cve, x.score, x.percentile, day, model, int64(-1), "")
	}
	return t, rows.insert(ctx, tx)
}
