// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/fengsui/fengsui/internal/db"
)

// A pair is a signing key with its public half.
type pair struct {
	signer note.Signer
	vkey   string
}

// loadKey reads the key in dir, or makes one.
func loadKey(dir, origin string) (p pair, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return p, err
	}
	p, err = readKey(dir, "evidence")
	if !errors.Is(err, os.ErrNotExist) {
		return p, err
	}
	skey, vkey, err := note.GenerateKey(nil, origin)
	if err != nil {
		return p, err
	}
	if err := writeKey(dir, "evidence", skey, vkey); err != nil {
		return p, err
	}
	return readKey(dir, "evidence")
}

func readKey(dir, name string) (p pair, err error) {
	s, err := os.ReadFile(filepath.Join(dir, name+".key"))
	if err != nil {
		return p, err
	}
	v, err := os.ReadFile(filepath.Join(dir, name+".vkey"))
	if err != nil {
		return p, err
	}
	p.vkey = strings.TrimSpace(string(v))
	p.signer, err = note.NewSigner(strings.TrimSpace(string(s)))
	return p, err
}

func writeKey(dir, name, skey, vkey string) error {
	if err := os.WriteFile(filepath.Join(dir, name+".vkey"), []byte(vkey+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".key"), []byte(skey+"\n"), 0o600)
}

// current is the key that this node signs with.
func (l *Log) current() pair {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pair
}

// signing is the key that the log's newest change of keys names. A node that held an older one, because another node
// rotated or because it stopped while rotating, takes up the new one.
func (l *Log) signing(ctx context.Context, tx *db.Tx) (pair, error) {
	last, err := lastKey(ctx, tx)
	if err != nil {
		return pair{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if last == "" || l.pair.vkey == last {
		return l.pair, nil
	}
	for _, name := range []string{"evidence", "evidence.next"} {
		p, err := readKey(l.dir, name)
		if err != nil || p.vkey != last {
			continue
		}
		if name == "evidence.next" {
			if err := adopt(l.dir, l.pair.vkey); err != nil {
				return pair{}, err
			}
		}
		l.pair = p
		return p, nil
	}
	return pair{}, errors.New("the signing key in the key directory is not the one that the evidence log names; restore evidence.key and evidence.vkey")
}
