// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"github.com/fengsui/fengsui/internal/db"
)

// Rotated is the kind of the entry that records a change of the log's key.
const Rotated = "evidence.key-rotated"

// rotationEntry is the entry of a change of keys. Its digest has no salt: anybody may recompute it from the statement.
func rotationEntry(e Entry, statement string) Entry {
	e.Kind = Rotated
	return e.Sealed(nil, []byte(statement))
}

// Rotate replaces the signing key by a new one. The statement that names it is signed by both keys and is itself an entry
// of the log; checkpoints and receipts of the old key stay good. Other nodes that read the same directory sign with the
// new key from their next checkpoint on.
func (l *Log) Rotate(ctx context.Context) (vkey string, err error) {
	for n := batch; n == batch; { // the old key signs what has been promised so far
		if n, err = l.Integrate(ctx); err != nil {
			return "", err
		}
	}
	now := l.current()
	skey, vkey, err := note.GenerateKey(nil, l.Origin())
	if err != nil {
		return "", err
	}
	next, err := note.NewSigner(skey)
	if err != nil {
		return "", err
	}
	// the new key is durable before anything names it
	if err := writeKey(l.dir, "evidence.next", skey, vkey); err != nil {
		return "", err
	}
	err = l.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		if last, err := lastKey(ctx, tx); err != nil || last != "" && last != now.vkey {
			return errors.Join(err, errors.New("the key was replaced a moment ago"))
		}
		size, _, err := head(ctx, tx)
		if err != nil {
			return err
		}
		signed, err := note.Sign(&note.Note{Text: rotationText(l.Origin(), size, now.vkey, vkey)}, now.signer, next)
		if err != nil {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		if err := l.Append(ctx, tx, rotationEntry(Entry{ID: id.String(), At: tx.Now}, string(signed))); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO evidence_rotation (n, entry_id, statement) SELECT count(*) + 1, $1, $2 FROM evidence_rotation`, id.String(), string(signed))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("rotate the evidence key: %w", err)
	}
	if err := adopt(l.dir, now.vkey); err != nil {
		return "", fmt.Errorf("rotate the evidence key: %w", err)
	}
	_, err = l.Integrate(ctx)
	return vkey, err
}

// adopt makes the next key the current one and keeps the old one beside it.
func adopt(dir, old string) error {
	kept := filepath.Join(dir, "evidence-"+strings.Split(old, "+")[1])
	at := func(name string) string { return filepath.Join(dir, name) }
	return errors.Join(
		copyFile(at("evidence.key"), kept+".key", 0o600), copyFile(at("evidence.vkey"), kept+".vkey", 0o644),
		os.Rename(at("evidence.next.key"), at("evidence.key")), os.Rename(at("evidence.next.vkey"), at("evidence.vkey")))
}

func copyFile(from, to string, mode os.FileMode) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, mode)
}

// rotations are the statements of all changes of keys, oldest first.
func rotations(ctx context.Context, tx *db.Tx) ([]string, error) {
	return db.List(ctx, tx, db.Value[string], `SELECT statement FROM evidence_rotation ORDER BY n`)
}

// lastKey is the verifier key that the newest change of keys named, or "".
func lastKey(ctx context.Context, tx *db.Tx) (string, error) {
	s, err := db.List(ctx, tx, db.Value[string], `SELECT statement FROM evidence_rotation ORDER BY n DESC LIMIT 1`)
	if err != nil || len(s) == 0 {
		return "", err
	}
	if lines := strings.Split(s[0], "\n"); len(lines) > 4 {
		return lines[4], nil
	}
	return "", ErrRotation
}

// Keys returns what the log publishes about its keys.
func (l *Log) Keys(ctx context.Context) (out KeyList, err error) {
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		out, err = l.keyList(ctx, tx)
		return err
	})
	return out, err
}

func (l *Log) keyList(ctx context.Context, tx *db.Tx) (out KeyList, err error) {
	out = KeyList{Format: KeysFormat, Origin: l.Origin(), First: l.PublicKey(), Rotations: []string{}}
	rs, err := rotations(ctx, tx)
	if err != nil || len(rs) == 0 {
		return out, err
	}
	if lines := strings.Split(rs[0], "\n"); len(lines) > 3 {
		out.First = lines[3]
	}
	out.Rotations = rs
	return out, nil
}

// auditKeys follows the changes of keys and holds each against its entry.
func (l *Log) auditKeys(ctx context.Context, tx *db.Tx, f *Findings) (Keys, error) {
	list, err := l.keyList(ctx, tx)
	if err != nil {
		return nil, err
	}
	keys, err := chain(list.First, list.Rotations)
	if err == nil {
		_, err = l.signing(ctx, tx)
	}
	if err == nil && keys[len(keys)-1].VKey != l.PublicKey() {
		err = ErrStranger
	}
	if err != nil {
		f.Note("evidence_rotation", "", err.Error())
		return ParseKeys(l.PublicKey())
	}
	type row struct {
		n             int64
		id, statement string
		leaf          []byte
		head          string
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) {
		return x, r.Scan(&x.n, &x.id, &x.statement, &x.leaf, db.Null(&x.head))
	}, `SELECT r.n, r.entry_id, r.statement, v.leaf, v.head FROM evidence_rotation r LEFT JOIN evidence v ON v.id = r.entry_id ORDER BY r.n`)
	for i, x := range rows {
		e, err := ParseEntry(x.leaf, x.head)
		if err != nil || x.n != int64(i+1) || rotationEntry(e, x.statement) != e || e.ID != x.id || string(e.Leaf()) != string(x.leaf) {
			f.Note("evidence_rotation", fmt.Sprint(x.n), "it is not the change of keys that the log records")
			continue
		}
		f.own[x.id] = true
	}
	return keys, err
}
