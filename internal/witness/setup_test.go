// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/spec/cosign"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const origin = "test.example/log"

// logOf opens the evidence log of a database with a key of its own.
func logOf(t *testing.T, d *db.DB) *evidence.Log {
	t.Helper()
	l, err := evidence.Open(d, t.TempDir(), origin)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// grow adds n entries to a log.
func grow(t *testing.T, l *evidence.Log, n int) {
	t.Helper()
	ctx := t.Context()
	for range n {
		salt := []byte("0123456789abcdef")
		if err := l.DB.Tx(ctx, func(tx *db.Tx) error {
			n, err := db.Next(ctx, tx, "test")
			if err != nil {
				return err
			}
			return l.Append(ctx, tx, evidence.Entry{ID: fmt.Sprintf("%08d", n), Kind: "test", At: tx.Now, Subject: "x", Context: "00"}.Sealed(salt, []byte("{}")))
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Integrate(ctx); err != nil {
		t.Fatal(err)
	}
}

func checkpoint(t *testing.T, l *evidence.Log) string {
	t.Helper()
	cp, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cp
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

// serve starts a witness of logs and returns it as an operator configures it.
func serve(t *testing.T, name, memory string, logs ...evidence.Keys) (Witness, *cosign.Signer) {
	t.Helper()
	skey, vkey, err := cosign.NewKey(name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cosign.NewSigner(skey, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(signer, memory, logs...)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	ws, err := Parse(h.URL + "/ " + vkey)
	if err != nil {
		t.Fatal(err)
	}
	return ws[0], signer
}
