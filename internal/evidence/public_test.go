// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
)

// grow appends n entries and takes them into the tree.
func grow(t *testing.T, l *evidence.Log, from, n int) {
	t.Helper()
	err := l.DB.Tx(t.Context(), func(tx *db.Tx) error {
		var es []evidence.Entry
		for i := range n {
			es = append(es, entry(fmt.Sprintf("%06d", from+i), tx.Now))
		}
		return l.Append(t.Context(), tx, es...)
	})
	if err != nil {
		t.Fatal(err)
	}
	integrate(t, l)
}

// published reads a log as its public address would serve it.
func published(l *evidence.Log) evidence.Source {
	return func(ctx context.Context, path string) ([]byte, error) {
		switch path {
		case "checkpoint":
			cp, err := l.Checkpoint(ctx)
			return []byte(cp), err
		case "keys":
			k, err := l.Keys(ctx)
			return k.Encode(), err
		}
		return l.Tile(ctx, path)
	}
}

func keysOf(t *testing.T, l *evidence.Log) evidence.Keys {
	t.Helper()
	list, err := l.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := evidence.ParseKeys(string(list.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestThePublicDataAloneIsEnough(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := t.Context()
		l := open(t, d)
		grow(t, l, 0, 3)
		early, _ := l.Checkpoint(ctx)
		first := receipt(t, l, "000002")
		appendEntry(t, l, "000003")
		promise := receipt(t, l, "000003") // without a proof yet
		grow(t, l, 4, 252)                 // 256: one full tile
		grow(t, l, 256, 344)               // 600: two full tiles and a part
		good := func(src evidence.Source) {
			t.Helper()
			f, err := evidence.AuditPublic(ctx, src, keysOf(t, l), []string{early}, [][]byte{first, promise, receipt(t, l, "000599")})
			if err != nil || f.Err() != nil || f.Size != 600 || f.Unordered != 0 {
				t.Errorf("%+v, %v", f, err)
			}
		}
		good(published(l))
		kept := map[string][]byte{}
		good(func(ctx context.Context, path string) ([]byte, error) {
			b, err := published(l)(ctx, path)
			kept[path] = b
			return b, err
		})
		if len(kept) != 1+3+3+1 {
			t.Errorf("an audit of 600 entries reads %d parts", len(kept))
		}
		for path := range kept { // whatever is altered is seen
			f, err := evidence.AuditPublic(ctx, func(_ context.Context, p string) ([]byte, error) {
				b := bytes.Clone(kept[p])
				if p == path {
					b[len(b)-40] ^= 1
				}
				return b, nil
			}, keysOf(t, l), nil, nil)
			if err == nil && f.Err() == nil {
				t.Errorf("%s was altered unseen", path)
			}
		}
		other := open(t, db2(t, d, clock))
		grow(t, other, 1000, 600)
		if f, err := evidence.AuditPublic(ctx, published(l), keysOf(t, other), nil, nil); err == nil {
			t.Errorf("the keys of another log: %+v", f)
		}
		for name, receipts := range map[string][]byte{"a receipt with a byte altered": bytes.Replace(first, []byte("log4j"), []byte("log5j"), 1), "no receipt": []byte("{}")} {
			if f, err := evidence.AuditPublic(ctx, published(l), keysOf(t, l), nil, [][]byte{receipts}); err != nil || f.Count != 1 {
				t.Errorf("%s: %+v, %v", name, f, err)
			}
		}
		promised(t, l)
	})
}

// db2 is another database on the engine of d.
func db2(t *testing.T, d *db.DB, clock calendar.Clock) *db.DB {
	t.Helper()
	url := dbtest.SQLite(t)
	if d.Engine == db.PostgreSQL {
		url = dbtest.PostgreSQL(t)
	}
	other, err := db.Open(t.Context(), url, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	return other
}

// promised: a log that has promised an entry and drops it is caught by the holder of the promise.
func promised(t *testing.T, l *evidence.Log) {
	appendEntry(t, l, "000600")
	promise := receipt(t, l, "000600")
	write(t, l.DB, `DELETE FROM evidence WHERE id = '000600'`)
	grow(t, l, 601, 1)
	f, err := evidence.AuditPublic(t.Context(), published(l), keysOf(t, l), nil, [][]byte{promise})
	if err != nil || f.Count != 1 || !strings.Contains(f.Err().Error(), "promised") {
		t.Errorf("a broken promise: %+v, %v", f, err)
	}
}

// The leaves are public: they say when, and nothing else.
func TestNothingUndisclosedIsInTheTiles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		grow(t, l, 0, 1)
		b, err := l.Tile(t.Context(), "tile/entries/000.p/1")
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"report", "FS-R", "log4j", "product", "kind", "subject"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("the tile says %q: %s", word, b)
			}
		}
		if want := `{"id":"000000","at":"2021-11-24T02:00:00Z","digest":"`; !bytes.HasPrefix(b[2:], []byte(want)) {
			t.Errorf("entry %s", b)
		}
	})
}

func TestTilesAndConsistency(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := t.Context()
		l := open(t, d)
		roots := map[int64]tlog.Hash{}
		for _, n := range []int{1, 1, 2, 3, 249, 44} {
			before := int64(0)
			for s := range roots {
				before = max(before, s)
			}
			grow(t, l, int(before), n)
			cp, _ := l.Checkpoint(ctx)
			c, err := keysOf(t, l).Checkpoint(cp)
			if err != nil {
				t.Fatal(err)
			}
			roots[c.Size] = c.Root
		}
		for older, a := range roots {
			for newer, b := range roots {
				proof, err := l.Consistency(ctx, older, newer)
				if older > newer {
					if fault.KindOf(err) != fault.NotFound {
						t.Errorf("%d is older than %d: %v", older, newer, err)
					}
					continue
				}
				if err != nil || tlog.CheckTree(proof, newer, b, older, a) != nil {
					t.Errorf("%d to %d: %v", older, newer, err)
				}
			}
		}
		for _, path := range []string{"tile/0/000", "tile/0/000.p/255", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44", "tile/0/001.p/44"} {
			if _, err := l.Tile(ctx, path); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		for _, path := range []string{"", "tile", "tile/", "tile/0/0", "tile/0/001", "tile/0/001.p/45", "tile/0/001.p/0", "tile/0/000.p/256", "tile/1/000", "tile/1/000.p/2", "tile/2/000.p/1",
			"tile/8/000", "tile/63/000.p/1", "tile/64/000", "tile/data/000", "tile/entries/001", "tile/entries/x999/x999/x999/x999/x999/x999/999", "tile/0/x999/x999/x999/x999/x999/x999/999.p/1", "tile/00/000", "tile/8/0/000", "tile/-1/000", "../keys"} {
			if b, err := l.Tile(ctx, path); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%q: %d bytes, %v", path, len(b), err)
			}
		}
		for _, x := range [][2]int64{{0, 1}, {-1, 5}, {5, 301}, {1 << 62, 1 << 62}} {
			if _, err := l.Consistency(ctx, x[0], x[1]); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%v: %v", x, err)
			}
		}
	})
}

// mirror writes what a log publishes into a directory.
func mirror(t *testing.T, l *evidence.Log) string {
	t.Helper()
	dir := t.TempDir()
	save := func(ctx context.Context, path string) ([]byte, error) {
		b, err := published(l)(ctx, path)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		return b, os.WriteFile(name, b, 0o644)
	}
	if _, err := save(t.Context(), "keys"); err != nil {
		t.Fatal(err)
	}
	if f, err := evidence.AuditPublic(t.Context(), save, keysOf(t, l), nil, nil); err != nil || f.Err() != nil {
		t.Fatal(f, err)
	}
	return dir
}
