// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package blob keeps files: attachments and uploaded component lists, sealed, by content.
package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/seal"
)

// A Store is a directory of sealed files. Nodes that share a database share it too.
type Store struct {
	Dir  string
	Seal *seal.Keyring
}

// Put stores b durably and returns its key, the hex SHA-256 of b.
func (s Store) Put(b []byte) (key string, err error) {
	sum := sha256.Sum256(b)
	key = hex.EncodeToString(sum[:])
	path := s.path(key)
	if _, err := os.Stat(path); err == nil {
		return key, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("store blob: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return "", fmt.Errorf("store blob: %w", err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(s.Seal.Seal("blob/"+key, b))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("store blob: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return "", fmt.Errorf("store blob: %w", err)
	}
	return key, syncDir(filepath.Dir(path))
}

var keyForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Get returns the bytes of key.
func (s Store) Get(key string) ([]byte, error) {
	if !keyForm.MatchString(key) {
		return nil, fault.Missing()
	}
	b, err := os.ReadFile(s.path(key))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.Missing()
	}
	if err != nil {
		return nil, fmt.Errorf("read blob: %w", err)
	}
	return s.Seal.Open("blob/"+key, b)
}

func (s Store) path(key string) string { return filepath.Join(s.Dir, key[:2], key) }

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
