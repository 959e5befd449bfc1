// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
)

// service is a platform's imports on a database, with keys in a directory.
func service(url, keys string) (*Service, error) {
	d, err := db.Open(context.Background(), url, calendar.System{})
	if err != nil {
		return nil, err
	}
	log, err := evidence.Open(d, keys, "test.example/log")
	if err != nil {
		return nil, err
	}
	return &Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Lease: 200 * time.Millisecond}, nil
}

// child is the process that is killed.
func child() int {
	s, err := service(os.Getenv("VULN_DATABASE"), os.Getenv("VULN_KEYS"))
	if err == nil {
		in := Input{Kind: "osv", Source: os.Getenv("VULN_IMPORT")}
		if at, none := strconv.Atoi(os.Getenv("VULN_DIES_AT")); none == nil {
			in.Progress = func(r Run) {
				if r.Place >= at {
					if self, err := os.FindProcess(os.Getpid()); err == nil {
						self.Kill() //nolint:errcheck // then it does not die, and the test says so
					}
					<-context.Background().Done()
				}
			}
		}
		_, err = s.Import(context.Background(), member.System(), in)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killed is how many records the killed imports have, and kills how often they are killed at least.
const (
	killed = 24_000
	kills  = 6
)

// An import is killed again and again at random moments, and started again: at the end every record is there once, and
// counted once, with the digest of an import that nobody killed.
func TestKilledImportsLoseAndDoubleNothing(t *testing.T) {
	var b strings.Builder
	for i := range killed {
		more := ""
		if i%3 == 0 {
			more = fmt.Sprintf(`,"aliases":["CVE-2021-%d"]`, 10000+i/6)
		}
		b.WriteString(record(fmt.Sprintf("GHSA-%d", i), "2021-12-10T00:00:00Z", more) + "\n")
		if i%1000 == 999 {
			b.WriteString("{broken\n")
		}
	}
	path := filepath.Join(files(t, map[string]string{"all.ndjson": b.String()}), "all.ndjson")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			keys := t.TempDir()
			s, err := service(url, keys)
			if err != nil {
				t.Fatal(err)
			}
			defer s.DB.Close()
			dead, longest := 0, 400*time.Millisecond
			for done := false; !done; {
				cmd := exec.Command(os.Args[0], "-test.run=^$")
				cmd.Env = append(os.Environ(), "VULN_IMPORT="+path, "VULN_DATABASE="+url, "VULN_KEYS="+keys)
				var out strings.Builder
				cmd.Stderr = &out
				before, _ := last(t, s)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- cmd.Wait() }()
				wait := time.After(5 * time.Minute)
				if dead < kills { // it is killed while it works, not before
					wait = workThenWait(t, s, before, time.Duration(r.Int64N(int64(longest))))
				}
				select {
				case err := <-ended:
					if err != nil {
						t.Fatalf("%v: %s", err, out.String())
					}
					done = true
				case <-wait:
					cmd.Process.Kill() //nolint:errcheck // it may have ended
					<-ended
					dead++
					_, state := last(t, s)
					done = state == Done // it came late: all was told already
				}
			}
			t.Logf("killed %d times", dead)
			s.whole(t, path)
		})
	}
}

// workThenWait tells when an import has gone on from a place, and a while has passed.
func workThenWait(t *testing.T, s *Service, from int, while time.Duration) <-chan time.Time {
	out := make(chan time.Time, 1)
	go func() {
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
			if place, _ := last(t, s); place != from {
				break
			}
			<-time.After(5 * time.Millisecond)
		}
		out <- <-time.After(while)
	}()
	return out
}

// last is how far the last import has come.
func last(t *testing.T, s *Service) (place int, state RunState) {
	runs, _, err := s.Imports(context.Background(), member.System(), "", 1)
	if err != nil {
		t.Log(err)
	}
	if len(runs) == 0 {
		return 0, ""
	}
	return runs[0].Place, runs[0].State
}

// whole checks what is there after the import of killed records.
func (s *Service) whole(t *testing.T, path string) {
	ctx := context.Background()
	runs, _, err := s.Imports(ctx, member.System(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if r := runs[0]; len(runs) != 1 || r.State != Done || r.New != killed || r.Changed+r.Same+r.Older != 0 || r.Refused != killed/1000 || r.Place != killed+killed/1000 {
		t.Errorf("%d runs: %+v", len(runs), runs[0])
	}
	vulns := killed - killed/6 // of every six, two share a number
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		for q, want := range map[string]int{
			`SELECT count(*) FROM vuln_record`: killed, `SELECT count(DISTINCT key) FROM vuln_record`: killed, `SELECT count(DISTINCT seq) FROM vuln_record`: killed, `SELECT count(*) FROM vuln_claim`: killed,
			`SELECT count(*) FROM vuln`: vulns, `SELECT count(*) FROM vuln_word`: vulns, `SELECT sum(records) FROM vuln`: killed, `SELECT count(*) FROM vuln_alias`: killed + killed/3,
			`SELECT count(*) FROM import_refusal`: killed / 1000, `SELECT count(*) FROM event WHERE kind = 'vuln.imported'`: 1,
		} {
			if n, err := db.Get(ctx, tx, db.Value[int], q); err != nil || n != want {
				t.Errorf("%s: %d, want %d (%v)", q, n, want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	other, err := service(dbtest.SQLite(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer other.DB.Close()
	r, err := other.Import(ctx, member.System(), Input{Kind: "osv", Source: path})
	if err != nil || r.Digest != runs[0].Digest {
		t.Errorf("the digest is %s, and %s where nobody killed it: %v", runs[0].Digest, r.Digest, err)
	}
}
