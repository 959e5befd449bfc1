// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/evidence"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var salt = []byte("0123456789abcdef")

func open(t *testing.T, d *db.DB) *evidence.Log {
	t.Helper()
	l, err := evidence.Open(d, t.TempDir(), "test.example/log")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func payload(content string) string {
	return fmt.Sprintf(`{"n":1,"content_digest":%q}`, evidence.Digest(salt, []byte(content)))
}

const content = `{"product":"log4j-core","harm":"远程代码执行 <b>"}`

func entry(id string, at time.Time) evidence.Entry {
	return evidence.Entry{ID: id, Kind: "report.submitted", At: at, Subject: "FS-R-2021-000001", Context: "00"}.Sealed(salt, []byte(payload(content)))
}

func appendEntry(t *testing.T, l *evidence.Log, id string) {
	t.Helper()
	ctx := context.Background()
	err := l.DB.Tx(ctx, func(tx *db.Tx) error {
		return l.Append(ctx, tx, entry(id, tx.Now))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func receipt(t *testing.T, l *evidence.Log, id string) []byte {
	t.Helper()
	var r evidence.Receipt
	err := l.DB.View(context.Background(), func(tx *db.Tx) (err error) {
		r, err = l.Receipt(context.Background(), tx, id, []byte(payload(content)), salt, []byte(content), salt)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Encode()
}

func integrate(t *testing.T, l *evidence.Log) int {
	t.Helper()
	n, err := l.Integrate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEveryReceiptVerifiesAtEveryTreeSize(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		var ids []string
		for _, batch := range []int{1, 1, 2, 3, 1, 5, 8} {
			for range batch {
				id := fmt.Sprintf("%04d", len(ids))
				appendEntry(t, l, id)
				ids = append(ids, id)
			}
			if n := integrate(t, l); n != batch {
				t.Fatalf("integrated %d, want %d", n, batch)
			}
			for i, id := range ids {
				v, err := evidence.Verify(receipt(t, l, id), l.PublicKey())
				if err != nil || !v.InLog || v.Index != int64(i) || v.Size != int64(len(ids)) || v.Entry.ID != id {
					t.Fatalf("entry %d of %d: %+v, %v", i, len(ids), v, err)
				}
			}
		}
	})
}

func TestReceiptBeforeIntegrationIsASignedPromise(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		appendEntry(t, l, "a")
		v, err := evidence.Verify(receipt(t, l, "a"), l.PublicKey())
		if err != nil || v.InLog {
			t.Fatalf("%+v, %v", v, err)
		}
	})
}

// One byte more, less or different, anywhere, and the receipt is refused.
func TestAnAlteredByteIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		for i := range 7 {
			appendEntry(t, l, fmt.Sprintf("%04d", i))
		}
		integrate(t, l)
		good := receipt(t, l, "0003")
		if _, err := evidence.Verify(good, l.PublicKey()); err != nil {
			t.Fatal(err)
		}
		for i := range good {
			for _, flip := range []byte{0x01, 0x20} {
				bad := append([]byte(nil), good...)
				bad[i] ^= flip
				if _, err := evidence.Verify(bad, l.PublicKey()); err == nil {
					t.Fatalf("byte %d (%q → %q) altered and accepted, near %q", i, good[i], bad[i], good[max(0, i-20):min(len(good), i+20)])
				}
			}
		}
		for _, bad := range [][]byte{append([]byte(" "), good...), append(good[:len(good):len(good)], '\n'), good[:len(good)-1], nil} {
			if _, err := evidence.Verify(bad, l.PublicKey()); err == nil {
				t.Fatalf("accepted %d of %d bytes", len(bad), len(good))
			}
		}
		other := open(t, d)
		if _, err := evidence.Verify(good, other.PublicKey()); err == nil {
			t.Fatal("accepted with the key of another log")
		}
		if _, err := evidence.Verify(good, "nonsense"); err == nil {
			t.Fatal("accepted with no key")
		}
	})
}

func TestAlteredRowBreaksTheProof(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := open(t, d)
		for i := range 4 {
			appendEntry(t, l, fmt.Sprintf("%04d", i))
		}
		integrate(t, l)
		ctx := context.Background()
		err := d.Tx(ctx, func(tx *db.Tx) error {
			e := entry("0002", tx.Now.Add(-240*time.Hour))
			_, err := tx.Exec(ctx, `UPDATE evidence SET leaf = $1 WHERE id = $2`, e.Leaf(), "0002")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := evidence.Verify(receipt(t, l, "0002"), l.PublicKey()); err == nil {
			t.Fatal("a back-dated row still proves")
		}
	})
}

func TestConcurrentIntegratorsAndWaiters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		var logs []*evidence.Log
		var runs sync.WaitGroup
		for range 2 { // two nodes of one platform
			l, err := evidence.Open(d, dir, "test.example/log")
			if err != nil {
				t.Fatal(err)
			}
			logs = append(logs, l)
			runs.Go(func() { l.Run(ctx, 20*time.Millisecond, func(err error) { t.Error(err) }) })
		}
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				l, id := logs[i%2], fmt.Sprintf("%04d", i)
				appendEntry(t, l, id)
				if ok, err := l.Await(ctx, id, 20*time.Second); !ok || err != nil {
					t.Errorf("await %s: %v %v", id, ok, err)
				}
				if v, err := evidence.Verify(receipt(t, l, id), l.PublicKey()); err != nil || !v.InLog {
					t.Errorf("%s: %+v %v", id, v, err)
				}
			})
		}
		wg.Wait()
		cancel()
		runs.Wait()
		cp, err := logs[0].Checkpoint(context.Background())
		if err != nil || !strings.HasPrefix(cp, "test.example/log\n60\n") {
			t.Errorf("checkpoint %q, %v", cp, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"format":"fengsui-receipt/v1"}`))
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\n"))
	const vkey = "test.example/log+a7b4fe56+AdEcMkmZmMDdXNLlZpYZ0bdyMtx6uYEFSXXQj8lDBLDe"
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := evidence.Verify(b, vkey); err == nil {
			t.Fatalf("accepted: %+v", v)
		}
	})
}
